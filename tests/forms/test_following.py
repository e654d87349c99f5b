"""After submitting: the status page, corrections after a return, taking back, the mailed links."""

from collections.abc import Callable
from datetime import timedelta

from forms.render.answers import Beside, tell_answers
from models.documents.account import Account
from models.documents.application import Application
from models.documents.link import Link
from models.documents.message import Message
from models.language import Text
from models.permissions import Actor
from models.schema.fields.choice import DeclarationField
from models.services.identifying import actor_for
from models.services.links import token_of
from models.services.site import Site
from models.services.steps import Given, take_step
from tests.forms.tab import Tab
from tests.forms.test_filling_in import fill_all, stored

REMARK = "登記簿の表記に合わせてください。\n<b>太字</b>"


async def staff(site: Site, role: str) -> Actor:
    account = Account(
        login=role,
        kind="staff",
        name=role,
        email=f"{role}@market.example.jp",
        roles=[role],
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    return actor_for(account)


async def submit(applicant: Tab, site: Site) -> Application:
    await fill_all(applicant, site)
    await applicant.press("この内容で提出する")
    return await stored()


async def send_back(site: Site, **remarks: str) -> Application:
    """Return the application with remarks."""
    reviewer = await staff(site, "reviewer")
    application = await take_step(site, reviewer, await stored(), "claim")
    return await take_step(site, reviewer, application, "return", Given(remarks=remarks))


async def test_after_a_return_only_the_remarked_fields_are_open(applicant: Tab, site: Site) -> None:
    reference = (await submit(applicant, site)).reference
    await send_back(site, address=REMARK)
    await applicant.open(f"/applications/{reference}")
    assert "差戻し" in applicant.text
    assert "<b>太字</b>" in applicant.text
    assert "2026年12月" in applicant.text
    await applicant.press_link("指摘された項目を直す")
    assert applicant.path.endswith("/pages/location")
    names = {e.get("name") for e in applicant.page.controls}
    assert names == {"address"}
    described = applicant.page.by_id("field-address")
    assert described is not None
    assert "field-address--remark" in described.get("aria-describedby")
    assert "代表取締役社長" in applicant.text


async def test_a_forged_correction_of_another_field_changes_nothing(applicant: Tab, site: Site) -> None:
    application = await submit(applicant, site)
    application = await send_back(site, address=REMARK)
    address = f"/applications/{application.reference}/pages/location"
    forged = [
        ("revision", str(application.revision)),
        ("address", "新しい町1"),
        ("representative_name", "別人"),
    ]
    await applicant.post(address, forged)
    answers = (await stored()).answers
    assert answers["address"] == "新しい町1"
    assert answers["representative_name"] == "港 太郎"


async def test_a_corrected_application_is_submitted_again(applicant: Tab, site: Site) -> None:
    reference = (await submit(applicant, site)).reference
    await send_back(site, address=REMARK)
    await applicant.open(f"/applications/{reference}/pages/location")
    await applicant.press("次へ進む", {"address": "港区海岸二丁目"})
    assert applicant.path.endswith("/check")
    assert "登記簿の表記" in applicant.text
    await applicant.press("この内容で提出する")
    assert (await stored()).round == 2
    await applicant.open(f"/applications/{reference}")
    assert "次の項目を直してください" not in applicant.text
    told = applicant.text[applicant.text.index("指摘と修正の記録") :]
    assert "登記簿の表記" in told
    assert "港区海岸二丁目" in told


async def test_submitting_twice_makes_one_submission(applicant: Tab, site: Site) -> None:
    await fill_all(applicant, site)
    form = applicant.button("この内容で提出する").inside("form")
    sent, address = applicant.page.sent(form), applicant.path
    await applicant.post(address, sent)
    await applicant.post(address, sent)
    assert "申請を受け付けました" in applicant.text
    assert (await stored()).round == 1


async def test_a_submitted_application_cannot_be_written_any_more(applicant: Tab, site: Site) -> None:
    application = await submit(applicant, site)
    address = f"/applications/{application.reference}/pages/company"
    await applicant.post(address, [("revision", str(application.revision)), ("operator_name", "別の名")])
    assert applicant.path == f"/applications/{application.reference}"
    assert (await stored()).answers == application.answers


async def test_notes_of_staff_among_themselves_are_not_told(applicant: Tab, site: Site) -> None:
    application = await submit(applicant, site)
    reviewer, approver = await staff(site, "reviewer"), await staff(site, "approver")
    application = await take_step(site, reviewer, application, "claim")
    items = [item.name for item in site.registry.current("operator").definition.review.checklist]
    application = await take_step(site, reviewer, application, "propose", Given(checklist=tuple(items)))
    application = await take_step(site, approver, application, "send_back", Given(reason="内々の話"))
    await applicant.open(f"/applications/{application.reference}")
    assert "審査中" in applicant.text
    assert "内々の話" not in applicant.text
    application = await take_step(site, reviewer, application, "propose", Given(checklist=tuple(items)))
    await take_step(site, approver, application, "reject", Given(reason="要件を満たしません。"))
    await applicant.open(f"/applications/{application.reference}")
    assert "要件を満たしません。" in applicant.text


async def test_an_application_is_withdrawn_after_asking_once_more(applicant: Tab, site: Site) -> None:
    reference = (await submit(applicant, site)).reference
    await applicant.open(f"/applications/{reference}")
    await applicant.press_link("この申請を取り下げる")
    assert (await stored()).state == "submitted"
    await applicant.press("取り下げる")
    assert (await stored()).state == "withdrawn"
    assert "申請を取り下げました" in applicant.text


async def test_looking_up_an_application_says_the_same_whether_it_exists_or_not(
    applicant: Tab, open_tab: Callable[[], Tab], site: Site
) -> None:
    reference = (await submit(applicant, site)).reference
    mails = await Message.find({"template": "status_link"}).count()
    known, unknown = open_tab(), open_tab()
    email = (await stored()).applicant.email
    for tab, number in ((known, reference), (unknown, "A2026-999999")):
        await tab.open("/status")
        await tab.press("リンクを送る", {"reference": number, "email": email})
    assert known.text.replace(reference, "") == unknown.text
    assert known.status == unknown.status == 200
    assert await Message.find({"template": "status_link"}).count() == mails + 1


async def test_looking_up_needs_both_entries(tab: Tab) -> None:
    await tab.open("/status")
    await tab.press("リンクを送る", {"email": "a@example.jp"})
    assert list(tab.errors()) == ["#reference"]
    await tab.press("リンクを送る", {"reference": "A2026-000001", "email": "x"})
    assert list(tab.errors()) == ["#email"]


async def test_a_used_expired_or_forged_link_is_a_page_that_says_so(applicant: Tab, site: Site) -> None:
    for token in ("x", "x.y", "0" * 32 + "." + "0" * 64):
        await applicant.open(f"/links/{token}")
        assert applicant.status == 410
        assert "リンク" in applicant.text


async def test_a_password_is_set_by_a_link_that_looking_at_does_not_use_up(tab: Tab, site: Site) -> None:
    account = Account(
        login="U1", kind="operator", name="海野", email="u@example.jp", created_at=site.now(), roles=["user"]
    )
    await account.insert()
    link = Link(
        _id="1" * 32,
        purpose="set_password",
        account_id=account.id,
        created_at=site.now(),
        ends_at=site.now() + timedelta(hours=1),
    )
    await link.insert()
    address = f"/links/{token_of(site, link.id)}"
    for _ in range(2):
        await tab.open(address)
        assert "12 文字以上" in tab.text
    await tab.press("パスワードを設定する", {"password": "short", "again": "short"})
    assert list(tab.errors()) == ["#password"]
    await tab.press("パスワードを設定する", {"password": "long enough words", "again": "other words here"})
    assert list(tab.errors()) == ["#again"]
    assert "long enough" not in tab.answer.text
    await tab.press("パスワードを設定する", {"password": "long enough words", "again": "long enough words"})
    assert tab.path == "/login"
    assert "パスワードを設定しました" in tab.text
    await tab.open(address)
    assert tab.status == 410


def test_the_text_that_was_affirmed_is_told_with_a_record() -> None:
    """Only where it is the version that was affirmed, and only on pages that ask for it."""
    text = Text(ja="直ちに連絡する。", en="Tells at once.")
    pledge = DeclarationField(name="pledge", type="declaration", label=text, text=text, personal="no")
    told = [
        next(tell_answers([pledge], {"pledge": value}, "ja", str, beside)).statement
        for value, beside in (
            ({"affirmed": True, "text_version": "1"}, Beside(statements=True)),
            ({"affirmed": True, "text_version": "0"}, Beside(statements=True)),
            ({"affirmed": True, "text_version": "1"}, Beside()),
            (None, Beside(statements=True)),
        )
    ]
    assert told == ["<p>直ちに連絡する。</p>\n", "", "", ""]
