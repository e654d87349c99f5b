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
from models.schema.search import grams_of
from models.services import announcing, certificates, holds, lifecycles
from models.services.carrying import Carried, carry
from models.services.clocks import with_clock
from models.services.deeds import Standing, review_moment
from models.services.dependants import has_dependants
from models.services.events import record_event
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
    """Bring the application into force. Raises RecordChanged, DuplicateValue, TransitionRefused."""
    del parameters
    make = {"register": _create, "change": _change, "delete": _delete}[work.application.kind]
    work.record = await make(work)
    work.values |= {"record_number": work.record.number}
    version = await _keep_version(work, work.record)
    if work.application.kind == "change":
        await announcing.republish(work.site, work.actor, work.record, version, work.session)
    await record_event(
        work.site,
        work.actor,
        f"record.{work.application.kind}",
        Subject(kind=work.record.type, id=work.record.id, label=work.record.number),
        work.session,
        operator_id=work.record.operator_id,
        application=work.application.reference,
        revision=work.record.revision,
    )


async def _create(work: Work) -> Record:
    site, application = work.site, work.application
    identity, now = new_id(), site.now()
    carried = carry(site, application.type, work.data, application.schema_version, application.attic)
    definition, number = carried.definition, await _number(work)
    data = {**carried.data, definition.number.field: number}
    record = Record(
        _id=identity,
        type=application.type,
        number=number,
        title=definition.title_of(data) or number,
        schema_version=carried.version,
        operator_id=_owner(work, identity),
        lifecycle=work.lifecycle.first,
        data=data,
        attic=carried.attic,
        grams=grams_of(definition, number, data),
        since=now,
        created_at=now,
        updated_at=now,
    )
    timed = with_clock(site, record)
    await site.records[application.type].insert(timed, work.session)
    return timed


def _owner(work: Work, identity: Id) -> Id | None:
    """An operator's own record belongs to itself, the organisation's to no operator; everything else to the
    operator that applied. Raises TransitionRefused where there is none."""
    if work.definition.is_ours:
        return None
    if work.application.type == work.site.configuration.site.operator_type:
        return identity
    if work.application.operator_id is None:
        raise TransitionRefused
    return work.application.operator_id


async def _number(work: Work) -> str:
    drawn = await draw(f"records:{work.application.type}", work.session)
    return work.definition.number.format.format(seq=drawn, year=work.site.today().year)


async def _in_force(work: Work) -> Record:
    record = await work.site.records[work.application.type].get(work.application.record_id, work.session)
    if record is None:
        raise NotFound
    return record


async def _change(work: Work) -> Record:
    record, application = await _in_force(work), work.application
    carried = carry(work.site, record.type, work.data, application.schema_version, application.attic)
    definition = carried.definition
    data = {**carried.data, definition.number.field: record.number}
    changed = record.model_copy(
        update={
            "data": data,
            "attic": _distinct([*record.attic, *_left(work, record, carried)]),
            "title": definition.title_of(data) or record.number,
            "schema_version": carried.version,
            "revision": record.revision + 1,
            "grams": grams_of(definition, record.number, data),
            "updated_at": work.site.now(),
        }
    )
    return await _replace(work, with_clock(work.site, changed))


def _left(work: Work, record: Record, carried: Carried) -> list[dict[str, Any]]:
    """What this change leaves without a place: of the application, and of the record as it was before."""
    if record.schema_version >= carried.version:
        return carried.attic
    before = carry(work.site, record.type, record.data, record.schema_version)
    return [*carried.attic, *before.attic]


def _distinct(attic: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each value once: the record and the application may both have held it."""
    found: list[dict[str, Any]] = []
    for entry in attic:
        if not any(entry["path"] == other["path"] and entry["value"] == other["value"] for other in found):
            found.append(entry)
    return found


async def _delete(work: Work) -> Record:
    record = await _in_force(work)
    if await has_dependants(work.site, record, work.session):
        raise TransitionRefused("Other registered records still depend on this one.")
    now = work.site.now()
    gone = {
        "lifecycle": end_of(work),
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


async def _keep_version(work: Work, record: Record) -> RecordVersion:
    version = RecordVersion(
        type=record.type,
        record_id=record.id,
        revision=record.revision,
        schema_version=record.schema_version,
        lifecycle=record.lifecycle,
        data=record.data,
        application_id=work.application.id,
        reason=work.application.ground,
        by=work.actor.person,
        at=work.site.now(),
    )
    await version.insert(session=work.session)
    return version


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
        "This operator's administrator ID has been issued already; it is issued only once."
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
    name = str(parameters.get("field"))
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
