"""The columns of a record list that tell whose turn a record is and by when it is due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from admin import moments
from admin.language import language
from admin.views.base import Row, Where
from admin.views.columns import BADGE, Choice, Column, Operator, Query
from admin.views.listing import Condition
from models.schema.clock_columns import CLOCK_LABELS, DATED, LATE, ClockColumn, turn_words

TURNS = turn_words("staff")


def _turn(value: Any) -> Markup:
    """Whose turn it is as a badge; nothing where it is nobody's."""
    if not value:
        return Markup("")
    return BADGE.format("plain" if value == "operator" else "warn", TURNS[value](language()))


def _whose(operator: Operator, text: str) -> Query:
    """Records that wait for a side, be it alone or with the other; raises ``ValueError``."""
    del operator
    if text not in TURNS:
        raise ValueError(text)
    return {"awaits": {"$in": list(dict.fromkeys((text, "both")))}}


def _until(value: Any) -> Markup | str:
    """The end of a term; one that is over (``with_late``) says so."""
    moment, over = value if isinstance(value, tuple) else (value, False)
    if moment is None:
        return ""
    told = moments.until(moment)
    return Markup("{} ").format(told) + BADGE.format("bad", LATE(language())) if over else told


def _dated(operator: Operator, text: str) -> Query:
    """Records that are due; of those that are overdue, ``late_only`` says the moment."""
    del operator
    if text not in DUE:
        raise ValueError(text)
    return {"due": {"$type": "date"}}


DUE = {"late": Choice(LATE), "dated": Choice(DATED)}

CLOCK_COLUMNS: Mapping[ClockColumn, Column] = {
    "awaits": Column(
        "awaits",
        CLOCK_LABELS["awaits"],
        filters=("eq",),
        choices={side: Choice(label) for side, label in TURNS.items()},
        show=_turn,
        match=_whose,
    ),
    "due": Column(
        "due", CLOCK_LABELS["due"], "moment", True, ("eq",), choices=DUE, show=_until, match=_dated
    ),
}


def with_late(rows: Sequence[Row], now: datetime) -> list[Row]:
    """The rows with whether they are overdue beside when they are due."""
    return [
        {**row, "due": (due, due <= now)} if isinstance(due := row.get("due"), datetime) else row
        for row in rows
    ]


def late_only(conditions: Sequence[Condition], now: datetime) -> Where:
    """What “overdue” asks for at this moment; {} where it is not asked."""
    late = any(each.column.path == "due" and each.text == "late" for each in conditions)
    return {"due": {"$lte": now, "$type": "date"}} if late else {}
