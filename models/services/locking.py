"""Locked accounts: nobody signs in with one until somebody entitled has unlocked it (R23)."""

from models.documents.account import Account, Lock
from models.documents.base import read_id
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.store import Session
from models.permissions import SYSTEM, Actor
from models.services.events import record_event
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.sessions import end_sessions
from models.services.site import Site

UNLOCKED = {"$set": {"failures": 0, "slips": 0, "lock": None}}
"""What unlocking writes."""


LOCKED = "account_locked"
"""The mail that tells its owner, where a site has it."""


async def lock(site: Site, account: Account, cause: Lock, session: Session) -> bool:
    """Lock an account that is not locked yet and tell its owner by mail; whether it was this call that did.
    Who failed to confirm a sensitive act is signed out too: somebody else sits there."""
    where = {"_id": account.id, "lock": None}
    if await update_where(Account, where, {"$set": {"lock": cause.model_dump()}}, session) is None:
        return False
    if cause.reason == "confirmation":
        await end_sessions(read_id(account.id), session)
    if is_written(site, LOCKED):
        await queue_letter(site, _letter(account, cause), session)
    await record_event(
        site,
        SYSTEM,
        "account.locked",
        subject_of(account),
        session,
        operator_id=account.operator_id,
        reason=cause.reason,
        place=cause.address,
    )
    return True


async def unlock(site: Site, actor: Actor, account: Account, session: Session = None, note: str = "") -> bool:
    """Let an account sign in again, failures forgotten; whether it was locked. Who may unlock whom is the
    caller's to ask."""
    where = {"_id": account.id, "lock": {"$ne": None}}
    if await update_where(Account, where, UNLOCKED, session) is None:
        return False
    operator = account.operator_id
    await record_event(
        site, actor, "account.unlocked", subject_of(account), session, operator_id=operator, note=note
    )
    return True


def subject_of(account: Account) -> Subject:
    """An account as the subject of an event."""
    return Subject(kind="account", id=account.id, label=account.login)


def _letter(account: Account, cause: Lock) -> Letter:
    return Letter(
        template=LOCKED,
        recipient=Recipient(account.email, account.name, account.language),
        cause=f"locked:{account.id}:{cause.at:%Y%m%dT%H%M%S}",
        operator_id=account.operator_id,
        account_id=account.id,
    )
