"""A new way in for somebody: unlocking an account, and a link to set another password (R23, R24)."""

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AccountGuarded
from models.language import Message
from models.permissions import Actor
from models.services import locking
from models.services.accounts import issued_letter
from models.services.administration import (
    CHANGED,
    administered,
    has_mail,
    note,
    read_reason,
    require_other,
    tell,
    within,
)
from models.services.messages import Letter, Recipient, queue_letter
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.suspending import end_access
from models.services.switches import require_writing

UNLOCKED = Message("The account was unlocked: you can sign in again.")


async def reissue(site: Site, actor: Actor, account_id: Id, reason: str, session: Session = None) -> Account:
    """Take the password of an account away, end its sessions and links, and mail its owner a one-time link to
    set another (R24).

    Raises NotAllowed, NotFound, AccountGuarded (one's own; stopped or removed), ConfirmationRequired,
    AnswersInvalid (path ``reason``), WritingStopped."""
    account = await administered(actor, account_id)
    require_other(actor, account)
    await require_writing(site, actor)
    require_recent(site, actor)
    why = read_reason(reason)

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "status": {"$in": ["invited", "active"]}}
        values = {"password_hash": None, "failures": 0, "lock": None}
        found = await update_where(Account, where, {"$set": values}, session)
        if found is None:
            raise AccountGuarded("This account is stopped. Let it go on first.")
        await end_access(site, found, session)
        await queue_letter(site, _letter(site, found), session)
        await note(site, actor, "account.reissued", found, session, reason=why)
        return found

    return await within(site, session, body)


def _letter(site: Site, account: Account) -> Letter:
    cause = str(new_id())
    if not has_mail(site, "password_reissued"):
        return issued_letter(account, again=cause)
    return Letter(
        "password_reissued",
        Recipient(account.email, account.name, account.language),
        f"account:{account.id}:{cause}",
        values={"account_id": account.login},
        operator_id=account.operator_id,
        account_id=account.id,
    )


async def unlock(site: Site, actor: Actor, account_id: Id, reason: str, session: Session = None) -> Account:
    """Let somebody sign in again whose account was locked, with the reason (R23). An operator's administrator
    is unlocked by the staff.

    Raises NotAllowed, NotFound, AccountGuarded (one's own; not locked), AnswersInvalid (path ``reason``),
    WritingStopped."""
    account = await administered(actor, account_id)
    require_other(actor, account)
    await require_writing(site, actor)
    why = read_reason(reason)

    async def body(session: Session) -> Account:
        if not await locking.unlock(site, actor, account, session, why):
            raise AccountGuarded(CHANGED if account.lock else "This account is not locked.")
        await tell(site, actor, account, UNLOCKED, session, why)
        unlocked: Account = account.model_copy(update={"lock": None, "failures": 0})
        return unlocked

    return await within(site, session, body)
