"""One-time codes of an authenticator app (RFC 6238), and recovery codes for who has lost it."""

import hmac
import re
from typing import Any
from unicodedata import normalize

import pyotp

from models.documents.account import Account
from models.documents.base import Id
from models.documents.code import Authenticator
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AnswersInvalid, CodeRefused, NotAllowed, NotFound, TransitionRefused
from models.language import Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.letters import tell_of_change
from models.services.links import end_links
from models.services.locking import subject_of
from models.services.secrets import seal, unseal
from models.services.sessions import end_sessions
from models.services.site import Site
from models.services.stepping_up import require_recent

STEP = 30
"""Seconds each code is shown."""

SKEW = 1
"""Steps a clock may be off, either way."""

RECOVERY_CODES = 10
RECOVERY_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Letters of recovery codes: none that look like another. 32 of them, so that each is five random bits."""

RECOVERY_LENGTH = 10

REASON_LIMIT = 300

_DIGITS = re.compile(r"\d{6}")


async def propose(site: Site, account: Account) -> None:
    """Make a secret for `account` to set its app up with; what is in use stays until a code confirms it."""
    sealed = seal(site, pyotp.random_base32())
    update = {"$set": {"proposed": sealed}, "$setOnInsert": {"last_step": 0, "recovery": [], "secret": None}}
    await Authenticator.raw().update_one({"_id": account.id}, update, upsert=True)


async def proposed(site: Site, account: Account) -> tuple[str, str] | None:
    """The secret shown to set an app up: as it is typed, and as the address of a QR code; None when none was
    proposed."""
    found = await Authenticator.get(account.id)
    if found is None or found.proposed is None:
        return None
    secret = unseal(site, found.proposed)
    issuer = site.configuration.site.name("en")
    return secret, pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=issuer)


async def confirm(site: Site, actor: Actor, account: Account, code: str, *, first: bool = False) -> list[str]:
    """Take the proposed secret into use, shown by a code that the app has it; the recovery codes, which are
    told this once. With `first`, only where there was none: the password alone replaces none.

    Raises ConfirmationRequired, NotFound (nothing proposed), AnswersInvalid (path ``code``)."""
    require_recent(site, actor)
    found = await Authenticator.get(account.id)
    if found is None or found.proposed is None:
        raise NotFound
    step = _step_of(site, unseal(site, found.proposed), _typed(code))
    if step is None:
        raise AnswersInvalid((AnswerError("code", "code", Message(CodeRefused.message)),))
    told = _recovery_codes(site)

    async def body(session: Session) -> None:
        await _take_into_use(site, account, found, step, told, session, first=first)
        await _note(site, actor, account, "code.set", session, by=actor.login)
        await tell_of_change(site, account, CHANGES["set"], session)

    await site.store.transaction(body)
    return told


CHANGES = {
    "set": Message("One-time codes have been set up."),
    "removed": Message("One-time codes have been removed."),
    "recovery": Message("New recovery codes have been made."),
    "used": Message("A recovery code was used to sign in."),
}
"""What the owner is told of."""


async def _take_into_use(
    site: Site,
    account: Account,
    found: Authenticator,
    step: int,
    told: list[str],
    session: Session,
    *,
    first: bool,
) -> None:
    values: dict[str, Any] = {
        "secret": found.proposed,
        "proposed": None,
        "last_step": step,
        "recovery": [_kept(site, account, each) for each in told],
        "set_at": site.now(),
    }
    where = {"_id": account.id, "proposed": found.proposed, **({"secret": None} if first else {})}
    if await update_where(Authenticator, where, {"$set": values}, session) is None:
        raise NotFound
    await update_where(Account, {"_id": account.id}, {"$set": {"code_set_at": site.now()}}, session)


async def use_code(site: Site, account: Account, code: str) -> None:
    """Use a code of the app, or a recovery code, once: none works a second time, not even at the same
    moment. Raises CodeRefused."""
    typed = _typed(code)
    found = await Authenticator.get(account.id)
    if found is None or found.secret is None:
        raise CodeRefused
    if not _DIGITS.fullmatch(typed):
        await _use_recovery(site, account, typed)
        return
    step = _step_of(site, unseal(site, found.secret), typed)
    where = {"_id": account.id, "secret": found.secret, "last_step": {"$lt": step}}
    if step is None or await update_where(Authenticator, where, {"$set": {"last_step": step}}) is None:
        raise CodeRefused


async def _use_recovery(site: Site, account: Account, typed: str) -> None:
    kept = _kept(site, account, typed)

    async def body(session: Session) -> None:
        pulled = {"$pull": {"recovery": kept}}
        left = await update_where(Authenticator, {"_id": account.id, "recovery": kept}, pulled, session)
        if left is None:
            raise CodeRefused
        actor = Actor(kind=account.kind, account_id=account.id, login=account.login, name=account.name)
        await _note(site, actor, account, "code.recovery_used", session, left=len(left.recovery))
        await tell_of_change(site, account, CHANGES["used"], session)

    await site.store.transaction(body)


async def renew_recovery(site: Site, actor: Actor, account: Account) -> list[str]:
    """New recovery codes in the place of those before. Raises ConfirmationRequired, NotFound."""
    require_recent(site, actor)
    told = _recovery_codes(site)

    async def body(session: Session) -> None:
        kept = {"$set": {"recovery": [_kept(site, account, each) for each in told]}}
        where = {"_id": account.id, "secret": {"$ne": None}}
        if await update_where(Authenticator, where, kept, session) is None:
            raise NotFound
        await _note(site, actor, account, "code.recovery_renewed", session)
        await tell_of_change(site, account, CHANGES["recovery"], session)

    await site.store.transaction(body)
    return told


async def recovery_left(account: Account) -> int:
    """How many recovery codes of an account are unused."""
    found = await Authenticator.get(account.id)
    return len(found.recovery) if found else 0


async def remove(site: Site, actor: Actor, account: Account) -> None:
    """Sign in without codes from now on. Raises ConfirmationRequired, NotAllowed (staff where codes are
    required), NotFound (none are set up)."""
    require_recent(site, actor)
    if account.kind == "staff" and site.staff_codes:
        raise NotAllowed(rule="code.remove")
    await _remove(site, actor, account, "code.removed")


async def reset(site: Site, actor: Actor, account_id: Id, reason: str) -> Account:
    """Take the codes of somebody who lost their app away: their sessions and links end, and staff set codes
    up anew when they next sign in. Never one's own.

    Raises NotAllowed, ConfirmationRequired, NotFound, AnswersInvalid (path ``reason``)."""
    require(actor, "code.reset")
    require_recent(site, actor)
    account = await Account.get(account_id)
    if account is None:
        raise NotFound
    if account.id == actor.account_id:
        raise TransitionRefused("Your own codes are reset by another system administrator.")
    if not 0 < len(reason.strip()) <= REASON_LIMIT:
        flaw = Message("Enter a reason of at most 300 characters.")
        raise AnswersInvalid((AnswerError("reason", "required", flaw),))
    await _remove(site, actor, account, "code.reset", reason=reason.strip())
    return account


async def _remove(site: Site, actor: Actor, account: Account, action: str, **details: str) -> None:
    if account.code_set_at is None:
        raise NotFound

    async def body(session: Session) -> None:
        await Authenticator.raw().update_one({"_id": account.id}, {"$set": EMPTY}, session=session)
        await update_where(Account, {"_id": account.id}, {"$set": {"code_set_at": None}}, session)
        if actor.account_id != account.id and account.id is not None:
            await end_sessions(account.id, session)
            await end_links(site, account.id, session)
        await _note(site, actor, account, action, session, **details)
        await tell_of_change(site, account, CHANGES["removed"], session)

    await site.store.transaction(body)


EMPTY: dict[str, Any] = {"secret": None, "proposed": None, "recovery": [], "set_at": None}
"""An account without codes; the last step stays, so that no code seen before is ever good again."""


async def _note(
    site: Site, actor: Actor, account: Account, action: str, session: Session, **details: Any
) -> None:
    operator = account.operator_id
    await record_event(site, actor, action, subject_of(account), session, operator_id=operator, **details)


def _typed(code: str) -> str:
    """A code as it is compared: wide digits narrow, capitals, without spaces and hyphens."""
    return re.sub(r"[\s\-‐ー－]", "", normalize("NFKC", code[:40])).upper()


def _step_of(site: Site, secret: str, code: str) -> int | None:
    """The step `code` belongs to, of those near now; None for none. All are looked at, in any case."""
    totp, now = pyotp.TOTP(secret), int(site.now().timestamp()) // STEP
    fitting = [
        step
        for step in range(now - SKEW, now + SKEW + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return max(fitting, default=None)


def _recovery_codes(site: Site) -> list[str]:
    drawn = [site.entropy(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    plain = ["".join(RECOVERY_LETTERS[byte % 32] for byte in each) for each in drawn]
    return [f"{text[:5]}-{text[5:]}" for text in plain]


def _kept(site: Site, account: Account, code: str) -> str:
    return site.sign("recovery code", f"{account.id}:{_typed(code)}")


def spaced(key: str) -> str:
    """A key in groups of four, to be typed off."""
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))
