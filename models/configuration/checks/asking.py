"""Who begins applications of a type, and what staff ask operators for."""

from collections.abc import Iterator

from models.configuration.checks.place import Subject, unknown
from models.schema.finding import Finding


def check_asking(subject: Subject) -> Iterator[Finding]:
    """T-E087 of one record type."""
    roles = ["applicant", *subject.configuration.site.roles]
    for index, person in enumerate(subject.kind.applications.begun_by):
        path = ("applications", "begun_by", index)
        yield from unknown(subject.source, "T-E087", path, person, roles)
