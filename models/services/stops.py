"""Stopping and limiting use (terms of use 2.4): for everybody or for one operator, at once or planned, on one
of four grounds. What is set holds in every process within a second; what was set is kept for ever."""

from datetime import datetime, timedelta
from typing import Any

from models.documents.base import Id, new_id
from models.documents.event import Event, Subject
from models.documents.guarded import insert_or, update_where
from models.documents.stop import SITE, Level, Stop, StopChange, StopEnd, operator_key
from models.documents.store import Session
from models.documents.switchboard import MOST
from models.errors import AnswersInvalid, NotFound, RecordChanged, TransitionRefused
from models.language import Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.side_words import side_words
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import GROUNDS, TEXT_LIMIT

FARTHEST = timedelta(days=366)
"""How far ahead a stop may begin or end."""

FARTHEST_BACK = 10_000
"""Stops that are left out at most before a page of them begins."""

CHANGED = "Somebody else changed this stop meanwhile. Look at it again."


async def set_stop(
    site: Site,
    actor: Actor,
    scope: Id | None,
    *,
    level: Level,
    code: int,
    text: str,
    starts: datetime | None = None,
    until: datetime | None = None,
    cause: Subject | None = None,
    label: str = "",
    token: str | None = None,
    session: Session = None,
) -> Stop:
    """Stop use: for everybody (`scope` None) or for one operator; at once, or from `starts` on; until it is
    ended, or until `until`. `text` is what those concerned are told.

    With a `session` it is part of another act, which has asked who may (a step of a workflow); else it needs
    the permission ``stop.set`` and a recent proof of who asks. One with a `cause` is ended by what caused it.

    Raises NotAllowed, ConfirmationRequired, AnswersInvalid (paths ``code``, ``text``, ``starts``, ``until``),
    TransitionRefused (there are too many), RecordChanged (`token` was used already)."""
    if session is None:
        _require_hand(site, actor)
    now = site.now()
    begins = max(starts or now, now)
    _check(now, code, text, begins, until)
    stop = Stop(
        id=new_id(),
        key=operator_key(scope),
        label=label,
        level=level,
        code=code,
        text=text.strip(),
        starts=begins,
        until=until,
        cause=cause,
        by=actor.person,
        at=now,
        token=token,
    )
    await keep_stop(site, actor, stop, session, operator_id=scope)
    return stop


async def keep_stop(
    site: Site, actor: Actor, stop: Stop, session: Session = None, *, operator_id: Id | None = None
) -> None:
    """Write a stop with its event, in the transaction given or one of its own. Raises TransitionRefused where
    more stand than a process keeps, RecordChanged where its token was used."""
    if await Stop.raw().count_documents(_live(stop.at), limit=MOST) >= MOST:
        raise TransitionRefused("Too many stops are set. End some of them first.")
    told = {"level": stop.level, "code": stop.code, "text": stop.text}
    times = {"starts": stop.starts, "until": stop.until, "automatic": stop.automatic}

    async def body(session: Session) -> None:
        await insert_or(RecordChanged(CHANGED), stop, session)
        await record_event(
            site, actor, "stop.set", subject_of(stop), session, operator_id=operator_id, **told, **times
        )

    await _carry_out(site, body, session)


async def change_stop(
    site: Site, actor: Actor, stop_id: Id, *, until: datetime | None, text: str, reason: str, revision: int
) -> Stop:
    """Let a stop last longer or shorter, or tell it otherwise; `revision` is what was seen.

    Raises NotAllowed, ConfirmationRequired, NotFound, TransitionRefused (it is over, or another act ends it),
    AnswersInvalid (paths ``text``, ``until``, ``reason``), RecordChanged."""
    _require_hand(site, actor)
    stop, now = await find_stop(stop_id), site.now()
    _require_in_hand(stop, now)
    _check(now, stop.code, text, max(stop.starts, now), until)
    _check_reason(reason)
    values: dict[str, Any] = {"until": until, "text": text.strip()}
    change = StopChange(by=actor.person, at=now, reason=reason.strip(), **values)
    await _update(site, actor, stop, revision, "stop.changed", values, {"reason": change.reason}, change)
    return await find_stop(stop_id)


async def end_stop(
    site: Site,
    actor: Actor,
    stop_id: Id,
    reason: str,
    session: Session = None,
    *,
    revision: int | None = None,
) -> Stop:
    """End a stop now, or call off one that is only planned. With a `session` it is part of another act, which
    has asked who may; else it needs ``stop.set``, and a stop that another act caused is left to that.

    Raises NotAllowed, ConfirmationRequired, NotFound, TransitionRefused (it is over), AnswersInvalid (path
    ``reason``), RecordChanged."""
    if session is None:
        _require_hand(site, actor)
    stop, now = await find_stop(stop_id, session), site.now()
    if session is None:
        _require_in_hand(stop, now)
    _check_reason(reason)
    end = StopEnd(by=actor.person, at=now, reason=reason.strip())
    values = {"ended": end.model_dump()}
    seen = stop.revision if revision is None else revision
    await _update(site, actor, stop, seen, "stop.ended", values, {"reason": end.reason}, session=session)
    stop.ended, stop.revision = end, seen + 1
    return stop


async def standing(site: Site, operator_id: Id | None) -> Stop | None:
    """What stops an operator now (None: everybody), the strongest; looked up where it is older than half a
    second."""
    return await site.switchboard.look(keys_of(operator_id))


def keys_of(operator_id: Id | None) -> tuple[str, ...]:
    """The keys of the stops that hold for an operator."""
    return (SITE,) if operator_id is None else (SITE, operator_key(operator_id))


async def find_operator(site: Site, number: str) -> tuple[Id, str]:
    """The operator with this registration number, with its number and name. Raises AnswersInvalid (path
    ``operator``)."""
    try:
        record = await site.records[site.configuration.site.operator_type].by_number(number.strip(), {})
    except NotFound as error:
        said = Message("No {operator} has this registration number.", side_words(site))
        raise AnswersInvalid((AnswerError("operator", "unknown", said),)) from error
    return record.id, f"{record.number} {record.title}".strip()


def read_moment(site: Site, name: str, typed: str) -> datetime | None:
    """A moment as typed, in the site's time zone; None where nothing is. Raises AnswersInvalid at `name`."""
    if not typed.strip():
        return None
    try:
        return datetime.fromisoformat(typed.strip()).replace(tzinfo=site.calendar.zone)
    except ValueError as error:
        said = Message("Enter a day and a time like 2026-04-01 09:00.")
        raise AnswersInvalid((AnswerError(name, "format", said),)) from error


async def find_stop(stop_id: Id, session: Session = None) -> Stop:
    """One stop as it is stored. Raises NotFound."""
    row = await Stop.raw().find_one({"_id": stop_id}, session=session)
    if row is None:
        raise NotFound
    found: Stop = Stop.model_validate(row)
    return found


async def live_stops(site: Site) -> list[Stop]:
    """Those that stand or are announced, the earliest first, as they are stored."""
    rows = (
        await Stop.raw().find(_live(site.now())).sort([("starts", 1), ("_id", 1)]).limit(MOST).to_list(None)
    )
    return [Stop.model_validate(row) for row in rows]


async def past_stops(site: Site, limit: int, skip: int = 0) -> list[Stop]:
    """Those that are over, the one that began last first."""
    over = {"$or": [{"ended": {"$ne": None}}, {"until": {"$lte": site.now()}}]}
    found = Stop.raw().find(over).sort([("starts", -1), ("_id", -1)]).skip(min(skip, FARTHEST_BACK))
    return [Stop.model_validate(row) for row in await found.limit(limit).to_list(None)]


async def history(stop_id: Id) -> list[Event]:
    """What was done with a stop, newest first."""
    found = Event.raw().find({"subject.id": stop_id, "subject.kind": "stop"})
    rows = await found.sort([("at", -1), ("_id", -1)]).limit(100).to_list(None)
    return [Event.model_validate(row) for row in rows]


def subject_of(stop: Stop) -> Subject:
    """A stop as events name it."""
    return Subject(kind="stop", id=stop.id, label=stop.label or stop.key)


def _live(now: datetime) -> dict[str, Any]:
    return {"ended": None, "$or": [{"until": None}, {"until": {"$gt": now}}]}


def _require_hand(site: Site, actor: Actor) -> None:
    require(actor, "stop.set")
    require_recent(site, actor)


def _require_in_hand(stop: Stop, now: datetime) -> None:
    if stop.is_over(now):
        raise TransitionRefused("This stop is over already.")
    if stop.cause is not None:
        raise TransitionRefused("This stop belongs to “{cause}” and ends with it.", cause=stop.cause.label)


async def _update(
    site: Site,
    actor: Actor,
    stop: Stop,
    revision: int,
    action: str,
    values: dict[str, Any],
    told: dict[str, Any],
    change: StopChange | None = None,
    session: Session = None,
) -> None:
    seen = {"_id": stop.id, "revision": revision, "ended": None}
    update: dict[str, Any] = {"$set": values, "$inc": {"revision": 1}}
    if change is not None:
        update["$push"] = {"changes": change.model_dump()}
        told = {**told, **values}

    async def body(session: Session) -> None:
        if await update_where(Stop, seen, update, session) is None:
            raise RecordChanged(CHANGED)
        await record_event(site, actor, action, subject_of(stop), session, **told)

    await _carry_out(site, body, session)


async def _carry_out(site: Site, body: Any, session: Session) -> None:
    """In the transaction given; else in one of its own, and this process knows at once."""
    if session is not None:
        await body(session)
        return
    await site.store.transaction(body)
    await site.switchboard.refresh()


def _check(now: datetime, code: int, text: str, starts: datetime, until: datetime | None) -> None:
    errors = []
    if code not in GROUNDS:
        errors.append(AnswerError("code", "choice", Message("Choose the ground.")))
    if not text.strip() or len(text.strip()) > TEXT_LIMIT:
        msgid = "Say what those concerned are told, in at most {limit} characters."
        errors.append(AnswerError("text", "required", Message(msgid, {"limit": TEXT_LIMIT})))
    if starts > now + FARTHEST:
        errors.append(AnswerError("starts", "range", Message("Choose a time within a year.")))
    if until is not None and until <= starts:
        errors.append(
            AnswerError("until", "range", Message("The end must be after the beginning, and ahead."))
        )
    if until is not None and until > now + 2 * FARTHEST:
        errors.append(AnswerError("until", "range", Message("Choose a time within two years.")))
    if errors:
        raise AnswersInvalid(tuple(errors))


def _check_reason(reason: str) -> None:
    if not reason.strip() or len(reason.strip()) > TEXT_LIMIT:
        said = Message("Say why, in at most {limit} characters.", {"limit": TEXT_LIMIT})
        raise AnswersInvalid((AnswerError("reason", "required", said),))
