"""The staff's pages of notices by HTTP: written and previewed, published knowing whom it is for, followed in
the ledger, proved."""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest_asyncio

from app.demo import PASSWORD
from models.documents.account import Account
from models.documents.base import new_id
from models.documents.ledger import LedgerLine
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import ReminderRefused
from models.services.announcing import standing
from models.services.identifying import actor_for
from models.services.ledger import mark_read
from models.services.lifecycles import act
from models.services.listing import list_some
from models.services.passwords import hash_password
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.services.noticing import approved, publisher

ROLES = {"writer": "reviewer", "chief": "approver", "watcher": "auditor"}
TEXT = {
    "title_ja": "点検のお知らせ",
    "body_ja": "## 期間\n\n**29** 日 <script>x</script>",
    "title_en": "Works",
}


@cache
def hashed() -> str:
    return hash_password(PASSWORD)


Enter = Callable[[str], Awaitable[Member]]


@pytest_asyncio.fixture
async def enter(inside: Inside) -> Enter:
    """Signs one of the staff in; three people of operators are there too."""
    for number, name in enumerate(("=HYPERLINK(1)", "海野 花子", "浜田 静")):
        await account(inside, f"reader-{number}", kind="operator", roles=["user"], name=name)

    async def entered(login: str) -> Member:
        await account(inside, login, kind="staff", roles=[ROLES[login]], password_hash=hashed())
        return await Member(inside.browser()).sign_in(login)

    return entered


async def account(inside: Inside, login: str, **facts: Any) -> None:
    own: dict[str, Any] = {"login": login, "name": login, "email": f"{login}@example.jp", "operator_id": None}
    if facts["kind"] == "operator":
        own |= {"operator_id": new_id()}
    known = {"status": "active", "created_at": inside.hands()}
    await Account.model_validate({**own, **known, **facts}).insert()


async def told(inside: Inside, **more: Any) -> tuple[Record, Publication]:
    """A notice for operators, published and listed."""
    record = await approved(inside.site, audience="operators", **more)
    record = await act(inside.site, await publisher(inside.site), record, "publish", revision=record.revision)
    while await list_some(inside.site):
        pass
    edition = await standing(record.id)
    assert edition is not None
    return record, edition


async def reads(inside: Inside, login: str, edition: Publication) -> None:
    found = await Account.find_one({"login": login})
    assert found is not None
    assert await mark_read(inside.site, actor_for(found), edition)


async def test_who_writes_a_notice_sees_it_as_its_readers_will_before_anybody_decides(
    inside: Inside, enter: Enter
) -> None:
    writer, chief = await enter("writer"), await enter("chief")
    begun = await writer.post("/admin/cases/new/notice", {"ground": "保守"})
    page = begun.headers["location"]
    base = page.removesuffix("/pages/text")
    reference = base.rpartition("/")[2]
    typed = {**TEXT, "revision": "0"}
    shown = await writer.post(page, {**typed, "action": "preview:body_ja"})
    assert "<h3>期間</h3>" in shown.text
    assert "&lt;script&gt;" in shown.text
    form = (await writer.client.get(page)).text
    assert 'formaction="?then=preview"' in form
    assert TEXT["title_ja"] not in form
    kept = await writer.post(f"{page}?then=preview", {**typed, "action": "save"})
    draft = f"/admin/notices/drafts/{reference}"
    assert (kept.status_code, kept.headers["location"]) == (303, draft)
    for member in (writer, chief):
        preview = await member.client.get(draft)
        assert "<h1>点検のお知らせ</h1>" in preview.text
        assert "<script>x" not in preview.text
    assert draft in (await chief.client.get(f"/admin/applications/{reference}")).text
    assert reference in (await chief.client.get("/admin/notices")).text


async def test_an_attachment_as_large_as_may_be_is_kept_and_a_larger_one_costs_nothing_typed(
    inside: Inside, enter: Enter
) -> None:
    """Twenty megabytes and what is typed around them; one byte more is refused at its field."""
    writer = await enter("writer")
    page = (await writer.post("/admin/cases/new/notice")).headers["location"]
    token = writer.client.cookies["starlette_admin_csrftoken"]
    typed = {**TEXT, "csrftoken": token, "revision": "0", "action": "save"}
    whole = b"%PDF-1.4\n".ljust(20 * 1_048_576, b"x")
    for content, status in ((whole + b"x", 422), (whole, 303)):
        files = {"attachments": ("plan.pdf", content, "application/pdf")}
        answer = await writer.client.post(page, data=typed, files=files)
        assert answer.status_code == status
        assert (TEXT["title_ja"] in answer.text) is (status == 422)
    form = (await writer.client.get(page)).text
    assert "plan.pdf" in form
    assert TEXT["title_ja"] in form


async def test_publishing_says_first_whom_it_tells_and_with_which_mail(inside: Inside, enter: Enter) -> None:
    chief = await enter("chief")
    record = await approved(inside.site, audience="operators")
    here = f"/admin/notices/{record.id}"
    assert f"{here}/steps/publish" in (await chief.client.get(here)).text
    asked = await chief.client.get(f"{here}/steps/publish")
    assert re.search(r"<dt>アカウント</dt><dd>3</dd>", asked.text)
    assert "お知らせ：受付 &lt;停止&gt; のお知らせ" in asked.text
    people = await chief.client.get(f"{here}/audience")
    assert "reader-2@example.jp" in people.text
    stale = await chief.post(f"{here}/steps/publish", {"revision": "7"})
    assert stale.status_code == 409
    assert await standing(record.id) is None
    done = await chief.post(f"{here}/steps/publish", {"revision": str(record.revision)})
    assert (done.status_code, done.headers["location"]) == (303, here)
    assert await standing(record.id) is not None
    assert (await chief.client.get(f"{here}/steps/publish")).status_code == 409
    await withdraws(chief, here, record.revision + 1)


async def test_scheduling_says_when_it_will_be_published_and_whom_that_tells(
    inside: Inside, enter: Enter
) -> None:
    chief = await enter("chief")
    record = await approved(inside.site, audience="operators", starts_at="2099-04-01T09:00")
    asked = (await chief.client.get(f"/admin/notices/{record.id}/steps/schedule")).text
    assert "<b>2099年4月1日 09:00</b>" in asked
    assert re.search(r"<dt>アカウント</dt><dd>3</dd>", asked)


async def withdraws(chief: Member, here: str, revision: int) -> None:
    """Without a reason the form comes back; with one its readers are told it."""
    step = f"{here}/steps/withdraw"
    refused = await chief.post(step, {"revision": str(revision), "reason": " "})
    assert refused.status_code == 422
    assert 'aria-invalid="true"' in refused.text
    typed = {"revision": str(revision), "reason": "日程に<b>誤り"}
    assert (await chief.post(step, typed)).status_code == 303
    page = await chief.client.get(f"{here}/editions/1")
    assert "取下げの理由" in page.text
    assert "日程に&lt;b&gt;誤り" in page.text


async def test_the_ledger_says_who_has_read_and_its_file_holds_no_formula(
    inside: Inside, enter: Enter
) -> None:
    record, edition = await told(inside, acknowledge=True, acknowledge_by="2099-12-31")
    await reads(inside, "reader-1", edition)
    ledger = f"/admin/notices/{record.id}/editions/1/ledger"
    chief, writer = await enter("chief"), await enter("writer")
    page = (await chief.client.get(ledger)).text
    assert "3 人中 1 人が閲覧" in page
    assert "3 人中 0 人が確認" in page
    unread = (await chief.client.get(f"{ledger}?show=unread")).text
    assert "浜田 静" in unread
    assert "海野 花子" not in unread
    assert "3 人中 1 人" in (await chief.client.get("/admin/notices")).text
    file = await chief.client.get(f"{ledger}/file?show=unread")
    assert file.content.startswith(b"\xef\xbb\xbf")
    assert "'=HYPERLINK(1)" in file.text
    assert len(file.text.splitlines()) == 3
    audience = await chief.client.get(f"/admin/notices/{record.id}/audience/file")
    assert len(audience.text.splitlines()) == 4
    assert (await writer.client.get(f"{ledger}/file")).status_code == 403
    for wrong in ("?show=nonsense", "?after=nowhere"):
        assert (await chief.client.get(ledger + wrong)).status_code == 404


async def test_those_who_owe_are_reminded_once_a_day_by_who_may(inside: Inside, enter: Enter) -> None:
    record, _ = await told(inside, acknowledge=True, acknowledge_by="2099-12-31")
    silent, _ = await told(inside)
    writer, watcher = await enter("writer"), await enter("watcher")
    acts = f"/admin/notices/{record.id}/editions/1"
    assert (await watcher.post(f"{acts}/remind")).status_code == 403
    assert (await writer.post(f"{acts}/remind")).status_code == 303
    again = await writer.post(f"{acts}/remind")
    assert again.status_code == ReminderRefused.status
    assert "3 人中 0 人が閲覧" in again.text
    other = f"/admin/notices/{silent.id}/editions/1"
    assert (await writer.post(f"{other}/remind")).status_code == ReminderRefused.status
    assert (await writer.client.get(f"{acts}/ledger?show=owing")).status_code == 200
    assert (await writer.client.get(f"{other}/ledger?show=owing")).status_code == 404


async def test_a_mail_that_reached_nobody_is_told_otherwise_in_words(inside: Inside, enter: Enter) -> None:
    record, edition = await told(inside)
    chief = await enter("chief")
    line = await LedgerLine.find_one({"source_id": edition.id, "channel": "mail"})
    assert line is not None
    acts = f"/admin/notices/{record.id}/editions/1/lines/{line.id}"
    assert (await chief.post(acts, {"note": "電話"})).status_code == 404
    await line.set({"state": "failed", "problem": "550 no such user"})
    refused = await chief.post(acts, {"note": "長" * 301})
    assert refused.status_code == 422
    assert "長" * 301 in refused.text
    assert (await chief.post(acts, {"note": "電話で<b>"})).status_code == 303
    ledger = f"/admin/notices/{record.id}/editions/1/ledger?show=otherwise"
    assert "電話で&lt;b&gt;" in (await chief.client.get(ledger)).text


async def test_an_edition_proves_itself_and_one_that_was_changed_does_not(
    inside: Inside, enter: Enter
) -> None:
    record, edition = await told(inside)
    page, client = f"/admin/notices/{record.id}/editions/1", (await enter("watcher")).client
    whole = (await client.get(page)).text
    assert "改変なし" in whole
    assert edition.fingerprint in whole
    await edition.set({"pages.ja.html": "<article>別の文</article>"})
    altered = (await client.get(page)).text
    assert "不一致" in altered
    assert "改変なし" not in altered
    for wrong in ("editions/2", "editions/x", "compare?a=1&b=2", "compare"):
        assert (await client.get(f"/admin/notices/{record.id}/{wrong}")).status_code == 404
    assert (await client.get(f"/admin/notices/{new_id()}")).status_code == 404
