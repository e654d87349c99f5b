"""No form is taken without its token, those of our own pages included."""

from collections.abc import Callable

import pytest

from tests.admin.conftest import Visitor
from tests.admin.sample import Collection

Visit = Callable[..., Visitor]
POSTS = [
    "/queue/claim",
    "/notices/create",
    "/notices/edit?pk=n1",
    "/applications/export",
    "/_api/notices/row-action?name=delete&pk=n1",
    "/_api/notices/action?name=delete&pks=n1",
    "/language",
    "/logout",
    "/login",
]

pytestmark = pytest.mark.usefixtures("filled")


@pytest.mark.parametrize("address", POSTS)
async def test_a_form_without_token_is_refused(visit: Visit, notices: Collection, address: str) -> None:
    visitor = visit()
    await visitor.get("/admin/")
    answer = await visitor.post(f"/admin{address}", data={"number": "1", "title": "x"})
    assert answer.status_code == 403
    assert "有効期限" in answer.text
    assert await notices.collection.count_documents({}) == 3


async def test_the_token_of_another_visitor_is_refused(visit: Visit) -> None:
    mine, other = visit(), visit()
    await mine.get("/admin/")
    await other.get("/admin/")
    stolen = other.cookies["starlette_admin_csrftoken"]
    answer = await mine.post("/admin/queue/claim", data={"number": "7", "csrftoken": stolen})
    assert answer.status_code == 403


async def test_a_cookie_nobody_was_given_is_no_token(visit: Visit) -> None:
    visitor = visit()
    visitor.cookies.set("starlette_admin_csrftoken", "made-up")
    answer = await visitor.post("/admin/queue/claim", data={"number": "7", "csrftoken": "made-up"})
    assert answer.status_code == 403


async def test_neither_cookie_nor_token_is_refused_even_when_both_are_empty(visit: Visit) -> None:
    visitor = visit()
    visitor.cookies.set("starlette_admin_csrftoken", "")
    assert (await visitor.post("/admin/queue/claim", data={"csrftoken": ""})).status_code == 403


async def test_the_last_token_of_a_form_counts(visit: Visit) -> None:
    visitor = visit()
    await visitor.get("/admin/")
    token = visitor.cookies["starlette_admin_csrftoken"]
    for sent, status in (([token, "other"], 403), (["other", token], 303)):
        answer = await visitor.post("/admin/queue/claim", data={"number": "7", "csrftoken": sent})
        assert answer.status_code == status


async def test_a_form_in_parts_with_its_token_is_taken_with_what_else_it_brought(visit: Visit) -> None:
    visitor = visit()
    await visitor.get("/admin/")
    token = visitor.cookies["starlette_admin_csrftoken"]
    for sent, status in ((token, 303), ("other", 403)):
        parts = {"number": (None, "7"), "csrftoken": (None, sent)}
        assert (await visitor.post("/admin/queue/claim", files=parts)).status_code == status


async def test_a_form_with_its_token_is_taken(visit: Visit) -> None:
    answer = await visit().post_form("/admin/queue/claim", {"number": "7"})
    assert answer.status_code == 303


async def test_a_script_may_send_the_token_as_a_header(visit: Visit) -> None:
    visitor = visit()
    await visitor.get("/admin/")
    token = visitor.cookies["starlette_admin_csrftoken"]
    answer = await visitor.post(
        "/admin/_api/notices/row-action?name=delete&pk=n2", headers={"x-csrftoken": token}
    )
    assert answer.status_code == 200


async def test_every_form_of_a_page_carries_the_token(visit: Visit) -> None:
    for address in ("/admin/login", "/admin/applications/list", "/admin/notices/create"):
        html = (await visit("" if "login" in address else "審査担当").get(address)).text
        posts = [
            form for form in html.split("<form")[1:] if 'method="post"' in form.lower().partition(">")[0]
        ]
        assert posts
        assert all('name="csrftoken"' in form.partition("</form>")[0] for form in posts)
