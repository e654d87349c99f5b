"""Workflows and lifecycles: every state reached and left, every step somebody's, everything named there."""

from collections.abc import Iterator

from models.configuration.checks.conditions import check_compiles
from models.configuration.checks.mail import check_mail
from models.configuration.checks.onward import begun_in, check_onward
from models.configuration.checks.parties import check_parties
from models.configuration.checks.place import Path, unknown
from models.configuration.checks.standing import check_standing, effects_of
from models.configuration.load import Configuration
from models.configuration.windows import SERVICE_HOURS
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import (
    ADDRESSEES,
    PEOPLE,
    SIDES,
    EffectCall,
    Flow,
    Lifecycle,
    MailCall,
    Transition,
)


def check_flow(configuration: Configuration, flow: Flow, source: Source) -> Iterator[Finding]:
    """T-E003, T-E015, T-E016, T-E019 to T-E021, T-E026, T-E051 to T-E053, T-E062, T-E066 and T-E114 to T-E118
    of one flow."""
    people = _people(configuration, flow)
    yield from unknown(source, "T-E020", ("initial",), flow.first, flow.states)
    begun = begun_in(configuration, flow) if isinstance(flow, Lifecycle) else set()
    yield from _check_states(flow, people, source, _reached(flow, {flow.first, *begun}))
    for name, step in flow.transitions.items():
        path: Path = ("transitions", name)
        yield from _check_step(configuration, flow, step, name, source)
        yield from _check_use(flow, step, source, path)
        for index, call in enumerate(step.effects):
            yield from _check_effect(flow, call, source, (*path, "effects", index))
        yield from check_standing(configuration, flow, step, source, path)
        yield from check_parties(configuration, flow, name, step, source, path)
        yield from check_onward(configuration, flow, step, source, path)
        for index, mail in enumerate(step.mail):
            yield from check_mail(configuration, mail.template, source, (*path, "mail", index))
            yield from check_recipient(configuration, flow, mail, source, (*path, "mail", index))


def _people(configuration: Configuration, flow: Flow) -> list[str]:
    """Whom the steps of a flow may name."""
    people = ("staff", "system", *SIDES) if isinstance(flow, Lifecycle) else PEOPLE
    return [*people, *configuration.site.roles]


def _check_states(flow: Flow, people: list[str], source: Source, reached: set[str]) -> Iterator[Finding]:
    leaving = {state for step in flow.transitions.values() for state in step.origins}
    for name, state in flow.states.items():
        path: Path = ("states", name)
        if not state.final and state.live and name not in leaving and flow.transitions:
            yield source.finding("T-E021", path, name=name)
        if name not in reached:
            yield source.finding("T-E051", path, name=name)
        if state.held_by is not None:
            yield from unknown(source, "T-E026", (*path, "held_by"), state.held_by, people)
        if state.then is not None:
            yield from unknown(source, "T-E053", (*path, "then"), state.then, flow.transitions)


def _reached(flow: Flow, begun: set[str]) -> set[str]:
    """The states one can come to from those things begin in."""
    reached: set[str] = set()
    waiting = sorted(begun)
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [step.to for step in flow.transitions.values() if state in step.origins]
    return reached


def _check_step(
    configuration: Configuration, flow: Flow, step: Transition, name: str, source: Source
) -> Iterator[Finding]:
    path: Path = ("transitions", name)
    people = _people(configuration, flow)
    for state in step.origins:
        yield from unknown(source, "T-E020", (*path, "from"), state, flow.states)
    yield from unknown(source, "T-E020", (*path, "to"), step.to, flow.states)
    for key, named in (("by", step.by), ("not_by", step.not_by)):
        for person in named:
            yield from unknown(source, "T-E026", (*path, key), person, people)
    if step.during is not None:
        known = [SERVICE_HOURS, *configuration.windows]
        yield from unknown(source, "T-E066", (*path, "during"), step.during, known)
    if set(step.by) <= set(step.not_by):
        yield source.finding("T-E052", (*path, "not_by"), name=name)
    for query in (step.when, *(call.when for call in step.effects), *(mail.when for mail in step.mail)):
        yield from check_compiles(source, query, path)


FOREIGN = {True: ("remarks", "checklist"), False: ("evidence",)}
"""What a step's ``needs`` cannot ask for: in a lifecycle, in a workflow."""

IDLE = {True: ("sets", "clears", "during"), False: ("grounds", "review", "despite_dependants")}
"""The keys nothing acts on: in a lifecycle, in a workflow."""


def _check_use(flow: Flow, step: Transition, source: Source, path: Path) -> Iterator[Finding]:
    """What a step says that nothing acts on in a flow of this kind."""
    ends = isinstance(flow, Lifecycle)
    for index, need in enumerate(step.needs):
        if need in FOREIGN[ends]:
            yield source.finding("T-E062", (*path, "needs", index), name=need)
    idle = (*IDLE[ends], *(() if _returns(step) else ("anew",)))
    for key in idle:
        if getattr(step, key):
            yield source.finding("T-E062", (*path, key), name=key)


def _returns(step: Transition) -> bool:
    """Whether a step may lead back to where it was taken."""
    return step.to in step.origins


def _check_effect(flow: Flow, call: EffectCall, source: Source, path: Path) -> Iterator[Finding]:
    effects = effects_of(flow)
    yield from unknown(source, "T-E015", path, call.effect, effects)
    known = effects[call.effect].parameters if call.effect in effects else ()
    for key in call.parameters if call.effect in effects else ():
        if key not in known:
            suggestion = known[0] if known else "when"
            yield source.finding("T-E003", path, key=key, suggestion=suggestion, known=", ".join(known))


def check_recipient(
    configuration: Configuration, flow: Flow, mail: MailCall, source: Source, path: Path
) -> Iterator[Finding]:
    """A mail goes to a person of the workflow, to the operator, to a role, or to the address in a field."""
    known = [*ADDRESSEES, *configuration.site.roles, *configuration.site.routes]
    fields = _fields(configuration, flow)
    if mail.to not in known and mail.to not in fields:
        yield source.finding("T-E026", path, name=mail.to, known=", ".join(known))


def _fields(configuration: Configuration, flow: Flow) -> list[str]:
    """The fields of every record type that goes through this workflow, or has this lifecycle."""
    kinds = configuration.record_types.values()
    own = [kind for kind in kinds if flow.name in (kind.applications.workflow, kind.lifecycle)]
    return sorted({name for kind in own for name in kind.by_name})
