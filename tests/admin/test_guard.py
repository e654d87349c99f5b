"""One rule over every row, and no save over somebody else's."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import pytest
from beanie import Document
from starlette_admin import InlineModelView, StringField
from starlette_admin.contrib.beanie import ModelView

from admin.export import BOM, SafeCsv, lines
from admin.site import build_admin
from admin.views.base import GuardedView
from models.errors import AnswersInvalid, ConfigurationError, DuplicateValue, NotAllowed, RecordChanged
from models.language import Message
from models.schema.reading import AnswerError
from tests.admin.conftest import Visitor
from tests.admin.sample import SECRET, Collection, Door, NoticeView, rule, sample_admin, sample_app

Visit = Callable[..., Visitor]

pytestmark = pytest.mark.usefixtures("filled")


async def test_a_list_shows_only_rows_the_rule_leaves(visit: Visit) -> None:
    assert "三" not in (await visit("visitor").get("/admin/notices/list")).text
    assert "三" in (await visit().get("/admin/notices/list")).text


@pytest.mark.parametrize("page", ["detail", "edit"])
async def test_a_row_the_rule_hides_is_not_there(visit: Visit, page: str) -> None:
    answer = await visit("visitor").get(f"/admin/notices/{page}?pk=n3")
    assert answer.status_code in (403, 404)
    assert "三" not in answer.text


async def test_a_row_one_may_only_see_cannot_be_edited(visit: Visit) -> None:
    visitor = visit()
    assert (await visitor.get("/admin/notices/detail?pk=n3")).status_code == 200
    assert (await visitor.get("/admin/notices/edit?pk=n3")).status_code == 403
    answer = await visitor.post_form("/admin/notices/edit?pk=n3", {"title": "x", "_revision": "1"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("visitor", "/notices/create", 403),
        ("visitor", "/_api/notices/row-action?name=delete&pk=n1", 400),
        ("visitor", "/_api/notices/action?name=delete&pks=n1", 400),
        ("審査担当", "/_api/notices/row-action?name=delete&pk=n3", 400),
        ("審査担当", "/_api/notices/action?name=delete&pks=n1&pks=n3", 400),
        ("審査担当", "/_api/notices/row-action?name=delete&pk=unknown", 400),
        ("審査担当", "/_api/notices/inline-edit?pk=n1&field=title", 403),
        ("審査担当", "/_api/notices/import", 403),
        ("審査担当", "/_api/applications/row-action?name=delete&pk=id1", 400),
        ("審査担当", "/applications/edit?pk=id1", 403),
        ("審査担当", "/applications/create", 403),
    ],
)
async def test_what_the_rule_refuses_is_refused_at_every_door(
    visit: Visit, notices: Collection, role: str, address: str, status: int
) -> None:
    answer = await visit(role).post_form(f"/admin{address}", {"title": "x", "_revision": "1"})
    assert answer.status_code == status
    assert await notices.collection.count_documents({"title": {"$ne": "x"}}) == 3


async def test_a_lookup_gives_only_rows_the_rule_leaves(visit: Visit) -> None:
    answer = await visit("visitor").get("/admin/_api/notices/relation-lookup?pks=n1&pks=n3&pks=bad")
    assert [item["title"] for item in answer.json()["items"]] == ["=1+1"]


async def test_an_edit_from_the_present_revision_is_saved(visit: Visit, notices: Collection) -> None:
    visitor = visit()
    assert (
        '<input type="hidden" name="_revision" value="1">'
        in (await visitor.get("/admin/notices/edit?pk=n1")).text
    )
    answer = await visitor.post_form("/admin/notices/edit?pk=n1", {"title": "新", "_revision": "1"})
    assert answer.status_code == 303
    stored = await notices.collection.find_one({"_id": "n1"})
    assert stored is not None
    assert (stored["title"], stored["revision"]) == ("新", 2)


@pytest.mark.parametrize("began", ["1", "", "0", "x"])
async def test_an_edit_from_an_older_revision_is_refused_with_both_versions(
    visit: Visit, notices: Collection, began: str
) -> None:
    await notices.collection.update_one({"_id": "n1"}, {"$set": {"title": "同僚の文", "revision": 2}})
    visitor = visit()
    answer = await visitor.post_form("/admin/notices/edit?pk=n1", {"title": "私の文", "_revision": began})
    assert answer.status_code == 409
    assert "他の人が保存しました" in answer.text
    assert "同僚の文" in answer.text
    assert "私の文" in answer.text
    assert 'name="_revision" value="2"' in answer.text
    stored = await notices.collection.find_one({"_id": "n1"})
    assert stored is not None
    assert stored["title"] == "同僚の文"


async def test_saving_again_after_seeing_both_is_a_decision(visit: Visit, notices: Collection) -> None:
    await notices.collection.update_one({"_id": "n1"}, {"$set": {"revision": 2}})
    visitor = visit()
    await visitor.post_form("/admin/notices/edit?pk=n1", {"title": "私", "_revision": "1"})
    answer = await visitor.post_form("/admin/notices/edit?pk=n1", {"title": "私", "_revision": "2"})
    assert answer.status_code == 303


async def test_a_refused_field_does_not_move_the_revision_on(visit: Visit, notices: Collection) -> None:
    visitor = visit()
    await notices.collection.update_one({"_id": "n1"}, {"$set": {"revision": 2}})
    answer = await visitor.post_form("/admin/notices/edit?pk=n1", {"title": "", "_revision": "1"})
    assert answer.status_code == 422
    assert 'name="_revision" value="1"' in answer.text


class Refusing(Collection):
    """A store that refuses what it is given."""

    refusal: Exception = RecordChanged()

    async def insert(self, request: Any, data: Any) -> Any:
        raise self.refusal

    async def change(self, request: Any, pk: str, data: Any, revision: str) -> Any:
        raise self.refusal


@pytest.mark.parametrize(
    ("refusal", "status", "place", "words"),
    [
        (DuplicateValue(field="title"), 422, "#title", "The same value is already registered."),
        (NotAllowed(), 403, "", "You are not allowed to do this."),
        (
            AnswersInvalid((AnswerError("body", "max", Message("At most {n}.", {"n": 3})),)),
            422,
            "#body",
            "At most 3.",
        ),
    ],
)
async def test_a_refusal_of_the_store_is_shown_where_it_belongs(
    rows: Collection, notices: Collection, door: Door, refusal: Exception, status: int, place: str, words: str
) -> None:
    from httpx import ASGITransport

    store = Refusing(notices.collection)
    store.refusal = refusal
    app = sample_app(sample_admin(rows, store, door))
    session = {"x-session": door.known("審査担当"), "accept-language": "en"}
    async with Visitor(
        transport=ASGITransport(app=app), base_url="https://admin.test", headers=session
    ) as visitor:
        for address in ("create", "edit?pk=n1"):
            answer = await visitor.post_form(
                f"/admin/notices/{address}", {"title": "typed", "body": "b", "_revision": "1"}
            )
            assert answer.status_code == status
            assert words in answer.text
            assert (f'href="{place}"' in answer.text) == bool(place)
            assert 'value="typed"' in answer.text


async def test_an_export_runs_no_formula_and_opens_in_excel(visit: Visit) -> None:
    form = {"scope": "page", "format": "csv", "fields": "title"}
    answer = await visit().post_form("/admin/_api/notices/action?name=export&_list_query=", form)
    assert answer.content.decode().startswith(f"{BOM}題名\r\n'=1+1\r\n二")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "　＋1", "\r=1", "\n=1"])
def test_a_text_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert lines([[text]]).strip('"\r\n').startswith("'")


def test_harmless_values_stay_as_they_are() -> None:
    assert lines([[-5, 1.5, None, "a-b", "株式会社", ""]]) == "-5,1.5,,a-b,株式会社,\r\n"


def test_every_guarded_view_exports_safely() -> None:
    assert all(isinstance(exporter, SafeCsv) for exporter in GuardedView.exporters)


class Note(Document):
    """A document."""

    title: str = ""


class Unguarded(ModelView[Note]):
    """Beanie's own view: any row to anybody."""


class Growing(NoticeView):
    """Its list of scripts would grow with every page."""

    additional_js_links: ClassVar[list[str]] = ["/x.js"]  # type: ignore[misc]


class Rows(InlineModelView):
    """Rows of a parent, checked against nobody."""

    key = "rows"
    pk_attr = "id"
    fk_attr = "parent"
    fields = (StringField("id"),)


class Nested(NoticeView):
    """A view with inline rows."""

    inlines: ClassVar[Sequence[Any]] = [Rows]  # type: ignore[misc]


def test_unsafe_views_are_refused_when_the_admin_is_built(
    rows: Collection, notices: Collection, door: Door
) -> None:
    auth = sample_admin(rows, notices, door).provider
    for unsafe in (Unguarded(Note), Growing(source=notices, rule=rule), Nested(source=notices, rule=rule)):
        with pytest.raises(ConfigurationError):
            build_admin(title="x", secret_key=SECRET, auth_provider=auth, views=[unsafe])
    safe = NoticeView(source=notices, rule=rule)
    build_admin(title="x", secret_key=SECRET, auth_provider=auth, views=[safe])
