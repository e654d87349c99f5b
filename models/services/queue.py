"""The queue: which applications wait for whom, read as plain projected rows."""

import asyncio
from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.permissions import Actor, require
from models.services.site import Site

Row = Mapping[str, Any]

COLUMNS = {
    "reference": 1,
    "type": 1,
    "kind": 1,
    "title": 1,
    "operator_name": 1,
    "state": 1,
    "assignee.name": 1,
    "due": 1,
    "submitted_at": 1,
    "submissions.round": 1,
}
"""What the queue reads of each application."""

COUNT_LIMIT = 1001
"""Counts go no further than this: nobody needs to know more than “1,000+”."""

PAGE_SIZE = 50
FARTHEST = 200
"""Last page that can be asked for; beyond, one filters."""


def waiting_states(site: Site) -> tuple[str, ...]:
    """The open states in which the staff are to act, over all workflows, in their order."""
    found = (
        name
        for workflow in site.workflows.values()
        for name, state in workflow.states.items()
        if not state.final and state.held_by not in (None, "applicant")
    )
    return tuple(dict.fromkeys(found))


def views(site: Site, actor: Actor) -> dict[str, dict[str, Any]]:
    """The queue's views by name, as queries: everything waiting, mine, and one per state.

    Raises NotAllowed for those who may see no applications."""
    require(actor, "application.view")
    waiting = list(waiting_states(site))
    states = dict.fromkeys(
        name
        for workflow in site.workflows.values()
        for name, state in workflow.states.items()
        if not state.initial
    )
    return {
        "waiting": {"state": {"$in": waiting}},
        "mine": {"assignee.id": actor.account_id, "state": {"$in": waiting}},
        **{f"state-{name}": {"state": name} for name in states},
    }


async def page(where: Mapping[str, Any], number: int) -> list[Row]:
    """One page of a view, longest waiting first."""
    skip = (min(max(number, 1), FARTHEST) - 1) * PAGE_SIZE
    cursor = Application.raw().find(where, COLUMNS).sort([("submitted_at", 1), ("_id", 1)])
    rows: list[Row] = await cursor.skip(skip).limit(PAGE_SIZE).to_list(None)
    return rows


Views = Mapping[str, Mapping[str, Any]]
"""Queries by the name of their view."""


async def counts(site: Site, wanted: Views) -> dict[str, int]:
    """How many applications each view holds, counted no further than COUNT_LIMIT: in one question to the
    database, because asking costs more than counting."""
    if not site.store.transactional:  # memory:// has no $unionWith
        return await _counts_apart(wanted)
    first, *rest = (_counting(name, where) for name, where in wanted.items())
    others = [{"$unionWith": {"coll": Application.Settings.name, "pipeline": stages}} for stages in rest]
    found = await (await Application.raw().aggregate([*first, *others])).to_list(None)
    return {**dict.fromkeys(wanted, 0), **{row["_id"]: row["count"] for row in found}}


def _counting(name: str, where: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    counted = {"_id": {"$literal": name}, "count": {"$sum": 1}}
    return [{"$match": where}, {"$limit": COUNT_LIMIT}, {"$group": counted}]


async def _counts_apart(wanted: Views) -> dict[str, int]:
    found = await asyncio.gather(
        *(Application.raw().count_documents(where, limit=COUNT_LIMIT) for where in wanted.values())
    )
    return dict(zip(wanted, found, strict=True))


async def next_reference(site: Site, actor: Actor, claimable: str) -> str | None:
    """The application that has waited longest in state `claimable`, or None."""
    require(actor, "application.view")
    found = await Application.raw().find_one(
        {"state": claimable}, {"reference": 1}, sort=[("submitted_at", 1), ("_id", 1)]
    )
    return str(found["reference"]) if found else None
