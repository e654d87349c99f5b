"""One document, one changed definition, as three other products were tried with it: none of them warned, one
lost an answer at once and two at the next edit, and two refused to change a title because of other answers.

Here every change is announced beforehand, with the record it touches and a step that loses nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from models.documents.record import Record
from models.errors import SchemaChangeRefused
from models.permissions import SYSTEM, Actor
from models.schema.definition import RecordType
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.impact import Counted, Impact, assess
from models.services.publishing import apply, rollback
from models.services.registry import Published
from models.services.site import Site
from models.services.submitting import submit
from tests.evolution.facility import work
from tests.schema.definitions import a_type, field, options
from tests.services.people import decide, register_operator
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


LED = {
    "title": "North plant",
    "capacity": 12,
    "remark": "keep",
    "items": [{"a": "one"}],
    "contact": "unknown",
}
"""The document under the new definition."""


def answered(record: Record) -> dict[str, Any]:
    """What a record answers, without its number and what is empty."""
    told = {name: value for name, value in record.data.items() if value not in (None, "", [])}
    return {name: value for name, value in told.items() if name != "plant_number"}


async def now(stage: Stage) -> Record:
    record = await stage.site.records["plant"].get(stage.record.id)
    assert record is not None
    return record


async def change(stage: Stage) -> None:
    """Publish the change with its steps, and let the stored document follow."""
    await apply(stage.site, SYSTEM, after(evolution=[{"from": stage.published.version, **LOSSLESS}]))
    await work(stage.site)


async def test_without_the_steps_nothing_is_published(stage: Stage) -> None:
    with pytest.raises(SchemaChangeRefused):
        await apply(stage.site, SYSTEM, after())
    assert stage.site.registry.current("plant").version == stage.published.version
    assert await now(stage) == stage.record


async def test_nothing_of_the_document_is_lost(stage: Stage) -> None:
    await change(stage)
    record = await now(stage)
    assert answered(record) == LED
    kept = {entry["path"]: entry["value"] for entry in record.attic}
    assert kept["capacity"] == "12 MW"
    assert kept["region"] == "east"
    assert "two" in str(kept)


async def test_only_the_title_can_be_edited_afterwards(
    stage: Stage, reviewer: Actor, approver: Actor
) -> None:
    """And the edit leaves every other answer, and what was kept aside, as it was."""
    owner, operator = await register_operator(stage.site, reviewer, approver)
    await stage.site.records["plant"].collection.update_one(
        {"_id": stage.record.id}, {"$set": {"operator_id": owner.operator_id}}
    )
    await change(stage)
    before_edit = await now(stage)
    await edit_title(stage.site, operator, reviewer, approver, stage.record, "South plant")
    record = await now(stage)
    assert answered(record) == {**LED, "title": "South plant"}
    assert record.attic == before_edit.attic


async def test_all_of_it_is_reversible(stage: Stage) -> None:
    await change(stage)
    published = await rollback(stage.site, SYSTEM, "plant", stage.published.version)
    await work(stage.site)
    record = await now(stage)
    assert published.version == stage.published.version + 2
    assert record.data == stage.record.data


async def test_also_after_the_title_was_edited(stage: Stage, reviewer: Actor, approver: Actor) -> None:
    owner, operator = await register_operator(stage.site, reviewer, approver)
    await stage.site.records["plant"].collection.update_one(
        {"_id": stage.record.id}, {"$set": {"operator_id": owner.operator_id}}
    )
    await change(stage)
    await edit_title(stage.site, operator, reviewer, approver, stage.record, "South plant")
    await rollback(stage.site, SYSTEM, "plant", stage.published.version)
    await work(stage.site)
    assert answered(await now(stage)) == {**answered(stage.record), "title": "South plant"}


async def edit_title(
    site: Site, operator: Actor, reviewer: Actor, approver: Actor, record: Record, title: str
) -> None:
    """A change application that touches the title alone."""
    draft = await begin(site, operator, "plant", "change", record_id=record.id)
    definition = site.registry.at("plant", draft.schema_version).definition
    for page in definition.laid_out:
        typed = {name: draft.answers.get(name) for name in page.fields} | (
            {"title": title} if "title" in page.fields else {}
        )
        draft = await save_page(site, operator, draft, page.name, typed, revision=draft.revision)
    draft = await submit(site, operator, draft, revision=draft.revision)
    await decide(site, reviewer, approver, draft)
