"""The mail templates as their stewards see them, and the samples they send themselves."""

import pytest

from models.configuration.mail import MailTemplate
from models.documents.dead_address import DeadAddress
from models.documents.event import Event
from models.documents.link import Link
from models.documents.message import Message
from models.documents.store import Session
from models.errors import NotAllowed, NotFound, SampleUnknown, TrialRefused, TrialsExhausted
from models.letters.samples import sample
from models.permissions import Actor
from models.services.delivery import claim_due
from models.services.mailed import LINK, stored_text
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site
from models.services.template_samples import (
    TRIALS_AN_HOUR,
    list_templates,
    preview,
    send_to_myself,
)
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.test_deciding import handed_over

VISITOR = Actor(kind="visitor")


async def queue(site: Site, letter: Letter) -> None:
    async def body(session: Session) -> None:
        await queue_letter(site, letter, session)

    await site.store.transaction(body)


async def test_the_list_says_what_sends_each_and_how_often(site: Site, reviewer: Actor) -> None:
    await handed_over(site)
    found = {each.name: each for each in await list_templates(site, reviewer, "ja")}
    assert found.keys() == {name for name, _ in site.mail}
    received = found["application_received"]
    assert (received.count, received.last, received.languages) == (1, site.now(), ("ja", "en"))
    told = {(sent.when("ja"), sent.to("ja")) for sent in received.sent}
    assert ("「提出する」が行われたとき（登録・変更・削除の申請）", "申請者") in told
    assert (found["loss_closed"].count, found["loss_closed"].last) == (0, None)
    assert all(each.sent for each in found.values())
    with pytest.raises(NotAllowed):
        await list_templates(site, VISITOR, "ja")


async def test_a_preview_has_samples_or_the_values_of_an_application_in_reach(
    site: Site, reviewer: Actor
) -> None:
    application = await handed_over(site)
    made_up = await preview(site, reviewer, "application_received", "ja")
    assert sample("reference", "ja") in made_up.parts.text
    stored = await preview(site, reviewer, "application_received", "ja", application.reference)
    assert application.reference in stored.subject
    assert application.title in stored.parts.text
    assert "2026年11月30日" in stored.parts.html
    assert {name: value for name, _, value in stored.values}["reference"] == application.reference
    for template, reference in (
        ("application_received", "A2026-999999"),
        ("loss_closed", application.reference),
    ):
        with pytest.raises(SampleUnknown):
            await preview(site, reviewer, template, "ja", reference)
    with pytest.raises(NotFound):
        await preview(site, reviewer, "no_such_mail", "ja")
    with pytest.raises(NotAllowed):
        await preview(site, VISITOR, "application_received", "ja")


async def test_a_sample_goes_to_its_sender_marked_and_with_no_real_link(site: Site) -> None:
    steward = await staff(site, "steward", "steward")
    await send_to_myself(site, steward, "password_forgotten", "ja")
    mail = await Message.find_one({"to_address": steward.email})
    assert mail is not None
    assert (mail.subject.startswith("【見本】"), mail.account_id, mail.links) == (
        True,
        steward.account_id,
        {},
    )
    assert mail.body is not None
    assert mail.body.startswith("> これは、ご自分宛てに送信した見本です。")
    assert await Link.find({}).count() == 0
    claimed = await claim_due(site)
    assert claimed is not None
    assert "/links/0123456789abcdef" in claimed.body
    assert await Event.find({"action": "mail_template.tried"}).count() == 1
    await queue(
        site, Letter("password_forgotten", Recipient("a@example.jp"), "x", account_id=steward.account_id)
    )
    assert await Link.find({}).count() == 1  # control: the real mail makes a link


async def test_samples_are_limited_by_the_hour_and_to_those_who_may(site: Site, hands: Hands) -> None:
    steward = await staff(site, "steward", "steward")
    for _ in range(TRIALS_AN_HOUR):
        await send_to_myself(site, steward, "due_soon", "en")
    with pytest.raises(TrialsExhausted) as refused:
        await send_to_myself(site, steward, "due_soon", "en")
    assert (refused.value.retry_after or 0) > 0
    assert await Message.find({"to_address": steward.email}).count() == TRIALS_AN_HOUR
    hands.forward(hours=1)
    await send_to_myself(site, steward, "due_soon", "en")
    watcher = await staff(site, "watcher", "auditor")
    with pytest.raises(NotAllowed):
        await send_to_myself(site, watcher, "due_soon", "en")


async def test_no_sample_goes_to_an_address_mails_do_not_reach(site: Site) -> None:
    steward = await staff(site, "steward", "steward")
    facts = {"address": steward.email, "written": steward.email, "dead_at": site.now(), "last_at": site.now()}
    await DeadAddress.model_validate(facts).insert()
    with pytest.raises(TrialRefused):
        await send_to_myself(site, steward, "due_soon", "en")


async def test_what_somebody_typed_stays_text_in_the_outbox_and_a_link_stays_one(site: Site) -> None:
    recipient = Recipient("a@example.jp", "山田\r\n# <b>[x](https://evil.example)</b>")
    letter = Letter("status_link", recipient, "x", values={"title": "**件名**\n- 偽", "reference": "A1"})
    await queue(site, letter)
    mail = await Message.find_one({"to_address": "a@example.jp"})
    assert mail is not None
    assert mail.body is not None
    assert "\n- 偽" not in mail.body
    (link,) = mail.links.values()
    assert f"<[[{link}]]>" in mail.body
    claimed = await claim_due(site)
    assert claimed is not None
    assert f"<{site.base_url}/links/" in claimed.body


async def test_staff_read_a_stored_text_without_its_links_and_never_a_sensitive_one(
    site: Site, reviewer: Actor
) -> None:
    for template in ("status_link", "password_forgotten"):
        letter = Letter(template, Recipient("a@example.jp", "山田"), "x", values={"reference": "A1"})
        await queue(site, letter)
    plain = await Message.find_one({"template": "status_link"})
    sensitive = await Message.find_one({"template": "password_forgotten"})
    assert plain is not None
    assert sensitive is not None
    text = await stored_text(reviewer, str(plain.id))
    assert text is not None
    assert (LINK in text, "[[" in text) == (True, False)
    assert await stored_text(reviewer, str(sensitive.id)) is None
    with pytest.raises(NotAllowed):
        await stored_text(VISITOR, str(plain.id))


def test_a_template_that_sets_passwords_is_sensitive_and_its_sample_is_not() -> None:
    template = MailTemplate("x", "ja", "s", "{set_password_link}\n")
    assert (template.sensitive, MailTemplate("x", "ja", "s", "{status_link}\n").sensitive) == (True, False)
