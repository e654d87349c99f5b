"""Where somebody is signed in: seen and ended by themselves (ASVS 7.4.5, 7.5.2)."""

from dataclasses import dataclass
from datetime import datetime

from models.documents.base import Id
from models.documents.event import Subject
from models.documents.session import BrowserSession
from models.documents.store import Session
from models.errors import NotFound
from models.permissions import Actor
from models.services.events import record_event
from models.services.sessions import IDLE, end_sessions, sessions_of
from models.services.site import Site

PROGRAMS = {
    "Edg": "Edge", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome", "CriOS": "Chrome",
    "Version/": "Safari",
}  # fmt: skip
SYSTEMS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows", "Mac OS": "Mac",
    "Linux": "Linux",
}  # fmt: skip
"""What a ``User-Agent`` holds, the most special first, and what people call it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One place somebody is signed in at; ``here`` is the one that asks."""

    id: Id
    device: str
    address: str
    begun: datetime
    seen: datetime
    ends: datetime
    here: bool


def device_of(user_agent: str) -> str:
    """Browser and system as people call them; "" where nothing is known."""
    found = [
        next((name for sign, name in signs.items() if sign in user_agent), "")
        for signs in (PROGRAMS, SYSTEMS)
    ]
    return " · ".join(filter(None, found))


async def signed_in(site: Site, actor: Actor, here: Id | None) -> list[SignedIn]:
    """Where `actor` is signed in now, last seen first; `here` is this browser's session."""
    if actor.account_id is None:
        return []
    return [
        SignedIn(
            row["_id"],
            device_of(row["user_agent"]),
            row["address"],
            row["created_at"],
            row["seen_at"],
            min(row["ends_at"], row["seen_at"] + IDLE),
            row["_id"] == here,
        )
        for row in await sessions_of(actor.account_id)
        if row["ends_at"] > site.now() and row["seen_at"] + IDLE > site.now()
    ]


async def end_one(site: Site, actor: Actor, session_id: Id) -> None:
    """End one of one's own sessions. Raises NotFound for any other."""

    async def body(session: Session) -> None:
        where = {"_id": session_id, "account_id": actor.account_id}
        found = await BrowserSession.raw().delete_one(where, session=session)
        if actor.account_id is None or not found.deleted_count:
            raise NotFound
        await _note(site, actor, "session.ended", session)

    await site.store.transaction(body)


async def end_others(site: Site, actor: Actor, here: Id | None) -> None:
    """End all of one's own sessions but this browser's. Raises NotFound for who is not signed in."""
    account_id = actor.account_id
    if account_id is None:
        raise NotFound

    async def body(session: Session) -> None:
        await end_sessions(account_id, session, keep=here)
        await _note(site, actor, "session.others_ended", session)

    await site.store.transaction(body)


async def _note(site: Site, actor: Actor, action: str, session: Session) -> None:
    subject = Subject(kind="account", id=actor.account_id, label=actor.login)
    await record_event(site, actor, action, subject, session, operator_id=actor.operator_id)
