"""The client certificates as a list."""

from admin.language import lazy_gettext as _
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import seen_only
from models.documents.account import Certificate
from models.documents.rows import rows_of


def certificates_view() -> RawListView:
    """Which certificates were presented, and whose they are."""
    return RawListView(
        key="certificates",
        menu_label=_("Client certificates"),
        icon="key",
        columns=[
            Column("subject", _("Subject"), wrap=True),
            Column("serial", _("Serial number"), "code"),
            Column("state", _("State"), "code", filters=("eq",)),
            Column("not_after", _("Valid until"), "moment"),
            Column("first_seen_at", _("First seen"), "moment"),
        ],
        source=rows_of(Certificate),
        rule=seen_only("account.view"),
    )
