"""Steps that rest on consents (``all_of``): whose, and whether anybody can give them in time."""

from collections.abc import Iterator

from models.configuration.checks.place import Path, unknown
from models.configuration.load import Configuration
from models.schema.finding import Finding
from models.schema.source import Source
from models.workflow.definition import PEOPLE, SIDES, Flow, Lifecycle, Transition, Workflow


def parties_of(configuration: Configuration, flow: Flow) -> list[str]:
    """Whom ``all_of`` may name: people and roles who can consent, the program not among them."""
    own = ("staff", *SIDES) if isinstance(flow, Lifecycle) else tuple(p for p in PEOPLE if p != "system")
    return [*own, *configuration.site.roles]


def check_parties(
    configuration: Configuration, flow: Flow, name: str, step: Transition, source: Source, path: Path
) -> Iterator[Finding]:
    """T-E026 and T-E114 of the parties of a step, T-E115 of what it asks for, T-E116 of how it is taken."""
    known, seen = parties_of(configuration, flow), set[str]()
    for index, each in enumerate(step.all_of):
        place: Path = (*path, "all_of", index)
        yield from unknown(source, "T-E026", place, each.party, known)
        if each.party in seen:
            yield source.finding("T-E114", place, name=each.party)
        seen.add(each.party)
    if step.all_of and "system" in step.by and (step.needs or step.grounds):
        yield source.finding("T-E115", (*path, "all_of"), name=name)
    if step.all_of and _is_taken_otherwise(flow, name, step):
        yield source.finding("T-E116", (*path, "all_of"), name=name)


def _is_taken_otherwise(flow: Flow, name: str, step: Transition) -> bool:
    """Whether the clock takes a step, or it hands an application over: neither waits for anybody."""
    if isinstance(flow, Workflow) and any(
        flow.hands_over(state, step) for state in step.origins if state in flow.states
    ):
        return not {"applicant", "system"}.isdisjoint(step.by)
    return step.is_timed or any(state.then == name for state in flow.states.values())
