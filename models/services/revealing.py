"""Uncovering secret answers: one by one, with a reason, by who may, and never without an event.

Whose secret it is sees who looked at it and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.access import found_at, told
from models.documents.application import Application
from models.documents.base import Id, Person
from models.documents.event import Event, Subject
from models.documents.record import Record
from models.documents.sealed import tokens
from models.documents.store import Session
from models.errors import LimitReached, NotAllowed, NotFound, RevealRefused
from models.language import Language, Text
from models.permissions import SYSTEM, Actor, allowed, may_use, may_view, require
from models.schema.definition import RecordType
from models.schema.fields.secret import is_sealed
from models.services.events import record_event
from models.services.secrets import unseal
from models.services.seeing import is_in_reach, may_open, seen
from models.services.sides import told_as
from models.services.site import Site
from models.services.stepping_up import require_recent

REVEALED, UNUSUAL = "secret.revealed", "secret.unusual"

SHORTEST, LONGEST = 5, 500
"""Characters of a reason."""

WINDOW = 3_600
"""Seconds within which one person's looks are counted."""

MANY, MOST = 20, 60
"""Looks within a window from which the system administrators are told, and after which there are no more."""

LISTED = 50
"""Looks shown of a record, and on a page."""

Holder = Record | Application


@dataclass(frozen=True, slots=True)
class Hidden:
    """A secret nobody has looked at yet: where it stands, what it answers, and its token."""

    path: str
    label: Text
    token: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """That somebody looked at a secret: when, who (staff by name, for the staff), at what and why."""

    at: datetime
    who: Text
    label: str
    question: Text
    reason: str


async def hidden_in(site: Site, actor: Actor, holder: Holder) -> list[Hidden]:
    """Every secret of a record or an application `actor` may uncover, in its order; [] for who may uncover
    none. Raises NotFound where it is not theirs to see."""
    if not allowed(actor, _permission(actor)):
        return []
    if not await _may_look(site, actor, holder):
        raise NotFound
    definition = seen(site, actor, holder.type, holder.schema_version)
    answers = told(definition, _answers(actor, holder))
    return [
        Hidden(place, _label(definition, place), {"sealed": token})
        for path, token in tokens(answers)
        if found_at(definition, place := path.removesuffix(".sealed"))
    ]


def _permission(actor: Actor) -> str:
    return "secret.reveal_own" if actor.kind == "operator" else "secret.reveal"


async def hidden_at(site: Site, actor: Actor, holder: Holder, path: str) -> Hidden:
    """The secret at `path` (``field``, ``group.part``, ``table.0.column``) of a record or an application.

    Raises NotAllowed without ``secret.reveal`` (operators: ``secret.reveal_own``); NotFound where there is
    none, or where it is not theirs to see."""
    require(actor, _permission(actor))
    if not await _may_look(site, actor, holder):
        raise NotFound
    definition = seen(site, actor, holder.type, holder.schema_version)
    value = _at(told(definition, _answers(actor, holder)), path.split("."))
    if not is_sealed(value):
        raise NotFound
    return Hidden(path, _label(definition, path), value)


async def reveal(site: Site, actor: Actor, holder: Holder, path: str, reason: str) -> str:
    """What the secret at `path` says; the event is written, with the reason, before it is told.

    Raises as ``hidden_at``, and ConfirmationRequired, RevealRefused for no reason, LimitReached for too many
    in an hour, NotFound where its key is gone."""
    hidden = await hidden_at(site, actor, holder, path)
    require_recent(site, actor)
    why = _reason(reason)
    text = unseal(site, hidden.token)
    await _count(site, actor)
    subject = _subject(holder)
    details = {"type": holder.type, "path": path, "reason": why}

    async def body(session: Session) -> None:
        owner = holder.operator_id
        await record_event(site, actor, REVEALED, subject, session, operator_id=owner, **details)

    await site.store.transaction(body)
    return text


def _reason(text: str) -> str:
    found = " ".join(text.split())
    if not SHORTEST <= len(found) <= LONGEST:
        raise RevealRefused(shortest=SHORTEST, longest=LONGEST)
    return found


async def _count(site: Site, actor: Actor) -> None:
    """Count one look. Raises LimitReached for one too many; the first of many is told."""
    key = f"looks {actor.account_id}"
    counted = await site.limit_counts.count(key, WINDOW)
    if counted.total == MANY:
        subject = Subject(kind="account", id=actor.account_id, label=actor.login)

        async def body(session: Session) -> None:
            await record_event(site, SYSTEM, UNUSUAL, subject, session, count=MANY)

        await site.store.transaction(body)
    if counted.total > MOST:
        left = max(1, int((counted.ends_at - site.now()).total_seconds()) + 1)
        refusal = LimitReached(seconds=left)
        refusal.retry_after = left
        raise refusal


def _subject(holder: Holder) -> Subject:
    if isinstance(holder, Application):
        return Subject(kind="application", id=holder.id, label=holder.reference)
    return Subject(kind="record", id=holder.id, label=holder.number)


async def _may_look(site: Site, actor: Actor, holder: Holder) -> bool:
    """Whether the record or the application is theirs to see at all."""
    if isinstance(holder, Application):
        return may_view(actor, holder) and await may_open(site, actor, holder)
    if actor.kind == "operator":
        own = holder.operator_id is not None and holder.operator_id == actor.operator_id
        if not (own and allowed(actor, "record.view_own") and may_use(actor, holder.type)):
            return False
    elif not allowed(actor, "record.view"):
        return False
    return await is_in_reach(site, actor, holder.type, holder.id)


def _answers(actor: Actor, holder: Holder) -> Mapping[str, Any]:
    """What was registered or handed over; of one's own draft what was typed so far."""
    if isinstance(holder, Record) or holder.data is not None or actor.kind != "operator":
        return holder.data or {}
    return holder.answers


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _label(definition: RecordType, path: str) -> Text:
    """The questions on the way to a secret, with the numbers of the rows."""
    rows = [str(int(name) + 1) for name in path.split(".") if name.isdecimal()]
    labels = [field.label for field in found_at(definition, path)]
    return Text(**{spoken: _joined(labels, rows, spoken) for spoken in ("ja", "en")})


def _joined(labels: Sequence[Text], rows: Sequence[str], spoken: Language) -> str:
    left = list(rows)
    words = [f"{label(spoken)} {left.pop(0)}" if left else label(spoken) for label in labels[:-1]]
    return " / ".join([*words, labels[-1](spoken)])


async def looks_at(site: Site, actor: Actor, holder: Holder) -> list[Look]:
    """Who looked at the secrets of one record or application, the last first (at most LISTED): for who may
    uncover them. Raises NotAllowed, NotFound."""
    require(actor, _permission(actor))
    if not await _may_look(site, actor, holder):
        raise NotFound
    where: dict[str, Any] = {"subject.id": _subject(holder).id, "action": REVEALED}
    rows = await Event.raw().find(where).sort([("at", -1), ("_id", -1)]).limit(LISTED).to_list(None)
    return [_look(site, actor, row) for row in rows]


async def own_looks(site: Site, actor: Actor, before: Id | None = None) -> tuple[list[Look], Id | None]:
    """Who looked at the secrets of the actor's operator, the last first: LISTED of those before an event, and
    the one to go on from, None at the end. Raises NotAllowed."""
    require(actor, "secret.view_looks")
    if actor.operator_id is None:
        raise NotAllowed(rule="secret.view_looks")
    where: dict[str, Any] = {"operator_id": actor.operator_id, "action": REVEALED}
    if before is not None:
        where["_id"] = {"$lt": before}
    found = await Event.raw().find(where).sort([("_id", -1)]).limit(LISTED + 1).to_list(None)
    rows = found[:LISTED]
    return [_look(site, actor, row) for row in rows], rows[-1]["_id"] if len(found) > LISTED else None


def _look(site: Site, actor: Actor, row: Mapping[str, Any]) -> Look:
    """One look; operators read of the staff the organisation's name, as everywhere."""
    details, who = row["details"], told_as(site, actor, Person.model_validate(row["actor"]))
    label, why = str(row["subject"].get("label", "")), str(details.get("reason", ""))
    return Look(row["at"], who, label, _question(site, details), why)


def _question(site: Site, details: Mapping[str, Any]) -> Text:
    """What was looked at, as the form in force asks it; the path of what it does not ask any more."""
    path, current = (
        str(details.get("path", "")),
        site.registry.all_current().get(str(details.get("type", ""))),
    )
    if current is None or not found_at(current.definition, path):
        return Text(ja=path, en=path)
    return _label(current.definition, path)
