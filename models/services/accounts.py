"""Accounts: issuing users, who there is, ending their sessions."""

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.counter import draw
from models.documents.event import Subject
from models.documents.store import Session
from models.errors import AnswersInvalid, NotFound
from models.language import Language, Message
from models.permissions import Actor, allowed, require
from models.schema.reading import AnswerError
from models.services.administration import administered
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.persons import read_name, require_natural
from models.services.resuming import read_address
from models.services.roles import USER, assignable
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing
from models.services.variables import operator_of

USER_LOGIN = "U{seq:07}"
"""Form of user IDs."""

USERS_LIMIT = 500
"""Most accounts of one operator that are listed."""


async def issue_user(
    site: Site,
    actor: Actor,
    *,
    name: str,
    email: str,
    role: str = USER,
    sure: bool = False,
    language: Language = "ja",
) -> Account:
    """Issue a user of the administrator's operator: one natural person, told by mail (R55); who is `sure`
    has set doubts about that aside.

    Raises NotAllowed, AnswersInvalid (paths ``name``, ``email``, ``role``, ``natural``),
    ConfirmationRequired, WritingStopped."""
    require(actor, "account.issue")
    await require_writing(site, actor)
    kept, address = read_name(name), read_address(email)
    if role not in assignable(site):
        raise AnswersInvalid((AnswerError("role", "choice", Message("Choose one of the roles.")),))
    await require_natural(kept, address, None, sure=sure)
    require_recent(site, actor)
    operator = await operator_of(site, actor.operator_id)
    login = USER_LOGIN.format(seq=await draw("accounts:user"))
    account = Account(
        id=new_id(),
        login=login,
        kind="operator",
        name=kept,
        email=address,
        roles=[role],
        operator_id=actor.operator_id,
        language=language,
        created_at=site.now(),
    )
    letter = issued_letter(account, operator.title if operator else "")

    async def body(session: Session) -> None:
        await account.insert(session=session)
        await queue_letter(site, letter, session)
        subject = Subject(kind="account", id=account.id, label=login)
        await record_event(site, actor, "account.issued", subject, session, operator_id=actor.operator_id)

    await site.store.transaction(body)
    return account


def issued_letter(account: Account, operator_name: str = "", again: str = "") -> Letter:
    """The mail with the login of an account and the one-time link that sets its password; `again` tells one
    that is sent once more from those before."""
    return Letter(
        template="user_issued",
        recipient=Recipient(account.email, account.name, account.language),
        cause=":".join(("account", str(account.id), *filter(None, [again]))),
        values={"administrator_id": account.login, "operator_name": operator_name},
        account_id=account.id,
    )


async def users_of(site: Site, actor: Actor) -> list[Account]:
    """The accounts of the administrator's operator and of its delegates, those removed last (R56). Raises
    NotAllowed."""
    require(actor, "account.view_own")
    if actor.operator_id is None:
        raise NotFound
    found = Account.find({"operator_id": actor.operator_id}).sort("login").limit(USERS_LIMIT)
    return sorted(await found.to_list(), key=lambda account: account.status == "deleted")


async def sign_out_everywhere(site: Site, actor: Actor, account_id: Id) -> Account:
    """End every session of somebody's account, at once: of any, or of one that one administers. Raises
    NotAllowed, NotFound."""
    if not allowed(actor, "session.end"):
        await administered(actor, account_id)
    account = await Account.get(account_id)
    if account is None:
        raise NotFound

    async def body(session: Session) -> None:
        await end_sessions(account_id, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        await record_event(
            site, actor, "account.sessions_ended", subject, session, operator_id=account.operator_id
        )

    await site.store.transaction(body)
    return account
