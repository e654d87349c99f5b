"""The ledger of notices: everybody once whatever breaks off, mails followed, reading marks kept."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.base import Id
from models.documents.event import Event
from models.documents.former_lines import FORMER, take_over_former
from models.documents.inbox import InboxItem
from models.documents.ledger import LedgerLine, LineState
from models.documents.mailing import Mailing
from models.documents.message import Message
from models.documents.prepare import database_of
from models.documents.publication import Audience, Publication
from models.errors import AcknowledgementRefused, JobMoved, NotAllowed, NotFound, ReminderRefused
from models.services import acknowledging, ledger, listing, mail_outcomes, mail_rounds, outbox, taking_back
from models.services.day_words import day_words
from models.services.freezing import frozen_bytes
from models.services.notices import VISITOR
from models.services.site import Site
from tests.clock import Hands
from tests.services.announced import BECAUSE, change, line_of, publish, replace_by, withdraw
from tests.services.conftest import staff
from tests.services.people_of import Company, again, id_of, new_company, signed_in, somebody


async def announce(site: Site, **values: Any) -> Publication:
    """A notice to all operators, mailed, that is not listed yet."""
    facts = {"mail": "notice_published", "listed_at": None, **values}
    label = {"ja": "すべての事業者"}
    audience = Audience.model_validate({"name": "operators", "label": label})
    return await publish(site, "受付時間", "operators", audience=audience, **facts)


async def work(site: Site) -> None:
    """What the workers do until nothing is left."""
    while await listing.list_some(site) or await taking_back.take_back_some(site):
        pass
    while await mail_rounds.work_some(site):
        pass
    await mail_outcomes.settle_some(site)


async def reloaded(notice: Publication) -> Publication:
    found = await Publication.get(notice.id)
    assert found is not None
    return found


async def mails_of(notice: Publication, template: str = "notice_published") -> list[Message]:
    where = {"template": template, "dedupe_key": {"$regex": str(notice.id)}}
    return await Message.find(where).sort("_id").to_list()


async def mark(message: Message, **values: Any) -> None:
    """Let a mail have become something."""
    await Message.raw().update_one({"_id": message.id}, {"$set": {"next_at": None, **values}})


async def states(notice: Publication, channel: str = "mail") -> dict[Id, LineState]:
    where = {"source_id": notice.id, "channel": channel}
    return {line.account_id: line.state async for line in LedgerLine.find(where)}


@pytest.fixture
async def company(site: Site) -> Company:
    return await new_company(site)


async def test_a_notice_is_listed_and_mailed_once_by_several_workers_in_small_batches(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(9):
        await somebody(site, company.operator, "user")
    monkeypatch.setattr(listing, "BATCH", 3)
    notice = await announce(site)
    while any(each is True for each in await asyncio.gather(*(try_to_list(site) for _ in range(3)))):
        pass
    found = await ledger.figures(notice)
    assert (found.listed, found.read, found.mails) == (11, 0, {"queued": 11})
    mails = await mails_of(notice)
    assert len(mails) == 11
    assert all(f"{site.base_url}/portal/notices/{notice.id}" in (mail.body or "") for mail in mails)
    assert {mail.subject for mail in mails} == {"【容量市場システム】お知らせ：受付時間"}
    day = day_words(site.today().isoformat(), "ja")
    assert all(f"掲載日: {day}\n" in (mail.body or "") for mail in mails)
    assert sorted(mail.to_name in (mail.body or "") for mail in mails) == [True] * 11
    assert ((await reloaded(notice)).listed, await again_listed(site, notice)) == (11, 11)


async def try_to_list(site: Site) -> bool:
    try:
        return await listing.list_some(site)
    except JobMoved:
        return True


async def again_listed(site: Site, notice: Publication) -> int:
    """How many are listed when the place reached is forgotten: what is there already is not written twice."""
    await Publication.raw().update_one({"_id": notice.id}, {"$set": {"last_id": None, "listed_at": None}})
    await work(site)
    assert len(await mails_of(notice)) == 11
    return (await ledger.figures(notice)).listed


async def test_a_worker_that_dies_within_a_batch_leaves_nothing_of_it(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines, mails and the place reached come together or not at all."""
    notice = await announce(site)

    async def die(*_: Any) -> int:
        raise asyncio.CancelledError

    with monkeypatch.context() as dying:
        dying.setattr(listing, "queue_letters", die)
        with pytest.raises(asyncio.CancelledError):
            await listing.list_some(site)
    assert await states(notice) == {}
    assert (await reloaded(notice)).last_id is None
    await work(site)
    assert set(await states(notice)) == {id_of(company.administrator), id_of(company.user)}


async def test_who_shares_an_address_gets_one_mail_and_who_wants_none_is_withheld(
    site: Site, company: Company
) -> None:
    double = await somebody(site, company.operator, "user", email=company.user.email)
    silent = await somebody(site, company.operator, "user", mail_choices={"notices": "none"})
    notice = await announce(site)
    await work(site)
    assert len(await mails_of(notice)) == 2
    found = await states(notice)
    assert (found[id_of(double)], found[id_of(silent)]) == ("queued", "withheld")
    (line,) = (await ledger.lines(notice, "mail", "withheld")).lines
    assert line.problem == "They chose not to be mailed notices of this importance."
    assert await states(notice, "portal") == dict.fromkeys(found, "sent")


async def test_lines_follow_their_mails_to_the_end_and_back(site: Site, company: Company) -> None:
    for _ in range(3):
        await somebody(site, company.operator, "user")
    notice, now = await announce(site), site.now()
    await work(site)
    sent, failed, tried, held, dropped = await mails_of(notice)
    await mark(sent, sent_at=now)
    await mark(failed, failed_at=now, last_error="550 5.1.1")
    await mark(tried, attempts=2, last_error="451", next_at=now + timedelta(hours=1))
    await mark(held, withheld_at=now, withheld_why="dead")
    await mark(dropped, failed_at=now, aborted_at=now)
    await mail_outcomes.settle_some(site)
    rows = {
        line.account_id: (line.state, line.problem) async for line in LedgerLine.find({"channel": "mail"})
    }
    assert [rows[each.account_id] for each in (sent, failed, tried, held, dropped)] == [
        ("sent", ""),
        ("failed", "550 5.1.1"),
        ("retrying", "451"),
        ("withheld", "Mails to this address come back."),
        ("failed", "Called off by the staff."),
    ]
    assert (await ledger.figures(notice)).undelivered == 3
    await mark(sent, bounced_at=now + timedelta(seconds=1), bounce_status="5.1.1", bounce_text="unknown")
    await mail_outcomes.settle_some(site)
    assert (await states(notice))[sent.account_id] == "bounced"  # type: ignore[index]


async def test_a_mail_that_comes_back_opens_again_what_had_ended(site: Site, company: Company) -> None:
    notice = await announce(site)
    await work(site)
    mails = await mails_of(notice)
    for mail in mails:
        await mark(mail, sent_at=site.now())
    await mail_outcomes.settle_some(site)
    assert (await reloaded(notice)).settled_at is not None
    assert await Event.find({"action": "notice.everybody_told"}).count() == 1
    await mark(mails[0], bounced_at=site.now(), bounce_status="5.2.1")
    await mail_outcomes.take_bounces(site)
    assert (await reloaded(notice)).settled_at is None


async def test_what_failed_is_sent_again_but_not_what_was_called_off(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many were called off before it."""
    monkeypatch.setattr(ledger, "PAGE", 1)
    chief = await staff(site, "chief", "approver")
    notice = await announce(site)
    await work(site)
    dropped, failed = await mails_of(notice)
    await mark(failed, failed_at=site.now(), last_error="550")
    await mark(dropped, failed_at=site.now(), aborted_at=site.now())
    await mail_outcomes.settle_some(site)
    with pytest.raises(NotAllowed):
        await ledger.send_again(site, company.head, notice)
    assert await ledger.send_again(site, chief, notice) == 1
    found = await states(notice)
    assert [found[each.account_id] for each in (failed, dropped)] == ["queued", "failed"]  # type: ignore[index]


async def test_reading_and_acknowledging_are_kept_once_with_who_and_when(
    site: Site, company: Company, hands: Hands
) -> None:
    notice = await announce(site, acknowledge=True)
    head, user = company.head, signed_in(site, company.user)
    assert await ledger.mark_read(site, head, notice)  # before anybody was listed
    await work(site)
    assert not await ledger.mark_read(site, head, notice)
    assert not await ledger.mark_read(site, VISITOR, notice)
    hands.forward(hours=1)
    first = await ledger.acknowledge(site, user, notice)
    hands.forward(hours=1)
    assert (await ledger.acknowledge(site, user, notice)).acknowledged_at == first.acknowledged_at
    assert (first.acknowledged_as, first.read_at) == (company.user.name, first.acknowledged_at)
    found = await ledger.figures(notice)
    assert (found.listed, found.read, found.acknowledged) == (2, 2, 1)
    assert [line.account_id for line in (await ledger.not_yet(notice)).lines] == [company.administrator.id]
    assert (await ledger.not_yet(notice, "read")).lines == []
    assert await Event.find({"action": "notice.acknowledged"}).count() == 1


async def test_who_acknowledges_while_they_are_listed_is_asked_no_more(site: Site, company: Company) -> None:
    user = signed_in(site, company.user)
    for _ in range(4):
        notice = await announce(site, acknowledge=True)
        acts = [ledger.acknowledge(site, user, notice), *(try_to_list(site) for _ in range(2))]
        await asyncio.gather(*acts)
        while await try_to_list(site):
            pass
        found = await InboxItem.find({"subject.id": notice.id}).to_list()
        kept = {item.account_id: item.state for item in found}
        assert kept == {company.user.id: "done", company.administrator.id: "unread"}
        assert len(await mails_of(notice)) == 2


async def test_only_who_is_asked_acknowledges_and_only_what_stands(site: Site, company: Company) -> None:
    unasked, member = await announce(site), await staff(site, "member", "approver")
    await work(site)
    with pytest.raises(AcknowledgementRefused):
        await ledger.acknowledge(site, company.head, unasked)
    asked = await announce(site, acknowledge=True)
    await ledger.acknowledge(site, company.head, asked)  # before anybody was listed
    await work(site)
    waiting = await InboxItem.find({"kind": "acknowledge", "state": "unread"}).to_list()
    assert [item.account_id for item in waiting] == [company.user.id]
    with pytest.raises(NotFound):
        await ledger.acknowledge(site, member, asked)
    with pytest.raises(NotAllowed):
        await ledger.acknowledge(site, VISITOR, asked)
    await withdraw(site, asked)
    with pytest.raises(AcknowledgementRefused):
        await ledger.acknowledge(site, signed_in(site, company.user), asked)


async def test_newcomers_are_listed_as_such_and_mailed_only_what_is_required(
    site: Site, company: Company, hands: Hands
) -> None:
    plain, required = await announce(site), await announce(site, required=True)
    await work(site)
    newcomer = await somebody(site, company.operator, "user")
    assert not await listing.look_through(site)
    hands.forward(minutes=10)
    while await listing.look_through(site):
        pass
    late = await LedgerLine.find({"account_id": newcomer.id, "late": True}).to_list()
    channels = {(line.source_id, line.channel) for line in late}
    assert channels == {(plain.id, "portal"), (required.id, "portal"), (required.id, "mail")}
    assert await LedgerLine.find({"late": True}).count() == 3
    assert (await reloaded(plain)).listed == 3
    hands.forward(minutes=9)
    assert not await listing.look_through(site)


async def test_those_who_have_not_acknowledged_are_reminded_on_the_day_and_once(
    site: Site, company: Company, hands: Hands
) -> None:
    """Seven days and one before the end of the term; whoever acknowledged is left alone, and a delegate whose
    time was over meanwhile."""
    due = site.calendar.midnight((site.now() + timedelta(days=20)).date())
    ends = (site.today() + timedelta(days=5)).isoformat()
    await somebody(site, company.operator, "user", delegation=delegation(site, ends))
    notice = await announce(site, acknowledge=True, acknowledge_by=due)
    await work(site)
    await ledger.acknowledge(site, company.head, notice)
    first, last = [moment for _, moment in acknowledging.moments(site, notice)]
    assert (due - first, due - last) == (
        timedelta(days=8),
        timedelta(days=2),
    )  # the last day is the one before
    for moment, count in ((first, 1), (last, 2)):
        hands.now = moment - timedelta(seconds=1)
        assert not await acknowledging.remind_due(site)
        hands.now = moment
        assert [await acknowledging.remind_due(site) for _ in range(2)] == [True, False]
        await work(site)
        mails = await mails_of(notice, "notice_unacknowledged")
        assert [mail.to_address for mail in mails] == [company.user.email] * count
    assert (await line_of(notice, company.user)).reminders == 2
    assert (await line_of(notice, company.administrator)).reminders == 0


def delegation(site: Site, ends: str) -> dict[str, Any]:
    by = {"kind": "operator", "name": "電力 太郎"}
    duties = {"at": site.now(), "by": by, "version": "1", "text": "同じ義務"}
    return {"organisation": "代行社", "begins": site.today().isoformat(), "ends": ends, "duties": duties}


async def test_nobody_is_reminded_of_what_fell_nor_twice_a_day_by_hand(
    site: Site, company: Company, hands: Hands
) -> None:
    """Control: while it stands, the same days remind."""
    chief = await staff(site, "chief", "approver")
    due = site.now() + timedelta(days=20)
    notice = await announce(site, acknowledge=True, acknowledge_by=due)
    await work(site)
    assert await acknowledging.remind_now(site, chief, notice) == 2
    with pytest.raises(ReminderRefused):
        await acknowledging.remind_now(site, chief, notice)
    with pytest.raises(NotAllowed):
        await acknowledging.remind_now(site, company.head, notice)
    await work(site)
    assert len(await mails_of(notice, "notice_unacknowledged")) == 2
    hands.now = due - timedelta(days=2)
    assert len(await acknowledging._waiting(site)) == 1
    await withdraw(site, notice)
    assert not await acknowledging.remind_due(site)
    with pytest.raises(ReminderRefused):
        await acknowledging.remind_now(site, chief, await reloaded(notice))


async def test_mails_of_a_withdrawn_notice_are_stopped_and_who_was_mailed_is_told(
    site: Site, company: Company
) -> None:
    chief = await staff(site, "chief", "approver")
    await somebody(site, company.operator, "user")
    notice = await announce(site)
    await work(site)
    sent, waiting, failed = await mails_of(notice)
    await mark(sent, sent_at=site.now())
    await mark(failed, failed_at=site.now(), last_error="550")
    await withdraw(site, notice)
    await work(site)
    await work(site)
    stopped = await Message.get(waiting.id)
    assert stopped is not None
    assert (stopped.next_at, stopped.withheld_why) == (None, "withdrawn")
    assert await outbox.retry_all(site, chief, "550") == 0  # nor is it sent when others of its error are
    assert (await states(notice))[failed.account_id] == "withheld"  # type: ignore[index]
    (told,) = await mails_of(notice, "notice_withdrawn")
    assert (told.to_address, BECAUSE in (told.body or "")) == (sent.to_address, True)
    assert await mail_outcomes.take_bounces(site) is False


async def test_a_notice_put_away_before_all_were_listed_is_followed_to_the_end(
    site: Site, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "BATCH", 1)
    notice = await announce(site)
    while not await mails_of(notice):
        await listing.list_some(site)
    await change(notice, shown=False, archived_at=site.now())
    (mail,) = await mails_of(notice)
    await work(site)
    assert (await reloaded(notice)).settled_at is None
    await mark(mail, sent_at=site.now())
    await work(site)
    assert set((await states(notice)).values()) == {"sent"}
    assert (await reloaded(notice)).settled_at is not None
    assert await Event.find({"action": "notice.everybody_told"}).count() == 0


async def test_a_mail_a_worker_holds_is_not_stopped_under_its_hands(
    site: Site, company: Company, hands: Hands
) -> None:
    notice = await announce(site)
    await work(site)
    held, _ = await mails_of(notice)
    await Message.raw().update_one(
        {"_id": held.id}, {"$set": {"lease_until": site.now() + timedelta(minutes=2)}}
    )
    await withdraw(site, notice)
    assert not await taking_back.take_back_some(site)
    assert (await Message.get(held.id)).withheld_at is None  # type: ignore[union-attr]
    hands.forward(minutes=2)
    assert await taking_back.take_back_some(site)
    assert (await Message.get(held.id)).withheld_at is not None  # type: ignore[union-attr]


async def test_a_replaced_edition_mails_nobody_any_more(site: Site, company: Company) -> None:
    former = await announce(site)
    await work(site)
    current = await replace_by(site, former, "受付時間（訂正）", mail="notice_published", listed_at=None)
    await work(site)
    assert set((await states(former)).values()) == {"withheld"}
    assert set((await states(current)).values()) == {"queued"}
    assert await mails_of(former, "notice_withdrawn") == []


async def test_work_on_the_ledger_changes_nothing_that_is_frozen(
    site: Site, company: Company, hands: Hands
) -> None:
    due = site.now() + timedelta(days=5)
    notice = await announce(site, acknowledge=True, acknowledge_by=due)
    before = frozen_bytes(await reloaded(notice))
    await work(site)
    hands.now = due - timedelta(hours=1)
    assert await acknowledging.remind_due(site)
    await work(site)
    after = await reloaded(notice)
    assert after.progress.rounds
    assert frozen_bytes(after) == before


async def test_lines_from_before_the_one_ledger_are_taken_over(site: Site, company: Company) -> None:
    """Done over after a crash, it leaves what was moved as it is."""
    at = datetime.fromisoformat("2026-11-20T00:00:00+00:00")
    mailing = Mailing.model_validate(
        {"terms": "t", "version": "2.0", "title": {"ja": "規約"}, "change": {"ja": "変更"}}
        | {
            "effective_from": "2026-11-20",
            "changed": "2026-11-20",
            "due": at,
            "created_at": at,
            "listed_at": at,
        }
    )
    await mailing.insert()
    account = await again(company.user)
    row = {"_id": Id(), "mailing_id": mailing.id, "account_id": account.id, "operator_id": company.operator}
    row |= {"login": account.login, "name": account.name, "to_address": account.email, "message_key": "k"}
    row |= {"state": "failed", "queued_at": at, "sent_at": None, "failed_at": at, "problem": "550"}
    database = database_of(site.store)
    for _ in range(2):
        await database[FORMER].insert_one(dict(row))
        assert await take_over_former(site.store)
    assert not await take_over_former(site.store)
    (line,) = (await ledger.lines(mailing, "mail", "failed")).lines
    assert (line.source_kind, line.name, line.problem) == ("terms", account.name, "550")
    assert isinstance(await Account.get(line.account_id), Account)
