"""The notices as a list."""

from collections.abc import Mapping
from typing import Any

from admin.language import language
from admin.language import lazy_gettext as _
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import permitted
from models.documents.notice import Notice
from models.documents.rows import rows_of


def notices_view() -> RawListView:
    """What is told to everybody or to operators, newest first."""
    return RawListView(
        key="notices",
        menu_label=_("Notices"),
        icon="notices",
        columns=[
            Column("title", _("Title"), show=_both, wrap=True),
            Column("category", _("Category"), "code"),
            Column("audience", _("For"), "code"),
            Column("published_at", _("Published"), "moment"),
        ],
        details=[
            Column("title", _("Title"), show=_both, wrap=True),
            Column("body", _("Text"), show=_both, wrap=True),
            Column("category", _("Category"), "code"),
            Column("audience", _("For"), "code"),
            Column("published_at", _("Published"), "moment"),
        ],
        source=rows_of(Notice),
        rule=permitted("notice.view_operators"),
        order=(("published_at", -1),),
    )


def _both(value: Any) -> str:
    """A text of both languages in the one spoken."""
    if not isinstance(value, Mapping):
        return str(value or "")
    return str(value.get(language()) or value.get("ja") or "")
