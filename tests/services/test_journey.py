"""The main journey at the level of services: from a visitor's draft to a registered operator."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.certificate import Certificate
from models.documents.message import Message
from models.documents.record import RecordVersion
from models.errors import AlreadyDone, AnswersInvalid, NotAllowed, NotFound, TransitionRefused
from models.permissions import Actor
from models.services.applications import find, open_fields, save_page
from models.services.beginning import begin
from models.services.delivery import claim_due, mark_sent
from models.services.expiry import expire_one
from models.services.links import token_of
from models.services.sealing import seal, verify
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit, withdraw
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import knowing, visitor


async def begun(site: Site) -> tuple[Actor, Application]:
    actor = await visitor(site)
    text = in_force(site)
    application = await begin(site, actor, "operator", terms_version=text.version if text else None)
    return knowing(actor, application.id), application


async def submitted(site: Site) -> tuple[Actor, Application]:
    actor, application = await begun(site)
    answers = valid_answers(site.registry.current("operator").definition)
    application = await fill_in(site, actor, application, answers)
    return actor, await submit(site, actor, application, revision=application.revision)


async def proposed(site: Site, reviewer: Actor) -> Application:
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    checklist = tuple(item.name for item in site.registry.current("operator").definition.review.checklist)
    return await take_step(site, reviewer, application, "propose", Given(checklist=checklist))


async def test_a_visitor_becomes_a_registered_operator(site: Site, reviewer: Actor, approver: Actor) -> None:
    application = await proposed(site, reviewer)
    application = await take_step(site, approver, application, "approve")
    assert application.state == "approved"
    record = await site.records["operator"].get(application.record_id)
    assert record is not None
    assert (record.number, record.revision, record.operator_id) == ("00000001", 1, record.id)
    assert [version.revision async for version in RecordVersion.find({"record_id": record.id})] == [1]
    administrator = await Account.find_one({"issued_for": record.id})
    assert administrator is not None
    assert administrator.password_hash is None
    bound = await Certificate.find_one({"operator_id": record.id})
    assert bound is not None
    assert bound.state == "bound"


async def test_the_id_and_the_link_travel_in_two_mails(site: Site, reviewer: Actor, approver: Actor) -> None:
    application = await proposed(site, reviewer)
    application = await take_step(site, approver, application, "approve")
    mails = {mail.template: mail async for mail in Message.find({"application_id": application.id})}
    assert {"application_received", "administrator_id", "set_password"} <= mails.keys()
    assert "K0000001" in (mails["administrator_id"].body or "")
    assert "K0000001" not in (mails["set_password"].body or "")
    secret = token_of(site, mails["set_password"].links["set_password_link"]).partition(".")[2]
    assert all(secret not in str(mail.model_dump()) for mail in mails.values())


async def test_the_contract_forms_when_the_mail_server_takes_the_id(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    application = await take_step(site, approver, await proposed(site, reviewer), "approve")
    record = await site.records["operator"].get(application.record_id)
    assert record is not None
    assert record.stamps == {}
    while envelope := await claim_due(site):
        await mark_sent(site, envelope.message)
    record = await site.records["operator"].get(record.id)
    assert record is not None
    assert record.stamps == {"contract_formed_at": site.now()}


async def test_events_of_the_journey_are_sealed_and_verify(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    await take_step(site, approver, await proposed(site, reviewer), "approve")
    assert await seal(site) >= 6
    assert (await verify()).count >= 6


async def test_after_a_return_only_the_remarked_fields_are_open(site: Site, reviewer: Actor) -> None:
    actor, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    remarks = {"address": "番地まで書いてください。", "contact_phone": "つながりません。"}
    application = await take_step(site, reviewer, application, "return", Given(remarks=remarks))
    assert open_fields(site, application) == frozenset({"address", "contact_phone"})
    page = next(p for p in site.registry.current("operator").definition.laid_out if "address" in p.fields)
    before = application.answers["postal_code"]
    application = await save_page(
        site,
        actor,
        application,
        page.name,
        {"address": "千代田区丸の内1-1-1", "postal_code": "999-9999"},
        revision=application.revision,
    )
    assert application.answers["address"] == "千代田区丸の内1-1-1"
    assert application.answers["postal_code"] == before


async def test_sending_twice_makes_one_submission(site: Site) -> None:
    actor, application = await submitted(site)
    again = await submit(site, actor, application, revision=application.revision)
    assert again.round == 1


async def test_an_empty_draft_is_refused_with_errors_at_its_fields(site: Site) -> None:
    actor, application = await begun(site)
    with pytest.raises(AnswersInvalid) as refused:
        await submit(site, actor, application, revision=application.revision)
    paths = {error.path for error in refused.value.errors}
    assert {"operator_name", "contact_email", "antisocial_declaration"} <= paths


async def test_an_invalid_page_stores_nothing(site: Site) -> None:
    actor, application = await begun(site)
    page = site.registry.current("operator").definition.laid_out[0]
    with pytest.raises(AnswersInvalid):
        await save_page(site, actor, application, page.name, {"operator_code": "!!"}, revision=0)
    stored = await Application.get(application.id)
    assert stored is not None
    assert "operator_code" not in stored.answers


async def test_leaving_keeps_what_was_typed_even_with_errors(site: Site) -> None:
    actor, application = await begun(site)
    page = site.registry.current("operator").definition.laid_out[0]
    kept = await save_page(
        site, actor, application, page.name, {"operator_code": "!!"}, revision=0, leave=True
    )
    assert kept.answers["operator_code"] == "!!"
    assert page.name not in kept.pages_done


async def test_the_applicant_cannot_take_a_reviewers_step(site: Site) -> None:
    actor, application = await submitted(site)
    with pytest.raises(NotAllowed):
        await take_step(site, actor, application, "claim")


async def test_the_reviewer_cannot_approve_what_they_proposed(site: Site, reviewer: Actor) -> None:
    both = replace(reviewer, roles=frozenset({"reviewer", "approver"}))
    application = await proposed(site, both)
    with pytest.raises(NotAllowed) as refused:
        await take_step(site, both, application, "approve")
    assert refused.value.rule == "registration.approve.not_by"


async def test_the_second_of_two_approvers_is_told_who_was_first(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    seen_by_both = await proposed(site, reviewer)
    await take_step(site, approver, seen_by_both, "approve")
    other = replace(approver, name="another", account_id=new_id())
    with pytest.raises(AlreadyDone) as refused:
        await take_step(site, other, seen_by_both, "approve")
    assert refused.value.values["who"]("en") == "approver"
    assert await Account.find({"issued_for": {"$ne": None}}).count() == 1


async def test_strangers_cannot_find_an_application(site: Site) -> None:
    _, application = await submitted(site)
    with pytest.raises(NotFound):
        await find(site, Actor(kind="visitor"), application.reference)


async def test_withdrawing_ends_it(site: Site) -> None:
    actor, application = await submitted(site)
    ended = await withdraw(site, actor, application)
    assert (ended.state, ended.open) == ("withdrawn", False)
    with pytest.raises(TransitionRefused):
        await withdraw(site, actor, ended)


async def test_terms_must_be_accepted_before_anything_begins(site: Site) -> None:
    actor = await visitor(site)
    with pytest.raises(TransitionRefused):
        await begin(site, actor, "operator")


async def test_a_review_is_due_in_business_days(site: Site, reviewer: Actor) -> None:
    """Five business days after Friday 20 November 2026, with Labour Thanksgiving Day on the 23rd."""
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    assert application.due is not None
    assert site.calendar.due_day(application.due).isoformat() == "2026-11-30"
    assert application.due - site.now() > timedelta(days=10)


async def test_a_returned_application_expires_when_its_time_has_run_out(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    remarks = {"address": "番地まで書いてください。"}
    application = await take_step(site, reviewer, application, "return", Given(remarks=remarks))
    assert not await expire_one(site)
    hands.forward(days=30)
    assert await expire_one(site)
    assert not await expire_one(site)
    ended = await Application.get(application.id)
    assert ended is not None
    assert (ended.state, ended.open, ended.history[-1].by.kind) == ("expired", False, "system")


async def test_a_draft_expires_but_an_application_under_review_never_does(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    _, draft = await begun(site)
    _, application = await submitted(site)
    await take_step(site, reviewer, application, "claim")
    hands.forward(days=91)
    assert await expire_one(site)
    assert not await expire_one(site)
    ended = await Application.get(draft.id)
    assert ended is not None
    assert ended.state == "expired"


async def test_a_correction_opens_the_questions_it_brings_up(site: Site, reviewer: Actor) -> None:
    """Control: what does not depend on the remarked answer stays closed."""
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    remarks = {"uses_delegate": "委託していると伺っています。"}
    application = await take_step(site, reviewer, application, "return", Given(remarks=remarks))
    opened = open_fields(site, application)
    assert opened is not None
    assert {"uses_delegate", "delegate_company", "delegate_person"} <= opened
    assert not {"address", "operator_name"} & opened


async def test_remarks_are_never_left_behind_by_a_step_that_hands_none_over(
    site: Site, reviewer: Actor
) -> None:
    """Control: without remarks the same step is taken."""
    _, application = await submitted(site)
    application = await take_step(site, reviewer, application, "claim")
    with pytest.raises(TransitionRefused):
        await take_step(site, reviewer, application, "release", Given(remarks={"address": "番地まで。"}))
    assert (await take_step(site, reviewer, application, "release")).state == "submitted"
