"""Delegates (受託者): who acts for an operator without being of it, in what and until when (terms 2.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from models.access import sees_type
from models.configuration.site import Delegates
from models.documents.account import Account, Delegation, Duties, Halt
from models.documents.base import Id, new_id
from models.documents.counter import draw
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AccountGuarded, AnswersInvalid, NotFound
from models.language import Language, Message, Text
from models.permissions import Actor, allowed, require
from models.schema.definition import in_order
from models.schema.reading import AnswerError
from models.services.accounts import issued_letter
from models.services.administration import CHANGED, administered, has_mail, note, read_reason, tell
from models.services.day_words import day_words
from models.services.messages import Letter, Recipient, queue_letter
from models.services.persons import read_name, require_natural
from models.services.resuming import read_address
from models.services.roles import role_label
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.suspending import end_access
from models.services.switches import require_writing
from models.services.variables import operator_of

LOGIN = "D{seq:07}"
"""Form of the IDs of delegates."""

LIMIT = 200
"""Most delegates of one operator that are listed."""

REVOKED = Message("What you may do for this company was ended.")
CHANGED_SCOPE = Message("What you may do for this company was changed: {scope}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is typed to name a delegate or to change its scope: days as ISO 8601, `every` instead of `types`
    for all record types, the version of the duties that was read and confirmed ("" for none)."""

    organisation: str = ""
    name: str = ""
    email: str = ""
    role: str = ""
    types: Sequence[str] = ()
    every: bool = False
    begins: str = ""
    ends: str = ""
    confirmed: str = ""
    sure: bool = False


def rules_of(site: Site) -> Delegates:
    """What the site says of delegates. Raises NotFound where it has none."""
    rules = site.configuration.site.delegates
    if rules is None:
        raise NotFound
    return rules


async def delegates_of(site: Site, actor: Actor) -> list[Account]:
    """The delegates of the administrator's operator, those whose period ends last first (R29). Raises
    NotAllowed, NotFound."""
    require(actor, "delegate.view_own")
    rules_of(site)
    where = {"operator_id": actor.operator_id, "delegation": {"$ne": None}}
    found = Account.find(where).sort("-delegation.ends", "+login")
    return await found.limit(LIMIT).to_list()


def type_labels(site: Site, actor: Actor | None = None) -> dict[str, Text]:
    """The record types a delegate's scope can be narrowed to, by name; with an `actor`, those it sees."""
    current = (each.definition for each in site.registry.all_current().values())
    theirs = (each for each in current if each.enabled and not each.is_ours)
    found = [each for each in theirs if actor is None or sees_type(actor, each)]
    return {each.name: each.label for each in in_order(found, site.configuration.site.operator_type)}


def last_day(site: Site, begins: date) -> date:
    """The last day a delegation may be given that begins on `begins`."""
    months = begins.year * 12 + begins.month - 1 + rules_of(site).months
    year, month = divmod(months, 12)
    return _day(year, month + 1, begins.day)


def _day(year: int, month: int, day: int) -> date:
    """That day, or the last of its month."""
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


async def name_delegate(site: Site, actor: Actor, wanted: Wanted, language: Language = "ja") -> Account:
    """Name a delegate of the administrator's operator, with an account of its own; told by mail.

    Raises NotAllowed, NotFound, AnswersInvalid (paths as in ``Wanted``, ``natural``), ConfirmationRequired,
    WritingStopped."""
    require(actor, "delegate.manage_own")
    await require_writing(site, actor)
    rules_of(site)
    given = _read(site, actor, wanted)
    name, address = read_name(wanted.name), read_address(wanted.email)
    await require_natural(name, address, None, sure=wanted.sure)
    require_recent(site, actor)
    account = Account(
        id=new_id(),
        login=LOGIN.format(seq=await draw("accounts:delegate")),
        kind="operator",
        name=name,
        email=address,
        roles=[wanted.role],
        operator_id=actor.operator_id,
        delegation=given,
        language=language,
        created_at=site.now(),
    )
    letter = await _letter(site, account)

    async def body(session: Session) -> None:
        await account.insert(session=session)
        await queue_letter(site, letter, session)
        await note(site, actor, "account.delegate_named", account, session, **_details(account))

    await site.store.transaction(body)
    return account


def _read(site: Site, actor: Actor, wanted: Wanted) -> Delegation:
    """The scope and the period as they are kept. Raises AnswersInvalid with every error."""
    errors = [*_scope_errors(site, actor, wanted), *_period_errors(site, wanted), *_duty_errors(site, wanted)]
    if errors:
        raise AnswersInvalid(tuple(errors))
    duties = rules_of(site).duties
    return Delegation(
        organisation=" ".join(wanted.organisation.split()),
        types=None if wanted.every else sorted(set(wanted.types)),
        begins=wanted.begins,
        ends=wanted.ends,
        duties=Duties(version=duties.version, text=duties.text.ja, by=actor.person, at=site.now()),
    )


def _scope_errors(site: Site, actor: Actor, wanted: Wanted) -> list[AnswerError]:
    errors = []
    organisation = " ".join(wanted.organisation.split())
    if not organisation or len(organisation) > 100 or not organisation.isprintable():
        said = Message("Enter the organisation the delegate belongs to, at most 100 characters.")
        errors.append(AnswerError("organisation", "required", said))
    if wanted.role not in rules_of(site).roles:
        errors.append(AnswerError("role", "choice", Message("Choose one of the roles.")))
    if not wanted.every and (not wanted.types or set(wanted.types) - set(type_labels(site, actor))):
        said = Message("Choose what the delegate works on.")
        errors.append(AnswerError("types", "choice", said))
    return errors


def _period_errors(site: Site, wanted: Wanted) -> list[AnswerError]:
    begins, ends = _read_day(wanted.begins), _read_day(wanted.ends)
    errors = []
    if begins is None:
        errors.append(AnswerError("begins", "format", Message("Enter the first day as a date.")))
    if ends is None:
        errors.append(AnswerError("ends", "format", Message("Enter the last day as a date.")))
    if begins is None or ends is None:
        return errors
    if ends < max(begins, site.today()):
        said = Message("The last day is before the first, or in the past.")
        errors.append(AnswerError("ends", "order", said))
    elif ends > last_day(site, max(begins, site.today())):
        said = Message("A delegate is named for at most {months} months.", {"months": rules_of(site).months})
        errors.append(AnswerError("ends", "range", said))
    return errors


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-04-01") else None
    except ValueError:
        return None


def _duty_errors(site: Site, wanted: Wanted) -> list[AnswerError]:
    if wanted.confirmed == rules_of(site).duties.version:
        return []
    said = Message("Confirm that the delegate is bound to the same duties.")
    return [AnswerError("confirmed", "required", said)]


def scope_words(site: Site, account: Account, language: Language, operator_name: str = "") -> str:
    """What a delegate may do, in a sentence."""
    given = account.delegation
    if given is None:
        return ""
    labels = type_labels(site)
    every = Message("everything")
    named = "、" if language == "ja" else ", "
    types = (
        every(language)
        if given.types is None
        else named.join(labels[name](language) if name in labels else name for name in given.types)
    )
    facts = {"operator": operator_name, "role": role_label(site, account.roles[0]), "types": types}
    facts |= {"begins": day_words(given.begins, language), "ends": day_words(given.ends, language)}
    said = Message("{role}, for {types}, from {begins} to {ends}", facts)
    return said(language)


async def _letter(site: Site, account: Account) -> Letter:
    operator = await operator_of(site, account.operator_id)
    title = operator.title if operator else ""
    if not has_mail(site, "delegate_issued"):
        return issued_letter(account, title)
    scope = scope_words(site, account, account.language, title)
    return Letter(
        "delegate_issued",
        Recipient(account.email, account.name, account.language),
        f"account:{account.id}",
        values={"account_id": account.login, "operator_name": title, "delegate_scope": scope},
        operator_id=account.operator_id,
        account_id=account.id,
    )


def _details(account: Account) -> dict[str, object]:
    given = account.delegation
    if given is None:
        return {}
    told = given.model_dump(include={"organisation", "types", "begins", "ends"})
    return {**told, "role": account.roles[0], "duties": given.duties.version}


async def change_scope(site: Site, actor: Actor, account_id: Id, wanted: Wanted) -> Account:
    """Change the scope and the period of a delegate of one's operator; the duties are confirmed anew.

    Raises NotAllowed, NotFound, AccountGuarded (ended, changed meanwhile), AnswersInvalid (as
    ``name_delegate``), ConfirmationRequired, WritingStopped."""
    account = await find_delegate(site, actor, account_id)
    require(actor, "delegate.manage_own")
    await require_writing(site, actor)
    before = account.delegation
    if before is None or before.revoked is not None or account.status not in ("invited", "active"):
        raise AccountGuarded("What this delegate may do has been ended. Name the delegate anew.")
    given = _read(site, actor, wanted)
    require_recent(site, actor)

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "delegation.duties.at": before.duties.at, "delegation.revoked": None}
        values = {"delegation": given.model_dump(), "roles": [wanted.role]}
        changed = await update_where(Account, where, {"$set": values}, session)
        if changed is None:
            raise AccountGuarded(CHANGED)
        said = {"scope": scope_words(site, changed, changed.language)}
        await tell(site, actor, changed, Message(CHANGED_SCOPE.msgid, said), session)
        await note(site, actor, "account.delegate_changed", changed, session, **_details(changed))
        return changed

    return await site.store.transaction(body)


async def find_delegate(site: Site, actor: Actor, account_id: Id) -> Account:
    """A delegate one administers. Raises NotAllowed, NotFound."""
    account = await administered(actor, account_id)
    if account.delegation is None:
        raise NotFound
    return account


async def revoke(site: Site, actor: Actor, account_id: Id, reason: str) -> Account:
    """End what a delegate may do, at once and for good (R29): by the administrator, or by the staff.

    Raises NotAllowed, NotFound, AccountGuarded (ended already), AnswersInvalid (path ``reason``),
    ConfirmationRequired."""
    account = await find_delegate(site, actor, account_id)
    if not (allowed(actor, "delegate.manage_own") or allowed(actor, "account.change")):
        require(actor, "delegate.manage_own")
    require_recent(site, actor)
    why = read_reason(reason)
    halt = Halt(reason=why, at=site.now(), by=actor.person)

    async def body(session: Session) -> Account:
        where = {"_id": account.id, "delegation.revoked": None, "status": {"$ne": "deleted"}}
        values = {"delegation.revoked": halt.model_dump(), "status": "suspended", "halt": halt.model_dump()}
        ended = await update_where(Account, where, {"$set": values}, session)
        if ended is None:
            raise AccountGuarded("What this delegate may do has been ended already.")
        await end_access(site, ended, session)
        await tell(site, actor, ended, REVOKED, session, why)
        await note(site, actor, "account.delegate_revoked", ended, session, reason=why)
        return ended

    return await site.store.transaction(body)
