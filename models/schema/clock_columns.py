"""Columns of lists that no field gives: what the clock of a record says (``Record.awaits``, ``due``)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator

from models.language import Text

ClockColumn = Literal["awaits", "due"]
ClockColumns = Annotated[tuple[ClockColumn, ...], AfterValidator(lambda named: tuple(dict.fromkeys(named)))]
"""What a type names; what is named twice counts once."""

CLOCK_LABELS: Mapping[ClockColumn, Text] = {
    "awaits": Text(ja="現在の担当", en="Whose turn it is"),
    "due": Text(ja="期限", en="Due"),
}

US = Text(ja="当方の対応待ち", en="Our turn")
THEM = Text(ja="相手方の対応待ち", en="The other side’s turn")
BOTH = Text(ja="双方の対応待ち", en="Both sides’ turn")

LATE, DATED = Text(ja="期限超過", en="Overdue"), Text(ja="期限あり", en="With a due date")
SOONEST = Text(ja="期限のあるもの（早い順）", en="With a due date, the soonest first")


def turn_words(side: str) -> Mapping[str, Text]:
    """What each side of ``Record.awaits`` is called for a reader on `side` (``staff`` or ``operator``), the
    reader's own first."""
    other = "operator" if side == "staff" else "staff"
    return {side: US, other: THEM, "both": BOTH}
