"""What stands beside the answers of an application: the facts, the steps one may take, what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from admin import moments
from admin.actor import may
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from models.documents.application import Application, Step
from models.documents.message import Message
from models.language import Language
from models.schema.classes import CLASSES, strictest
from models.schema.definition import KIND_LABELS, RecordType
from models.services import applications
from models.services.review import Base
from models.services.site import Site
from models.workflow.definition import Transition, Workflow
from models.workflow.effects import EFFECTS
from models.workflow.engine import holds

SHOWN_MAILS = 20

MAIL_COLUMNS = {
    "subject": 1,
    "to_address": 1,
    "created_at": 1,
    "sent_at": 1,
    "failed_at": 1,
    "bounced_at": 1,
    "withheld_at": 1,
    "aborted_at": 1,
    "lease_until": 1,
    "attempts": 1,
}
"""What is read of each mail: never its text, which may be for the applicant alone."""

STYLES = {"primary": 0, "secondary": 1, "danger": 2}
"""The order in which steps are offered."""

MAIL_STATES = {
    "queued": (_("waiting"), "info"),
    "sending": (_("being sent"), "info"),
    "retrying": (_("trying again"), "warn"),
    "sent": (_("sent"), "good"),
    "failed": (_("failed"), "bad"),
    "bounced": (_("came back"), "bad"),
    "withheld": (_("withheld"), "warn"),
    "aborted": (_("called off"), "done"),
}
"""How each status of a mail is called, and its tone."""

LINK = Markup('<a href="{}">{}</a>')


@dataclass(frozen=True, slots=True)
class Choice:
    """One step that may be taken, with what it will do."""

    name: str
    label: str
    style: str
    help: str
    needs: tuple[str, ...]
    does: tuple[str, ...]


def choice_of(site: Site, application: Application, name: str, transition: Transition) -> Choice:
    """A step with what it will do: where it leads, its effects, its mails."""
    spoken = language()
    target = applications.workflow_of(site, application).states[transition.to]
    facts = applications.facts_of(application)
    does = [say("State afterwards: {state}", {"state": target.label})]
    does += [say(EFFECTS[call.effect].does) for call in transition.effects if holds(call.when, facts)]
    mails = sum(holds(call.when, facts) for call in transition.mail)
    if mails:
        does.append(say("Mails sent: {count}", {"count": mails}))
    helped = transition.help(spoken) if transition.help else ""
    return Choice(
        name, transition.label(spoken), transition.style, helped, tuple(transition.needs), tuple(does)
    )


def facts_of(
    request: Request, site: Site, application: Application, definition: RecordType
) -> list[tuple[str, Any]]:
    """The envelope of an application, line by line; what is not there is left out."""
    spoken = language()
    due = site.calendar.due_day(application.due) if application.due else None
    told = [
        (say("Reference"), application.reference),
        (say("Application"), f"{definition.label(spoken)} {KIND_LABELS[application.kind](spoken)}"),
        (say("Applicant"), application.operator_name or application.applicant.name),
        (begun_words(application), application.applicant.name if application.by_staff else ""),
        (say("Applied by a delegate"), _delegate(application)),
        (say("Ground"), application.ground),
        (say("Mail address"), application.applicant.email),
        (say("Received"), moments.minute(application.submitted_at) if application.submitted_at else ""),
        (say("Round"), str(application.round or "")),
        (say("Due"), moments.day(due)),
        (say("In charge"), application.assignee.name if application.assignee else ""),
        (say("Number"), _number(request, application)),
        (say("Schema version"), str(application.schema_version)),
        (say("Information class"), CLASSES[strictest(definition.fields)](spoken)),
    ]
    return [(label, value) for label, value in told if value]


def _delegate(application: Application) -> str:
    """The person and the organisation, where a delegate applied for the operator."""
    by = application.applicant
    return f"{by.name} ({by.delegate})" if by.delegate else ""


def begun_words(application: Application) -> str:
    """What an application by staff is called: a correction, or a case."""
    return say("Case begun by staff") if application.kind == "register" else say("Correction by staff")


def _number(request: Request, application: Application) -> str | Markup:
    """The record's number, as a link to it for those who may see records."""
    if not application.number or not may(request, "record.view"):
        return application.number or ""
    here = f"{root_of(request)}/{application.type}/detail?pk={application.record_id}"
    return LINK.format(here, application.number)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline, as ``ui.timeline`` draws it."""

    at: Any
    who: str
    what: str | Markup
    note: str
    tone: str = "plain"


def history_of(site: Site, application: Application, definition: RecordType) -> list[Told]:
    """What happened to an application, newest first: its steps, and who handed it to whom."""
    workflow, spoken = applications.workflow_of(site, application), language()
    reasons = {reason.code: reason.label(spoken) for reason in definition.review.reasons}
    steps = [_step(step, workflow, reasons, spoken) for step in application.history]
    handed = [
        Told(each.at, each.by.name, say("Handed over to {name}", {"name": each.to.name}), each.note, "info")
        for each in application.handovers
    ]
    return sorted([*steps, *handed], key=lambda told: told.at, reverse=True)


def _step(step: Step, workflow: Workflow, reasons: Mapping[str, str], spoken: Language) -> Told:
    taken = workflow.transitions.get(step.name)
    label = applications.step_label(workflow, step.name)(spoken)
    code = f"{step.reason} {reasons.get(step.reason, '')}".strip() if step.reason else ""
    note = "\n".join(part for part in (code, step.note) if part)
    return Told(step.at, step.by.shown, label, note, _tone(step, taken, workflow))


def _tone(step: Step, taken: Transition | None, workflow: Workflow) -> str:
    """Where a step leads, as a colour; the words say it too."""
    target = workflow.states.get(step.to)
    if taken is None or target is None:
        return "plain"
    if taken.style == "danger":
        return "bad"
    if target.final:
        return "good"
    return "warn" if target.held_by == "applicant" else "plain"


async def mails_of(application: Application) -> list[Message]:
    """The mails an application caused, newest first, without their texts."""
    where = {"application_id": application.id}
    cursor = Message.raw().find(where, MAIL_COLUMNS).sort("created_at", -1).limit(SHOWN_MAILS)
    return [Message.model_construct(**row) for row in await cursor.to_list(None)]


def bases_told(found: Sequence[Base]) -> list[tuple[str, str]]:
    """What the answers may be compared with, as (name, words)."""
    return [(base.name, _base(base)) for base in found]


def _base(base: Base) -> str:
    at = moments.minute(base.at) if base.at else ""
    if base.round is None:
        return say("The version in force ({revision}, {at})", {"revision": base.revision, "at": at})
    return say("Submission {round} ({at})", {"round": base.round, "at": at})
