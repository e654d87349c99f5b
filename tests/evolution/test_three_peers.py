"""One document, one changed definition, as three other products were tried with it: none of them warned, one
lost an answer at once and two at the next edit, and two refused to change a title because of other answers.

Here every change is announced beforehand, with the record it touches and a step that loses nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from models.documents.record import Record
from models.schema.definition import RecordType
from models.services.impact import Counted, Impact, assess
from models.services.registry import Published
from models.services.site import Site
from tests.schema.definitions import a_type, field, options
from tests.services.stored import publish, store_records

DOCUMENT: dict[str, Any] = {
    "title": "North plant",
    "capacity": "12 MW",
    "region": "east",
    "note": "keep",
    "items": [{"a": "one", "b": "two"}],
}
NOTE: dict[str, Any] = {"label": {"ja": "備考", "en": "Note"}}
LOSSLESS: dict[str, Any] = {
    "rename": {"note": "remark"},
    "convert": {"capacity": {"pattern": r"^(\d+) MW$", "otherwise": "attic"}},
    "map": {"region": {"east": None}},
    "drop": ["items.b"],
    "default": {"contact": "unknown"},
}
"""What the plan suggests, with the pattern a steward adds so that “12 MW” becomes 12."""


def before() -> RecordType:
    """What the document was written under."""
    return a_type(
        field("title"),
        field("capacity"),
        field("region", "choice", options=options("east", "west")),
        field("note", **NOTE),
        field("items", "table", fields=[field("a"), field("b")]),
    )


def after(**keys: Any) -> RecordType:
    """Five changes: capacity is a number, “east” is gone, note is called remark, items have no b, and
    contact is required."""
    return a_type(
        field("title"),
        field("capacity", "integer"),
        field("region", "choice", options=options("west")),
        field("remark", **NOTE),
        field("items", "table", fields=[field("a")]),
        field("contact", required=True),
        **keys,
    )


@dataclass
class Stage:
    """The record under the published definition."""

    site: Site
    published: Published
    record: Record

    async def plan(self, candidate: RecordType) -> Impact:
        return await assess(self.site, self.published, candidate)


@pytest_asyncio.fixture
async def stage(site: Site) -> AsyncIterator[Stage]:
    published = await publish(site, before())
    [record] = await store_records(site, published, DOCUMENT)
    yield Stage(site, published, record)


def by_change(impact: Impact) -> dict[tuple[str, str], Counted]:
    return {(each.change.code, each.change.path): each for each in impact.changes}


async def test_every_change_is_announced_with_the_record_and_a_step(stage: Stage) -> None:
    found = by_change(await stage.plan(after()))
    announced = {
        ("not_fitting", "capacity"): {"convert": {"capacity": {"otherwise": "attic"}}},
        ("option_removed", "region"): {"map": {"region": {"east": None}}},
        ("field_removed", "note"): {"rename": {"note": "remark"}},
        ("field_removed", "items.b"): {"drop": ["items.b"]},
        ("field_added", "contact"): {"default": {"contact": "unknown"}},
    }
    for change, step in announced.items():
        assert found[change].numbers == (stage.record.number,), change
        assert found[change].change.step == step, change
    assert {each.change.path for each in found.values() if each.refused(())} == {
        path for _, path in announced
    }


async def test_the_plan_writes_nothing(stage: Stage) -> None:
    await stage.plan(after())
    assert await stage.site.records["plant"].get(stage.record.id) == stage.record


async def test_with_the_steps_nothing_stands_in_the_way(stage: Stage) -> None:
    impact = await stage.plan(after(evolution=[{"from": stage.published.version, **LOSSLESS}]))
    assert impact.refusals() == ()
    assert {
        each.change.settled_by for each in impact.changes if each.change.kind != "safe"
    } == LOSSLESS.keys()


async def test_without_one_of_the_steps_its_change_still_stands_in_the_way(stage: Stage) -> None:
    """The control: each of the five is needed."""
    for name in LOSSLESS:
        rest = {key: value for key, value in LOSSLESS.items() if key != name}
        impact = await stage.plan(after(evolution=[{"from": stage.published.version, **rest}]))
        assert impact.refusals() != (), name


async def test_a_document_written_for_the_new_definition_is_not_touched(stage: Stage) -> None:
    """The control: what fits already is not announced."""
    fitting = {
        "title": "South plant",
        "capacity": "12",
        "region": "west",
        "items": [{"a": "x"}],
        "contact": "me",
    }
    [record] = await store_records(stage.site, stage.published, fitting)
    found = by_change(await stage.plan(after()))
    named = [path for (_, path), each in found.items() if record.number in each.numbers]
    assert set(named) <= {"capacity"}, "only the change of type itself, which every number needs"
