"""The registered records of one type, drawn from its definition as it is published now."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from starlette.requests import Request

from admin.actor import actor_of, may, site_of
from admin.language import language, say, spoken
from admin.language import lazy_gettext as _
from admin.views.answers import shown
from admin.views.base import Row, Where
from admin.views.columns import Choice, Column
from admin.views.records import RawListView
from admin.views.review import Told
from models.documents.record import RecordVersion
from models.documents.rows import rows_in
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.search import grams
from models.services.records import history_of
from models.workflow.definition import State

MOST_COLUMNS = 6
"""Answers shown in a list of records besides number and state."""


class RecordsView(RawListView):
    """The registered records of one type: columns, filters and search from its definition; a record's page
    shows it by the version it was written under."""

    detail_template = "record.html"

    def __init__(self, kind: RecordType, states: Mapping[str, State]) -> None:
        self.kind, self.states = kind, states
        super().__init__(
            key=kind.name,
            menu_label=spoken(kind.plural or kind.label),
            display_name=spoken(kind.label),
            icon="records",
            columns=columns_of(kind, states),
            source=rows_in(kind.collection),
            rule=_seen,
            search=("grams",),
            order=(("_id", -1),),
        )

    def adopt(self, kind: RecordType, states: Mapping[str, State]) -> None:
        """Show the type as it is published now."""
        self.kind, self.states = kind, states
        self.menu_label, self.display_name = spoken(kind.plural or kind.label), spoken(kind.label)
        self.columns = self.details = columns_of(kind, states)

    def permits(self, request: Request, action: str) -> bool:
        return self.kind.enabled and super().permits(request, action)

    def search_where(self, text: str) -> Where:
        """By bigrams, so that Japanese is found anywhere in a word."""
        return {"grams": {"$all": grams(text)}} if grams(text) else {}

    def title_of(self, row: Row) -> str:
        return str(row.get("title") or row.get("number"))

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """Number, state, then every answer as the version it was written under shows it."""
        definition = site_of(request).registry.at(self.kind.name, row["schema_version"]).definition
        known = [_answer(field) for field in definition.fields if field.stored]
        facts = [
            column
            for column in self.columns
            if not column.path.startswith("data.") and column.path != "title"
        ]
        return [*facts, Column("revision", _("Version")), *known]

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """Every version that was ever in force, newest first."""
        states, versions = self.states, await history_of(actor_of(request), row["_id"])
        return {"history": [_told(version, states) for version in versions]}


def _seen(request: Request, action: str) -> Where | None:
    return {} if action == "view" and may(request, "record.view") else None


def columns_of(kind: RecordType, states: Mapping[str, State]) -> tuple[Column, ...]:
    """Number, title, the answers marked ``list``, state, last change."""
    choices = {n: Choice(s.label, "good" if s.live else "done") for n, s in states.items()}
    return (
        Column("number", _("Number"), "code", sortable=True, filters=("eq", "startswith")),
        Column("title", _("Title"), wrap=True),
        *(_column(field) for field in _listed(kind)),
        Column("lifecycle", _("State"), "state", filters=("eq",), choices=choices),
        Column("updated_at", _("Updated"), "moment"),
    )


def _told(version: RecordVersion, states: Mapping[str, State]) -> Told:
    state = states.get(version.lifecycle)
    what = say("Version {number}", {"number": version.revision})
    label = state.label(language()) if state else version.lifecycle
    return Told(at=version.at, who=version.by.name, what=f"{what} – {label}", note="")


def _listed(kind: RecordType) -> list[BaseField]:
    title = kind.title.strip("{}")
    return [field for field in kind.fields if field.listed and field.name != title][:MOST_COLUMNS]


def _column(field: BaseField) -> Column:
    return Column(f"data.{field.name}", field.label, show=_shower(field), sortable=field.sortable)


def _answer(field: BaseField) -> Column:
    return Column(f"data.{field.name}", field.label, show=partial(shown, field), wrap=True)


def _shower(field: BaseField) -> Callable[[Any], str]:
    return lambda value: field.show(value, language())
