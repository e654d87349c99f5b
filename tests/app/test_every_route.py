"""Every answer of every route, whoever asks and however it ends, carries the headers that protect it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from app.main import create_app
from app.settings import Settings
from models.schema.definition import RecordType
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Member, Operator, submitted
from tests.app.routes import FEW, Door, is_among
from tests.journey.server import Program

WHO = ("stranger", "applicant", "operator", "reviewer", "auditor")

READABLE = frozenset({"starlette_admin_csrftoken"})
"""Cookies that the admin's own script must read: a form token, worthless without the session."""


@pytest_asyncio.fixture(scope="session")
async def people(program: Program, operator_type: RecordType) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """One browser for each kind of person, signed in where they can."""
    clients = {name: program.client() for name in WHO}
    await submitted(clients["applicant"], operator_type)
    certificate = (program.folder / "demo" / "9A01.pem").read_bytes()
    await Operator(clients["operator"]).sign_in("minato-admin", certificate)
    for login in ("reviewer", "auditor"):
        await Member(clients[login]).sign_in(f"{login}-1")
    yield clients
    for client in clients.values():
        await client.aclose()


async def answers(
    client: httpx.AsyncClient, every_door: list[Door]
) -> AsyncIterator[tuple[Door, httpx.Response]]:
    """What each door answers; those that end the session stay shut."""
    for door in every_door:
        if not door.path.endswith("/logout"):
            yield door, await client.request(door.method, door.path)


def lacking(door: Door, answer: httpx.Response) -> Iterator[str]:
    """What an answer lacks."""
    headers = answer.headers
    policy = headers.get("content-security-policy", "")
    if headers.get("x-content-type-options") != "nosniff":
        yield "nosniff"
    if headers.get("referrer-policy") not in ("same-origin", "no-referrer"):
        yield "referrer-policy"
    if not (door.is_file and door.in_admin):
        yield from _lacking_of_policy(door, policy)
    if not door.is_file and not _is_revalidated(door) and headers.get("cache-control") != "no-store":
        yield "no-store"
    if "server" in headers or "x-powered-by" in headers:
        yield "silence about the server"
    if answer.status_code >= 500:
        yield f"an expected answer instead of {answer.status_code}"


def _is_revalidated(door: Door) -> bool:
    """Whether it is a public notice, which others may keep and ask about again (decision 0054)."""
    return door.template.startswith("/notices")


def _lacking_of_policy(door: Door, policy: str) -> Iterator[str]:
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part.strip())
    wanted = {
        "default-src": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    yield from (f"{name} {value}" for name, value in wanted.items() if parts.get(name) != value)
    if re.search(r"unsafe-eval|\*|https?:|data:|blob:", parts.get("script-src", "*")):
        yield "script-src of our own"
    if "'unsafe-inline'" in parts.get("script-src", ""):
        yield "script-src without unsafe-inline"
    if "unsafe" in policy and not door.in_admin:
        yield "a strict policy"


Walk = list[tuple[Door, httpx.Response]]
OpenWalk = Callable[[str], Awaitable[Walk]]


@pytest.fixture(scope="module")
def walk(people: dict[str, httpx.AsyncClient], every_door: list[Door]) -> OpenWalk:
    """What every door answers to somebody, of record types those of a few; each is asked once for all
    tests."""
    walked: dict[str, Walk] = {}

    async def take(who: str) -> Walk:
        if who not in walked:
            few = [door for door in every_door if is_among(door, FEW)]
            walked[who] = [each async for each in answers(people[who], few)]
        return walked[who]

    return take


@pytest.mark.parametrize("who", WHO)
async def test_every_answer_carries_the_protecting_headers(walk: OpenWalk, who: str) -> None:
    walked = await walk(who)
    found = [f"{door} ({got.status_code}): {what}" for door, got in walked for what in lacking(door, got)]
    assert len(walked) > 70
    assert found == []


async def test_the_walk_reaches_pages_and_not_only_refusals(walk: OpenWalk) -> None:
    shown = {
        who: {door.template for door, answer in await walk(who) if answer.status_code == 200}
        for who in ("operator", "reviewer", "auditor")
    }
    assert {"/portal", "/portal/users", "/portal/{record_type}/{number}"} <= shown["operator"]
    assert {"/admin/queue", "/admin/operator/list", "/admin/applications/{reference}"} <= shown["reviewer"]
    assert {"/admin/events/list", "/admin/accounts/list"} <= shown["auditor"]


ODD = {
    "no such address": ("GET", "/nothing/here", {}),
    "a method nobody offers": ("DELETE", "/status", {}),
    "another host": ("GET", "/", {"host": "evil.example"}),
    "another site": ("POST", "/status", {"sec-fetch-site": "cross-site"}),
    "a file that is not there": ("GET", "/static/none.css", {}),
    "out of the static folder": ("GET", "/static/..%2f..%2fsettings.py", {}),
    "not even decodable": ("GET", "/%ff%fe", {}),
    "a hostile line end": ("GET", "/portal%0d%0aset-cookie:%20a=b", {}),
}


@pytest.mark.parametrize("what", ODD)
async def test_refusals_outside_any_route_carry_them_too(browser: OpenBrowser, what: str) -> None:
    method, path, headers = ODD[what]
    answer = await browser().request(method, path, headers=headers)
    assert 400 <= answer.status_code < 500
    assert list(lacking(Door(method, path, path.replace("/static", "")), answer)) == []
    assert "a" not in answer.cookies


async def test_what_is_not_there_is_told_on_a_page_of_the_site(browser: OpenBrowser) -> None:
    for path in ("/nothing/here", "/portal%0d%0a", "/admin/../nothing"):
        answer = await browser().get(path)
        assert answer.status_code == 404
        assert "ページが見つかりません" in answer.text
        assert "T-N001" in answer.text


async def test_control_without_the_middleware_the_headers_are_missing(
    inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = Door("GET", "/", "/")
    assert list(lacking(door, await inside.browser().get("/"))) == []
    monkeypatch.setattr("app.middleware.headers.Headers._complete", lambda *_: None)
    missing = set(lacking(door, await inside.browser().get("/")))
    assert {"nosniff", "default-src 'none'", "script-src of our own"} <= missing


# --- Cookies ---------------------------------------------------------------------------------------------


async def cookies_set(client: httpx.AsyncClient, every_door: list[Door]) -> set[str]:
    """Every Set-Cookie line of a walk."""
    found: set[str] = set()
    async for _door, answer in answers(client, every_door):
        found |= set(answer.headers.get_list("set-cookie"))
    return found


async def test_every_cookie_is_same_site_and_out_of_reach_of_scripts(
    browser: OpenBrowser, every_door: list[Door], operator_type: RecordType
) -> None:
    client = browser()
    lines: set[str] = set()
    client.event_hooks["response"].append(_note(lines))
    await submitted(client, operator_type)
    await client.post("/language", data={"language": "en", "next": "/"})
    await Member(client).sign_in("reviewer-1")
    await client.post(
        "/admin/language", data={"csrftoken": client.cookies["starlette_admin_csrftoken"], "language": "en"}
    )
    lines |= await cookies_set(client, every_door)
    names = {line.partition("=")[0] for line in lines}
    assert {"session", "language", "starlette_admin_csrftoken"} <= names
    for line in lines:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert "samesite=lax" in attributes, line
        assert "httponly" in attributes or line.partition("=")[0] in READABLE, line


def _note(lines: set[str]) -> Callable[[httpx.Response], Awaitable[None]]:
    async def note(answer: httpx.Response) -> None:
        lines.update(answer.headers.get_list("set-cookie"))

    return note


async def test_over_https_every_cookie_is_secure_and_transport_security_is_told(
    inside: Inside, operator_type: RecordType
) -> None:
    address = "https://toroku.example.jp"
    app = create_app(Settings(data=inside.folder, base_url=address, smtp_url=None))
    app.state.site = inside.site
    await inside.load_demo()
    lines: set[str] = set()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=address) as client:
        client.event_hooks["response"].append(_note(lines))
        await submitted(client, operator_type)
        await Member(client).sign_in("reviewer-1")
        answer = await client.get("/admin/queue")
        await client.post("/language", data={"language": "en", "next": "/"})
        await client.get("http://toroku.example.jp/admin/login")  # as it arrives from a proxy that ends TLS
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert any(line.startswith("__Host-session=") for line in lines)
    assert sum(line.startswith("starlette_admin_csrftoken=") for line in lines) == 2
    assert [line for line in lines if "; secure" not in line.lower()] == []
