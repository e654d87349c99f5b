"""The registered records of one type, drawn from its definition as it is published now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette_admin import StringField

from admin.actor import actor_of, may, site_of
from admin.language import lazy_gettext as _
from admin.language import spoken
from admin.refusals import Problem
from admin.views.base import Order, Row, Where
from admin.views.columns import Column
from admin.views.filters import PARAMETER, asked_filter, narrowing, record_place, told_query
from admin.views.listing import FARTHEST, Condition, Listing
from admin.views.record_columns import columns_of
from admin.views.record_export import export_columns
from admin.views.record_page import RecordPage
from admin.views.records import Asked
from admin.views.saved import saved_views
from models.access import is_for_all, rows_for, seen_by
from models.documents.searching import SearchedRows, searched_rows
from models.schema.definition import RecordType
from models.schema.search import needles
from models.services.exporting import note_export
from models.workflow.definition import State


class Shown(NamedTuple):
    """What some people see of a type: the columns of its list and those of an export."""

    columns: tuple[Column, ...]
    export: tuple[Column, ...]


class RecordsView(RecordPage):
    """The registered records of one type: columns, filters and search from its definition; a record's page
    shows it by the version it was written under."""

    styles = ("filters.css",)
    sorts = 1
    keeps = (PARAMETER,)
    source: SearchedRows

    def __init__(self, kind: RecordType, states: Mapping[str, State]) -> None:
        self.kind, self.states = kind, states
        self._narrowed: dict[str, Shown] = {}
        self.fields = [StringField("number", label=_("Number"), read_only=True)]
        super().__init__(
            key=kind.name,
            menu_label=spoken(kind.plural or kind.label),
            display_name=spoken(kind.label),
            icon="records",
            columns=columns_of(kind, states),
            source=searched_rows(kind.collection),
            rule=self._reach,
            search=("grams",),
            order=(("_id", -1),),
        )

    def adopt(self, kind: RecordType, states: Mapping[str, State]) -> None:
        """Show the type as it is published now."""
        self.kind, self.states = kind, states
        self.menu_label, self.display_name = spoken(kind.plural or kind.label), spoken(kind.label)
        self.columns = self.details = columns_of(kind, states)
        self._narrowed = {}

    def _reach(self, request: Request, action: str) -> Where | None:
        """By permission, and of those the rows the type leaves to this person."""
        permission = {"view": "record.view", "export": "record.export"}.get(action)
        if permission is None or not may(request, permission):
            return None
        site = site_of(request)
        return rows_for(actor_of(request), self.kind, site.today()) if self.kind.access else {}

    def shown_to(self, request: Request) -> "Shown":
        """The columns this person may see, of the list and of an export."""
        seen = seen_by(actor_of(request), self.kind)
        if seen.checksum not in self._narrowed:
            export = export_columns(seen, self.states)
            self._narrowed[seen.checksum] = Shown(columns_of(seen, self.states), export)
        return self._narrowed[seen.checksum]

    def columns_for(self, request: Request) -> Sequence[Column]:
        """A field one may not read is no column: it cannot be filtered or sorted by either."""
        return self.shown_to(request).columns

    def permits(self, request: Request, action: str) -> bool:
        return self.kind.enabled and super().permits(request, action)

    def search_where(self, text: str) -> Where:
        """By what the search index keeps, so that Japanese is found anywhere in a word."""
        return {"grams": {"$all": needles(text)}} if needles(text) else {}

    async def searched(self, text: str, order: Order, alone: bool) -> Asked:
        """As the rarity of what is looked for tells."""
        found = await self.source.search(text, [path for path, _ in order] == ["_id"], alone)
        how = {"walked": True} if found.walked else {}
        return Asked(found.where, [], how, found.empty, found.counted or FARTHEST)

    def is_sound(self, row: Row) -> bool:
        """A record has a number, a state and answers."""
        return type(row.get("number")) is type(row.get("lifecycle")) is str and "data" in row

    def narrowed(self, request: Request, state: Listing) -> tuple[Where, list[Problem]]:
        """What was asked with the builder of filters."""
        text = dict(state.kept).get(PARAMETER, "").strip()
        return narrowing(request, record_place(request, self.kind.name), text) if text else ({}, [])

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """The filter in words, and the views this person may choose."""
        place = record_place(request, self.kind.name)
        return {
            "asked_filter": asked_filter(request, place),
            "saved_views": await saved_views(request, place),
        }

    def export_columns_for(self, request: Request) -> Sequence[Column]:
        """Every answer this person may read, whatever the list shows."""
        return self.shown_to(request).export

    async def note_export(self, request: Request, state: Listing, rows: int) -> None:
        """An export is an event, with what was asked for; not what was asked of answers that are not for
        everybody, as others read the events."""
        conditions = tuple(_discreet(self.kind, condition) for condition in state.conditions)
        query = state.query(page=1, conditions=conditions).removeprefix("?")
        asked = told_query(request, record_place(request, self.kind.name), query)
        await note_export(site_of(request), actor_of(request), self.kind.name, rows, asked)


def _discreet(kind: RecordType, condition: Condition) -> Condition:
    """The condition as it may be told to everybody."""
    path = condition.column.path.removeprefix("data.")
    return condition if is_for_all(kind, path) else replace(condition, text="…")
