"""Time and randomness, passed in so that tests can choose them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, timezone-aware, UTC, cut to milliseconds as MongoDB stores them."""

Entropy = Callable[[int], bytes]
"""Returns that many bytes from a cryptographic source."""


def system_clock() -> datetime:
    """The server's clock in UTC, cut to milliseconds (BSON's resolution)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def system_entropy(size: int) -> bytes:
    """`size` bytes from the operating system's generator (ASVS 11.5.1)."""
    return secrets.token_bytes(size)
