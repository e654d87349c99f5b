"""Terms: the periods of the site that flows name, what a state says of its term, and times that are told."""

from collections.abc import Iterator

from models.configuration.checks.flows import check_recipient
from models.configuration.checks.mail import check_mail
from models.configuration.checks.place import Path, twice, unknown
from models.configuration.load import Configuration
from models.configuration.periods import named_in
from models.language import Message
from models.schema.definition import RecordType
from models.schema.fields.moment import DateField, DateTimeField
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import Flow, Lifecycle, State

MOMENTS = (DateField, DateTimeField)
"""The fields a term may count from."""

KEYS = ("since", "remind", "overdue", "then")
"""What a state says of its term."""

OF_LIFECYCLES = ("since", "overdue", "seen_as")
"""What only states of lifecycles say."""

OVER = Message("it is final")
NOT_DUE = Message("it is never due (“due”)")
NOBODYS = Message("it waits for nobody (“held_by”)")
APPLIED_FOR = Message("it is a state of a workflow")


def check_terms(configuration: Configuration, flow: Flow, source: Source) -> Iterator[Finding]:
    """T-E123 of a flow; T-E016, T-E018, T-E020 and T-E124 to T-E126 of a lifecycle, T-E124 of a workflow."""
    for path, name in named_in(flow):
        yield from unknown(source, "T-E123", path, name, configuration.site.periods)
    for name, state in flow.states.items():
        for key, problem in _idle(flow, name, state):
            yield source.finding("T-E124", ("states", name, key), name=name, key=key, problem=problem)
    if isinstance(flow, Lifecycle):
        yield from _check_lifecycle(configuration, flow, source)


def _idle(flow: Flow, name: str, state: State) -> Iterator[tuple[str, Message]]:
    """What a state says on which nothing acts, and why not."""
    if not isinstance(flow, Lifecycle):
        yield from ((key, APPLIED_FOR) for key in OF_LIFECYCLES if getattr(state, key))
        return
    if state.final and state.due is not None:
        yield "due", OVER
    if state.due is None:
        yield from ((key, NOT_DUE) for key in KEYS if getattr(state, key))
    elif state.remind and not state.held_by and not _has_parties(flow, name):
        yield "remind", NOBODYS


def _has_parties(flow: Flow, state: str) -> bool:
    return any(step.all_of for step in flow.transitions.values() if state in step.origins)


def _check_lifecycle(configuration: Configuration, flow: Lifecycle, source: Source) -> Iterator[Finding]:
    kinds = [kind for kind in configuration.record_types.values() if kind.lifecycle == flow.name]
    for name, state in flow.states.items():
        path: Path = ("states", name)
        for index, mail in enumerate(state.overdue):
            yield from check_mail(configuration, mail.template, source, (*path, "overdue", index))
            yield from check_recipient(configuration, flow, mail, source, (*path, "overdue", index))
        yield from _check_since(kinds, name, state, source, path)
        yield from _check_then(flow, name, state, source, path)
    yield from _check_measures(flow, source)


def _check_since(
    kinds: list[RecordType], name: str, state: State, source: Source, path: Path
) -> Iterator[Finding]:
    for kind in kinds if state.since else ():
        if not isinstance(kind.by_name.get(state.since or ""), MOMENTS):
            told = {"name": name, "field": state.since, "type": kind.name}
            yield source.finding("T-E125", (*path, "since"), **told)


def _check_then(flow: Flow, name: str, state: State, source: Source, path: Path) -> Iterator[Finding]:
    """The step at the end of a term is one from there that the program may take, with nothing to be said."""
    step = flow.transitions.get(state.then) if state.then else None
    if step is None:
        return
    asks = step.needs or step.grounds or step.review
    if name not in step.origins or "system" not in step.by or asks:
        yield source.finding("T-E126", (*path, "then"), name=state.then, state=name)


def _check_measures(flow: Lifecycle, source: Source) -> Iterator[Finding]:
    yield from twice(source, [(("measures", n, "name"), each.name) for n, each in enumerate(flow.measures)])
    for index, measure in enumerate(flow.measures):
        for key, states in (("from", measure.origins), ("to", measure.to)):
            for state in states:
                yield from unknown(source, "T-E020", ("measures", index, key), state, flow.states)
