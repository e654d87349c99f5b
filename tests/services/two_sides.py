"""A small site where two sides work on the same records: a road office, and companies that keep bridges."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.database import Database, open_database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.clock import system_entropy
from models.documents.account import Account, Delegation, Duties
from models.documents.base import new_id
from models.documents.record import Record
from models.permissions import SYSTEM, Actor
from models.services.beginning import begin
from models.services.creating import Fresh, create, keep_version
from models.services.identifying import acting
from models.services.requesting import begin_case
from models.services.site import Site
from models.services.submitting import submit
from tests.clock import Hands
from tests.services.answers import fill_in

FOLDER = Path(__file__).parent / "sides_site"


@pytest.fixture(scope="module")
def clock() -> Hands:
    return Hands()


@pytest_asyncio.fixture(scope="module")
async def desk(
    mongod: Database, tmp_path_factory: pytest.TempPathFactory, clock: Hands
) -> AsyncIterator[Site]:
    """The site of the road office, open for all tests of a file: each makes companies of its own."""
    folder = tmp_path_factory.mktemp("desk")
    settings = Settings(data=folder, smtp_url=None, config=(FOLDER,))
    url = mongod.address.replace("/toroku?", f"/test-{new_id()}?")
    async with open_database(url, data_dir=folder, owner=False) as database:
        yield await build_site(settings, configuration_of(settings), database, clock, system_entropy)
        await database.mongo.client.drop_database(database.mongo.name)


async def account(site: Site, kind: str, *roles: str, **more: Any) -> Account:
    login = f"{roles[0]}-{new_id()}"
    made = Account(
        login=login,
        kind=kind,
        name=login[:30],
        email=f"{login}@example.jp",
        roles=list(roles),
        status="active",
        created_at=site.now(),
        **more,
    )
    await made.insert()
    return made


async def person(site: Site, kind: str, *roles: str, **more: Any) -> Actor:
    """Somebody who signed in."""
    return acting(site, await account(site, kind, *roles, **more), confirmed_at=site.now())


async def officer(site: Site, *roles: str) -> Actor:
    """A member of the road office."""
    return await person(site, "staff", *roles)


@dataclass(frozen=True)
class Company:
    """A registered company and its people."""

    record: Record
    admin: Actor
    user: Actor


async def company(site: Site) -> Company:
    """A company that keeps bridges, with its administrator and a user."""
    record = await registered(site, "operator", {"name": "橋守"}, None)
    admin = await person(site, "operator", "administrator", operator_id=record.id)
    return Company(record, admin, await person(site, "operator", "user", operator_id=record.id))


async def delegate(site: Site, firm: Company, *types: str) -> Actor:
    """Somebody of another house who acts for `firm` in these types alone."""
    duties = Duties(version="1", text="義務", by=firm.admin.person, at=site.now())
    given = Delegation(
        organisation="受託", types=list(types), begins="2020-01-01", ends="2099-12-31", duties=duties
    )
    return await person(site, "operator", "user", operator_id=firm.record.id, delegation=given)


async def registered(
    site: Site, name: str, data: dict[str, Any], operator_id: Any, into: str = "", origin: Any = ""
) -> Record:
    """A record as a registration leaves it."""
    version = site.registry.current(name).version
    fresh = Fresh(name, data, version, operator_id, origin=origin, into=into)

    async def body(session: Any) -> Record:
        made = await create(site, fresh, session)
        await keep_version(site, SYSTEM, made, session)
        return made

    return await site.store.transaction(body)


async def filed(site: Site, actor: Actor, name: str, answers: dict[str, Any], **more: Any) -> Any:
    """An application that was filled in and sent; the staff begin theirs about ``operator_id``."""
    if actor.kind == "staff":
        application = await begin_case(site, actor, name, more["operator_id"])
    else:
        application = await begin(site, actor, name, **more)
    application = await fill_in(site, actor, application, {**application.answers, **answers})
    return await submit(site, actor, application, revision=application.revision)


async def fresh(site: Site, record: Record) -> Record:
    """A record as it is stored now."""
    found = await site.records[record.type].get(record.id)
    assert found is not None
    return found


async def closure(
    site: Site, firm: Company, origin: str = "operator", into: str = "reported", cause: str = "rust"
) -> tuple[Record, Record]:
    """An open bridge, and a closure of it, begun by one of the sides."""
    bridge = await registered(
        site, "bridge", {"name": "大橋"}, firm.record.id, "shut" if into != "reported" else "open"
    )
    data = {"bridge": bridge.number, "cause": cause}
    return bridge, await registered(site, "closure", data, firm.record.id, into, origin)
