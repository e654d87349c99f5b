"""How far long work has come."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Told of how much is done and how much there is."""


def silent(done: int, total: int) -> None:
    """Nobody watches."""
