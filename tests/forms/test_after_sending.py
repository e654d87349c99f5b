"""After sending, page by page: the confirmation, the copy, the mails, a new application from an old one, and
links that are over."""

import json
import time
from collections.abc import Callable

import pytest
from pymongo.read_concern import ReadConcern

from app.certificates import TrialAuthority
from models.documents.application import Application
from models.documents.link import Link
from models.documents.message import Message
from models.permissions import Actor
from models.services import resuming
from models.services.allowances import network_of
from models.services.erasing import erase_some
from models.services.expiry import expire_one
from models.services.links import make_link, token_of
from models.services.messages import Letter, Recipient, queue_letter
from models.services.receipts import fingerprint
from models.services.resuming import send_status_link
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import withdraw
from tests.clock import Hands
from tests.forms.conftest import present
from tests.forms.tab import Tab
from tests.forms.test_following import staff
from tests.services.test_journey import begun, submitted
from tests.services.test_outlook import corrected, returned

STRANGER = Actor(kind="visitor", address="192.0.2.77")


async def opened(tab: Tab, site: Site, application: Application) -> Tab:
    """Come to the page of an application by a mailed link."""
    link = await make_link(site, "open_application", None, application_id=application.id)
    await tab.open(f"/links/{token_of(site, link.id)}")
    return await tab.press("申請を開く")


async def test_the_confirmation_says_what_happens_next_and_by_when(tab: Tab, site: Site) -> None:
    _, application = await submitted(site)
    await opened(tab, site, application)
    await tab.open(f"/applications/{application.reference}?done=submitted")
    assert "申請を受け付けました" in tab.text
    assert "2026年11月30日" in tab.text
    assert "5 営業日" in tab.text
    here = [e for e in tab.page.all("li") if e.get("aria-current") == "step"]
    assert ["受付済" in element.text for element in here] == [True]
    assert f"{application.applicant.email[:1]}•••@" in tab.text
    for link in ("申請の控え", "お送りしたメール", "取り下げる"):
        assert sum(link in e.text for e in tab.page.all("a")) == 1
    await cannot_be_made_again(tab, application)


async def cannot_be_made_again(tab: Tab, application: Application) -> None:
    """An application under way is not begun again with its answers."""
    assert "申請し直す" not in tab.text
    assert (await tab.open(f"/applications/{application.reference}/again")).status == 404
    answer = await tab.post(f"/applications/{application.reference}/again", [("accept", "yes")])
    assert answer.status == 404
    assert await Application.find().count() == 1


async def test_a_return_is_told_with_the_days_left_and_its_rounds(tab: Tab, site: Site) -> None:
    reviewer = await staff(site, "reviewer")
    actor, application = await returned(site, reviewer)
    await opened(tab, site, application)
    assert "残り 11 営業日" in tab.text
    await corrected(site, actor, application, address="<b>港区</b>海岸二丁目")
    await tab.open(f"/applications/{application.reference}")
    assert "第 1 回" in tab.text
    assert "<b>港区</b>海岸二丁目" in tab.text
    assert "<b>港区" not in tab.answer.text


async def test_the_copy_is_what_was_handed_over(tab: Tab, site: Site) -> None:
    reviewer = await staff(site, "reviewer")
    actor, application = await returned(site, reviewer)
    del actor
    changed = {"answers.operator_name": "変えた名前"}
    await site.store.mongo["applications"].update_one({"_id": application.id}, {"$set": changed})
    await opened(tab, site, application)
    assert "変えた名前" in tab.text  # control: the page of the application shows what is typed now
    await tab.press_link("申請の控え")
    assert "変えた名前" not in tab.text
    assert "みなと発電株式会社" in tab.text
    page = await tab.open(f"/applications/{application.reference}/copy/html")
    assert "みなと発電株式会社" in page.text
    assert page.answer.headers["content-disposition"].endswith(f"''{application.reference}.html")


async def test_the_copy_as_data_proves_itself_to_its_applicant_alone(
    tab: Tab, open_tab: Callable[[], Tab], site: Site
) -> None:
    _, application = await submitted(site)
    for part in ("/copy", "/copy/json", "/copy/html", "/mails", "/again"):
        assert (await open_tab().open(f"/applications/{application.reference}{part}")).status == 404
    await opened(tab, site, application)
    base = f"/applications/{application.reference}/copy"
    shown = (await tab.open(base)).text
    document = json.loads((await tab.open(f"{base}/json")).answer.text)
    digest = document.pop("sha256")
    assert digest == fingerprint(document)
    assert digest in shown
    assert document["terms"]["version"]
    assert (
        tab.answer.headers["content-disposition"]
        == f"attachment; filename*=UTF-8''{application.reference}.json"
    )
    document["answers"]["operator_name"] += "。"
    assert digest != fingerprint(document)  # control
    assert (await tab.open(f"{base}/pdf")).status == 404


async def queue(site: Site, application: Application, to: str, template: str, address: str) -> None:
    letter = Letter(template, Recipient(address), f"test:{to}", to=to, application_id=application.id)

    async def body(session: object) -> None:
        await queue_letter(site, letter, session)  # type: ignore[arg-type]

    await site.store.transaction(body)


async def test_the_mails_are_told_without_what_opens_something(tab: Tab, site: Site) -> None:
    _, application = await submitted(site)
    await queue(site, application, "reviewer", "application_received", "staff@market.example.jp")
    await queue(site, application, "admin_email", "set_password", "boss@minato.example.jp")
    await opened(tab, site, application)
    await tab.press_link("お送りしたメール")
    told = [e.text for e in tab.page.all("article")]
    assert len(told) == 2
    assert not any("s•••@market.example.jp" in text for text in told)
    assert any("b•••@minato.example.jp" in text and "本文は表示していません" in text for text in told)
    assert "boss@" not in tab.answer.text
    assert "（ワンタイムリンク）" in tab.text
    for link in await Link.find({"application_id": application.id}).to_list():
        assert link.id not in tab.answer.text
    assert "[[" not in tab.answer.text


async def test_an_operator_sees_its_own_mails_in_full(administrator: Tab, site: Site) -> None:
    account = await site.store.mongo["accounts"].find_one({"login": "minato-admin"})
    assert account is not None
    facts = {"template": "application_received", "language": "ja", "body": "本文", "created_at": site.now()}
    for number in range(22):
        owner = account["operator_id"] if number else account["_id"]
        why = {21: "replaced", 20: "dead"}.get(number, "")
        await Message(
            dedupe_key=f"k{number}",
            message_id=f"<{number}@x>",
            to="applicant",
            to_address=f"u{number}@minato.example.jp",
            subject=f"件名{number}。",
            operator_id=owner,
            next_at=None,
            withheld_at=site.now() if why else None,
            withheld_why=why,
            **facts,
        ).insert()
    await administrator.open("/portal/mails")
    assert "u21@minato.example.jp" in administrator.text
    for told in ("新しい版のお知らせが公開されました", "このアドレスにはメールが届きません"):
        assert administrator.text.count(told) == 1
    assert "件名1。" not in administrator.text
    await administrator.press_link("以前のメール")
    assert "件名1。" in administrator.text
    assert "件名0。" not in administrator.text  # another operator's
    foreign = await Message.find_one({"dedupe_key": "k0"})
    assert foreign is not None
    assert (await administrator.open(f"/portal/mails?before={foreign.id}")).status == 404
    assert (await administrator.open("/portal/mails?before=x")).status == 404


async def test_a_rejected_registration_is_made_again_with_its_answers(tab: Tab, site: Site) -> None:
    actor, application = await submitted(site)
    await withdraw(site, actor, application)
    await opened(tab, site, application)
    pem = TrialAuthority(site.now()).issue("client-again", "Example")
    await present(tab, pem, f"/applications/{application.reference}")
    await tab.press_link("この内容をもとに申請し直す")
    assert "引き継がない項目" in tab.text
    assert "申請のたびに改めて確認いただく項目です。" in tab.text
    await tab.press("申請を始める")
    assert (tab.status, list(tab.errors())) == (409, ["#accept"])
    await tab.press("申請を始める", {"accept": "yes"})
    fresh = await Application.find_one({"_id": {"$ne": application.id}})
    assert fresh is not None
    assert tab.path.startswith(f"/applications/{fresh.reference}/pages/")
    fields = site.registry.current("operator").definition.fields
    anew = {f.name for f in fields if f.control in ("declaration", "certificate")}
    kept = {n: v for n, v in application.answers.items() if v is not None and n not in anew}
    assert {n: fresh.answers[n] for n in kept} == kept
    assert {n for n in anew & fresh.answers.keys() if fresh.answers[n] == application.answers[n]} == set()
    assert (fresh.state, fresh.round, fresh.pages_done) == ("draft", 0, [])


async def test_a_reason_is_told_at_the_head_of_the_page(tab: Tab, site: Site) -> None:
    reviewer, approver = await staff(site, "reviewer"), await staff(site, "approver")
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    items = tuple(item.name for item in site.registry.current("operator").definition.review.checklist)
    application = await take_step(site, reviewer, application, "propose", Given(checklist=items))
    await take_step(site, approver, application, "reject", Given(reason="要件を満たしません。"))
    await opened(tab, site, application)
    panel = next(e for e in tab.page.elements if "panel--notice" in e.get("class"))
    assert "不合格" in panel.text
    assert "要件を満たしません。" in panel.text
    assert "申請し直す" in panel.text


async def test_a_link_that_is_over_leads_to_a_new_one(tab: Tab, site: Site, hands: Hands) -> None:
    _, application = await submitted(site)
    link = await make_link(site, "open_application", None, application_id=application.id)
    hands.forward(days=14)
    await tab.open(f"/links/{token_of(site, link.id)}")
    assert tab.status == 410
    assert application.reference not in tab.answer.text
    assert "パスワード" not in tab.text  # this link was for the application, and its holder may know
    typed = {"reference": application.reference, "email": application.applicant.email}
    await tab.press("リンクを送る", typed)
    assert tab.status == 200
    assert await Message.find({"template": "status_link"}).count() == 1


async def test_asking_too_often_is_told_and_nothing_typed_is_lost(
    tab: Tab, site: Site, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "ANSWER_EVERY", 0.01)
    await tab.open("/status")
    typed = {"reference": "A2026-000001", "email": "nobody@example.jp"}
    for _ in range(resuming.ADDRESS_LINKS_AN_HOUR):
        await send_status_link(site, STRANGER, typed["reference"], typed["email"])
    await tab.press("リンクを送る", typed)
    assert (tab.status, list(tab.errors())) == (429, ["#email"])
    assert "11:00" in tab.text
    reference = tab.page.by_id("reference")
    assert reference is not None
    assert reference.get("value") == typed["reference"]
    hands.forward(hours=1)
    await tab.press("リンクを送る", typed)
    assert tab.status == 200  # control: the next hour


async def test_a_network_address_asks_only_so_often(
    tab: Tab, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resuming, "NETWORK_LINKS_AN_HOUR", 2)
    await tab.open("/status")
    for number, status in enumerate((200, 200, 429)):
        await tab.open("/status")
        await tab.press("リンクを送る", {"reference": "A1", "email": f"n{number}@example.jp"})
        assert tab.status == status
    await send_status_link(site, STRANGER, "A1", "n9@example.jp")  # control: from elsewhere it goes on
    here = site.store.mongo["limit_counts"].with_options(read_concern=ReadConcern("local"))
    stored = [str(row) async for row in here.find()]
    assert stored
    assert not any("192.0.2" in row or "example.jp" in row for row in stored)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_an_ipv6_subscriber_counts_as_one(address: str, network: str) -> None:
    assert network_of(address) == network


async def asked(site: Site, reference: str, email: str) -> float:
    begun_at = time.monotonic()
    await send_status_link(site, STRANGER, reference, email)
    return time.monotonic() - begun_at


async def test_how_long_the_answer_takes_says_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the waiting, an answer about nothing comes sooner than the shortest with it."""
    _, application = await submitted(site)
    email = application.applicant.email
    for reference in (application.reference, "A2026-999999"):
        assert await asked(site, reference, email) >= resuming.ANSWER_EVERY
    shortest = resuming.ANSWER_EVERY
    monkeypatch.setattr(resuming, "ANSWER_EVERY", 0.001)
    assert min([await asked(site, "A2026-999999", email) for _ in range(3)]) < shortest


async def test_a_draft_is_found_again_after_its_link_is_over(tab: Tab, site: Site, hands: Hands) -> None:
    actor, draft = await begun(site)
    await send_status_link(site, STRANGER, draft.reference, "me@example.jp")
    assert await Message.find({"application_id": draft.id}).count() == 0  # control: nobody said where to
    await resuming.send_resume_link(site, actor, draft, "me@example.jp")
    hands.forward(days=20)
    await send_status_link(site, STRANGER, draft.reference, "ME@example.jp")
    message = await Message.find_one({"application_id": draft.id, "template": "status_link"})
    assert message is not None
    await tab.open(f"/links/{token_of(site, message.links['status_link'])}")
    await tab.press("申請を開く")
    assert tab.path.startswith(f"/applications/{draft.reference}/pages/")


async def test_a_draft_that_was_erased_says_so(tab: Tab, site: Site, hands: Hands) -> None:
    _, draft = await begun(site)
    await opened(tab, site, draft)
    await tab.open(f"/applications/{draft.reference}/copy")
    assert "まだ提出されていません" in tab.text
    hands.forward(days=91)
    await expire_one(site)
    await opened(tab, site, draft)
    assert "消去しました" not in tab.text  # control: only once it is
    hands.forward(days=32)
    await erase_some(site)
    await opened(tab, site, draft)
    assert "消去しました" in tab.text
    assert (await tab.open(f"/applications/{draft.reference}/copy")).status == 200
    assert (await tab.open(f"/applications/{draft.reference}/mails")).status == 200


@pytest.mark.parametrize(
    "typed", ["A2026-000123", " a2026-000123 ", "Ａ２０２６－０００１２３", "A2026 ー 000123", "A2026–000123"]
)
def test_a_reference_number_is_read_however_it_is_typed(typed: str) -> None:
    assert resuming.read_reference(typed) == "A2026-000123"


def test_another_reference_number_stays_another() -> None:
    assert resuming.read_reference("A2026-000124") != "A2026-000123"
    assert len(resuming.read_reference("A" * 10_000)) == 64
