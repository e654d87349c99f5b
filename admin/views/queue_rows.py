"""The rows of the queue as they are drawn, and the heads of its columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from admin import moments
from admin.language import language, say
from admin.views.columns import BADGE
from admin.views.queue_address import Asked
from models.configuration.business_days import BusinessDays
from models.documents.application import Application
from models.documents.windows import Row
from models.language import Language, Text
from models.permissions import Actor
from models.schema.definition import KIND_LABELS
from models.services import applications, signs
from models.services.offers import UNREADABLE, Offers, claim_of, for_many
from models.services.site import Site
from models.workflow.definition import State, Transition

TONES: Mapping[str | None, str] = {"applicant": "warn", "reviewer": "info", "approver": "good"}

DUE = ("overdue", "due_soon")
"""Signs that stand with the due date."""


class Mark(NamedTuple):
    """A risk sign as it is drawn: its words, its tone, the rule it comes from."""

    words: str
    tone: str
    rule: str


@dataclass(frozen=True, slots=True)
class Line:
    """One application as the queue draws it. A `damaged` one has what could be read of it."""

    reference: str
    title: str = ""
    operator: str = ""
    kind: str = ""
    state: str = ""
    received: str = ""
    age: str = ""
    due: str = ""
    left: str = ""
    urgency: Mark | None = None
    assignee: str = ""
    signs: tuple[Mark, ...] = ()
    claim: str = ""
    choose: str = ""
    """What its box is called, where it can be chosen with others."""
    damaged: bool = False


class Heading(NamedTuple):
    """A column's head, as ``ui.table`` draws it."""

    label: str
    href: str = ""
    sorted: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lines of a page, and the steps that may be taken with several of them."""

    lines: tuple[Line, ...]
    steps: tuple[tuple[str, str], ...]


async def draw(site: Site, actor: Actor, rows: Sequence[Row]) -> Drawn:
    """Rows of the queue for drawing. A damaged row says so and disturbs no other."""
    days = BusinessDays(site.calendar, site.today())
    found = await signs.signs_of(site, actor, rows, days)
    offers = Offers(site, actor)
    steps = [offers.of(row) for row in rows]
    words = _Words(site, language(), days)
    lines = (words.line(row, found[row["_id"]], each) for row, each in zip(rows, steps, strict=True))
    many = {name: step.label(words.spoken) for each in steps for name, step in for_many(each)}
    return Drawn(tuple(lines), tuple(many.items()))


class _Words:
    """What every line of a page is written with."""

    def __init__(self, site: Site, spoken: Language, days: BusinessDays) -> None:
        self.site, self.spoken, self.days = site, spoken, days
        self.badges: dict[tuple[str, str], Markup] = {}
        self.choose = say("Choose {reference}")
        self.kinds: dict[tuple[str, str], str] = {
            (name, kind): f"{published.definition.label(spoken)} {label(spoken)}"
            for name, published in site.registry.all_current().items()
            for kind, label in KIND_LABELS.items()
        }

    def line(self, row: Row, found: Sequence[signs.Sign], steps: list[tuple[str, Transition]]) -> Line:
        try:
            return self._line(row, found, steps)
        except UNREADABLE:
            return Line(_text(row.get("reference")) or str(row["_id"]), _text(row.get("title")), damaged=True)

    def _kind(self, row: Row) -> str:
        """What is applied for; what staff begin themselves is called so."""
        told = self.kinds.get((row["type"], row["kind"])) or _whole(row["type"])
        begun = say("Case begun by staff") if row["kind"] == "register" else say("Correction by staff")
        return f"{told} ({begun})" if row.get("by_staff") else told

    def _state(self, row: Row) -> Markup:
        """The badge of its state, drawn once a page for all in it."""
        kind, name = _whole(row["type"]), _whole(row["state"])
        if (kind, name) not in self.badges:
            published = self.site.registry.all_current().get(kind)
            flow = self.site.workflows[published.definition.applications.workflow] if published else None
            state = flow.states.get(name) if flow else None
            self.badges[kind, name] = badge(state, self.spoken) if state else BADGE.format("plain", name)
        return self.badges[kind, name]

    def _line(self, row: Row, found: Sequence[signs.Sign], steps: list[tuple[str, Transition]]) -> Line:
        marks = {sign.name: self._mark(sign) for sign in found if sign.name in DUE}
        due, left = self._due(row["due"]) if row.get("due") else ("", "")
        received = row.get("submitted_at")
        claim, many = claim_of(steps), bool(for_many(steps))
        return Line(
            reference=_whole(row["reference"]),
            title=_title(row),
            operator=_whole(row.get("operator_name") or ""),
            kind=self._kind(row),
            state=self._state(row),
            choose=self.choose.format(reference=row["reference"]) if many else "",
            received=moments.minute(received) if received else "",
            age=self._age(received) if received and row.get("open") else "",
            due=due,
            left=left if row.get("open") else "",
            urgency=next(iter(marks.values()), None),
            assignee=_whole((row.get("assignee") or {}).get("name", "")),
            signs=tuple(self._mark(sign) for sign in found if sign.name not in DUE),
            claim=claim[1].label(self.spoken) if claim else "",
        )

    def _mark(self, sign: signs.Sign) -> Mark:
        return Mark(sign.message(self.spoken), sign.tone, sign.rule)

    def _age(self, received: datetime) -> str:
        waited = self.days.since(received.astimezone(self.site.calendar.zone).date())
        if waited < 1:
            return say("today")
        return counted_days(waited)

    def _due(self, due: datetime) -> tuple[str, str]:
        last = self.site.calendar.due_day(due)
        return moments.day(last), left_words(self.days.until(last), over=due <= self.site.now())


def left_words(left: int, *, over: bool) -> str:
    """How many business days are left until the last day of a term, or since when it is over."""
    if over:
        late = counted_days(-left) if left else ""
        return say("{days} late", {"days": late}) if late else say("since the last business day")
    return say("today") if left < 1 else say("in {days}", {"days": counted_days(left)})


def counted_days(count: int) -> str:
    """A number of business days in words."""
    if count == 1:
        return say("1 business day")
    return say("{count} business days", {"count": f"{count:,}"})


def _whole(value: Any) -> str:
    """A text as it is stored; raises TypeError for anything else, so that the line says it is damaged."""
    if not isinstance(value, str):
        raise TypeError
    return value


def _title(row: Row) -> str:
    """The title, in the reader's language where it was asked under a text of the configuration."""
    title, words = _whole(row.get("title") or ""), (row.get("asked") or {}).get("title")
    return Text.model_validate(words)(language()) if words and title in words.values() else title


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def heads(asked: Asked, sorts: Sequence[str], address: str) -> Iterator[Heading]:
    """The heads of the columns, each with the order it leads to where the view has it."""
    for label, name in (
        (say("Reference"), "reference"),
        (say("Title"), ""),
        (say("State"), ""),
        (say("Received"), "received"),
        (say("Due"), "due"),
        (say("In charge"), ""),
    ):
        yield _head(asked, label, name, f"{address}?{asked.query(sort=asked.sorted_by(name))}", name in sorts)


def _head(asked: Asked, label: str, name: str, href: str, offered_here: bool) -> Heading:
    if not offered_here:
        return Heading(label)
    way = {name: "ascending", f"-{name}": "descending"}.get(asked.sort, "")
    return Heading(label, href, way)


def badge(state: State, spoken: Language) -> Markup:
    """A state of a workflow as the queue shows it."""
    return BADGE.format("done" if state.final else TONES.get(state.held_by, "plain"), state.label(spoken))


def state_badge(site: Site, application: Application) -> Markup:
    """The state of an application, as the queue shows it."""
    state = applications.workflow_of(site, application).states.get(application.state)
    return badge(state, language()) if state else BADGE.format("plain", application.state)
