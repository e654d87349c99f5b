"""Workflows and lifecycles as a steward writes them: states, and the transitions between them."""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from models.language import Text
from models.schema.definition import Part
from models.schema.fields.base import Query

Unit = Literal["days", "business_days"]
Need = Literal["remarks", "checklist", "reason", "evidence"]
PEOPLE = ("applicant", "assignee", "staff", "system")
"""Whom ``by`` and ``not_by`` may name besides the site's roles."""

ADDRESSEES = ("applicant", "assignee", "operator")
"""Whom a mail may go to besides the site's roles and the addresses in fields."""

NEEDS = ("remarks", "checklist", "reason", "evidence")
"""What a transition may ask of the person who takes it; remarks and a checklist in a workflow, evidence (a
file) in a lifecycle. A step with ``grounds`` asks for one of them, one with ``review`` for a day."""


class Duration(Part):
    """A number of calendar or business days, written ``5 business_days``; counted from the day after
    (Civil Code, article 140)."""

    count: int = Field(ge=0, le=3650)
    unit: Unit


def _read_duration(value: Any) -> Any:
    match = (
        re.fullmatch(r"(\d{1,4}) (day|days|business_day|business_days)", value)
        if isinstance(value, str)
        else None
    )
    if match is None:
        return value
    return {"count": int(match[1]), "unit": "business_days" if "business" in match[2] else "days"}


WrittenDuration = Annotated[Duration, BeforeValidator(_read_duration)]


class State(Part):
    """Where an application or a record may be."""

    label: Text
    held_by: str | None = None
    initial: bool = False
    final: bool = False
    live: bool = True
    due: WrittenDuration | None = None
    expires: WrittenDuration | None = None
    then: str | None = None
    remind: tuple[WrittenDuration, ...] = ()
    help: Text | None = None


class EffectCall(Part):
    """One effect of a transition, the condition it has, and its parameters."""

    effect: str
    when: Query = {}
    parameters: Mapping[str, Any] = {}


class MailCall(Part):
    """One mail of a transition: which template, to whom, when, and the stamp its acceptance leaves."""

    template: str
    to: str = "applicant"
    when: Query = {}
    stamps: str | None = None


class Ground(Part):
    """One ground a step of a lifecycle may rest on, and where its evidence is: a record of one of these types
    about the same operator, or an answer of the record itself (a declaration). Where both are named, either
    will do; where neither is, or it is not required, the reason may stand for itself."""

    code: str = Field(min_length=1, max_length=20)
    label: Text
    help: Text | None = None
    records: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    required: bool = True

    @property
    def rests_on_something(self) -> bool:
        """Whether evidence has to be named."""
        return bool(self.records or self.fields)


class ReviewDate(Part):
    """A day on which what a step of a lifecycle brought about is looked at again: proposed so long after,
    never later; when it has passed, `mail` goes to `to`."""

    after: WrittenDuration
    mail: str
    to: str


def _read_effect(value: Any) -> Any:
    if isinstance(value, str):
        return {"effect": value}
    if isinstance(value, Mapping) and len(value) == 1:
        name, parameters = next(iter(value.items()))
        if not isinstance(parameters, Mapping | None):
            return value
        rest = dict(parameters or {})
        return {"effect": name, "when": rest.pop("when", {}), "parameters": rest}
    return value


def _read_mail(value: Any) -> Any:
    return {"template": value} if isinstance(value, str) else value


def _read_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class Transition(Part):
    """A step: from where to where, by whom, on what terms, and what it does."""

    label: Text
    help: Text | None = None
    origins: Annotated[tuple[str, ...], BeforeValidator(_read_many)] = Field(alias="from", min_length=1)
    to: str
    by: Annotated[tuple[str, ...], BeforeValidator(_read_many)] = Field(min_length=1)
    not_by: Annotated[tuple[str, ...], BeforeValidator(_read_many)] = ()
    when: Query = {}
    at: str | None = None
    """A step the clock takes: at the moment a field of the record names, of a day its first."""
    after: WrittenDuration | None = None
    """A step the clock takes: at the end of the last of so many days after ``at``, or after the record came
    into its state. ``0 days`` after a day is the end of that day."""
    during: str | None = None
    needs: Annotated[tuple[Need, ...], BeforeValidator(_read_many)] = ()
    grounds: tuple[Ground, ...] = ()
    review: ReviewDate | None = None
    despite_dependants: bool = False
    sets: str | None = None
    clears: str | None = None
    effects: tuple[Annotated[EffectCall, BeforeValidator(_read_effect)], ...] = ()
    mail: tuple[Annotated[MailCall, BeforeValidator(_read_mail)], ...] = ()
    style: Literal["primary", "secondary", "danger"] = "secondary"

    @property
    def is_timed(self) -> bool:
        """Whether the clock takes it."""
        return self.at is not None or self.after is not None


class Flow(Part):
    """What workflows and lifecycles share."""

    label: Text | None = None
    states: Mapping[str, State] = Field(min_length=1)
    transitions: Mapping[str, Transition] = {}

    @property
    def name(self) -> str:
        """What the flow is called in rules and findings."""
        return ""

    @cached_property
    def first(self) -> str:
        """The state things begin in: the one marked ``initial``, else the first written."""
        return next((name for name, state in self.states.items() if state.initial), next(iter(self.states)))

    @cached_property
    def open_states(self) -> tuple[str, ...]:
        """The states that are not final."""
        return tuple(name for name, state in self.states.items() if not state.final)

    def held_by(self, *holders: str) -> tuple[str, ...]:
        """The open states held by one of `holders`."""
        return tuple(name for name in self.open_states if self.states[name].held_by in holders)


class Workflow(Flow):
    """What an application goes through."""

    workflow: str

    @property
    def name(self) -> str:
        return self.workflow

    def hands_over(self, state: str, transition: Transition) -> bool:
        """Whether `transition`, taken from `state`, hands the applicant's answers over."""
        return self.states[state].held_by == "applicant" and not self.states[transition.to].final

    @cached_property
    def submissions(self) -> Mapping[str, tuple[Transition, ...]]:
        """By state, the steps with which an applicant hands the answers over."""
        own = [step for step in self.transitions.values() if "applicant" in step.by]
        return {
            state: tuple(s for s in own if state in s.origins and self.hands_over(state, s))
            for state in self.states
        }


class Lifecycle(Flow):
    """The states of a registered thing."""

    lifecycle: str
    initial: str | None = None

    @property
    def name(self) -> str:
        return self.lifecycle

    @cached_property
    def first(self) -> str:
        return self.initial or next(iter(self.states))

    @cached_property
    def reviewed(self) -> bool:
        """Whether any of its steps sets a day on which to look again."""
        return any(step.review is not None for step in self.transitions.values())

    @cached_property
    def timed(self) -> Mapping[str, Transition]:
        """The steps the clock takes, by name."""
        return {name: step for name, step in self.transitions.items() if step.is_timed}
