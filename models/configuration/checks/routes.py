"""Routes of mails: each looks where something is, for an address, by what the mail is about has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.configuration.checks.audiences import check_where
from models.configuration.checks.links import applies
from models.configuration.checks.names import check_spelling
from models.configuration.checks.place import Path, Subject, listed, unknown
from models.configuration.load import Configuration
from models.configuration.routes import OWN, MailRoute, RouteStep, asked_of
from models.schema.definition import RecordType
from models.schema.fields.structure import ReferenceField
from models.schema.fields.text import EmailField
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import ADDRESSEES, MailCall

ROUTES: Path = ("site", "routes")


def check_routes(configuration: Configuration, source: Source) -> Iterator[Finding]:
    """T-E009, T-E011, T-E019, T-E023, T-E026, T-E133 and T-E135 of the routes of the site."""
    site = configuration.site
    for name, route in site.routes.items():
        path: Path = (*ROUTES, name)
        yield from check_spelling(source, path, name)
        if name in ADDRESSEES or name in site.roles:
            yield source.finding("T-E133", path, name=name)
        known = ["operator", *site.roles]
        yield from unknown(source, "T-E026", (*path, "else"), route.otherwise, known)
        for index, step in enumerate(route.find):
            yield from _check_step(configuration, step, source, (*path, "find", index))


def _check_step(
    configuration: Configuration, step: RouteStep, source: Source, path: Path
) -> Iterator[Finding]:
    if step.records is None:
        return
    types = configuration.record_types
    yield from unknown(source, "T-E023", (*path, "records"), step.records, types)
    kind = types.get(step.records)
    yield from check_where(kind, step.where, source, (*path, "where"))
    if kind is not None:
        yield from _check_found(kind, step, source, path)


def _check_found(kind: RecordType, step: RouteStep, source: Source, path: Path) -> Iterator[Finding]:
    """T-E011 and T-E135 for what is read of the record that was found."""
    if step.name is not None:
        yield from unknown(source, "T-E011", (*path, "name"), step.name, kind.by_name)
    if not isinstance(kind.by_name.get(step.email), EmailField):
        known = [field.name for field in kind.fields if isinstance(field, EmailField)]
        yield source.finding("T-E135", (*path, "email"), name=step.email, type=kind.name, known=listed(known))


def check_route_use(subject: Subject) -> Iterator[Finding]:
    """T-E134 for a route that mails about this type use and that leads nowhere from it; T-E011 and T-E135 for
    what it reads at its end."""
    routes = subject.configuration.site.routes
    for name in sorted(_used(subject)):
        if name in routes:
            yield from _check_use(subject, name, routes[name])


def _used(subject: Subject) -> set[str]:
    """To whom mails about this type go."""
    kind, configuration = subject.kind, subject.configuration
    workflow = configuration.workflows.get(kind.applications.workflow)
    lifecycle = configuration.lifecycles.get(kind.lifecycle)
    calls: list[MailCall] = []
    for flow in (workflow, lifecycle):
        if flow is not None:
            calls += [mail for step in flow.transitions.values() for mail in step.mail]
            calls += [mail for state in flow.states.values() for mail in state.overdue]
    return {call.to for call in calls if applies(call.when, kind)} | _told_late(subject)


def _told_late(subject: Subject) -> set[str]:
    """To whom mails about what operators owe go: they are about the operator's own registration."""
    configuration = subject.configuration
    if subject.kind.name != configuration.site.operator_type:
        return set()
    owed = [duty for kind in configuration.record_types.values() for duty in kind.duties]
    return {mail.to for duty in owed for mail in duty.overdue}


def _check_use(subject: Subject, name: str, route: MailRoute) -> Iterator[Finding]:
    kind, source = subject.kind, subject.source
    for step in route.find:
        if step.through:
            end, broken = followed(subject.configuration.record_types, kind, step.through)
            if broken is not None:
                yield source.finding("T-E134", ("record_type",), name=name, field=broken, type=kind.name)
            elif end is not None:
                yield from _check_found(end, step, source, ("record_type",))
    known = {*kind.by_name, kind.number.field, *OWN}
    asked = {word for step in route.find for word in asked_of(step.where)}
    if asked and not asked & known:
        yield source.finding(
            "T-E134", ("record_type",), name=name, field=listed(sorted(asked)), type=kind.name
        )


def followed(
    types: Mapping[str, RecordType], kind: RecordType, path: Sequence[str]
) -> tuple[RecordType | None, str | None]:
    """The type that references lead to one after the other, and the first that is no reference, if any."""
    at: RecordType | None = kind
    for name in path:
        field: Any = at.by_name.get(name) if at is not None else None
        if not isinstance(field, ReferenceField):
            return None, name
        at = types.get(field.to)
    return at, None
