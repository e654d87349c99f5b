"""Who may see and who may answer: words that stand for somebody, and somebody for every field."""

from collections.abc import Iterator

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.place import Path, Place, Subject, unknown
from models.schema.finding import Finding

OPERATORS = ("operator", "operator_administrator", "operator_user")
APPLICANTS = ("applicant", *OPERATORS)
STAFF = ("staff", "reviewer", "approver", "steward", "auditor", "system_administrator")
HOLDERS = (*APPLICANTS, *STAFF)
"""Whom ``access`` may name besides further roles of the site, as in ``models.access``."""


def check_access(subject: Subject) -> Iterator[Finding]:
    """T-E019, T-E026 and T-E057 of the record type's rows and of every field."""
    known = list(dict.fromkeys([*HOLDERS, *subject.configuration.site.roles]))
    for index, rule in enumerate(subject.kind.access):
        path: Path = ("access", index)
        for person in rule.by:
            yield from unknown(subject.source, "T-E026", (*path, "by"), person, known)
        yield from check_compiles(subject.source, rule.where, (*path, "where"))
    for place in subject.places:
        yield from _check_field(subject, place, known)


def _check_field(subject: Subject, place: Place, known: list[str]) -> Iterator[Finding]:
    access = place.field.access
    if access is None:
        return
    for key, people in (("read", access.read), ("write", access.write)):
        for person in people or ():
            yield from unknown(subject.source, "T-E026", (*place.path, "access", key), person, known)
    if access.read is not None and not set(access.read) & set(known):
        yield subject.source.finding("T-E057", (*place.path, "access"), name=place.field.name)
