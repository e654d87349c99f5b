"""Changing accounts: what is done with one, issuing those of the staff, the list of who has what."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.columns import plain
from admin.views.page import Crumb, PageView, route
from models.documents.account import Account
from models.documents.base import read_id
from models.errors import NotAllowed, NotFound, TorokuError
from models.services import (
    addresses,
    delegates,
    handing_over,
    holdings,
    invitations,
    reissuing,
    suspending,
    users,
)
from models.services.roles import ADMINISTRATOR, role_label, staff_roles
from models.services.side_words import side_words
from models.services.users import mark_of, roles_for

SHOWN_AGAIN = (409, 422)
"""Refusals that come back on the page with what was typed."""

Deed = Callable[[Request, Account, FormData], Awaitable[Any]]


def _with_reason(act: Callable[..., Awaitable[Any]]) -> Deed:
    async def deed(request: Request, account: Account, form: FormData) -> None:
        reason = text_of(form, "reason", longest=5000)
        await act(site_of(request), actor_of(request), read_id(account.id), reason)

    return deed


async def _change(request: Request, account: Account, form: FormData) -> None:
    await users.change_user(
        site_of(request),
        actor_of(request),
        read_id(account.id),
        name=text_of(form, "name", longest=1000),
        roles=_roles(form),
        mark=text_of(form, "mark", longest=100),
    )


async def _address(request: Request, account: Account, form: FormData) -> None:
    email, sure = text_of(form, "email", longest=1000), text_of(form, "natural") == "yes"
    await addresses.ask_address(site_of(request), actor_of(request), read_id(account.id), email, sure=sure)


async def _appoint(request: Request, account: Account, form: FormData) -> None:
    if account.operator_id is None:
        raise NotFound
    await handing_over.appoint(
        site_of(request),
        actor_of(request),
        account.operator_id,
        read_id(account.id),
        reason=text_of(form, "reason", longest=5000),
        evidence=text_of(form, "evidence", longest=5000),
    )


def _roles(form: FormData) -> list[str]:
    return [value[:100] for value in form.getlist("roles") if isinstance(value, str)]


DEEDS: Mapping[str, tuple[Deed, str]] = {
    "change": (_change, N_("The account has been changed; its owner is told by e-mail.")),
    "address": (_address, N_("A link has been sent to the new address. It counts once it is opened.")),
    "suspend": (
        _with_reason(suspending.suspend_account),
        N_("The account has been stopped, and every session of it has ended."),
    ),
    "resume": (_with_reason(suspending.resume_account), N_("The account can be used again.")),
    "unlock": (_with_reason(reissuing.unlock), N_("The account has been unlocked.")),
    "reissue": (
        _with_reason(reissuing.reissue),
        N_("The password has been taken away, and a link to set another has been sent by e-mail."),
    ),
    "remove": (_with_reason(users.remove_user), N_("The account has been removed.")),
    "revoke": (_with_reason(delegates.revoke), N_("What the delegate may do has ended.")),
    "appoint": (_appoint, N_("The account is the administrator of its {operator} now.")),
}
"""What is done with an account, by the last part of the address; and what is told then."""


class PeoplePage(PageView):
    """Beneath the list of accounts: one account to change, a new one of the staff, the file of who has
    what. Of handlers the framework asks the last by name first: ``show`` has to come before the others."""

    styles = ("system.css", "filters.css")

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Accounts"),
            path="/people",
            route_name="people",
            allowed=lambda request: may(request, "account.view"),
            add_to_menu=False,
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        """The way here leads over the list of accounts."""
        root = self.url(request).removesuffix(str(self.path))
        return [Crumb(say("Home"), f"{root}/"), Crumb(self.menu_label, f"{root}/accounts/list")]

    @route("", methods=["GET"])
    async def show_accounts(self, request: Request) -> Response:
        """The list itself is elsewhere."""
        return RedirectResponse(self.crumbs(request)[1].href, status_code=303)

    @route("/new", methods=["GET"])
    async def show_new(self, request: Request) -> Response:
        """The form that issues an account of the staff."""
        self._require(request, "account.issue_staff")
        return self._new(request)

    @route("/new", methods=["POST"])
    async def issue(self, request: Request) -> Response:
        """Issue an account of the staff."""
        form = await self.form(request, fields=60)
        typed = {name: text_of(form, name, longest=1000) for name in ("login", "name", "email")}
        roles, sure = _roles(form), text_of(form, "natural") == "yes"
        try:
            issued = await invitations.issue_staff(
                site_of(request), actor_of(request), **typed, roles=roles, sure=sure
            )
        except TorokuError as refusal:
            if refusal.status not in SHOWN_AGAIN:
                raise
            return self._new(request, refusal, typed, roles)
        return self.back(request, f"/{issued.id}", done=N_("The account is issued and its owner invited."))

    @route("/list.csv", methods=["GET"])
    async def show_table(self, request: Request) -> Response:
        """Who has what, as a file."""
        site = site_of(request)
        parts = await holdings.whole_file(site, actor_of(request), language())
        name = f"who-has-what-{site.today():%Y%m%d}.csv"
        heads = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        return StreamingResponse(parts, headers=heads, media_type="text/csv; charset=utf-8")

    @route("/{id}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """One account, and what can be done with it."""
        self._require(request, "account.change")
        return self._one(request, await _found(request))

    @route("/{id}/{act}", methods=["POST"])
    async def do(self, request: Request) -> Response:
        """Do one of DEEDS; the page again with what is wrong."""
        account = await _found(request)
        name = str(request.path_params["act"])
        if name not in DEEDS:
            raise NotFound
        deed, done = DEEDS[name]
        form = await self.form(request, fields=60)
        try:
            await deed(request, account, form)
        except TorokuError as refusal:
            if refusal.status not in SHOWN_AGAIN:
                raise
            return self._one(request, await _found(request), refusal, form, name)
        return self.back(request, f"/{account.id}", done=done, values=side_words(site_of(request)))

    def _require(self, request: Request, permission: str) -> None:
        if not may(request, permission):
            raise NotAllowed(rule=permission)

    def _new(
        self,
        request: Request,
        refusal: TorokuError | None = None,
        typed: Mapping[str, str] | None = None,
        roles: list[str] | None = None,
    ) -> Response:
        site, spoken = site_of(request), language()
        return self.page(
            request,
            "system_person_new.html",
            title=say("Issue an account of the staff"),
            crumbs=[Crumb(say("Issue an account of the staff"))],
            refusal=refusal,
            typed=typed or {},
            chosen=roles or [],
            roles=[(name, text(spoken)) for name, text in staff_roles(site).items()],
        )

    def _one(
        self,
        request: Request,
        account: Account,
        refusal: TorokuError | None = None,
        form: FormData | None = None,
        failed: str = "",
    ) -> Response:
        site, spoken = site_of(request), language()
        typed = {
            name: text_of(form, name, longest=5000) if form else ""
            for name in ("reason", "evidence", "email")
        }
        sent = form if failed == "change" else None
        return self.page(
            request,
            "system_person.html",
            title=f"{account.login} {account.name}",
            crumbs=[Crumb(f"{account.login} {account.name}")],
            refusal=refusal,
            account=account,
            mark=mark_of(account),
            acts=_acts(request, account),
            failed=failed,
            typed=typed,
            name=text_of(sent, "name", longest=1000) if sent else account.name,
            chosen=_roles(sent) if sent else account.roles,
            roles=[(name, text(spoken)) for name, text in roles_for(site, account).items()],
            named=plain([role_label(site, name)(spoken) for name in account.roles]),
            states=STATES,
        )


STATES = {
    "invited": (_("Invited"), "info"),
    "active": (_("Active"), "good"),
    "suspended": (_("Stopped"), "bad"),
    "deleted": (_("Removed"), "plain"),
}


async def _found(request: Request) -> Account:
    account = await Account.get(read_id(request.path_params["id"]))
    if account is None:
        raise NotFound
    return account


def _acts(request: Request, account: Account) -> frozenset[str]:
    """What may be done with this account now."""
    if not may(request, "account.change") or account.status == "deleted":
        return frozenset()
    if account.id == actor_of(request).account_id:
        return frozenset({"change", "address"})
    heads = account.kind == "operator" and ADMINISTRATOR in account.roles
    usable = account.status in ("invited", "active")
    found = {"change", "address", "suspend", "reissue"} if usable else {"resume"}
    found |= set() if heads else {"remove"}
    found |= {"unlock"} if account.lock is not None else set()
    if account.delegation is not None:
        return frozenset(found | ({"revoke"} if account.delegation.revoked is None else set()))
    fit = account.status == "active" and account.password_hash is not None and account.lock is None
    return frozenset(found | ({"appoint"} if fit and account.kind == "operator" and not heads else set()))
