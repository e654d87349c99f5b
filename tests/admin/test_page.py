"""Pages of our own: expected failures at their place, unexpected ones without a word of detail."""

import re
from collections.abc import Callable

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from admin.posted import read_form, text_of
from tests.admin.conftest import Visitor

Visit = Callable[..., Visitor]


async def test_a_refusal_the_page_catches_is_in_its_summary(visit: Visit) -> None:
    answer = await visit(accept_language="en").post_form("/admin/queue/claim", {"number": "taken"})
    assert answer.status_code == 409
    assert "&lt;b&gt;佐藤&lt;/b&gt; already did “claim” at 10:00." in answer.text
    assert "T-W002" in answer.text
    assert 'id="errors"' in answer.text


async def test_a_refusal_nobody_catches_is_a_page_with_its_status(visit: Visit) -> None:
    answer = await visit(accept_language="en").post_form("/admin/queue/claim", {"number": "uncaught"})
    assert answer.status_code == 409
    assert "佐藤 already did “担当” at 10:00." in answer.text
    assert "T-W002" in answer.text


async def test_an_unexpected_failure_tells_nothing(visit: Visit) -> None:
    answer = await visit().post_form("/admin/queue/claim", {"number": "broken"})
    assert answer.status_code == 500
    assert "mongodb" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "T-X000" in answer.text
    assert '<html lang="ja">' in answer.text


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/nothing", 404, "T-N001"),
        ("DELETE", "/queue", 403, "T-P001"),
        ("GET", "/queue/claim", 405, "T-H405"),
    ],
)
async def test_a_failure_of_the_protocol_is_a_page(
    visit: Visit, method: str, address: str, status: int, code: str
) -> None:
    answer = await visit().request(method, f"/admin{address}")
    assert answer.status_code == status
    assert code in answer.text
    assert "<h1>処理できませんでした</h1>" in answer.text


@pytest.mark.parametrize("address", ["/nothing", "/static/nothing.css", "/static/deep/nothing"])
async def test_a_page_that_says_there_is_nothing_finds_its_style_sheets(visit: Visit, address: str) -> None:
    answer = await visit().get(f"/admin{address}")
    assert answer.status_code == 404
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', answer.text)
    assert sheets
    for sheet in sheets:
        assert (await visit().get(sheet)).status_code == 200, sheet


async def test_what_was_done_is_said_once(visit: Visit) -> None:
    visitor = visit()
    answer = await visitor.post_form("/admin/queue/claim", {"number": "A<7>"})
    assert answer.headers["location"] == "/admin/queue"
    assert "Claimed A&lt;7&gt;." in (await visitor.get("/admin/queue")).text
    assert "Claimed" not in (await visitor.get("/admin/queue")).text


async def test_a_page_without_messages_touches_no_cookie(visit: Visit) -> None:
    visitor = visit()
    await visitor.get("/admin/")
    assert "set-cookie" not in (await visitor.get("/admin/")).headers


async def test_cookies_over_https_are_secure(visit: Visit) -> None:
    answer = await visit().get("/admin/")
    assert answer.headers["set-cookie"].endswith("; Secure")


def posted(body: bytes, kind: str = "application/x-www-form-urlencoded") -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body}

    headers = [(b"content-type", kind.encode())]
    return Request({"type": "http", "method": "POST", "headers": headers, "app": None}, receive)


async def test_a_form_is_read_within_limits() -> None:
    form = await read_form(posted(b"a=%20x%0D%0Ay%20&b=1"), fields=2)
    assert text_of(form, "a") == "x\ny"
    assert text_of(form, "missing") == ""


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (posted(b"&".join(b"a%d=1" % i for i in range(5))), 400),
        (posted(b"a=" + b"x" * 5000), 400),
        (posted(b"{}", "application/json"), 415),
    ],
)
async def test_a_form_beyond_the_limits_is_refused(request_: Request, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        await read_form(request_, fields=3, field_bytes=1000)
    assert refused.value.status_code == status


async def test_a_text_too_long_is_refused() -> None:
    form = await read_form(posted(b"a=" + b"x" * 50))
    with pytest.raises(HTTPException):
        text_of(form, "a", longest=10)
