"""What lies ahead of an application: the states on its way, and by when it can be expected to be decided."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from models.documents.application import Application
from models.language import Language, Text, translate
from models.services.applications import facts_of, workflow_of
from models.services.site import Site
from models.workflow.definition import State, Workflow
from models.workflow.engine import holds

GOAL = "register"
"""The effect of the step an application is made for."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One state on the way, and where the application stands to it."""

    name: str
    state: State
    place: Literal["done", "here", "ahead"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """The way of an application. ``expected`` is the last day of the times the workflow gives to the states
    before the decision, None where it gives none or the applicant is to act; ``days`` are the business days
    until then, negative when it has passed."""

    stops: tuple[Stop, ...]
    expected: date | None = None
    days: int | None = None

    @property
    def late(self) -> bool:
        """Whether the day it was expected by has passed."""
        return self.days is not None and self.days < 0

    @property
    def following(self) -> State | None:
        """The state after the present one; None at the end."""
        return next((stop.state for stop in self.stops if stop.place == "ahead"), None)


def outlook_of(site: Site, application: Application) -> Outlook:
    """Where the application is on its way, and by when it can be expected."""
    workflow = workflow_of(site, application)
    stops = tuple(_stops(workflow, application))
    day = _expected(site, workflow, application, [stop for stop in stops if stop.place == "ahead"])
    return Outlook(stops, day, site.calendar.business_days(site.today(), day) if day else None)


def words_of(outlook: Outlook, language: Language) -> str:
    """By when the outcome can be expected, as a sentence; "" where it is there or the applicant is to act."""
    day, here = outlook.expected, next(stop.state for stop in outlook.stops if stop.place == "here")
    if here.final or here.held_by == "applicant":
        return ""
    if day is None:
        return translate("As soon as it is decided, we write to you.", language)
    if outlook.late:
        return translate(
            "It takes longer than expected. We are sorry; you do not have to do anything.", language
        )
    told = Text(ja=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {day:%B} {day.year}")
    msgid = "You hear the outcome by about {day} (business days from today: {count})."
    return translate(msgid, language, day=told, count=outlook.days)


def way_of(workflow: Workflow, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The shortest way from the first state to the one the application is made for, by the steps whose
    ``when`` holds; only the first state where no such step is written."""
    goals = {step.to for step in workflow.transitions.values() if any(e.effect == GOAL for e in step.effects)}
    before: dict[str, str | None] = {workflow.first: None}
    waiting = deque([workflow.first])
    while waiting:
        name = waiting.popleft()
        if name in goals:
            return _back(name, before)
        for step in workflow.transitions.values():
            if name in step.origins and step.to not in before and holds(step.when, facts):
                before[step.to] = name
                waiting.append(step.to)
    return (workflow.first,)


def _back(name: str, before: Mapping[str, str | None]) -> tuple[str, ...]:
    found, here = [name], before[name]
    while here is not None:
        found.append(here)
        here = before[here]
    return tuple(reversed(found))


def _stops(workflow: Workflow, application: Application) -> list[Stop]:
    way, state = way_of(workflow, facts_of(application)), application.state
    if state in way:
        here = way.index(state)
        done, ahead = way[:here], way[here + 1 :]
    elif workflow.states[state].final:
        been = {workflow.first, *(step.to for step in application.history)}
        done, ahead = tuple(name for name in way if name in been), ()
    else:
        here = _back_on(workflow, way, state)
        done, ahead = way[:here], way[here:]
    return [
        *(Stop(name, workflow.states[name], "done") for name in done),
        Stop(state, workflow.states[state], "here"),
        *(Stop(name, workflow.states[name], "ahead") for name in ahead),
    ]


def _back_on(workflow: Workflow, way: Sequence[str], state: str) -> int:
    """Where a state beside the way leads back to it."""
    targets = [step.to for step in workflow.transitions.values() if state in step.origins]
    return min((way.index(name) for name in targets if name in way), default=len(way))


def _expected(site: Site, workflow: Workflow, application: Application, ahead: Sequence[Stop]) -> date | None:
    """The day after which the times of the states are over, one following the other; a state without a time
    of its own adds none. Where the present one is over already, what follows counts from today."""
    state = workflow.states[application.state]
    if state.final or state.held_by == "applicant":
        return None
    calendar, today = site.calendar, site.today()
    day = calendar.due_day(application.due) if application.due else None
    for duration in (stop.state.due for stop in ahead if stop.state.due and not stop.state.final):
        begin = max(day, today) if day else today
        day = calendar.due_day(calendar.due(calendar.midnight(begin), duration))
    return day
