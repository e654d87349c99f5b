"""Who applies: what the operator holds, and what became of its earlier applications; all of it bounded."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.access import found_at, is_open
from models.documents.application import Application
from models.documents.base import Id
from models.language import Text
from models.permissions import Actor, allowed
from models.schema.definition import KIND_LABELS, RecordType
from models.services.looking import Look
from models.services.seeing import governed, is_read, rows
from models.services.site import Site
from models.workflow.definition import State

EARLIER = 8
"""Most earlier applications shown."""

REMARKS = 3
"""Most remarks told of each."""

HELD_LIMIT = 1001
"""Records are counted no further than this."""

COLUMNS = {
    "reference": 1,
    "type": 1,
    "kind": 1,
    "title": 1,
    "state": 1,
    "schema_version": 1,
    "record_id": 1,
    "updated_at": 1,
    "decided_at": 1,
    "submissions.round": 1,
    "remarks.field": 1,
    "remarks.text": 1,
    "remarks.reason": 1,
    "history": {"$slice": -1},
}


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier application of the same operator and what became of it. `remarks` are (reason code, text),
    the latest first, those left out that are about what may not be read."""

    reference: str
    title: str
    type: Text
    kind: Text
    state: State | None
    at: datetime
    rounds: int
    note: str
    remarks: tuple[tuple[str, str], ...]
    count: int
    """How many remarks there were."""


@dataclass(frozen=True, slots=True)
class Held:
    """How many records of a type the operator has in force, up to HELD_LIMIT."""

    type: str
    label: Text
    count: int


@dataclass(frozen=True, slots=True)
class Standing:
    """The operator who applies: its record's number, title and state, and its past."""

    type: str = ""
    number: str = ""
    title: str = ""
    state: Text | None = None
    live: bool = True
    since: datetime | None = None
    held: tuple[Held, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    more: bool = False
    """Whether there are earlier applications besides."""


async def standing_of(look: Look) -> Standing | None:
    """The operator behind an application; None for somebody who is not registered."""
    site, operator_id = look.site, look.application.operator_id
    if operator_id is None:
        return None
    earlier, held = await asyncio.gather(_earlier(look, operator_id), _held(site, look.actor, operator_id))
    shown = tuple(earlier[:EARLIER])
    record = look.operator
    if record is None:
        return Standing(held=held, earlier=shown, more=len(earlier) > EARLIER)
    lifecycle = site.lifecycles[site.registry.current(record.type).definition.lifecycle]
    state = lifecycle.states.get(record.lifecycle)
    return Standing(
        type=record.type,
        number=record.number,
        title=record.title,
        state=state.label if state else Text(ja=record.lifecycle),
        live=state is not None and state.live,
        since=record.created_at,
        held=held,
        earlier=shown,
        more=len(earlier) > EARLIER,
    )


async def _held(site: Site, actor: Actor, operator_id: Id) -> tuple[Held, ...]:
    """What the operator has in force, by type, as far as `actor` may see it."""
    if not allowed(actor, "record.view"):
        return ()
    kinds = [published.definition for published in site.registry.all_current().values()]
    theirs = [kind for kind in kinds if kind.belongs_to == site.configuration.site.operator_type]
    counts = await asyncio.gather(*(_count(site, actor, kind.name, operator_id) for kind in theirs))
    found = zip(theirs, counts, strict=True)
    return tuple(Held(kind.name, kind.label, count) for kind, count in found if count or kind.enabled)


async def _count(site: Site, actor: Actor, type_name: str, operator_id: Id) -> int:
    lifecycle = site.lifecycles[site.registry.current(type_name).definition.lifecycle]
    where: dict[str, Any] = {"operator_id": operator_id, "lifecycle": {"$in": lifecycle.live_states}}
    ruled = rows(site, actor, type_name)
    return await site.records[type_name].count({"$and": [where, ruled]} if ruled else where, HELD_LIMIT)


async def _earlier(look: Look, operator_id: Id) -> list[Earlier]:
    """The operator's other applications that were handed over, the latest first."""
    where = {
        "operator_id": operator_id,
        "_id": {"$ne": look.application.id},
        "submitted_at": {"$ne": None},
        "about": None,
    }
    cursor = Application.raw().find(where, COLUMNS).sort("updated_at", -1).limit(EARLIER + 1)
    found = await cursor.to_list(None)
    hidden = await _out_of_reach(look, found)
    return [_told(look, row) for row in found if row.get("record_id") not in hidden]


async def _out_of_reach(look: Look, found: Iterable[Mapping[str, Any]]) -> set[Id]:
    """The records among these applications that row rules keep from the reader: one question for each type
    that has rules."""
    about: dict[str, set[Id]] = {}
    for row in found:
        if row.get("record_id") is not None and row["type"] in look.site.records:
            about.setdefault(row["type"], set()).add(row["record_id"])
    ruled = {name: rule for name in about if (rule := rows(look.site, look.actor, name))}
    hidden: set[Id] = set()
    for name, rule in ruled.items():
        where = {"$and": [{"_id": {"$in": list(about[name])}}, rule]}
        seen = await look.site.records[name].rows(where, {"_id": 1}, [("_id", 1)], 0, EARLIER + 1)
        hidden |= about[name] - {row["_id"] for row in seen}
    return hidden


def _told(look: Look, row: Mapping[str, Any]) -> Earlier:
    site = look.site
    form = governed(site, row["type"], int(row.get("schema_version") or 0))
    flow = site.workflows.get(form.applications.workflow)
    readable = [
        each for each in row.get("remarks") or () if is_read(look.actor, form, str(each.get("field")))
    ]
    last = (row.get("history") or [{}])[-1]
    state = flow.states.get(row["state"]) if flow else None
    return Earlier(
        reference=row["reference"],
        title=row.get("title") or "",
        type=form.label,
        kind=KIND_LABELS[row["kind"]],
        state=state,
        at=row.get("decided_at") or row["updated_at"],
        rounds=len(row.get("submissions") or ()),
        note=str(last.get("note") or "") if state is not None and state.final else "",
        remarks=tuple((each.get("reason") or "", each["text"]) for each in readable[::-1][:REMARKS]),
        count=len(readable),
    )


def _is_told(actor: Actor, form: RecordType, path: str) -> bool:
    """Whether a remark at `path` may be read; one at a field nobody knows only where nothing is kept back."""
    return is_open(form) or (bool(found_at(form, path)) and is_read(actor, form, path))
