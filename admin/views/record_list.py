"""The registered records of one type, drawn from its definition as it is published now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette_admin import StringField

from admin.actor import actor_of, may, site_of
from admin.language import language, say, spoken
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.views.answers import Reader, kept_aside
from admin.views.base import Row, Where
from admin.views.columns import Column
from admin.views.listing import Condition, Listing
from admin.views.record_columns import columns_of
from admin.views.record_export import export_columns
from admin.views.records import RawListView
from admin.views.review import Told
from models.access import is_for_all, rows_for, seen_by
from models.documents.record import Record, RecordVersion
from models.documents.rows import rows_in
from models.errors import NotFound
from models.schema.definition import RecordType
from models.schema.search import grams
from models.services.exporting import note_export
from models.services.records import history_of
from models.services.secrets import reveal
from models.services.seeing import kept_for, seen
from models.workflow.definition import State


class Shown(NamedTuple):
    """What some people see of a type: the columns of its list and those of an export."""

    columns: tuple[Column, ...]
    export: tuple[Column, ...]


class RecordsView(RawListView):
    """The registered records of one type: columns, filters and search from its definition; a record's page
    shows it by the version it was written under."""

    detail_template = "record.html"

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
            source=rows_in(kind.collection),
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
        """By bigrams, so that Japanese is found anywhere in a word."""
        return {"grams": {"$all": grams(text)}} if grams(text) else {}

    def title_of(self, row: Row) -> str:
        return str(row.get("title") or row.get("number"))

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """Number, state and what else is not an answer."""
        facts = [c for c in self.columns_for(request) if not c.path.startswith("data.") and c.path != "title"]
        versions = (Column("revision", _("Version")), Column("schema_version", _("Schema version")))
        return [*facts, *versions]

    def export_columns_for(self, request: Request) -> Sequence[Column]:
        """Every answer this person may read, whatever the list shows."""
        return self.shown_to(request).export

    async def note_export(self, request: Request, state: Listing, rows: int) -> None:
        """An export is an event, with what was asked for; not what was asked of answers that are not for
        everybody, as others read the events."""
        conditions = tuple(_discreet(self.kind, condition) for condition in state.conditions)
        asked = state.query(page=1, conditions=conditions).removeprefix("?")
        await note_export(site_of(request), actor_of(request), self.kind.name, rows, asked)

    def own_routes(self) -> list[Route]:
        """One more: uncovering a secret."""
        uncover = Route(f"/{self.key}/uncover", self.uncover, methods=["POST"], name=f"{self.key}-uncover")
        return [uncover, *super().own_routes()]

    async def uncover(self, request: Request) -> Response:
        """The record's page with one secret uncovered, this once."""
        form = await read_form(request, fields=5)
        row = await self.source.one(text_of(form, "pk"), self.reach(request, "view"))
        if row is None:
            raise NotFound
        path = text_of(form, "path", longest=200)
        told = await reveal(site_of(request), actor_of(request), Record.model_validate(row), path)
        request.state.uncovered = {path: told}
        return await self.draw_detail(request, row)

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """The answers by the version they were written under, what was kept aside, and every version that was
        ever in force, newest first."""
        site, actor, states = site_of(request), actor_of(request), self.states
        versions = await history_of(site, actor, self.kind.name, row["_id"])
        definition = seen(site, actor, self.kind.name, row["schema_version"])
        return {
            "history": [_told(version, states) for version in versions],
            "sections": list(_sections(definition, row.get("data") or {}, self._reader(request))),
            "attic": list(kept_aside(kept_for(site, actor, self.kind.name, row.get("attic")))),
        }

    def _reader(self, request: Request) -> Reader:
        uncover = f"{root_of(request)}/{self.key}/uncover" if may(request, "secret.reveal") else ""
        known: Mapping[str, str] | None = getattr(request.state, "uncovered", None)
        return Reader(language(), uncover=uncover, uncovered=known)


def _sections(
    definition: RecordType, data: Mapping[str, Any], reader: Reader
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The answers, laid out as the form is; what no page asks for comes last."""
    asked = {name for page in definition.laid_out for name in page.fields}
    rest = tuple(field.name for field in definition.fields if field.name not in asked)
    for label, names in (*((p.label(language()), p.fields) for p in definition.laid_out), ("", rest)):
        fields = [definition.by_name[name] for name in names if name in definition.by_name]
        lines = [(f.label(language()), reader.show(f, data.get(f.name))) for f in fields if f.stored]
        if lines:
            yield label or say("Calculated"), lines


def _discreet(kind: RecordType, condition: Condition) -> Condition:
    """The condition as it may be told to everybody."""
    path = condition.column.path.removeprefix("data.")
    return condition if is_for_all(kind, path) else replace(condition, text="…")


def _told(version: RecordVersion, states: Mapping[str, State]) -> Told:
    state = states.get(version.lifecycle)
    what = say("Version {number}", {"number": version.revision})
    label = state.label(language()) if state else version.lifecycle
    return Told(at=version.at, who=version.by.name, what=f"{what} – {label}", note="")
