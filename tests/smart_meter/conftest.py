"""A site of the module alone, one for all tests of a file: each works on a connection of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from app.database import Database, open_database
from app.opening import build_site, configuration_of
from app.settings import ROOT, Settings
from tests.clock import Hands
from tests.smart_meter.desk import Desk, connected, furnish

MODULE = ROOT / "fixtures" / "smart_meter"
MARKET = ROOT / "fixtures" / "capacity_market"


@asynccontextmanager
async def opened(mongod: Database, folder: Path, modules: Sequence[Path]) -> AsyncIterator[Desk]:
    """A site of these modules on a database of its own, with the grid company and the people."""
    settings = Settings(data=folder, config=tuple(modules), smtp_url=None)
    url = mongod.address.replace("/toroku?", f"/test-{uuid4().hex[:12]}?")
    hands = Hands()
    async with open_database(url, data_dir=folder, owner=False) as database:
        site = await build_site(settings, configuration_of(settings), database, hands)
        yield await furnish(site, hands)
        await database.mongo.client.drop_database(database.mongo.name)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(mongod: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """The module alone."""
    async with opened(mongod, tmp_path_factory.mktemp("desk"), (MODULE,)) as desk:
        yield desk


@pytest_asyncio.fixture
async def desk(furnished: Desk) -> Desk:
    """The site with a connection for this test alone."""
    return await connected(furnished)
