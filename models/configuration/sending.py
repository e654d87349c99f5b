"""Which mail is sent by what: the places templates are named in, and the placeholders each of them fills."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from models.configuration.mail import BULK_RECEIVED
from models.configuration.whole import Configuration
from models.language import Message, Text
from models.schema.definition import RecordType
from models.workflow.definition import Lifecycle, Transition, Workflow

GENERAL = frozenset({"site_name", "organisation", "contact", "base_url", "recipient_name", "operator_word"})
"""What every mail fills."""

APPLICATION = frozenset(
    {"reference", "record_type", "kind", "title", "operator_name", "state", "due_date"}
    | {"expected", "remarks", "reason", "record_number", "status_link", "page"}
)
"""What a mail of an application fills (``models.services.post.values_of``)."""

RECORD = frozenset(
    {"record_type", "kind", "title", "operator_name", "state", "record_number", "reason", "due_date", "page"}
)
"""What a mail of a lifecycle fills (``models.services.lifecycle_mails.values_of``)."""

TERM = frozenset(
    {"record_type", "record_number", "title", "operator_name", "state", "due_date", "left", "page"}
)
"""What a mail about the term of a record fills (``models.services.bells.values_of``)."""

TERMS = frozenset({"terms_title", "terms_version", "terms_change", "effective_day", "page"})
LOSS = frozenset({"title", "kind", "page"})
NOTICE = frozenset({"title", "kind", "record_number", "effective_day", "page", "preferences_page"})
REQUEST = frozenset({"reference", "record_type", "title", "operator_name", "due_date", "page"})
DUTY = frozenset({"record_type", "title", "count", "due_date", "page"})
"""What a mail about a duty that is overdue fills (``models.services.owing_alarms``)."""

DECLARATION = frozenset({"operator_name", "declaration", "due_date", "reason", "page"})
SUMMARY = frozenset(
    {"record_type", "operator_name", "count", "first_reference", "last_reference", "result_page"}
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One place that sends a mail: when, to whom, and the placeholders it fills besides GENERAL."""

    when: Message
    to: Message | Text
    fills: frozenset[str]
    point: str = ""
    """The one-time link the mail is sent for; "" for none."""


APPLICANT = Message("the applicant")
OPERATOR = Message("the operator's administrators")
OWNER = Message("the owner of the account")
USERS = Message("every user of an operator")
READERS = Message("the readers of the notice")
SYSTEM_STAFF = Message("the system administrators")
ROLES = Message("the staff who answer for it")
HOLDERS = Message("whoever it waits for")

PROGRAM: Mapping[str, Sent] = {
    "access_limited": Sent(Message("A limit of access was exceeded"), SYSTEM_STAFF, frozenset({"page"})),
    "account_changed": Sent(
        Message("An account was changed"), OWNER, frozenset({"change", "reason", "changed_by", "account_id"})
    ),
    "account_locked": Sent(Message("Signing in failed too often"), OWNER, frozenset()),
    "address_asked": Sent(
        Message("Somebody gave a new e-mail address"),
        OWNER,
        frozenset({"account_id", "confirm_link"}),
        "confirm_link",
    ),
    "address_bounced": Sent(
        Message("Mails to a user come back"),
        OPERATOR,
        frozenset({"person_name", "account_id", "reason", "effective_day", "page"}),
    ),
    "certificate_changed": Sent(
        Message("A client certificate changed"),
        OPERATOR,
        frozenset({"serial", "title", "change", "reason", "page"}),
    ),
    "certificate_expiring": Sent(
        Message("A client certificate ends soon"),
        OPERATOR,
        frozenset({"serial", "title", "due_date", "days", "page"}),
    ),
    "daily_digest": Sent(
        Message("On the mornings of business days, where something waits"),
        Message("whoever chose it"),
        frozenset({"count", "lines", "page", "preferences_page"}),
    ),
    "declaration_declined": Sent(
        Message("A declaration was declined"), ROLES, frozenset({"operator_name", "declaration", "page"})
    ),
    "delegate_issued": Sent(
        Message("A delegate was named"),
        OWNER,
        frozenset({"account_id", "operator_name", "delegate_scope", "set_password_link"}),
        "set_password_link",
    ),
    "duties_overdue": Sent(Message("Operators did not fulfil a duty in time"), ROLES, DUTY),
    "duty_overdue": Sent(Message("A duty was not fulfilled in time"), OPERATOR, DUTY),
    "due_soon": Sent(Message("Something is due soon"), APPLICANT, APPLICATION),
    "loss_closed": Sent(Message("A report of loss was closed"), OPERATOR, LOSS | {"state", "reason"}),
    "loss_confirm": Sent(
        Message("Somebody not signed in reported a loss"),
        OPERATOR,
        LOSS | {"confirm_loss_link"},
        "confirm_loss_link",
    ),
    "loss_received": Sent(Message("A report of loss arrived"), OPERATOR, LOSS | {"change"}),
    "loss_reported": Sent(Message("A report of loss arrived"), ROLES, LOSS | {"state", "due_date"}),
    "notice_published": Sent(
        Message("A notice was published"), READERS, NOTICE | {"acknowledge", "due_date"}
    ),
    "notice_unacknowledged": Sent(
        Message("A notice is still to be acknowledged"), READERS, NOTICE | {"due_date"}
    ),
    "notice_withdrawn": Sent(
        Message("A notice was withdrawn"), Message("those who were mailed about it"), NOTICE | {"reason"}
    ),
    "password_changed": Sent(Message("How somebody signs in was changed"), OWNER, frozenset({"title"})),
    "password_forgotten": Sent(
        Message("Somebody forgot the password"),
        OWNER,
        frozenset({"set_password_link"}),
        "set_password_link",
    ),
    "password_reissued": Sent(
        Message("A password was reissued"),
        OWNER,
        frozenset({"account_id", "set_password_link"}),
        "set_password_link",
    ),
    "record_due_soon": Sent(Message("The term of a record ends soon"), HOLDERS, TERM),
    "record_overdue": Sent(Message("The term of a record has ended"), HOLDERS, TERM),
    "requests_overdue": Sent(
        Message("A request was not answered in time"),
        ROLES,
        frozenset({"title", "count", "operators", "due_date", "page"}),
    ),
    "resume_draft": Sent(
        Message("A draft was saved"),
        APPLICANT,
        (APPLICATION - {"status_link"}) | {"resume_link"},
        "resume_link",
    ),
    "review_asked": Sent(
        Message("Accounts are to be reviewed"),
        Message("whoever reviews them"),
        frozenset({"count", "due_date", "review_page"}),
    ),
    "set_password": Sent(
        Message("An administrator's ID was issued"),
        OWNER,
        APPLICATION | {"administrator_id", "set_password_link"},
        "set_password_link",
    ),
    "status_link": Sent(
        Message("The link to an application was asked for"), APPLICANT, APPLICATION, "status_link"
    ),
    "terms_mailing_overdue": Sent(
        Message("Not everybody was told of changed terms in time"),
        SYSTEM_STAFF,
        TERMS | {"due_date", "count"},
    ),
    "thread_message": Sent(
        Message("A message was written"), Message("the other side"), frozenset({"title", "page"})
    ),
    "user_issued": Sent(
        Message("A user was registered"),
        OWNER,
        frozenset({"administrator_id", "operator_name", "set_password_link"}),
        "set_password_link",
    ),
}
"""What the program sends of its own accord."""


def senders(configuration: Configuration) -> dict[str, list[Sent]]:
    """Who sends each template, by its name; the program's own mails first."""
    found = {name: [sent] for name, sent in PROGRAM.items()}
    for name, sent in _configured(configuration):
        found.setdefault(name, []).append(sent)
    return found


def _configured(configuration: Configuration) -> Iterator[tuple[str, Sent]]:
    site = configuration.site
    for workflow in configuration.workflows.values():
        yield from _of_workflow(configuration, workflow)
    for lifecycle in configuration.lifecycles.values():
        yield from _of_lifecycle(configuration, lifecycle)
    for kind in configuration.record_types.values():
        yield from _of_type(kind)
    if offers_bulk(configuration):
        yield BULK_RECEIVED, Sent(Message("A file of many applications was taken in"), APPLICANT, SUMMARY)
    yield site.terms.mail, Sent(Message("The terms of use changed"), USERS, TERMS | {"operator_name"})
    for rule in site.declarations.values():
        when = Message("“{name}” is to be confirmed", {"name": rule.label})
        yield rule.mail, Sent(when, OPERATOR, DECLARATION)


def _of_workflow(configuration: Configuration, workflow: Workflow) -> Iterator[tuple[str, Sent]]:
    for step in workflow.transitions.values():
        issues = any(call.effect == "issue_administrator" for call in step.effects)
        more = {"administrator_id", "set_password_link"} if issues else set()
        for mail in step.mail:
            yield mail.template, Sent(_step(workflow, step), _to(configuration, mail.to), APPLICATION | more)


def _of_lifecycle(configuration: Configuration, lifecycle: Lifecycle) -> Iterator[tuple[str, Sent]]:
    for state in lifecycle.states.values():
        when = Message("The term of “{state}” has ended", {"state": state.label})
        yield from ((mail.template, Sent(when, _to(configuration, mail.to), TERM)) for mail in state.overdue)
    for step in lifecycle.transitions.values():
        for mail in step.mail:
            yield mail.template, Sent(_step(lifecycle, step), _to(configuration, mail.to), RECORD)
        if step.review is not None:
            when = Message("The day to look again at “{step}” has passed", {"step": step.label})
            yield step.review.mail, Sent(when, _to(configuration, step.review.to), RECORD)


def _of_type(kind: RecordType) -> Iterator[tuple[str, Sent]]:
    for reason in kind.review.reasons:
        if reason.mail:
            when = Message("The reason “{reason}” was given", {"reason": reason.label})
            yield reason.mail, Sent(when, APPLICANT, APPLICATION)
    if kind.applications.asked is not None:
        when = Message("“{type}” is asked for", {"type": kind.label})
        yield kind.applications.asked.mail, Sent(when, OPERATOR, REQUEST)
    for duty in kind.duties:
        when = Message("“{name}” is overdue", {"name": duty.label})
        for mail in duty.overdue:
            yield mail.template, Sent(when, OPERATOR if mail.to == "operator" else ROLES, DUTY)
    if kind.publication is not None and kind.publication.mail is not None:
        when = Message("“{type}” is published", {"type": kind.label})
        yield kind.publication.mail.template, Sent(when, READERS, PROGRAM["notice_published"].fills)


def _step(flow: Workflow | Lifecycle, step: Transition) -> Message:
    return Message("“{step}” was done: {flow}", {"step": step.label, "flow": flow.label or ""})


def _to(configuration: Configuration, name: str) -> Message | Text:
    if name == "applicant":
        return APPLICANT
    if name == "operator":
        return OPERATOR
    if name == "assignee":
        return Message("whoever is in charge of it")
    if name in configuration.site.routes:
        return configuration.site.routes[name].label
    return configuration.site.roles.get(name) or Message(
        "the address in the answer “{field}”", {"field": name}
    )


def offers_bulk(configuration: Configuration) -> bool:
    """Whether applications of some type can be brought in a file (``models.services.batches.kinds``)."""
    own = configuration.site.operator_type
    return any(
        kind.enabled
        and name != own
        and not kind.applications.certificate
        and not kind.applications.one_by_one
        for name, kind in configuration.record_types.items()
    )
