"""Who may do what: every permission a row. The table is the documentation and the test matrix (ASVS 8.1.1).

Steps of a workflow are not listed here: their own definition says by whom (``models.workflow.engine``)."""

from dataclasses import dataclass, field
from datetime import datetime

from models.documents.application import Application
from models.documents.base import ActorKind, Id, Person
from models.errors import NotAllowed
from models.grants import PERMISSIONS
from models.workflow.definition import PEOPLE


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at a door: what the rules may know of them."""

    kind: ActorKind
    account_id: Id | None = None
    login: str = ""
    name: str = ""
    email: str = ""
    roles: frozenset[str] = frozenset()
    operator_id: Id | None = None
    applications: frozenset[Id] = field(default_factory=frozenset)
    certificate: str | None = None
    address: str = ""
    may: frozenset[str] | None = None
    """Permissions that an operator role or the scope of a delegate leaves; None: all of the table."""
    types: frozenset[str] | None = None
    """The record types a delegate's scope leaves; None: all."""
    delegate: str = ""
    """The organisation through which the operator acts (terms of use 2.3), "" where it acts itself."""
    confirmed_at: datetime | None = None
    """When they last proved who they are in this session: what sensitive acts ask for."""
    accepted_terms: str = ""
    """The version of the terms of use their account accepted, "" where it never did."""
    told_terms: str = ""
    """The version of whose change they were told."""
    unreachable: bool = False
    """Whether mails to their address come back and are not sent."""

    @property
    def is_authenticated(self) -> bool:
        """Whether an account stands behind them."""
        return self.account_id is not None

    @property
    def display_name(self) -> str:
        return self.name

    @property
    def person(self) -> Person:
        """Who they are, as it is kept beside what they did."""
        return Person(kind=self.kind, id=self.account_id, name=self.name, delegate=self.delegate)

    @property
    def holders(self) -> frozenset[str]:
        """The words of the table's last column that fit them."""
        if self.kind == "staff":
            return self.roles | {"staff"}
        if self.kind == "operator":
            role = "administrator" if "administrator" in self.roles else "user"
            return frozenset({"operator", f"operator_{role}"})
        return frozenset({self.kind})


SYSTEM = Actor(kind="system", name="system")
"""The program itself: timers, the worker."""


def allowed(actor: Actor, name: str) -> bool:
    """Whether `actor` has permission `name`. An unknown name is a programming error and refuses."""
    row = PERMISSIONS.get(name)
    left = actor.may is None or name in actor.may
    return row is not None and left and bool(actor.holders & row.holders)


def require(actor: Actor, name: str) -> None:
    """Raise NotAllowed naming the row, unless `actor` has permission `name`."""
    if not allowed(actor, name):
        raise NotAllowed(rule=name)


RESERVED = frozenset(PEOPLE)
"""Words of a workflow that no role of the staff stands for, whatever a site calls its roles."""


def may_use(actor: Actor, type_name: str) -> bool:
    """Whether a record type is within the scope of who asks; only a delegate's has an end."""
    return actor.types is None or type_name in actor.types


def persons(actor: Actor, application: Application) -> frozenset[str]:
    """Who `actor` is to `application`, in the words of a workflow's ``by`` and ``not_by``. To their own
    correction or case a member of staff is its applicant and nothing else: no role of theirs decides on
    it. Those of the staff who only look, as auditors do, are their roles and nothing more."""
    found: set[str] = set()
    if actor.kind == "staff" and is_applicant(actor, application):
        return frozenset({"applicant"})
    if actor.kind == "staff":
        found |= actor.roles - RESERVED
        found |= {"staff"} if allowed(actor, "record.act") else set()
        if application.assignee is not None and application.assignee.id == actor.account_id:
            found.add("assignee")
    if actor.kind == "system":
        found.add("system")
    if is_applicant(actor, application) and allowed(actor, "application.write_own"):
        found.add("applicant")
    return frozenset(found)


def is_applicant(actor: Actor, application: Application) -> bool:
    """Whether it is theirs: begun in this browser or opened by its link without an account, made by their
    operator, or the correction or case this member of staff began. An operator is no party to what staff
    begin. The answers of a step are anybody's who sees the record on that side: who may take it is for its
    lifecycle to say."""
    if application.by_staff and application.step:
        return actor.kind == "staff" and allowed(actor, "record.view")
    if application.by_staff:
        own = application.applicant.account_id
        return actor.kind == "staff" and own is not None and own == actor.account_id
    if actor.kind == "operator":
        theirs = application.operator_id is not None and application.operator_id == actor.operator_id
        return theirs and may_use(actor, application.type)
    known = actor.kind == "visitor" and application.id in actor.applications
    return known and not is_operators(application)


def is_operators(application: Application) -> bool:
    """Whether an operator applied, whose people sign in to it: a mailed link opens only what somebody without
    an account began, the registration that made them an operator among it."""
    founding = application.kind == "register" and application.record_id == application.operator_id
    return application.operator_id is not None and not founding


def may_view(actor: Actor, application: Application) -> bool:
    """Whether `actor` may see `application` at all. What a side writes for a step is nobody else's before it
    is taken, and stands on the record then."""
    if application.step and actor.kind == "staff":
        return is_applicant(actor, application)
    own = is_applicant(actor, application) and allowed(actor, "application.view_own")
    return own or allowed(actor, "application.view")
