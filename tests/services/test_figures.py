"""The figures of the first page: right, from indexes alone, no wider than the reader's reach, never waited
for."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.documents.application import Application
from models.errors import NotAllowed, SearchTooWide
from models.permissions import Actor
from models.services import figures
from models.services.figures import percentile, record_figures, shares, work_figures
from models.services.keeping import Kept
from models.services.site import Site
from tests.clock import Hands

FACTS = {"type": "resource", "kind": "register", "schema_version": 1}


def application(number: int, **told: Any) -> dict[str, Any]:
    return {**FACTS, "reference": f"A{number}", "open": "decided_at" not in told, **told}


async def fill(site: Site) -> None:
    now, day = site.now(), timedelta(days=1)
    remark = {"field": "area", "text": "?", "at": now - day, "round": 1}
    rows = [
        application(1, state="submitted", submitted_at=now),
        application(2, state="submitted", submitted_at=now - 5 * day),
        application(
            3, state="submitted", submitted_at=now - 40 * day, remarks=[{**remark, "reason": "B01"}] * 2
        ),
        application(4, state="approved", submitted_at=now - 7 * day, decided_at=now),
        application(5, state="approved", submitted_at=now - day, decided_at=now, remarks=[remark]),
        application(6, state="rejected", submitted_at=now - 400 * day, decided_at=now - 300 * day),
        application(7, state=7, submitted_at="yesterday"),
    ]
    await Application.raw().insert_many(rows)


async def test_figures_count_what_there_is(site: Site, reviewer: Actor) -> None:
    await fill(site)
    found = await work_figures(site, reviewer)
    assert found.waiting.value is not None
    assert list(found.waiting.value.counts["submitted"]) == [1, 1, 0, 0, 1]
    decided = found.decided.value
    assert decided is not None
    assert (len(decided.weeks), dict(decided.weeks[-1][1])) == (figures.WEEKS, {"approved": 2})
    assert (dict(decided.days), decided.median, decided.most) == ({1: 1, 5: 1}, 1, 5)
    assert found.returned.value is not None
    assert list(found.returned.value.counts) == [("resource", "B01", 2), ("resource", "", 1)]
    with pytest.raises(NotAllowed):
        await work_figures(site, replace(reviewer, roles=frozenset()))


async def test_figures_of_the_work_read_indexes_alone(site: Site) -> None:
    await fill(site)
    asked: Any = {"state": {"$in": ["submitted"]}}
    steps = [{"$match": asked}, {"$group": {"_id": {"s": "$state", "a": "$submitted_at"}, "n": {"$sum": 1}}}]
    for index, match in (("queue", asked), ("decided", {"decided_at": {"$gte": site.now()}})):
        told = {
            "aggregate": "applications",
            "pipeline": [{"$match": match}, *steps[1:]],
            "cursor": {},
            "hint": index,
        }
        plan = await Application.raw().database.command("explain", told)
        assert "FETCH" not in str(plan), index
        assert "COLLSCAN" not in str(plan), index


async def test_records_are_counted_by_the_options_the_reader_may_see(site: Site, reviewer: Actor) -> None:
    rows = [
        {"number": str(n), "lifecycle": life, "data": {"area": area, "resource_class": "stable"}}
        for n, (area, life) in enumerate(
            [("03", "active"), ("03", "active"), ("02", "active"), ("02", "ended")]
        )
    ]
    definition = site.registry.current("resource").definition
    areas = [option.code for option in definition.by_name["area"].options][:2]  # type: ignore[attr-defined]
    ended = next(n for n, s in site.lifecycles[definition.lifecycle].states.items() if not s.live)
    for row in rows:
        row["data"]["area"] = areas[row["data"]["area"] == "02"]  # type: ignore[index]
        row["lifecycle"] = ended if row["lifecycle"] == "ended" else "active"
    await Application.raw().database[definition.collection].insert_many(rows, bypass_document_validation=True)
    found = {share.field.name: got.value for share, got in await record_figures(site, reviewer)}
    assert found["area"] is not None
    assert [found["area"][code] for code in areas] == [2, 1]
    assert shares(site, replace(reviewer, roles=frozenset({"system_administrator"}))) == []


async def test_nobody_waits_for_a_figure_and_a_failed_one_says_so() -> None:
    hands = Hands()
    kept, made, gate = Kept(hands), [], asyncio.Event()

    async def make() -> int:
        await gate.wait()
        made.append(1)
        return len(made)

    first = await asyncio.gather(*(kept.get("a", make) for _ in range(5)))
    assert {found.state for found in first} == {"coming"}
    gate.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [(await kept.get("a", make)).value, len(made)] == [1, 1]
    hands.forward(seconds=61)
    stale = await kept.get("a", make)
    assert (stale.value, stale.state) == (1, "ready")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (await kept.get("a", make)).value == 2

    async def fail() -> int:
        raise SearchTooWide

    hands.forward(seconds=61)
    await kept.get("a", fail)
    await asyncio.sleep(0)
    after = await kept.get("a", fail)
    assert (after.value, after.state) == (2, "failed")
    assert (await kept.get("b", fail)).state == "failed"


def test_percentiles_are_of_the_nearest_rank() -> None:
    assert [percentile({1: 1, 2: 1, 9: 2}, part) for part in (0.25, 0.5, 0.9)] == [1, 2, 9]
    assert percentile({}, 0.5) is None
