"""What stands beside a record: panels that lead to records there are, and diagrams whose boxes fit bands."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.configuration.checks.audiences import check_where
from models.configuration.checks.names import check_spelling
from models.configuration.checks.place import Path, Subject, listed, twice, unknown
from models.configuration.checks.routes import followed
from models.configuration.routes import OWN, asked_of
from models.language import Message
from models.schema.definition import RecordType
from models.schema.fields.choice import ChoiceField, ListedField
from models.schema.fields.structure import ReferenceField
from models.schema.finding import Finding
from models.schema.panels import Beside, Diagram

NO_CHOICE = Message("it is no choice")
NO_LINE = Message("it is neither a reference to the boxes' own type nor a choice of the bands' list")
NO_BAND = Message("no band is called so, and its boxes would stand under “Other”")


def check_panels(subject: Subject) -> Iterator[Finding]:
    """T-E009, T-E011, T-E018, T-E019, T-E023 and T-E136 to T-E138 of panels and diagrams, and T-E139
    of references to what operators cannot see."""
    for index, rule in enumerate(subject.kind.beside):
        yield from _check_beside(subject, rule, ("beside", index))
    diagrams = subject.kind.diagrams
    places = [(("diagrams", index, "name"), each.name) for index, each in enumerate(diagrams)]
    yield from twice(subject.source, places)
    for index, diagram in enumerate(diagrams):
        yield from check_spelling(subject.source, ("diagrams", index, "name"), diagram.name)
        yield from _check_diagram(subject, diagram, ("diagrams", index))
    yield from _check_references(subject)


def _types(subject: Subject) -> Mapping[str, RecordType]:
    return {**subject.configuration.record_types, subject.kind.name: subject.kind}


def _check_beside(subject: Subject, rule: Beside, path: Path) -> Iterator[Finding]:
    types, source = _types(subject), subject.source
    end, broken = followed(types, subject.kind, rule.via) if rule.via else (None, None)
    if broken is not None:
        yield source.finding("T-E136", (*path, "via"), name=broken, type=subject.kind.name)
    if rule.records is not None:
        yield from unknown(source, "T-E023", (*path, "records"), rule.records, types)
        yield from _check_asked(subject, rule.where, types.get(rule.records), (*path, "where"))
    for kind in (end, types.get(rule.records or "")):
        for name in rule.fields if kind is not None else ():
            yield from unknown(source, "T-E011", (*path, "fields"), name, kind.by_name if kind else ())


def _check_asked(
    subject: Subject, where: Mapping[str, Any], kind: RecordType | None, path: Path
) -> Iterator[Finding]:
    """T-E011 and T-E019 of a condition, and T-E137 for what it asks of a record that has no such answer."""
    yield from check_where(kind, where, subject.source, path)
    known = {*subject.kind.by_name, subject.kind.number.field, *OWN}
    for name in sorted({*asked_of(where)} - known):
        yield subject.source.finding("T-E137", path, name=name, known=listed(sorted(known)))


def _check_diagram(subject: Subject, diagram: Diagram, path: Path) -> Iterator[Finding]:
    types, source = _types(subject), subject.source
    yield from unknown(source, "T-E023", (*path, "boxes", "records"), diagram.boxes.records, types)
    kind = types.get(diagram.boxes.records)
    yield from _check_asked(subject, diagram.boxes.where, kind, (*path, "boxes", "where"))
    if kind is None:
        return
    by = kind.by_name.get(diagram.lanes.by)
    if not isinstance(by, ChoiceField):
        place: Path = (*path, "lanes", "by")
        yield source.finding("T-E138", place, name=diagram.lanes.by, problem=NO_CHOICE)
        return
    yield from _check_bands(subject, diagram, by, path)
    for index, name in enumerate(diagram.lines):
        field = kind.by_name.get(name)
        refers = isinstance(field, ReferenceField) and field.to == kind.name
        chooses = isinstance(field, ListedField) and (field.choices or field.name) == (by.choices or by.name)
        if not refers and not chooses:
            yield source.finding("T-E138", (*path, "lines", index), name=name, problem=NO_LINE)


def _check_bands(subject: Subject, diagram: Diagram, by: ChoiceField, path: Path) -> Iterator[Finding]:
    """T-E018 and T-E138 for options that fall into no band."""
    lanes = diagram.lanes
    places = [((*path, "lanes", "are", index, "code"), option.code) for index, option in enumerate(lanes.are)]
    yield from twice(subject.source, places)
    codes = {option.code for option in lanes.are or by.options}
    for option in by.options:
        band = option.attributes.get(lanes.attribute) if lanes.attribute is not None else option.code
        if band not in codes:
            yield subject.source.finding("T-E138", (*path, "lanes"), name=option.code, problem=NO_BAND)


def _check_references(subject: Subject) -> Iterator[Finding]:
    """T-E139 for a reference operators answer to records of the organisation that are not open to them."""
    types = _types(subject)
    if subject.kind.is_ours or "applicant" not in subject.kind.applications.begun_by:
        return
    for place in subject.places:
        field = place.field
        if isinstance(field, ReferenceField) and field.filled_by != "staff" and field.to in types:
            target = types[field.to]
            if target.is_ours and not target.is_open_to_operators:
                yield subject.source.finding("T-E139", (*place.path, "to"), name=field.name, type=target.name)
