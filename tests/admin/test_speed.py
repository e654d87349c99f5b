"""What a page costs. The bounds are several times what was measured, so that a busy machine does not fail."""

import timeit
from collections.abc import Callable

import pytest
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette_admin import i18n

from admin.auth import Person
from admin.site import SafeAdmin
from admin.views import listing
from admin.views.paging import Page
from admin.views.records import Asked
from tests.admin.sample import COLUMNS, Collection, EveryoneIn, sample_admin, sample_app, some_rows


@pytest.fixture
def admin(rows: Collection, notices: Collection) -> SafeAdmin:
    made = sample_admin(rows, notices, EveryoneIn())
    sample_app(made)
    i18n.set_locale("ja")
    i18n.set_timezone("Asia/Tokyo")
    return made


def asked(admin: SafeAdmin) -> Request:
    scope = {"type": "http", "method": "GET", "root_path": "/admin", "query_string": b"", "headers": []}
    request = Request({**scope, "path": "/admin/applications/list", "app": admin.app})
    request.state.admin_user = Person(username="山田 花子", role="審査担当")
    return request


def best(draw: Callable[[], object]) -> float:
    """Milliseconds of the fastest of several runs."""
    draw()
    return min(timeit.repeat(draw, number=20, repeat=10)) / 20 * 1000


def test_the_layout_costs_far_less_than_a_millisecond(admin: SafeAdmin) -> None:
    page = {"message": "m", "code": "c"}
    assert best(lambda: admin.render(asked(admin), "error.html", page)) < 1


def test_a_list_of_fifty_rows_and_eight_columns_costs_a_few_milliseconds(admin: SafeAdmin) -> None:
    view = admin._find_view_by_key("applications")
    state = listing.read(QueryParams(""), COLUMNS, [("submitted_at", -1)])
    rows = some_rows(50)

    def draw() -> object:
        request = asked(admin)
        page, drawn = Page(state, rows, False, True), [column for column in COLUMNS if column.drawn]
        context = view._list_context(request, COLUMNS, drawn, page, 50, Asked({}, [], {}))  # type: ignore[attr-defined]
        return admin.render(request, "raw_list.html", context)

    assert best(draw) < 8
