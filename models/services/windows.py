"""When applications are received: the service hours and the application windows, asked before anything is
begun or sent. What is typed can be saved at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from models.configuration.calendar import Calendar
from models.configuration.windows import SERVICE_HOURS, Period, Window
from models.documents.application import Application
from models.errors import SendingClosed
from models.language import Message, Text
from models.permissions import Actor
from models.schema.definition import Kind, RecordType
from models.services.applications import may_begin, workflow_of
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
    state = application.state if application else workflow.first
    facts = {"kind": kind, "type": definition.name, "record_type": definition.name, "correction": False}
    found = (
        step
        for step in workflow.transitions.values()
        if state in step.origins and "applicant" in step.by and workflow.hands_over(state, step)
    )
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


def require_beginning(site: Site, definition: RecordType, kind: Kind) -> None:
    """Raise SendingClosed where an application of this kind cannot be begun: its window is closed, and either
    none opens later or it may not be prepared ahead (``draft_ahead``). Service hours do not bind drafts."""
    found = beginning(site, definition, kind)
    if not found.open and not _may_prepare(found):
        raise _refusal(site, found, BEGINNING)


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

    hours: str
    ahead: str
    over: str


UNKNOWN = "Applications cannot be sent now, and no date is set from which they can."

SENDING = Words(
    "Outside the service hours nothing can be sent. Your answers are saved; you can send them from {opens}.",
    "The application period “{window}” is not open. Your answers are saved; you can send them from {opens}.",
    "The application period “{window}” closed: {closed}. Your answers are saved, but can no longer be sent.",
)
STEPS = Words(
    "This can only be done within the service hours, from {opens}.",
    "This can only be done within the application period “{window}”, from {opens}.",
    "This can only be done within the application period “{window}”, which closed: {closed}.",
)
BEGINNING = Words(
    UNKNOWN,
    "The application period “{window}” is not open. You can begin from {opens}.",
    "The application period “{window}” closed: {closed}. Nothing can be applied for any more.",
)
BANNER = Words(
    "Applications are sent within the service hours. You can fill in and save now, and send from {opens}.",
    "The application period “{window}” is not open. You can fill in and save now, and send from {opens}.",
    "The application period “{window}” closed: {closed}. You can save your answers, but no longer send them.",
)


def _refusal(site: Site, found: Sending, words: Words) -> SendingClosed:
    said = _said(site, found, words)
    return SendingClosed(said.msgid, **said.values)


def _said(site: Site, found: Sending, words: Words) -> Message:
    zone = site.calendar
    opens = moment_of(zone, found.opens_next) if found.opens_next else None
    if found.window is None:
        return Message(words.hours, {"opens": opens}) if opens and found.ground else Message(UNKNOWN)
    if opens is not None:
        return Message(words.ahead, {"window": found.window.label, "opens": opens})
    past = [end for p in found.window.periods if (end := p.end(zone.zone)) <= site.now()]
    if not past:
        return Message(UNKNOWN)
    closed = moment_of(zone, max(past), ends=True)
    return Message(words.over, {"window": found.window.label, "closed": closed})


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

WEEKDAYS = "月火水木金土日"


def moment_of(calendar: Calendar, moment: datetime, *, ends: bool = False) -> Text:
    """A moment with its weekday, in the site's time zone; an end at midnight is 24:00 of the day before."""
    local = moment.astimezone(calendar.zone)
    clock = f"{local:%H:%M}"
    if ends and clock == "00:00":
        local, clock = local - timedelta(days=1), "24:00"
    day = f"{local.year}年{local.month}月{local.day}日（{WEEKDAYS[local.weekday()]}）"
    return Text(ja=f"{day}{clock}", en=f"{local:%A} {local.day} {local:%B} {local.year}, {clock}")


State = Literal["open", "upcoming", "closed"]


@dataclass(frozen=True, slots=True)
class Term:
    """One period of a window, as it stands now."""

    window: Window
    period: Period
    opens: datetime
    closes: datetime
    state: State
    business_days: int
    """Business days from tomorrow to the day it closes, or opens; 0 on that day."""
    days: int
    """The same in calendar days."""

    @property
    def next(self) -> datetime:
        """What happens next: it closes, or opens; of a closed one, when it closed."""
        return self.opens if self.state == "upcoming" else self.closes


def terms(site: Site) -> list[Term]:
    """Every period of every window, by the moment it opens."""
    found = [_term(site, w, p) for w in site.configuration.windows.values() for p in w.periods]
    return sorted(found, key=lambda term: (term.opens, term.closes, term.window.name))


def upcoming(site: Site, actor: Actor, *, within: timedelta = timedelta(days=60)) -> Sequence[Term]:
    """The periods this actor can use that are open, or open `within` that time; what happens first is
    first."""
    limit = site.now() + within
    own = [
        term
        for term in terms(site)
        if term.state != "closed" and term.opens <= limit and _is_for(site, actor, term.window)
    ]
    return sorted(own, key=lambda term: term.next)


def term_of(site: Site, type_name: str, kind: Kind) -> Term | None:
    """The period for applications of this kind: the open one that closes first, else the next to open, else
    the last that closed."""
    found = [term for term in terms(site) if term.window.covers(type_name, kind)]
    for state in ("open", "upcoming"):
        if here := [term for term in found if term.state == state]:
            return min(here, key=lambda term: term.next)
    return max(found, key=lambda term: term.closes, default=None)


def _is_for(site: Site, actor: Actor, window: Window) -> bool:
    current = site.registry.all_current()
    types = (current[name].definition for name in window.record_types if name in current)
    return any(
        definition.enabled and may_begin(site, actor, definition, kind)
        for definition in types
        for kind in window.kinds
    )


def _term(site: Site, window: Window, period: Period) -> Term:
    now, zone = site.now(), site.calendar.zone
    opens, closes = period.begin(zone), period.end(zone)
    state: State = "upcoming" if now < opens else "open" if now < closes else "closed"
    day = site.calendar.due_day(closes) if state == "open" else opens.astimezone(zone).date()
    today = site.today()
    return Term(
        window, period, opens, closes, state, site.calendar.business_days(today, day), (day - today).days
    )


def countdown(site: Site, term: Term) -> Message:
    """How long until it opens or closes, in words: business days, or days where none lies between."""
    closing = term.state != "upcoming"
    moment = moment_of(site.calendar, term.next, ends=closing)
    count = term.business_days or term.days
    said = COUNTDOWNS[term.state][0 if term.days == 0 else 1 if not term.business_days else 2]
    return Message(said, {"moment": moment, "count": count})


COUNTDOWNS: dict[State, tuple[str, str, str]] = {
    "open": (
        "Closes today: {moment}",
        "Closes in {count} days: {moment}",
        "Closes in {count} business days: {moment}",
    ),
    "upcoming": (
        "Opens today: {moment}",
        "Opens in {count} days: {moment}",
        "Opens in {count} business days: {moment}",
    ),
    "closed": ("Closed: {moment}", "Closed: {moment}", "Closed: {moment}"),
}
"""Today, in so many days, in so many business days."""
