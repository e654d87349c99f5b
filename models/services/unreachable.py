"""What follows from mails that come back: an address dies, whoever has it is told on its pages and by its
administrator, and somebody puts it right."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models.documents.account import Account
from models.documents.base import new_id, read_id
from models.documents.bounce import Bounce
from models.documents.dead_address import KEPT, DeadAddress, Failure, address_key
from models.documents.guarded import find_document, insert_new, update_where
from models.documents.store import Session
from models.errors import AddressMoved, NotFound
from models.interchange.status_codes import is_about_sender
from models.language import Message
from models.permissions import SYSTEM, Actor, require
from models.services.administration import has_mail, note, read_reason
from models.services.day_words import day_words
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.reviving import address_subject, owners_of, revive
from models.services.roles import ADMINISTRATOR
from models.services.site import Site

TELL = "address_bounced"
"""The mail that tells an administrator, where a site has it."""

LATELY = timedelta(days=30)
"""How far back mails that came back are counted."""

GONE = Message("The mail server says that the address takes no mail any more ({status}).")
AGAIN = Message("{count} mails came back within {days} days, the last of them because: {status}.")


async def note_failure(
    site: Site, address: str, failure: Failure, *, gone: bool, sent_at: datetime | None = None
) -> bool:
    """Count a mail that did not arrive; True where the address is dead from now on: it is `gone`, or as many
    mails came back as ``mail.dead_after`` says. One mail counts once, and one that was sent before the
    address was put right not at all; nor does a failure that is about us, such as a block list: it would end
    everybody's mail."""
    if is_about_sender(failure.status):
        return False
    found = await _known(site, address)

    async def body(session: Session) -> bool:
        row = await DeadAddress.get(found.id, session=session)
        if row is None or _is_old(row, failure, sent_at):
            return False
        return await _count(site, row, failure, session, gone=gone)

    return await site.store.transaction(body)


async def _known(site: Site, address: str) -> DeadAddress:
    """The row of an address; made before the transaction that changes it."""
    key = address_key(address)
    fresh = DeadAddress(id=new_id(), address=key, written=address, last_at=site.now())
    found = await find_document(DeadAddress, {"address": key})
    if found is None and not await insert_new(fresh):
        found = await find_document(DeadAddress, {"address": key})
    return found or fresh


def _is_old(row: DeadAddress, failure: Failure, sent_at: datetime | None) -> bool:
    """Whether it was counted already, or says nothing of the address as it is now."""
    counted = any(
        each.message_id == failure.message_id and each.status == failure.status
        for each in row.failures
        if each.message_id is not None
    )
    return counted or (row.revived is not None and sent_at is not None and sent_at <= row.revived.at)


async def _count(site: Site, row: DeadAddress, failure: Failure, session: Session, *, gone: bool) -> bool:
    rule, mail = site.configuration.site.mail.dead_after, failure.message_id
    recent = [
        each
        for each in row.failures
        if each.at > site.now() - rule.within and (mail is None or each.message_id != mail)
    ]
    failures = [*recent, failure][-KEPT:]
    dies = row.dead_at is None and (gone or len(failures) >= rule.failures)
    values: dict[str, Any] = {"failures": [each.model_dump() for each in failures], "last_at": failure.at}
    if dies:
        values |= {"dead_at": site.now(), "gone": gone, **failure.model_dump(exclude={"at"})}
    update = {"$set": values, "$inc": {"bounces": 1, "revision": 1}}
    changed = await update_where(DeadAddress, {"_id": row.id, "revision": row.revision}, update, session)
    if changed is not None and dies:
        await _tell(site, changed, session)
    return changed is not None and dies


async def _tell(site: Site, row: DeadAddress, session: Session) -> None:
    """Mark whoever has the address, and tell the administrator of their operator."""
    await record_event(site, SYSTEM, "address.died", address_subject(row), session, status=row.status)
    marked = {"$set": {"unreachable_since": site.now()}}
    for account in await owners_of(row, session):
        await update_where(Account, {"_id": account.id}, marked, session)
        await note(site, SYSTEM, "account.unreachable", account, session)
        for administrator in await _administrators(account, session):
            await _write(site, row, account, administrator, session)


async def _administrators(account: Account, session: Session) -> list[Account]:
    if account.operator_id is None:
        return []
    where = {"operator_id": account.operator_id, "roles": ADMINISTRATOR, "status": "active"}
    found = await Account.find({**where, "_id": {"$ne": account.id}}, session=session).limit(2).to_list()
    return [each for each in found if each.email and each.email != account.email]


async def _write(site: Site, row: DeadAddress, account: Account, to: Account, session: Session) -> None:
    if not has_mail(site, TELL):
        return
    values = {
        "person_name": account.name,
        "account_id": account.login,
        "reason": reason_of(site, row)(to.language),
        "effective_day": day_words(site.today().isoformat(), to.language),
        "page": f"{site.base_url}/portal/users/{account.login}",
    }
    letter = Letter(
        TELL,
        Recipient(to.email, to.name, to.language),
        f"address:{row.id}:{row.revision}",
        values=values,
        operator_id=account.operator_id,
        account_id=to.id,
    )
    await queue_letter(site, letter, session)


def reason_of(site: Site, row: DeadAddress) -> Message:
    """Why an address is dead, as its owner and the staff are told."""
    if row.gone:
        return Message(GONE.msgid, {"status": row.status})
    days = site.configuration.site.mail.dead_after.within.days
    return Message(AGAIN.msgid, {"count": len(row.failures), "days": days, "status": row.status})


async def find_address(actor: Actor, identifier: str) -> DeadAddress:
    """One address, dead or not. Raises NotAllowed, NotFound."""
    require(actor, "address.view")
    found: DeadAddress | None = await DeadAddress.get(read_id(identifier))
    if found is None:
        raise NotFound
    return found


async def owners(row: DeadAddress) -> list[Account]:
    """The accounts that have an address."""
    return await owners_of(row, None)


MANY = 10_000
"""Where counting stops."""


async def counts(site: Site) -> Mapping[str, int]:
    """How many addresses are dead, and how many mails came back lately that nobody can read (``unread``) or
    that speak of an address their mail never went to (``foreign``); counted up to MANY."""
    dead = DeadAddress.raw().count_documents({"dead_at": {"$type": "date"}}, limit=MANY)
    since = {"at": {"$gt": site.now() - LATELY}}
    kinds = [
        Bounce.raw().count_documents({"kind": kind, **since}, limit=MANY) for kind in ("unread", "foreign")
    ]
    found = await asyncio.gather(dead, *kinds)
    return dict(zip(("dead", "unread", "foreign"), found, strict=True))


async def put_right(site: Site, actor: Actor, row: DeadAddress, reason: str, *, revision: int) -> None:
    """Let mails go to an address again, for a reason the staff give. Raises NotAllowed, AnswersInvalid (path
    ``reason``), AddressMoved."""
    require(actor, "address.put_right")
    kept = read_reason(reason)

    async def body(session: Session) -> None:
        where = {"_id": row.id, "revision": revision, "dead_at": {"$ne": None}}
        if not await revive(site, actor, where, kept, session):
            raise AddressMoved

    await site.store.transaction(body)
