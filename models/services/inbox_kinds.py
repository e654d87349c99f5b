"""What an inbox tells: every kind of item with its sentence, where it leads and who may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.language import Message

APPLICATION, OPERATORS_APPLICATION = "/admin/applications/{label}", "/applications/{label}"
OWN_LOSS = "/portal/losses/{label}"
RECORD, OWN_RECORD = "/admin/{type}/detail?pk={id}", "/portal/{type}/{label}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of item. The sentence may hold ``{label}`` (what it is about), ``{type}`` (a record type),
    ``{day}`` (a last day), ``{until}`` (that, with its time), ``{state}`` and ``{count}``, and nothing of
    anybody: it also stands in mails. ``page`` is where it leads; ``needs`` the permission without which
    nobody is told. A `task` is there until its cause is settled, whether or not it was read."""

    text: Message
    page: str
    needs: str
    task: bool = False
    side: Literal["staff", "operator"] = "staff"


def _task(text: Message, page: str, needs: str) -> Kind:
    return Kind(text, page, needs, task=True)


def _news(text: Message, page: str, needs: str) -> Kind:
    return Kind(text, page, needs)


def _own_task(text: Message, page: str, needs: str = "application.view_own") -> Kind:
    return Kind(text, page, needs, task=True, side="operator")


def _own_news(text: Message, page: str, needs: str = "application.view_own") -> Kind:
    return Kind(text, page, needs, side="operator")


KINDS: Mapping[str, Kind] = {
    # The staff's.
    "handed_over": _task(
        Message("{label} was handed over to you."),
        APPLICATION,
        "application.view",
    ),
    "taken": _news(
        Message("{label} is no longer in your charge: it was handed over to somebody else."),
        APPLICATION,
        "application.view",
    ),
    "answered": _task(
        Message("{label}, which is in your charge, was corrected and submitted again."),
        APPLICATION,
        "application.view",
    ),
    "sent_back": _task(
        Message("{label} is back in your hands: {state}."),
        APPLICATION,
        "application.view",
    ),
    "waits": _task(
        Message("{label} waits for you: {state}."),
        APPLICATION,
        "application.view",
    ),
    "over": _news(
        Message("{label}, which was in your charge, is over: {state}."),
        APPLICATION,
        "application.view",
    ),
    "case_returned": _task(
        Message("{label}, which you began, was returned to you."),
        APPLICATION,
        "application.view",
    ),
    "case_decided": _news(
        Message("{label}, which you began, is over: {state}."),
        APPLICATION,
        "application.view",
    ),
    "due": _task(
        Message("{label} is due on {day}."),
        APPLICATION,
        "application.view",
    ),
    "overdue": _task(
        Message("{label} was due on {day}."),
        APPLICATION,
        "application.view",
    ),
    "mentioned": _news(
        Message("You are named in a comment on {label}."),
        APPLICATION,
        "application.view",
    ),
    "commented": _news(
        Message("There is a new comment on {label}, which is in your charge."),
        APPLICATION,
        "application.view",
    ),
    "operator_wrote": _task(
        Message("The {operator} wrote to you about {label}."),
        "/admin/requests/about/{label}",
        "request.view",
    ),
    "request_overdue": _news(
        Message("What you asked {operators} for is overdue: {count} have not answered."),
        "/admin/requests/{id}",
        "request.view",
    ),
    "loss_reported": _task(
        Message("A loss or theft was reported: {label}."),
        "/admin/losses/{label}",
        "loss.handle",
    ),
    "loss_replied": _task(
        Message("The {operator} answered about the report {label}."),
        "/admin/losses/{label}",
        "loss.handle",
    ),
    "schema_proposed": _task(
        Message("The change {label} of a record type waits for approval."),
        "/admin/studio/proposals/{label}",
        "schema.approve",
    ),
    "terms_proposed": _task(
        Message("Version {label} of the terms of use waits for approval."),
        "/admin/terms/versions/{id}",
        "terms.publish",
    ),
    "declined": _news(
        Message("An {operator} cannot confirm what it declared."),
        "/admin/declarations",
        "declaration.view",
    ),
    "staff_locked": _task(
        Message("The account {label} has been locked."),
        "/admin/people/{id}",
        "account.change",
    ),
    "unreachable": _task(
        Message("Mails do not reach the owner of the account {label}."),
        "/admin/people/{id}",
        "account.change",
    ),
    "brought_in": _news(
        Message("Your file has been brought in ({type}): {count} registered."),
        "/admin/transfers/{job}",
        "job.view",
    ),
    "record_turn": _task(
        Message("{label} ({type}) waits for you: {state}."),
        RECORD,
        "record.view",
    ),
    "record_due": _task(
        Message("{label} ({type}) has to be dealt with by {until}."),
        RECORD,
        "record.view",
    ),
    "record_overdue": _task(
        Message("{label} ({type}) had to be dealt with by {until}."),
        RECORD,
        "record.view",
    ),
    "file_ready": _news(
        Message("The file you asked for is ready ({type})."),
        "/admin/transfers/{job}",
        "job.view",
    ),
    "many_secrets": _news(
        Message("{label} uncovered many secret answers within an hour."),
        "/admin/events/list?action__eq=secret.revealed",
        "event.view",
    ),
    "mail_failed": _task(
        Message("Mails are held up or cannot be delivered."),
        "/admin/messages/list",
        "message.retry",
    ),
    # The operators'.
    "returned": _own_task(
        Message("{label} ({type}) was returned to you. Please correct it and submit it again."),
        OPERATORS_APPLICATION,
    ),
    "decided": _own_news(
        Message("{label} ({type}) is over: {state}."),
        OPERATORS_APPLICATION,
    ),
    "asked": _own_task(
        Message("You are asked to answer {label} ({type})."),
        "/portal/asked/{label}",
    ),
    "own_due": _own_task(
        Message("{label} ({type}) is due on {day}."),
        OPERATORS_APPLICATION,
    ),
    "own_record_turn": _own_task(
        Message("{label} ({type}) waits for you: {state}."),
        OWN_RECORD,
        "record.view_own",
    ),
    "own_record_due": _own_task(
        Message("{label} ({type}) has to be dealt with by {until}."),
        OWN_RECORD,
        "record.view_own",
    ),
    "own_record_overdue": _own_task(
        Message("{label} ({type}) had to be dealt with by {until}."),
        OWN_RECORD,
        "record.view_own",
    ),
    "staff_wrote": _own_task(
        Message("We wrote to you about {label}."),
        "/portal/asked/{label}",
    ),
    "certificate_ends": _own_task(
        Message("A client certificate ends on {day}: serial number {label}."),
        "/portal/certificates",
        "certificate.view_own",
    ),
    "certificate_stopped": _own_news(
        Message("A client certificate can no longer be used: serial number {label}."),
        "/portal/certificates",
        "certificate.view_own",
    ),
    "user_issued": _own_news(
        Message("The account {label} of your company has been issued."),
        "/portal/users/{label}",
        "account.view_own",
    ),
    "user_unreachable": _own_task(
        Message("Mails do not reach the owner of the account {label} of your company."),
        "/portal/users/{label}",
        "account.view_own",
    ),
    "user_locked": _own_task(
        Message("The account {label} of your company has been locked."),
        "/portal/users/{label}",
        "account.view_own",
    ),
    "declaration_asked": _own_task(
        Message("Please confirm what your company declared, by {day}."),
        "/portal/declarations/{label}",
        "declaration.answer",
    ),
    "loss_answered": _own_task(
        Message("We wrote to you about the report {label}."),
        OWN_LOSS,
        "loss.view_own",
    ),
    "loss_closed": _own_news(
        Message("The report {label} has been closed."),
        OWN_LOSS,
        "loss.view_own",
    ),
    "acknowledge": _own_task(
        Message("Please confirm that you have read the notice {label}."),
        "/portal/notices/{id}",
        "notice.view_operators",
    ),
    "terms_changed": _own_news(
        Message("The terms of use change: version {label}."),
        "/terms/{label}",
        "portal.enter",
    ),
}
"""Every kind by its name."""
