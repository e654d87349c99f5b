"""A record type is changed with stored data behind it: announced, lossless, and taken back again."""

from typing import Any

import pytest

from models.errors import RecordChanged, SchemaChangeRefused, SchemaMoved, StepsFailed
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.services.applications import save_page
from models.services.beginning import begin
from models.services.publishing import apply, rollback
from models.services.records import history_of
from models.services.site import Site
from models.services.submitting import submit
from models.services.upgrading import newer, upgrade
from models.services.versions import publish_version
from tests.evolution.facility import (
    NAME,
    STORED,
    facility,
    gone,
    publish,
    regions,
    store,
    stored_as,
    work,
)
from tests.evolution.kinds import table, text
from tests.services.people import decide, register_operator

REMOVED = facility(gone("note"))
RENAMED = facility(gone("note"), text("remark"), evolution=[{"from": 1, "rename": {"note": "remark"}}])


async def began(site: Site, *rows: Any) -> None:
    await publish(site, facility())
    await store(site, None, *(rows or (STORED,)))


async def test_what_would_be_lost_is_refused_and_nothing_is_changed(site: Site) -> None:
    await began(site)
    before = await stored_as(site)
    with pytest.raises(SchemaChangeRefused) as refused:
        await apply(site, SYSTEM, REMOVED)
    assert [(row.change.path, row.numbers) for row in refused.value.rows] == [("note", ("0000000001",))]
    assert site.registry.current(NAME).version == 1
    assert await stored_as(site) == before


async def test_the_same_change_without_anything_stored_is_published(site: Site) -> None:
    """The control of the test above."""
    await publish(site, facility())
    assert (await publish(site, REMOVED)).version == 2


async def test_with_its_step_the_stored_value_follows(site: Site) -> None:
    await began(site)
    published = await publish(site, RENAMED)
    record = await stored_as(site)
    assert published.version == 2
    assert record["schema_version"] == 2
    assert record["data"]["remark"] == "keep"
    assert "note" not in record["data"]
    assert record["revision"] == 1


async def test_acknowledged_the_value_stays_where_it_is_readable(site: Site) -> None:
    await began(site)
    await publish(site, REMOVED, acknowledged=["note"])
    record = await stored_as(site)
    assert record["schema_version"] == 1
    assert record["data"]["note"] == "keep"
    assert "note" in site.registry.at(NAME, record["schema_version"]).definition.by_name


async def test_a_step_that_fails_on_some_records_lists_them_and_writes_nothing(site: Site) -> None:
    await began(site, STORED, {**STORED, "capacity": "12"})
    number = {"name": "capacity", "type": "integer", "label": {"ja": "容量"}}
    candidate = facility(number, evolution=[{"from": 1, "convert": {"capacity": {}}}])
    with pytest.raises(SchemaChangeRefused):
        await apply(site, SYSTEM, candidate)
    with pytest.raises(StepsFailed) as failed:
        await apply(site, SYSTEM, candidate, acknowledged=["capacity"])
    assert [failure.number for failure in failed.value.failures] == ["0000000001"]
    assert site.registry.current(NAME).version == 1
    assert (await stored_as(site, "0000000002"))["data"]["capacity"] == "12"


async def test_with_a_way_for_what_does_not_fit_the_same_step_is_done(site: Site) -> None:
    """The control of the test above."""
    await began(site, STORED, {**STORED, "capacity": "12"})
    number = {"name": "capacity", "type": "integer", "label": {"ja": "容量"}}
    convert = {"capacity": {"otherwise": "attic"}}
    await publish(site, facility(number, evolution=[{"from": 1, "convert": convert}]))
    first, second = await stored_as(site), await stored_as(site, "0000000002")
    assert second["data"]["capacity"] == 12
    assert first["data"].get("capacity") is None
    assert [(kept["path"], kept["value"]) for kept in first["attic"]][:1] == [("capacity", "12 MW")]


async def test_what_becomes_searchable_is_found_in_records_stored_before(site: Site) -> None:
    """Control: before, the search has nothing of it; and a change that works nothing out writes nothing."""
    await began(site)
    before = await stored_as(site)
    await publish(site, facility(text("added")))
    assert (await stored_as(site))["schema_version"] == before["schema_version"]
    assert "ke" not in before["grams"]
    await publish(site, facility(text("note", search=True), text("added")))
    record = await stored_as(site)
    assert "ke" in record["grams"]
    assert record["data"] == before["data"]


async def test_a_new_formula_is_worked_out_for_records_stored_before(site: Site) -> None:
    await began(site)
    formula = {"name": "rows", "type": "computed", "label": {"ja": "行数"}, "value": {"$size": "$items"}}
    await publish(site, facility(formula))
    assert (await stored_as(site))["data"]["rows"] == 1


async def test_going_back_gives_the_exact_form_of_before(site: Site) -> None:
    await began(site)
    before = await stored_as(site)
    await publish(site, RENAMED)
    published = await rollback(site, SYSTEM, NAME, 1)
    await work(site)
    record = await stored_as(site)
    assert published.version == 3
    assert record["data"] == before["data"]
    assert record["schema_version"] == 3
    assert [field.name for field in published.definition.fields] == [f.name for f in facility().fields]


async def test_going_back_keeps_what_was_written_since(site: Site) -> None:
    await began(site)
    await publish(site, RENAMED)
    await site.records[NAME].collection.update_one(
        {"number": "0000000001"}, {"$set": {"data.remark": "written since"}, "$inc": {"revision": 1}}
    )
    await rollback(site, SYSTEM, NAME, 1)
    await work(site)
    assert (await stored_as(site))["data"]["note"] == "written since"


async def test_a_version_that_is_in_force_is_no_way_back(site: Site) -> None:
    await began(site)
    with pytest.raises(SchemaChangeRefused):
        await rollback(site, SYSTEM, NAME, 1)


async def test_publishing_what_is_in_force_changes_nothing(site: Site) -> None:
    await began(site)
    assert (await publish(site, facility())).version == 1


async def test_of_two_who_publish_at_once_one_is_told(site: Site) -> None:
    await began(site)
    await publish(site, facility(text("added")))
    with pytest.raises(SchemaMoved):
        await publish_version(site, SYSTEM, facility(text("other")), base=1)


async def test_a_version_altered_in_place_is_not_believed(site: Site) -> None:
    """Control: the version before is still there, and untouched versions are read."""
    await began(site)
    await publish(site, facility(text("added")))
    versions = site.store.mongo["record_type_versions"]
    await versions.update_one(
        {"type": NAME, "version": 2}, {"$set": {"definition.title": "{facility_number}"}}
    )
    fresh = type(site.registry)()
    await fresh.refresh()
    assert fresh.current(NAME).version == 1
    assert fresh.altered == {(NAME, 2): "altered"}


class TestApplications:
    """Who is in the middle of filling in, or waits for a decision, when the form changes."""

    async def start(self, site: Site, reviewer: Any, approver: Any) -> tuple[Any, Any]:
        record, operator = await register_operator(site, reviewer, approver)
        await publish(site, facility())
        [stored] = await store(site, record.operator_id, STORED)
        return operator, stored

    async def test_a_draft_is_finished_on_the_version_it_was_begun_on(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        operator, stored = await self.start(site, reviewer, approver)
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        await publish(site, RENAMED)
        draft = await type_in(site, operator, draft, title="別の名前")
        draft = await submit(site, operator, draft, revision=draft.revision)
        assert draft.schema_version == 1
        await decide(site, reviewer, approver, draft)
        record = await stored_as(site)
        assert record["schema_version"] == 2
        assert record["data"]["title"] == "別の名前"
        assert record["data"]["remark"] == "keep"

    async def test_or_taken_to_the_new_one_with_every_answer(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        operator, stored = await self.start(site, reviewer, approver)
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        assert newer(site, draft) is None
        await publish(site, RENAMED)
        assert newer(site, draft) is not None
        draft = await upgrade(site, operator, draft, revision=draft.revision)
        assert draft.schema_version == 2
        assert draft.answers["remark"] == "keep"
        assert "note" not in draft.answers
        assert newer(site, draft) is None

    async def test_what_was_typed_wrong_is_still_there_after_the_upgrade(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        operator, stored = await self.start(site, reviewer, approver)
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        draft = await save_page(
            site, operator, draft, "page_1", {"title": "長" * 501}, revision=draft.revision, leave=True
        )
        await publish(site, RENAMED)
        draft = await upgrade(site, operator, draft, revision=draft.revision)
        assert draft.answers["title"] == "長" * 501

    async def test_an_upgrade_of_a_draft_changed_elsewhere_is_refused(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        operator, stored = await self.start(site, reviewer, approver)
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        await publish(site, RENAMED)
        with pytest.raises(RecordChanged):
            await upgrade(site, operator, draft, revision=draft.revision + 1)

    async def test_after_a_change_without_its_step_a_title_can_still_be_corrected(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        operator, stored = await self.start(site, reviewer, approver)
        number = {"name": "capacity", "type": "integer", "label": {"ja": "容量"}}
        harder: RecordType = facility(number, regions("west"), text("contact", required=True))
        await publish(site, harder, acknowledged=["capacity", "region", "contact"])
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        assert draft.schema_version == 1
        draft = await type_in(site, operator, draft, title="別の名前")
        draft = await submit(site, operator, draft, revision=draft.revision)
        await decide(site, reviewer, approver, draft)
        record = await stored_as(site)
        assert record["data"]["title"] == "別の名前"
        assert record["data"]["capacity"] == "12 MW"

    async def test_a_record_written_before_begins_on_the_new_form_where_it_fits(
        self, site: Site, reviewer: Any, approver: Any
    ) -> None:
        """And what the form no longer asks is in the attic after the change."""
        operator, stored = await self.start(site, reviewer, approver)
        await publish(
            site, facility(gone("note"), table("items", text("a"))), acknowledged=["note", "items.b"]
        )
        draft = await begin(site, operator, NAME, "change", record_id=stored.id)
        assert draft.schema_version == 2
        draft = await type_in(site, operator, draft, title="別の名前")
        draft = await submit(site, operator, draft, revision=draft.revision)
        await decide(site, reviewer, approver, draft)
        record = await stored_as(site)
        kept = {entry["path"]: entry["value"] for entry in record["attic"]}
        assert kept["note"] == "keep"
        assert "two" in str(kept)
        assert [version.revision for version in await history_of(site, reviewer, NAME, stored.id)] == [2, 1]


async def type_in(site: Site, actor: Any, draft: Any, **answers: Any) -> Any:
    definition = site.registry.at(NAME, draft.schema_version).definition
    for page in definition.laid_out:
        typed = {name: answers.get(name, draft.answers.get(name)) for name in page.fields}
        draft = await save_page(site, actor, draft, page.name, typed, revision=draft.revision)
    return draft
