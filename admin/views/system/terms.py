"""The terms of use: every version there was, and who accepted it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from admin.actor import may, site_of
from admin.language import language
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import seen_only
from models.documents.rows import rows_of
from models.documents.terms import TermsVersion
from models.markdown import to_html
from models.services import terms


def _both(value: Any) -> str:
    """A text of both languages in the one spoken."""
    if not isinstance(value, Mapping):
        return str(value or "")
    return str(value.get(language()) or value.get("ja") or "")


COMMON = (
    Column("title", _("Title"), show=_both, wrap=True),
    Column("version", _("Version"), "code"),
    Column("effective_from", _("In force from"), "day"),
    Column("revised", _("Revised"), "day"),
    Column("change", _("What changed"), show=_both, wrap=True),
)


class TermsView(RawListView):
    """Every version of the terms, newest first; for one, its text and who accepted it."""

    detail_template = "system_terms.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="terms",
            menu_label=_("Terms of use"),
            icon="terms",
            columns=COMMON,
            details=(*COMMON, Column("checksum", _("Checksum (SHA-256)"), "code", wrap=True)),
            source=rows_of(TermsVersion),
            rule=seen_only("terms.view"),
            order=(("effective_from", -1),),
        )

    def title_of(self, row: Row) -> str:
        """Title and version."""
        return f"{_both(row.get('title'))} {row.get('version', '')}"

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The text, whether it is in force, how many accepted it, and the last of them."""
        site = site_of(request)
        name, version = str(row.get("terms", "")), str(row.get("version", ""))
        now = terms.in_force(site)
        count, last = await terms.acceptances(name, version)
        return {
            "text": to_html(str(row.get("body") or ""), deepest=1),
            "is_in_force": now is not None and (now.terms, now.version) == (name, version),
            "count": count,
            "limit": terms.COUNT_LIMIT - 1,
            "last": last,
            "applications": f"{root_of(request)}/applications" if may(request, "application.view") else "",
        }
