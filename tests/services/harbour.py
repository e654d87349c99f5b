"""A small site with masters, routes and a diagram: a harbour office, and companies that keep berths."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.database import Database, open_database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.documents.base import new_id
from models.documents.message import Message
from models.documents.record import Record
from models.services.site import Site
from tests.clock import Hands
from tests.services.two_sides import Company, company, registered

FOLDER = Path(__file__).parent / "harbour_site"


@pytest_asyncio.fixture(scope="module")
async def harbour(mongod: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """The site of the harbour office, open for all tests of a file: each makes companies of its own."""
    folder = tmp_path_factory.mktemp("harbour")
    settings = Settings(data=folder, smtp_url=None, config=(FOLDER,))
    url = mongod.address.replace("/toroku?", f"/test-{new_id()}?")
    async with open_database(url, data_dir=folder, owner=False) as database:
        yield await build_site(settings, configuration_of(settings), database, Hands())
        await database.mongo.client.drop_database(database.mongo.name)


@dataclass(frozen=True)
class Port:
    """A company with a berth, and the pilots' station it names."""

    site: Site
    firm: Company
    station: Record
    berth: Record

    async def keep(self, type_name: str, **data: Any) -> Record:
        """A record of the company, of its berth."""
        return await registered(
            self.site, type_name, {"berth": self.berth.number, **data}, self.firm.record.id
        )

    async def watch(self, hours: str, email: str, **more: Any) -> Record:
        return await self.keep("watch", hours=hours, called=f"当番 {email[0]}", email=email, **more)


async def port(site: Site, **station: Any) -> Port:
    firm = await company(site)
    facts = {"name": f"案内所 {new_id()}", "email": "pilots@harbour.example.jp", "phone": "045-000-0001"}
    there = await registered(site, "station", facts | station, None)
    berth = await registered(site, "berth", {"name": "第一", "station": there.number}, firm.record.id)
    return Port(site, firm, there, berth)


async def mailed(operator_id: Any, template: str) -> list[str]:
    """Whom mails of a template about an operator went to."""
    found = await Message.find({"operator_id": operator_id, "template": template}).to_list()
    return sorted(message.to_address for message in found)
