"""How often something may be written down that others can bring about as often as they like."""

from datetime import datetime, timedelta
from typing import NamedTuple

from models.clock import Clock

EVERY = timedelta(minutes=1)
"""Within this time the same is written down once."""

MOST = 20
"""Most that is written down within EVERY, whatever it is about."""


class _Spell(NamedTuple):
    begun: datetime
    said: set[str]
    left_out: int


class Pace:
    """Admits the first of its kind in every minute, and few kinds; the others are counted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spell = _Spell(clock(), set(), 0)

    def admit(self, kind: str) -> int | None:
        """None where `kind` was written down a moment ago, or too much was; else how many were left out
        before, which is told along."""
        now = self._clock()
        begun, said, left_out = self._spell
        if not begun <= now < begun + EVERY:
            begun, said = now, set()
        if kind in said or len(said) >= MOST:
            self._spell = _Spell(begun, said, left_out + 1)
            return None
        self._spell = _Spell(begun, said | {kind}, 0)
        return left_out
