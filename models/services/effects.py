"""What transitions do besides moving: the effects named in ``models.workflow.effects``, performed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.record import Record, RecordVersion
from models.documents.store import Session
from models.errors import NotFound, TransitionRefused
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import announcing, certificates, holds, lifecycles
from models.services.clocks import with_clock
from models.services.creating import Fresh, create, keep_version
from models.services.deeds import Standing, review_moment
from models.services.dependants import has_dependants
from models.services.events import record_event
from models.services.revising import revised
from models.services.side_words import side_words
from models.services.site import Site
from models.workflow.definition import Lifecycle


@dataclass
class Work:
    """One transition under way: what its effects work on, and what they leave for its mails."""

    site: Site
    actor: Actor
    application: Application
    session: Session
    record: Record | None = None
    account: Account | None = None
    values: dict[str, str] = field(default_factory=dict)
    summed: bool = False
    """Whether one mail tells the applicant of this and many others later."""

    @property
    def definition(self) -> RecordType:
        """The version of the type the application is pinned to."""
        return self.site.registry.at(self.application.type, self.application.schema_version).definition

    @property
    def lifecycle(self) -> Lifecycle:
        return self.site.lifecycles[self.definition.lifecycle]

    @property
    def data(self) -> Mapping[str, Any]:
        """The answers that were submitted."""
        return self.application.data or {}


Parameters = Mapping[str, Any]


async def register(work: Work, parameters: Parameters) -> None:
    """Bring the application into force: ``into`` is the state a new record begins in, ``then`` the step that
    is taken with a changed one, where it leads on from the state that has. Of several calls of one step the
    first whose condition holds acts. Raises RecordChanged, DuplicateValue, TransitionRefused."""
    if work.record is not None:
        return
    _require_reviewed(work)
    kind = work.application.kind
    if kind == "register":
        work.record = await create(work.site, fresh_of(work, str(parameters.get("into", ""))), work.session)
    else:
        work.record = await (_change if kind == "change" else _delete)(work)
    work.values |= {"record_number": work.record.number}
    await _tell(work, work.record)
    if kind == "change" and "then" in parameters:
        work.record = await _onward(work, work.record, str(parameters["then"]))


async def _tell(work: Work, record: Record) -> None:
    """What every registration leaves: a version, the edition of what is published, an event."""
    site, application, session = work.site, work.application, work.session
    version = await keep_version(site, work.actor, record, session, application=application)
    if application.kind == "change":
        await announcing.republish(site, work.actor, record, version, session)
    await record_event(
        site,
        work.actor,
        f"record.{application.kind}",
        Subject(kind=record.type, id=record.id, label=record.number),
        session,
        operator_id=record.operator_id,
        application=application.reference,
        revision=record.revision,
    )


def _require_reviewed(work: Work) -> None:
    """Raise TransitionRefused for a correction nobody but its author has looked at, whatever the workflow."""
    application = work.application
    corrects = application.by_staff and application.kind != "register"
    author = application.applicant.account_id
    if corrects and author is not None and _deciding(work) == {author}:
        raise TransitionRefused("A correction comes into force only when somebody else approves it.")


def _deciding(work: Work) -> set[Id | None]:
    """Whose decision the step is: of one the program takes with the last consent, of those who consented."""
    last = work.application.history[-1:] if work.actor.kind == "system" else []
    return {each.by.id for step in last for each in step.consents} or {work.actor.account_id}


async def _onward(work: Work, record: Record, name: str) -> Record:
    """Take the step that follows a change, where there is one from here."""
    transition, verdict = lifecycles.judged(work.site, work.actor, record, name)
    if verdict.refusal in ("state", "condition"):
        return record
    standing = Standing(review_at=review_moment(work.site, transition, None))
    reason = work.application.ground
    return await lifecycles.advance(work.site, work.actor, record, name, standing, reason, work.session)


def fresh_of(work: Work, into: str) -> Fresh:
    """What the application makes a new record of, which begins in `into` ("" for the lifecycle's first)."""
    application = work.application
    return Fresh(
        type=application.type,
        data=work.data,
        schema_version=application.schema_version,
        operator_id=application.operator_id,
        origin="staff" if application.by_staff else "operator",
        into=into,
        attic=application.attic,
    )


async def _in_force(work: Work) -> Record:
    record = await work.site.records[work.application.type].get(work.application.record_id, work.session)
    if record is None:
        raise NotFound
    return record


async def _change(work: Work) -> Record:
    return await _replace(work, changed_by(work, await _in_force(work)))


def changed_by(work: Work, record: Record) -> Record:
    """`record` with what the application changes."""
    application = work.application
    changed = revised(work.site, record, work.data, application.schema_version, application.attic)
    anew = {"revision": record.revision + 1, "updated_at": work.site.now(), "consents": []}
    return with_clock(work.site, changed.model_copy(update=anew))


async def _delete(work: Work) -> Record:
    record = await _in_force(work)
    if await has_dependants(work.site, record, work.session):
        raise TransitionRefused("Other registered records still depend on this one.")
    now = work.site.now()
    gone = {
        "lifecycle": end_of(work),
        "consents": [],
        "revision": record.revision + 1,
        "since": now,
        "updated_at": now,
    }
    return await _replace(work, with_clock(work.site, record.model_copy(update=gone)))


def end_of(work: Work) -> str:
    """The state of a deleted record: ``deleted`` where the lifecycle has it, else its first that is not live.

    The checker asks for one (T-E031); raises TransitionRefused where there is none all the same."""
    ended = [name for name, state in work.lifecycle.states.items() if not state.live]
    if not ended:
        raise TransitionRefused
    return "deleted" if "deleted" in ended else ended[0]


async def _replace(work: Work, record: Record) -> Record:
    expected = work.application.base_revision or 0
    await work.site.records[work.application.type].replace(record, expected, work.session)
    return record


ADMINISTRATOR_LOGIN = "K{seq:07}"
"""Form of administrator IDs."""


async def issue_administrator(work: Work, parameters: Parameters) -> None:
    """Issue the operator's administrator account. Raises TransitionRefused when one was ever issued (R53)."""
    if work.record is None:
        raise TransitionRefused
    login = ADMINISTRATOR_LOGIN.format(seq=await draw("accounts:administrator", work.session))
    account = Account(
        id=new_id(),
        login=login,
        kind="operator",
        name=str(work.data.get(parameters["name"]) or ""),
        email=str(work.data.get(parameters["email"]) or ""),
        roles=["administrator"],
        operator_id=work.record.operator_id,
        issued_for=work.record.operator_id,
        language=work.application.language,
        created_at=work.site.now(),
    )
    refusal = TransitionRefused(
        "This {operator}'s administrator ID has been issued already; it is issued only once.",
        **side_words(work.site),
    )
    await insert_or(refusal, account, work.session)
    work.account = account
    work.values |= {"administrator_id": login}
    subject = Subject(kind="account", id=account.id, label=login)
    await record_event(
        work.site, work.actor, "account.issued", subject, work.session, operator_id=work.record.operator_id
    )


async def bind_certificate(work: Work, parameters: Parameters) -> None:
    """Bind the certificate the application came with; a correction by staff comes with none. Raises
    CertificateRefused."""
    if work.application.by_staff:
        return
    applications = work.site.registry.current(work.application.type).definition.applications
    name = str(parameters.get("field") or applications.certificate)
    if work.record is not None and work.record.operator_id is not None and name in work.data:
        before = await _registered_before(work, name)
        owner = work.record.operator_id
        await certificates.bind(work.site, work.application, owner, work.session, before)


async def _registered_before(work: Work, name: str) -> str | None:
    """The fingerprint of the certificate that was registered before this application was approved."""
    if work.record is None or work.record.revision < 2:
        return None
    where = {"record_id": work.record.id, "revision": work.record.revision - 1}
    found = await RecordVersion.raw().find_one(where, {f"data.{name}.fingerprint": 1}, session=work.session)
    kept = ((found or {}).get("data") or {}).get(name)
    return kept.get("fingerprint") if isinstance(kept, dict) else None


async def hold(work: Work, parameters: Parameters) -> None:
    """Put a legal hold on what was registered. Raises TransitionRefused before ``register``."""
    if work.record is None:
        raise TransitionRefused
    subject = Subject(kind="application", id=work.application.id, label=work.application.reference)
    reason = str(parameters["reason"])
    await holds.place(work.site, work.actor, work.record, reason, cause=subject, session=work.session)


async def advance(work: Work, parameters: Parameters) -> None:
    """Take a step of the lifecycle of the operator the application is about; it rests on what was registered,
    its ground is an answer. Raises TransitionRefused where the operator is in no state for it."""
    own = work.site.configuration.site.operator_type
    operator = await work.site.records[own].get(work.application.operator_id, work.session)
    if operator is None:
        raise TransitionRefused
    found, name = work.record, str(parameters["step"])
    rests_on = Subject(kind=found.type, id=found.id, label=found.number) if found else None
    transition = lifecycles.flow_of(work.site, operator).transitions[name]
    ground = str(work.data.get(parameters.get("ground", "")) or "")
    standing = Standing(ground, rests_on, review_moment(work.site, transition, None))
    written = work.application.history[-1].note if work.application.history else ""
    reason = str(work.data.get(parameters.get("reason", "")) or written)
    await lifecycles.advance(work.site, work.actor, operator, name, standing, reason, work.session)


Effect = Callable[[Work, Parameters], Awaitable[None]]

PERFORM: Mapping[str, Effect] = {
    "register": register,
    "issue_administrator": issue_administrator,
    "bind_certificate": bind_certificate,
    "hold": hold,
    "advance": advance,
}
"""The function behind every effect's name."""
