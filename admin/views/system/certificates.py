"""The client certificates: which were presented, whose they are, until when they hold."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from admin import moments
from admin.language import lazy_gettext as _
from admin.language import say
from admin.views.base import Row
from admin.views.columns import BADGE, Choice, Column
from admin.views.records import RawListView
from admin.views.system.owner import owner_of
from admin.views.system.rules import seen_only
from models.documents.certificate import Certificate
from models.documents.rows import rows_of

SOON = timedelta(days=30)
"""How long before its end a certificate is marked."""

STATES = {
    "presented": Choice(_("Presented, bound to nobody"), "info"),
    "bound": Choice(_("Bound"), "good"),
    "suspended": Choice(_("Stopped"), "warn"),
    "revoked": Choice(_("Revoked"), "bad"),
}


def _expiry(value: Any) -> Markup:
    """Until when, with a word where that is over or near."""
    drawn = moments.moment(value)
    if not isinstance(value, datetime):
        return drawn
    left = (value if value.tzinfo else value.replace(tzinfo=UTC)) - datetime.now(UTC)
    if left <= timedelta(0):
        return drawn + Markup(" ") + BADGE.format("bad", say("Expired"))
    if left <= SOON:
        return drawn + Markup(" ") + BADGE.format("warn", say("{days} days left", {"days": left.days}))
    return drawn


COMMON = (
    Column("subject", _("Subject"), wrap=True),
    Column("serial", _("Serial number"), "code", filters=("eq", "startswith")),
    Column("state", _("State"), "state", filters=("eq",), choices=STATES),
    Column("not_after", _("Valid until"), "moment", sortable=True, filters=("gte", "lte"), show=_expiry),
    Column("first_seen_at", _("First seen"), "moment"),
)

DETAILS = (
    *COMMON,
    Column("not_before", _("Valid from"), "moment"),
    Column("issuer", _("Issuer"), wrap=True),
    Column("fingerprint", _("Fingerprint (SHA-256)"), "code", wrap=True),
    Column("bound_at", _("Bound since"), "moment"),
)


class CertificatesView(RawListView):
    """Which certificates were presented; for one, the operator it is bound to."""

    detail_template = "system_certificate.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="certificates",
            menu_label=_("Client certificates"),
            icon="key",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(Certificate),
            rule=seen_only("account.view"),
            search=("serial",),
        )

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The operator it is bound to."""
        return {"owner": await owner_of(request, row.get("operator_id"))}
