"""Operators and their applications, made the way real ones come to be."""

from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.record import Record
from models.permissions import Actor
from models.services.beginning import begin
from models.services.identifying import actor_for
from models.services.site import Site
from models.services.steps import Given, take_step
from models.services.submitting import submit
from models.services.terms import in_force
from tests.services.answers import fill_in, valid_answers
from tests.services.conftest import knowing, visitor


async def decide(site: Site, reviewer: Actor, approver: Actor, application: Application) -> Application:
    """Take on, pass on and approve."""
    application = await take_step(site, reviewer, application, "claim")
    definition = site.registry.current(application.type).definition
    ticked = tuple(item.name for item in definition.review.checklist)
    application = await take_step(site, reviewer, application, "propose", Given(checklist=ticked))
    return await take_step(site, approver, application, "approve")


async def register_operator(
    site: Site, reviewer: Actor, approver: Actor, **changed: Any
) -> tuple[Record, Actor]:
    """A registered operator and its administrator, signed in with the certificate it applied with."""
    somebody = await visitor(site, f"client-{changed.get('operator_code', '01')}")
    text = in_force(site)
    application = await begin(site, somebody, "operator", terms_version=text.version if text else None)
    somebody = knowing(somebody, application.id)
    answers = {**valid_answers(site.registry.current("operator").definition), **changed}
    application = await fill_in(site, somebody, application, answers)
    application = await submit(site, somebody, application, revision=application.revision)
    application = await decide(site, reviewer, approver, application)
    record = await site.records["operator"].get(application.record_id)
    account = await Account.find_one({"issued_for": application.record_id})
    assert record is not None
    assert account is not None
    return record, actor_for(account, certificate=somebody.certificate, confirmed_at=site.now())


async def register_resource(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor, **changed: Any
) -> Record:
    """A registered resource of an operator."""
    application = await begin(site, operator, "resource")
    answers = {**valid_answers(site.registry.current("resource").definition), **changed}
    application = await fill_in(site, operator, application, answers)
    application = await submit(site, operator, application, revision=application.revision)
    application = await decide(site, reviewer, approver, application)
    record = await site.records["resource"].get(application.record_id)
    assert record is not None
    return record
