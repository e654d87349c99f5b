"""Personal data and information classes: said to be, and who may see it."""

from collections.abc import Iterator

from models.configuration.checks.access import OPERATORS
from models.configuration.checks.place import Place, Subject, fields_to, written_parts
from models.schema.definition import RecordType
from models.schema.finding import Finding
from models.schema.source import Source


def check_privacy(subject: Subject) -> Iterator[Finding]:
    """T-E090, T-W002 to T-W004, T-W009 and T-W010 of every field that holds answers."""
    yield from _check_closed(subject)
    for place in subject.places:
        field = place.field
        if field.stored and field.asked and not written_parts(field):
            if field.personal is None:
                yield subject.source.finding("T-W002", place.path, name=field.name)
            elif field.personal != "no":
                yield from _check_classification(subject.source, place)
                yield from _check_purpose(subject, place)
            if field.classification is None and field.personal in (None, "no"):
                yield subject.source.finding("T-W010", place.path, name=field.name)


def _check_purpose(subject: Subject, place: Place) -> Iterator[Finding]:
    """Why it is asked is said by the field, by one around it, or by the record type."""
    around = fields_to(subject.kind, place.names)
    told = subject.kind.purpose is not None or any(field.purpose is not None for field in around)
    if place.field.personal == "yes" and not told:
        yield subject.source.finding("T-W009", place.path, name=place.field.name)


def _check_classification(source: Source, place: Place) -> Iterator[Finding]:
    field = place.field
    if field.classification is None:
        yield source.finding("T-W003", place.path, name=field.name)
    elif field.classification == "public":
        yield source.finding("T-W004", (*place.path, "classification"), name=field.name)


def _check_closed(subject: Subject) -> Iterator[Finding]:
    """T-E090: what is confidential is for the staff to read, to answer and to see."""
    kind = subject.kind
    outside = {"applicant", *OPERATORS}
    if kind.classification == "confidential" and not is_for_staff(kind):
        yield subject.source.finding("T-E090", ("classification",), name=kind.name)
    for place in subject.places:
        field, access = place.field, place.field.access
        if field.classification != "confidential":
            continue
        named = {*(access.read or ()), *(access.write or ())} if access else set()
        asked = field.required and field.filled_by == "applicant" and not is_for_staff(kind)
        if named & outside or asked:
            yield subject.source.finding("T-E090", place.path, name=field.name)


def is_for_staff(kind: RecordType) -> bool:
    """Whether only staff begin applications of a type and see its records."""
    begun = kind.applications.asked is None and "applicant" not in kind.applications.begun_by
    rules = [word for rule in kind.access for word in rule.by]
    return begun and bool(rules) and not set(rules) & {"applicant", *OPERATORS}
