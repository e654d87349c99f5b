"""What every expected failure has in common."""

from collections.abc import Mapping
from typing import Any, ClassVar


class TorokuError(Exception):
    """Base of every expected failure: a stable code, an HTTP status, a public message."""

    code: ClassVar[str] = "T-X000"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "Something went wrong on our side."
    retry_after: int | None = None
    """Seconds after which trying again makes sense, where that is known (RFC 9110, 10.2.3)."""

    def __init__(self, message: str | None = None, **values: Any) -> None:
        self.public = message or self.message
        self.values: Mapping[str, Any] = values
        super().__init__(self.public.format_map(values) if values else self.public)
