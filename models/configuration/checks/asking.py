"""Who begins applications of a type, what staff ask operators for, and what operators owe again and again."""

from collections.abc import Iterator

from models.configuration.checks.duties import check_duties
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, Subject, unknown
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
    """T-E016, T-E087 and T-E089 of one record type, and what ``check_duties`` finds."""
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
    yield from check_duties(subject)
    yield from _check_filled(subject)


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
