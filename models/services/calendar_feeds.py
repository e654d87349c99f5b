"""The secret address from which a calendar program reads the dates of one account.

A calendar program presents no certificate and no password: whoever has the address reads the dates. So they
are told in the words of the configuration alone, to the staff by reference too, and there are no names,
titles or answers in them."""

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.calendar_feed import CalendarFeed
from models.documents.event import Subject
from models.documents.guarded import find_document, insert_or
from models.documents.store import Session
from models.errors import FeedMoved, NotFound
from models.interchange.icalendar import write_calendar
from models.permissions import Actor
from models.services.accepting import owes_acceptance
from models.services.allowances import network_of, take
from models.services.calendar_entries import entries_for
from models.services.events import record_event
from models.services.identifying import acting
from models.services.own_account import own_account
from models.services.roles import may_act
from models.services.site import Site
from models.services.switches import require_entry, require_writing

BYTES = 32
"""Bytes of chance in an address (256 bits)."""

LONGEST = 100
"""Longer tokens are none of ours (characters)."""

WRONG = 60
"""Most wrong addresses one network may ask for in an hour."""


async def feed_of(actor: Actor) -> CalendarFeed | None:
    """The address of the actor's own account, without its secret part; None where there is none."""
    return await find_document(CalendarFeed, {"account_id": actor.account_id}) if actor.account_id else None


async def renew_feed(site: Site, actor: Actor, seen: str = "") -> str:
    """Make a new address, which is told this once; the one before (`seen`, its id, "" for none) opens nothing
    any more. Raises SignInRequired, WritingStopped, FeedMoved."""
    account = await own_account(actor)
    await require_writing(site, actor)
    token = site.entropy(BYTES).hex()
    made = CalendarFeed(
        id=new_id(), account_id=_id(account), token_hash=_hash(site, token), created_at=site.now()
    )

    async def body(session: Session) -> None:
        await _remove(account, seen, session)
        await insert_or(FeedMoved(), made.model_copy(), session)
        await _note(site, actor, account, "account.calendar_renewed", session)

    await site.store.transaction(body)
    return f"{site.base_url}/calendars/{token}.ics"


async def end_feed(site: Site, actor: Actor, seen: str) -> None:
    """End one's own address. Raises SignInRequired, WritingStopped, FeedMoved."""
    account = await own_account(actor)
    await require_writing(site, actor)

    async def body(session: Session) -> None:
        if not seen:
            raise FeedMoved
        await _remove(account, seen, session)
        await _note(site, actor, account, "account.calendar_ended", session)

    await site.store.transaction(body)


async def _remove(account: Account, seen: str, session: Session) -> None:
    """Remove the address that was seen. Raises FeedMoved where there is another, or none any more."""
    row = await CalendarFeed.raw().find_one({"account_id": account.id}, {"_id": 1}, session=session)
    if str(row["_id"] if row else "") != seen:
        raise FeedMoved
    if row:
        await CalendarFeed.raw().delete_one({"_id": row["_id"]}, session=session)


async def _note(site: Site, actor: Actor, account: Account, action: str, session: Session) -> None:
    subject = Subject(kind="account", id=account.id, label=account.login)
    await record_event(site, actor, action, subject, session, operator_id=account.operator_id)


def _id(account: Account) -> Id:
    if account.id is None:
        raise NotFound
    return account.id


def _hash(site: Site, token: str) -> str:
    return site.sign("calendar", token)


async def read_feed(site: Site, token: str, address: str) -> bytes:
    """The calendar behind an address (iCalendar, RFC 5545), as its account may see the dates now. Raises
    NotFound for any other token and for an account that may not act any more, TooManyRequests for a network
    that asks for many of those, ServiceClosed while its operator's use is stopped."""
    found = await _known(site, token)
    account = await Account.get(found.account_id) if found is not None else None
    if found is None or account is None or not may_act(site, account):
        await take(site, "calendars from", network_of(address), WRONG)
        raise NotFound
    actor = acting(site, account)
    await require_entry(site, actor)
    await _used(site, found)
    entries = [] if owes_acceptance(site, actor) else await entries_for(site, actor, account.language)
    name = site.configuration.site.name(account.language)
    return write_calendar(name, entries, site.calendar.midnight(site.today()))


async def _known(site: Site, token: str) -> CalendarFeed | None:
    if not 0 < len(token) <= LONGEST:
        return None
    return await find_document(CalendarFeed, {"token_hash": _hash(site, token)})


async def _used(site: Site, feed: CalendarFeed) -> None:
    """Write down the day an address was used last: its owner sees by it whether it still is."""
    if feed.used_at is None or feed.used_at < site.calendar.midnight(site.today()):
        await CalendarFeed.raw().update_one({"_id": feed.id}, {"$set": {"used_at": site.now()}})
