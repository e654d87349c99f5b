"""A site on an empty database, with a clock that tests can move."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from app.certificates import TrialAuthority
from app.database import Database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.load import Configuration
from models.documents.account import Account
from models.permissions import Actor
from models.services import certificates
from models.services.identifying import actor_for
from models.services.site import Site
from tests.clock import Hands


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("site"), smtp_url=None)


@pytest.fixture(scope="session")
def configuration(settings: Settings) -> Configuration:
    """The shipped configuration, read once."""
    return configuration_of(settings)


@pytest_asyncio.fixture
async def site(
    store: Database, settings: Settings, configuration: Configuration, hands: Hands
) -> AsyncIterator[Site]:
    yield await build_site(settings, configuration, store, hands, system_entropy)


async def staff(site: Site, login: str, *roles: str) -> Actor:
    """A member of staff with these roles."""
    account = Account(
        login=login,
        kind="staff",
        name=login,
        email=f"{login}@market.example.jp",
        roles=list(roles),
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account, confirmed_at=site.now())


@pytest_asyncio.fixture
async def reviewer(site: Site) -> Actor:
    return await staff(site, "reviewer", "reviewer")


@pytest_asyncio.fixture
async def approver(site: Site) -> Actor:
    return await staff(site, "approver", "approver")


async def visitor(site: Site, name: str = "client-01") -> Actor:
    """Somebody without an account who presented a client certificate."""
    pem = TrialAuthority(site.now()).issue(name, "Example")
    presented = await certificates.present(site, pem)
    return Actor(kind="visitor", certificate=presented.fingerprint, address="192.0.2.1")


def knowing(actor: Actor, *applications: object) -> Actor:
    """The visitor, whose browser remembers these applications."""
    return replace(actor, applications=frozenset(applications))  # type: ignore[arg-type]
