"""Workflows and lifecycles as a steward writes them: states, and the transitions between them."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr

from models.language import Text
from models.schema.definition import Part
from models.schema.fields.base import Query

Unit = Literal["hours", "days", "business_days"]
Need = Literal["remarks", "checklist", "reason", "evidence"]
PEOPLE = ("applicant", "assignee", "staff", "system")
"""Whom ``by`` and ``not_by`` may name besides the site's roles."""

SIDES = ("operator", "operator_administrator", "originator", "counterpart")
"""Whom a lifecycle's ``by``, ``not_by``, ``all_of`` and ``held_by`` may name besides staff, system and roles:
the operator the record belongs to (anybody of it who may act, or its administrator), the side that began it,
and the side that did not."""

ADDRESSEES = ("applicant", "assignee", "operator")
"""Whom a mail may go to besides the site's roles and the addresses in fields."""

NEEDS = ("remarks", "checklist", "reason", "evidence")
"""What a transition may ask of the person who takes it; remarks and a checklist in a workflow, evidence (a
file) in a lifecycle. A step with ``grounds`` asks for one of them, one with ``review`` for a day."""


class Duration(Part):
    """A number of calendar or business days, written ``5 business_days``, counted from the day after
    (Civil Code, article 140); or of hours, counted from the moment itself."""

    count: int = Field(ge=0, le=3650)
    unit: Unit


def _read_duration(value: Any) -> Any:
    match = (
        re.fullmatch(r"(\d{1,4}) (hours?|days?|business_days?)", value) if isinstance(value, str) else None
    )
    if match is None:
        return value
    return {"count": int(match[1]), "unit": f"{match[2].rstrip('s')}s"}


WrittenDuration = Annotated[Duration, BeforeValidator(_read_duration)]


class Term(Duration):
    """A duration, or the name of one that ``periods`` of ``site.yaml`` sets, written ``$first_answer``; read
    without knowing that file, and put in its place when everything is read (``configuration.periods``)."""

    period: str = Field("", exclude=True)


def _read_term(value: Any) -> Any:
    named = re.fullmatch(r"\$([a-z][a-z0-9_]*)", value) if isinstance(value, str) else None
    return {"count": 0, "unit": "hours", "period": named[1]} if named else _read_duration(value)


WrittenTerm = Annotated[Term, BeforeValidator(_read_term)]


class MailCall(Part):
    """One mail of a transition: which template, to whom, when, and the stamp its acceptance leaves."""

    template: str
    to: str = "applicant"
    when: Query = {}
    stamps: str | None = None


def _read_mail(value: Any) -> Any:
    return {"template": value} if isinstance(value, str) else value


WrittenMail = Annotated[MailCall, BeforeValidator(_read_mail)]


class State(Part):
    """Where an application or a record may be. ``seen_as`` words it for one side; ``since`` is the field its
    ``due`` counts from, where that is not the moment it was entered; ``overdue`` are the mails sent when it
    has passed."""

    label: Text
    held_by: str | None = None
    initial: bool = False
    final: bool = False
    live: bool = True
    due: WrittenTerm | None = None
    expires: WrittenTerm | None = None
    then: str | None = None
    remind: tuple[WrittenDuration, ...] = ()
    help: Text | None = None
    seen_as: Mapping[Literal["operator", "staff"], Text] = {}
    since: str | None = None
    overdue: tuple[WrittenMail, ...] = ()


class EffectCall(Part):
    """One effect of a transition, the condition it has, and its parameters."""

    effect: str
    when: Query = {}
    parameters: Mapping[str, Any] = {}


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


def _read_party(value: Any) -> Any:
    return {"party": value} if isinstance(value, str) else value


class Party(Part):
    """One party whose consent a step rests on, in the words of ``by``; the label is what it states by it."""

    party: str
    label: Text | None = None


class Measure(Part):
    """A time told of a record: from when it first came into one of the states ``from`` until it came into one
    of ``to``; still running while it has not."""

    name: str
    label: Text
    origins: Annotated[tuple[str, ...], BeforeValidator(lambda value: _read_many(value))] = Field(
        alias="from", min_length=1
    )
    to: Annotated[tuple[str, ...], BeforeValidator(lambda value: _read_many(value))] = Field(min_length=1)


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
    all_of: tuple[Annotated[Party, BeforeValidator(_read_party)], ...] = ()
    """Parties who must all have consented before it may be taken; one that the program takes (``by: system``)
    is taken with the last consent. Each may withdraw its consent until then."""
    when: Query = {}
    at: str | None = None
    """A step the clock takes: at the moment a field of the record names, of a day its first."""
    after: WrittenTerm | None = None
    """A step the clock takes: at the end of the last of so many days after ``at``, or after the record came
    into its state. ``0 days`` after a day is the end of that day."""
    during: str | None = None
    needs: Annotated[tuple[Need, ...], BeforeValidator(_read_many)] = ()
    grounds: tuple[Ground, ...] = ()
    review: ReviewDate | None = None
    despite_dependants: bool = False
    anew: bool = False
    """Of a step that leads back to where it was: the time in that state begins anew, and consents end."""
    sets: str | None = None
    clears: str | None = None
    effects: tuple[Annotated[EffectCall, BeforeValidator(_read_effect)], ...] = ()
    mail: tuple[WrittenMail, ...] = ()
    style: Literal["primary", "secondary", "danger"] = "secondary"

    @property
    def registers(self) -> bool:
        """Whether it brings what was applied for into force."""
        return any(call.effect == "register" for call in self.effects)

    @property
    def is_timed(self) -> bool:
        """Whether the clock takes it."""
        return self.at is not None or self.after is not None


class Flow(Part):
    """What workflows and lifecycles share."""

    label: Text | None = None
    states: Mapping[str, State] = Field(min_length=1)
    transitions: Mapping[str, Transition] = {}
    _named: tuple[tuple[tuple[str, ...], str], ...] = PrivateAttr(())

    @property
    def named_periods(self) -> tuple[tuple[tuple[str, ...], str], ...]:
        """Where it was written with the name of a period, and the name; also where that sets no limit."""
        return self._named

    def remember_periods(self, named: Iterable[tuple[tuple[str, ...], str]]) -> None:
        """Keep in mind where it was written so, before what the periods say is put in."""
        self._named = tuple(named)

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
        """Whether `transition`, taken from `state`, hands the applicant's answers over: to review, or to be
        registered at once."""
        ends = self.states[transition.to].final and not transition.registers
        return self.states[state].held_by == "applicant" and not ends

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
    measures: tuple[Measure, ...] = ()

    @property
    def name(self) -> str:
        return self.lifecycle

    @cached_property
    def first(self) -> str:
        return self.initial or next(iter(self.states))

    @cached_property
    def live_states(self) -> list[str]:
        """The states in which a registered thing is in force."""
        return [name for name, state in self.states.items() if state.live]

    def shown_to(self, side: str) -> "Lifecycle":
        """This lifecycle with its states called as one side has them (``seen_as``): ``operator`` or
        ``staff``."""
        return self._shown.get(side, self)

    @cached_property
    def _shown(self) -> "Mapping[str, Lifecycle]":
        sides: tuple[Literal["operator", "staff"], ...] = ("operator", "staff")
        return {
            side: self._worded(side) for side in sides if any(side in s.seen_as for s in self.states.values())
        }

    def _worded(self, side: Literal["operator", "staff"]) -> "Lifecycle":
        states = {
            name: state.model_copy(update={"label": state.seen_as.get(side, state.label)})
            for name, state in self.states.items()
        }
        return self.model_copy(update={"states": states})

    @cached_property
    def reviewed(self) -> bool:
        """Whether any of its steps sets a day on which to look again."""
        return any(step.review is not None for step in self.transitions.values())

    @cached_property
    def timed(self) -> Mapping[str, Transition]:
        """The steps the clock takes, by name."""
        return {name: step for name, step in self.transitions.items() if step.is_timed}

    @cached_property
    def clocked(self) -> bool:
        """Whether its records keep a clock: of steps it takes, of terms, of whose turn it is."""
        due = any(state.due is not None for state in self.states.values())
        return due or bool(self.timed) or self.awaited

    @cached_property
    def awaited(self) -> bool:
        """Whether its records wait for anybody: held by somebody, or for consents."""
        held = any(state.held_by for state in self.states.values())
        return held or any(step.all_of for step in self.transitions.values())

    @cached_property
    def has_terms(self) -> bool:
        """Whether any of its states is due, be it by a period that sets no limit now."""
        named = any(path[-1] == "due" for path, _ in self.named_periods)
        return named or any(state.due is not None for state in self.states.values())

    @cached_property
    def clockwork(self) -> str:
        """What the clocks of its records follow from: equal where nothing of that differs."""
        states, steps = (
            {"held_by", "due", "since", "remind", "then", "final"},
            {"all_of", "origins", "when", "at", "after"},
        )
        told = [
            *((name, state.model_dump_json(include=states)) for name, state in self.states.items()),
            *((name, step.model_dump_json(include=steps)) for name, step in self.transitions.items()),
        ]
        return sha256(repr(told).encode()).hexdigest()[:16]
