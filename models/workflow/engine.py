"""Which step who may take: the one rule every door asks. Pure: it reads, it never writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from models.schema.conditions import Condition, compile_condition
from models.workflow.definition import Flow, Transition

Refusal = Literal["unknown", "state", "person", "excluded", "condition", "consent"]


@dataclass(frozen=True, slots=True)
class Position:
    """Where an application or a record stands, as the rules see it."""

    state: str
    facts: Mapping[str, Any]
    """What ``when`` may ask of: of an application kind and type, of a record what it holds."""
    consents: frozenset[tuple[str, str]] = frozenset()
    """The consents that stand: to which step, of which party (``all_of``)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a step may be taken, and if not, which part of its definition says so."""

    allowed: bool
    refusal: Refusal | None = None
    rule: str = ""
    missing: tuple[str, ...] = ()
    """The parties whose consent is still missing."""


YES = Verdict(True)


def judge(flow: Flow, name: str, position: Position, persons: frozenset[str]) -> Verdict:
    """May somebody who is `persons` to it (applicant, assignee …) take step `name`?"""
    transition = flow.transitions.get(name)
    if transition is None:
        return Verdict(False, "unknown", f"{flow.name}.{name}")
    if position.state not in transition.origins:
        return Verdict(False, "state", f"{flow.name}.{name}.from")
    if not persons.intersection(transition.by):
        return Verdict(False, "person", f"{flow.name}.{name}.by")
    if persons.intersection(transition.not_by):
        return Verdict(False, "excluded", f"{flow.name}.{name}.not_by")
    if transition.when and not holds(transition.when, position.facts):
        return Verdict(False, "condition", f"{flow.name}.{name}.when")
    if missing := missing_of(transition, name, position):
        return Verdict(False, "consent", f"{flow.name}.{name}.all_of", missing)
    return YES


def missing_of(transition: Transition, name: str, position: Position) -> tuple[str, ...]:
    """The parties whose consent step `name` still waits for."""
    return tuple(each.party for each in transition.all_of if (name, each.party) not in position.consents)


def steps_with_consents(flow: Flow, position: Position) -> Iterator[tuple[str, Transition]]:
    """The steps from here that rest on consents, where their condition holds."""
    for name, step in flow.transitions.items():
        due = step.all_of and position.state in step.origins
        if due and (not step.when or holds(step.when, position.facts)):
            yield name, step


def steps(flow: Flow, position: Position, persons: frozenset[str]) -> Iterator[tuple[str, Transition]]:
    """The steps these persons may take from here, in the order they are written."""
    for name, transition in flow.transitions.items():
        if judge(flow, name, position, persons).allowed:
            yield name, transition


def holds(
    query: Mapping[str, Any], facts: Mapping[str, Any], variables: Mapping[str, Any] | None = None
) -> bool:
    """Whether a condition of the configuration holds for these facts."""
    return _compiled(repr(query), _Box(query))(facts, variables or {})


class _Box:
    """Lets a query ride along a cache key without being part of it."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.query = query

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box)


@lru_cache(maxsize=512)
def _compiled(_key: str, box: _Box) -> Condition:
    return compile_condition(box.query)
