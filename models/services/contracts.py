"""What the steps of a lifecycle do besides moving. To the operator a record belongs to: stop its use, end its
accounts, hold what is kept (terms of use 2.6 and 2.7). To what a record announces: publish it, withdraw it.
The effects are named in ``models.workflow.effects``."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.account import Account
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.record import Record, RecordVersion
from models.documents.stop import Stop, operator_key
from models.documents.store import Session
from models.errors import TransitionRefused
from models.permissions import Actor
from models.services import announcing, holds, stops
from models.services.events import record_event
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.stopping import stop_certificates_of
from models.services.suspending import stop_accounts_of
from models.services.switches import TEXT_LIMIT

JUDGED = 4
"""The ground of terms of use 2.4 under which a stop by a lifecycle is kept: judged necessary."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A step of a lifecycle under way: the record as it is moved, and the version that tells of it."""

    site: Site
    actor: Actor
    record: Record
    version: RecordVersion
    session: Session
    depth: int = 0
    """How many steps of other records led to it."""

    @property
    def operator_id(self) -> Id:
        """Whose the record is. Raises TransitionRefused where it is the organisation's own: what is done to
        an operator must never fall on all of them."""
        if self.record.operator_id is None:
            raise TransitionRefused
        return self.record.operator_id

    @property
    def subject(self) -> Subject:
        """The record as the subject of what the step brings about."""
        return Subject(kind=self.record.type, id=self.record.id, label=self.record.number)


Parameters = Mapping[str, Any]


async def stop_use(passage: Passage, parameters: Parameters) -> None:
    """Stop the operator's use until ``resume_use``, and end its sessions. ``text`` tells it why, in both
    languages; ``level`` is ``closed`` where left out."""
    text = parameters["text"]
    told = " / ".join(text.values()) if isinstance(text, Mapping) else str(text)
    await stops.set_stop(
        passage.site,
        passage.actor,
        passage.operator_id,
        level=parameters.get("level", "closed"),
        code=JUDGED,
        text=told,
        cause=passage.subject,
        label=f"{passage.record.number} {passage.record.title}".strip(),
        session=passage.session,
    )
    await _end_sessions(passage)


async def resume_use(passage: Passage, parameters: Parameters) -> None:
    """End the stops this record's lifecycle had caused."""
    del parameters
    where = {
        "key": operator_key(passage.operator_id),
        "ended": None,
        "cause.id": passage.record.id,
    }
    rows = await Stop.raw().find(where, {"_id": 1}, session=passage.session).to_list(None)
    for row in rows:
        reason = passage.version.reason[:TEXT_LIMIT] or passage.version.transition
        await stops.end_stop(passage.site, passage.actor, row["_id"], reason, passage.session)


async def hold(passage: Passage, parameters: Parameters) -> None:
    """Put a legal hold on the record; one that stands for the same cause is left as it is."""
    cause = passage.version.rests_on or passage.subject
    if await holds.is_held_for(passage.record.id, cause, passage.session):
        return
    reason = str(parameters["reason"])
    await holds.place(
        passage.site, passage.actor, passage.record, reason, cause=cause, session=passage.session
    )


async def end_accounts(passage: Passage, parameters: Parameters) -> None:
    """Suspend the operator's accounts and certificates and end its sessions; what is kept of them stays."""
    del parameters
    version, operator = passage.version, passage.operator_id
    reason = version.reason or version.transition
    accounts = await stop_accounts_of(passage.site, passage.actor, operator, reason, passage.session)
    certificates = await stop_certificates_of(passage.site, passage.actor, operator, reason, passage.session)
    await _end_sessions(passage)
    await record_event(
        passage.site,
        passage.actor,
        "operator.access_ended",
        passage.subject,
        passage.session,
        operator_id=operator,
        accounts=accounts,
        certificates=certificates,
    )


async def _end_sessions(passage: Passage) -> None:
    where = {"operator_id": passage.operator_id}
    rows = await Account.raw().find(where, {"_id": 1}, session=passage.session).to_list(None)
    for row in rows:
        await end_sessions(row["_id"], passage.session)


async def publish(passage: Passage, parameters: Parameters) -> None:
    """Freeze the record as the next edition. Raises NotPublishable, RecordChanged."""
    del parameters
    await announcing.publish(passage.site, passage.actor, passage.record, passage.version, passage.session)


async def withdraw(passage: Passage, parameters: Parameters) -> None:
    """Take the edition that stands back, with the reason of the step."""
    del parameters
    await announcing.withdraw(passage.site, passage.actor, passage.record, passage.version, passage.session)


async def archive(passage: Passage, parameters: Parameters) -> None:
    """Put the edition that stands away."""
    del parameters
    await announcing.archive(passage.site, passage.actor, passage.record, passage.version, passage.session)


Effect = Callable[[Passage, Parameters], Awaitable[None]]

PERFORM: Mapping[str, Effect] = {
    "stop_use": stop_use,
    "resume_use": resume_use,
    "hold": hold,
    "end_accounts": end_accounts,
    "publish": publish,
    "withdraw": withdraw,
    "archive": archive,
}
"""The function behind every effect of a lifecycle, by its name."""
