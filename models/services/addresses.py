"""Another e-mail address for an account: it counts once its owner has opened the link sent there. One that
mails came back from is confirmed in the same way."""

from collections.abc import Mapping
from typing import Any

from models.documents.account import Account, AskedAddress
from models.documents.base import Id, new_id, read_id
from models.documents.guarded import update_where
from models.documents.link import Link
from models.documents.store import Session
from models.errors import AccountGuarded, AnswersInvalid, LinkRefused, NotFound
from models.language import Message
from models.permissions import Actor
from models.schema.reading import AnswerError
from models.services.accounts import issued_letter
from models.services.administration import CHANGED, administered, note, tell, tell_at
from models.services.identifying import actor_for
from models.services.links import end_links, peek, use_link
from models.services.messages import Letter, Recipient, queue_letter
from models.services.own_account import own_account
from models.services.persons import require_natural
from models.services.resuming import read_address
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing
from models.services.variables import operator_of

ASKED = Message("The e-mail address is to be changed to {address}. It is once that address is confirmed.")
CONFIRMED = Message("The e-mail address was changed to {address}.")

REACHED: Mapping[str, Any] = {"unreachable_since": None}
"""What holds of an account with a new address."""


async def ask_address(
    site: Site, actor: Actor, account_id: Id, address: str, *, sure: bool = False
) -> Account:
    """Ask for another address of one's own account, or of one that one administers: a link goes to the new
    address, word of it to the present one. Who has not accepted the invitation yet is invited there instead.

    Raises NotAllowed, NotFound, AccountGuarded (removed or stopped), AnswersInvalid (paths ``email``,
    ``natural``), ConfirmationRequired, WritingStopped."""
    account = await _theirs(actor, account_id)
    await require_writing(site, actor)
    require_recent(site, actor)
    wanted = read_address(address)
    if account.status not in ("invited", "active"):
        raise AccountGuarded("This account is stopped. Let it go on first.")
    if wanted == account.email and account.unreachable_since is None:
        same = Message("This is the address the account has.")
        raise AnswersInvalid((AnswerError("email", "same", same),))
    await require_natural(account.name, wanted, account, sure=sure)
    if account.status == "invited":
        return await _invite_there(site, actor, account, wanted)
    return await _ask(site, actor, account, wanted)


async def confirm_own(site: Site, actor: Actor, address: str, *, sure: bool = False) -> Account:
    """Where mails to one's own address come back: send a link to it, or to another one that is to take its
    place. Whoever opens it is mailed again.

    Raises SignInRequired, AccountGuarded (there is nothing to confirm), and what ``ask_address`` raises."""
    account = await own_account(actor)
    if account.unreachable_since is None:
        raise AccountGuarded("Mails reach this address.")
    same = read_address(address) == account.email
    return await ask_address(site, actor, read_id(account.id), address, sure=sure or same)


async def _theirs(actor: Actor, account_id: Id) -> Account:
    if actor.account_id == account_id:
        own = await Account.get(account_id)
        if own is None:
            raise NotFound
        return own
    return await administered(actor, account_id)


async def _ask(site: Site, actor: Actor, account: Account, wanted: str) -> Account:
    asked = AskedAddress(address=wanted, at=site.now())
    there = Recipient(wanted, account.name, account.language)
    letter = Letter(
        "address_asked",
        there,
        f"account:{account.id}:{new_id()}",
        values={"account_id": account.login},
        operator_id=account.operator_id,
        account_id=account.id,
    )

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "email": account.email, "status": "active"}
        values = {"asked_address": asked.model_dump()}
        found = await update_where(Account, where, {"$set": values}, session)
        if found is None:
            raise AccountGuarded(CHANGED)
        await end_links(site, read_id(account.id), session, ("confirm_address",))
        await queue_letter(site, letter, session)
        if wanted != found.email:
            await tell(site, actor, found, Message(ASKED.msgid, {"address": wanted}), session)
        await note(site, actor, "account.address_asked", found, session)
        return found

    return await site.store.transaction(body)


async def _invite_there(site: Site, actor: Actor, account: Account, wanted: str) -> Account:
    operator = await operator_of(site, account.operator_id) if account.operator_id else None
    moved = account.model_copy(update={"email": wanted})
    letter = issued_letter(moved, operator.title if operator else "", str(new_id()))

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "email": account.email, "status": "invited"}
        found = await update_where(Account, where, {"$set": {**REACHED, "email": wanted}}, session)
        if found is None:
            raise AccountGuarded(CHANGED)
        await end_links(site, read_id(account.id), session)
        await queue_letter(site, letter, session)
        await note(site, actor, "account.address_changed", found, session)
        return found

    return await site.store.transaction(body)


async def asked_with(site: Site, token: str) -> Account:
    """The account whose new address a link confirms, without using the link. Raises LinkRefused."""
    return await _behind(await peek(site, token))


async def _behind(link: Link) -> Account:
    confirms = link.account_id is not None and link.purpose == "confirm_address"
    account = await Account.get(link.account_id) if confirms else None
    if account is None or account.asked_address is None or account.status != "active":
        raise LinkRefused
    return account


async def confirm_address(site: Site, token: str) -> Account:
    """Use the link: the address asked for counts from now on, and no link mailed to the one before sets a
    password any more; that one is told. Raises LinkRefused."""
    account = await asked_with(site, token)
    asked = account.asked_address
    if asked is None:
        raise LinkRefused
    actor, before = actor_for(account), Recipient(account.email, account.name, account.language)

    async def body(session: Session) -> Account:
        await use_link(site, token, "confirm_address", session)
        where = {"_id": account.id, "asked_address.address": asked.address, "status": "active"}
        values = {**REACHED, "email": asked.address, "asked_address": None}
        changed = await update_where(Account, where, {"$set": values}, session)
        if changed is None:
            raise LinkRefused
        await end_links(site, read_id(account.id), session)
        said = Message(CONFIRMED.msgid, {"address": asked.address})
        if before.address != asked.address:
            await tell_at(site, actor, changed, before, said, session)
            await note(site, actor, "account.address_changed", changed, session)
        return changed

    return await site.store.transaction(body)
