"""The registered records of one type, drawn from its definition as it is published now."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette_admin import StringField

from admin.actor import actor_of, may, site_of
from admin.language import lazy_gettext as _
from admin.language import spoken
from admin.refusals import Problem
from admin.views.base import Order, Row, Where
from admin.views.clock_columns import late_only, with_late
from admin.views.columns import Column
from admin.views.filters import PARAMETER, asked_filter, narrowing, record_place
from admin.views.listing import FARTHEST, Listing, together
from admin.views.record_acts import RecordActs
from admin.views.record_columns import columns_of
from admin.views.record_export import ExportsRecords
from admin.views.records import Asked
from admin.views.saved import saved_views
from models.access import seen_by
from models.documents.searching import SearchedRows, searched_rows
from models.schema.definition import RecordType
from models.schema.search import needles
from models.services.naming import rows_with_titles
from models.services.seeing import rows
from models.services.spanning import shown, spanned
from models.workflow.definition import State


class RecordsView(ExportsRecords, RecordActs):
    """The registered records of one type: columns, filters and search from its definition; a record's page
    shows it by the version it was written under."""

    styles = ("filters.css", "transfers.css")
    sorts = 1
    keeps = (PARAMETER,)
    source: SearchedRows

    def __init__(self, kind: RecordType, states: Mapping[str, State]) -> None:
        self.kind, self.states = kind, states
        self._narrowed: dict[str, tuple[Column, ...]] = {}
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

    @property
    def in_menu(self) -> bool:
        """Whether the menu leads here; what is only there to be published has a page of its own that does."""
        return self.kind.publication is None or self.kind.is_open_to_operators

    def adopt(self, kind: RecordType, states: Mapping[str, State]) -> None:
        """Show the type as it is published now."""
        self.kind, self.states = kind, states
        self.menu_label, self.display_name = spoken(kind.plural or kind.label), spoken(kind.label)
        self.columns = self.details = columns_of(kind, states)
        self._narrowed, self._cells, self._drawn = {}, {}, {}

    def _reach(self, request: Request, action: str) -> Where | None:
        """By permission, and of those the rows the type leaves to this person; none of a type that is not
        published here."""
        permission, site = {"view": "record.view", "export": "record.export"}.get(action), site_of(request)
        if permission is None or self.kind.name not in site.records or not may(request, permission):
            return None
        return rows(site, actor_of(request), self.kind.name) if self.kind.access else {}

    def columns_for(self, request: Request) -> Sequence[Column]:
        """A field one may not read is no column: it cannot be filtered or sorted by either."""
        seen = seen_by(actor_of(request), self.kind)
        if seen.checksum not in self._narrowed:
            self._narrowed[seen.checksum] = columns_of(seen, self.states)
        return self._narrowed[seen.checksum]

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

    async def told(self, request: Request, rows: Sequence[Row]) -> Sequence[Row]:
        """By the names of today, and records that are named with their titles."""
        site, actor = site_of(request), actor_of(request)
        led = await shown(site, self.kind.name, rows)
        named = await rows_with_titles(site, actor, seen_by(actor, self.kind).fields, led)
        return with_late(named, site.now()) if "due" in self.kind.columns else named

    def _projection(self, columns: Sequence[Column]) -> list[str]:
        return [*super()._projection(columns), "schema_version"]

    def is_sound(self, row: Row) -> bool:
        """A record has a number, a state and answers."""
        return type(row.get("number")) is type(row.get("lifecycle")) is str and "data" in row

    def narrowed(self, request: Request, state: Listing) -> tuple[Where, list[Problem]]:
        """What was asked with the builder of filters, and what is overdue now where that is asked."""
        late = late_only(state.conditions, site_of(request).now())
        text = dict(state.kept).get(PARAMETER, "").strip()
        if not text:
            return late, []
        built, wrong = narrowing(request, record_place(request, self.kind.name), text)
        return together(late, built), wrong

    def asked_of(self, request: Request, where: Where) -> Where:
        """Records that follow a new version are asked by the names they still have."""
        return spanned(site_of(request), self.kind.name, where)

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """The filter in words, and the views this person may choose."""
        place = record_place(request, self.kind.name)
        return {
            "asked_filter": asked_filter(request, place),
            "saved_views": await saved_views(request, place),
        }
