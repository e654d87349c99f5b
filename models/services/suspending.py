"""Stopping an account and letting it go on: at once, with a reason, told to its owner (R22, R59)."""

from models.documents.account import Account, Halt
from models.documents.base import Id, read_id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AccountGuarded
from models.language import Message
from models.permissions import Actor
from models.services.administration import (
    CHANGED,
    administered,
    note,
    read_reason,
    require_another,
    require_no_administrator,
    require_other,
    tell,
    within,
)
from models.services.links import end_links
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing

STOPPED = Message("The account was stopped: nobody can sign in with it.")
RESUMED = Message("The account can be used again.")


async def suspend_account(
    site: Site, actor: Actor, account_id: Id, reason: str, session: Session = None
) -> Account:
    """Stop an account one administers; its sessions and links end with it. One that is stopped stays so; one
    its operator stopped is the desk's to let go on once the desk stops it too.

    Raises NotAllowed, NotFound, AccountGuarded (one's own, an operator's administrator, the last system
    administrator), ConfirmationRequired, AnswersInvalid (path ``reason``)."""
    account = await administered(actor, account_id)
    require_other(actor, account)
    require_no_administrator(actor, account)
    require_recent(site, actor)
    why = read_reason(reason)
    return await stop_account(site, actor, account, why, session)


async def stop_account(
    site: Site, actor: Actor, account: Account, reason: str, session: Session = None
) -> Account:
    """Stop an account on the authority of another act (a loss report, the end of a contract): who may is the
    caller's to ask. Raises AccountGuarded for the last system administrator."""

    async def body(session: Session) -> Account:
        await require_another(account, session)
        return await _stop(site, actor, account, reason, session)

    return await within(site, session, body)


async def _stop(site: Site, actor: Actor, account: Account, reason: str, session: Session) -> Account:
    was = "invited" if account.status == "invited" else "active"
    halt = Halt(reason=reason, at=site.now(), by=actor.person, was=was)
    where = {"_id": account.id, "status": was}
    values = {"status": "suspended", "halt": halt.model_dump()}
    stopped = await update_where(Account, where, {"$set": values}, session)
    if stopped is None and actor.kind != "operator":
        stopped = await _take_over(account, halt, session)
    if stopped is None:
        return account
    await end_access(site, stopped, session)
    await tell(site, actor, stopped, STOPPED, session, reason)
    await note(site, actor, "account.suspended", stopped, session, reason=reason)
    return stopped


async def _take_over(account: Account, halt: Halt, session: Session) -> Account | None:
    """Make the stop of an operator's own administrator the desk's, so that the desk alone ends it; None where
    it is that already. What the account was before stays."""
    where = {"_id": account.id, "status": "suspended", "halt.by.kind": "operator"}
    values = {f"halt.{name}": value for name, value in halt.model_dump(exclude={"was"}).items()}
    return await update_where(Account, where, {"$set": values}, session)


async def end_access(site: Site, account: Account, session: Session) -> None:
    """End whatever lets somebody in with an account now: its sessions and its links."""
    await end_sessions(read_id(account.id), session)
    await end_links(site, read_id(account.id), session)


async def stop_accounts_of(
    site: Site, actor: Actor, operator_id: Id, reason: str, session: Session = None
) -> int:
    """Stop every account of an operator and its delegates, as ``stop_account``; how many were stopped."""

    async def body(session: Session) -> int:
        usable = {"status": {"$in": ["invited", "active"]}}
        own = {"status": "suspended", "halt.by.kind": "operator"}
        where = {"operator_id": operator_id, "$or": [usable, own]}
        found = [Account.model_validate(row) async for row in Account.raw().find(where, session=session)]
        for account in found:
            await _stop(site, actor, account, reason, session)
        return len(found)

    return await within(site, session, body)


async def resume_account(
    site: Site, actor: Actor, account_id: Id, reason: str, session: Session = None
) -> Account:
    """Let a stopped account go on as it was; a delegate whose delegation was ended does not.

    Raises NotAllowed, NotFound, AccountGuarded (one's own, not stopped, ended; one the staff stopped is the
    staff's to let go on), ConfirmationRequired, AnswersInvalid (path ``reason``), WritingStopped."""
    account = await administered(actor, account_id)
    require_other(actor, account)
    await require_writing(site, actor)
    _require_resumable(actor, account)
    require_recent(site, actor)
    why = read_reason(reason)
    was = account.halt.was if account.halt else "active"

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "status": "suspended", **_seen(account)}
        resumed = await update_where(Account, where, {"$set": {"status": was, "halt": None}}, session)
        if resumed is None:
            raise AccountGuarded(CHANGED)
        await tell(site, actor, resumed, RESUMED, session, why)
        await note(site, actor, "account.resumed", resumed, session, reason=why)
        return resumed

    return await within(site, session, body)


NOT_STOPPED = "This account is not stopped."


def _seen(account: Account) -> dict[str, object]:
    """The stop that was judged, and no other made meanwhile."""
    return {"halt.at": account.halt.at, "delegation.revoked": None} if account.halt else {}


def _require_resumable(actor: Actor, account: Account) -> None:
    if account.status != "suspended":
        raise AccountGuarded(NOT_STOPPED)
    if account.delegation is not None and account.delegation.revoked is not None:
        raise AccountGuarded("What this delegate may do has been ended. Name the delegate anew.")
    if actor.kind == "operator" and account.halt is not None and account.halt.by.kind != "operator":
        raise AccountGuarded("This account was stopped by the desk, which alone can let it go on.")
