"""What steps bring about beyond the record they are of: registrations at once, steps of other records, other
records."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from models.configuration.checks.links import applies
from models.configuration.checks.place import Path, Subject, unknown
from models.configuration.checks.readers import tells_more
from models.configuration.load import Configuration
from models.language import Message
from models.schema.definition import RecordType
from models.schema.fields.structure import ReferenceField
from models.schema.fields.text import TextField
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import EffectCall, Flow, Lifecycle, Transition


def check_onward(
    configuration: Configuration, flow: Flow, step: Transition, source: Source, path: Path
) -> Iterator[Finding]:
    """T-E117 of several registrations, T-E020, T-E053 and T-E085 of what they lead to; T-E011, T-E020,
    T-E023, T-E053, T-E058, T-E085 and T-E118 of effects on other records."""
    calls = [(index, call) for index, call in enumerate(step.effects) if call.effect == "register"]
    for place, (index, call) in enumerate(calls):
        if len(calls) > 1 and bool(call.when) == (place == len(calls) - 1):
            yield source.finding("T-E117", (*path, "effects", index))
    for index, call in enumerate(step.effects):
        for kind in kinds_of(configuration, flow):
            subject = Subject(configuration, kind, source)
            yield from _check(subject, flow, call, (*path, "effects", index))


def kinds_of(configuration: Configuration, flow: Flow) -> list[RecordType]:
    """The record types that go through a workflow, or have a lifecycle."""
    kinds = configuration.record_types.values()
    if isinstance(flow, Lifecycle):
        return [kind for kind in kinds if kind.lifecycle == flow.name]
    return [kind for kind in kinds if kind.applications.workflow == flow.name]


def _check(subject: Subject, flow: Flow, call: EffectCall, path: Path) -> Iterator[Finding]:
    if isinstance(flow, Lifecycle) and call.effect == "advance":
        yield from _check_advance(subject, call.parameters, path)
    if isinstance(flow, Lifecycle) and call.effect == "register_another":
        yield from _check_another(subject, call.parameters, path)
    if not isinstance(flow, Lifecycle) and call.effect == "register" and applies(call.when, subject.kind):
        yield from _check_state(subject, call.parameters.get("into"), path)
        if "then" in call.parameters:
            yield from _check_step(subject, str(call.parameters["then"]), path)


def _check_state(subject: Subject, name: Any, path: Path) -> Iterator[Finding]:
    lifecycle = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    if name is not None and lifecycle is not None:
        yield from unknown(subject.source, "T-E020", path, str(name), lifecycle.states)


def _check_step(subject: Subject, name: str, path: Path) -> Iterator[Finding]:
    """The step has to be one of the lifecycle of the type, and the program among those who take it."""
    lifecycle = subject.configuration.lifecycles.get(subject.kind.lifecycle)
    steps = lifecycle.transitions if lifecycle else {}
    yield from unknown(subject.source, "T-E053", path, name, steps)
    if name in steps and "system" not in steps[name].by:
        yield subject.source.finding("T-E085", path, name=name)


def _check_advance(subject: Subject, parameters: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    name, source = str(parameters.get("record")), subject.source
    yield from unknown(source, "T-E011", path, name, subject.kind.by_name)
    field = subject.kind.by_name.get(name)
    if field is not None and not isinstance(field, ReferenceField):
        yield source.finding("T-E118", path, name=name, problem=_WANTED["advance"])
    types = subject.configuration.record_types
    other = types.get(field.to) if isinstance(field, ReferenceField) else None
    if other is not None:
        yield from _check_step(replace(subject, kind=other), str(parameters.get("step")), path)


_WANTED = {
    "advance": Message("it is no reference to another record"),
    "keeps": Message("a number is kept in a text, or in a reference to such a record"),
}


def _check_another(subject: Subject, parameters: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    configuration, kind, source = subject.configuration, subject.kind, subject.source
    name, answers = str(parameters.get("type")), parameters.get("answers", {})
    yield from unknown(source, "T-E023", path, name, configuration.record_types)
    other = configuration.record_types.get(name)
    if other is None or not isinstance(answers, Mapping):
        return
    for there, value in answers.items():
        yield from unknown(source, "T-E011", path, str(there), other.by_name)
        if isinstance(value, str) and value.startswith("$") and value != "$number":
            yield from unknown(source, "T-E011", path, value[1:], kind.by_name)
            if tells_more(kind, value, other, str(there), frozenset(configuration.site.roles)):
                yield source.finding("T-E058", path, name=value[1:])
    yield from _check_state(replace(subject, kind=other), parameters.get("into"), path)
    yield from _check_kept(subject, other, parameters.get("keeps"), path)


def _check_kept(subject: Subject, other: RecordType, name: Any, path: Path) -> Iterator[Finding]:
    if name is None:
        return
    yield from unknown(subject.source, "T-E011", path, str(name), subject.kind.by_name)
    field = subject.kind.by_name.get(str(name))
    fits = isinstance(field, TextField) or (isinstance(field, ReferenceField) and field.to == other.name)
    if field is not None and not fits:
        yield subject.source.finding("T-E118", path, name=str(name), problem=_WANTED["keeps"])


def begun_in(configuration: Configuration, lifecycle: Lifecycle) -> set[str]:
    """The states of a lifecycle records are registered into besides its first (``into``)."""
    flows = (*configuration.workflows.values(), *configuration.lifecycles.values())
    calls = [(flow, call) for flow in flows for step in flow.transitions.values() for call in step.effects]
    return {
        str(call.parameters["into"])
        for flow, call in calls
        if "into" in call.parameters
        and any(kind.lifecycle == lifecycle.name for kind in _made_by(configuration, flow, call))
    }


def _made_by(configuration: Configuration, flow: Flow, call: EffectCall) -> list[RecordType]:
    """The record types a call makes records of."""
    if call.effect == "register":
        return kinds_of(configuration, flow)
    other = configuration.record_types.get(str(call.parameters.get("type")))
    return [other] if call.effect == "register_another" and other is not None else []
