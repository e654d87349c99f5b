"""``bench admin`` measures the staff's pages on both servers, over many records and over few."""

import pytest

from app.bench.admin import run_admin
from app.bench.admin_report import print_admin
from app.bench.plan import Plan
from app.bench.stage import REVIEWS
from app.database import Database

TINY = Plan(queue=REVIEWS + 16, rounds=1, seconds=0.02, most=2, starts=0, records=400)


@pytest.mark.slow
async def test_every_list_and_search_is_answered(mongod: Database) -> None:
    """An answer of another status than 200 would have ended the run."""
    found = await run_admin(TINY, mongod.address)
    print_admin(found)
    assert {row.page.name for row in found.pages} >= {"list", "queue", "review page", "claim, decide"}
    assert [row.name for row in found.growth] == [
        "list",
        "list, filtered by state",
        "list, sorted by an answer",
    ]
    measured = {row.timed.name: row.median for row in found.latencies}
    assert {"at depth", "search, rare", "search, common", "search, none"} <= measured.keys()
    assert min(measured.values()) > 0
    assert [(row.rows, row.whole > 0) for row in found.imports] == [(400, True)]
    assert [(row.records, row.rate > 0) for row in found.exports] == [(400, True)]
