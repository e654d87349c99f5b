"""The plan of a change is measured on what it says."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from app.bench.impact import BATCH, PlanRow, after, plan_row
from app.database import Database
from app.opening import build_site, configuration_of
from app.settings import Settings
from models.services.impact import assess


async def test_at_least_ten_questions_are_asked_of_every_record(
    store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.bench.impact.BATCH", 7)
    settings = Settings(data=tmp_path, smtp_url=None, database_url=SecretStr(store.address))
    site = await build_site(settings, configuration_of(settings), store)
    row = await plan_row(site, 30)
    assert row.records == 30 < BATCH
    assert row.changes >= 10
    published = site.registry.current("measured_plant")
    counted = {each.change.path: each.records for each in (await assess(site, published, after())).changes}
    assert (counted["region"], counted["capacity"], counted["operator_note"]) == (6, 3, 30)


def test_a_plan_over_its_limit_is_slow() -> None:
    assert PlanRow(records=1, changes=1, seconds=31).is_slow
    assert not PlanRow(records=1, changes=1, seconds=29).is_slow
