"""Which mails a step sends, to whom, and with what in them."""

from collections.abc import Iterator

from models.access import is_for_all
from models.documents.application import Application
from models.documents.message import Stamp
from models.language import LANGUAGES, Language
from models.schema.definition import RecordType, kind_label
from models.services.applications import facts_of, form_of
from models.services.around import around_application
from models.services.day_words import due_words
from models.services.effects import Work
from models.services.lifecycle_mails import page_for, side_mailed
from models.services.messages import Letter, Recipient, queue_letter
from models.services.outlook import outlook_of, words_of
from models.services.reasons import template_for, told_note, told_remark
from models.services.recipients import people, people_of_operator
from models.services.routing import addressed
from models.services.site import Site
from models.workflow.definition import MailCall, Transition
from models.workflow.engine import holds


async def queue_mails(work: Work, transition: Transition) -> None:
    """Put the mails of a step into the outbox, in the step's transaction."""
    for letter in await letters(work, transition):
        await queue_letter(work.site, letter, work.session)


async def letters(work: Work, transition: Transition) -> list[Letter]:
    """The mails of a step that has just been taken, by the application as it is then; nothing is written."""
    application, chosen = work.application, _chosen(work, transition)
    return [
        _letter(work, call, chosen if call.to == "applicant" and chosen else call.template, recipient)
        for call in transition.mail
        if holds(call.when, facts_of(application)) and not (work.summed and call.to == "applicant")
        for recipient in await _recipients(work, call)
    ]


def _chosen(work: Work, transition: Transition) -> str | None:
    """The template the reason codes of the step choose for the applicant: one that has a place for what the
    step hands over, the remarks or the reason."""
    application = work.application
    if "reason" in transition.needs and application.history:
        place, codes = "{reason}", [application.history[-1].reason]
    else:
        place, codes = "{remarks}", [remark.reason for remark in application.open_remarks()]
    name = template_for(work.definition, codes) if {"reason", "remarks"} & set(transition.needs) else None
    mail = work.site.mail
    found = [mail[name, language] for language in LANGUAGES if name and (name, language) in mail]
    return name if found and all(place in template.body for template in found) else None


def _letter(work: Work, call: MailCall, template: str, recipient: Recipient) -> Letter:
    application = work.application
    return Letter(
        template=template,
        recipient=recipient,
        cause=f"{application.id}:{len(application.history)}",
        to=call.to,
        values={
            **values_of(work.site, application, recipient.language),
            "page": _page(work, call),
            **work.values,
        },
        application_id=application.id,
        operator_id=work.record.operator_id if work.record else application.operator_id,
        account_id=work.account.id if work.account else None,
        stamp=_stamp(work, call),
        until=application.due,
    )


def _page(work: Work, call: MailCall) -> str:
    """The page of what was registered, before that of the application, as the reader's side has it."""
    side = side_mailed(work.site, call.to, work.record)
    if work.record is not None:
        return page_for(work.site, work.record, side)
    prefix = "/admin" if side == "staff" else ""
    return f"{work.site.base_url}{prefix}/applications/{work.application.reference}"


async def _recipients(work: Work, call: MailCall) -> list[Recipient]:
    application = work.application
    if call.to == "applicant" and application.by_staff:
        return []  # whoever proposed a correction sees it in the admin: the links are for applicants
    if call.to == "applicant" and application.asked is not None and not application.applicant.email:
        return await people_of_operator(work.site, application.operator_id)
    if call.to == "applicant":
        applicant = application.applicant
        return _one(applicant.email, applicant.name, application.language)
    if call.to == "assignee":
        return await people({"_id": application.assignee.id}) if application.assignee else []
    named = call.to != "operator" and call.to not in work.site.configuration.site.routes
    if named and call.to in work.definition.by_name:
        address = str(work.data.get(call.to) or "")
        name = (
            work.account.name
            if work.account and work.account.email == address
            else application.applicant.name
        )
        return _one(address, name, application.language)
    return await addressed(work.site, call.to, around_application(work.site, application, work.data))


def _one(address: str, name: str, language: Language) -> list[Recipient]:
    return [Recipient(address, name, language)] if address else []


def _stamp(work: Work, call: MailCall) -> Stamp | None:
    if call.stamps is None or work.record is None:
        return None
    return Stamp(collection=work.definition.collection, record_id=work.record.id, name=call.stamps)


def values_of(site: Site, application: Application, language: Language) -> dict[str, str]:
    """The placeholders an application fills in. A mail goes where nobody looks after it: remarks at answers
    that are not for everybody are left to the application's page."""
    definition = form_of(site, application)
    state = site.workflows[definition.applications.workflow].states.get(application.state)
    return {
        "reference": application.reference,
        "record_type": definition.label(language),
        "kind": kind_label(definition, application.kind)(language),
        "title": application.called(language),
        "operator_name": application.operator_name or application.title,
        "state": state.label(language) if state else application.state,
        "due_date": due_words(site, application.due, language),
        "expected": words_of(outlook_of(site, application), language),
        "remarks": "\n".join(_remarks(definition, application, language)),
        "reason": told_note(definition, application.history[-1], language) if application.history else "",
        "record_number": application.number or "",
    }


def _remarks(definition: RecordType, application: Application, language: Language) -> Iterator[str]:
    """One item of a list per remark; the standard sentence of its code beneath."""
    for remark in application.open_remarks():
        if is_for_all(definition, remark.field):
            field = definition.by_name.get(remark.field.split(".")[0])
            told = "\n".join(told_remark(definition, remark, language))
            first, *rest = [line for line in told.splitlines() if line.strip()] or [""]
            yield f"- {field.label(language) if field else remark.field}: {first}"
            yield from (f"  {line}" for line in rest)
