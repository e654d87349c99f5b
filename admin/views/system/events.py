"""The event log as a list."""

from collections.abc import Mapping
from typing import Any

from admin.language import lazy_gettext as _
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import permitted
from models.documents.event import Event
from models.documents.rows import rows_of


def events_view() -> RawListView:
    """Who did what to what, newest first."""
    return RawListView(
        key="events",
        menu_label=_("Event log"),
        icon="events",
        columns=[
            Column("at", _("When"), "moment"),
            Column("action", _("What"), "code", filters=("eq", "startswith")),
            Column("subject.label", _("Of what"), filters=("eq",)),
            Column("actor.name", _("Who"), filters=("eq",)),
            Column("actor.kind", _("As"), "code"),
            Column("address", _("From")),
            Column("sequence", _("Place in the chain"), "number"),
        ],
        details=[
            Column("at", _("When"), "moment"),
            Column("action", _("What"), "code"),
            Column("subject.label", _("Of what")),
            Column("actor.name", _("Who")),
            Column("actor.kind", _("As"), "code"),
            Column("address", _("From")),
            Column("certificate", _("Client certificate"), "code", wrap=True),
            Column("details", _("Details"), show=_pairs, wrap=True),
            Column("sequence", _("Place in the chain"), "number"),
            Column("previous", _("Hash before"), "code", wrap=True),
            Column("hash", _("Hash"), "code", wrap=True),
        ],
        source=rows_of(Event),
        rule=permitted("event.view"),
        order=(("at", -1),),
    )


def _pairs(value: Any) -> str:
    return ", ".join(f"{key}: {item}" for key, item in value.items()) if isinstance(value, Mapping) else ""
