"""An operator's records of one type: searched, filtered, sorted, page by page."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal.rows import definition_of
from forms.pages.visit import Visit, go, operator_visit, page
from models.errors import SearchTooWide
from models.language import Message, Text, translate
from models.schema.clock_columns import CLOCK_LABELS, LATE, SOONEST, turn_words
from models.schema.definition import RecordType
from models.services import applications, batches, listings, submitting
from models.services.listings import Asked, Column, Listed
from models.services.naming import rows_with_titles

LONGEST = 100

TURN = "_turn"
"""The parameter that asks whose turn it is, named as no field can be."""


def asked_of(query: QueryParams, columns: tuple[Column, ...]) -> Asked:
    """What an address asks of a list."""
    names = [name for column in columns for name in names_of(column)]
    return Asked(
        text=query.get("q", "").strip()[:LONGEST],
        state=query.get("state", "")[:LONGEST],
        turn=query.get(TURN, "")[:LONGEST],
        tests={name: query[name][:LONGEST] for name in names if query.get(name, "").strip()},
        sort=query.get("sort", "")[:LONGEST],
        after=query.get("after", "")[:LONGEST],
        before=query.get("before", "")[:LONGEST],
    )


def names_of(column: Column) -> tuple[str, ...]:
    """The parameters that filter by a column."""
    if column.test is None:
        return ()
    return (f"{column.path}.from", f"{column.path}.to") if column.test == "range" else (column.path,)


def query_of(asked: Asked, **changed: str) -> str:
    """The address of a list; what is not asked is left out."""
    said = {"q": asked.text, "state": asked.state, TURN: asked.turn, **asked.tests, "sort": asked.sort}
    return f"?{urlencode({name: value for name, value in (said | changed).items() if value})}"


async def list_records(request: Request) -> Response:
    """My operator's records of one type."""
    visit = operator_visit(request)
    return await draw_list(visit, definition_of(visit))


async def draw_list(visit: Visit, definition: RecordType, said: str = "", status: int = 200) -> Response:
    """The list an address asks for; `said` is what went wrong with it before."""
    columns = listings.columns_for(visit.site, visit.actor, definition.name)
    asked = asked_of(visit.request.query_params, columns)
    found = Listed((), 0, "", "")
    try:
        found = await listings.page(visit.site, visit.actor, definition.name, asked)
    except SearchTooWide as error:
        said, status = translate(error.public, visit.language, **error.values), error.status
    context = {
        **_list_context(visit, definition, columns, asked, await _titled(visit, columns, found)),
        "errors": [_unread(visit, name, columns, asked) for name in found.unread],
        "said": said,
        "may_bring": bool(batches.kinds(visit.site, visit.actor, definition)),
        "filing": submitting.filed_by(visit.site, definition),
        "may_begin": applications.may_begin(visit.site, visit.actor, definition, "register"),
    }
    return page(visit, "records", context, status=422 if found.unread else status)


def _unread(visit: Visit, name: str, columns: tuple[Column, ...], asked: Asked) -> tuple[str, str]:
    """What is said of a filter that cannot be read, and where."""
    label = next(column.field.label for column in columns if name in names_of(column))
    said = translate(
        "{label}: “{text}” cannot be looked for.", visit.language, label=label, text=asked.tests[name]
    )
    return f"#f-{name}", said


def _list_context(
    visit: Visit, definition: RecordType, columns: tuple[Column, ...], asked: Asked, found: Listed
) -> Mapping[str, Any]:
    lifecycle = visit.site.lifecycles[definition.lifecycle].shown_to("operator")
    here = f"/portal/{definition.name}"
    drawn = [column for column in columns if column.drawn]
    return {
        "definition": definition,
        "lifecycle": lifecycle,
        "asked": asked,
        "narrowed": bool(asked.text or asked.state or asked.turn or asked.tests),
        "columns": [column.field.label(visit.language) for column in drawn],
        "of_clock": [(name, CLOCK_LABELS[name]) for name in definition.columns],
        "turns_asked": _turns(definition),
        "late": LATE,
        "rows": [_row(visit, each, drawn) for each in found.rows],
        "count": found.count,
        "most": listings.COUNT_LIMIT - 1,
        "filters": list(_filters(visit, columns, asked)),
        "sorts": list(_sorts(visit, definition, columns)),
        "earlier": f"{here}{query_of(asked, before=found.previous)}" if found.previous else "",
        "later": f"{here}{query_of(asked, after=found.following)}" if found.following else "",
        "query": query_of(asked),
    }


async def _titled(visit: Visit, columns: tuple[Column, ...], found: Listed) -> Listed:
    """The rows with the titles of the records they name."""
    fields = [column.field for column in columns if column.drawn]
    return replace(found, rows=await rows_with_titles(visit.site, visit.actor, fields, found.rows))


def _row(visit: Visit, row: Mapping[str, Any], drawn: list[Column]) -> Mapping[str, Any]:
    due, waits = row.get("due"), row.get("awaits")
    return {
        **row,
        "answers": [_told(visit, column, row) for column in drawn],
        "turn": turn_words("operator").get(str(waits)),
        "due": due if waits and isinstance(due, datetime) else None,
        "late": isinstance(due, datetime) and due <= visit.site.now(),
    }


def _turns(definition: RecordType) -> list[tuple[str, Text]]:
    """What may be asked of turn and due date."""
    turns = [(side, label) for side, label in turn_words("operator").items() if side != "both"]
    late = [("late", LATE)] if "due" in definition.columns else []
    return [*(turns if "awaits" in definition.columns else []), *late]


def _told(visit: Visit, column: Column, row: Mapping[str, Any]) -> str:
    """One answer of a row in words; what is damaged as nothing."""
    value: Any = row.get("data")
    for name in column.path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    try:
        return column.field.show(value, visit.language)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        return ""


def _filters(visit: Visit, columns: tuple[Column, ...], asked: Asked) -> Iterator[Mapping[str, Any]]:
    """The filters of a list, as their controls are drawn."""
    for column in columns:
        if column.test is not None:
            yield {
                "label": column.field.label(visit.language),
                "test": column.test,
                "options": [(option.code, option.label(visit.language)) for option in column.options],
                "inputs": [(name, asked.tests.get(name, "")) for name in names_of(column)],
            }


def _sorts(visit: Visit, definition: RecordType, columns: tuple[Column, ...]) -> Iterator[tuple[str, str]]:
    """The orders of a list, both ways; by due date only what is due, the soonest first."""
    labels = {"number": Message("Number")(visit.language), "updated": Message("Updated")(visit.language)}
    labels |= {column.path: column.field.label(visit.language) for column in columns if column.sortable}
    for path, label in labels.items():
        yield path, Message("{label}, ascending", {"label": label})(visit.language)
        yield f"-{path}", Message("{label}, descending", {"label": label})(visit.language)
    if "due" in definition.columns:
        yield listings.DUE, SOONEST(visit.language)


async def new_record(request: Request) -> Response:
    """A new record begins with an application."""
    return go(f"/apply/{definition_of(operator_visit(request)).name}")
