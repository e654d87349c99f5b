"""What waits, on the pages of both sides: the staff's list with its file, the first pages, the menu."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.configuration.periods import SitePeriod, with_periods
from models.documents.inbox import InboxItem
from models.language import Text
from models.services.site import Site
from models.workflow.definition import Duration, Lifecycle, Term
from tests.app.test_assents import House, house, wired
from tests.clock import Hands
from tests.services.two_sides import clock, closure, company, desk, officer

__all__ = ["clock", "desk", "house", "wired"]

PERIODS = {
    "first_answer": SitePeriod(
        label=Text(ja="初回の回答", en="First answer"), length=Duration(count=8, unit="hours")
    )
}


def due_soon(flow: Lifecycle) -> Lifecycle:
    """A report has to be answered within the site's period."""
    named = Term(count=0, unit="hours", period="first_answer")
    reported = flow.states["reported"].model_copy(update={"due": named, "held_by": "counterpart"})
    states = {**flow.states, "reported": reported}
    return with_periods(flow.model_copy(update={"states": states}), PERIODS)


@pytest.fixture(autouse=True)
def terms(desk: Site) -> Iterator[None]:
    flows: Any = desk.lifecycles
    before = flows.maps[0]["closure"]
    flows.maps[0]["closure"] = due_soon(before)
    site: Any = desk.configuration.site
    object.__setattr__(site, "periods", PERIODS)
    yield
    object.__setattr__(site, "periods", {})
    flows.maps[0]["closure"] = before


async def test_the_staff_see_what_waits_by_urgency_and_take_it_away(
    desk: Site, house: House, clock: Hands
) -> None:
    firm = await company(desk)
    _, record = await closure(desk, firm)
    _, theirs = await closure(desk, firm, origin="staff")
    admin = await house.browser(await officer(desk, "approver"))
    shown = (await admin.get("/admin/waiting")).text
    assert f"/admin/closure/detail?pk={record.id}" in shown
    assert "橋守" in shown
    assert "残り 8 時間 0 分" in shown
    assert theirs.number not in shown
    assert 'href="/admin/waiting' in (await admin.get("/admin/")).text
    clock.forward(hours=9)
    later = await house.browser(await officer(desk, "approver"))
    late = (await later.get("/admin/waiting?show=late&type=closure")).text
    assert "期限を 1 時間 0 分 超過" in late
    taken = await later.get("/admin/waiting/file?show=all&type=closure")
    assert record.number in taken.content.decode("utf-8-sig")
    assert "attachment" in taken.headers["content-disposition"]
    other = await house.browser(await officer(desk, "reviewer"))
    assert (await other.get("/admin/waiting/file")).status_code == 403
    assert "/admin/waiting/file" not in (await other.get("/admin/waiting")).text


async def test_what_is_asked_for_and_not_there_is_not_found(desk: Site, house: House) -> None:
    client = await house.browser(await officer(desk, "approver"))
    for asked in ("show=nothing", "type=operator", "page=0", "page=99999", "page=0000019999", "page=x"):
        assert (await client.get(f"/admin/waiting?{asked}")).status_code == 404, asked


async def test_an_operator_sees_what_waits_for_it_and_nothing_of_another(desk: Site, house: House) -> None:
    firm, other = await company(desk), await company(desk)
    _, theirs = await closure(desk, firm, origin="staff")
    _, ours = await closure(desk, firm)
    page = (await (await house.browser(firm.admin, firm)).get("/portal")).text
    assert f"/portal/closure/{theirs.number}" in page
    assert "残り 8 時間 0 分" in page
    assert ours.number not in page
    assert theirs.number not in (await (await house.browser(other.admin, other)).get("/portal")).text
    assert await InboxItem.find({"subject.label": ours.number, "kind": "own_record_turn"}).count() == 0


async def test_a_term_of_days_is_told_in_days_to_both_sides(desk: Site, house: House) -> None:
    flows: Any = desk.lifecycles
    named = Term(count=10, unit="business_days")
    states = flows.maps[0]["closure"].states
    due = {**states, "reported": states["reported"].model_copy(update={"due": named})}
    flows.maps[0]["closure"] = flows.maps[0]["closure"].model_copy(update={"states": due})
    firm = await company(desk)
    await closure(desk, firm, origin="staff")
    assert "残り 10 営業日" in (await (await house.browser(firm.admin, firm)).get("/portal")).text
    await closure(desk, firm)
    client = await house.browser(await officer(desk, "approver"))
    shown = (await client.get("/admin/waiting?type=closure")).text
    assert "10 営業日" in shown
    assert "日 0 時間" not in shown


async def test_periods_are_shown_with_what_they_are_for(desk: Site, house: House) -> None:
    client = await house.browser(await officer(desk, "reviewer"))
    page = (await client.get("/admin/periods")).text
    assert "初回の回答" in page
    assert "8 時間" in page
    assert "通報済" in page
