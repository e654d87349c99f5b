"""Who goes over a limit: told once in each window, stopped after several, and the staff are told."""

from datetime import timedelta
from typing import Any

from models.configuration.limits import Rate
from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import Certificate
from models.documents.event import Event, Subject
from models.documents.guarded import find_document
from models.documents.stop import Stop, last_stop, live_automatic
from models.documents.store import Session
from models.errors import NotFound, RecordChanged
from models.language import Language, Message
from models.permissions import SYSTEM
from models.services import stops
from models.services.applications import operator_of
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site
from models.services.tally import Key

MOST_STOPPED = 500
"""Automatic stops at a time: more are not set, what goes over is refused all the same."""

REACHED = "limit.reached"
"""The event of somebody going over a limit, once in each window."""

MAIL = "access_limited"
"""Template that tells the system administrators of an automatic stop, once an hour."""


async def raise_alarm(site: Site, key: Key, rate: Rate) -> None:
    """Keep that `key` has gone over `rate` in the window that runs, and stop it where that was once too
    often."""
    rule = site.configuration.site.limits.stop
    label, subject, operator_id = await _named(site, key)
    details = {"manner": key.manner, "whose": key.whose, "limit": str(rate)}

    async def body(session: Session) -> None:
        await record_event(site, SYSTEM, REACHED, subject, session, operator_id=operator_id, **details)

    await site.store.transaction(body)
    if site.limits_watched:
        return
    last = await last_stop(_key(key))
    since = site.now() - timedelta(minutes=rule.within)
    if last is not None and last.starts > since:
        since = last.starts
    told = {"subject.label": label, "subject.kind": key.whose, "action": REACHED, "at": {"$gt": since}}
    if await Event.raw().count_documents(told, limit=rule.after) >= rule.after:
        await _stop(site, key, rate, label, operator_id, last)


def _key(key: Key) -> str:
    """The key of stops for whom `key` counts."""
    return f"{key.whose}:{key.who}"


async def _stop(
    site: Site, key: Key, rate: Rate, label: str, operator_id: Id | None, last: Stop | None
) -> None:
    """Stop one key for a while, and tell the staff in the same transaction: once after its `last` stop,
    however many processes see it."""
    rule, now = site.configuration.site.limits.stop, site.now()
    if await live_automatic(now, MOST_STOPPED) >= MOST_STOPPED:
        return
    told = Message(TOLD, {"rate": str(rate), "minutes": rule.minutes})
    stop = Stop(
        id=new_id(),
        key=_key(key),
        label=label,
        level="closed",
        code=2,
        text=told(site.configuration.site.languages[0]),
        starts=now,
        until=now + timedelta(minutes=rule.minutes),
        automatic=True,
        by=SYSTEM.person,
        at=now,
        token=f"limit {_key(key)} {last.id if last else ''}",
    )

    async def body(session: Session) -> None:
        await stops.keep_stop(site, SYSTEM, stop, session, operator_id=operator_id)
        await _mail(site, stop, session)

    try:
        await site.store.transaction(body)
    except RecordChanged:
        return
    await site.switchboard.refresh()


TOLD = (
    "The limit of {rate} was exceeded several times. Access is limited automatically for {minutes} minutes."
)


async def _mail(site: Site, stop: Stop, session: Session) -> None:
    """One mail an hour to each system administrator, however many stops there are, where the site has its
    template."""
    language: Language = site.configuration.site.languages[0]
    if (MAIL, language) not in site.mail:
        return
    hour = f"{stop.at:%Y%m%dT%H}"
    where = {"kind": "staff", "status": "active", "roles": "system_administrator"}
    async for row in Account.raw().find(where).limit(MOST_TOLD):
        recipient = Recipient(row["email"], row["name"], language)
        values = {"page": f"{site.base_url}/admin/stops"}
        letter = Letter(MAIL, recipient, f"limits:{hour}:{row['_id']}", values=values, account_id=row["_id"])
        await queue_letter(site, letter, session)


MOST_TOLD = 50
"""System administrators that are told."""


async def _named(site: Site, key: Key) -> tuple[str, Subject, Id | None]:
    """Whom a key is for, in words; as events name them; and their operator."""
    found: Any = None
    if key.whose == "account":
        found = await find_document(Account, {"_id": _id(key.who)})
        label = f"{found.login} {found.name}".strip() if found else key.who
    elif key.whose == "certificate":
        found = await find_document(Certificate, {"fingerprint": key.who})
        label = found.subject if found else key.who[:16]
    elif key.whose == "operator":
        found = await operator_of(site, _id(key.who))
        label = f"{found.number} {found.title}".strip() if found else key.who
    else:
        label = key.who
    operator_id = _id(key.who) if key.whose == "operator" else getattr(found, "operator_id", None)
    return label, Subject(kind=key.whose, id=getattr(found, "id", None), label=label), operator_id


def _id(text: str) -> Id | None:
    try:
        return read_id(text)
    except NotFound:
        return None
