"""What a record type names: its workflow, lifecycle, other types, mails, and fields outside conditions."""

import re
from collections.abc import Iterator
from string import Formatter

from models.configuration.checks.decided import World, judgement
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, Subject, unknown
from models.schema.definition import RecordType
from models.schema.fields.base import Query
from models.schema.finding import Finding
from models.schema.problem import Problem
from models.workflow.definition import ADDRESSEES, Workflow
from models.workflow.effects import EFFECTS

_NUMBER = re.compile(r"\{(seq|year)(:0?[1-9][0-9]?)?\}")


def check_links(subject: Subject) -> Iterator[Finding]:
    """T-E011, T-E013, T-E014, T-E016, T-E023, T-E031 and T-E055 of one record type."""
    kind, source, configuration = subject.kind, subject.source, subject.configuration
    flow = kind.applications.workflow
    yield from unknown(source, "T-E013", ("applications", "workflow"), flow, configuration.workflows)
    yield from unknown(source, "T-E014", ("lifecycle",), kind.lifecycle, configuration.lifecycles)
    lifecycle = configuration.lifecycles.get(kind.lifecycle)
    if lifecycle and "delete" in kind.applications.kinds and all(s.live for s in lifecycle.states.values()):
        yield source.finding("T-E031", ("applications",), name=kind.lifecycle)
    if kind.belongs_to is not None:
        types = {*configuration.record_types, kind.name}
        yield from unknown(source, "T-E023", ("belongs_to",), kind.belongs_to, sorted(types))
    if kind.retention is not None:
        yield from unknown(source, "T-E055", ("retention",), kind.retention, configuration.site.retention)
    yield from _named_fields(subject)
    yield from _taken(subject)
    yield from _formats(subject)
    for index, reason in enumerate(kind.review.reasons):
        if reason.mail is not None:
            yield from check_mail(configuration, reason.mail, source, ("review", "reasons", index, "mail"))


def _named_fields(subject: Subject) -> Iterator[Finding]:
    applications = subject.kind.applications
    for key, name in (("contact", applications.contact), ("certificate", applications.certificate)):
        if name is not None:
            path: Path = ("applications", key)
            yield from unknown(subject.source, "T-E011", path, name, subject.kind.by_name)


def _taken(subject: Subject) -> Iterator[Finding]:
    flow = subject.configuration.workflows.get(subject.kind.applications.workflow)
    for name in sorted(taken_from(subject.kind, flow)):
        site = subject.configuration.site
        if name not in site.roles and name not in site.routes:
            path: Path = ("applications", "workflow")
            yield from unknown(subject.source, "T-E011", path, name, subject.kind.by_name)


def taken_from(kind: RecordType, flow: Workflow | None) -> set[str]:
    """The fields of `kind` that effects and mails of its workflow take."""
    steps = flow.transitions.values() if flow else ()
    calls = [call for step in steps for call in step.effects if applies(call.when, kind)]
    mails = [mail for step in steps for mail in step.mail if applies(mail.when, kind)]
    taken = {
        str(value)
        for call in calls
        for name, value in call.parameters.items()
        if _is_field(call.effect, name)
    }
    return taken | {mail.to for mail in mails if mail.to not in ADDRESSEES}


def _is_field(effect: str, parameter: str) -> bool:
    """Whether this parameter names a field; of an effect that does not exist every one might."""
    return effect not in EFFECTS or parameter in EFFECTS[effect].fields


def applies(when: Query, kind: RecordType) -> bool:
    """Whether a call can be made for an application of this type; a broken one is the workflow's matter."""
    facts = [{"type": kind.name, "kind": wanted} for wanted in kind.applications.kinds]
    try:
        rule = judgement(when)
    except Problem:
        return False
    return any(rule(World(known, known.keys())) is not False for known in facts)


def _formats(subject: Subject) -> Iterator[Finding]:
    """The title names fields and nothing else; the number counts."""
    kind, source = subject.kind, subject.source
    try:
        named = [name for _, name, _, _ in Formatter().parse(kind.title) if name is not None]
    except ValueError as error:
        yield source.finding("T-E005", ("title",), key="title", problem=str(error))
        return
    for name in named:
        yield from unknown(source, "T-E011", ("title",), name, kind.by_name)
    plain = _NUMBER.sub("", kind.number.format)
    if "{" in plain or "}" in plain or "{seq" not in kind.number.format:
        yield source.finding("T-E005", ("number", "format"), key="format", problem="{seq:010}, {year}")


def titled(title: str) -> tuple[str, ...]:
    """The fields a title names; none where it cannot be read."""
    try:
        return tuple(name for _, name, _, _ in Formatter().parse(title) if name)
    except ValueError:
        return ()
