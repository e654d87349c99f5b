"""Personal data: said to be, and who may see it."""

from collections.abc import Iterator

from models.configuration.checks.place import Place, Subject, fields_to, written_parts
from models.schema.finding import Finding
from models.schema.source import Source


def check_privacy(subject: Subject) -> Iterator[Finding]:
    """T-W002, T-W003, T-W004 and T-W009 of every field that holds answers."""
    for place in subject.places:
        field = place.field
        if field.stored and field.asked and not written_parts(field):
            if field.personal is None:
                yield subject.source.finding("T-W002", place.path, name=field.name)
            elif field.personal != "no":
                yield from _check_classification(subject.source, place)
                yield from _check_purpose(subject, place)


def _check_purpose(subject: Subject, place: Place) -> Iterator[Finding]:
    """Why it is asked is said by the field, by one around it, or by the record type."""
    around = fields_to(subject.kind, place.names)
    told = subject.kind.purpose is not None or any(field.purpose is not None for field in around)
    if place.field.personal == "yes" and not told:
        yield subject.source.finding("T-W009", place.path, name=place.field.name)


def _check_classification(source: Source, place: Place) -> Iterator[Finding]:
    field = place.field
    if "classification" not in field.model_fields_set:
        yield source.finding("T-W003", place.path, name=field.name)
    elif field.classification == "public":
        yield source.finding("T-W004", (*place.path, "classification"), name=field.name)
