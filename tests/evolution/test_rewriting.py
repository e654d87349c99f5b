"""Stored records follow: rehearsed, rewritten by the server or by Python, and taken back."""

import asyncio
from typing import Any

import pytest

from models.documents.conversion import Conversion
from models.documents.job import Job
from models.documents.record import RecordVersion
from models.schema.definition import RecordType
from models.schema.evolution import inverse
from models.services import jobs, rewriting
from models.services.jobs import find_job, finish, run_one
from models.services.rewriting import rehearse
from tests.clock import Hands
from tests.evolution.kinds import choice, text
from tests.evolution.stored import Stored, thing

POWER = {"name": "power", "type": "integer", "label": {"ja": "出力"}}
OLD = thing(text("note", filter=True), text("power"), choice("area", "abc"))
RENAMED = thing(
    text("remark", filter=True),
    text("power"),
    choice("area", "abc"),
    evolution=[{"from": 1, "rename": {"note": "remark"}}],
)


def converted(**how: Any) -> RecordType:
    return thing(
        text("note", filter=True),
        POWER,
        choice("area", "abc"),
        evolution=[{"from": 1, "convert": {"power": how}}],
    )


async def done(stored: Stored, job: Job) -> Job:
    assert await run_one(stored.site)
    assert job.id is not None
    return await find_job(job.id)


async def test_the_server_renames_and_everything_else_stays(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(50, {"note": "x", "area": "a"})
    before = await stored.rows()
    await stored.publish(RENAMED)
    job = await done(stored, await stored.job())
    assert (job.state, job.done, job.total, job.failed_count) == ("done", 50, 50, 0)
    for old, new in zip(before, await stored.rows(), strict=True):
        data = {name: value for name, value in old["data"].items() if name != "note"} | {"remark": "x"}
        assert new == {**old, "data": data, "schema_version": 2}


async def test_what_stands_under_the_new_name_already_is_kept_in_the_attic(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(3, {"note": "x"})
    by_hand = {"$set": {"data.remark": "by hand"}}
    await stored.collection.update_one({"number": "000002"}, by_hand, bypass_document_validation=True)
    await stored.publish(RENAMED)
    await done(stored, await stored.job())
    rows = await stored.rows(schema_version=2)
    assert [row["data"]["remark"] for row in rows] == ["x", "x", "x"]
    assert [[kept["value"] for kept in row["attic"]] for row in rows] == [[], ["by hand"], []]


async def test_what_a_field_no_longer_asks_for_is_dropped_of_the_indexes(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(1, {"note": "x"})
    await stored.publish(RENAMED)
    assert {"by_note", "by_remark"} <= set(await stored.collection.index_information())
    await done(stored, await stored.job())
    names = set(await stored.collection.index_information())
    assert "by_note" not in names
    assert {"by_remark", "number", "by_operator", "search"} <= names


async def test_python_converts_what_the_server_cannot(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(30, {"note": "x", "power": "1,200"})
    await stored.publish(converted())
    assert (await done(stored, await stored.job())).state == "done"
    rows = await stored.rows()
    assert [row["data"]["power"] for row in rows] == [1200] * 30
    assert {(row["revision"], row["schema_version"]) for row in rows} == {(1, 2)}
    assert rows[0]["attic"][0]["value"] == "1,200"


async def test_the_form_a_record_had_is_in_its_history_even_where_nobody_wrote_it(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(20, {"note": "x"}, history=False)
    await stored.publish(RENAMED)
    await done(stored, await stored.job())
    rows = [row async for row in RecordVersion.raw().find()]
    assert len(rows) == 20
    assert {(row["revision"], row["schema_version"], row["data"]["note"]) for row in rows} == {(1, 1, "x")}


async def test_title_and_grams_follow_when_their_fields_do(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(3, {"note": "海風"})
    entry = {"from": 1, "rename": {"note": "remark"}}
    searched = thing(text("remark", search=True), text("power"), choice("area", "abc"), evolution=[entry])
    await stored.publish(searched.model_copy(update={"title": "{title}・{remark}"}))
    await done(stored, await stored.job())
    row = (await stored.rows())[0]
    assert row["title"] == "発電所 1・海風"
    assert "海風" in row["grams"]


async def test_a_rehearsal_lists_what_fails_and_writes_nothing(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(10, {"power": "12"})
    await stored.collection.update_many(
        {"number": {"$in": ["000003", "000007"]}}, {"$set": {"data.power": "x"}}
    )
    before = await stored.rows()
    found = await rehearse(stored.site, stored.site.registry.current("thing"), converted())
    assert found.count == 2
    assert [(each.number, each.path) for each in found.listed] == [("000003", "power"), ("000007", "power")]
    assert found.listed[0].message("en") == "“x” does not fit the field"
    assert await stored.rows() == before


async def test_control_with_a_way_out_nothing_fails(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(10, {"power": "x"})
    found = await rehearse(stored.site, stored.site.registry.current("thing"), converted(otherwise="attic"))
    assert found.count == 0


async def test_a_record_that_fails_late_stays_as_it_was_and_is_listed(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(10, {"power": "12"})
    await stored.publish(converted())
    await stored.collection.update_one({"number": "000004"}, {"$set": {"data.power": "x"}})
    job = await done(stored, await stored.job())
    assert (job.state, job.failed_count) == ("done", 1)
    assert [(each["number"], each["path"]) for each in job.failed] == [("000004", "power")]
    left = await stored.rows(schema_version=1)
    assert [(row["number"], row["data"]["power"]) for row in left] == [("000004", "x")]


async def test_a_record_a_unique_index_refuses_is_listed_and_the_others_follow(stored: Stored) -> None:
    await stored.publish(thing(choice("area", "abc", unique=True)))
    await stored.fill(3, {})
    for number, area in zip(("000001", "000002", "000003"), "abc", strict=True):
        await stored.collection.update_one({"number": number}, {"$set": {"data.area": area}})
    entry = {"from": 1, "map": {"area": {"b": "a"}}}
    await stored.publish(thing(choice("area", "ac", unique=True), evolution=[entry]))
    job = await done(stored, await stored.job())
    assert [each["number"] for each in job.failed] == ["000002"]
    assert [row["number"] for row in await stored.rows(schema_version=2)] == ["000001", "000003"]


async def test_a_record_changed_while_its_range_is_converted_keeps_the_change(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored.publish(OLD)
    await stored.fill(5, {"power": "12"})
    await stored.publish(converted())
    write = Conversion.write

    async def between(self: Any, *arguments: Any) -> Any:
        changes = {"$set": {"data.power": "99"}, "$inc": {"revision": 1}}
        await stored.collection.update_one({"number": "000002", "revision": 1}, changes)
        return await write(self, *arguments)

    monkeypatch.setattr(Conversion, "write", between)
    await done(stored, await stored.job())
    assert [row["data"]["power"] for row in await stored.rows()] == [12, 99, 12, 12, 12]


async def test_records_follow_over_several_versions(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(5, {"note": "x", "power": "12"})
    await stored.publish(RENAMED)
    last = thing(text("words", filter=True), POWER, choice("area", "abc"))
    entry = {"from": 2, "rename": {"remark": "words"}, "convert": {"power": {}}}
    await stored.publish(RecordType.model_validate({**last.published(), "evolution": [entry]}))
    await done(stored, await stored.job())
    assert {
        (row["data"]["words"], row["data"]["power"], row["schema_version"]) for row in await stored.rows()
    } == {("x", 12, 3)}


async def test_going_back_gives_untouched_records_their_exact_form_and_keeps_what_was_written_since(
    stored: Stored,
) -> None:
    await stored.publish(OLD)
    await stored.fill(4, {"note": "x", "power": "0012"})
    before = await stored.rows()
    new = converted()
    await stored.publish(new)
    await done(stored, await stored.job())
    await stored.write("000002", power=77)
    back = inverse(new.evolution[0], OLD, new).model_copy(update={"start": 2})
    await stored.publish(OLD.model_copy(update={"evolution": (back,)}))
    job = await done(stored, await stored.job("restore"))
    assert (job.state, job.done, job.failed_count) == ("done", 4, 0)
    after = await stored.rows()
    for number in (0, 2, 3):
        assert after[number] == {**before[number], "schema_version": 3}
    assert (after[1]["data"]["power"], after[1]["revision"]) == ("77", 2)


async def test_two_workers_do_not_do_the_same_job(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(300, {"note": "x"})
    await stored.publish(RENAMED)
    await stored.job()
    assert sorted(await asyncio.gather(*(run_one(stored.site) for _ in range(4)))) == [False] * 3 + [True]


async def test_jobs_of_one_type_follow_one_another(stored: Stored, hands: Hands) -> None:
    await stored.publish(OLD)
    await stored.publish(RENAMED)
    await stored.job()
    hands.forward(seconds=1)
    await stored.job()
    first = await jobs.claim(stored.site)
    assert first is not None
    assert await jobs.claim(stored.site) is None
    hands.forward(seconds=jobs.LEASE.total_seconds() + 1)
    again = await jobs.claim(stored.site)
    assert again is not None
    assert again.id == first.id  # the one that was left, before the one that waits


async def test_a_worker_that_lost_its_job_stops(stored: Stored, hands: Hands) -> None:
    await stored.publish(OLD)
    job = await stored.job()
    first = await jobs.claim(stored.site)
    hands.forward(seconds=jobs.LEASE.total_seconds() + 1)
    second = await jobs.claim(stored.site)
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == (job.id, job.id)
    assert not await jobs.heartbeat(stored.site, first, {"done": 1})
    assert await jobs.heartbeat(stored.site, second, {"done": 2})


async def test_a_job_that_cannot_be_done_is_given_up_in_the_end(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*_: Any) -> None:
        raise RuntimeError

    await stored.publish(OLD)
    job = await stored.job()
    monkeypatch.setattr(rewriting, "rewrite", breaks)
    for _ in range(jobs.ATTEMPTS):
        with pytest.raises(RuntimeError):
            await run_one(stored.site)
    assert not await run_one(stored.site)
    assert job.id is not None
    found = await find_job(job.id)
    assert (found.state, found.problem) == ("failed", "RuntimeError")


async def test_a_command_can_wait_for_its_job(stored: Stored) -> None:
    await stored.publish(OLD)
    await stored.fill(10, {"note": "x"})
    await stored.publish(RENAMED)
    told: list[tuple[int, int]] = []
    job = await finish(stored.site, await stored.job(), lambda at, of: told.append((at, of)))
    assert job.state == "done"
    assert told[-1] == (10, 10)


async def test_reads_see_every_record_while_they_are_rewritten(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "BY_SERVER", 50)
    await stored.publish(OLD)
    await stored.fill(2000, {"note": "x"})
    await stored.publish(RENAMED)
    await stored.job()
    work = asyncio.create_task(run_one(stored.site))
    seen = []
    while not work.done():
        rows = await stored.rows()
        assert len(rows) == 2000
        for row in rows:
            assert row["data"]["remark" if row["schema_version"] == 2 else "note"] == "x"
        seen.append(len({row["schema_version"] for row in rows}))
    await work
    assert 2 in seen  # both versions were there at once
