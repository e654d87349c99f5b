"""The accounts: who may sign in, and where they are signed in now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row, Where
from admin.views.columns import Choice, Column, plain
from admin.views.records import RawListView
from admin.views.system.owner import owner_of
from admin.views.system.rules import seen_only
from models.documents.account import Account
from models.documents.base import read_id
from models.documents.rows import rows_of
from models.services import accounts
from models.services.roles import role_label
from models.services.sessions import sessions_of
from models.services.site import Site

KINDS = {"staff": Choice(_("Staff"), "info"), "operator": Choice(_("User of the portal"))}
STATES = {
    "invited": Choice(_("Invited"), "info"),
    "active": Choice(_("Active"), "good"),
    "suspended": Choice(_("Stopped"), "bad"),
    "deleted": Choice(_("Removed")),
}
LOCKS = {
    "password": Choice(_("Wrong password five times in a row"), "warn"),
    "code": Choice(_("Wrong one-time code five times in a row"), "warn"),
    "confirmation": Choice(_("Wrong password where it was asked for again"), "warn"),
    "attempts": Choice(_("Wrong password very often"), "warn"),
}


COMMON = (
    Column("login", _("ID"), "code", sortable=True, alone=True, filters=("eq", "startswith")),
    Column("name", _("Name of the person")),
    Column("kind", _("Kind"), "state", filters=("eq",), choices=KINDS),
    Column("roles", _("Roles")),
    Column("status", _("State"), "state", filters=("eq",), choices=STATES),
    Column("last_login_at", _("Last sign-in"), "moment"),
)

DETAILS = (
    *COMMON,
    Column("email", _("E-mail address")),
    Column("created_at", _("Issued"), "moment"),
    Column("password_changed_at", _("Password set"), "moment"),
    Column("failures", _("Failed sign-ins in a row"), "number"),
    Column("lock.at", _("Locked since"), "moment"),
    Column("lock.reason", _("Locked because"), "state", choices=LOCKS),
    Column("lock.address", _("Locked from")),
    Column("halt.reason", _("Stopped because"), wrap=True),
    Column("halt.by.name", _("Stopped by")),
    Column("halt.at", _("Stopped on"), "moment"),
    Column("delegation.organisation", _("Delegate of")),
    Column("delegation.begins", _("First day"), "day"),
    Column("delegation.ends", _("Last day"), "day"),
)

DELEGATES = (
    *COMMON[:2],
    Column("delegation.organisation", _("Delegate of"), filters=("eq", "startswith")),
    Column("delegation.begins", _("First day"), "day"),
    Column("delegation.ends", _("Last day"), "day", sortable=True),
    *COMMON[4:],
)


class AccountsView(RawListView):
    """Who may sign in; for one account its sessions, which those who may can end."""

    list_template = "system_accounts.html"
    detail_template = "system_account.html"
    styles = ("system.css",)
    beneath: ClassVar[tuple[str, ...]] = ("people",)

    def __init__(self) -> None:
        super().__init__(
            key="accounts",
            menu_label=_("Accounts"),
            icon="people",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(Account, hidden=("password_hash",)),
            rule=seen_only("account.view"),
            search=("login",),
            order=(("login", 1),),
        )

    def columns_for(self, request: Request) -> Sequence[Column]:
        """The columns of the list, with the site's names of the roles."""
        return _named(site_of(request), self.columns)

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """The lines of the page, with the site's names of the roles; a lock, a stop and a delegate's
        principal where there is one."""
        told = (each for each in self.details if "." not in each.path or row.get(each.path.partition(".")[0]))
        return _named(site_of(request), tuple(told))

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The operator, the live sessions, and what was done with the account."""
        root = root_of(request)
        return {
            "owner": await owner_of(request, row.get("operator_id")),
            "sessions": await sessions_of(row["_id"]),
            "change_href": f"{root}/people/{row['_id']}" if may(request, "account.change") else "",
            "end_href": f"{root}/accounts/{row['_id']}/end" if may(request, "session.end") else "",
            "reset_href": f"{root}/account/codes/reset/{row['_id']}" if _may_reset(request, row) else "",
            "events_href": f"{root}/events/list?subject.label__eq={row.get('login', '')}"
            if may(request, "event.view")
            else "",
        }

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """Where an account of the staff is issued, and where the file of who has what is."""
        root = root_of(request)
        return {
            "new_href": f"{root}/people/new" if may(request, "account.issue_staff") else "",
            "csv_href": f"{root}/people/list.csv" if may(request, "account.export") else "",
        }

    def own_routes(self) -> list[Route]:
        """One more: ending sessions."""
        end = Route("/accounts/{id}/end", self.end, methods=["POST"], name="accounts-end")
        return [end, *super().own_routes()]

    async def end(self, request: Request) -> Response:
        """End every session of the account."""
        self.reach(request, "view")
        identifier = read_id(request.path_params["id"])
        await accounts.sign_out_everywhere(site_of(request), actor_of(request), identifier)
        flash(request, say(N_("Every session of this account has been ended.")))
        return RedirectResponse(f"{root_of(request)}/accounts/detail?pk={identifier}", status_code=303)


def _named(site: Site, columns: Sequence[Column]) -> Sequence[Column]:
    """`columns`, the roles by what the site calls them."""

    def write(value: Any) -> str:
        return plain([role_label(site, str(name))(language()) for name in value or ()])

    return [replace(column, show=write) if column.path == "roles" else column for column in columns]


def _may_reset(request: Request, row: Row) -> bool:
    """Whether who asks may take the one-time codes of this account away."""
    own = actor_of(request).account_id == row["_id"]
    return may(request, "code.reset") and not own and bool(row.get("code_set_at"))


def _delegates_only(request: Request, action: str) -> Where | None:
    """The accounts of delegates, for those who may see any account; never exported."""
    seen = seen_only("account.view")(request, action)
    return None if seen is None else {**seen, "delegation": {"$ne": None}}


class DelegatesView(AccountsView):
    """Who acts for operators without being of them (terms of use 2.3)."""

    beneath = ()

    def __init__(self) -> None:
        RawListView.__init__(
            self,
            key="delegates",
            menu_label=_("Delegates"),
            icon="people",
            columns=DELEGATES,
            details=DETAILS,
            source=rows_of(Account, hidden=("password_hash",)),
            rule=_delegates_only,
            search=("login",),
            order=(("delegation.ends", 1),),
        )

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """Nothing is issued here; the file holds the delegates too."""
        return {**await super().list_extras(request), "new_href": ""}

    def own_routes(self) -> list[Route]:
        """Only those of a list."""
        return RawListView.own_routes(self)
