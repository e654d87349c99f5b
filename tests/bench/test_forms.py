"""What was answered as handed over is counted afterwards; what is not whole counts as lost."""

from pathlib import Path

import pytest

from app.bench.bulk import WRONG, bulk_rows
from app.bench.forms import count_lost, run_forms
from app.bench.plan import Plan
from app.bench.run import fresh_database, site_on
from app.bench.stage import build_stage
from app.database import Database
from models.documents.application import Application
from models.documents.event import Event
from models.documents.message import Message
from models.permissions import Actor
from models.services import submitting


async def test_what_is_not_whole_is_counted_as_lost(mongod: Database, tmp_path: Path) -> None:
    async with fresh_database(mongod.address, tmp_path) as database:
        site = await site_on(tmp_path, database)
        stage = await build_stage(site, 1, 4)
        references = [draft.reference for draft in stage.sides[0].ready]
        for reference in references[:3]:
            found = await Application.find_one({"reference": reference})
            assert found is not None
            assert found.id is not None
            actor = Actor(kind="visitor", applications=frozenset([found.id]))
            await submitting.submit(site, actor, found, revision=0)
        assert await count_lost(site, references[:3]) == 0
        assert await count_lost(site, references) == 1
        rows = await Application.raw().find({"reference": {"$in": references[:3]}}).to_list(None)
        await Event.raw().delete_many({"subject.id": rows[0]["_id"]})
        await Message.raw().delete_many({"application_id": rows[1]["_id"]})
        assert await count_lost(site, references[:3]) == 2


async def test_the_file_is_of_the_type_that_asks_most(mongod: Database, tmp_path: Path) -> None:
    """Types that operators can bring by file come and go; every wrong row of the file has to be found."""
    async with fresh_database(mongod.address, tmp_path) as database:
        site = await site_on(tmp_path, database)
        found = await bulk_rows(site, 2 * WRONG)
    assert (found.type, found.rows, found.wrong) == ("resource", 2 * WRONG, 2)
    first = next(kind for kind in site.registry.all_current() if kind not in ("cancellation", "operator"))
    assert first != found.type


@pytest.mark.slow
async def test_forms_are_measured_on_both_servers(mongod: Database) -> None:
    found = await run_forms(Plan(rounds=1, seconds=0.05, most=2, starts=0), mongod.address, quick=True)
    names = ["form page", "form page, invalid", "form page, saved", "submit"]
    assert [row.page.name for row in found.rows] == names
    assert all(row.ours.latencies and row.raw.latencies for row in found.rows)
    assert (found.sent > 0, found.lost) == (True, 0)
    assert found.bulk is not None
