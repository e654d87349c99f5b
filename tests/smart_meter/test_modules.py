"""The module alone, behind another one, and with its settings changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
import pytest_asyncio

from app.database import Database
from models.configuration.check import check
from models.configuration.load import load_configuration
from models.errors import SendingClosed
from models.services.applications import may_begin, workflow_of
from models.services.beginning import begin
from models.services.windows import require_open
from tests.smart_meter.conftest import MARKET, MODULE, opened
from tests.smart_meter.desk import Desk, connected
from tests.smart_meter.filed import a_report


@pytest_asyncio.fixture
async def both(mongod: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(mongod, tmp_path, (MARKET, MODULE)) as desk:
        yield await connected(desk)


async def reports_are_taken_while_the_market_is_shut(both: Desk) -> None:
    """A Sunday at three in the morning; the control is an application of the market."""
    shut = replace(both, site=replace(both.site, always_open=False))
    site, actor, shut.hands.now = shut.site, shut.people["mirai"], datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
    record = await shut.file("mirai", "incident_report", a_report(shut))
    assert (await shut.take("reviewer", record, "acknowledge")).lifecycle == "acknowledged"
    application = await begin(site, actor, "resource")
    submit = workflow_of(site, application).transitions["submit"]
    with pytest.raises(SendingClosed):
        require_open(site, actor, application, submit)


async def test_behind_the_market_both_are_one_site(both: Desk) -> None:
    """One operator, in the market's words, applies for things of both."""
    site, actor = both.site, both.people["mirai"]
    offered = {
        name
        for name, published in site.registry.all_current().items()
        if published.definition.enabled and may_begin(site, actor, published.definition, "register")
    }
    assert {"resource", "connection", "equipment", "contact", "disconnection", "incident_report"} <= offered
    assert site.configuration.site.name("en") == "Capacity Market System"
    areas = site.configuration.areas
    assert ("connection" in areas, "operator" in areas, "resource" in areas) == (True, False, False)
    await reports_are_taken_while_the_market_is_shut(both)
    record = await both.file("mirai", "incident_report", a_report(both))
    assert (await both.take("reviewer", record, "acknowledge")).lifecycle == "acknowledged"
    assert await both.mailed("report_sent") == ["desk@grid.example.jp"] * 2


@pytest.mark.parametrize(
    ("period", "flow", "states"),
    [
        ("judge_event", "disconnection", {"registered", "own_side"}),
        ("confirm_receipt", "incident_report", {"sent"}),
        ("second_report", "incident_report", {"acknowledged"}),
        ("confirm_second", "incident_report", {"second_sent"}),
    ],
)
def test_limits_of_hours_are_a_setting(tmp_path: Path, period: str, flow: str, states: set[str]) -> None:
    copied = Path(copytree(MODULE, tmp_path / "module"))
    site = (copied / "site.yaml").read_text(encoding="utf-8")
    before, name, rest = site.partition(f"{period}:")
    limited = before + name + rest.replace("length: null", "length: 24 hours", 1)
    (copied / "site.yaml").write_text(limited, encoding="utf-8")
    for module, expected in ((MODULE, set()), (copied, states)):
        lifecycle = load_configuration([module], check).lifecycles[flow]
        assert {key for key, state in lifecycle.states.items() if state.due is not None} == expected
