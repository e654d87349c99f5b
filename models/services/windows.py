"""When applications are received: the service hours and the application windows, asked before anything is
begun or sent. What is typed can be saved at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from models.configuration.calendar import Calendar
from models.configuration.windows import SERVICE_HOURS, Window
from models.documents.application import Application
from models.errors import SendingClosed
from models.language import Message
from models.permissions import Actor
from models.schema.definition import Kind, RecordType
from models.services.applications import workflow_of
from models.services.intake import moment_of
from models.services.intake import upcoming as upcoming
from models.services.site import Site
from models.workflow.definition import Transition
from models.workflow.engine import holds

Ground = Literal["", "service_hours", "window"]

TRIES = 50
"""How often a common opening of several gates is looked for before none is promised."""


@dataclass(frozen=True, slots=True)
class Sending:
    """Whether an application can be sent now. All moments are aware."""

    open: bool
    until: datetime | None = None
    """When it closes (exclusive); None while it is closed, or where no end is known."""
    opens_next: datetime | None = None
    """When it opens; None while it is open, or where no opening is known."""
    ground: Ground = ""
    """What closed it, or what ends it at ``until``."""
    window: Window | None = None
    """The window that closed it or ends it; else the first window it is bound to."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The service hours as a gate."""

    calendar: Calendar
    ground: Ground = "service_hours"
    window: Window | None = None

    def opening(self, moment: datetime) -> datetime | None:
        """The first open moment from `moment` on."""
        return self.calendar.opening(moment)

    def closing(self, moment: datetime) -> datetime | None:
        """When it closes after the open `moment`."""
        return self.calendar.closing(moment)


@dataclass(frozen=True, slots=True)
class Periods:
    """The periods of a window as a gate; a window nobody describes any more never opens."""

    calendar: Calendar
    window: Window | None
    ground: Ground = "window"

    def opening(self, moment: datetime) -> datetime | None:
        """The first moment inside a period from `moment` on."""
        zone, periods = self.calendar.zone, self.window.periods if self.window else ()
        ahead = [max(period.begin(zone), moment) for period in periods if moment < period.end(zone)]
        return min(ahead, default=None)

    def closing(self, moment: datetime) -> datetime | None:
        """The end of the period `moment` is in."""
        zone, periods = self.calendar.zone, self.window.periods if self.window else ()
        around = [period.end(zone) for period in periods if period.begin(zone) <= moment < period.end(zone)]
        return max(around, default=None)


Gate = Hours | Periods


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do: about which type and kind, by which step, handing answers over or not;
    ``again`` where they were sent before and are sent within their due date."""

    type: str
    kind: Kind
    step: Transition | None
    hands_over: bool
    again: bool = False


def sending(
    site: Site, definition: RecordType, kind: Kind, application: Application | None = None
) -> Sending:
    """Whether an application of this kind can be sent now, until when, or from when. With `application`, the
    state it is in counts, and that it was returned."""
    if application is not None and application.by_staff:
        return Sending(True)
    workflow = (
        workflow_of(site, application) if application else site.workflows[definition.applications.workflow]
    )
    found = workflow.submissions.get(application.state if application else workflow.first, ())
    named = {"kind": kind, "type": definition.name, "record_type": definition.name}
    facts = {**named, "correction": False, "by_staff": False}
    step = next((step for step in found if not step.when or holds(step.when, facts)), None)
    again = application is not None and _is_again(site, application)
    return _look(site, _gates(site, Act(definition.name, kind, step, hands_over=True, again=again)))


def require_open(site: Site, actor: Actor, application: Application, transition: Transition) -> None:
    """Raise SendingClosed where `transition` is taken outside its hours or its window, or hands answers over
    outside the window of their type. The program itself and corrections by staff go on."""
    if actor.kind == "system" or application.by_staff:
        return
    hands_over = workflow_of(site, application).hands_over(application.state, transition)
    again = hands_over and _is_again(site, application)
    act = Act(application.type, application.kind, transition, hands_over, again)
    found = _look(site, _gates(site, act))
    if not found.open:
        raise _refusal(site, found, SENDING if hands_over else STEPS)


def require_hours(site: Site, actor: Actor) -> None:
    """Raise SendingClosed outside the service hours (R15), for what applicants hand in without a workflow.
    The staff and the program go on."""
    gates = [] if site.always_open or actor.kind not in ("operator", "visitor") else [Hours(site.calendar)]
    found = _look(site, gates)
    if not found.open:
        raise _refusal(site, found, STEPS)


def require_beginning(site: Site, definition: RecordType, kind: Kind) -> None:
    """Raise SendingClosed where an application of this kind cannot be begun: its window is closed, and either
    none opens later or it may not be prepared ahead (``draft_ahead``). Service hours do not bind drafts."""
    refusal = refused_beginning(site, definition, kind)
    if refusal is not None:
        raise refusal


def refused_beginning(site: Site, definition: RecordType, kind: Kind) -> SendingClosed | None:
    """What ``require_beginning`` would raise now, for a page that says so beforehand."""
    found = beginning(site, definition, kind)
    return None if found.open or _may_prepare(found) else _refusal(site, found, BEGINNING)


def beginning(site: Site, definition: RecordType, kind: Kind) -> Sending:
    """As ``sending``, of the window of the type alone."""
    return _look(site, _gates(site, Act(definition.name, kind, None, hands_over=True)))


def _may_prepare(found: Sending) -> bool:
    return found.window is not None and found.window.draft_ahead and found.opens_next is not None


def _is_again(site: Site, application: Application) -> bool:
    return application.round > 0 and (application.due is None or site.now() < application.due)


def _gates(site: Site, act: Act) -> list[Gate]:
    return [gate for name in dict.fromkeys(_named(site, act)) for gate in _gate(site, act, name)]


def _named(site: Site, act: Act) -> Iterator[str]:
    """What ``during`` names for this act: in the version in force of the type, and in the step."""
    published = site.registry.all_current().get(act.type)
    if act.hands_over and published is not None and published.definition.applications.during:
        yield published.definition.applications.during
    if act.step is not None and act.step.during:
        yield act.step.during


def _gate(site: Site, act: Act, name: str) -> Iterator[Gate]:
    if name == SERVICE_HOURS:
        if not site.always_open:
            yield Hours(site.calendar)
        return
    window = site.configuration.windows.get(name)
    if window is None:
        yield Periods(site.calendar, None)
    elif window.covers(act.type, act.kind) and not (act.again and window.after_return):
        yield Periods(site.calendar, window)


def _look(site: Site, gates: Sequence[Gate]) -> Sending:
    """What all of the gates come to now."""
    now = site.now()
    shut = next((gate for gate in gates if gate.opening(now) != now), None)
    if shut is not None:
        return Sending(False, None, _common_opening(gates, now), shut.ground, shut.window)
    ends = [(end, gate) for gate in gates if (end := gate.closing(now)) is not None]
    if not ends:
        return Sending(True)
    until, gate = min(ends, key=lambda pair: pair[0])
    return Sending(True, until, None, gate.ground, gate.window)


def _common_opening(gates: Sequence[Gate], now: datetime) -> datetime | None:
    """The first moment at which every gate is open."""
    moment = now
    for _ in range(TRIES):
        openings = [gate.opening(moment) for gate in gates]
        known = [opening for opening in openings if opening is not None]
        if len(known) < len(openings):
            return None
        if max(known) == moment:
            return moment
        moment = max(known)
    return None


@dataclass(frozen=True, slots=True)
class Words:
    """What a refusal says: outside the hours, before a window opens, after it has closed for good."""

    hours: Message
    ahead: Message
    over: Message


UNKNOWN = Message("Applications cannot be sent now, and no date is set from which they can.")

SENDING = Words(
    Message("Outside the service hours nothing can be sent. Your answers are saved; send them from {opens}."),
    Message("The application period “{window}” is not open. Your answers are saved; send them from {opens}."),
    Message(
        "The application period “{window}” closed: {closed}. Your answers are saved, but cannot be sent."
    ),
)
STEPS = Words(
    Message("This can only be done within the service hours, from {opens}."),
    Message("This can only be done within the application period “{window}”, from {opens}."),
    Message("This can only be done within the application period “{window}”, which closed: {closed}."),
)
BEGINNING = Words(
    UNKNOWN,
    Message("The application period “{window}” is not open. You can begin from {opens}."),
    Message("The application period “{window}” closed: {closed}. Nothing can be applied for any more."),
)
BANNER = Words(
    Message(
        "Applications are sent within the service hours. You can fill in and save now, and send from {opens}."
    ),
    Message(
        "The application period “{window}” is not open. You can fill in and save now, and send from {opens}."
    ),
    Message(
        "The application period “{window}” closed: {closed}. You can save your answers, but not send them."
    ),
)


def _refusal(site: Site, found: Sending, words: Words) -> SendingClosed:
    said = _said(site, found, words)
    return SendingClosed(said.msgid, **said.values)


def _said(site: Site, found: Sending, words: Words) -> Message:
    window, calendar = found.window, site.calendar
    opens = moment_of(calendar, found.opens_next) if found.opens_next else None
    if opens is not None and window is None:
        return Message(words.hours.msgid, {"opens": opens})
    if opens is not None and window is not None:
        return Message(words.ahead.msgid, {"window": window.label, "opens": opens})
    ends = [period.end(calendar.zone) for period in window.periods] if window else []
    past = [end for end in ends if end <= site.now()]
    if window is None or not past:
        return UNKNOWN
    closed = moment_of(calendar, max(past), ends=True)
    return Message(words.over.msgid, {"window": window.label, "closed": closed})


def banner(site: Site, found: Sending) -> Message | None:
    """What a form or check page says beforehand: that nothing can be sent now and from when it can, or that
    it closes soon; None where there is nothing to say."""
    if not found.open:
        return _said(site, found, BANNER)
    if found.until is None or found.until - site.now() > SOON[found.ground]:
        return None
    until = moment_of(site.calendar, found.until, ends=True)
    if found.window is None:
        return Message(
            "Applications can be sent until {until}, the end of the service hours.", {"until": until}
        )
    said = "The application period “{window}” closes: {until}."
    return Message(said, {"window": found.window.label, "until": until})


SOON: dict[Ground, timedelta] = {
    "": timedelta(0),
    "service_hours": timedelta(hours=1),
    "window": timedelta(days=7),
}
"""How long before it closes a page begins to say so."""
