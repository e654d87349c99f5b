"""Every page of the admin has the same manners: reached by links, accessible, within the policy, no wider
than its window, and asking no other host — in both languages, light and dark. The pages are those of the
program's own routes: a new one that no link leads to fails."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from app.demo import PASSWORD
from app.main import create_app
from app.settings import Settings
from tests.app.matrix import ADMIN, GENERIC, key_of
from tests.app.routes import TYPES, Door, doors
from tests.forms.reader import Document
from tests.journey.people import faults_of, sign_in_staff
from tests.journey.server import Program

pytestmark = pytest.mark.browser

WHO = ("reviewer-1", "steward-1", "approver-1", "auditor-1", "system-1")
"""Together they may open every page."""

LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
"""A day to come."""

ASKED = {"subject": "見本", "ground": "antisocial", "asked_text": "見本"}
"""What an investigation asks."""

STOP = {
    "token": "1" * 32,
    "whom": "operator",
    "operator": "00000003",
    "level": "read_only",
    "code": "1",
    "text": "見本",
}
"""A stop of one operator."""

TERMS = {
    "version": "9.9",
    "revised": LATER,
    "effective_from": LATER,
    "title_ja": "見本",
    "change_ja": "見本",
    "body": "## 1. 見本",
    "deed": "keep",
}
"""A draft of the terms."""

MADE: Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]] = {
    "reviewer-1": (
        ("/admin/views", {"for": "queue", "name": "見本", "query": "?q=発電所"}),
        ("/admin/corrections/of/resource/{pk}", {"reason": "番地の誤記を直すため"}),
        ("/admin/cases/new/violation", {"operator": "00000003"}),
        ("/admin/cases/new/notice", {}),
        (
            "/admin/requests/new/investigation",
            {"token": "0" * 32, "title": "見本", "whom": "some", "numbers": "00000003", **ASKED},
        ),
    ),
    "auditor-1": (("/admin/holds", {"type": "operator", "number": "00000003", "reason": "見本"}),),
    "system-1": (
        ("/admin/retention", {}),
        ("/admin/reviews", {"scope": "staff", "due": LATER}),
        ("/admin/stops", {**STOP, "starts": f"{LATER}T22:00", "until": f"{LATER}T23:00"}),
    ),
    "steward-1": (
        (
            "/admin/resource/export",
            {"profile": "all", "format": "csv", "heads": "labels", "purpose": "見本"},
        ),
        ("/admin/terms/versions", TERMS),
    ),
}
"""What is made before the walk, so that there are pages of it: addresses and forms by whose they are."""

LOOKS = {"ja, light": ("ja", "light", 1280), "en, dark, at 200 %": ("en", "dark", 640)}

MOST = 150
"""Pages a walk opens at most."""

UNLINKED = {
    "GET /admin/login",
    "GET /admin/applications",  # leads on to the queue
    "GET /admin/corrections/{reference}/save",  # where the form's own button leads
    "GET /admin/transfers/{id}/file",  # a download
    "GET /admin/applications/{reference}/files/{identifier}",  # the demo has no uploads
    "GET /admin/applications/{reference}/files/{identifier}/about",
    "GET /admin/{type}/file",  # evidence: the demo has none
    "GET /admin/transfers/{id}/errors",  # of an import with errors
    "GET /admin/login/code",  # where somebody with one-time codes comes
    "GET /admin/login/enrol",  # and where they are set up
    "GET /admin/account/codes",  # behind a button
    "GET /admin/confirm",  # where a deed leads that asks for a recent proof
    "GET /admin/cases/{reference}/save",  # where the form's own button leads
    "GET /admin/steps",  # leads on to the first page
    "GET /admin/steps/{reference}",  # no step of the demo's lifecycles asks for answers
    "GET /admin/steps/{reference}/check",
    "GET /admin/steps/{reference}/pages/{page}",
    "GET /admin/steps/{reference}/save",
    "GET /admin/waiting",  # no record of the demo waits for anybody: in no menu
    "GET /admin/waiting/file",
    "GET /admin/periods",  # nor does the site name periods
    "GET /admin/duties/file",  # nor does an operator owe anything by the time of its own
    "GET /admin/secrets/of",  # the demo has no secrets
    "GET /admin/secrets/of/applications/{reference}",
    "GET /admin/secrets/of/records/{type}/{id}",
    "GET /admin/certificates/detail",  # leads on to the register
    "GET /admin/people",  # leads on to the accounts
    "GET /admin/people/list.csv",  # a download
    "GET /admin/retention/{id}/report",
    "GET /admin/requests/{identifier}/file",
    "GET /admin/requests/about/{reference}",  # once the operators are asked
    "GET /admin/losses/{number}",  # the demo has no report of a loss
    "GET /admin/mailings/{id}",  # nor a changed version of the terms
    "GET /admin/redactions/{id}",  # nor a redaction
    "GET /admin/bounces/detail",  # nor a mail that came back
    "GET /admin/dead_addresses/detail",
    "GET /admin/mail_templates/{name}/html",  # in a frame of its page
    "GET /admin/notices/drafts/{reference}",  # where a form's button leads once a page is filled in
    "GET /admin/notices/{id}/audience",  # of an approved notice before it is published
    "GET /admin/notices/{id}/audience/file",  # downloads
    "GET /admin/notices/{id}/editions/{edition}/ledger/file",
    "GET /admin/studio/proposals/{reference}",  # the demo has no proposal
    "GET /admin/studio/types/{name}/rollback/{version}",  # nor a second version
}
"""Pages no link leads to in the demo, and why."""

Found = dict[str, tuple[str, str]]
"""By the row of the matrix: who reaches the page, and an address of it."""


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> list[Door]:
    """Every page of the admin that is its own."""
    settings = Settings(data=tmp_path_factory.mktemp("routes"), worker=False, smtp_url=None)
    found = (door for door in doors(create_app(settings)) if door.method == "GET" and door.in_admin)
    return [door for door in found if not door.is_file and not door.template.startswith(GENERIC)]


@pytest.fixture(scope="module")
def found(shown: Program, wanted: list[Door]) -> Found:
    """The pages a walk along the links comes to, by everybody in turn."""
    reached: Found = {}
    for who in WHO:
        for address in walk(shown, who, wanted):
            reached.setdefault(row_of(address, wanted), (who, address))
    return reached


def row_of(address: str, wanted: list[Door]) -> str:
    """The row of the matrix an address belongs to; "" when it is none of the pages."""
    path = urlsplit(address).path
    doors_here = (d for d in wanted if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", d.template), path))
    best = min(doors_here, key=lambda door: door.template.count("{"), default=None)
    return key_of(best, TYPES) if best else ""


def walk(program: Program, who: str, wanted: list[Door]) -> Iterator[str]:
    """Follow links from the first page, one address for every page there is."""
    with httpx.Client(base_url=program.url, timeout=60, follow_redirects=True) as client:
        client.get("/admin/login")
        token = client.cookies["starlette_admin_csrftoken"]
        client.post("/admin/login", data={"csrftoken": token, "login": who, "password": PASSWORD})
        for address, form in MADE.get(who, ()):
            record = re.search(
                r"/admin/resource/detail\?pk=(\w+)", client.get("/admin/resource/list?q=おおぞら").text
            )
            made = address.format(pk=record[1] if record else "")
            answer = client.post(made, data={"csrftoken": token, **form})
            assert answer.status_code == 200, (made, answer.text)
        waiting, seen = ["/admin/"], {"GET /admin/"}
        for _ in range(MOST):
            if not waiting:
                return
            address = waiting.pop(0)
            answer = client.get(address)
            if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
                continue
            yield address
            for href in links_of(answer.text, address):
                row = row_of(href, wanted)
                if row and row not in seen:
                    seen.add(row)
                    waiting.append(href)


def links_of(html: str, address: str) -> Iterator[str]:
    """Where the links of a page lead, on this site."""
    document = Document(html)
    for element in document.elements:
        if element.tag == "a" and element.get("href") and not element.has("download"):
            target = urlsplit(urljoin(address, element.get("href")))
            if not target.netloc and target.path.startswith("/admin"):
                yield target.path + (f"?{target.query}" if target.query else "")


def test_a_link_leads_to_every_page(found: Found, wanted: list[Door]) -> None:
    rows = {key_of(door, TYPES) for door in wanted}
    missing = rows - found.keys() - UNLINKED
    assert not missing, "\n".join(sorted(missing))
    assert rows <= ADMIN.keys()


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_every_page_has_its_manners(chromium: Browser, shown: Program, found: Found, look: str) -> None:
    wrong = []
    for who in WHO:
        page, said = opened(chromium, shown, who, look)
        for row, (reader, address) in found.items():
            if reader == who:
                said.clear()
                page.goto(shown.url + address, wait_until="load")
                wrong += [(row, address, fault) for fault in (*faults_of(page), *said)]
        page.context.close()
    assert not wrong, "\n".join(map(str, wrong))


def opened(chromium: Browser, program: Program, who: str, look: str) -> tuple[Page, list[str]]:
    """A browser in which somebody is signed in, and what its console and its requests complain of."""
    language, theme, width = LOOKS[look]
    context = chromium.new_context(viewport={"width": width, "height": 860}, locale="ja-JP")
    chosen = {"language": language, "theme": theme}
    context.add_cookies([{"name": n, "value": v, "url": program.url} for n, v in chosen.items()])
    page = context.new_page()
    sign_in_staff(page, program.url, who, PASSWORD)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith(program.url) else said.append(f"asks {request.url}"),
    )
    return page, said


def test_the_check_finds_what_is_wrong(chromium: Browser, shown: Program) -> None:
    page, said = opened(chromium, shown, "reviewer-1", "ja, light")
    page.goto(f"{shown.url}/admin/queue")
    page.evaluate(
        """() => {
            const html = "<img src='https://other.example/x.png' onerror='x()'><p>x</p>";
            document.querySelector("main").insertAdjacentHTML("beforeend", html);
            document.querySelector("main > p:last-child").style.width = "3000px";
        }"""
    )
    faults = " ".join([*faults_of(page), *said])
    for part in ("image-alt", "too wide", "asks https://other.example", "Content Security Policy"):
        assert part in faults
    page.context.close()
