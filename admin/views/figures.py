"""Figures as charts: geometry worked out here, drawn as SVG by ``figures.html``, told again as a table.

A chart is a space of 360 units; ``figures.css`` gives it its width and its colours."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from admin.language import language, say
from models.schema.definition import RecordType
from models.services.figures import AGES, Decided, Returned, Share, Waiting
from models.services.reasons import reason_of
from models.services.site import Site
from models.services.waiting import states_of

WIDTH = 360
ROW = 40
"""Height of a bar with its words above it."""

TALL = 150
"""Height of the columns' space."""

BASE = TALL + 22
"""Where the columns stand, below the number above the tallest one."""

MOST_ROWS = 12
"""Most bars of one chart; the rest is in the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of figures: what it is, and a number for each series."""

    label: str
    counts: Sequence[int]
    href: str = ""

    @property
    def total(self) -> int:
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Box:
    """One rectangle: its place, its series, and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    series: int
    title: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the drawing; `at` is where it is held: start, middle or end."""

    x: float
    y: float
    text: str
    at: str = "start"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: what it shows, in words; the drawing; the same numbers as rows of a table."""

    name: str
    title: str
    told: str
    series: Sequence[str]
    rows: Sequence[Row]
    head: str
    height: float
    boxes: Sequence[Box]
    words: Sequence[Words]
    lines: Sequence[float] = ()

    @property
    def is_empty(self) -> bool:
        return not any(row.total for row in self.rows)


def bars(
    name: str, title: str, head: str, series: Sequence[str], rows: Sequence[Row], told: str = ""
) -> Chart:
    """A chart of lying bars, one for each row, its numbers one after the other along it."""
    shown = rows[:MOST_ROWS]
    most = max((row.total for row in shown), default=0) or 1
    boxes: list[Box] = []
    words: list[Words] = []
    for place, row in enumerate(shown):
        top = place * ROW
        words.append(Words(0, top + 14, row.label))
        words.append(Words(WIDTH, top + 14, f"{row.total:,}", "end", strong=True))
        boxes += _along(row, series, top + 20, most)
    return Chart(name, title, told or _told(rows), series, rows, head, len(shown) * ROW, boxes, words)


def _along(row: Row, series: Sequence[str], top: float, most: int) -> Iterator[Box]:
    starts = [0.0]
    for count in row.counts:
        starts.append(starts[-1] + WIDTH * count / most)
    for number, (begin, end) in enumerate(pairwise(starts)):
        if end > begin:
            yield Box(_round(begin), top, _round(end - begin), 12, number, _said(row, series, number))


def columns(
    name: str, title: str, head: str, series: Sequence[str], rows: Sequence[Row], told: str = ""
) -> Chart:
    """A chart of standing columns from the left to the right; every label that has room is written."""
    most = max((row.total for row in rows), default=0) or 1
    step = WIDTH / max(len(rows), 1)
    every = 1 if step >= 40 else 2 if step >= 22 else 5
    boxes: list[Box] = []
    words: list[Words] = []
    for place, row in enumerate(rows):
        middle, floor = (place + 0.5) * step, float(BASE)
        for number, count in enumerate(row.counts):
            height = TALL * count / most
            if count:
                box = Box(
                    _round(middle - step * 0.36),
                    _round(floor - height),
                    _round(step * 0.72),
                    _round(height),
                    number,
                    _said(row, series, number),
                )
                boxes.append(box)
            floor -= height
        if row.total:
            words.append(
                Words(_round(middle), _round(floor - 5), _short_number(row.total), "middle", strong=True)
            )
        if place % every == 0:
            words.append(Words(_round(middle), BASE + 16, row.label, "middle"))
    return Chart(name, title, told or _told(rows), series, rows, head, BASE + 22, boxes, words, (BASE,))


def _short_number(count: int) -> str:
    """A number as narrow as a column; the table has it whole."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 10_000 else f"{count // 1000:,}k"


def _round(value: float) -> float:
    return round(value, 1)


def _said(row: Row, series: Sequence[str], number: int) -> str:
    what = f"{row.label}, {series[number]}" if len(series) > 1 else row.label
    return f"{what}: {row.counts[number]:,}"


def _told(rows: Sequence[Row]) -> str:
    return ", ".join(f"{row.label}: {row.total:,}" for row in rows[:MOST_ROWS])


# --- the charts of the first page ---------------------------------------------------------------------------


def waiting_chart(site: Site, found: Waiting, queue: str) -> Chart:
    """What waits, by state and age; a state leads to its view of the queue. States nothing waits in would
    only hide the others."""
    states = states_of(site)
    rows = [
        Row(_label(states.get(name), name), counts, f"{queue}?view=state-{name}")
        for name, counts in found.counts.items()
        if any(counts)
    ]
    return bars("waiting", say("Waiting, by state and age"), say("State"), _ages(), rows)


def _ages() -> list[str]:
    edges = pairwise((0, *AGES))
    between = [say("{begin}–{end} days", {"begin": begin, "end": end - 1}) for begin, end in edges]
    return [*between, say("{days} days and more", {"days": AGES[-1]})]


def decided_chart(site: Site, found: Decided) -> Chart:
    """How many were decided in each week, by what came of them."""
    states = states_of(site)
    ends = list(dict.fromkeys(name for _, counts in found.weeks for name in counts))
    ends.sort(key=lambda name: list(states).index(name) if name in states else len(states))
    rows = [Row(_short(monday), [counts.get(name, 0) for name in ends]) for monday, counts in found.weeks]
    series = [_label(states.get(name), name) for name in ends]
    return columns("decided", say("Decided each week"), say("Week from"), series, rows)


LONGEST = 10
"""Business days shown one by one; what took longer is one column."""


def days_chart(found: Decided) -> Chart:
    """After how many business days decisions came."""
    last = min(max(found.days, default=0), LONGEST)
    rows = [Row(str(days), [found.days.get(days, 0)]) for days in range(last + 1)]
    if longer := sum(count for days, count in found.days.items() if days > LONGEST):
        rows.append(Row(f">{LONGEST}", [longer]))
    told = say(
        "Half within {median} business days, nine in ten within {most}",
        {"median": found.median, "most": found.most},
    )
    title, head = say("Time to decision"), say("Business days")
    return columns("days", title, head, [say("Decisions")], rows, told if found.days else "")


def returned_chart(site: Site, found: Returned) -> Chart:
    """Why answers were sent back, by reason code."""
    several = len({kind for kind, _, _ in found.counts}) > 1
    rows = []
    for kind, code, count in found.counts:
        published = site.registry.all_current().get(kind)
        label = _reason(published.definition if published else None, code)
        of = f"（{published.definition.label(language())}）" if published and several else ""
        rows.append(Row(f"{label}{of}", [count]))
    return bars("returned", say("Why answers were returned"), say("Reason"), [say("Number of remarks")], rows)


def _reason(definition: RecordType | None, code: str) -> str:
    if not code:
        return say("No reason code")
    reason = reason_of(definition, code) if definition else None
    return f"{code} {reason.label(language())}" if reason else code


def share_chart(site: Site, share: Share, counts: Mapping[str, int], address: str) -> Chart:
    """The live records of a type by one of its choices; an option leads to the list of its records."""
    kind, spoken = site.registry.current(share.type).definition, language()
    field = share.field
    label = field.label(spoken)
    rows = [
        Row(field.label_of(code, spoken), [count], f"{address}?data.{field.name}__eq={code}")
        for code, count in sorted(counts.items(), key=lambda item: -item[1])
    ]
    title = say("{records} by {field}", {"records": kind.label(spoken), "field": label})
    return bars(f"{share.type}-{field.name}", title, label, [say("Records in force")], rows)


def _label(state: Any, name: str) -> str:
    return str(state.label(language())) if state else name


def _short(day: date) -> str:
    return f"{day.month}/{day.day}"
