"""The lists of records over HTTP: turned by position, safe from what an address can hold, whole when a stored
record is not."""

import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import quote

import httpx
import pytest_asyncio
from bson.objectid import ObjectId

from app.bench.filling import fill
from models.documents.account import Account
from models.documents.session import BrowserSession
from models.services.sessions import ABSOLUTE
from tests.app.conftest import Inside

LIST = "/admin/resource/list"
NUMBER = re.compile(r'<th scope="row"><a href="[^"]*"><span class="a-code">(\d+)</span></a></th>')
COUNT = 60


@pytest_asyncio.fixture
async def reader(inside: Inside) -> AsyncIterator[httpx.AsyncClient]:
    """A reviewer's browser at a site with some registered resources."""
    site, now = inside.site, inside.site.now()
    await fill(site, "resource", COUNT)
    account = Account(
        login="reader", kind="staff", name="審査", email="r@e.invalid", roles=["reviewer"], created_at=now
    )
    account.status = "active"
    await account.insert()
    session = BrowserSession(
        token_hash=site.sign("session", "reader"),
        account_id=account.id,
        address="127.0.0.1",
        user_agent="test",
        created_at=now,
        seen_at=now,
        ends_at=now + ABSOLUTE,
    )
    await session.insert()
    browser = inside.browser()
    browser.cookies.set("session", "reader")
    yield browser


def numbers(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text[:500]
    return NUMBER.findall(page.text)


def leads(page: httpx.Response, label: str) -> str:
    """Where one of the links below a list leads; "" for nowhere."""
    found = re.search(rf'<li><a(?: rel="\w+")? href="([^"]*)">{label}</a></li>', page.text)
    return f"{LIST}{unescape(found[1])}" if found else ""


ALL = [f"{number:010}" for number in range(COUNT, 0, -1)]


async def test_a_list_is_turned_there_and_back_by_its_rows(reader: httpx.AsyncClient) -> None:
    for sort in ("", "sort=data.delivery_fiscal_year__asc", "sort=lifecycle__desc"):
        await turned(reader, sort)


async def turned(reader: httpx.AsyncClient, sort: str) -> None:
    """Every page of the list, to its end and back."""
    page = await reader.get(f"{LIST}?page_size=25&{sort}")
    seen, pages = numbers(page), [numbers(page)]
    while address := leads(page, "次へ"):
        assert re.search(r"after=[0-9a-f]{24}(&|$)", address)
        page = await reader.get(address)
        pages.append(numbers(page))
        seen += pages[-1]
    assert sorted(seen) == sorted(ALL)
    assert not leads(page, "最後")
    assert f"{COUNT} 件中 51〜{COUNT} 件" in page.text
    for before in pages[-2::-1]:
        page = await reader.get(leads(page, "前へ"))
        assert numbers(page) == before
    assert not leads(page, "最初")
    last = await reader.get(f"{LIST}?page_size=25&{sort}&at=end")
    assert numbers(last) == seen[-25:]
    assert f"{COUNT} 件中 36〜{COUNT} 件" in last.text


FORGED = ("after=x", "before=%00", "after=%24ne", "after[$ne]=1", f"after={'f' * 24}", "at=start")

ASKED = {
    f"q={'海' * 201}": 422,
    f"q={'a' * 10_000}": 422,
    f"q={quote('(.*)+$')}": 200,
    "q=%24where": 200,
    "q=%00%0a": 200,
    f"number__startswith={quote('.*')}": 200,
    "data.delivery_fiscal_year__gte=" + "9" * 60: 422,
    "data.area__eq=%7B%22%24ne%22%3A1%7D": 422,
    "data.area__eq[$ne]=1": 200,
    "updated_at__gte=soon": 422,
    "sort=$natural__asc&sort=data.area__asc": 200,
    "page=99999999999999999999": 200,
    "filter=%7B%22%24where%22%3A%221%22%7D": 422,
}


async def test_a_forged_place_is_the_first_page(reader: httpx.AsyncClient) -> None:
    """Control: a row of the list is a place."""
    first = await reader.get(f"{LIST}?page_size=25&sort=number__asc")
    for place in FORGED:
        page = await reader.get(f"{LIST}?{place}&page_size=25&sort=number__asc")
        assert numbers(page) == numbers(first) == ALL[::-1][:25], place
    assert numbers(await reader.get(leads(first, "次へ"))) == ALL[::-1][25:50]


async def test_what_an_address_can_hold_is_answered_in_words(reader: httpx.AsyncClient) -> None:
    for asked, status in ASKED.items():
        page = await reader.get(f"{LIST}?{asked}")
        assert page.status_code == status, asked[:80]
        assert ('role="alert"' in page.text) == (status == 422), asked[:80]
        assert "<h1>電源等</h1>" in page.text


async def test_a_damaged_record_is_a_row_that_says_so(reader: httpx.AsyncClient, inside: Inside) -> None:
    """Control: without the damage no row says anything of the kind."""
    assert "破損あり" not in (await reader.get(LIST)).text
    sound = await inside.mongo["resources"].find_one({"number": "0000000007"})
    assert sound is not None
    broken = [
        {"_id": ObjectId()},
        {**sound, "_id": ObjectId(), "number": {"$gt": 1}, "data": "text"},
        {**sound, "_id": ObjectId(), "number": "A", "title": ["x"], "lifecycle": 5, "updated_at": "soon"},
    ]
    await inside.mongo["resources"].insert_many(broken, bypass_document_validation=True)
    for query in ("", "?sort=lifecycle__asc", "?sort=updated_at__desc", "?at=end", "?sort=number__desc"):
        page = await reader.get(f"{LIST}{query}{'&' if query else '?'}page_size=100")
        assert page.status_code == 200
        assert len(re.findall("<tr>", page.text)) == COUNT + 4
    assert (await reader.get(f"{LIST}?page_size=100")).text.count("破損あり") == 3
