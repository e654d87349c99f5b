"""The accounts as a list."""

from typing import Any

from admin.language import lazy_gettext as _
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import seen_only
from models.documents.account import Account
from models.documents.rows import rows_of


def accounts_view() -> RawListView:
    """Who may sign in."""
    return RawListView(
        key="accounts",
        menu_label=_("Accounts"),
        icon="people",
        columns=[
            Column("login", _("ID"), "code", sortable=True, filters=("eq", "startswith")),
            Column("name", _("Name")),
            Column("kind", _("Kind"), "code", filters=("eq",)),
            Column("roles", _("Roles"), show=_joined),
            Column("status", _("State"), "code"),
            Column("last_login_at", _("Last sign-in"), "moment"),
        ],
        source=rows_of(Account, hidden=("password_hash",)),
        rule=seen_only("account.view"),
        search=("login",),
        order=(("login", 1),),
    )


def _joined(value: Any) -> str:
    return ", ".join(map(str, value or ()))
