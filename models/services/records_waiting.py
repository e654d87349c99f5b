"""The records that wait for one side: an operator's for it, and the staff's own lists, the most urgent first.

Read by the indexes on ``Record.awaits``, with one question or two for each record type whose records wait for
anybody; what is never due comes last."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from models.access import sees_type
from models.documents.base import Id
from models.errors import NotAllowed
from models.permissions import Actor, allowed, may_use, require
from models.services.seeing import rows as row_rules
from models.services.site import Site
from models.workflow.definition import SIDES, Lifecycle

BRIEF: Mapping[str, Any] = dict.fromkeys(
    ("type", "number", "title", "lifecycle", "operator_id", "since", "updated_at", "due"), 1
)
"""What a list of waiting records reads of each: no answers."""

COUNT_LIMIT = 1001
"""Counts go no further than this."""

PAGE = 50
DEEPEST = 1000
"""Records a list is turned to at the furthest; who has more narrows it."""

FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """One record that waits; ``mine`` tells whether it waits for somebody with the reader's roles."""

    type: str
    id: Id
    number: str
    title: str
    operator_id: Id | None
    operator: str
    lifecycle: str
    since: datetime
    due: datetime | None
    overdue: bool
    mine: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list shows: of one type or of all (""), for the reader's own roles or for anybody of the staff,
    and only what is overdue."""

    type: str = ""
    mine: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait, each counted no further than COUNT_LIMIT."""

    mine: int
    all: int
    late: int


def waiting_types(site: Site, actor: Actor) -> Iterator[str]:
    """The record types whose records may wait for somebody, and that `actor` has to do with."""
    for name, published in site.registry.all_current().items():
        seen = may_use(actor, name) and sees_type(actor, published.definition)
        if seen and site.lifecycles[published.definition.lifecycle].awaited:
            yield name


# --- an operator's ------------------------------------------------------------------------------------------


async def own_lines(site: Site, actor: Actor, limit: int) -> list[Line]:
    """The records of this actor's operator that wait for it (at most `limit` of each type). Raises
    NotAllowed."""
    require(actor, "record.view_own")
    if actor.operator_id is None:
        raise NotAllowed(rule="record.view_own")
    own = {"operator_id": actor.operator_id, "awaits": {"$in": ["operator", "both"]}}
    found = await asyncio.gather(*(_of(site, actor, name, own, limit) for name in waiting_types(site, actor)))
    return sorted((_line(site, row, ()) for row in chain(*found)), key=_urgency)


# --- the staff's --------------------------------------------------------------------------------------------


async def lines(site: Site, actor: Actor, asked: Asked, *, skip: int = 0, limit: int = PAGE) -> list[Line]:
    """The records that wait for the staff, from `skip` on; by when they are due, the overdue ones first.
    Raises NotAllowed."""
    require(actor, "record.view")
    skip = min(skip, DEEPEST)
    found = await asyncio.gather(
        *(_of(site, actor, name, where, skip + limit) for name, where in _wheres(site, actor, asked))
    )
    flows = {name: _flow(site, name) for name in waiting_types(site, actor)}
    mine = {name: states_of_actor(flow, actor) for name, flow in flows.items()}
    ordered = sorted((_line(site, row, mine[row["type"]]) for row in chain(*found)), key=_urgency)
    return await _with_operators(site, ordered[skip : skip + limit])


async def total(site: Site, actor: Actor, asked: Asked) -> int:
    """How many ``lines`` has in all, counted no further than COUNT_LIMIT. Raises NotAllowed."""
    require(actor, "record.view")
    ruled = [(name, _ruled(site, actor, name, where)) for name, where in _wheres(site, actor, asked)]
    counts = await asyncio.gather(*(site.records[name].count(where, COUNT_LIMIT) for name, where in ruled))
    return min(sum(counts), COUNT_LIMIT)


async def counts(site: Site, actor: Actor, type_name: str = "") -> Counts:
    """How many records (of one type, or of all) wait for the reader's roles, for any of the staff, and of
    these how many are overdue. Raises NotAllowed."""
    wanted = (Asked(type_name), Asked(type_name, mine=False), Asked(type_name, mine=False, late=True))
    return Counts(*await asyncio.gather(*(total(site, actor, each) for each in wanted)))


def kinds_waiting(site: Site, actor: Actor) -> list[str]:
    """The record types whose records may wait for the staff and that `actor` may see."""
    return [name for name in waiting_types(site, actor) if states_of_staff(_flow(site, name))]


def _flow(site: Site, name: str) -> Lifecycle:
    return site.lifecycles[site.registry.current(name).definition.lifecycle]


def _wheres(site: Site, actor: Actor, asked: Asked) -> Iterator[tuple[str, dict[str, Any]]]:
    """The types a list reads, each with what it asks of their records."""
    for name in waiting_types(site, actor):
        flow = _flow(site, name)
        states = states_of_actor(flow, actor) if asked.mine else states_of_staff(flow)
        if states and asked.type in ("", name):
            late = {"due": {"$lte": site.now(), "$type": "date"}} if asked.late else {}
            yield name, {"awaits": {"$in": ["staff", "both"]}, "lifecycle": {"$in": states}, **late}


def states_of_staff(flow: Lifecycle) -> list[str]:
    """The open states of a lifecycle that may wait for anybody of the staff."""
    return [name for name in flow.open_states if any(_is_staff(word) for word in _parties(flow, name))]


def states_of_actor(flow: Lifecycle, actor: Actor) -> list[str]:
    """Those that may wait for somebody with this actor's roles: held by one of them, or by the staff with a
    step or a consent that is theirs. Nothing waits for who only looks."""
    if not allowed(actor, "record.act"):
        return []
    words = (actor.roles - set(SIDES)) | {"staff", "originator", "counterpart"}
    return [name for name in states_of_staff(flow) if _waits_for(flow, name, words)]


def _waits_for(flow: Lifecycle, state: str, words: frozenset[str]) -> bool:
    parties = {word for word in _parties(flow, state) if _is_staff(word)}
    general = {"staff", "assignee", "originator", "counterpart"}
    if parties - general:
        return bool(parties & (words - general))
    steps = [step for step in flow.transitions.values() if state in step.origins]
    taken = {word for step in steps for word in (*step.by, *(each.party for each in step.all_of))}
    return bool(taken & words)


def _parties(flow: Lifecycle, state: str) -> Iterator[str]:
    """Whoever a state may wait for, in the words of the lifecycle."""
    if flow.states[state].held_by:
        yield str(flow.states[state].held_by)
    for step in flow.transitions.values():
        if state in step.origins:
            yield from (each.party for each in step.all_of)


def _is_staff(word: str) -> bool:
    return word not in ("operator", "operator_administrator", "applicant", "system")


# --- both ---------------------------------------------------------------------------------------------------


async def _of(
    site: Site, actor: Actor, name: str, where: Mapping[str, Any], limit: int
) -> list[dict[str, Any]]:
    """The first of one type: what is due, then what never is."""
    ruled, records = _ruled(site, actor, name, where), site.records[name]
    due = ruled if "due" in where else {**ruled, "due": {"$type": "date"}}
    found = await records.rows(due, BRIEF, [("due", 1), ("_id", 1)], 0, limit)
    if len(found) < limit and "due" not in where:
        found += await records.rows({**ruled, "due": None}, BRIEF, [("_id", 1)], 0, limit - len(found))
    return found


def _ruled(site: Site, actor: Actor, name: str, where: Mapping[str, Any]) -> dict[str, Any]:
    rules = row_rules(site, actor, name)
    return {**where, **({"$and": [rules]} if rules else {})}


def _line(site: Site, row: Mapping[str, Any], mine: Sequence[str]) -> Line:
    due = row.get("due")
    return Line(
        row["type"],
        row["_id"],
        str(row.get("number", "")),
        str(row.get("title", "")),
        row.get("operator_id"),
        "",
        str(row.get("lifecycle", "")),
        row.get("since") or row["updated_at"],
        due,
        due is not None and due <= site.now(),
        row.get("lifecycle") in mine,
    )


async def _with_operators(site: Site, found: Sequence[Line]) -> list[Line]:
    """The lines with what their operators are called."""
    own = site.configuration.site.operator_type
    wanted = {line.operator_id for line in found if line.operator_id is not None}
    rows = await site.records[own].rows(
        {"_id": {"$in": list(wanted)}}, {"title": 1}, [("_id", 1)], 0, len(wanted) or 1
    )
    names = {row["_id"]: str(row.get("title", "")) for row in rows}
    return [replace(line, operator=names.get(line.operator_id, "")) for line in found]


def _urgency(line: Line) -> tuple[datetime, datetime, str]:
    return line.due or FAR, line.since, str(line.id)
