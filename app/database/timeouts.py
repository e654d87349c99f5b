"""How long the database may take before a visitor is told so."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Bounds on every wait, in seconds.

    ``selection``: until a primary is found. ``connect``: one TCP (and TLS) handshake. ``answer``: the reply
    to one command. ``majority``: a write's acknowledgement by a majority (``wtimeout``). ``transaction``: all
    attempts of one transaction together. ``queue``: for a free connection of the pool.
    """

    selection: float = 3.0
    connect: float = 3.0
    answer: float = 30.0
    majority: float = 5.0
    transaction: float = 8.0
    queue: float = 3.0

    def options(self) -> dict[str, Any]:
        """The same as keyword arguments of ``AsyncMongoClient`` (milliseconds)."""
        return {
            "serverSelectionTimeoutMS": _milliseconds(self.selection),
            "connectTimeoutMS": _milliseconds(self.connect),
            "socketTimeoutMS": _milliseconds(self.answer),
            "waitQueueTimeoutMS": _milliseconds(self.queue),
            "wTimeoutMS": _milliseconds(self.majority),
        }


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
