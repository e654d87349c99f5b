"""Which mails a step sends, to whom, and with what in them."""

from collections.abc import Mapping

from models.access import is_for_all
from models.documents.account import Account
from models.documents.application import Application
from models.documents.message import Stamp
from models.language import Language
from models.schema.definition import KIND_LABELS
from models.services.applications import facts_of, form_of
from models.services.effects import Work
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site
from models.workflow.definition import MailCall, Transition
from models.workflow.engine import holds

ROLE_LIMIT = 200
"""Most accounts of one role written to at once."""


async def queue_mails(work: Work, transition: Transition, reason: str) -> None:
    """Put the mails of a step into the outbox, in the step's transaction."""
    application = work.application
    for call in transition.mail:
        if not holds(call.when, facts_of(application)):
            continue
        for recipient in await _recipients(work, call):
            values = {
                **values_of(work.site, application, recipient.language),
                "reason": reason,
                **work.values,
            }
            letter = Letter(
                template=call.template,
                recipient=recipient,
                cause=f"{application.id}:{len(application.history)}",
                values=values,
                application_id=application.id,
                account_id=work.account.id if work.account else None,
                stamp=_stamp(work, call),
                until=application.due,
            )
            await queue_letter(work.site, letter, work.session)


async def _recipients(work: Work, call: MailCall) -> list[Recipient]:
    application = work.application
    if call.to == "applicant":
        applicant = application.applicant
        return _one(applicant.email, applicant.name, application.language)
    if call.to == "assignee":
        return await _accounts({"_id": application.assignee.id}) if application.assignee else []
    if call.to in work.definition.by_name:
        address = str(work.data.get(call.to) or "")
        name = (
            work.account.name
            if work.account and work.account.email == address
            else application.applicant.name
        )
        return _one(address, name, application.language)
    return await _accounts({"kind": "staff", "roles": call.to, "status": "active"})


def _one(address: str, name: str, language: Language) -> list[Recipient]:
    return [Recipient(address, name, language)] if address else []


async def _accounts(where: Mapping[str, object]) -> list[Recipient]:
    found = await Account.find(where).limit(ROLE_LIMIT).to_list()
    return [Recipient(account.email, account.name, account.language) for account in found]


def _stamp(work: Work, call: MailCall) -> Stamp | None:
    if call.stamps is None or work.record is None:
        return None
    return Stamp(collection=work.definition.collection, record_id=work.record.id, name=call.stamps)


def values_of(site: Site, application: Application, language: Language) -> dict[str, str]:
    """The placeholders an application fills in. A mail goes where nobody looks after it: remarks at answers
    that are not for everybody are left to the application's page."""
    definition = form_of(site, application)
    state = site.workflows[definition.applications.workflow].states.get(application.state)
    due = site.calendar.due_day(application.due).isoformat() if application.due else ""
    remarks = [
        f"- {definition.by_name[name].label(language) if name in definition.by_name else name}: {remark.text}"
        for remark in application.open_remarks()
        if is_for_all(definition, remark.field)
        for name in [remark.field.split(".")[0]]
    ]
    return {
        "reference": application.reference,
        "record_type": definition.label(language),
        "kind": KIND_LABELS[application.kind](language),
        "title": application.title,
        "operator_name": application.operator_name or application.title,
        "state": state.label(language) if state else application.state,
        "due_date": due,
        "remarks": "\n".join(remarks),
        "record_number": application.number or "",
    }
