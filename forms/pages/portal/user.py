"""One user or delegate of an operator: what is known, and everything its administrator does about it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.people import LOCKS, account_named, delegating, id_of, problems, told
from forms.pages.portal.scope import scope_context, scope_of
from forms.pages.portal.users import role_options
from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, text_of
from models.documents.account import Account
from models.errors import AccountGuarded, AnswersInvalid, NotFound, RecordChanged
from models.permissions import allowed
from models.services import accounts, addresses, delegates, handing_over, reissuing, suspending, users
from models.services.browsers import device_of
from models.services.day_words import day_words
from models.services.roles import ADMINISTRATOR
from models.services.sessions import sessions_of
from models.services.users import mark_of

Deed = Callable[[Visit, Account, FormData], Awaitable[Any]]


async def show_user(request: Request) -> Response:
    """One account of my operator, and what can be done with it."""
    visit = operator_visit(request)
    return await _draw(visit, await account_named(visit))


async def change_user(request: Request) -> Response:
    """Do one of DEEDS; the page again with what is wrong."""
    visit = operator_visit(request)
    account = await account_named(visit)
    name = visit.parameter("act")
    deed = DEEDS.get(name)
    if deed is None:
        raise NotFound
    address = f"/portal/users/{account.login}"
    form = await read_form(request)
    try:
        await deed(visit, account, form)
    except (AnswersInvalid, AccountGuarded, RecordChanged) as error:
        return await _draw(
            visit, await account_named(visit), form, name, problems(visit, error), error.status
        )
    return go(f"{'/portal' if name == 'hand-over' else address}?done=account_{name}")


async def _change(visit: Visit, account: Account, form: FormData) -> None:
    name, mark = text_of(form, "name"), text_of(form, "mark")
    kept = account.delegation is not None or id_of(account) == visit.actor.account_id
    roles = account.roles if kept else [text_of(form, "role")]
    await users.change_user(visit.site, visit.actor, id_of(account), name=name, roles=roles, mark=mark)


async def _address(visit: Visit, account: Account, form: FormData) -> None:
    sure = text_of(form, "natural") == "yes"
    await addresses.ask_address(visit.site, visit.actor, id_of(account), text_of(form, "email"), sure=sure)


def _with_reason(act: Callable[..., Awaitable[Any]]) -> Deed:
    async def deed(visit: Visit, account: Account, form: FormData) -> None:
        await act(visit.site, visit.actor, id_of(account), text_of(form, "reason", 1000))

    return deed


async def _hand_over(visit: Visit, account: Account, _form: FormData) -> None:
    await handing_over.hand_over(visit.site, visit.actor, id_of(account))


async def _end(visit: Visit, account: Account, _form: FormData) -> None:
    await accounts.sign_out_everywhere(visit.site, visit.actor, id_of(account))


async def _scope(visit: Visit, account: Account, form: FormData) -> None:
    await delegates.change_scope(visit.site, visit.actor, id_of(account), scope_of(form))


DEEDS: Mapping[str, Deed] = {
    "change": _change,
    "address": _address,
    "suspend": _with_reason(suspending.suspend_account),
    "resume": _with_reason(suspending.resume_account),
    "unlock": _with_reason(reissuing.unlock),
    "reissue": _with_reason(reissuing.reissue),
    "remove": _with_reason(users.remove_user),
    "revoke": _with_reason(delegates.revoke),
    "end": _end,
    "hand-over": _hand_over,
    "scope": _scope,
}
"""What an administrator does with an account, by the last part of the address."""


async def _draw(
    visit: Visit,
    account: Account,
    form: FormData | None = None,
    failed: str = "",
    errors: Summary = (),
    status: int = 200,
) -> Response:
    given = account.delegation
    context = {
        "user": told(visit, account),
        "account": account,
        "mark": mark_of(account),
        "errors": errors,
        "failed": failed,
        "typed": _typed(account, form),
        "acts": _acts(visit, account),
        "lock": LOCKS[account.lock.reason](visit.language) if account.lock else "",
        "roles": role_options(visit, _roles_of(visit, account)),
        "device_of": device_of,
        "sessions": await sessions_of(id_of(account)) if account.status == "active" else (),
        "given": given,
        "period": [day_words(day, visit.language) for day in (given.begins, given.ends)] if given else (),
        "given_types": _type_words(visit, account),
        "delegating": delegating(visit),
        **(scope_context(visit, form if failed == "scope" else None, account) if given else {}),
    }
    return page(visit, "user", context, status=status)


def _type_words(visit: Visit, account: Account) -> str:
    """The record types of a delegate's scope, in words."""
    named = account.delegation.types if account.delegation else None
    labels = delegates.type_labels(visit.site)
    return "、".join(labels[name](visit.language) if name in labels else name for name in named or ())


def _roles_of(visit: Visit, account: Account) -> tuple[str, ...]:
    rules = visit.site.configuration.site.delegates
    return rules.roles if account.delegation is not None and rules else ()


def _typed(account: Account, form: FormData | None) -> dict[str, str]:
    """What was typed; what is stored where nothing was."""
    role = account.roles[0] if account.roles else ""
    stored = {"name": account.name, "email": "", "role": role, "reason": "", "natural": ""}
    sent = [name for name in stored if form is not None and name in form]
    return {**stored, **{name: text_of(form, name, 1000) for name in sent if form is not None}}


def _acts(visit: Visit, account: Account) -> frozenset[str]:
    """What may be done with this account now."""
    if not allowed(visit.actor, "account.change_own") or account.status == "deleted":
        return frozenset()
    own = account.id == visit.actor.account_id
    if own or ADMINISTRATOR in account.roles:
        return frozenset({"change", "address"} if own else {})
    usable = account.status in ("invited", "active")
    found = {"remove", *(("change", "address", "suspend", "reissue") if usable else ("resume",))}
    found |= {"unlock"} if account.lock is not None else set()
    if account.status == "active":
        found |= {"end"}
    return frozenset(found | _more_acts(visit, account, usable))


def _more_acts(visit: Visit, account: Account, usable: bool) -> set[str]:
    if account.delegation is not None:
        over = account.delegation.revoked is not None or not allowed(visit.actor, "delegate.manage_own")
        return set() if over else {"revoke", *(("scope",) if usable else ())}
    fit = account.status == "active" and account.password_hash is not None and account.lock is None
    return {"hand-over"} if fit and allowed(visit.actor, "account.hand_over") else set()
