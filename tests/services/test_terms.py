"""Terms of use: written by staff, published by a second person, told to everybody in time (R6, R8)."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from models.configuration.terms import TermsText
from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.event import Event
from models.documents.ledger import LedgerLine
from models.documents.mailing import Mailing
from models.documents.message import Message
from models.documents.terms import TermsVersion
from models.errors import AnswersInvalid, NotAllowed, NotFound, TermsMoved
from models.permissions import Actor
from models.services import ledger, listing, mail_outcomes, mailings, terms, terms_publishing
from models.services.delivery import claim_due, mark_failed, mark_sent
from models.services.site import Site
from models.services.terms_publishing import Written
from tests.clock import Hands
from tests.services.conftest import staff

TODAY = date(2026, 11, 20)


def typed(**changed: str) -> Written:
    """Version 2.0, in force from today."""
    facts = {
        "version": "2.0",
        "title_ja": "容量市場システム利用規約",
        "revised": "2026-11-20",
        "effective_from": "2026-11-20",
        "change_ja": "期待容量の登録を追加",
        "change_en": "Expected capacity added",
        "body": "## 1. 目的\n\n第二版の本文\n",
    }
    return Written(**{**facts, **changed})


async def people(site: Site, count: int, **facts: Any) -> list[Id]:
    """Accounts of operators."""
    known = {"kind": "operator", "status": "active", "created_at": site.now(), **facts}
    rows = [
        {
            "_id": new_id(),
            "login": f"u{n}-{new_id()}",
            "name": f"利用者{n}",
            "email": f"u{n}@example.jp",
            **known,
        }
        for n in range(count)
    ]
    for row in rows:
        await Account.model_validate(row).insert()
    return [row["_id"] for row in rows]


async def proposed(site: Site, writer: Actor, **changed: str) -> TermsVersion:
    """A version that waits for a second person."""
    found = await terms_publishing.find_stored(
        writer, await terms_publishing.begin(site, writer, typed(**changed))
    )
    await terms_publishing.propose(site, writer, found, revision=1)
    return await terms_publishing.find_stored(writer, found.id)  # type: ignore[arg-type]


async def published(site: Site, **changed: str) -> Mailing:
    """A published version, and its mailing."""
    writer, second = (
        await staff(site, f"w{new_id()}", "steward"),
        await staff(site, f"s{new_id()}", "approver"),
    )
    version = await proposed(site, writer, **changed)
    await terms_publishing.publish(site, second, version, revision=version.revision)
    found = await mailings.mailing_of(version.terms, version.version)
    assert found is not None
    return found


async def work(site: Site) -> None:
    """What the worker does until nothing is left."""
    while await listing.list_some(site) or await mail_outcomes.settle_some(site):
        pass


async def mails_of(mailing: Mailing) -> list[Message]:
    keys = [line.message_key async for line in LedgerLine.find({"source_id": mailing.id})]
    return await Message.find({"dedupe_key": {"$in": keys}}).to_list()


async def test_a_version_is_published_by_somebody_who_wrote_none_of_it(site: Site) -> None:
    writer, other = await staff(site, "writer", "steward"), await staff(site, "other", "steward")
    third = await staff(site, "third", "approver")
    stored = await terms_publishing.find_stored(writer, await terms_publishing.begin(site, writer, typed()))
    await terms_publishing.change(site, other, stored, typed(body="## 直した本文\n"), revision=1)
    stored = await terms_publishing.find_stored(writer, stored.id)  # type: ignore[arg-type]
    await terms_publishing.propose(site, other, stored, revision=2)
    stored = await terms_publishing.find_stored(writer, stored.id)  # type: ignore[arg-type]
    for own in (writer, other):
        with pytest.raises(NotAllowed):
            await terms_publishing.publish(site, own, stored, revision=3)
    assert terms.in_force(site).version == "1.0"  # type: ignore[union-attr]
    await terms_publishing.publish(site, third, stored, revision=3)
    assert terms.in_force(site).version == "2.0"  # type: ignore[union-attr]
    assert {e.action async for e in Event.find({"subject.id": stored.id})} >= {
        *("terms.drafted", "terms.proposed", "terms.published")
    }


async def test_what_was_published_is_never_changed(site: Site) -> None:
    writer = await staff(site, "writer", "steward")
    await published(site)
    stored = await TermsVersion.find_one({"version": "2.0"})
    assert stored is not None
    with pytest.raises(TermsMoved):
        await terms_publishing.change(site, writer, stored, typed(version="2.1"), revision=stored.revision)
    kept = await TermsVersion.find_one({"version": "2.0"})
    assert kept is not None
    assert kept.checksum == stored.checksum


async def test_two_who_change_a_draft_at_once_do_not_overwrite_each_other(site: Site) -> None:
    writer = await staff(site, "writer", "steward")
    stored = await terms_publishing.find_stored(writer, await terms_publishing.begin(site, writer, typed()))
    changes = (
        terms_publishing.change(site, writer, stored, typed(body=f"本文 {n}"), revision=1) for n in range(2)
    )
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "TermsMoved"]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"version": "two"}, "version"),
        ({"version": "1.0"}, "version"),
        ({"version": "2.0/../x"}, "version"),
        ({"revised": "2026-02-30"}, "revised"),
        ({"effective_from": "soon"}, "effective_from"),
        ({"title_ja": " "}, "title_ja"),
        ({"change_ja": ""}, "change_ja"),
        ({"body": "\n"}, "body"),
    ],
)
async def test_what_cannot_be_a_version_is_refused_at_its_field(
    site: Site, changed: dict[str, str], path: str
) -> None:
    writer = await staff(site, "writer", "steward")
    with pytest.raises(AnswersInvalid) as refused:
        await terms_publishing.begin(site, writer, typed(**changed))
    assert [error.path for error in refused.value.errors] == [path]


@pytest.mark.parametrize(("day", "refused"), [("2026-11-19", True), ("2026-11-20", False)])
async def test_changed_terms_apply_from_today_at_the_earliest(site: Site, day: str, refused: bool) -> None:
    writer = await staff(site, "writer", "steward")
    stored = await terms_publishing.find_stored(
        writer, await terms_publishing.begin(site, writer, typed(effective_from=day))
    )
    assert [e.path for e in terms_publishing.problems(site, stored)] == (
        ["effective_from"] if refused else []
    )


async def test_a_version_to_come_is_told_ahead_and_comes_by_itself(site: Site, hands: Hands) -> None:
    await published(site, effective_from="2026-12-01")
    assert (terms.in_force(site), terms.coming(site)) == tuple(
        terms.find_version(site, version) for version in ("1.0", "2.0")
    )
    hands.now = datetime(2026, 11, 30, 14, 59, 59, tzinfo=hands.now.tzinfo)
    assert terms.in_force(site).version == "1.0"  # type: ignore[union-attr]
    hands.forward(seconds=1)
    assert terms.in_force(site).version == "2.0"  # type: ignore[union-attr]
    assert terms.coming(site) is None


def test_versions_are_ordered_by_their_numbers() -> None:
    def order(version: str) -> Any:
        facts = {"terms": "t", "title": {"ja": "t"}, "change": {"ja": "c"}, "body": "b"}
        dates = {"revised": TODAY, "effective_from": TODAY}
        return terms.order_of(TermsText.model_validate({**facts, **dates, "version": version}))

    assert order("9.0") < order("10.0") < order("10.0.1") < order("10.0.2a")


async def test_everybody_who_uses_the_system_is_told_once(site: Site) -> None:
    """Control: staff and those who are stopped get no mail."""
    await people(site, 3)
    await people(site, 1, status="invited")
    await people(site, 1, status="suspended")
    mailing = await published(site)
    await work(site)
    await work(site)
    assert await LedgerLine.find({"source_id": mailing.id}).count() == 4
    mails = await mails_of(mailing)
    assert len(mails) == 4
    assert all(f"{site.base_url}/terms/2.0" in (mail.body or "") for mail in mails)


async def test_the_ledger_goes_on_where_a_worker_stopped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several workers at once, in small batches, list everybody once."""
    await people(site, 23)
    mailing = await published(site)
    monkeypatch.setattr(listing, "BATCH", 5)
    while any(
        each is True
        for each in await asyncio.gather(*(listing.list_some(site) for _ in range(3)), return_exceptions=True)
    ):
        pass
    found = await Mailing.get(mailing.id)
    assert found is not None
    assert (found.listed, found.listed_at is not None) == (23, True)
    assert await LedgerLine.find({"source_id": mailing.id}).count() == 23


async def test_the_ledger_follows_its_mails_and_failed_ones_are_sent_again(site: Site) -> None:
    await people(site, 2)
    mailing = await published(site)
    await work(site)
    first, second = [e.message for e in [await claim_due(site), await claim_due(site)] if e is not None]
    await mark_sent(site, first)
    await mark_failed(site, second, "550 no such user")
    await work(site)
    assert (await ledger.figures(mailing)).mails == {"sent": 1, "failed": 1}
    failed = await ledger.lines(mailing, "mail", "failed")
    assert failed.lines[0].problem == "550 no such user"
    assert await mailings.overdue(site) == 0
    chief = await staff(site, "chief", "system_administrator")
    assert await ledger.send_again(site, chief, mailing) == 1
    again = await claim_due(site)
    assert again is not None
    await mark_sent(site, again.message)
    await work(site)
    ended = await Mailing.get(mailing.id)
    assert ended is not None
    assert ended.settled_at is not None
    assert await Event.find({"action": "terms.everybody_told"}).count() == 1


async def test_who_is_told_in_another_way_is_noted_and_owed_nothing_more(site: Site) -> None:
    """Control: without the note of how, nothing is kept."""
    await people(site, 1)
    mailing = await published(site)
    await work(site)
    envelope = await claim_due(site)
    assert envelope is not None
    await mark_failed(site, envelope.message, "550 no such user")
    await work(site)
    chief = await staff(site, "chief", "system_administrator")
    (line,) = (await ledger.lines(mailing, "mail", "failed")).lines
    with pytest.raises(AnswersInvalid):
        await ledger.note_told(site, chief, mailing, str(line.id), " ")
    await ledger.note_told(site, chief, mailing, str(line.id), "電話で連絡")
    with pytest.raises(NotFound):
        await ledger.note_told(site, chief, mailing, str(line.id), "もう一度")
    await work(site)
    ended = await Mailing.get(mailing.id)
    assert ended is not None
    assert ended.settled_at is not None
    assert await Event.find({"action": "terms.told_otherwise"}).count() == 1


@pytest.mark.parametrize(
    ("revised", "due"), [("2026-11-20", date(2026, 12, 20)), ("2026-11-10", date(2026, 12, 10))]
)
async def test_the_term_is_thirty_days_from_the_day_after_the_change(
    site: Site, revised: str, due: date
) -> None:
    """Civil Code, article 140; a day of revision that lies back counts, not the day of publishing."""
    mailing = await published(site, revised=revised)
    assert site.calendar.due_day(mailing.due) == due


async def test_what_is_owed_after_the_term_is_an_alarm_once(site: Site, hands: Hands) -> None:
    await staff(site, "chief", "system_administrator")
    await people(site, 1)
    mailing = await published(site)
    await work(site)
    hands.now = mailing.due - timedelta(seconds=1)
    assert not await mailings.alarm_one(site)
    hands.now = mailing.due
    assert await mailings.overdue(site) == 1
    assert [await mailings.alarm_one(site) for _ in range(2)] == [True, False]
    assert await Event.find({"action": "terms.mailing_overdue"}).count() == 1
    alarms = await Message.find({"template": mailings.ALARM}).to_list()
    assert [mail.to_address for mail in alarms] == ["chief@market.example.jp"]


async def test_control_a_mailing_with_every_mail_sent_raises_no_alarm(site: Site, hands: Hands) -> None:
    await people(site, 1)
    mailing = await published(site)
    await work(site)
    envelope = await claim_due(site)
    assert envelope is not None
    await mark_sent(site, envelope.message)
    await work(site)
    hands.now = mailing.due
    assert not await mailings.alarm_one(site)


async def test_a_version_that_comes_with_the_files_is_told_too(site: Site) -> None:
    """The first ones a site has are not: nobody used it before."""
    assert await Mailing.find().count() == 0
    (first,) = site.configuration.terms
    second = first.model_copy(update={"version": "1.1", "revised": TODAY, "effective_from": TODAY})
    object.__setattr__(site.configuration, "terms", (first, second))
    try:
        await terms.keep_versions(site)
        await terms.keep_versions(site)
    finally:
        object.__setattr__(site.configuration, "terms", (first,))
    assert [each.version for each in await Mailing.find().to_list()] == ["1.1"]


async def test_a_file_changed_under_a_published_number_changes_nothing(site: Site) -> None:
    (first,) = site.configuration.terms
    changed = first.model_copy(update={"body": "差し替えた本文"})
    object.__setattr__(site.configuration, "terms", (changed,))
    try:
        await terms.keep_versions(site)
        assert terms.in_force(site).body == first.body  # type: ignore[union-attr]
        assert terms.differs(site, first.terms, first.version, terms.checksum(first))
    finally:
        object.__setattr__(site.configuration, "terms", (first,))
