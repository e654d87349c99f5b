"""Who begins applications of a type, what staff ask operators for, and what operators owe again and again."""

from collections.abc import Iterator

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, Subject, twice, unknown
from models.configuration.load import Configuration
from models.configuration.mail import DUE_SOON
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import Workflow

ASKED_FOR = frozenset(
    {"text", "long_text", "integer", "decimal", "date", "choice", "boolean", "email", "url"}
)
"""Types of fields staff can fill in when they ask."""


def check_asking(subject: Subject) -> Iterator[Finding]:
    """T-E004, T-E016, T-E018, T-E019, T-E087 and T-E089 of one record type."""
    kind, source = subject.kind, subject.source
    roles, applications = [*subject.configuration.site.roles], kind.applications
    for index, person in enumerate(applications.begun_by):
        path: Path = ("applications", "begun_by", index)
        yield from unknown(source, "T-E087", path, person, ["applicant", *roles])
    if applications.asked is not None:
        for index, person in enumerate(applications.asked.by):
            yield from unknown(source, "T-E087", ("applications", "asked", "by", index), person, roles)
        mail: Path = ("applications", "asked", "mail")
        yield from check_mail(subject.configuration, applications.asked.mail, source, mail)
    yield from _check_duties(subject)
    yield from _check_filled(subject)


def _check_duties(subject: Subject) -> Iterator[Finding]:
    kind, source = subject.kind, subject.source
    yield from twice(source, [(("duties", n, "name"), duty.name) for n, duty in enumerate(kind.duties)])
    for index, duty in enumerate(kind.duties):
        yield from check_compiles(source, duty.whom, ("duties", index, "for"))
        if kind.applications.asked is None:
            yield source.finding("T-E004", ("duties", index), key="applications.asked")


def _check_filled(subject: Subject) -> Iterator[Finding]:
    """What staff are to fill in can be asked for on their page, and somebody of them asks or begins."""
    applications = subject.kind.applications
    staffed = bool(applications.asked and applications.asked.by) or set(applications.begun_by) - {"applicant"}
    for place in subject.places:
        if place.field.filled_by == "staff":
            nested, odd = len(place.names) > 1, place.field.type not in ASKED_FOR
            if nested or odd or not staffed:
                yield subject.source.finding("T-E089", place.path, name=place.field.name)


def check_reminding(configuration: Configuration, flow: Workflow, source: Source) -> Iterator[Finding]:
    """T-E016 and T-E088 of the states that remind their applicant."""
    for name, state in flow.states.items():
        path: Path = ("states", name, "remind")
        if state.remind and state.due is None and state.expires is None:
            yield source.finding("T-E088", path, name=name)
        if state.remind:
            yield from check_mail(configuration, DUE_SOON, source, path)
