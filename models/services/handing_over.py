"""The administration of an operator passing from one person to another: never to none, never to two (R54)."""

from models.documents.account import Account
from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AccountGuarded, NotFound
from models.language import Message
from models.permissions import Actor, require
from models.services.administration import CHANGED, note, read_reason, require_other, tell
from models.services.roles import ADMINISTRATOR, USER, assignable
from models.services.side_words import side_words
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing

GIVEN = Message("The administration of your company's accounts was handed over to you.")
TAKEN = Message("The administration of your company's accounts was handed over to {name}.")
NOBODY = "This {operator} has no administrator whose place could be taken."
UNFIT = "Only a user of this {operator} who can sign in now can become its administrator."


async def candidates(operator_id: Id) -> list[Account]:
    """Who may become the administrator of an operator: its users who can sign in; never a delegate."""
    where = {**_fit(operator_id), "roles": {"$ne": ADMINISTRATOR}}
    return await Account.find(where).sort("login").limit(500).to_list()


def _fit(operator_id: Id) -> dict[str, object]:
    return {
        "operator_id": operator_id,
        "kind": "operator",
        "status": "active",
        "lock": None,
        "delegation": None,
        "password_hash": {"$ne": None},
    }


async def hand_over(site: Site, actor: Actor, account_id: Id) -> Account:
    """Hand the administration of one's operator over to another of its users; one is a user oneself then.

    Raises NotAllowed, NotFound, AccountGuarded, ConfirmationRequired, WritingStopped."""
    require(actor, "account.hand_over")
    await require_writing(site, actor)
    account = await _of_operator(account_id, actor.operator_id)
    require_other(actor, account)
    require_recent(site, actor)
    holder = await Account.get(actor.account_id) if actor.account_id else None
    if holder is None:
        raise NotFound
    return await _pass_on(site, actor, holder, account, {})


async def appoint(
    site: Site, actor: Actor, operator_id: Id, account_id: Id, *, reason: str, evidence: str
) -> Account:
    """Name another administrator where the one there was is gone; `evidence` says which document of the
    operator asked for it.

    Raises NotAllowed, NotFound, AccountGuarded, AnswersInvalid (paths ``reason``, ``evidence``),
    ConfirmationRequired."""
    require(actor, "account.change")
    account = await _of_operator(account_id, operator_id)
    why, seen = read_reason(reason), read_reason(evidence, "evidence")
    require_recent(site, actor)
    holder = await Account.find_one({"operator_id": operator_id, "kind": "operator", "roles": ADMINISTRATOR})
    if holder is None:
        raise AccountGuarded(NOBODY, **side_words(site))
    return await _pass_on(site, actor, holder, account, {"reason": why, "evidence": seen})


async def _of_operator(account_id: Id, operator_id: Id | None) -> Account:
    account = await Account.get(account_id)
    if account is None or operator_id is None or account.operator_id != operator_id:
        raise NotFound
    return account


async def _pass_on(
    site: Site, actor: Actor, holder: Account, account: Account, told: dict[str, str]
) -> Account:
    """Both roles in one transaction; the unique index on administrators lets no second one in."""
    if account.operator_id is None:
        raise NotFound
    fit = _fit(account.operator_id)
    after = USER if USER in assignable(site) else next(iter(assignable(site)))

    async def body(session: Session) -> Account:
        here = {"_id": holder.id, "roles": ADMINISTRATOR}
        former = await update_where(Account, here, {"$set": {"roles": [after]}}, session)
        if former is None:
            raise AccountGuarded(CHANGED)
        there = {**fit, "_id": account.id, "roles": {"$ne": ADMINISTRATOR}}
        named = await update_where(Account, there, {"$set": {"roles": [ADMINISTRATOR]}}, session)
        if named is None:
            raise AccountGuarded(UNFIT, **side_words(site))
        reason = told.get("reason", "")
        await tell(site, actor, named, GIVEN, session, reason)
        await tell(site, actor, former, Message(TAKEN.msgid, {"name": named.name}), session, reason)
        details = {"before": former.login, "after": named.login, **told}
        await note(site, actor, "account.handed_over", named, session, **details)
        return named

    return await site.store.transaction(body)
