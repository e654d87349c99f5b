"""What a record asks for after it was registered: by steps of its lifecycle, by what it leads to."""

from collections.abc import Iterator

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.place import Path, Subject, unknown
from models.schema.asking import Lead, StepAnswers
from models.schema.definition import RecordType
from models.schema.fields.structure import TableField
from models.schema.finding import Finding

NUMBER = "number"
"""What an answer taken over may name besides the fields: the number of the record."""


def check_later(subject: Subject) -> Iterator[Finding]:
    """T-E011, T-E019, T-E023, T-E115 and T-E119 to T-E122 of one record type."""
    yield from _check_steps(subject)
    for index, lead in enumerate(subject.kind.leads_to):
        yield from _check_lead(subject, lead, ("leads_to", index))


def _check_steps(subject: Subject) -> Iterator[Finding]:
    flow = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    if flow is None:
        return
    taken = [n for n, step in flow.transitions.items() if not step.is_timed and set(step.by) - {"system"}]
    for name, step in subject.kind.steps.items():
        path: Path = ("steps", name)
        yield from unknown(subject.source, "T-E119", path, name, taken, lifecycle=flow.name)
        yield from _check_asks(subject, name, step, (*path, "asks"))
        taken_by = flow.transitions.get(name)
        if taken_by is not None and taken_by.all_of and "system" in taken_by.by:
            yield subject.source.finding("T-E115", path, name=name)


def _check_asks(subject: Subject, name: str, step: StepAnswers, path: Path) -> Iterator[Finding]:
    known = subject.kind.by_name
    for index, asked in enumerate(step.asks):
        yield from unknown(subject.source, "T-E011", (*path, index), asked, known)
        if asked in known and known[asked].stored and not known[asked].asked:
            yield subject.source.finding("T-E120", (*path, index), step=name, name=asked)
    if step.appends and not (len(step.asks) == 1 and isinstance(known.get(step.asks[0]), TableField)):
        yield subject.source.finding("T-E121", path, step=name)


def _check_lead(subject: Subject, lead: Lead, path: Path) -> Iterator[Finding]:
    source, types = subject.source, {**subject.configuration.record_types, subject.kind.name: subject.kind}
    yield from unknown(source, "T-E023", (*path, "type"), lead.type, sorted(types))
    yield from check_compiles(source, lead.when, (*path, "when"))
    target = types.get(lead.type)
    if target is None:
        return
    if not _is_begun(target, subject.configuration.site.operator_type):
        yield source.finding("T-E122", (*path, "type"), name=lead.type)
    for name, value in lead.answers.items():
        yield from unknown(source, "T-E011", (*path, "answers"), name, target.by_name)
        if isinstance(value, str) and value.startswith("$"):
            named = value[1:].split(".")[0]
            yield from unknown(source, "T-E011", (*path, "answers"), named, [*subject.kind.by_name, NUMBER])


def _is_begun(target: RecordType, operator_type: str) -> bool:
    """Whether somebody begins an application for a record of this type beside a record there is."""
    return target.enabled and "register" in target.applications.kinds and target.name != operator_type
