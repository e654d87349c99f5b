"""Secrets stay secrets: nothing reads what they say, nothing carries them off, nothing looks like one."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.configuration.checks.place import Path, Scope, Subject, fields_to
from models.schema.conditions import fields_in
from models.schema.definition import walk
from models.schema.expressions import paths_in
from models.schema.fields.structure import ComputedField
from models.schema.finding import Finding

SEALED = "sealed"
"""The key sealed answers are stored under."""

RULES = ("show_when", "required_when", "read_only_when")


def check_secrets(subject: Subject) -> Iterator[Finding]:
    """T-E130 for a field whose name makes what holds it look like a secret; T-E131 for what reads or carries
    what a secret says. Whether one is answered may be asked for."""
    for place in subject.places:
        if place.field.name == SEALED:
            yield subject.source.finding("T-E130", place.path, name=SEALED)
    if any(place.field.confidential for place in subject.places):
        yield from _check_fields(subject)
        yield from _check_type(subject)


def _check_fields(subject: Subject) -> Iterator[Finding]:
    for place in subject.places:
        for key in RULES:
            read = _compared(getattr(place.field, key) or {})
            yield from _told(subject, (*place.path, key), read, place.scope)
        if isinstance(place.field, ComputedField):
            yield from _told(subject, (*place.path, "value"), paths_in(place.field.value), place.scope)


def _check_type(subject: Subject) -> Iterator[Finding]:
    kind, top = subject.kind, subject.top
    for index, check in enumerate(kind.checks):
        for key, rule in (("must", check.must), ("when", check.when or {})):
            yield from _told(subject, ("checks", index, key), _compared(rule), top)
    for index, lead in enumerate(kind.leads_to):
        yield from _told(subject, ("leads_to", index, "answers"), _carried(lead.answers), top)
    flow = subject.configuration.lifecycles.get(kind.lifecycle)
    for step in flow.transitions.values() if flow else ():
        for call in step.effects:
            yield from _told(subject, ("lifecycle",), _carried(call.parameters.get("answers")), top)
    yield from _told(subject, ("applications",), filter(None, (kind.applications.contact,)), top)


def _compared(query: Any) -> Iterator[str]:
    """The paths a condition compares with something; not those it only asks of whether they are answered."""
    if not isinstance(query, Mapping):
        return
    for key, value in query.items():
        if key in ("$and", "$or", "$nor"):
            for part in value:
                yield from _compared(part)
        elif not _asks_whether(value):
            yield from fields_in({key: value})


def _asks_whether(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value is None
    return all(name == "$exists" or (name in ("$eq", "$ne") and each is None) for name, each in value.items())


def _carried(answers: Any) -> Iterator[str]:
    """The fields that answers of another record are taken from."""
    for value in answers.values() if isinstance(answers, Mapping) else ():
        if isinstance(value, str) and value.startswith("$"):
            yield value[1:]


def _told(subject: Subject, path: Path, read: Iterator[str], scope: Scope) -> Iterator[Finding]:
    """T-E131 for each of the paths `read` that leads to a secret, through one, or to what holds one."""
    for dotted in dict.fromkeys(read):
        words = [word for word in dotted.split(".") if not word.isdigit()]
        place = scope.get(words[0]) if words else None
        found = fields_to(subject.kind, [*place.names, *words[1:]]) if place else ()
        inside = walk(found[-1].parts) if found else ()
        if any(field.confidential for field in (*found, *(part for _, part in inside))):
            yield subject.source.finding("T-E131", path, name=dotted)
