"""Where an application is on its way, by when it can be expected, and what was asked and answered."""

from dataclasses import replace
from typing import Any

from models.documents.application import Application
from models.documents.message import Message
from models.permissions import Actor
from models.services.applications import save_page
from models.services.outlook import Outlook, outlook_of, words_of
from models.services.receipts import fingerprint, receipt_of
from models.services.rounds import rounds_of
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit, withdraw
from tests.clock import Hands
from tests.services.contracts import contract, operator
from tests.services.test_journey import begun, submitted

NO_DAY = "As soon as it is decided, we write to you."
REMARK = "番地まで書いてください。"


def places(outlook: Outlook) -> list[tuple[str, str]]:
    return [(stop.name, stop.place) for stop in outlook.stops]


def says(outlook: Outlook) -> tuple[str | None, int | None]:
    return (outlook.expected.isoformat() if outlook.expected else None, outlook.days)


async def returned(site: Site, reviewer: Actor, **remarks: str) -> tuple[Actor, Application]:
    actor, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    given = Given(remarks=remarks or {"address": REMARK})
    return actor, await take_step(site, reviewer, application, "return", given)


async def test_the_way_and_the_day_of_an_application_just_sent(site: Site) -> None:
    """Friday 20 November: five business days of review, the 23rd being a holiday."""
    _, application = await submitted(site)
    outlook = outlook_of(site, application)
    assert places(outlook) == [
        ("draft", "done"),
        ("submitted", "here"),
        ("under_review", "ahead"),
        ("second_review", "ahead"),
        ("approved", "ahead"),
    ]
    assert says(outlook) == ("2026-11-30", 5)
    assert outlook.following is not None
    assert outlook.following.held_by == "reviewer"
    assert words_of(replace(outlook, expected=None, days=None), "en") == NO_DAY
    mail = await Message.find_one({"application_id": application.id, "template": "application_received"})
    assert mail is not None
    assert mail.body is not None
    assert application.reference in mail.body
    assert "2026年11月30日 ごろまでに（本日から 5 営業日以内に）" in mail.body
    assert list(mail.links) == ["status_link"]


async def test_the_day_follows_the_calendar_and_is_told_when_it_has_passed(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    _, application = await submitted(site)
    hands.forward(days=4)
    assert says(outlook_of(site, application)) == ("2026-12-01", 5)  # not taken on yet: counted from today
    application = await take_step(site, reviewer, application, "claim")
    hands.forward(days=3)
    assert says(outlook_of(site, application)) == ("2026-12-01", 2)
    hands.forward(days=14)
    late = outlook_of(site, application)
    assert late.late
    assert says(late) == ("2026-12-01", -8)
    assert "longer than expected" in words_of(late, "en")


async def test_an_applicant_who_is_to_act_is_given_no_day(site: Site, reviewer: Actor) -> None:
    _, draft = await begun(site)
    assert says(outlook_of(site, draft)) == (None, None)
    assert words_of(outlook_of(site, draft), "en") == ""
    _, application = await returned(site, reviewer)
    outlook = outlook_of(site, application)
    assert says(outlook) == (None, None)
    assert places(outlook)[:3] == [("draft", "done"), ("returned", "here"), ("submitted", "ahead")]


async def test_what_came_to_nothing_shows_how_far_it_came(site: Site, reviewer: Actor) -> None:
    actor, application = await returned(site, reviewer)
    ended = outlook_of(site, await withdraw(site, actor, application))
    assert places(ended) == [
        ("draft", "done"),
        ("submitted", "done"),
        ("under_review", "done"),
        ("withdrawn", "here"),
    ]
    assert ended.following is None


async def corrected(site: Site, actor: Actor, application: Application, **typed: Any) -> Application:
    page = next(
        p for p in site.registry.current("operator").definition.laid_out if next(iter(typed)) in p.fields
    )
    application = await save_page(site, actor, application, page.name, typed, revision=application.revision)
    return await submit(site, actor, application, revision=application.revision)


async def test_each_round_says_what_was_asked_and_what_was_changed(site: Site, reviewer: Actor) -> None:
    actor, application = await submitted(site)
    assert rounds_of(site, actor, application, "ja") == []  # control: without remarks nothing is told
    application = await take_step(site, reviewer, application, "claim")
    given = Given(remarks={"address": REMARK})
    application = await take_step(site, reviewer, application, "return", given)
    [asked] = rounds_of(site, actor, application, "ja")
    assert [(each.label, each.texts) for each in asked.asked] == [("所在地（市区町村以下）", (REMARK,))]
    assert asked.answered_at is None
    application = await corrected(site, actor, application, address="港区海岸二丁目3番4号")
    [answered] = rounds_of(site, actor, application, "ja")
    assert [(each.path, each.after) for each in answered.answered] == [("address", "港区海岸二丁目3番4号")]
    assert answered.answered_at == site.now()


async def test_the_copy_has_a_fingerprint_that_every_answer_changes(site: Site) -> None:
    actor, application = await submitted(site)
    data = application.submissions[-1].data
    receipt = receipt_of(site, actor, application, data)
    assert receipt.content["answers"]["operator_name"] == data["operator_name"]
    assert receipt.sha256 == fingerprint(receipt.content) == receipt_of(site, actor, application, data).sha256
    changed = receipt_of(site, actor, application, {**data, "operator_name": "別の会社"})
    assert changed.sha256 != receipt.sha256


async def test_the_copy_holds_no_secret(site: Site) -> None:
    mine = await operator(site, "U1")
    application = await contract(site, mine)
    sealed = {"sealed": "gAAAA-token"}
    data = {"title": "T", "pin": sealed, "inside": {"word": sealed, "note": "n"}}
    written = receipt_of(site, mine, application, data).document
    assert "gAAAA-token" not in str(written)
    assert written["answers"]["inside"]["note"] == "n"  # control: what is no secret is there
