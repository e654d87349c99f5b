"""How far long work has come, and whether whoever does it still holds it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from models.documents.store import Session

Progress = Callable[[int, int], None]
"""Told of how much is done and how much there is."""


def silent(done: int, total: int) -> None:
    """Nobody watches."""


class Lost(Exception):
    """Another worker has taken the job over, or it was cancelled."""


class Hold(Protocol):
    """Called after every range: keeps the job, or raises Lost. With a session as part of its transaction;
    what else is given is written into the job."""

    def __call__(self, session: Session = None, **more: Any) -> Awaitable[None]: ...
