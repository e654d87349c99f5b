"""A clock whose hands a test can move."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
"""A Friday, 10:00 in Tokyo."""


class Hands:
    """Shows START until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        """Move on by days, hours, minutes …, as ``timedelta`` takes them."""
        self.now += timedelta(**by)
