"""Record lists: what is asked in the address, what is shown, what is written out."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from starlette.datastructures import QueryParams
from starlette_admin import i18n

from admin.environment import near
from admin.views import listing
from admin.views.columns import Choice, Column
from admin.views.lines import body
from admin.views.records import RawListView
from tests.admin.conftest import Visitor
from tests.admin.sample import COLUMNS, Collection, rule, some_rows

Visit = Callable[..., Visitor]
ROW = re.compile(r'<th scope="row"><a href="[^"]*"><span class="a-code">([^<]*)</span></a></th>')

pytestmark = pytest.mark.usefixtures("filled")


async def numbers(visitor: Visitor, query: str = "") -> list[str]:
    answer = await visitor.get(f"/admin/applications/list{query}")
    assert answer.status_code == 200
    return [number.removeprefix("A-2026-000") for number in ROW.findall(answer.text)]


async def test_a_list_shows_what_the_rule_leaves_in_the_usual_order(visit: Visit) -> None:
    shown = await numbers(visit())
    assert shown == [f"{i:02d}" for i in range(30) if i % 10 != 9]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("?sort=number__desc", "28"),
        ("?sort=number__asc", "00"),
        ("?sort=data.name__asc&sort=number__desc", "27"),
        ("?sort=secret__desc", "00"),
        ("?sort=$where__asc", "00"),
        ("?page=0&page_size=7&sort=", "00"),
        ("?page=x&page_size=-1", "00"),
    ],
)
async def test_only_sortable_columns_sort(visit: Visit, query: str, first: str) -> None:
    assert (await numbers(visit(), query))[0] == first


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=A-2026-00002", ["02"]),
        ("?q=東日本", ["01", "05", "13", "17", "21", "25"]),
        ("?q=a(b", []),
        ("?q=.*", []),
        ("?q=%24ne", []),
        ("?number__startswith=A-2026-0002&state__eq=draft", ["20", "25"]),
        ("?number__startswith=.", []),
        ("?data.capacity__gte=2000", ["28"]),
        ("?submitted_at__gte=2026-11-20&state__eq=refused", ["04", "14", "24"]),
        ("?submitted_at__lte=2026-11-19", []),
        ("?secret__eq=true&q=A-2026-00002", ["02"]),
    ],
)
async def test_search_and_filters_take_text_literally(visit: Visit, query: str, found: list[str]) -> None:
    assert await numbers(visit(), query) == found


@pytest.mark.parametrize(
    "query", ["?state__eq=nope", "?data.capacity__gte=x", "?submitted_at__gte=yesterday"]
)
async def test_a_filter_that_cannot_be_read_shows_nothing_and_says_so(visit: Visit, query: str) -> None:
    answer = await visit().get(f"/admin/applications/list{query}")
    assert answer.status_code == 422
    assert ROW.findall(answer.text) == []
    assert 'role="alert"' in answer.text
    assert f'href="#{query[1:].partition("=")[0]}"' in answer.text


async def test_everything_stored_is_escaped(visit: Visit) -> None:
    html = (await visit().get("/admin/applications/list")).text
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    html = (await visit().get('/admin/applications/list?q="><script>alert(1)</script>')).text
    assert "<script>alert" not in html


async def test_a_head_says_how_the_list_is_sorted(visit: Visit) -> None:
    html = (await visit().get("/admin/applications/list?sort=number__asc")).text
    assert re.search(r'<th scope="col" aria-sort="ascending"><a href="\?sort=number__desc">', html)
    assert len(re.findall('aria-sort="none"', html)) == 2
    assert len(re.findall('aria-sort="ascending"', html)) == 1


async def test_a_row_leads_to_its_page(visit: Visit) -> None:
    visitor = visit()
    html = (await visitor.get("/admin/applications/list?q=A-2026-00002")).text
    href = re.search(r'<th scope="row"><a href="([^"]*)"', html)
    assert href
    page = await visitor.get(href[1])
    assert page.status_code == 200
    assert "<h1>A-2026-00002</h1>" in page.text
    assert "やまと地域電力合同会社" in page.text


@pytest.mark.parametrize("pk", ["id9", "unknown", "", "%00", "{}"])
async def test_a_row_hidden_or_unknown_is_not_found(visit: Visit, pk: str) -> None:
    assert (await visit().get(f"/admin/applications/detail?pk={pk}")).status_code == 404


async def test_visitors_see_no_list_the_rule_empties(visit: Visit) -> None:
    assert await numbers(visit("visitor")) == []


async def test_a_page_of_rows_follows_another_without_gap(visit: Visit, rows: Collection) -> None:
    await rows.collection.update_many({}, {"$set": {"submitted_at": datetime(2026, 1, 1, tzinfo=UTC)}})
    visitor = visit()
    shown = [*await numbers(visitor, "?page_size=25"), *await numbers(visitor, "?page_size=25&page=2")]
    assert len(shown) == len(set(shown)) == 27


class Many:
    """A source with more rows than are ever counted."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def count(self, where: Mapping[str, Any], limit: int) -> int:
        self.asked.append(limit)
        return limit

    async def page(self, where: Any, sort: Any, skip: int, limit: int, projection: Any) -> Sequence[Any]:
        self.projection = list(projection)
        return [{"_id": skip + i, "number": f"N{skip + i}"} for i in range(limit)]

    def key(self, pk: str) -> Any:
        return pk

    async def one(self, pk: str, where: Any, projection: Any = ()) -> Any:
        return None


async def test_counting_stops_at_ten_thousand(rows: Collection, notices: Collection) -> None:
    from httpx import ASGITransport

    from tests.admin.sample import SECRET, EveryoneIn, sample_admin, sample_app

    many = Many()
    view = RawListView(
        key="many", menu_label="多い", columns=[Column("number", "Number")], source=many, rule=rule
    )
    admin = sample_admin(rows, notices, EveryoneIn())
    admin.add_view(view)
    async with Visitor(transport=ASGITransport(app=sample_app(admin)), base_url="https://x.test") as visitor:
        html = (await visitor.get("/admin/many/list")).text
        assert "10,000+ 件中 1〜50 件" in html
        assert many.asked == [10_001]
        assert many.projection == ["_id", "number"]
        last = (await visitor.get("/admin/many/list?page=9999999")).text
        assert "9,951〜10,000" in last
        assert (await visitor.post_form("/admin/many/export", {"query": "?"})).status_code == 413
    assert SECRET


async def test_an_export_writes_what_the_list_shows(visit: Visit) -> None:
    visitor = visit()
    html = (await visitor.get("/admin/applications/list?state__eq=returned&sort=number__desc")).text
    query = re.search(r'name="query" value="([^"]*)"', html)
    assert query
    answer = await visitor.post_form("/admin/applications/export", {"query": query[1].replace("&amp;", "&")})
    table = answer.text.removeprefix("\ufeff").splitlines()
    assert answer.headers["content-disposition"] == 'attachment; filename="applications.csv"'
    assert table[0].startswith("受付番号,事業者名,申請種別,状態")
    assert [line.split(",")[0][-2:] for line in table[1:]] == ["27", "22", "17", "12", "07", "02"]
    assert {line.split(",")[3] for line in table[1:]} == {"差戻し"}


async def test_an_export_needs_the_rule_and_a_readable_filter(visit: Visit) -> None:
    assert (await visit("visitor").post_form("/admin/applications/export", {"query": "?"})).status_code == 403
    answer = await visit().post_form("/admin/applications/export", {"query": "?state__eq=nope"})
    assert answer.status_code == 413


def test_the_address_of_a_list_is_read_back_as_it_was_written() -> None:
    address = "state__eq=draft&number__startswith=A%26b&q=%E6%9D%B1&sort=number__desc&page_size=25&page=3"
    state = listing.read(QueryParams(address), COLUMNS, [("submitted_at", -1)])
    again = listing.read(QueryParams(state.query().removeprefix("?")), COLUMNS, [("submitted_at", -1)])
    assert again == state
    assert (state.page, state.size, state.order, state.q) == (3, 25, (("number", -1),), "東")


def test_a_default_list_has_an_empty_query() -> None:
    assert listing.read(QueryParams(""), COLUMNS, [("submitted_at", -1)]).query() == "?"


@pytest.mark.parametrize(
    ("page", "pages", "shown"),
    [(1, 1, [1]), (1, 3, [1, 2, 3]), (5, 9, [1, None, 3, 4, 5, 6, 7, None, 9]), (9, 9, [1, None, 7, 8, 9])],
)
def test_pages_near_the_present_one_are_offered(page: int, pages: int, shown: list[int | None]) -> None:
    assert near(page, pages) == shown


@pytest.mark.parametrize(
    ("column", "value", "ja", "en"),
    [
        (Column("a", "A", "number"), 1234567, "1,234,567", "1,234,567"),
        (Column("a", "A", "number"), "n/a", "n/a", "n/a"),
        (Column("a", "A", "yes"), True, "はい", "Yes"),
        (Column("a", "A", "yes"), None, "", ""),
        (Column("a", "A", "day"), "2026-04-01", "2026/04/01", "2026-04-01"),
        (Column("a", "A", "day"), date(2026, 4, 1), "2026/04/01", "2026-04-01"),
        (Column("a", "A", "day"), "soon", "soon", "soon"),
        (Column("a", "A"), ["い", "ろ"], "い、ろ", "い, ろ"),
        (Column("a", "A"), {"x": "<b>"}, "{'x': '<b>'}", "{'x': '<b>'}"),
        (Column("a", "A", "state", choices={"x": Choice("Yes", "good")}), "x", "はい", "Yes"),
        (Column("a", "A", "state"), "<gone>", "&lt;gone&gt;", "&lt;gone&gt;"),
    ],
)
def test_a_value_reads_in_both_languages(column: Column, value: Any, ja: str, en: str) -> None:
    for name, words in (("ja", ja), ("en", en)):
        i18n.set_locale(name)
        shown = column.writer()(value)
        assert words == (str(shown).partition(">")[2].rpartition("<")[0] if "a-badge" in shown else shown)


def test_a_moment_is_told_in_japan_time() -> None:
    i18n.set_timezone("Asia/Tokyo")
    i18n.set_locale("ja")
    shown = Column("a", "A", "moment").writer()(datetime(2026, 3, 31, 15, 30, tzinfo=UTC))
    assert shown == '<time datetime="2026-04-01T00:30:00+09:00">2026/04/01 00:30</time>'


def test_a_row_without_a_field_is_still_a_row() -> None:
    drawn = body([{"_id": 1}, {"_id": 2, "data": {}}], COLUMNS, lambda row: f"/{row['_id']}")
    assert re.findall(r'<a href="/(\d)">([^<]*)</a>', drawn) == [("1", "—"), ("2", "—")]
    assert set(re.findall(r"<td[^>]*>(.*?)</td>", drawn)) == {""}


def test_a_damaged_row_says_so_and_the_others_stand() -> None:
    """Control: the same rows without the damage say nothing of the kind."""
    i18n.set_locale("en")
    sound = some_rows(3)
    damaged = [{**sound[0], "data": "text"}, {**sound[1], "state": ["draft"], "due": {"$gt": 1}}, sound[2]]
    assert "Damaged" not in body(sound, COLUMNS, lambda row: row["_id"])
    drawn = body(damaged, COLUMNS, lambda row: row["_id"])
    assert drawn.count("Damaged") == 2
    assert drawn.count("<tr>") == 3
    assert drawn.splitlines()[2] == body(sound, COLUMNS, lambda row: row["_id"]).splitlines()[2]
