"""The application windows as they stand now: what is open, what opens next, and how long until then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from models.configuration.calendar import Calendar
from models.configuration.windows import Period, Window
from models.language import Message, Text
from models.permissions import Actor
from models.schema.definition import Kind
from models.services.applications import may_begin
from models.services.site import Site

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


def countdown(term: Term) -> Message:
    """How long until it opens or closes, in words: business days, or days where none lies between."""
    words = COUNTDOWNS[term.state]
    if term.state == "closed" or term.days <= 1:
        return words[0 if term.state == "closed" else term.days]
    if term.business_days == 1:
        return words[2]
    if not term.business_days:
        return Message(words[3].msgid, {"count": term.days})
    return Message(words[4].msgid, {"count": term.business_days})


COUNTDOWNS: Mapping[State, tuple[Message, ...]] = {
    "open": (
        Message("Closes today"),
        Message("Closes tomorrow"),
        Message("Closes on the next business day"),
        Message("Closes in {count} days"),
        Message("Closes in {count} business days"),
    ),
    "upcoming": (
        Message("Opens today"),
        Message("Opens tomorrow"),
        Message("Opens on the next business day"),
        Message("Opens in {count} days"),
        Message("Opens in {count} business days"),
    ),
    "closed": (Message("Closed"),),
}
"""Today, tomorrow, on the next business day, in so many days, in so many business days."""
