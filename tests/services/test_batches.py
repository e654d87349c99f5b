"""A file of an operator's: matched, rehearsed, and made applications of, once for each row."""

from typing import Any

import pytest

from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.job import Job
from models.documents.record import Record
from models.errors import TransferRefused
from models.permissions import Actor
from models.services import applying, batches, beginning, jobs
from models.services.applications import find
from models.services.batches import Order
from models.services.events import record_event
from models.services.site import Site
from models.services.submitting import submit
from tests.services.batching import ROWS, applied, begun, checked, kind, lines, made, registered, told, worked
from tests.services.batching import mine as mine
from tests.services.batching import owner as owner
from tests.services.contracts import operator as person
from tests.services.stored import store_records

# --- the rehearsal ------------------------------------------------------------------------------------------


async def test_every_row_is_judged_as_its_form_would_and_nothing_is_written(site: Site, mine: Actor) -> None:
    content = lines(",一号,A1,5,east,近いから", ",二号,A2,much,west,", ",,A3,-1,east,", ",四号,A1,1,north,")
    job = await checked(site, mine, content)
    assert (job.state, job.phase, job.done) == ("prepared", "check", 4)
    assert job.counts == {"new": 4, "ready": 1, "incomplete": 3}
    assert told(job) == [
        (3, "power", "much"),
        (4, "title", ""),
        (4, "power", "-1"),
        (4, "reason", ""),
        (5, "code", "A1"),
        (5, "area", "north"),
    ]
    assert "整数" in job.failed[0]["ja"]
    assert not any(each["stops"] for each in job.failed)
    assert await Application.count() == 0


async def test_rows_of_tables_have_columns_of_their_own(site: Site, mine: Actor) -> None:
    heads = "title,units 1／name,units 1／kw,units.2.name,units.2.kw,units.1.side"
    job = await checked(site, mine, lines("一号,甲,5,乙,x,", "二号,甲,1,,,左", "三号,,3,,,", heads=heads))
    columns = ["units.1.name", "units.1.kw", "units.2.name", "units.2.kw"]
    assert job.parameters["mapping"] == ["title", *columns, "units.1.side"]
    assert told(job) == [(2, "units.2.kw", "x"), (4, "units 1／name", "")]
    [second] = await made(await applied(site, mine, job))
    assert second.data is not None
    assert second.data["units"] == [{"name": "甲", "kw": 1, "side": "l"}]


async def test_an_example_row_left_in_the_file_is_no_application(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines("記入例,見本,X1,1,west,", ",一号,A1,5,west,"))
    assert job.counts == {"example": 1, "new": 1, "ready": 1}


async def test_a_change_names_its_record_and_unchanged_rows_are_skipped(
    site: Site, owner: Record, mine: Actor
) -> None:
    stored = {"title": "一号", "code": "A1", "power": 5, "fixed": "x", "units": [{"name": "甲", "kw": 1}]}
    one, two, three = await registered(
        site, owner, stored, {"title": "二号", "code": "A2"}, {"title": "三号"}
    )
    heads = "番号,title,code,fixed,units.2.name,units.2.kw"
    rows = (
        f"{one.number},一号,A1,x,乙,2",
        f"{two.number},二号,A2,,,",
        f"{three.number},三号,A3,y,,",
        "9999999999,四号,,,,",
        f"{one.number},一号改,A1,x,,",
    )
    job = await checked(site, mine, lines(*rows, heads=heads))
    assert job.counts == {"changed": 1, "same": 1, "refused": 3, "ready": 1}
    assert told(job) == [(4, "fixed", "y"), (5, "番号", "9999999999"), (6, "番号", one.number)]
    job = await applied(site, mine, job)
    assert job.counts == {"sent": 1, "same": 1, "left": 3}
    [change] = await made(job)
    assert (change.kind, change.record_id, change.base_revision) == ("change", one.id, 1)
    assert change.data is not None
    assert [row["name"] for row in change.data["units"]] == ["甲", "乙"]
    again = await checked(site, mine, lines(rows[0], heads=heads))
    assert again.failed[0]["en"] == f"An application for it is under way: {change.reference}."


async def test_another_operators_record_is_as_good_as_unknown(site: Site, mine: Actor) -> None:
    stranger = {"title": "他社", "code": "SECRET"}
    [theirs] = await store_records(site, site.registry.current("site_plan"), stranger)
    job = await checked(site, mine, lines(f"{theirs.number},わが社,,,,", ",一号,SECRET,1,west,"))
    assert told(job) == [(2, "number", theirs.number)]
    assert job.failed[0]["en"] == "No registered record has this number."


async def test_what_is_not_the_operators_to_answer_is_no_column(site: Site, mine: Actor) -> None:
    names = {column.name for column in batches.columns(site, mine, kind(site), 1)}
    plain = {"title", "code", "power", "area", "reason", "fixed"}
    assert names == {*plain, "units.1.name", "units.1.kw", "units.1.side"}
    forged = await begun(site, mine, lines("一号,x", heads="title,secretive"))
    assert forged.parameters["mapping"] == ["title", ""]
    with pytest.raises(TransferRefused):
        await batches.check(site, mine, forged, ["title", "secretive"])


# --- what becomes of the rows -------------------------------------------------------------------------------


async def test_rows_without_errors_are_sent_each_with_a_reference_of_its_own(site: Site, mine: Actor) -> None:
    job = await applied(site, mine, await checked(site, mine, lines(*ROWS)))
    assert (job.state, job.done, job.counts) == ("done", 4, {"sent": 3, "left": 1})
    sent = await made(job)
    assert [each.batch.row for each in sent if each.batch] == [2, 4, 5]
    assert len({each.reference for each in sent}) == 3
    for each in sent:
        assert (each.operator_id, each.round, each.open) == (mine.operator_id, 1, True)
        assert each.data is not None
        assert each.data["promise"]["affirmed"] is True
    submitted = await Event.find({"action": "application.submit"}).to_list()
    assert {event.actor.name for event in submitted} == {mine.name}
    assert await Event.find({"action": "applications.file_confirmed"}).count() == 1


async def test_drafts_are_made_of_every_row_that_can_be_finished_on_the_form(site: Site, mine: Actor) -> None:
    job = await applied(site, mine, await checked(site, mine, lines(*ROWS)), send=False)
    assert job.counts == {"drafts": 4}
    drafts = await made(job)
    assert [each.state for each in drafts] == ["draft"] * 4
    assert drafts[1].answers == {"title": "二号", "code": "A2", "power": "much", "area": "west"}
    assert "promise" not in drafts[0].answers
    assert (await find(site, mine, drafts[0].reference)).title == "一号"


async def test_the_statements_are_affirmed_by_whoever_sends(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines(*ROWS))
    with pytest.raises(TransferRefused, match="statements"):
        await batches.apply(site, mine, job, Order(send=True))
    assert (await jobs.find_job(job.id)).state == "prepared"  # type: ignore[arg-type]


async def test_a_row_that_is_refused_on_sending_stays_a_draft_and_is_told(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await checked(site, mine, lines(*ROWS))

    async def refusing(*given: Any, **more: Any) -> Application:
        if given[2].title == "三号":
            raise TransferRefused("Not this one.")
        return await submit(*given, **more)

    monkeypatch.setattr(applying, "submit", refusing)
    job = await applied(site, mine, job)
    assert job.counts == {"sent": 2, "left": 1, "kept": 1}
    assert [each.state for each in await made(job)] == ["submitted", "draft", "submitted"]
    assert "Not this one." in {each["en"] for each in job.failed}


class Broken(Exception):
    """The process ends here."""


@pytest.mark.parametrize("send", [True, False])
async def test_work_that_breaks_off_is_gone_on_with_and_no_row_is_done_twice(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch, send: bool
) -> None:
    monkeypatch.setattr(applying, "MADE", 2)
    monkeypatch.setattr(applying, "SENT", 2)
    job = await checked(site, mine, lines(*(f",{n}号,C{n},{n},west," for n in range(7))))
    calls = 0

    async def breaking(*given: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise Broken
        return await (submit if send else record_event)(*given, **more)

    where, name = (applying, "submit") if send else (beginning, "record_event")
    monkeypatch.setattr(where, name, breaking)
    with pytest.raises(Broken):
        await applied(site, mine, job, send=send)
    broken = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert (broken.state, 0 < broken.done < 7) == ("running", True)
    done = await worked(site, await _again(broken))
    assert done.counts == {"sent" if send else "drafts": 7}
    assert [each.batch.row for each in await made(done) if each.batch] == list(range(2, 9))
    assert await Application.count() == 7


async def _again(job: Job) -> Job:
    """A job whose worker is gone, taken up again."""
    await Job.raw().update_one({"_id": job.id}, {"$set": {"state": "queued", "lease_until": None}})
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def test_the_same_row_of_the_same_file_cannot_be_stored_twice(site: Site, mine: Actor) -> None:
    job = await applied(site, mine, await checked(site, mine, lines(ROWS[0])), send=False)
    [draft] = await made(job)
    twin = draft.model_copy(update={"id": new_id(), "reference": "A0000-000000"})
    with pytest.raises(Exception, match="one_per_row"):
        await twin.insert()


async def test_cancelling_keeps_what_was_done_and_resuming_does_the_rest(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applying, "SENT", 1)
    job = await checked(site, mine, lines(*(f",{n}号,C{n},{n},west," for n in range(4))))
    colleague = await person(site, "U2", "user", of=mine.operator_id)

    async def stopping(*given: Any, **more: Any) -> Application:
        if given[2].title == "2号":
            await batches.cancel(site, colleague, await jobs.find_job(job.id))  # type: ignore[arg-type]
        return await submit(*given, **more)

    monkeypatch.setattr(applying, "submit", stopping)
    stopped = await applied(site, mine, job)
    assert (stopped.state, stopped.done) == ("cancelled", 2)
    monkeypatch.setattr(applying, "submit", submit)
    done = await worked(site, await batches.resume(site, mine, stopped))
    assert (done.state, done.counts) == ("done", {"sent": 4})
    assert await Application.count() == 4
