"""Masters open to operators, panels beside forms and diagrams, on the pages of both doors."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import Settings
from models.documents.application import Application
from models.documents.record import Record
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.site import Site
from models.services.submitting import submit
from tests.app.test_assents import House
from tests.services.harbour import FOLDER, Port, harbour, port
from tests.services.two_sides import officer, registered

__all__ = ["harbour"]

POLICY = "content-security-policy"


@pytest_asyncio.fixture
async def house(harbour: Site, tmp_path: Path) -> AsyncIterator[House]:
    """The program on the site of the harbour office, and who signs in to it."""
    app = create_app(Settings(data=tmp_path, worker=False, smtp_url=None, config=(FOLDER,)))
    app.state.site = harbour
    made = House(harbour, app)
    yield made
    for client in made.clients:
        await client.aclose()


@pytest_asyncio.fixture
async def place(harbour: Site) -> Port:
    """A company with a berth, at a station with a remark for the staff."""
    made = await port(harbour, remark="内部の注記です")
    arm = await made.keep("gear", name="荷役 <1> 号", kind="arm", ends_at="tank")
    await made.keep("gear", name="浮標 2", kind="buoy", leads_to=arm.number)
    return made


async def read(client: httpx.AsyncClient, address: str) -> str:
    answer = await client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.text


async def test_operators_read_the_masters_open_to_them_and_nothing_of_the_others(
    house: House, place: Port
) -> None:
    own = await house.browser(place.firm.user, place.firm)
    shut = await registered(house.site, "station", {"name": "休止中", "closed": True}, None)
    tariff = await registered(house.site, "tariff", {"name": "甲"}, None)
    listed = await read(own, "/portal/station")
    assert place.station.number in listed
    assert "休止中" not in listed
    page = await read(own, f"/portal/station/{place.station.number}")
    assert "045-000-0001" in page
    assert "内部の注記です" not in page
    assert "/portal/station/" + place.station.number + "/change" not in page
    for address in (
        f"/portal/station/{shut.number}",
        f"/portal/station/{shut.number}/history",
        f"/portal/tariff/{tariff.number}",
        "/portal/tariff",
    ):
        assert (await own.get(address)).status_code == 404, address


@pytest.mark.parametrize("way", ["/apply/station", "/portal/station/new", "/portal/station/{number}/change"])
async def test_operators_begin_nothing_about_them(house: House, place: Port, way: str) -> None:
    own = await house.browser(place.firm.user, place.firm)
    answer = await own.get(way.format(number=place.station.number), follow_redirects=True)
    assert answer.status_code == 404


async def test_the_panel_stands_beside_the_form_and_on_the_record(house: House, place: Port) -> None:
    own = await house.browser(place.firm.user, place.firm)
    draft = await begin(house.site, place.firm.user, "berth")
    form = await read(own, f"/applications/{draft.reference}/pages/page_1")
    assert "水先案内所" in form
    assert 'href="tel:0450000001"' in form
    record = await read(own, f"/portal/berth/{place.berth.number}")
    assert f'href="/portal/station/{place.station.number}"' in record
    assert "内部の注記です" not in form + record


async def pages(house: House, place: Port) -> dict[str, httpx.Response]:
    """The berth's page and paper, for its company and for the staff."""
    own = await house.browser(place.firm.user, place.firm)
    staff = await house.browser(await officer(house.site, "reviewer"))
    portal, admin = f"/portal/berth/{place.berth.number}", "/admin/berth"
    return {
        portal: await own.get(portal),
        f"{portal}/print": await own.get(f"{portal}/print"),
        f"{admin}/detail": await staff.get(f"{admin}/detail?pk={place.berth.id}"),
        f"{admin}/print": await staff.get(f"{admin}/print?pk={place.berth.id}"),
    }


async def test_the_diagram_is_drawn_for_both_sides_and_told_as_a_table(house: House, place: Port) -> None:
    for address, answer in (await pages(house, place)).items():
        assert answer.status_code == 200, address
        assert "<svg" in answer.text
        assert f'<a href="/{address.split("/")[1]}/gear/' in answer.text
        assert "荷役 &lt;1&gt; 号" in answer.text
        assert "荷役 <1> 号" not in answer.text
        assert "陸側" in answer.text.partition("<table")[2]
        assert "unsafe-inline" not in answer.headers[POLICY]


async def test_the_staff_s_panel_says_what_is_for_them_alone(house: House, place: Port) -> None:
    for address, answer in (await pages(house, place)).items():
        assert ("内部の注記です" in answer.text) == address.startswith("/admin"), address


async def test_records_of_others_are_not_in_the_diagram(house: House, place: Port) -> None:
    stranger = await port(house.site)
    other: Record = await stranger.keep("gear", name="よその設備", kind="arm")
    data = {**other.data, "berth": place.berth.number}
    await house.site.records["gear"].collection.update_one({"_id": other.id}, {"$set": {"data": data}})
    for answer in (await pages(house, place)).values():
        assert "よその設備" not in answer.text


async def test_the_last_page_before_sending_has_the_panel_and_calls_what_is_named_by_its_title(
    house: House, place: Port
) -> None:
    own = await house.browser(place.firm.user, place.firm)
    draft = await begin(house.site, place.firm.user, "berth")
    answers = {"name": "第二", "station": place.station.number}
    await save_page(house.site, place.firm.user, draft, "page_1", answers, revision=0)
    check = await read(own, f"/applications/{draft.reference}/check")
    assert 'href="tel:0450000001"' in check
    assert f"{place.station.number} {place.station.title}" in check
    assert "内部の注記です" not in check
    sent = await own.post(f"/applications/{draft.reference}/check", data={"revision": "1"})
    told = await read(own, sent.headers["location"])
    assert "このあとの流れ" in told
    assert "ここで終了しました" not in told


async def test_what_is_registered_at_once_is_not_called_an_application(house: House, place: Port) -> None:
    own = await house.browser(place.firm.user, place.firm)
    home = await read(own, "/portal")
    for address, told in (("/portal/berth", "記録する"), ("/apply/berth", "記入する")):
        page = await read(own, address)
        assert told in page
        assert "申請を始める" not in page
        assert "新しく登録を申請する" not in page
    assert "記録する<span" in home
    assert "申請する<span" not in home.partition('href="/apply/berth"')[2].partition("</a>")[0]


async def test_a_change_filed_at_once_leads_to_what_is_registered(house: House, place: Port) -> None:
    own, user = await house.browser(place.firm.user, place.firm), place.firm.user
    draft = await begin(house.site, user, "berth", "change", record_id=place.berth.id)
    await save_page(house.site, user, draft, "page_1", {"name": "第一の二"}, revision=0)
    sent = await own.post(f"/applications/{draft.reference}/check", data={"revision": "1"})
    told = await read(own, sent.headers["location"])
    assert f'href="/portal/berth/{place.berth.number}"' in told
    assert "登録が完了しました" in told


async def test_the_review_calls_what_is_named_by_its_title_now_and_before(house: House, place: Port) -> None:
    user, there = place.firm.user, await registered(house.site, "station", {"name": "別の案内所"}, None)
    draft = await begin(house.site, user, "berth", "change", record_id=place.berth.id)
    kept = await save_page(house.site, user, draft, "page_1", {"station": there.number}, revision=0)
    await submit(house.site, user, kept, revision=kept.revision)
    staff = await house.browser(await officer(house.site, "reviewer"))
    before = {"$set": {"data.station": place.station.number}}
    await house.site.records["berth"].collection.update_one({"_id": place.berth.id}, before)
    page = re.sub("<[^>]+>", "", await read(staff, f"/admin/applications/{draft.reference}?against=force"))
    for named in (place.station, there):
        assert f"{named.number} {named.title}" in page


async def test_an_address_that_stays_is_not_typed_once_more(house: House, place: Port) -> None:
    own, user = await house.browser(place.firm.user, place.firm), place.firm.user
    watch = await place.watch("day", "a@harbour.example.jp")
    draft = await begin(house.site, user, "watch", "change", record_id=watch.id)
    page = f"/applications/{draft.reference}/pages/page_1"
    again = re.compile(r'name="email__confirm" value="([^"]*)"')
    assert again.findall(await read(own, page)) == ["a@harbour.example.jp"]
    changed = {"$set": {"answers.email": "b@harbour.example.jp"}}
    await Application.raw().update_one({"reference": draft.reference}, changed)
    assert again.findall(await read(own, page)) == [""]
