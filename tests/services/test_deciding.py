"""What a step says it will do is what it does; reason codes bring sentences and choose the mail; colleagues'
comments stay among them."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from models.configuration.load import Configuration
from models.documents.application import Application
from models.documents.comment import Comment
from models.errors import AlreadyDone, CommentRefused, NotAllowed, TransitionRefused
from models.language import Language, Text
from models.letters.parts import plain
from models.permissions import Actor
from models.schema.definition import Reason, RecordType
from models.services import comments, reasons
from models.services.beginning import begin
from models.services.effects import PERFORM
from models.services.outcomes import FORESEE, Outcome, outcome_of
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import knowing, staff, visitor

WRITTEN = (
    "applications",
    "records",
    "operators",
    "accounts",
    "messages",
    "events",
    "counters",
    "certificates",
)


async def handed_over(site: Site, language: Language = "ja") -> Application:
    """An application for registration as an operator, just submitted."""
    somebody = await visitor(site)
    text = in_force(site)
    version = text.version if text else None
    application = await begin(site, somebody, "operator", terms_version=version, language=language)
    somebody = knowing(somebody, application.id)
    answers = valid_answers(site.registry.current("operator").definition)
    application = await fill_in(site, somebody, application, answers)
    return await submit(site, somebody, application, revision=application.revision)


async def awaiting_approval(site: Site, reviewer: Actor) -> Application:
    application = await take_step(site, reviewer, await handed_over(site), "claim")
    checklist = site.registry.current("operator").definition.review.checklist
    given = Given(checklist=tuple(item.name for item in checklist))
    return await take_step(site, reviewer, application, "propose", given)


async def counts(site: Site) -> list[int]:
    return [await site.store.mongo[name].count_documents({}) for name in WRITTEN]


def says(outcome: Outcome) -> str:
    return "\n".join(message("ja") for message in outcome.does)


def test_every_effect_is_told_beforehand() -> None:
    assert FORESEE.keys() == PERFORM.keys()


async def test_what_an_approval_says_it_will_do_is_what_it_does(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    application = await awaiting_approval(site, reviewer)
    before = await counts(site)
    outcome = await outcome_of(site, approver, application, "approve", Given())
    assert await counts(site) == before
    assert outcome.hindrances == ()
    moved = await take_step(site, approver, application, "approve")
    account = await site.store.mongo["accounts"].find_one({"issued_for": moved.record_id})
    assert account is not None
    assert moved.number is not None
    for told in (moved.number, account["login"], account["name"], account["email"], "CN=client-01"):
        assert told in says(outcome), told
    sent = site.store.mongo["messages"].find({"application_id": moved.id, "template": {"$ne": "status_link"}})
    mails = {mail["template"]: mail async for mail in sent if mail["template"] != "application_received"}
    assert {mail.template for mail in outcome.mails} == mails.keys() == {"administrator_id", "set_password"}
    for mail in outcome.mails:
        stored = mails[mail.template]
        assert (mail.subject, mail.address, mail.name) == tuple(
            stored[key] for key in ("subject", "to_address", "to_name")
        )
        body = stored["body"]
        for link in stored["links"].values():
            body = body.replace(f"<[[{link}]]>", "（ワンタイムリンク）")
        assert mail.body == plain(body, stored["language"])


async def test_a_reason_code_brings_its_sentence_and_chooses_the_mail(site: Site, reviewer: Actor) -> None:
    application = await take_step(site, reviewer, await handed_over(site, "en"), "claim")
    definition = site.registry.current("operator").definition
    standard = reasons.sentence(definition, "A08", "en")
    for forged in (
        Given(remarks={"address": "?"}, reasons={"address": "Z99"}),
        Given(reasons={"address": "A01"}),
    ):
        with pytest.raises(TransitionRefused):
            await take_step(site, reviewer, application, "return", forged)
    two = Given(remarks={"address": "A", "contact_name": "B"}, reasons={"address": "A08"})
    outcome = await outcome_of(site, reviewer, application, "return", two)
    assert [mail.template for mail in outcome.mails] == ["application_returned"]
    assert f": A\n  {standard}\n- " in outcome.mails[0].body
    given = Given(reasons={"address": "A08"})
    returned = await take_step(site, reviewer, application, "return", given)
    assert [(remark.text, remark.reason) for remark in returned.remarks] == [(standard, "A08")]
    mail = await site.store.mongo["messages"].find_one({"template": "documents_missing"})
    assert mail is not None
    assert mail["body"].count(standard) == 1
    assert await site.store.mongo["messages"].count_documents({"template": "application_returned"}) == 0


async def test_the_code_of_a_decision_is_kept_and_told(site: Site, reviewer: Actor, approver: Actor) -> None:
    application = await awaiting_approval(site, reviewer)
    with pytest.raises(TransitionRefused):
        await take_step(site, approver, application, "reject", Given(code="A03"))
    preview = await outcome_of(site, approver, application, "reject", Given(code="A03"))
    assert [message.msgid for message in preview.hindrances] == ["Write the reason."]
    given = Given(reason="定款を確認できません。", code="A09")
    rejected = await take_step(site, approver, application, "reject", given)
    assert (rejected.history[-1].note, rejected.history[-1].reason) == (given.reason, "A09")
    mail = await site.store.mongo["messages"].find_one({"template": "not_eligible"})
    assert mail is not None
    standard = reasons.sentence(site.registry.current("operator").definition, "A09", "ja")
    assert f"{given.reason}\n{standard}" in mail["body"]


@pytest.fixture
def coded(configuration: Configuration) -> RecordType:
    """Codes with a template, without one, and two that name different ones."""
    named = {"a": "one", "b": "one", "c": "two", "d": None}
    codes = tuple(
        Reason(code=code, label=Text(ja=code), mail=mail, text=Text(ja=f"文{code}", en=f"s{code}"))
        for code, mail in named.items()
    )
    definition = configuration.record_types["operator"]
    return definition.model_copy(update={"review": definition.review.model_copy(update={"reasons": codes})})


@pytest.mark.parametrize(
    ("codes", "template"),
    [
        ("", None),
        ("a", "one"),
        ("ab", "one"),
        ("ac", None),
        ("ad", None),
        ("d", None),
        ("a?", None),
    ],
)
def test_a_mail_is_chosen_only_when_every_code_names_it(
    coded: RecordType, codes: str, template: str | None
) -> None:
    assert reasons.template_for(coded, codes) == template


def test_a_standard_sentence_is_told_once_and_in_the_reader_s_language(coded: RecordType) -> None:
    assert reasons.told(coded, "文a", "a", "en") == ["sa"]
    assert reasons.told(coded, "typed", "a", "en") == ["typed", "sa"]
    assert reasons.told(coded, "typed", "gone", "en") == ["typed"]


async def test_doing_it_twice_is_told_kindly_and_changes_nothing(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    application = await handed_over(site)
    twice = await asyncio.gather(
        *(take_step(site, reviewer, application, "claim") for _ in range(2)), return_exceptions=True
    )
    (refused,) = (each for each in twice if isinstance(each, Exception))
    assert isinstance(refused, AlreadyDone)
    assert refused.public == "You did “{what}” already, at {when}. It was done once."
    other = await staff(site, "other", "reviewer")
    with pytest.raises(AlreadyDone) as told:
        await take_step(site, other, application, "claim")
    assert told.value.values["who"]("en") == "reviewer"


async def test_comments_are_written_once_mended_for_a_while_and_by_their_writer_only(
    site: Site, reviewer: Actor, approver: Actor, hands: Hands
) -> None:
    application = await handed_over(site)
    key = "0" * 32
    await asyncio.gather(*(comments.write(site, reviewer, application, "@approver 見て", key) for _ in "12"))
    await comments.write(site, approver, application, "@nobody <b>了解</b>", key)
    first, second = await comments.comments_of(site, approver, application)
    assert [person.name for person in first.mentions] == ["approver"]
    assert second.mentions == []
    for text in ("", "  \n", "あ" * 4001):
        with pytest.raises(CommentRefused):
            await comments.write(site, reviewer, application, text)
    auditor = await staff(site, "auditor", "auditor")
    assert len(await comments.comments_of(site, auditor, application)) == 2
    with pytest.raises(NotAllowed):
        await comments.write(site, auditor, application, "!")
    assert first.id is not None
    await comments.edit(site, reviewer, application, first.id, "直した")
    with pytest.raises(CommentRefused):
        await comments.remove(site, approver, application, first.id)
    hands.now += timedelta(minutes=16)
    for change in (
        comments.remove(site, reviewer, application, first.id),
        comments.edit(site, reviewer, application, first.id, "?"),
    ):
        with pytest.raises(CommentRefused):
            await change
    assert [each.text for each in await comments.comments_of(site, reviewer, application)] == [
        "直した",
        second.text,
    ]
    told = [e async for e in site.store.mongo["events"].find({"action": {"$regex": "comment"}})]
    assert sorted(event["action"] for event in told) == [
        f"application.{act}" for act in ("comment_edited", "commented", "commented")
    ]
    assert "了解" not in str(told)


async def test_no_applicant_reads_a_comment_by_the_service(site: Site, reviewer: Actor) -> None:
    application = await handed_over(site)
    await comments.write(site, reviewer, application, "内緒")
    theirs = knowing(await visitor(site), application.id)
    operator = replace(theirs, kind="operator", account_id=reviewer.account_id)
    for somebody in (theirs, operator):
        with pytest.raises(NotAllowed):
            await comments.comments_of(site, somebody, application)
        with pytest.raises(NotAllowed):
            await comments.write(site, somebody, application, "?")
    assert await Comment.find().count() == 1
