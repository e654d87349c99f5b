"""What a record's pages tell: facts, answers, versions and what is around it, worded for who reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from markupsafe import Markup

from admin import moments
from admin.language import language, say
from admin.views.answers import Reader, kept_aside, plain
from admin.views.base import Row
from admin.views.columns import BADGE
from admin.views.record_columns import tone_of
from models.access import seen_by
from models.language import Text
from models.permissions import Actor
from models.schema.classes import CLASSES, strictest
from models.schema.definition import KIND_LABELS, RecordType
from models.services.chapters import Chapter
from models.services.desks import form_for
from models.services.naming import with_titles
from models.services.related import Related
from models.services.seeing import governed, kept_for, seen
from models.services.side_words import side_words
from models.services.site import Site
from models.workflow.definition import Lifecycle, State

MOST_RAW = 400
"""Longest raw value shown of a damaged record (characters)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The version a page shows: of the record in force, or a ``chapter`` of its history, asked for by a
    ``day`` or by its number."""

    data: Mapping[str, Any]
    schema_version: int
    lifecycle: Any
    revision: Any
    chapter: Chapter | None = None
    day: date | None = None

    @property
    def is_newest(self) -> bool:
        """Whether the version asked for is the one in force now."""
        return self.chapter is not None and self.chapter.until is None


def now(row: Row) -> Shown:
    """What is in force; of a damaged record what can be read."""
    data, version = row.get("data"), row.get("schema_version")
    return Shown(
        data if isinstance(data, Mapping) else {},
        version if isinstance(version, int) else 0,
        row.get("lifecycle"),
        row.get("revision"),
    )


def then(chapter: Chapter, day: date | None = None) -> Shown:
    """What was in force."""
    version = chapter.version
    return Shown(version.data, version.schema_version, version.lifecycle, version.revision, chapter, day)


def number_of(text: str) -> int | None:
    """A number of an address; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def state_badge(states: Mapping[str, State], name: Any) -> Markup:
    """A state as a badge; one the lifecycle does not have as it is stored."""
    state = states.get(name) if isinstance(name, str) else None
    if state is None:
        return BADGE.format("warn", plain(name) or "?")
    return BADGE.format(tone_of(states, name), state.label(language()))


def facts_of(row: Row, shown: Shown, states: Mapping[str, State]) -> list[tuple[str, Any]]:
    """Number, state and what else is not an answer."""
    stamps = row.get("stamps")
    return [
        (say("Number"), plain(row.get("number"))),
        (say("State"), state_badge(states, shown.lifecycle)),
        (say("Version"), plain(shown.revision)),
        (say("Registered"), _moment(row.get("created_at"))),
        (say("Updated"), _moment(shown.chapter.version.at if shown.chapter else row.get("updated_at"))),
        *(
            [(say("Look again by"), moments.day(row["review_at"] - timedelta(seconds=1)))]
            if row.get("review_at")
            else []
        ),
        *([(say("Answers removed"), _moment(row["disposed"]["at"]))] if row.get("disposed") else []),
        (say("Schema version"), str(shown.schema_version)),
        *((plain(name), _moment(at)) for name, at in (stamps.items() if isinstance(stamps, Mapping) else ())),
    ]


def class_line(definition: RecordType) -> tuple[str, str]:
    """The information class of a type's records: the strictest of their answers'."""
    return say("Information class"), CLASSES[strictest(definition.fields)](language())


def _moment(value: Any) -> Any:
    return moments.moment(value) if isinstance(value, datetime) else plain(value)


# --- answers ----------------------------------------------------------------------------------------------


async def sections(
    site: Site, actor: Actor, type_name: str, shown: Shown, reader: Reader
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """The answers, laid out as the form is, then what steps asked for so far; what no page asks for comes
    last. Records that are named are called by their titles too."""
    fields = form_for(site, actor, type_name, shown.schema_version).fields
    told = replace(shown, data=await with_titles(site, actor, fields, shown.data))
    return _sections(site, actor, type_name, told, reader)


def _sections(
    site: Site, actor: Actor, type_name: str, shown: Shown, reader: Reader
) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    later = seen(site, actor, type_name, shown.schema_version).asked_later
    definition = form_for(site, actor, type_name, shown.schema_version)
    asked = {name for page in definition.laid_out for name in page.fields}
    rest = tuple(field.name for field in definition.fields if field.name not in asked)
    for label, names in (*((p.label(language()), p.fields) for p in definition.laid_out), ("", rest)):
        fields = [definition.by_name[name] for name in names if name in definition.by_name]
        lines = [(f.label(language()), reader.show(f, shown.data.get(f.name))) for f in fields if f.stored]
        to_come = later.issuperset(names) and not any(shown.data.get(name) for name in names)
        if lines and not to_come:
            yield label or say("Calculated"), lines


def raw_values(site: Site, actor: Actor, kind: RecordType, row: Row) -> Iterator[tuple[str, str]]:
    """What of a damaged record no section shows: stored answers of no known name, for who may read all, and
    the parts around them that are of the wrong kind."""
    data, shape = row.get("data"), ("data", "attic", "grams", "_id")
    for name in ("number", "title", "lifecycle", "schema_version", "revision"):
        yield name, plain(row.get(name))[:MOST_RAW]
    form = governed(site, kind.name, now(row).schema_version)
    if seen_by(actor, form).fields != form.fields:
        return
    if not isinstance(data, Mapping):
        yield "data", plain(data)[:MOST_RAW]
        return
    for name in data.keys() - form.by_name.keys():
        yield f"data.{name}", plain(data[name])[:MOST_RAW]
    for name in row.keys() - {*shape, "number", "title", "lifecycle", "schema_version", "revision"}:
        yield str(name), plain(row[name])[:MOST_RAW]


class Kept(NamedTuple):
    """A value without a question now: its path, label, value, and the version it was kept from."""

    path: str
    label: str
    value: str
    version: str


def attic_of(site: Site, actor: Actor, type_name: str, row: Row) -> Iterator[Kept]:
    """What changes of the schema took away, as far as it may be read."""
    for entry, value in kept_for(site, actor, type_name, row.get("attic")):
        for label, told, version in kept_aside([(entry, value)]):
            yield Kept(str(entry.get("path", "")), label, told, version)


# --- versions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """A version as the timeline draws it: since and until when, by whom, through which step or application,
    in which state, and the state before where it was another."""

    at: Any
    until: Any
    who: str
    what: str
    step: str
    state: Markup
    moved: str
    kind: str
    reference: str
    number: int
    ground: str
    """The ground a step rested on, in words, and its evidence."""
    rests_on: str


def entry(chapter: Chapter, flow: Lifecycle, happened: str = "") -> Entry:
    """A version in words; `happened` is what it came of, where that was a step or a consent."""
    version, cause = chapter.version, chapter.cause
    taken = flow.transitions.get(version.transition)
    moved = chapter.earlier is not None and chapter.earlier != version.lifecycle
    kind = _kind(cause.kind)
    if cause.by_staff:
        kind = say("Case begun by staff") if cause.kind == "register" else say("Correction by staff")
    return Entry(
        version.at,
        chapter.until,
        version.by.shown,
        say("Version {number}", {"number": version.revision}),
        happened or (taken.label(language()) if taken else version.transition),
        state_badge(flow.states, version.lifecycle),
        _label(flow.states, chapter.earlier) if moved else "",
        kind,
        cause.reference,
        version.revision,
        next((g.label(language()) for g in taken.grounds if g.code == version.ground), "") if taken else "",
        version.rests_on.label if version.rests_on else "",
    )


_KINDS: Mapping[str, Text] = {str(kind): label for kind, label in KIND_LABELS.items()}


def _kind(name: Any) -> str:
    """A kind of application in words."""
    label = _KINDS.get(str(name))
    return label(language()) if label else plain(name)


def _label(states: Mapping[str, State], name: str | None) -> str:
    state = states.get(name or "")
    return state.label(language()) if state else str(name or "")


# --- what is around ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beside:
    """Records of one type around this one: heading, their type, lines (address' key, number, title, state),
    how many there are."""

    heading: str
    type_name: str
    lines: list[tuple[str, str, str, Markup]]
    count: int


def kin_of(site: Site, related: Related) -> list[tuple[str, list[Beside]]]:
    """The records around this one, in groups with a heading each."""
    groups = (
        (say("Named in the answers"), related.named),
        (say("Records that name this one"), related.naming),
        (say("Other records of this {operator}", side_words(site)), related.beside),
    )
    return [(heading, [_beside(site, kin) for kin in found]) for heading, found in groups if found]


def _beside(site: Site, kin: Any) -> Beside:
    definition, states = kin.definition, site.lifecycles[kin.definition.lifecycle].shown_to("staff").states
    lines = [
        (str(row["_id"]), plain(row.get("number")), plain(row.get("title")), _state(states, row))
        for row in kin.rows
    ]
    return Beside(kin.label(language()), definition.name, lines, kin.count)


def _state(states: Mapping[str, State], row: Row) -> Markup:
    return state_badge(states, row.get("lifecycle"))


def applications_of(site: Site, related: Related) -> list[tuple[str, str, str, Any]]:
    """The record's applications: reference, kind, state, when last changed."""
    told = []
    for row in related.applications:
        definition = site.registry.current(str(row["type"])).definition
        workflow = site.workflows[definition.applications.workflow]
        state = workflow.states.get(str(row.get("state")))
        named = state.label(language()) if state else plain(row.get("state"))
        told.append(
            (plain(row.get("reference")), _kind(row.get("kind")), named, _moment(row.get("updated_at")))
        )
    return told
