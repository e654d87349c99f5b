"""How much is measured."""

from dataclasses import dataclass

CONCURRENCIES = (1, 8)
"""Connections asking at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`queue`: applications waiting; `rounds` of one window each for us and for raw, of `seconds` or, for
    submitting, `most` requests; `starts`: cold starts measured of each kind; `records`: stored records that a
    plan of a schema change asks, and that a rename rewrites; `changes`: of a day, to be noticed by another
    process. A window is shorter than five seconds: after these a server ends connections it hears nothing
    on."""

    queue: int = 10_000
    rounds: int = 4
    seconds: float = 1.0
    most: int = 250
    starts: int = 5
    records: int = 1_000_000
    changes: int = 200

    @property
    def ready(self) -> int:
        """Drafts each server can be asked to submit: every round's window and one to warm up."""
        return (self.rounds + 1) * self.most * len(CONCURRENCIES)


FULL = Plan()
QUICK = Plan(rounds=2, seconds=0.1, most=40, starts=1, records=10_000, changes=20)
