"""What looks into uploads for viruses, passed in so that any engine may do it."""

from typing import Protocol


class Scanner(Protocol):
    """Looks into files before they are kept."""

    async def scan(self, content: bytes) -> str:
        """The name of what was found in `content`, "" where it is clean.

        Raises ScannerUnavailable when that cannot be said now: nothing is kept that was not looked into."""
        ...
