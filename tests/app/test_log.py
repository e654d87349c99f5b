"""The log of a whole run: one line a request, and no secret, no password and no answer in it."""

import asyncio
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from app.demo import PASSWORD
from app.middleware import headers
from models.documents.store import Mongo
from models.schema.definition import RecordType
from tests.app.conftest import Inside, OpenBrowser
from tests.app.people import Applicant, Member, Operator, propose
from tests.journey.mailbox import Mailbox, link_in
from tests.journey.server import Program

CHOSEN = "erande-kimeta-pasuwado-77"
MARK = "しるしをつけた株式会社"


@pytest.fixture
async def secrets(
    program: Program, mailbox: Mailbox, browser: OpenBrowser, stored: Mongo, operator_type: RecordType
) -> list[str]:
    """A run through everything that handles a secret or an answer, and those secrets and answers."""
    draft = await Applicant(browser(), operator_type).present_certificate()
    await draft.begin()
    await draft.send("company", {"operator_name": MARK, "operator_code": "?"})
    await draft.client.post(f"{draft.address}/save", data={"email": "log@example.jp"})
    opening = link_in(mailbox.wait_for("log@example.jp"))
    await browser().get(opening)
    await browser().post(opening)
    await browser().get(f"{opening}x")
    approver = await Member(browser()).sign_in("approver-1")
    reviewer = await Member(browser()).sign_in("reviewer-1")
    applicant = Applicant(browser(), operator_type)
    applicant.answers |= {"operator_name": MARK, "admin_email": "admin-log@example.jp"}
    await applicant.present_certificate()
    await applicant.begin()
    await (await applicant.fill_in()).submit()
    await approver.step(await propose(reviewer, applicant), "approve")
    invitation = link_in(mailbox.wait_for("admin-log@example.jp"))
    await browser().post(invitation, data={"password": "short", "again": "short"})
    assert (await browser().post(invitation, data={"password": CHOSEN, "again": CHOSEN})).status_code == 303
    await browser().post("/login", data={"login": "minato-admin", "password": "wrong-password-1"})
    certificate = (program.folder / "demo" / "9A01.pem").read_bytes()
    operator = await Operator(browser()).sign_in("minato-admin", certificate)
    cookies = [c.client.cookies["session"] for c in (reviewer, approver, operator, applicant, draft)]
    await reviewer.client.get(f"/admin/operator/list?q={quote(MARK)}")
    tokens = [link.rpartition("/")[2].partition(".")[2] for link in (opening, invitation)]
    own = (program.folder / "secret").read_text()
    typed = [MARK, CHOSEN, "wrong-password-1", "log@example.jp", applicant.answers["contact_name"]]
    return [*tokens, *cookies, own, *map(str, typed), certificate.decode()[100:160]]


def lines_of(log: Path) -> list[str]:
    """The lines after the start, which prints the demo accounts and their password."""
    _, _, running = log.read_text(encoding="utf-8").partition("準備ができました")
    return running.splitlines()[1:]


async def line_about(program: Program, request: str) -> str:
    """The line of a request; it is written once the answer has left."""
    for _ in range(100):
        found = [line for line in lines_of(program.log) if request in line]
        if found:
            [line] = found
            return line
        await asyncio.sleep(0.05)
    raise AssertionError(f"no line about {request}")


async def test_no_secret_and_no_answer_is_in_the_log(program: Program, secrets: list[str]) -> None:
    log = "\n".join(lines_of(program.log))
    assert "path=/links/…" in log
    assert all(len(secret) > 4 for secret in secrets)
    assert [secret for secret in [*secrets, PASSWORD] if secret in log or quote(secret) in log] == []


async def test_every_request_is_one_line_with_its_id(program: Program, browser: OpenBrowser) -> None:
    answer = await browser().get("/terms")
    line = await line_about(program, answer.headers["x-request-id"])
    assert "method=GET path=/terms status=200" in line


async def test_nobody_writes_lines_of_their_own_into_the_log(program: Program, browser: OpenBrowser) -> None:
    forged = "/x%0aid=1 method=GET path=/forged status=200 level=info%0d%0a%1b[31m"
    await browser().get(forged)
    await browser().get("/y%22 level=critical event=forged")
    lines = lines_of(program.log)
    assert not [line for line in lines if line.startswith("id=1 ")]
    assert "\x1b" not in program.log.read_text(encoding="utf-8")
    for line in lines:
        assert re.search(r" level=(info|warning|error) ", line), line


async def test_nothing_unexpected_happened_in_the_whole_run(program: Program) -> None:
    """Whatever the tests before this one did to the program: no error was a surprise to it."""
    assert [line for line in lines_of(program.log) if "level=error" in line] == []
    assert "Traceback" not in program.log.read_text(encoding="utf-8")


async def test_control_with_the_path_as_it_is_the_secret_of_a_link_is_found(
    inside: Inside,
    operator_type: RecordType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = f"{'0' * 32}.{'f' * 64}"
    await inside.browser().get(f"/links/{token}")
    assert token not in capsys.readouterr().out
    monkeypatch.setattr(headers, "public_path", lambda path: path)
    await inside.browser().get(f"/links/{token}")
    assert token in capsys.readouterr().out
