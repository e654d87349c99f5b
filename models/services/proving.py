"""Proof of who is there: the one-time code of the second step, and the password asked again."""

from models.documents.account import Account, Lock
from models.documents.base import Id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AnswersInvalid, CodeRefused, SignInFailed, SignInRequired
from models.language import Message
from models.permissions import Actor
from models.schema.reading import AnswerError
from models.services import codes, passwords
from models.services.events import record_event
from models.services.identifying import actor_for
from models.services.locking import lock, subject_of
from models.services.signing import FAILURES, fits, is_usable, note_success
from models.services.site import Site

EMPTY = Message("Enter your password.")
WRONG = Message("The password is not right.")


async def waiting(site: Site, pending: Id | None, certificate: str | None) -> Account:
    """The account whose second step is due in this browser. Raises SignInFailed where there is none, or where
    it could not sign in any more."""
    account = await Account.get(pending) if pending is not None else None
    if account is None or not is_usable(site, account) or not await fits(site, account, certificate):
        raise SignInFailed
    return account


async def finish(site: Site, account: Account, code: str, actor: Actor) -> None:
    """The second step of signing in, with a code of the app or a recovery code. Raises CodeRefused; after
    FAILURES wrong ones in a row the account is locked (SignInFailed): the password is known to somebody."""
    try:
        await codes.use_code(site, account, code)
    except CodeRefused:
        if await _count(site, account, actor, "code"):
            raise SignInFailed from None
        raise
    await note_success(site, account, actor.address, actor.certificate)


async def prove(site: Site, actor: Actor, password: str, code: str = "") -> None:
    """Check that it is still `actor` who sits there, before a sensitive act. After FAILURES wrong answers in
    a row the account is locked and signed out everywhere (SignInRequired).

    Raises AnswersInvalid (paths ``confirm_password``, ``confirm_code``), SignInRequired."""
    account = await Account.get(actor.account_id) if actor.account_id is not None else None
    if account is None or not is_usable(site, account):
        raise SignInRequired
    if not password:
        raise AnswersInvalid((AnswerError("confirm_password", "required", EMPTY),))
    flaw = await _flaw(site, account, password, code)
    if flaw is not None:
        if await _count(site, account, actor, "confirmation"):
            raise SignInRequired
        raise AnswersInvalid((flaw,))
    await _note(site, actor, account)


async def prove_password(site: Site, actor: Actor, account: Account, password: str) -> None:
    """Check the present password of one's own account before it is changed; counted as in ``prove``.

    Raises AnswersInvalid (path ``present``), SignInRequired."""
    if not password:
        raise AnswersInvalid((AnswerError("present", "required", EMPTY),))
    if await passwords.verify(account.password_hash, password):
        return
    if await _count(site, account, actor, "confirmation"):
        raise SignInRequired
    raise AnswersInvalid((AnswerError("present", "wrong", WRONG),))


async def _flaw(site: Site, account: Account, password: str, code: str) -> AnswerError | None:
    if not await passwords.verify(account.password_hash, password):
        return AnswerError("confirm_password", "wrong", WRONG)
    if account.code_set_at is None:
        return None
    try:
        await codes.use_code(site, account, code)
    except CodeRefused as error:
        return AnswerError("confirm_code", "wrong", Message(error.public))
    return None


async def _count(site: Site, account: Account, actor: Actor, reason: str) -> bool:
    """Count one more failure and write it down; whether the account is locked now."""
    who = actor if actor.account_id == account.id else actor_for(account, actor.address, actor.certificate)

    async def body(session: Session) -> bool:
        failed = await update_where(Account, {"_id": account.id}, {"$inc": {"slips": 1}}, session)
        operator = account.operator_id
        await record_event(
            site, who, f"account.{reason}_failed", subject_of(account), session, operator_id=operator
        )
        if failed is None or failed.slips < FAILURES:
            return False
        cause = Lock.model_validate({"reason": reason, "at": site.now(), "address": actor.address})
        await lock(site, failed, cause, session)
        return True

    return await site.store.transaction(body)


async def _note(site: Site, actor: Actor, account: Account) -> None:
    async def body(session: Session) -> None:
        await update_where(Account, {"_id": account.id}, {"$set": {"slips": 0}}, session)
        operator = account.operator_id
        await record_event(
            site, actor, "account.confirmed", subject_of(account), session, operator_id=operator
        )

    await site.store.transaction(body)


async def asks_code(actor: Actor) -> bool:
    """Whether confirming takes a one-time code besides the password."""
    account = await Account.get(actor.account_id) if actor.account_id is not None else None
    return account is not None and account.code_set_at is not None
