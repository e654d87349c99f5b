"""One registered record: as it is in force, as it was, and what changed when."""

from collections.abc import Mapping
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.around import around_of
from forms.pages.handing import hand_over
from forms.pages.portal.record_told import chapter_told, found_record, sections_told, times_told
from forms.pages.portal.rows import told_all
from forms.pages.visit import Visit, operator_visit, page
from models.configuration.declarations import ConfidentialityRule
from models.documents.application import Application
from models.documents.record import Record
from models.errors import NotFound, TorokuError
from models.language import Message, Text, translate
from models.permissions import allowed
from models.schema.definition import KIND_LABELS, Kind, RecordType
from models.schema.fields.base import as_day
from models.schema.fields.moment import DateField
from models.services import agenda, applications, chapters, declarations, records, revealing
from models.services.chapters import Chapter
from models.services.desks import desk_of, flow_for

DAY = DateField(name="day", type="date", label=Text(ja="日", en="Day"))
NO_DAY = Message("Enter a day like 2026-04-01.")
NOT_YET = Message("On that day it was not registered yet.")


async def show_record(request: Request) -> Response:
    """One record as it is in force, and what can be applied for; ``?version=`` and ``?day=`` show it as it
    was."""
    visit = operator_visit(request)
    return await draw_record(visit, *await found_record(visit))


async def draw_record(
    visit: Visit,
    definition: RecordType,
    record: Record,
    refusal: TorokuError | None = None,
    note: Mapping[str, str] | None = None,
) -> Response:
    """The page of a record; where something was refused there, with that and what was typed beside a consent
    (step, party, note)."""
    chapter, errors = await _wanted(visit, definition, record)
    if refusal is not None:
        errors = [("", translate(refusal.public, visit.language, **refusal.values))]
    data, version = (chapter.version.data, chapter.version.schema_version) if chapter else (None, 0)
    applied = await agenda.about(visit.site, visit.actor, record.id)
    lifecycle = flow_for(visit.site, visit.actor, definition)
    desk = await desk_of(visit.site, visit.actor, record) if chapter is None else None
    state = lifecycle.states.get(chapter.version.lifecycle if chapter else record.lifecycle)
    context = {
        "definition": definition,
        "record": record,
        "chapter": chapter,
        "state": state,
        "day": visit.request.query_params.get("day", "")[:20],
        "note": note,
        "errors": errors,
        "desk": desk,
        "times": times_told(visit, desk) if desk else (),
        "sections": await sections_told(
            visit,
            record,
            record.data if data is None else data,
            record.schema_version if data is None else version,
        ),
        "kinds": _kinds(visit, definition, record),
        "kind_labels": KIND_LABELS,
        "open": next(iter(told_all(visit, (a for a in applied if a.open))), None),
        "outdated": next((a for a in applied if _is_outdated(visit, a, record)), None),
        "applications": told_all(visit, applied),
        "governing": await _governing(visit, record),
        "around": await around_of(visit, record) if chapter is None else {},
        "hidden": await revealing.hidden_in(visit.site, visit.actor, record),
    }
    status = refusal.status if refusal else 422 if errors else 200
    return page(visit, "record", context, status=status)


async def _governing(visit: Visit, record: Record) -> ConfidentialityRule | None:
    """By which rule information is confidential, on the operator's own record (R81)."""
    if record.type != visit.site.configuration.site.operator_type:
        return None
    return await declarations.governing_for(visit.site, record.id)


def _is_outdated(visit: Visit, application: Application, record: Record) -> bool:
    """Whether an open application in the operator's hands began before what is in force now."""
    mine = applications.is_with_applicant(visit.site, application)
    return application.open and mine and application.base_revision != record.revision


async def _wanted(
    visit: Visit, definition: RecordType, record: Record
) -> tuple[Chapter | None, list[tuple[str, str]]]:
    """The version an address asks for, None for the one in force; with what is wrong about the address."""
    asked, site, actor = visit.request.query_params, visit.site, visit.actor
    if version := asked.get("version", ""):
        if not (version.isascii() and version.isdigit() and len(version) < 9):
            raise NotFound
        found = await chapters.version_of(
            site, actor, definition.name, record.id, int(version), visit.language
        )
        return (None if int(version) == record.revision else found), []
    if not (typed := asked.get("day", "").strip()[:20]):
        return None, []
    day = _read_day(typed)
    if day is None:
        return None, [("#day", NO_DAY(visit.language))]
    then = await chapters.version_on(site, actor, definition.name, record.id, day, visit.language)
    return then, [] if then else [("#day", NOT_YET(visit.language))]


def _kinds(visit: Visit, definition: RecordType, record: Record) -> list[Kind]:
    lifecycle = visit.site.lifecycles[definition.lifecycle].states.get(record.lifecycle)
    if lifecycle is None or not lifecycle.live:
        return []
    wanted: tuple[Kind, ...] = ("change", "delete")
    return [kind for kind in wanted if applications.may_begin(visit.site, visit.actor, definition, kind)]


async def show_history(request: Request) -> Response:
    """Every version of a record, newest first: since when, by which application, what it changed."""
    visit = operator_visit(request)
    definition, record = await found_record(visit)
    asked = request.query_params.get("before", "")
    before = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None
    found = await chapters.history(
        visit.site, visit.actor, definition.name, record.id, visit.language, before=before
    )
    context = {
        "definition": definition,
        "record": record,
        "chapters": [chapter_told(visit, definition, record, each) for each in found.chapters],
        "earlier": "",
        "later": f"?before={found.before}" if found.before else "",
    }
    return page(visit, "record_history", context)


async def hand_out(request: Request) -> Response:
    """An upload of one's own record, as a download."""
    visit = operator_visit(request)
    _, record = await found_record(visit)
    row = await visit.site.records[record.type].row(record.id)
    if row is None or not allowed(visit.actor, "record.view_own"):
        raise NotFound
    stored, content = await records.open_file(visit.site, visit.actor, row, visit.parameter("id"))
    return hand_over(stored, content)


def _read_day(typed: str) -> date | None:
    """The day a text names, in any usual way of writing one."""
    return as_day(DAY.parse(typed))
