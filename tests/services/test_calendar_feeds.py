"""Dates for calendar programs: at an address only its owner knows, of what that person may see."""

from datetime import timedelta

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.calendar_feed import CalendarFeed
from models.documents.event import Event
from models.errors import FeedMoved, NotFound, ServiceClosed, TooManyRequests, TorokuError, WritingStopped
from models.permissions import Actor
from models.services import calendar_feeds, ledger
from models.services.calendar_feeds import end_feed, feed_of, read_feed, renew_feed
from models.services.preferences import keep_choices
from models.services.site import Site
from models.services.steps import take_step
from models.services.stops import set_stop
from tests.services.announced import publish, tell
from tests.services.conftest import staff
from tests.services.people_of import new_company
from tests.services.test_inbox_due import in_review

NETWORK = "192.0.2.1"


def token_in(address: str) -> str:
    return address.rpartition("/")[2].removesuffix(".ics")


async def refused(site: Site, token: str) -> TorokuError:
    with pytest.raises(TorokuError) as error:
        await read_feed(site, token, NETWORK)
    return error.value


async def test_a_new_address_takes_the_place_of_the_old_and_is_stored_nowhere(
    site: Site, reviewer: Actor
) -> None:
    first = await renew_feed(site, reviewer)
    kept = await feed_of(reviewer)
    assert kept is not None
    assert first.startswith(f"{site.base_url}/calendars/")
    assert b"BEGIN:VCALENDAR" in await read_feed(site, token_in(first), NETWORK)
    second = await renew_feed(site, reviewer, str(kept.id))
    assert isinstance(await refused(site, token_in(first)), NotFound)
    assert b"BEGIN:VCALENDAR" in await read_feed(site, token_in(second), NETWORK)
    told = str([*await CalendarFeed.raw().find({}).to_list(None), *await Event.raw().find({}).to_list(None)])
    assert token_in(first) not in told
    assert token_in(second) not in told


async def test_an_address_that_was_ended_opens_nothing(site: Site, reviewer: Actor) -> None:
    address = await renew_feed(site, reviewer)
    kept = await feed_of(reviewer)
    assert kept is not None
    await end_feed(site, reviewer, str(kept.id))
    assert isinstance(await refused(site, token_in(address)), NotFound)
    assert await Event.find({"action": "account.calendar_ended"}).count() == 1


async def test_of_two_windows_one_is_told_that_the_other_was_faster(site: Site, reviewer: Actor) -> None:
    address = await renew_feed(site, reviewer)
    for act in (
        renew_feed(site, reviewer),
        renew_feed(site, reviewer, "0" * 24),
        end_feed(site, reviewer, ""),
    ):
        with pytest.raises(FeedMoved):
            await act
    assert await read_feed(site, token_in(address), NETWORK)


async def test_any_other_token_is_not_found(site: Site) -> None:
    for token in ("", "x", "0" * 64, "0" * 101, "../../etc/passwd", "\x00"):
        assert isinstance(await refused(site, token), NotFound)


async def test_guessing_is_stopped_and_reading_is_not(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_feeds, "WRONG", 2)
    address = await renew_feed(site, reviewer)
    found = [await refused(site, "0" * 64) for _ in range(3)]
    assert [type(error) for error in found] == [NotFound, NotFound, TooManyRequests]
    assert await read_feed(site, token_in(address), NETWORK)


async def test_an_account_that_may_not_act_any_more_has_no_calendar(site: Site, reviewer: Actor) -> None:
    address = await renew_feed(site, reviewer)
    await Account.raw().update_one({"_id": reviewer.account_id}, {"$set": {"status": "suspended"}})
    assert isinstance(await refused(site, token_in(address)), NotFound)


async def test_a_member_of_staff_reads_what_is_due_by_reference_without_names(
    site: Site, reviewer: Actor
) -> None:
    due = site.calendar.midnight(site.today() + timedelta(days=4))
    application = await in_review(site, reviewer, due)
    mine = await renew_feed(site, reviewer)
    other = await renew_feed(site, await staff(site, "other", "auditor"))
    content = await read_feed(site, token_in(mine), NETWORK)
    day = site.today() + timedelta(days=3)
    assert f"DTSTART;VALUE=DATE:{day:%Y%m%d}" in content.decode()
    assert f"SUMMARY:{application.reference}".encode() in content
    for hidden in (application.title, application.operator_name, reviewer.name):
        assert hidden.encode() not in content
    assert application.reference.encode() not in await read_feed(site, token_in(other), NETWORK)


async def test_a_date_that_moves_keeps_its_identifier_and_rises_in_sequence(
    site: Site, reviewer: Actor
) -> None:
    application = await in_review(site, reviewer, site.now() + timedelta(days=4))
    address = token_in(await renew_feed(site, reviewer))
    before = (await read_feed(site, address, NETWORK)).decode()
    assert before == (await read_feed(site, address, NETWORK)).decode()
    moved = {"$set": {"due": site.now() + timedelta(days=9)}, "$inc": {"revision": 1}}
    await Application.raw().update_one({"_id": application.id}, moved)
    after = (await read_feed(site, address, NETWORK)).decode()
    uid = f"UID:application-{application.id}@"
    assert before.count(uid) == after.count(uid) == 1
    assert "SEQUENCE" not in before
    assert "SEQUENCE:1" in after
    await take_step(site, reviewer, await fresh(application), "release")
    assert uid not in (await read_feed(site, address, NETWORK)).decode()


async def fresh(application: Application) -> Application:
    found: Application | None = await Application.get(application.id)
    assert found is not None
    return found


async def test_an_operator_reads_of_its_own_in_the_words_of_the_configuration(site: Site) -> None:
    company, stranger = await new_company(site), await new_company(site)
    for account in (company.administrator, stranger.administrator):
        await Account.raw().update_one({"_id": account.id}, {"$set": {"accepted_terms": "1"}})
    facts = {"state": "returned", "operator_id": company.operator, "assignee": None}
    application = await in_review(site, company.head, site.now() + timedelta(days=4))
    await Application.raw().update_one({"_id": application.id}, {"$set": facts})
    own = await read_feed(site, token_in(await renew_feed(site, company.head)), NETWORK)
    assert "電源等情報".encode() in own
    for hidden in (application.reference, application.title, application.operator_name):
        assert hidden.encode() not in own
    theirs = await read_feed(site, token_in(await renew_feed(site, stranger.head)), NETWORK)
    assert "電源等情報：期限".encode() not in theirs


async def test_a_notice_to_confirm_stands_there_by_its_number_until_it_is_confirmed(site: Site) -> None:
    company = await new_company(site)
    await Account.raw().update_one({"_id": company.administrator.id}, {"$set": {"accepted_terms": "1"}})
    due = site.calendar.midnight(site.today() + timedelta(days=5))
    notice = await publish(site, "重い題名", acknowledge=True, acknowledge_by=due)
    await tell(site, notice, company.administrator)
    token = token_in(await renew_feed(site, company.head))
    owed = (await read_feed(site, token, NETWORK)).decode()
    last = site.today() + timedelta(days=4)
    assert f"DTSTART;VALUE=DATE:{last:%Y%m%d}" in owed
    assert f"お知らせ {notice.number} の確認期限" in owed
    assert "重い題名" not in owed
    await ledger.acknowledge(site, company.head, notice)
    assert notice.number not in (await read_feed(site, token, NETWORK)).decode()


async def test_whoever_owes_acceptance_of_the_terms_reads_an_empty_calendar(site: Site) -> None:
    company = await new_company(site)
    address = await renew_feed(site, company.head)
    assert b"BEGIN:VEVENT" not in await read_feed(site, token_in(address), NETWORK)


async def test_nothing_is_renewed_or_chosen_while_applicants_only_read(site: Site) -> None:
    company, chief = await new_company(site), await staff(site, "chief", "system_administrator")
    await set_stop(site, chief, None, level="read_only", code=1, text="保守")
    chosen = {"notices": "none", "reminders": "none", "digest": "off"}
    for act in (renew_feed(site, company.head), keep_choices(site, company.head, chosen)):
        with pytest.raises(WritingStopped):
            await act
    assert await feed_of(company.head) is None


async def test_an_operator_whose_use_is_stopped_reads_no_dates_either(site: Site) -> None:
    """Nobody is signed in at this address, so that nothing else would ask."""
    company, other = await new_company(site), await new_company(site)
    chief = await staff(site, "chief", "system_administrator")
    stopped, going = await renew_feed(site, company.head), await renew_feed(site, other.head)
    await set_stop(site, chief, company.operator, level="closed", code=4, text="調査のため")
    assert isinstance(await refused(site, token_in(stopped)), ServiceClosed)
    assert b"BEGIN:VCALENDAR" in await read_feed(site, token_in(going), NETWORK)
