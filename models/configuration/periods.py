"""Periods of a site: lengths of time that its flows name, set in one place; or none, for no limit."""

from collections.abc import Mapping
from typing import Any, TypeVar

from models.language import Text
from models.schema.definition import Part
from models.workflow.definition import Flow, State, Term, Transition, WrittenDuration

F = TypeVar("F", bound=Flow)


class SitePeriod(Part):
    """A named length of time; without one there is no limit."""

    label: Text
    length: WrittenDuration | None = None


NOTHING_DUE: Mapping[str, Any] = {"remind": (), "overdue": (), "since": None, "then": None}
"""What a state has no use for whose term is no limit."""


def with_periods(flow: F, periods: Mapping[str, SitePeriod]) -> F:
    """`flow` with the lengths of its named periods; what has no limit is not due, and the clock takes no step
    of that term. Unknown names stay, for the checker to tell of (T-E123)."""
    states = {name: _state(state, periods) for name, state in flow.states.items()}
    steps = {name: _step(step, periods) for name, step in flow.transitions.items()}
    changed = {"states": states, "transitions": steps}
    if all(getattr(flow, key) == value for key, value in changed.items()):
        return flow
    made = flow.model_copy(update=changed)
    made.remember_periods(named_in(flow))
    return made


def _length(term: Term | None, periods: Mapping[str, SitePeriod]) -> Term | None:
    if term is None or term.period not in periods:
        return term
    length = periods[term.period].length
    return Term(count=length.count, unit=length.unit, period=term.period) if length is not None else None


def _state(state: State, periods: Mapping[str, SitePeriod]) -> State:
    due, expires = _length(state.due, periods), _length(state.expires, periods)
    values: dict[str, Any] = {"due": due, "expires": expires}
    if (state.due or state.expires) and not (due or expires):
        values |= NOTHING_DUE
    return state.model_copy(update=values)


def _step(step: Transition, periods: Mapping[str, SitePeriod]) -> Transition:
    after = _length(step.after, periods)
    if step.after is not None and after is None:
        return step.model_copy(update={"after": None, "at": None})
    return step.model_copy(update={"after": after})


def named_in(flow: Flow) -> list[tuple[tuple[str, ...], str]]:
    """Where a flow names periods: the place in its file, and the name."""
    terms = [
        *(
            (("states", name, key), getattr(s, key))
            for name, s in flow.states.items()
            for key in ("due", "expires")
        ),
        *((("transitions", name, "after"), step.after) for name, step in flow.transitions.items()),
    ]
    return [(path, term.period) for path, term in terms if term is not None and term.period]
