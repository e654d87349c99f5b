"""What acts on somebody's account share: whose accounts one administers, the reason, the mail about it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.store import Session
from models.errors import AccountGuarded, AnswersInvalid, NotAllowed, NotFound
from models.language import Message, Text
from models.permissions import Actor, allowed
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.roles import ADMINISTRATOR
from models.services.site import Site

REASON_LIMIT = 500
"""Longest reason written down with an act on an account (characters)."""

LAST_ONE = "This is the last system administrator who can sign in. Name another first."
OWN_ACCOUNT = "Your own account is changed by somebody else."
CHANGED = "Somebody else changed this account meanwhile. Look at it again."
SYSTEM_ADMINISTRATOR = "system_administrator"

T = TypeVar("T")


async def within(site: Site, session: Session, body: Callable[[Session], Awaitable[T]]) -> T:
    """Run `body` in the caller's transaction, or in one of its own where there is none."""
    return await (body(session) if session is not None else site.store.transaction(body))


async def administered(actor: Actor, account_id: Id) -> Account:
    """The account, if `actor` administers it: the staff any, an administrator those of its operator and of
    its delegates. Raises NotAllowed; NotFound where it is another operator's, or none."""
    every, own = allowed(actor, "account.change"), allowed(actor, "account.change_own")
    if not every and not own:
        raise NotAllowed(rule="account.change_own" if actor.kind == "operator" else "account.change")
    account = await Account.get(account_id)
    if account is None or not (every or _is_theirs(actor, account)):
        raise NotFound
    return account


def _is_theirs(actor: Actor, account: Account) -> bool:
    return actor.operator_id is not None and account.operator_id == actor.operator_id


def require_other(actor: Actor, account: Account) -> None:
    """Raise AccountGuarded for one's own account: nobody stops, removes or promotes themselves."""
    if actor.account_id == account.id:
        raise AccountGuarded(OWN_ACCOUNT)


def require_no_administrator(actor: Actor, account: Account) -> None:
    """Raise AccountGuarded for an operator's administrator, unless the staff ask."""
    if actor.kind != "staff" and ADMINISTRATOR in account.roles:
        raise AccountGuarded("Hand the administration over to another user first.")


async def require_another(account: Account, session: Session) -> None:
    """Raise AccountGuarded when no other system administrator can sign in. Whoever takes one away draws the
    same number, so that of two at the same moment one waits for the other."""
    if account.kind != "staff" or SYSTEM_ADMINISTRATOR not in account.roles:
        return
    await draw("accounts:system_administrators", session)
    others = {"kind": "staff", "roles": SYSTEM_ADMINISTRATOR, "status": "active", "_id": {"$ne": account.id}}
    others |= {"password_hash": {"$ne": None}}
    if await Account.raw().find_one(others, {"_id": 1}, session=session) is None:
        raise AccountGuarded(LAST_ONE)


def read_reason(reason: str, path: str = "reason") -> str:
    """A reason as it is kept. Raises AnswersInvalid at `path`."""
    kept = reason.strip()
    if not kept or len(kept) > REASON_LIMIT:
        said = Message("Say why, in at most {limit} characters.", {"limit": REASON_LIMIT})
        raise AnswersInvalid((AnswerError(path, "required", said),))
    return kept


async def tell(
    site: Site, actor: Actor, account: Account, change: Message, session: Session, reason: str = ""
) -> None:
    """Mail the owner of an account what was done with it, where the site has a text for that."""
    to = Recipient(account.email, account.name, account.language)
    await tell_at(site, actor, account, to, change, session, reason)


async def tell_at(
    site: Site,
    actor: Actor,
    account: Account,
    to: Recipient,
    change: Message,
    session: Session,
    reason: str = "",
) -> None:
    """As ``tell``, to another address than the account's."""
    if not has_mail(site, "account_changed"):
        return
    said = reason or Message("(not given)")(to.language)
    values = {
        "change": change(to.language),
        "reason": said,
        "changed_by": named_for(site, actor)(to.language),
        "account_id": account.login,
    }
    await queue_letter(
        site,
        Letter(
            "account_changed",
            to,
            f"account:{account.id}:{new_id()}",
            values=values,
            operator_id=account.operator_id,
            account_id=account.id,
        ),
        session,
    )


def has_mail(site: Site, template: str) -> bool:
    """Whether the site has a mail of this name."""
    return (template, site.configuration.site.languages[0]) in site.mail


def named_for(site: Site, actor: Actor) -> Text:
    """Who did something, as operators are told: the staff appear as the organisation."""
    if actor.kind == "operator":
        return Text(ja=actor.person.shown, en=actor.person.shown)
    return site.configuration.site.organisation


async def note(
    site: Site, actor: Actor, action: str, account: Account, session: Session, **details: Any
) -> None:
    """Write the event of an act on an account."""
    subject = Subject(kind="account", id=read_id(account.id), label=account.login)
    await record_event(site, actor, action, subject, session, operator_id=account.operator_id, **details)
