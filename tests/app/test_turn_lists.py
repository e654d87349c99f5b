"""Whose turn it is and by when, as columns of lists: on both sides, in words, by an index, and in files."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import Settings
from models.documents.account import Account
from models.documents.job import Job
from models.documents.record import Record
from models.services import downloads, listings, transfers
from models.services.indexing import indexing_of
from models.services.listings import DUE, Asked
from models.services.transfers import Wanted
from models.workflow.definition import Duration
from tests.app.test_assents import House
from tests.services.test_record_terms import changed
from tests.services.two_sides import Company
from tests.smart_meter.conftest import MODULE, furnished
from tests.smart_meter.desk import Desk, connected
from tests.smart_meter.filed import an_event

__all__ = ["furnished"]

LIST = "/admin/disconnection/list"


@pytest.fixture(autouse=True, scope="module")
def terms(furnished: Desk) -> Iterator[None]:
    """What is registered has to be judged within a day; the other states have no term."""
    flows: Any = furnished.site.lifecycles
    before = flows.maps[0]["disconnection"]
    day = Duration(count=1, unit="days")
    flows.maps[0]["disconnection"] = changed(before, "registered", due=day)
    yield
    flows.maps[0]["disconnection"] = before


@pytest_asyncio.fixture
async def desk(furnished: Desk) -> Desk:
    await furnished.site.records["disconnection"].collection.delete_many({})
    return await connected(furnished)


@pytest_asyncio.fixture
async def house(desk: Desk, tmp_path: Path) -> AsyncIterator[House]:
    app = create_app(Settings(data=tmp_path, worker=False, smtp_url=None, config=(MODULE,)))
    app.state.site = desk.site
    made = House(desk.site, app)
    yield made
    for client in made.clients:
        await client.aclose()


async def two_events(desk: Desk) -> tuple[Record, Record]:
    """One that is to be judged, and later another that waits for the operator and is never due."""
    first = await desk.file("mirai", "disconnection", an_event(desk))
    other = await connected(desk)
    second = await desk.file("mirai", "disconnection", an_event(other))
    theirs = {"awaits": "operator", "due": None}
    rows = desk.site.records["disconnection"].collection
    await rows.update_one({"_id": second.id}, {"$set": theirs})
    return await desk.again(first), await desk.again(second)


def shown(page: httpx.Response, *records: Record) -> list[bool]:
    """Whether a list has a row of each of these."""
    assert page.status_code == 200, page.text[:500]
    return [f">{record.number}<" in page.text for record in records]


async def test_the_staff_read_filter_and_sort_by_turn_and_due_date(desk: Desk, house: House) -> None:
    first, second = await two_events(desk)
    admin = await house.browser(desk.people["reviewer"])
    page = await admin.get(LIST)
    assert shown(page, first, second) == [True, True]
    assert "相手方の対応待ち</span>" in page.text
    assert "期限超過</span>" not in page.text
    assert shown(await admin.get(f"{LIST}?awaits__eq=staff"), first, second) == [True, False]
    assert shown(await admin.get(f"{LIST}?awaits__eq=operator"), first, second) == [False, True]
    assert shown(await admin.get(f"{LIST}?due__eq=dated"), first, second) == [True, False]
    assert shown(await admin.get(f"{LIST}?due__eq=late"), first, second) == [False, False]
    down = (await admin.get(f"{LIST}?sort=due__desc")).text
    assert down.index(f">{first.number}<") < down.index(f">{second.number}<")
    up = (await admin.get(f"{LIST}?sort=due__asc")).text
    assert up.index(f">{first.number}<") > up.index(f">{second.number}<")
    assert (await admin.get(f"{LIST}?due__eq=soon")).status_code == 422
    assert (await admin.get(f"{LIST}?awaits__eq=nobody")).status_code == 422
    desk.hands.forward(days=3)
    late = await (await house.browser(desk.people["approver"])).get(f"{LIST}?due__eq=late")
    assert shown(late, first, second) == [True, False]
    assert "期限超過</span>" in late.text


async def test_an_operator_reads_its_own_and_a_due_date_only_while_anybody_is_waited_for(
    desk: Desk, house: House
) -> None:
    first, second = await two_events(desk)
    await Account.find({"kind": "operator"}).update({"$set": {"accepted_terms": "1"}})
    firm = Company(desk.mirai, desk.people["mirai"], desk.people["mirai-user"])
    mirai, path = await house.browser(firm.admin, firm), "/portal/disconnection"
    page = await mirai.get(path)
    assert shown(page, first, second) == [True, True]
    assert "当方の対応待ち</td>" in page.text
    assert shown(await mirai.get(f"{path}?_turn=operator"), first, second) == [False, True]
    assert shown(await mirai.get(f"{path}?_turn=staff"), first, second) == [True, False]
    assert shown(await mirai.get(f"{path}?_turn=late"), first, second) == [False, False]
    assert shown(await mirai.get(f"{path}?sort={DUE}"), first, second) == [True, False]
    desk.hands.forward(days=3)
    later = await house.browser(firm.user, firm)
    late = await later.get(f"{path}?_turn=late")
    assert shown(late, first, second) == [True, False]
    assert 'class="error">期限超過' in late.text
    rows = desk.site.records["disconnection"].collection
    await rows.update_one({"_id": first.id}, {"$set": {"awaits": ""}})
    assert "期限超過</strong>" not in (await later.get(path)).text
    found = await listings.page(desk.site, firm.admin, "disconnection", Asked(sort=DUE))
    assert list(found.rows) == []
    theirs = await listings.page(desk.site, desk.people["takumi"], "disconnection", Asked())
    assert list(theirs.rows) == []


async def test_files_have_turn_and_due_where_lists_do(desk: Desk) -> None:
    """Control: a type whose lists have no such columns has none in its files."""
    first, _ = await two_events(desk)
    site, staff, mirai = desk.site, desk.people["approver"], desk.people["mirai"]
    wanted = Wanted(profile="all", format="csv", language="ja", purpose="確認", where={}, order=[("_id", 1)])
    job = await transfers.ask_export(site, staff, "disconnection", wanted)
    await transfers.do_small(site, staff, job)
    text = await content(site, job.id)
    assert first.due is not None
    assert "現在の担当（自動）" in text
    assert first.due.isoformat(timespec="seconds") in text
    assert "当方の対応待ち" in text
    own = await downloads.ask(site, mirai, "disconnection", Asked(sort=DUE))
    told = await content(site, own.id)
    assert "相手方の対応待ち" in told
    assert "当方の対応待ち" not in told
    other = await transfers.ask_export(site, staff, "equipment", wanted)
    await transfers.do_small(site, staff, other)
    assert "現在の担当" not in await content(site, other.id)


async def content(site: Any, identifier: Any) -> str:
    """What a job wrote."""
    job = await Job.get(identifier)
    assert job is not None
    assert job.result is not None
    parts = [piece for part in job.result.parts async for piece in site.store.attachments.read(part)]
    return b"".join(parts).decode("utf-8-sig")


async def test_the_columns_ask_for_indexes_that_serve_them(desk: Desk) -> None:
    """Control: a type that names none has none."""
    found = await indexing_of(desk.site, "disconnection")
    assert found.is_sound
    assert {each.path: each.served.index for each in found.sorted}["due"] == "listed_due"
    asked = [each.name for each in found.wanted if each.asked_by == "columns"]
    assert asked == ["listed_awaits", "listed_due"]
    plain = await indexing_of(desk.site, "equipment")
    assert [each.name for each in plain.wanted if each.name.startswith("listed_")] == []
