"""Sign-in: nobody passes without a person, and the page tells a guesser nothing."""

import html
import logging
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from starlette.requests import Request

from admin.links import safe_path
from admin.site import SafeAdmin, build_admin
from models.errors import ConfigurationError
from tests.admin.conftest import Visitor
from tests.admin.sample import PASSWORD, SECRET, Collection, Door, sample_admin, sample_app

Visit = Callable[..., Visitor]
CLOSED = [
    "/",
    "/queue",
    "/applications/list",
    "/notices/create",
    "/notices/edit?pk=n1",
    "/_api/notices/relation-lookup",
    "/_files/local/a.txt",
    "/no-such-page",
]


@pytest.mark.parametrize("address", CLOSED)
async def test_a_stranger_is_led_to_the_door(visit: Visit, address: str) -> None:
    answer = await visit("").get(f"/admin{address}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/admin/login")


async def test_a_strangers_form_is_turned_away_before_it_is_read(visit: Visit) -> None:
    answer = await visit("").post("/admin/notices/create", content=b"x" * 5_000_000)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login")


async def ended(visit: Visit, door: Door, typed: dict[str, str], **options: Any) -> Response:
    """A form sent by somebody whose session ended while they were typing."""
    visitor = visit("審査担当")
    await visitor.get("/admin/queue")
    door.tokens.clear()
    return await visitor.post_form("/admin/queue/claim", typed, **options)


async def test_a_form_whose_session_ended_comes_back_with_what_was_typed(visit: Visit, door: Door) -> None:
    text = "番地まで書いてください。" * 20 + '"><script>alert(1)</script>'
    answer = await ended(visit, door, {"number": 'A-1"<b>', "remark": text})
    assert answer.status_code == 401
    assert "T-P002" in answer.text
    assert 'action="/admin/queue/claim"' in answer.text
    assert html.escape('A-1"<b>', quote=True) in answer.text.replace("&#34;", "&quot;")
    assert "番地まで書いてください。" in answer.text
    assert "<script>alert" not in answer.text


async def test_sent_again_after_signing_in_the_form_is_done(visit: Visit, door: Door) -> None:
    visitor = visit("審査担当")
    await visitor.get("/admin/queue")
    person = dict(door.tokens)
    door.tokens.clear()
    assert (await visitor.post_form("/admin/queue/claim", {"number": "7"})).status_code == 401
    door.tokens.update(person)
    assert (await visitor.post_form("/admin/queue/claim", {"number": "7"})).status_code == 303


async def test_a_long_form_or_files_are_not_read_from_strangers(visit: Visit, door: Door) -> None:
    answer = await ended(visit, door, {"remark": "x" * 300_000})
    assert answer.status_code == 401
    assert "xxx" not in answer.text
    files = {"file": ("a.txt", b"secret words in a file")}
    answer = await ended(visit, door, {"remark": "kept"}, files=files)
    assert answer.status_code == 401
    assert "secret words" not in answer.text


async def test_control_a_stranger_who_was_never_here_gets_no_such_page(visit: Visit) -> None:
    answer = await visit("").post("/admin/queue/claim", data={"number": "7"})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("theme", "attribute"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')]
)
async def test_pages_look_as_the_reader_chose(visit: Visit, theme: str, attribute: str) -> None:
    visitor = visit()
    assert "data-theme" not in (await visitor.get("/admin/queue")).text
    answer = await visitor.post_form("/admin/theme", {"theme": theme, "next": "/admin/queue"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/queue")
    assert attribute in (await visitor.get("/admin/queue")).text
    await visitor.post_form("/admin/theme", {"theme": "auto", "next": "/admin/queue"})
    assert "data-theme" not in (await visitor.get("/admin/queue")).text


async def test_a_look_that_does_not_exist_is_not_kept(visit: Visit) -> None:
    visitor = visit()
    await visitor.post_form("/admin/theme", {"theme": 'x" onload="', "next": "//evil.example"})
    assert "theme" not in visitor.cookies


async def test_a_body_beyond_the_limit_is_refused(visit: Visit) -> None:
    answer = await visit().post("/admin/notices/create", content=b"x" * (20 * 1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_static_files_need_nobody(visit: Visit) -> None:
    assert (await visit("").get("/admin/static/admin.css")).status_code == 200


async def test_the_right_words_lead_on_to_the_page_wanted(visit: Visit, door: Door) -> None:
    answer = await visit("").post_form(
        "/admin/login?next=/admin/queue%3Fpage%3D2",
        {"login": " yamada ", "password": PASSWORD},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/queue?page=2")
    assert door.tries == [("yamada", PASSWORD)]


async def test_a_refused_try_keeps_the_id_and_not_the_password(visit: Visit) -> None:
    answer = await visit("").post_form("/admin/login", {"login": 'yamada"<b>', "password": "wrong-word"})
    assert answer.status_code == 401
    assert 'value="yamada&#34;&lt;b&gt;"' in answer.text
    assert "wrong-word" not in answer.text
    assert 'role="alert"' in answer.text


async def test_every_cause_reads_the_same(visit: Visit) -> None:
    tries = [
        {"login": "nobody", "password": "x"},
        {"login": "yamada", "password": ""},
        {"login": "", "password": ""},
        {"login": "yamada", "password": "x" * 2000},
    ]
    answers = [await visit("").post_form("/admin/login", words) for words in tries]
    assert {answer.status_code for answer in answers} == {401}
    said = {answer.text.partition('role="alert"')[2].partition("</div>")[0] for answer in answers}
    assert len(said) == 1


async def test_a_limit_may_be_told(visit: Visit) -> None:
    answer = await visit("").post_form("/admin/login", {"login": "flood", "password": "x"})
    assert answer.status_code == 429


async def test_somebody_signed_in_has_no_need_of_the_page(visit: Visit) -> None:
    answer = await visit().get("/admin/login?next=/admin/queue")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/queue")


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.test/",
        "//evil.test/admin/",
        "/\\evil.test",
        "/admin/\\evil",
        "/admin/../elsewhere",
        "/admin\n/x",
        "/adminother/",
        "javascript:alert(1)",
        "/portal",
        "",
        "/admin/" + "a" * 3000,
    ],
)
async def test_next_never_leads_out_of_the_admin(visit: Visit, wanted: str) -> None:
    answer = await visit("").post_form(
        "/admin/login", {"login": "yamada", "password": PASSWORD}, params={"next": wanted}
    )
    assert answer.headers["location"] == "/admin/"


def test_a_path_inside_is_kept() -> None:
    request = Request({"type": "http", "root_path": "/admin", "path": "/admin/login", "headers": []})
    assert safe_path("/admin/a?b=../c", request) == "/admin/a?b=../c"


def test_no_provider_no_admin() -> None:
    with pytest.raises(ConfigurationError):
        build_admin(title="x", secret_key=SECRET, auth_provider=None)
    with pytest.raises(ConfigurationError):
        SafeAdmin(title="x", secret_key=SECRET, auth_provider=None)


def test_a_short_secret_is_refused(rows: Collection, notices: Collection, door: Door) -> None:
    with pytest.raises(ConfigurationError):
        build_admin(title="x", secret_key="short", auth_provider=sample_admin(rows, notices, door).provider)


async def test_what_is_typed_reaches_no_log(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await visit().post_form("/admin/notices/create", {"title": "x", "rank": "secret-number"})
        await visit("").post_form("/admin/login", {"login": "yamada", "password": "hush-hush"})
        await visit().post_form("/admin/notices/create", {"title": "secret-title"})
        await visit().get("/admin/notices/list?q=secret-query")
    ours = [record for record in caplog.records if record.name.split(".")[0] not in ("pymongo", "httpx")]
    said = " ".join(record.getMessage() for record in ours)
    assert [
        word for word in ("hush-hush", "secret-title", "secret-query", "secret-number") if word in said
    ] == []


def test_catalogues_are_installed_again_without_harm(
    rows: Collection, notices: Collection, door: Door
) -> None:
    sample_app(sample_admin(rows, notices, door))
    sample_app(sample_admin(rows, notices, door))
