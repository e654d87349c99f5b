"""A file of an operator's: matched, rehearsed, and made applications of, once for each row."""

from typing import Any

import pytest
import pytest_asyncio

from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.job import Job
from models.documents.message import Message
from models.documents.record import Record
from models.errors import JobMoved, NotAllowed, NotFound, TransferRefused, WritingStopped
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import applying, batches, jobs, transfers
from models.services.applications import find
from models.services.batches import Order
from models.services.events import record_event
from models.services.site import Site
from models.services.submitting import submit
from models.services.summaries import queue_summary
from models.services.switches import set_switch
from tests.clock import Hands
from tests.schema.definitions import a_type, field, options
from tests.services.conftest import staff
from tests.services.contracts import another
from tests.services.contracts import operator as person
from tests.services.stored import publish, store_records
from tests.services.transferring import operator

PROMISE = {"text": {"ja": "誓います", "en": "I promise"}, "text_version": "1"}

SIDE = field("side", "choice", options=[{"code": "l", "label": {"ja": "左"}, "attributes": {"x": 1}}])

KIND = a_type(
    field("title", required=True),
    field("code", unique=True),
    field("power", "integer", min=0),
    field("area", "choice", options=options("east", "west")),
    field("reason", show_when={"area": "east"}, required_when={"area": "east"}),
    field("fixed", set_once=True),
    field("secretive", access={"write": ["staff"]}),
    field("units", "table", fields=[field("name", required=True), field("kw", "integer"), SIDE]),
    field("paper", "file", accept=["pdf"]),
    field("promise", "declaration", required=True, **PROMISE),
    record_type="site_plan",
    collection="site_plans",
)


@pytest_asyncio.fixture
async def owner(site: Site) -> Record:
    await publish(site, KIND)
    return await operator(site)


@pytest_asyncio.fixture
async def mine(site: Site, owner: Record) -> Actor:
    return await person(site, "U1", "administrator", of=owner.id)


def kind(site: Site) -> RecordType:
    return site.registry.current("site_plan").definition


def lines(*rows: str, heads: str = "number,title,code,power,area,reason") -> bytes:
    return "\n".join((heads, *rows)).encode()


async def begun(site: Site, actor: Actor, content: bytes) -> Job:
    return await batches.begin(site, actor, kind(site), "plans.csv", content, "ja")


async def worked(site: Site, job: Job) -> Job:
    await jobs.run_this(site, job)
    return await jobs.find_job(job.id)  # type: ignore[arg-type]


async def checked(site: Site, actor: Actor, content: bytes) -> Job:
    return await worked(site, await batches.check(site, actor, await begun(site, actor, content)))


async def applied(site: Site, actor: Actor, job: Job, *, send: bool = True) -> Job:
    order = Order(send=send, affirmed=True)
    return await worked(site, await batches.apply(site, actor, job, order))


async def made(job: Job) -> list[Application]:
    found: list[Application] = await Application.find({"batch.job": job.id}).sort("batch.row").to_list()
    return found


async def registered(site: Site, owner: Record, *data: dict[str, Any]) -> list[Record]:
    return await store_records(site, site.registry.current("site_plan"), *data, operator_id=owner.id)


def told(job: Job) -> list[tuple[int, str, str]]:
    return [(each["row"], each["column"], each["value"]) for each in job.failed]


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

ROWS = (",一号,A1,5,west,", ",二号,A2,much,west,", ",三号,A3,7,east,近い", ",四号,A4,8,west,")


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

    monkeypatch.setattr(applying, "submit" if send else "record_event", breaking)
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


# --- mails --------------------------------------------------------------------------------------------------


async def mails_of(job: Job) -> dict[str, list[str]]:
    """The mails of a file's applications and of the file, the subjects by template."""
    found: dict[str, list[str]] = {}
    async for row in Message.raw().find({}).sort("_id", 1):
        found.setdefault(row["template"], []).append(row["subject"])
    return found


def many(count: int, first: int = 0) -> bytes:
    return lines(*(f",{n}号,C{n},{n},west," for n in range(first, first + count)))


async def test_a_large_file_is_told_of_in_one_mail(site: Site, mine: Actor) -> None:
    job = await applied(site, mine, await checked(site, mine, many(12)))
    references = [each.reference for each in await made(job)]
    mails = await mails_of(job)
    assert list(mails) == ["bulk_received"]
    [mail] = await Message.find_all().to_list()
    assert "12 件" in mail.subject
    assert mail.to_address == mine.email
    assert mail.body is not None
    for told in (references[0], references[-1], f"/portal/site_plan/bulk/{job.id}"):
        assert told in mail.body
    assert not {name for name in references[1:-1] if name in mail.body}


async def test_a_small_file_or_a_site_without_the_words_has_a_mail_for_each(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = await applied(site, mine, await checked(site, mine, many(10)))
    assert [(name, len(all_)) for name, all_ in (await mails_of(few)).items()] == [
        ("application_received", 10)
    ]
    without = {key: each for key, each in site.mail.items() if key[0] != "bulk_received"}
    monkeypatch.setitem(site.__dict__, "mail", without)
    more = await applied(site, mine, await checked(site, mine, many(11, 50)))
    assert [(name, len(all_)) for name, all_ in (await mails_of(more)).items()] == [
        ("application_received", 21)
    ]


async def test_what_was_sent_is_told_of_also_when_the_file_is_cancelled(
    site: Site, mine: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once as it stands then, once when it was gone on with; doing it again tells nothing."""
    monkeypatch.setattr(applying, "SENT", 2)
    job = await checked(site, mine, many(12))

    async def stopping(*given: Any, **more: Any) -> Application:
        sent = await submit(*given, **more)
        if given[2].title == "2号":
            await batches.cancel(site, mine, await jobs.find_job(job.id))  # type: ignore[arg-type]
        return sent

    monkeypatch.setattr(applying, "submit", stopping)
    stopped = await applied(site, mine, job)
    assert stopped.state == "cancelled"
    told = (await mails_of(job))["bulk_received"]
    assert "4 件" in told[-1]
    monkeypatch.setattr(applying, "submit", submit)
    done = await worked(site, await batches.resume(site, mine, stopped))
    mails = await mails_of(job)
    assert set(mails) == {"bulk_received"}
    assert "12 件" in mails["bulk_received"][-1]
    await site.store.transaction(lambda session: queue_summary(site, done, session))
    assert await mails_of(job) == mails


# --- whose, how much, when ----------------------------------------------------------------------------------


async def test_a_file_is_its_operators_alone(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines(*ROWS))
    stranger, reviewer = another(mine), await staff(site, "reviewer", "reviewer")
    with pytest.raises(NotFound):
        await batches.find(site, stranger, "site_plan", job.id)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await batches.apply(site, stranger, job, Order())
    with pytest.raises(NotFound):
        await batches.cancel(site, stranger, job)
    with pytest.raises(NotAllowed):
        await batches.find(site, reviewer, "site_plan", job.id)  # type: ignore[arg-type]
    assert await batches.listed(site, stranger, "site_plan") == []
    colleague = await person(site, "U2", "user", of=mine.operator_id)
    assert (await batches.find(site, colleague, "site_plan", job.id)).id == job.id  # type: ignore[arg-type]


async def test_one_file_of_an_operator_is_worked_on_at_a_time(site: Site, mine: Actor) -> None:
    first, second = await begun(site, mine, lines(*ROWS)), await begun(site, mine, lines(*ROWS))
    queued = await batches.check(site, mine, first)
    with pytest.raises(TransferRefused, match="being worked on"):
        await batches.check(site, mine, second)
    await worked(site, queued)
    assert (await batches.check(site, mine, second)).state == "queued"


REFUSED = {
    b"": "empty",
    b"title\n": "no rows",
    b"title\n" + b"x\n" * 10_001: "more than",
    b"title\n" + b"x" * (10 * 1_048_576): "larger than",
    b'{"title": "x"}\n': "CSV or Excel",
    b"PK\x03\x04 no workbook": "workbook",
    b"title\n\x81": "neither UTF-8 nor cp932",
    b"title\n\0": "NUL",
}


async def test_a_file_that_cannot_be_taken_is_refused_in_words(site: Site, mine: Actor) -> None:
    for content, words in REFUSED.items():
        with pytest.raises(TransferRefused, match=words):
            await begun(site, mine, content)
    assert await Job.count() == 0


async def test_cp932_is_told_from_utf_8(site: Site, mine: Actor) -> None:
    content = lines(",一号,A1,5,west,").decode().encode("cp932")
    job = await applied(site, mine, await checked(site, mine, content), send=False)
    assert (job.parameters["encoding"], (await made(job))[0].answers["title"]) == ("cp932", "一号")


async def test_nothing_is_brought_in_while_applicants_only_read(site: Site, mine: Actor) -> None:
    job = await checked(site, mine, lines(*ROWS))
    administrator = await staff(site, "system", "system_administrator")
    await set_switch(site, administrator, "read_only", 1, "保守", revision=0)
    with pytest.raises(WritingStopped):
        await begun(site, mine, lines(*ROWS))
    with pytest.raises(WritingStopped):
        await batches.apply(site, mine, job, Order())


async def test_after_a_week_neither_the_file_nor_its_cells_are_kept(
    site: Site, mine: Actor, hands: Hands
) -> None:
    job = await checked(site, mine, lines(*ROWS))
    assert not await transfers.remove_one(site)
    hands.now += batches.KEPT_FOR
    assert await transfers.remove_one(site)
    left = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert (left.state, left.failed, left.source) == ("cancelled", [], None)
    with pytest.raises(JobMoved):
        await batches.resume(site, mine, left)


async def test_a_file_put_away_unchecked_is_not_applied_by_going_on_with_it(site: Site, mine: Actor) -> None:
    job = await begun(site, mine, lines(*ROWS))
    put_away = await batches.cancel(site, mine, job)
    resumed = await worked(site, await batches.resume(site, mine, put_away))
    assert (resumed.state, resumed.phase, await Application.count()) == ("prepared", "", 0)
    await Job.raw().update_one({"_id": job.id}, {"$set": {"state": "queued"}})
    with pytest.raises(JobMoved):
        await jobs.run_this(site, await jobs.find_job(job.id))  # type: ignore[arg-type]
    assert await Application.count() == 0
