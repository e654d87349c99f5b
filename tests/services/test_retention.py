"""What is kept and for how long: nothing goes without a report, a second person, and its years being over;
nothing under a hold goes at all; and nothing else in the program removes what is stored."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from models.configuration.site import Retention
from models.documents.account import Account
from models.documents.application import Application, Submission
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import Certificate
from models.documents.event import Event
from models.documents.ledger import LedgerLine
from models.documents.message import Message
from models.documents.record import Record, RecordVersion
from models.documents.retention import RetentionItem, RetentionRun
from models.errors import HoldRefused, NotAllowed, RetentionRefused
from models.language import Text
from models.permissions import SYSTEM, Actor
from models.services import disposing, holds, retention
from models.services.falling_due import due_day
from models.services.site import Site
from tests.clock import Hands
from tests.schema.definitions import a_type, field
from tests.services.conftest import staff
from tests.services.contracts import operator as account_of
from tests.services.stored import publish, store_records

PAPER = a_type(
    field("title", personal="no"),
    field("person", personal="yes"),
    field(
        "rows", "table", personal=None, fields=[field("what", personal="no"), field("who", personal="yes")]
    ),
    field("proof", "file", personal="possibly"),
    record_type="bench_paper",
    collection="bench_papers",
    retention="papers",
)

ANSWERS = {"title": "表題", "person": "氏名", "rows": [{"what": "品", "who": "人"}]}


def classes(then: str, years: int = 10) -> dict[str, Retention]:
    """A class for papers and one for the rest of an operator's tables."""
    label = Text(ja="資料", en="Papers")
    own = Retention(label=label, years=years, then=then)
    rest = own.model_copy(update={"covers": ("accounts", "certificates", "messages")})
    return {"papers": own, "people": rest}


def keeping(site: Site, then: str) -> Site:
    """The site with other retention classes."""
    described = site.configuration.site.model_copy(update={"retention": classes(then)})
    return replace(site, configuration=replace(site.configuration, site=described))


@pytest_asyncio.fixture
async def asker(site: Site) -> Actor:
    return await staff(site, "keeper", "system_administrator")


class Shelf:
    """A record that ended, with a version, an application, a file and what belongs to its operator."""

    def __init__(self, record: Record, application: Application, file_id: Any, owner: Actor) -> None:
        self.record, self.application, self.file_id, self.owner = record, application, file_id, owner


async def a_shelf(site: Site, ended_on: datetime) -> Shelf:
    if "bench_paper" not in site.registry.all_current():
        await publish(site, PAPER)
    published, reference = site.registry.current("bench_paper"), f"A-{new_id()}"
    upload = await site.store.attachments.put("x.pdf", "application/pdf", reference, b"%PDF-1.7")
    proof = {"id": str(upload.id), "sha256": "0" * 64, "filename": "x.pdf"}
    data = {**ANSWERS, "proof": proof}
    now = site.now()
    own = site.registry.current("operator")
    [company] = await store_records(
        site, own, {"operator_name": "会社"}, lifecycle="terminated", stamps={"contract_ended_at": ended_on}
    )
    [record] = await store_records(
        site, published, data, lifecycle="active", operator_id=company.id, grams=["氏名"]
    )
    owner = await account_of(site, f"user-{new_id()}", "administrator", of=company.id)
    application = Application(
        reference=reference,
        type="bench_paper",
        kind="register",
        schema_version=published.version,
        state="approved",
        open=False,
        record_id=record.id,
        operator_id=company.id,
        answers=data,
        data=data,
        submissions=[Submission(round=1, at=now, data=data)],
        title="表題",
        grams=["氏名"],
        created_at=now,
        updated_at=now,
        submitted_at=now,
        decided_at=now,
    )
    await application.insert()
    await RecordVersion(
        type=record.type,
        record_id=record.id,
        revision=1,
        schema_version=published.version,
        lifecycle="active",
        data=data,
        by=SYSTEM.person,
        at=now,
    ).insert()
    return Shelf(record, application, upload.id, owner)


async def ran(site: Site, asker: Actor, approver: Actor) -> RetentionRun:
    """A run asked for, approved and done."""
    run = await retention.ask_report(site, asker)
    assert await retention.count_one(site)
    run = await retention.find_run(run.id)  # type: ignore[arg-type]
    run = await retention.approve(site, approver, run.id, revision=run.revision)  # type: ignore[arg-type]
    while await disposing.dispose_some(site):
        pass
    return await retention.find_run(run.id)  # type: ignore[arg-type]


async def row_of(site: Site, record: Record) -> dict[str, Any]:
    found = await site.records[record.type].row(record.id)
    assert found is not None
    return dict(found)


ENDED = datetime(2016, 11, 19, 3, 0, tzinfo=UTC)
"""Ten years and a day before the clock's START."""


@pytest.mark.parametrize(
    ("ended", "years", "expected"),
    [
        (date(2026, 3, 31), 10, date(2036, 4, 1)),
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 3, 1)),
        (date(2026, 12, 31), 0, date(2027, 1, 1)),
    ],
)
def test_years_are_counted_by_the_calendar_and_end_with_the_corresponding_day(
    ended: date, years: int, expected: date
) -> None:
    assert due_day(ended, years) == expected


async def test_something_is_due_the_day_after_its_years_and_not_on_the_day_before(
    site: Site, asker: Actor, hands: Hands
) -> None:
    kept = keeping(site, "erase")
    await a_shelf(kept, datetime(2016, 11, 20, 14, 59, 59, tzinfo=UTC))  # 23:59:59 of 20 November in Tokyo
    hands.now = datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    found_none = await retention.find_run(run.id)  # type: ignore[arg-type]
    assert (found_none.counts, found_none.state, found_none.live) == ({}, "done", False)
    hands.forward(seconds=1)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    found = await retention.items(run)
    assert {item.kind for item in found} == {"record", "account"}
    assert {item.due_on for item in found} == {"2026-11-21"}


async def test_a_class_that_keeps_is_only_counted_and_nothing_of_it_falls_due(
    site: Site, asker: Actor
) -> None:
    kept = keeping(site, "keep")
    shelf = await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    found = await retention.find_run(run.id)  # type: ignore[arg-type]
    assert (found.state, found.counts, found.kept["papers"]) == ("done", {}, 1)
    assert (await row_of(kept, shelf.record))["data"]["person"] == "氏名"


async def test_a_report_erases_nothing_and_its_asker_cannot_approve_it(
    site: Site, approver: Actor, asker: Actor
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    with pytest.raises(RetentionRefused):
        await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    assert not await disposing.dispose_some(kept)
    assert (await row_of(kept, shelf.record))["data"]["person"] == "氏名"
    both = await staff(site, "both", "system_administrator", "approver")
    with pytest.raises(NotAllowed):
        await retention.ask_report(kept, approver)
    for actor in (asker, replace(both, account_id=asker.account_id)):
        with pytest.raises(NotAllowed):
            await retention.approve(kept, actor, run.id, revision=2)  # type: ignore[arg-type]
    with pytest.raises(RetentionRefused):
        await retention.approve(kept, approver, run.id, revision=1)  # type: ignore[arg-type]
    assert (await retention.approve(kept, approver, run.id, revision=2)).state == "approved"  # type: ignore[arg-type]


@pytest.mark.slow
async def test_a_report_of_last_month_is_too_old_to_approve(
    site: Site, approver: Actor, asker: Actor, hands: Hands
) -> None:
    kept = keeping(site, "erase")
    await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    hands.forward(days=30, seconds=1)
    with pytest.raises(RetentionRefused):
        await retention.approve(kept, approver, run.id, revision=2)  # type: ignore[arg-type]
    over = await retention.refuse(kept, asker, run.id, "古い", revision=2)  # type: ignore[arg-type]
    assert (over.state, over.live) == ("refused", False)


async def test_erasing_leaves_a_tombstone_of_the_record_its_versions_applications_and_accounts(
    site: Site, approver: Actor, asker: Actor
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    line = await told(kept, read_id(shelf.owner.account_id))
    run = await ran(kept, asker, approver)
    row = await row_of(kept, shelf.record)
    assert (row["data"], row["title"], row["grams"], row["number"]) == (
        {},
        shelf.record.number,
        [],
        row["number"],
    )
    assert (row["disposed"]["action"], row["lifecycle"]) == ("erase", "active")
    [version] = await RecordVersion.find({"record_id": shelf.record.id}).to_list()
    application = await Application.get(shelf.application.id)
    account = await Account.get(shelf.owner.account_id)
    assert application is not None
    assert account is not None
    assert (version.data, application.answers, application.submissions[0].data) == ({}, {}, {})
    assert application.erased is not None
    assert (account.name, account.email, account.status, account.login) == (
        "",
        "",
        "deleted",
        shelf.owner.login,
    )
    stored = await LedgerLine.raw().find_one({"_id": line.id})
    assert stored is not None
    assert (stored["state"], stored["login"], "person" in str(stored)) == ("bounced", line.login, False)
    assert await kept.store.attachments.get(shelf.file_id) is None
    assert (run.state, run.counts) == ("done", {"done": 2})
    assert await Event.find({"action": "retention.disposed"}).count() == 2


async def told(site: Site, account: Id) -> LedgerLine:
    """What a ledger says of a notice that was mailed to an account and came back."""
    line = LedgerLine(
        source_kind="publication",
        source_id=new_id(),
        channel="mail",
        account_id=account,
        login="U1",
        name="person",
        to_address="person@example.jp",
        message_key="publication:1:notice_published:person@example.jp",
        state="bounced",
        problem="5.1.1 <person@example.jp> unknown",
        queued_at=site.now(),
    )
    await line.insert()
    return line


async def test_anonymising_leaves_what_is_about_no_person(site: Site, approver: Actor, asker: Actor) -> None:
    kept = keeping(site, "anonymise")
    shelf = await a_shelf(kept, ENDED)
    await ran(kept, asker, approver)
    left = {"title": "表題", "rows": [{"what": "品"}]}
    row, application = await row_of(kept, shelf.record), await Application.get(shelf.application.id)
    [version] = await RecordVersion.find({"record_id": shelf.record.id}).to_list()
    assert application is not None
    assert [row["data"], version.data, application.data, application.submissions[0].data] == [left] * 4
    assert await kept.store.attachments.get(shelf.file_id) is None


@pytest.mark.slow
async def test_certificates_and_mails_of_the_operator_lose_their_names_and_stay(
    site: Site, approver: Actor, asker: Actor
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    now = site.now()
    certificate = Certificate(
        fingerprint="f" * 64,
        serial="01",
        subject="CN=person",
        issuer="CN=ca",
        not_before=now,
        not_after=now,
        operator_id=shelf.record.operator_id,
        first_seen_at=now,
    )
    mail = Message(
        dedupe_key="k:person@example.jp",
        message_id="<x@y>",
        template="t",
        language="ja",
        to_address="person@example.jp",
        subject="s",
        last_answer="<person@example.jp> full",
        body="b",
        operator_id=shelf.record.operator_id,
        created_at=now,
        next_at=now,
    )
    await certificate.insert()
    await mail.insert()
    await ran(kept, asker, approver)
    papers = await Certificate.get(certificate.id)
    sent = await Message.get(mail.id)
    assert papers is not None
    assert sent is not None
    assert (papers.subject, papers.fingerprint, papers.state) == ("", "f" * 64, "retired")
    assert (sent.to_address, sent.body, sent.next_at, sent.due_at) == ("", None, None, None)
    assert "person" not in str(sent)


@pytest.mark.parametrize("over", ["record", "operator"])
async def test_nothing_under_a_hold_is_touched_even_one_placed_after_the_approval(
    site: Site, approver: Actor, asker: Actor, over: str
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    await retention.approve(kept, approver, run.id, revision=2)  # type: ignore[arg-type]
    company = await kept.records["operator"].get(shelf.record.operator_id)
    assert company is not None
    await holds.place(kept, approver, shelf.record if over == "record" else company, "係争中")
    while await disposing.dispose_some(kept):
        pass
    found = await RetentionItem.find({"run_id": run.id, "kind": "record"}).to_list()
    assert [item.state for item in found] == ["held"]
    assert (await row_of(kept, shelf.record))["data"]["person"] == "氏名"
    assert await kept.store.attachments.get(shelf.file_id) is not None
    account = await Account.get(shelf.owner.account_id)
    assert account is not None
    assert (account.name != "") == (over == "operator")


async def test_what_is_in_force_again_after_the_approval_is_left_as_it_is(
    site: Site, approver: Actor, asker: Actor
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    await retention.approve(kept, approver, run.id, revision=2)  # type: ignore[arg-type]
    company = {"_id": shelf.record.operator_id}
    await kept.records["operator"].collection.update_one(company, {"$set": {"lifecycle": "active"}})
    while await disposing.dispose_some(kept):
        pass
    assert {item.state for item in await retention.items(run)} == {"gone"}
    assert (await row_of(kept, shelf.record))["data"]["person"] == "氏名"
    account = await Account.get(shelf.owner.account_id)
    assert account is not None
    assert account.name != ""


async def test_what_a_crash_interrupts_is_finished_by_the_next_worker_and_told_once(
    site: Site, approver: Actor, asker: Actor, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keeping(site, "erase")
    shelf = await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    await retention.approve(kept, approver, run.id, revision=2)  # type: ignore[arg-type]
    with monkeypatch.context() as patch:
        patch.setattr(type(kept.store.attachments), "discard", _dies)
        with pytest.raises(RuntimeError):
            await disposing.dispose_some(kept)
    assert not await disposing.dispose_some(kept)  # the dead worker's lease holds
    hands.now += retention.LEASE + timedelta(seconds=1)
    while await disposing.dispose_some(kept):
        pass
    assert await kept.store.attachments.get(shelf.file_id) is None
    done = {"action": "retention.disposed", "subject.id": shelf.record.id}
    assert await Event.find(done).count() == 1
    assert (await retention.find_run(run.id)).counts == {"done": 2}  # type: ignore[arg-type]


async def _dies(*_: Any) -> int:
    raise RuntimeError("power cut")


@pytest.mark.slow
async def test_a_report_that_was_interrupted_lists_nothing_twice(
    site: Site, asker: Actor, hands: Hands
) -> None:
    kept = keeping(site, "erase")
    await a_shelf(kept, ENDED)
    run = await retention.ask_report(kept, asker)
    await retention.count_one(kept)
    await RetentionRun.raw().update_one({"_id": run.id}, {"$set": {"state": "counting"}})
    await retention.count_one(kept)
    rows = [row async for row in retention.report_rows(asker, run)]
    assert rows[0] == retention.COLUMNS
    assert len(rows) == 3


async def test_a_hold_is_lifted_by_two_people_and_stands_until_then(site: Site, approver: Actor) -> None:
    shelf = await a_shelf(site, ENDED)
    second = await staff(site, "approver-2", "approver")
    hold = await holds.place(site, approver, shelf.record, "証拠の保全")
    with pytest.raises(HoldRefused):
        await holds.place(site, second, shelf.record, "同じ")
    with pytest.raises(HoldRefused):
        await holds.lift(site, second, hold.id, revision=hold.revision)  # type: ignore[arg-type]
    hold = await holds.propose_lift(site, approver, hold.id, "終結", revision=hold.revision)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        await holds.lift(site, approver, hold.id, revision=hold.revision)  # type: ignore[arg-type]
    hold = await holds.keep(site, second, hold.id, revision=hold.revision)  # type: ignore[arg-type]
    assert await holds.held([shelf.record.id]) == {shelf.record.id}
    hold = await holds.propose_lift(site, second, hold.id, "終結", revision=hold.revision)  # type: ignore[arg-type]
    lifted = await holds.lift(site, approver, hold.id, revision=hold.revision)  # type: ignore[arg-type]
    assert (lifted.standing, await holds.held([shelf.record.id])) == (False, set())
    told = await Event.find({"subject.id": shelf.record.id}).sort("+_id").to_list()
    assert [event.action for event in told] == [
        "hold.placed",
        "hold.lift_proposed",
        "hold.kept",
        "hold.lift_proposed",
        "hold.lifted",
    ]


SOURCES = [path for room in ("models", "forms", "admin", "app") for path in sorted(Path(room).rglob("*.py"))]

WORDS = "delete_one|delete_many|delete|find_one_and_delete|drop|drop_collection"
REMOVES = re.compile(rf"(\.raw\(\)|collection|_bucket|\w+\.find\(.*\))\.({WORDS})\(")
"""What takes something out of the database."""

MAY_REMOVE = {
    "app/database/attachments.py": "files that retention, a sweep or a replaced upload lets go",
    "models/documents/calendar_day.py": "a day set by staff, back to the calendar; the event tells of it",
    "models/documents/limiting.py": "counters of limits",
    "models/services/browsers.py": "sessions",
    "models/services/calendar_feeds.py": "secret addresses of calendars, of which only a hash is kept",
    "models/services/correcting.py": "drafts of corrections that were never handed over",
    "models/services/erasing.py": "one-time links of drafts that were erased",
    "models/services/identifying.py": "sessions",
    "models/services/sessions.py": "sessions",
    "models/services/stopping.py": "sessions",
    "models/services/views.py": "saved views of lists",
}
"""Where rows are removed, and which: none that is business, user or log data."""


def removals(read: Callable[[Path], str]) -> set[str]:
    """The files in which something is taken out of the database."""
    return {str(path) for path in SOURCES if "bench" not in path.parts and REMOVES.search(read(path))}


def test_nothing_that_is_kept_is_removed_anywhere_in_the_program() -> None:
    assert removals(lambda path: path.read_text(encoding="utf-8")) == MAY_REMOVE.keys()
    anywhere = removals(lambda path: "Record.raw().delete_one(" if path.name == "retention.py" else "")
    assert "models/services/retention.py" in anywhere
