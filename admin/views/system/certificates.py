"""The client certificates: which there are, whose they are, until when they hold, who uses them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from admin import moments
from admin.actor import may
from admin.language import lazy_gettext as _
from admin.language import say
from admin.links import root_of
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
    "registered": Choice(_("Registered, not used yet"), "info"),
    "bound": Choice(_("Bound"), "good"),
    "suspended": Choice(_("Stopped"), "warn"),
    "revoked": Choice(_("Revoked"), "bad"),
    "retired": Choice(_("Retired"), "plain"),
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
    Column("subject", _("Subject of the certificate"), wrap=True),
    Column("label", _("Client"), filters=("startswith",)),
    Column("serial", _("Serial number"), "code", filters=("eq", "startswith")),
    Column("state", _("State"), "state", filters=("eq",), choices=STATES),
    Column("not_after", _("Valid until"), "moment", sortable=True, filters=("gte", "lte"), show=_expiry),
    Column("used_at", _("Last used"), "moment"),
)

DETAILS = (
    *COMMON,
    Column("first_seen_at", _("First seen"), "moment"),
    Column("not_before", _("Valid from"), "moment"),
    Column("issuer", _("Issuer"), wrap=True),
    Column("fingerprint", _("Fingerprint (SHA-256)"), "code", wrap=True),
    Column("bound_at", _("Bound since"), "moment"),
)


class CertificatesView(RawListView):
    """Which certificates there are; each leads to its page in the register."""

    list_template = "certificates.html"
    detail_template = "system_certificate.html"
    styles = ("system.css",)
    beneath = ("register",)

    def __init__(self) -> None:
        super().__init__(
            key="certificates",
            menu_label=_("Client certificates"),
            icon="key",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(Certificate),
            rule=seen_only("certificate.view"),
            search=("serial",),
        )

    def may_register(self, request: Request) -> bool:
        """Whether the list offers to register another."""
        return may(request, "certificate.manage")

    def href_of(self, request: Request) -> Callable[[Row], str]:
        """The page of a certificate in the register."""
        start = f"{root_of(request)}/register/"
        return lambda row: f"{start}{row['_id']}"

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The operator it is bound to, and its page in the register."""
        return {
            "owner": await owner_of(request, row.get("operator_id")),
            "register_href": f"{root_of(request)}/register/{row['_id']}",
            "may_manage": may(request, "certificate.manage"),
        }
