"""Imports and exports as jobs: who may, what leaves, what is refused, and what a break leaves over."""

import asyncio
import zipfile
from io import BytesIO
from typing import Any

import pytest

from models.documents.application import Application
from models.documents.event import Event
from models.documents.record import RecordVersion
from models.documents.transfer import insert_versions
from models.errors import JobMoved, NotAllowed, NotFound, TransferRefused
from models.permissions import Actor
from models.services import exporting, importing, jobs, profiles, transfers
from models.services.breathing import Breath
from models.services.registry import Published
from models.services.site import Site
from models.services.transfers import KEPT_FOR, Wanted
from tests.clock import Hands
from tests.evolution.facility import facility
from tests.services.conftest import staff
from tests.services.stored import publish, store_records
from tests.services.transferring import applied, checked, done, exported, operator, stored

KIND = "plant"


def plant() -> Any:
    """A type with a personal field, a free text, a unique code and a number that is checked."""
    return facility(
        record_type=KIND,
        collection="plants",
        label={"ja": "発電所", "en": "Plant"},
        number={"field": "plant_number", "format": "P{seq:05}"},
        fields=[
            field("title", "名称", "Name", required=True, personal="no", list=True, search=True),
            field("code", "コード", "Code", unique=True, personal="no"),
            field("power", "出力", "Power", "integer", min=0, personal="no", filter=True),
            field("contact", "連絡先", "Contact", "email", personal="yes"),
            field("memo", "備考", "Note", "long_text", personal="no"),
            field("unjudged", "未判定", "Unjudged"),
            field("inner", "内部", "Internal", personal="no", access={"write": ["approver"]}),
        ],
    )


def field(name: str, ja: str, en: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "label": {"ja": ja, "en": en}, **more}


FIRST = {
    "title": "一号",
    "code": "A1",
    "power": 5,
    "contact": "a@example.jp",
    "memo": "秘密の備考",
    "unjudged": "judged-by-nobody",
    "inner": "i",
}


async def begun(site: Site, *records: dict[str, Any]) -> Published:
    published = await publish(site, plant())
    if records:
        owner = await operator(site)
        await store_records(site, published, *records, operator_id=owner.id)
    return published


@pytest.fixture
async def steward(site: Site) -> Actor:
    return await staff(site, "steward", "steward")


def rows(*lines: str) -> bytes:
    return "\n".join(("number,operator,title,code,power", *lines)).encode()


# --- what leaves --------------------------------------------------------------------------------------------


async def test_state_bodies_are_told_nothing_about_a_person_nor_what_nobody_judged(
    site: Site, steward: Actor
) -> None:
    await begun(site, FIRST)
    asked = {"type_name": KIND, "profile": "state_bodies", "recipient": "経済産業省", "heads": "names"}
    _, content = await exported(site, steward, **asked)
    text = content.decode()
    for hidden in ("a@example.jp", "秘密の備考", "judged-by-nobody", "unjudged", "memo"):
        assert hidden not in text, hidden
    assert "一号" in text
    assert "経済産業省" in text
    _, named = await exported(site, steward, **asked, named=("memo",))
    assert "秘密の備考" in named.decode()
    with pytest.raises(TransferRefused):
        await exported(site, steward, **asked, named=("contact",))
    _, everything = await exported(site, steward, type_name=KIND)
    assert "a@example.jp" in everything.decode()


async def test_who_takes_what_for_what_and_whom_is_an_event(site: Site, steward: Actor) -> None:
    await begun(site, FIRST)
    await exported(site, steward, type_name=KIND, recipient="監査法人")
    events = {event.action: event async for event in Event.find_all()}
    asked = events["records.exported"].details
    assert (asked["purpose"], asked["recipient"], asked["profile"]) == ("試験", "監査法人", "all")
    assert events["records.exported"].actor.name == "steward"
    assert events["records.written"].details["done"] == 1
    assert events["records.taken"].actor.name == "steward"


@pytest.mark.parametrize("role", ["reviewer", "system_administrator"])
async def test_only_those_who_may_take_records_away(site: Site, role: str) -> None:
    await begun(site, FIRST)
    with pytest.raises(NotAllowed):
        await exported(site, await staff(site, "somebody", role), type_name=KIND)


async def test_a_file_is_for_who_asked_and_for_a_week(site: Site, steward: Actor, hands: Hands) -> None:
    await begun(site, FIRST)
    job, _ = await exported(site, steward, type_name=KIND)
    with pytest.raises(NotFound):
        await transfers.take(site, await staff(site, "other", "steward"), job)
    hands.now += KEPT_FOR
    with pytest.raises(NotFound):
        await transfers.take(site, steward, job)
    assert await transfers.remove_one(site)
    assert not await transfers.remove_one(site)
    assert await site.store.mongo["attachments.files"].count_documents({}) == 0


async def test_rights_that_were_lost_end_an_export(site: Site, steward: Actor) -> None:
    await begun(site, FIRST)
    job = await transfers.ask_export(site, steward, KIND, Wanted(purpose="試験"))
    await site.store.mongo["accounts"].update_one({"login": "steward"}, {"$set": {"status": "suspended"}})
    with pytest.raises(NotAllowed):
        await jobs.run_this(site, job)
    assert (await jobs.find_job(job.id)).state == "failed"  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl"])
async def test_an_export_goes_on_where_it_was_broken_off(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    await begun(site, *({**FIRST, "title": f"発電所 {n}", "code": f"C{n}"} for n in range(450)))
    whole = (await exported(site, steward, type_name=KIND, format=form))[1]
    monkeypatch.setattr(exporting, "PART", 1)
    put, parts = site.store.attachments.put, 0

    async def break_off(*given: Any) -> Any:
        nonlocal parts
        parts += 1
        if parts == 3:
            raise ConnectionError
        return await put(*given)

    monkeypatch.setattr(site.store.attachments, "put", break_off)
    job = await transfers.ask_export(site, steward, KIND, Wanted(purpose="試験", format=form))
    with pytest.raises(ConnectionError):
        await jobs.run_this(site, job)
    assert 0 < (await jobs.find_job(job.id)).done < 450  # type: ignore[arg-type]
    await jobs.run_one(site, kinds=("export",))
    job = await jobs.find_job(job.id)  # type: ignore[arg-type]
    assert (job.state, job.done) == ("done", 450)
    again = b"".join([piece async for piece in (await transfers.take(site, steward, job))[1]])
    assert readable(again) == readable(whole)


def readable(content: bytes) -> Any:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(BytesIO(content)) as packed:
        assert packed.testzip() is None
        return [packed.read(name) for name in packed.namelist()]


# --- what comes in ------------------------------------------------------------------------------------------


async def test_good_rows_come_in_numbered_and_bad_ones_are_told(site: Site, steward: Actor) -> None:
    await begun(site, FIRST)
    content = rows(
        ",0000000001,二号,B1,7",
        ",0000000001,,B2,7",
        ",0000000001,四号,A1,7",
        ",0000000001,五号,B1,7",
        ",9999,六号,B6,7",
        ",0000000001,七号,B7,seven",
        "P99999,0000000001,八号,B8,7",
        ",0000000001,九号,B9,9",
    )
    before = await stored(site, KIND)
    job = await checked(site, steward, content, KIND)
    assert await stored(site, KIND) == before
    assert job.counts == {"new": 2, "refused": 6}
    assert [error["row"] for error in job.failed] == [3, 4, 5, 6, 7, 8]
    assert {error["column"] for error in job.failed} == {"title", "code", "operator", "power", "number"}
    assert "名称" in job.failed[0]["ja"]
    assert "Name" in job.failed[0]["en"]
    job = await applied(site, steward, job)
    assert (job.state, job.counts) == ("done", {"new": 2, "refused": 6})
    came = [record for record in await stored(site, KIND) if record["number"].startswith("P")]
    assert [(r["number"], r["title"], r["revision"]) for r in came] == [
        ("P00001", "二号", 1),
        ("P00002", "九号", 1),
    ]
    assert "二号" in came[0]["grams"]
    assert [v.reason for v in await RecordVersion.find_all().to_list()] == ["試験"] * 2


async def test_an_import_that_was_broken_off_goes_on_and_does_nothing_twice(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(site)
    await operator(site)
    monkeypatch.setattr(importing, "BATCH", 10)
    job = await checked(site, steward, rows(*(f",0000000001,発電所,C{n},1" for n in range(50))), KIND)
    original, batches = insert_versions, 0

    async def break_off(versions: Any, session: Any) -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise ConnectionError
        await original(versions, session)

    monkeypatch.setattr(importing, "insert_versions", break_off)
    job = await transfers.go(site, steward, job, "apply")
    with pytest.raises(ConnectionError):
        await jobs.run_this(site, job)
    assert len(await stored(site, KIND)) == 20
    assert await jobs.run_one(site, kinds=("import",))
    found = await stored(site, KIND)
    assert [record["number"] for record in found] == [f"P{n:05}" for n in range(1, 51)]
    assert (await jobs.find_job(job.id)).counts == {"new": 50}  # type: ignore[arg-type]


async def test_a_cancelled_import_keeps_what_is_done_and_can_be_resumed(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(site)
    await operator(site)
    monkeypatch.setattr(importing, "BATCH", 10)
    job = await checked(site, steward, rows(*(f",0000000001,発電所,C{n},1" for n in range(40))), KIND)
    job = await transfers.go(site, steward, job, "apply")
    original = insert_versions

    async def cancel_first(versions: Any, session: Any) -> None:
        if len(await stored(site, KIND)) == 20 and (await jobs.find_job(job.id)).state == "running":  # type: ignore[arg-type]
            await jobs.cancel(site, steward, job)
        await original(versions, session)

    monkeypatch.setattr(importing, "insert_versions", cancel_first)
    job = await done(site, job)
    assert (job.state, len(await stored(site, KIND))) == ("cancelled", 20)
    with pytest.raises(JobMoved):
        await jobs.cancel(site, steward, job)
    with pytest.raises(NotFound):
        await jobs.resume(site, await staff(site, "other", "steward"), job)
    monkeypatch.setattr(importing, "insert_versions", original)
    job = await done(site, await jobs.resume(site, steward, job))
    assert (job.state, job.counts) == ("done", {"new": 40})
    assert len(await stored(site, KIND)) == 40


async def test_a_value_taken_since_the_check_refuses_its_row_alone(site: Site, steward: Actor) -> None:
    published = await begun(site)
    owner = await operator(site)
    job = await checked(site, steward, rows(",0000000001,一号,A1,1", ",0000000001,二号,A2,1"), KIND)
    await store_records(site, published, {**FIRST, "code": "A1"}, operator_id=owner.id)
    job = await applied(site, steward, job)
    assert job.counts == {"new": 1, "refused": 1}
    assert [r["number"] for r in await stored(site, KIND)] == ["0000000001", "P00001"]


async def test_a_record_changed_since_the_file_was_made_is_left_alone(site: Site, steward: Actor) -> None:
    await begun(site, FIRST)
    content = b"number,revision,power\n0000000001,1,6"
    await site.records[KIND].collection.update_one({}, {"$set": {"revision": 2}})
    job = await checked(site, steward, content, KIND)
    assert [error["column"] for error in job.failed] == ["revision"]
    assert (await checked(site, steward, content.replace(b",1,", b",2,"), KIND)).counts == {"changed": 1}


async def test_a_record_named_twice_in_a_file_is_changed_once(
    site: Site, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await begun(site, FIRST)
    monkeypatch.setattr(importing, "BATCH", 1)
    content = rows("0000000001,,二号,A1,1", "0000000001,,三号,A1,1")
    job = await checked(site, steward, content, KIND)
    assert job.counts == {"changed": 1, "refused": 1}
    assert (await applied(site, steward, job)).counts == {"changed": 1, "refused": 1}
    [record] = await stored(site, KIND)
    assert (record["title"], record["revision"]) == ("二号", 2)


async def test_an_answer_one_may_not_write_is_refused_and_stays_when_it_is_the_same(
    site: Site, steward: Actor
) -> None:
    await begun(site, FIRST)
    job = await checked(site, steward, b"number,inner\n0000000001,changed", KIND)
    assert job.counts == {"refused": 1}
    job = await checked(site, steward, b"number,inner,power\n0000000001,i,6", KIND)
    assert job.counts == {"changed": 1}


async def test_rows_become_drafts_an_operator_goes_on_with(site: Site, steward: Actor) -> None:
    await begun(site)
    owner = await operator(site)
    job = await checked(site, steward, rows(",0000000001,一号,,", ",0000000001,,A2,"), KIND, "drafts")
    assert job.counts == {"new": 2, "incomplete": 1}
    await applied(site, steward, job)
    drafts = await Application.find_all().sort("reference").to_list()
    assert [(d.state, d.operator_id, d.answers.get("title")) for d in drafts] == [
        ("draft", owner.id, "一号"),
        ("draft", owner.id, None),
    ]
    assert await stored(site, KIND) == []


async def test_only_a_steward_brings_records_in_and_only_what_was_checked(site: Site, steward: Actor) -> None:
    await begun(site)
    await operator(site)
    with pytest.raises(NotAllowed):
        await checked(site, await staff(site, "approver", "approver"), rows(",0000000001,一号,A1,1"), KIND)
    job = await transfers.begin_import(
        site, steward, KIND, "records", "x.csv", rows(",1,一,A,1"), purpose="p"
    )
    with pytest.raises(JobMoved):
        await transfers.go(site, steward, job, "apply")
    with pytest.raises(TransferRefused):
        await transfers.go(site, steward, job, "check", mapping=["title"] * 5)
    with pytest.raises(TransferRefused):
        await transfers.go(site, steward, job, "check", mapping=["$where", "", "", "", ""])


def bomb() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 260_000_000)
    return packed.getvalue()


HOSTILE: dict[str, Any] = {
    "nothing": b"",
    "blank": b"\n\n,,\n",
    "binary": bytes(range(256)) * 10,
    "nul": b"number,title\n\0,x",
    "columns": (",".join(f"c{n}" for n in range(10_000)) + "\n1").encode(),
    "a huge cell": b'title\n"' + b"x" * 2_000_000 + b'"',
    "an open quote": b'title\n"' + b"x\n" * 600_000,
    "half a workbook": b"PK\x03\x04 no workbook",
    "a bomb": bomb,
    "json": b'{"title": 1}\n[1]',
    "deep json": b'{"title": ' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_files_are_answered_by_a_message(site: Site, steward: Actor, name: str) -> None:
    await begun(site)
    content = HOSTILE[name]() if callable(HOSTILE[name]) else HOSTILE[name]
    with pytest.raises(TransferRefused):
        await checked(site, steward, content, KIND)


async def test_formulas_dollars_and_strange_values_are_answers_or_errors_and_never_more(
    site: Site, steward: Actor
) -> None:
    await begun(site)
    await operator(site)
    cells = ("'=1+1", "$where", "{$gt: 1}", "../../x", "<b>", "😀", "a" * 600)
    job = await checked(site, steward, rows(*(f",0000000001,{c},C{n},1" for n, c in enumerate(cells))), KIND)
    assert job.counts == {"new": len(cells) - 1, "refused": 1}
    await applied(site, steward, job)
    titles = [record["data"]["title"] for record in await stored(site, KIND)]
    assert titles[0] == "=1+1"


@pytest.fixture
def breaths(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """How often long work let others have their turn, or asked whether it should."""
    taken: list[None] = []
    breathe = Breath.__call__

    async def counted(self: Breath) -> None:
        taken.append(None)
        await breathe(self)

    monkeypatch.setattr(Breath, "__call__", counted)
    return taken


async def test_an_export_lets_others_have_their_turn_after_every_few_records(
    site: Site, steward: Actor, breaths: list[None]
) -> None:
    await begun(site, *({**FIRST, "code": f"C{n}"} for n in range(300)))
    breaths.clear()
    await exported(site, steward, type_name=KIND)
    assert len(breaths) >= 300 / exporting.PIECE


async def test_an_import_lets_others_have_their_turn_after_every_few_rows(
    site: Site, steward: Actor, breaths: list[None]
) -> None:
    await begun(site)
    await operator(site)
    content = rows(*(f",0000000001,発電所,C{n},1" for n in range(300)))
    breaths.clear()
    job = await applied(site, steward, await checked(site, steward, content, KIND))
    assert job.counts == {"new": 300}
    assert len(breaths) >= 2 * 300 / 10


async def test_long_work_rests_only_when_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    breath = Breath()
    turns: list[None] = []

    async def other() -> None:
        while True:
            turns.append(None)
            await asyncio.sleep(0)

    working = asyncio.create_task(other())
    await breath()
    assert turns == [], "too little was done since the last rest"
    monkeypatch.setattr("models.services.breathing.WORK", 0.0)
    await breath()
    assert turns
    working.cancel()


def test_every_profile_is_called_something_in_both_languages() -> None:
    assert all(label.ja and label.en for label in profiles.PROFILES.values())
