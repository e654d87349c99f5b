"""A record in words for its operator: its answers, its course, its times; on the screen and on paper."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from forms.pages.portal.rows import definition_of
from forms.pages.visit import Visit
from forms.render.answers import Beside, Section, tell_sections
from models.documents.record import Record
from models.language import Message, translate
from models.schema.definition import KIND_LABELS, RecordType
from models.services import records
from models.services.chapters import Chapter
from models.services.desks import Desk, flow_for, form_for, happened
from models.services.measures import measured_words
from models.services.naming import with_titles

CHANGES: Mapping[str, Message] = {
    "added": Message("Row added"),
    "removed": Message("Row removed"),
    "moved": Message("Row moved"),
}


async def found_record(visit: Visit) -> tuple[RecordType, Record]:
    """The record an address names. Raises NotFound where it is not theirs."""
    definition = definition_of(visit)
    number = visit.parameter("number")
    return definition, await records.find_own(visit.site, visit.actor, definition.name, number)


async def sections_told(visit: Visit, record: Record, data: Mapping[str, Any], version: int) -> list[Section]:
    """The answers the reader may see, by the form they were written under."""
    definition = form_for(visit.site, visit.actor, record.type, version)
    told = await with_titles(visit.site, visit.actor, definition.fields, data)
    answered = frozenset(name for name, value in data.items() if value not in (None, "", []))
    base = f"/portal/{record.type}/{record.number}/files"
    beside = Beside(statements=True)
    return list(
        tell_sections(
            definition, told, answered, visit.language, lambda upload: f"{base}/{upload['id']}", beside
        )
    )


def times_told(visit: Visit, desk: Desk) -> list[tuple[str, str, datetime, datetime | None]]:
    """The measured times of a record: what each is called, how long, from when until when."""
    language = visit.language
    return [
        (each.label(language), measured_words(each, language), each.begin, each.end) for each in desk.measured
    ]


def chapter_told(visit: Visit, definition: RecordType, record: Record, each: Chapter) -> Mapping[str, Any]:
    """One version in words. Staff appear as the organisation; a ground staff noted for a correction stays
    with them."""
    lifecycle, language = flow_for(visit.site, visit.actor, definition), visit.language
    version, state = each.version, lifecycle.states.get(each.version.lifecycle)
    step = lifecycle.transitions.get(version.transition)
    staff = version.by.kind != "operator"
    return {
        "version": version,
        "until": each.until,
        "state": state.label(language) if state else version.lifecycle,
        "what": happened(visit.site, record, version, language) or _cause(visit, each),
        "who": visit.site.configuration.site.organisation(language) if staff else version.by.shown,
        "reference": "" if each.cause.by_staff else each.cause.reference,
        "reason": version.reason if step else "",
        "changes": list(_changes(visit, each)),
        "first": each.earlier is None,
    }


def _cause(visit: Visit, each: Chapter) -> str:
    if each.cause.by_staff:
        began = each.cause.kind == "register"
        return translate("Registered by the office" if began else "Corrected by the office", visit.language)
    label = next((label for kind, label in KIND_LABELS.items() if kind == each.cause.kind), None)
    return label(visit.language) if label else ""


def _changes(visit: Visit, each: Chapter) -> Iterator[Mapping[str, str]]:
    for change in each.changes:
        kind = CHANGES.get(change.kind)
        yield {
            "label": change.label(visit.language),
            "before": change.before,
            "after": change.after,
            "kind": kind(visit.language) if kind else "",
        }
