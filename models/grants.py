"""Every permission a row: what it allows, and who holds it. The table is the documentation and the test
matrix (ASVS 8.1.1). Steps of a workflow are not listed here: their own definition says by whom."""

from collections.abc import Mapping
from typing import NamedTuple


class Permission(NamedTuple):
    """One permission: what it allows, and who has it."""

    allows: str
    holders: frozenset[str]


def _row(allows: str, *holders: str) -> Permission:
    return Permission(allows, frozenset(holders))


PERMISSIONS: Mapping[str, Permission] = {
    "application.begin": _row("Begin an application of a type open to them", "visitor", "operator"),
    "application.view": _row(
        "See any application", "reviewer", "approver", "steward", "auditor", "system_administrator", "system"
    ),
    "application.view_own": _row(
        "See the applications this browser began or their operator made", "visitor", "operator"
    ),
    "application.write_own": _row(
        "Fill in, send and withdraw applications of their own", "visitor", "operator"
    ),
    "application.comment": _row(
        "Write internal comments on an application; no applicant sees them", "reviewer", "approver"
    ),
    "application.assign": _row(
        "Hand over an application that is in somebody else's charge; one's own anybody may", "approver"
    ),
    "application.rebase": _row(
        "Bring an application in one's charge up to the record in force", "reviewer", "approver"
    ),
    "application.import": _row("Bring rows of a file in as draft applications", "steward"),
    "application.import_own": _row(
        "Bring rows of a file in as applications of their operator, and send them", "operator"
    ),
    "view.share": _row(
        "Share a saved view with all staff", "reviewer", "approver", "steward", "system_administrator"
    ),
    "view.manage": _row("Rename, withdraw or remove a view somebody else shared", "system_administrator"),
    "record.view": _row("See any registered record", "reviewer", "approver", "steward", "auditor"),
    "record.export": _row("Take the registered records away as a file", "approver", "steward", "auditor"),
    "record.correct": _row(
        "Propose a correction of a registered record; somebody else reviews it",
        "reviewer",
        "approver",
        "steward",
    ),
    "application.begin_case": _row(
        "Begin a case about an operator, of a type open to their role; somebody else reviews it",
        "reviewer",
        "approver",
        "steward",
        "system_administrator",
    ),
    "disclosure.view": _row(
        "See the register of what was given to state bodies (R82)", "approver", "steward", "auditor"
    ),
    "request.view": _row(
        "See what operators were asked for and owe, and who has answered",
        "reviewer",
        "approver",
        "steward",
        "auditor",
    ),
    "request.make": _row(
        "Ask operators for an application of a type open to their role", "reviewer", "approver", "steward"
    ),
    "record.import": _row("Bring rows of a file in as registered records", "steward"),
    "record.view_own": _row("See the records of their operator", "operator"),
    "record.act": _row(
        "Take the steps of a record's lifecycle that are the organisation's, and consent to them for it",
        "reviewer",
        "approver",
        "steward",
        "system_administrator",
    ),
    "record.act_own": _row(
        "Take the steps of a record's lifecycle that are its operator's, and consent to them for it",
        "operator",
    ),
    "record.export_own": _row("Take the records of their operator away as a file", "operator"),
    "certificate.view_own": _row("See the client certificates of their operator", "operator"),
    "certificate.register_own": _row(
        "Register, label and retire the client certificates of their operator", "operator_administrator"
    ),
    "certificate.view": _row("See any client certificate", "system_administrator", "auditor"),
    "certificate.manage": _row(
        "Register, stop, restore and revoke any client certificate", "system_administrator"
    ),
    "loss.report": _row("Report a loss or theft day and night (terms of use 3.4.2)", "operator", "visitor"),
    "loss.report_accounts": _row(
        "Report the loss of the administrator ID or of a user ID (terms of use 3.4.2)",
        "operator_administrator",
    ),
    "loss.view_own": _row("See the reports of loss or theft of their operator", "operator"),
    "loss.view": _row("See any report of loss or theft", "approver", "system_administrator", "auditor"),
    "loss.handle": _row(
        "Instruct, close and reopen reports of loss or theft", "approver", "system_administrator"
    ),
    "account.issue": _row("Issue a user of their operator (R55)", "operator_administrator"),
    "account.view_own": _row("See the users of their operator (R56)", "operator_administrator"),
    "account.change_own": _row(
        "Change, stop, remove, unlock and reissue the users of their operator (R22-R24)",
        "operator_administrator",
    ),
    "account.hand_over": _row(
        "Hand the administration of their operator over to another of its users (R54)",
        "operator_administrator",
    ),
    "delegate.view_own": _row("See who acts for their operator (R29)", "operator_administrator"),
    "delegate.manage_own": _row(
        "Name delegates of their operator, and end what they may do (R28, R29)", "operator_administrator"
    ),
    "review.view_own": _row("See the reviews of who has what at their operator", "operator_administrator"),
    "review.decide_own": _row(
        "Confirm or stop the accounts of their operator in a review", "operator_administrator"
    ),
    "account.view": _row("See any account", "system_administrator", "auditor"),
    "account.export": _row("Take the list of who has what away as a file", "system_administrator", "auditor"),
    "account.issue_staff": _row("Issue an account of the staff", "system_administrator"),
    "account.change": _row(
        "Change, stop, remove, unlock and reissue any account but their own; name another administrator "
        "where an operator has lost its own",
        "system_administrator",
    ),
    "review.view": _row("See every review of who has what", "system_administrator", "auditor", "approver"),
    "review.begin": _row("Begin a review of who has what", "system_administrator"),
    "review.decide": _row(
        "Confirm or stop accounts of the staff in a review; never one's own",
        "system_administrator",
        "approver",
    ),
    "session.end": _row("End the sessions of an account", "system_administrator"),
    "code.reset": _row(
        "Take away the one-time codes of somebody who lost their app; never one's own",
        "system_administrator",
        "system",
    ),
    "notice.view": _row("Read published notices for everybody", "visitor", "operator", "staff"),
    "notice.view_operators": _row("Read notices for operators", "operator", "staff"),
    "notice.follow": _row(
        "See every notice of the staff's side: what is written, whom it is for, who has read it",
        "reviewer",
        "approver",
        "steward",
        "auditor",
        "system_administrator",
    ),
    "notice.export": _row(
        "Take whom a notice is for, and what became of it, away as a file", "approver", "steward", "auditor"
    ),
    "notice.remind": _row(
        "Remind those who have not acknowledged a notice", "reviewer", "approver", "steward"
    ),
    "message.view": _row(
        "See the outbox; never the body of a sensitive mail",
        "reviewer",
        "approver",
        "auditor",
        "system_administrator",
    ),
    "message.view_own": _row(
        "See the mails sent to the applicant's side about an application of theirs", "visitor", "operator"
    ),
    "message.retry": _row("Send a failed mail again", "reviewer", "approver", "system_administrator"),
    "message.abort": _row("Call off a mail that waits or failed", "approver", "system_administrator"),
    "template.view": _row(
        "See the mail templates and how their mails look",
        "reviewer",
        "approver",
        "steward",
        "auditor",
        "system_administrator",
    ),
    "template.try": _row(
        "Send themselves a mail template with sample values", "approver", "steward", "system_administrator"
    ),
    "address.view": _row(
        "See which addresses mails come back from, and what came back",
        "reviewer",
        "approver",
        "auditor",
        "system_administrator",
    ),
    "address.put_right": _row(
        "Let mails go to a dead address again", "reviewer", "approver", "system_administrator"
    ),
    "event.view": _row("See the event log", "auditor", "system_administrator"),
    "terms.view": _row("See the terms and who accepted which version", "staff"),
    "terms.draft": _row("Write a version of the terms and propose it", "steward", "approver"),
    "terms.publish": _row(
        "Publish a version of the terms somebody else wrote, or hand it back", "steward", "approver"
    ),
    "terms.mailing": _row(
        "See whom a change of the terms was told", "steward", "approver", "auditor", "system_administrator"
    ),
    "declaration.view": _row(
        "See what operators declared and what they were asked to confirm",
        "reviewer",
        "approver",
        "steward",
        "auditor",
    ),
    "declaration.ask": _row("Ask operators to confirm a declaration", "reviewer", "approver"),
    "declaration.record": _row("Record that an operator filed or withdrew a declaration", "approver"),
    "declaration.view_own": _row("See what their operator declared", "operator"),
    "declaration.answer": _row(
        "Confirm or decline a declaration of their operator", "operator_administrator"
    ),
    "job.view": _row("See every job; one's own anybody may", "steward", "auditor", "system_administrator"),
    "job.control": _row("Cancel or resume any job; one's own anybody may", "system_administrator"),
    "calendar.view": _row("See business days and opening hours", "staff"),
    "calendar.edit": _row("Close or open single days", "system_administrator"),
    "stop.view": _row("See what is stopped, for whom and why", "staff"),
    "stop.set": _row("Stop use for everybody or one operator, and end it", "system_administrator"),
    "figure.view": _row(
        "See the figures of the work", "reviewer", "approver", "steward", "auditor", "system_administrator"
    ),
    "schema.view": _row(
        "See record types, their versions and proposed changes",
        "reviewer",
        "approver",
        "steward",
        "auditor",
        "system_administrator",
    ),
    "schema.propose": _row("Propose a change of a record type", "steward"),
    "schema.approve": _row("Approve or reject a change another steward proposed", "steward"),
    "hold.view": _row("See legal holds", "reviewer", "approver", "auditor", "system_administrator"),
    "hold.place": _row("Put a legal hold on a registration or an operator", "approver", "auditor"),
    "hold.lift": _row(
        "Propose to lift a legal hold, or confirm what somebody else proposed", "approver", "auditor"
    ),
    "retention.view": _row(
        "See what falls due for erasure, and the reports", "approver", "auditor", "system_administrator"
    ),
    "retention.run": _row("Ask for a report of what falls due, and begin the run", "system_administrator"),
    "retention.approve": _row("Approve a report somebody else asked for", "approver"),
    "redaction.make": _row("Redact a free text of a registration, or put it back", "approver"),
    "redaction.view": _row("Read what was redacted; every time is an event", "approver", "auditor"),
    "secret.reveal": _row(
        "Uncover a secret answer, with a reason; every time is an event", "reviewer", "approver"
    ),
    "secret.reveal_own": _row(
        "Uncover a secret answer of their operator, with a reason; every time is an event",
        "operator_administrator",
    ),
    "secret.view_looks": _row(
        "See who uncovered secret answers of their operator, when and why", "operator_administrator"
    ),
    "secret.view_keys": _row(
        "See with which keys secret answers are sealed", "auditor", "system_administrator", "system"
    ),
    "secret.rotate": _row("Seal all secret answers with the newest key", "system_administrator", "system"),
    "admin.enter": _row("Enter the admin", "staff"),
    "portal.enter": _row("Enter the portal", "operator"),
}
"""Every permission by name."""
