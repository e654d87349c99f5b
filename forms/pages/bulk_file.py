"""One file of an operator's: its columns, its rehearsal, and what became of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.bulk import STATES, Errors, address_of, bulk_type, file_response, words_of
from forms.pages.visit import Visit, go, operator_visit, page, read_form, text_of
from models.documents.base import read_id
from models.documents.job import FAILED_LIMIT, Job
from models.errors import JobMoved, NotFound, SendingClosed, TransferRefused, TransitionRefused
from models.interchange.tables.columns import FACTS
from models.interchange.tables.comma import CommaWriter
from models.interchange.tables.spread import Spread
from models.language import Message, translate
from models.schema.definition import RecordType
from models.schema.fields.secret import DOTS
from models.services import batches, results, terms
from models.services.batches import Order
from models.services.brought import may_be_shown
from models.services.transfers import is_expired

EVERY = 3
"""Seconds between two looks at a file that is being worked on."""

SHOWN = 50
"""Errors of rows shown on the page; all that are kept are in the file."""

ERROR_HEADS = (
    Message("Row"),
    Message("Column"),
    Message("What the cell holds"),
    Message("What is wrong"),
)

CELL = 30
"""Characters shown of a cell."""


@dataclass(frozen=True)
class Case:
    """One file, and who looks at it."""

    visit: Visit
    definition: RecordType
    job: Job

    @property
    def here(self) -> str:
        """Its address."""
        return f"{address_of(self.definition)}/{self.job.id}"


async def _case(request: Request) -> Case:
    visit = operator_visit(request)
    definition = bulk_type(visit)
    identifier = read_id(visit.parameter("id"))
    return Case(visit, definition, await batches.find(visit.site, visit.actor, definition.name, identifier))


async def show_file(request: Request) -> Response:
    """Where a file stands, and what can be done with it now."""
    return await _draw(await _case(request))


async def check_rows(request: Request) -> Response:
    """Have the rows checked, with what the heads stand for."""
    case = await _case(request)
    form, job = await read_form(request), case.job
    mapping = [
        text_of(form, f"column-{at}", 300) if f"column-{at}" in form else name
        for at, name in enumerate(job.parameters["mapping"])
    ]
    visit, encoding = case.visit, text_of(form, "encoding", 20)
    try:
        await batches.check(visit.site, visit.actor, job, mapping, encoding)
    except (TransferRefused, TransitionRefused, JobMoved) as error:
        return await _again(request, [("#columns", words_of(visit, error))], error.status, mapping=mapping)
    return go(case.here)


async def apply_rows(request: Request) -> Response:
    """Make drafts of the rows, or send them."""
    case = await _case(request)
    form, visit = await read_form(request), case.visit
    order = Order(
        send=text_of(form, "way") == "send",
        affirmed=text_of(form, "affirm") == "yes",
        terms=text_of(form, "terms_version") if text_of(form, "accept") == "yes" else None,
    )
    errors = list(_missing(case, form, order))
    if errors:
        return await _again(request, errors, 422, order=order, typed=True)
    try:
        await batches.apply(visit.site, visit.actor, case.job, order)
    except (TransferRefused, TransitionRefused, JobMoved) as error:
        place = "#way" if isinstance(error, SendingClosed) else ""
        return await _again(request, [(place, words_of(visit, error))], error.status, order=order, typed=True)
    return go(case.here)


def _missing(case: Case, form: FormData, order: Order) -> Errors:
    """What was not chosen or confirmed, at its place."""
    site, actor, language = case.visit.site, case.visit.actor, case.visit.language
    if text_of(form, "way") not in ("send", "drafts"):
        return [("#way", translate("Choose what is to become of the rows.", language))]
    found = []
    if case.definition.applications.terms and terms.in_force(site) and order.terms is None:
        found.append(("#accept", translate("Read and accept the terms of use in force first.", language)))
    if order.send and batches.statements(site, actor, case.definition) and not order.affirmed:
        found.append(("#affirm", translate("Affirm the statements to send the applications.", language)))
    return found


async def cancel(request: Request) -> Response:
    """Stop working on it; what was made stays."""
    return await _control(request, batches.cancel)


async def resume(request: Request) -> Response:
    """Go on where it stopped."""
    return await _control(request, batches.resume)


async def _control(request: Request, act: Any) -> Response:
    case = await _case(request)
    try:
        await act(case.visit.site, case.visit.actor, case.job)
    except (TransferRefused, TransitionRefused, JobMoved) as error:
        return await _again(request, [("", words_of(case.visit, error))], error.status)
    return go(case.here)


async def hand_errors(request: Request) -> Response:
    """What is wrong with which row, as CSV in the reader's language."""
    case = await _case(request)
    language = case.visit.language
    heads = [head(language) for head in ERROR_HEADS]
    rows = [
        [each.get("row"), each.get("column"), each.get("value"), each.get(language)]
        for each in case.job.failed
    ]
    return _comma(case, [heads, *rows], "errors")


async def hand_result(request: Request) -> Response:
    """What became of every row, with the reference of its application."""
    case = await _case(request)
    return _comma(case, await results.table(case.job, case.visit.language), "result")


def _comma(case: Case, rows: Sequence[Sequence[Any]], name: str) -> Response:
    content = "\ufeff".encode() + CommaWriter().rows(rows)
    return file_response(content, f"{case.definition.name}-{name}.csv", "text/csv; charset=utf-8")


# --- the page -----------------------------------------------------------------------------------------------


async def _again(request: Request, errors: Errors, status: int, **shown: Any) -> Response:
    """The page as it stands now, with what stands in the way."""
    return await _draw(await _case(request), errors, status, **shown)


async def _draw(
    case: Case,
    errors: Errors = (),
    status: int = 200,
    *,
    mapping: Sequence[str] | None = None,
    order: Order | None = None,
    typed: bool = False,
) -> Response:
    visit, job = case.visit, case.job
    moving = job.state in ("queued", "running")
    still = visit.request.query_params.get("still") == "1"
    label, tone = STATES[job.state]
    context = {
        "definition": case.definition,
        "bulk": address_of(case.definition),
        "here": case.here,
        "job": job,
        "name": job.parameters.get("filename", ""),
        "moving": moving,
        "still": still,
        "state": label(visit.language),
        "tone": tone,
        "expired": is_expired(visit.site, job),
        "errors": errors,
        "found": _found(case),
        "more": job.failed_count and len(job.failed) >= FAILED_LIMIT,
        "made": await results.count(job),
        **(await _columns(case, mapping) if job.state == "prepared" else {}),
        **(_choice(case, order, typed) if job.state == "prepared" and job.phase == "check" else {}),
    }
    answer = page(visit, "bulk_file", context, status=status)
    if moving and not still:
        answer.headers["Refresh"] = f"{EVERY}; url={case.here}"
    return answer


def _found(case: Case) -> list[Mapping[str, Any]]:
    language = case.visit.language
    return [{**each, "text": each.get(language, "")} for each in case.job.failed[:SHOWN]]


def _choice(case: Case, order: Order | None, typed: bool) -> dict[str, Any]:
    """What can become of the rows, and what is to be confirmed for it."""
    visit, job, definition = case.visit, case.job, case.definition
    text = terms.in_force(visit.site) if definition.applications.terms else None
    way = ("send" if order.send else "drafts") if order and typed else ""
    return {
        "ready": batches.going(job, send=True),
        "drafts": batches.going(job, send=False),
        "way": way,
        "affirmed": bool(order and order.affirmed),
        "accepted": bool(order and order.terms),
        "terms": text,
        "statements": batches.statements(visit.site, visit.actor, definition),
        "closed": batches.why_closed(visit.site, job),
    }


async def _columns(case: Case, typed: Sequence[str] | None) -> dict[str, Any]:
    """The heads of the file with their first cells, and the columns each may stand for."""
    visit, job = case.visit, case.job
    try:
        first = (await batches.look(visit.site, job)).first(batches.SAMPLE)
    except (TransferRefused, NotFound):
        first = []
    heads, chosen = job.parameters["heads"], list(typed or job.parameters["mapping"])
    offered = _offered(case, chosen)
    labels = dict(offered)
    lines = [
        {
            "at": at,
            "head": head,
            "sample": _sample(first, at) if may_be_shown(visit.site, job, name) else DOTS,
            "name": name,
            "label": labels.get(name, name),
        }
        for at, (head, name) in enumerate(zip(heads, chosen, strict=True))
    ]
    return {
        "known": [line for line in lines if line["name"]],
        "unknown": [line for line in lines if not line["name"]],
        "correcting": visit.request.query_params.get("columns") == "all" or typed is not None,
        "offered": offered,
        "missing": _missing_columns(case, chosen),
        "encodings": (("utf-8", "UTF-8"), ("cp932", "Shift_JIS (cp932)")),
    }


def _offered(case: Case, chosen: Sequence[str]) -> list[tuple[str, str]]:
    """The columns to choose from: rows of tables as far as the file may have them."""
    visit = case.visit
    known = batches.widths_offered(chosen)
    columns = batches.columns(visit.site, visit.actor, case.definition, known)
    facts = [(name, label(visit.language)) for name, label in FACTS if name in batches.FACTS]
    return [*facts, *((column.name, column.label(visit.language)) for column in columns)]


def _missing_columns(case: Case, chosen: Sequence[str]) -> list[str]:
    """What every new row needs and the file has no column for."""
    visit = case.visit
    columns = batches.columns(visit.site, visit.actor, case.definition, 1)
    return [
        _label(column, visit) for column in columns if column.field.required and not _is_in(column, chosen)
    ]


def _is_in(column: Spread, chosen: Sequence[str]) -> bool:
    return column.name in chosen or bool(column.table)


def _label(column: Spread, visit: Visit) -> str:
    return column.label(visit.language)


def _sample(rows: Sequence[Any], at: int) -> str:
    cells = [str(row[at]) for _, row in rows if at < len(row) and row[at] not in (None, "")]
    return " / ".join(cell if len(cell) <= CELL else f"{cell[: CELL - 1]}…" for cell in cells)
