"""What one field says of itself: lists, formats, limits, and keys that mean something for its type."""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any

from models.configuration.checks.access import APPLICANTS
from models.configuration.checks.place import Path, Place, Subject, fields_to, unknown, written_parts
from models.language import Message
from models.schema.fields import BaseField
from models.schema.fields.base import UniqueRule
from models.schema.fields.choice import ChoicesField, ListedField
from models.schema.fields.file import KINDS, CertificateField, UploadField
from models.schema.fields.structure import DEPTH_LIMIT, ReferenceField, TableField
from models.schema.fields.text import TextField
from models.schema.finding import Finding
from models.schema.formats import FORMATS
from models.schema.patterns import compile_pattern
from models.schema.problem import Problem
from models.schema.source import Source

LIMITS = (("min", "max"), ("min_length", "max_length"), ("min_rows", "max_rows"), ("min_files", "max_files"))
"""Keys of which the first must not be above the second."""

POSITIVE = ("max_length", "max_rows", "max_files", "max_mb")
"""Keys that must leave room for something."""


def check_fields(subject: Subject) -> Iterator[Finding]:
    """T-E010, T-E011, T-E012, T-E023, T-E030, T-E044, T-E045, T-E049, T-E050, T-E041, T-E059, T-E060 and
    T-E070 of every field."""
    copied = {
        name
        for place in subject.places
        if isinstance(place.field, ReferenceField)
        for name in place.field.copied
    }
    staffed = bool(set(subject.kind.applications.begun_by) - {"applicant"})
    for place in subject.places:
        yield from _check_links(subject, place)
        yield from _check_limits(subject.source, place)
        yield from _check_keys(subject, place)
        yield from _check_depth(subject.source, place)
        if _unanswerable(place.field, copied, staffed):
            yield subject.source.finding("T-E044", (*place.path, "required"), name=place.field.name)


def _check_links(subject: Subject, place: Place) -> Iterator[Finding]:
    field, path, source = place.field, place.path, subject.source
    if isinstance(field, ListedField) and field.choices is not None:
        known = subject.configuration.choices
        yield from unknown(source, "T-E010", (*path, "choices"), field.choices, known)
    if isinstance(field, TextField):
        yield from _check_shape(subject, place, field)
    if isinstance(field, ReferenceField):
        yield from _check_reference(subject, field, path)
    if isinstance(field.unique, UniqueRule):
        for name in field.unique.with_fields:
            yield from unknown(source, "T-E011", (*path, "unique", "with"), name, place.scope)
    if isinstance(field, UploadField | CertificateField) and place.inside:
        yield source.finding("T-E030", (*path, "type"), name=field.type)
    if isinstance(field, UploadField):
        for index, name in enumerate(field.accept):
            yield from unknown(source, "T-E041", (*path, "accept", index), name, KINDS)


def _check_shape(subject: Subject, place: Place, field: TextField) -> Iterator[Finding]:
    path: Path = (*place.path, "format")
    if field.format_name is not None:
        yield from unknown(subject.source, "T-E012", path, field.format_name, FORMATS)
        for name in field.format_parameters.values():
            yield from unknown(subject.source, "T-E011", path, str(name), place.scope)
    if field.pattern is not None:
        try:
            compile_pattern(field.pattern, whole=True)
        except Problem as problem:
            yield subject.source.finding("T-E050", (*place.path, "pattern"), problem=str(problem))


def _check_reference(subject: Subject, field: ReferenceField, path: Path) -> Iterator[Finding]:
    types = {**subject.configuration.record_types, subject.kind.name: subject.kind}
    yield from unknown(subject.source, "T-E023", (*path, "to"), field.to, types)
    for here, there in field.copied.items():
        yield from unknown(subject.source, "T-E011", (*path, "copy", here), here, subject.kind.by_name)
        if field.to in types:
            known = types[field.to].by_name
            yield from unknown(subject.source, "T-E011", (*path, "copy", here), there, known)


def _check_limits(source: Source, place: Place) -> Iterator[Finding]:
    for key, problem in _impossible(place.field):
        yield source.finding("T-E045", (*place.path, key), name=place.field.name, problem=problem)


def _impossible(field: BaseField) -> Iterator[tuple[str, Message]]:
    """Why no answer could ever fit, with the key to look at."""
    for low, high in LIMITS:
        least, most = getattr(field, low, None), getattr(field, high, None)
        if least is not None and most is not None and least > most:
            yield low, Message("“{low}” is above “{high}”", {"low": low, "high": high})
    for key in POSITIVE:
        if getattr(field, key, 1) < 1:
            yield key, Message("“{key}” is below 1", {"key": key})
    if isinstance(field, ListedField) and field.asked and not field.options and field.choices is None:
        yield "type", Message("there are no options")
    if isinstance(field, ChoicesField) and field.options and field.min_items > len(field.options):
        yield "min_items", Message("“{low}” is above “{high}”", {"low": "min_items", "high": "options"})
    if isinstance(field, UploadField) and not field.accept:
        yield "accept", Message("there are no options")


def _check_keys(subject: Subject, place: Place) -> Iterator[Finding]:
    source = subject.source
    for key in _pointless(place.field):
        yield source.finding("T-E049", (*place.path, key), key=key, name=place.field.type)
    held = {"set_once": place.field.set_once, "read_only_when": place.field.read_only_when is not None}
    in_rows = any(field.repeats for field in fields_to(subject.kind, place.inside))
    for key in (key for key, wanted in held.items() if wanted and in_rows):
        yield source.finding("T-E059", (*place.path, key), key=key)
    if isinstance(place.field, TableField):
        yield from _check_row_pages(source, place, place.field)


def _check_row_pages(source: Source, place: Place, table: TableField) -> Iterator[Finding]:
    """T-E070 where a table inside another field is to have pages for its rows, and the names of a row's
    title."""
    if table.row_pages and place.inside:
        yield source.finding("T-E070", (*place.path, "row_pages"), name=table.name)
    path, columns = (*place.path, "row_title"), {part.name for part in table.parts}
    try:
        named = [name for _, name, _, _ in Formatter().parse(table.row_title or "") if name is not None]
    except ValueError as error:
        yield source.finding("T-E005", path, key="row_title", problem=str(error))
        return
    for name in named:
        yield from unknown(source, "T-E011", path, name, columns)


def _check_depth(source: Source, place: Place) -> Iterator[Finding]:
    """T-E060 where a path is too long; of fields inside one that is, nothing more is said."""
    hidden_parts = bool(place.field.parts) and not written_parts(place.field)
    if len(place.names) + hidden_parts == DEPTH_LIMIT + 1:
        yield source.finding("T-E060", place.path, name=place.field.name, limit=DEPTH_LIMIT)


def _pointless(field: BaseField) -> Iterator[str]:
    """The keys that are set and can have no effect on a field of this type."""
    able: Mapping[str, tuple[Any, bool]] = {
        "list": (field.listed, field.listable and field.stored),
        "sort": (field.sortable, field.orderable and field.stored),
        "filter": (field.filterable, field.matchable and field.stored),
        "search": (field.searchable, field.findable and field.stored),
        "unique": (field.unique, field.matchable and field.stored),
        "required": (field.required or field.required_when is not None, field.asked),
        "default": (field.default is not None, field.asked and not field.confidential),
    }
    yield from (key for key, (wanted, possible) in able.items() if wanted and not possible)


def _unanswerable(field: BaseField, copied: set[str], staffed: bool) -> bool:
    """Required, but nobody types it and nothing fills it in; where `staffed`, staff begin applications."""
    filled = field.default is not None or field.name in copied or isinstance(field, CertificateField)
    writers = field.access.write if field.access else None
    by_staff = staffed or field.filled_by == "staff"
    closed = writers is not None and not by_staff and not set(writers) & set(APPLICANTS)
    locked = field.read_only or closed
    return field.asked and field.required and locked and not filled
