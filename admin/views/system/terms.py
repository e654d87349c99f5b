"""The terms of use: every version there was or is being written, and who accepted it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from admin.actor import actor_of, may, site_of
from admin.language import language
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row
from admin.views.columns import Choice, Column
from admin.views.records import RawListView
from admin.views.system.rules import seen_only
from models.documents.rows import rows_of
from models.documents.terms import TermsVersion
from models.markdown import to_html
from models.passages import compared
from models.services import mailings, terms, terms_publishing


def both(value: Any) -> str:
    """A text of both languages in the one spoken."""
    if not isinstance(value, Mapping):
        return str(value or "")
    return str(value.get(language()) or value.get("ja") or "")


STATES = {
    "draft": Choice(_("Draft"), "warn"),
    "proposed": Choice(_("Waits to be published"), "info"),
    "published": Choice(_("Published for good"), "good"),
}

COMMON = (
    Column("title", _("Title"), show=both, wrap=True),
    Column("version", _("Version"), "code"),
    Column("state", _("State"), "state", choices=STATES),
    Column("effective_from", _("In force from"), "day"),
    Column("revised", _("Revised"), "day"),
    Column("change", _("What changed"), show=both, wrap=True),
)

DETAILS = (
    *COMMON,
    Column("published_at", _("Published"), "moment"),
    Column("published_by.name", _("Published by")),
    Column("checksum", _("Checksum (SHA-256)"), "code", wrap=True),
)


class TermsView(RawListView):
    """Every version of the terms, newest first; for one, its text, what it changed and who accepted it."""

    list_template = "system_terms_list.html"
    detail_template = "system_terms.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="terms",
            menu_label=_("Terms of use"),
            icon="terms",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(TermsVersion),
            rule=seen_only("terms.view"),
            order=(("effective_from", -1),),
        )

    def title_of(self, row: Row) -> str:
        """Title and version."""
        return f"{both(row.get('title'))} {row.get('version', '')}"

    def _list_context(self, request: Request, *drawn: Any) -> dict[str, Any]:
        """The list, with the ways to a new version and to the mails about changes."""
        root = root_of(request)
        return {
            **super()._list_context(request, *drawn),
            "new_href": f"{root}/terms/versions" if may(request, "terms.draft") else "",
            "mailings_href": f"{root}/mailings" if may(request, "terms.mailing") else "",
        }

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The text, what it changed, whether it is in force, how many accepted it and the last of them; of a
        version that is not published, what can be done with it."""
        site, root = site_of(request), root_of(request)
        name, version = str(row.get("terms", "")), str(row.get("version", ""))
        now = terms.in_force(site)
        count, last = await terms.acceptances(name, version)
        stored = TermsVersion.model_validate(row)
        mailing = await mailings.mailing_of(name, version) if may(request, "terms.mailing") else None
        return {
            "text": to_html(str(row.get("body") or ""), deepest=1),
            "is_in_force": now is not None and (now.terms, now.version) == (name, version),
            "count": count,
            "limit": terms.COUNT_LIMIT - 1,
            "last": last,
            "applications": f"{root}/applications" if may(request, "application.view") else "",
            "stored": stored,
            "work": f"{root}/terms/versions/{row['_id']}",
            "may_draft": may(request, "terms.draft"),
            "may_publish": terms_publishing.may_publish(actor_of(request), stored),
            "may_decide": may(request, "terms.publish"),
            "earlier": (earlier := terms_publishing.earlier_of(site, stored)),
            "rows": compared(earlier.body, stored.body) if earlier else [],
            "differs": terms.differs(site, name, version, stored.checksum),
            "mailing": f"{root}/mailings/{mailing.id}" if mailing else "",
        }
