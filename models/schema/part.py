"""The base of everything a steward writes, and the shapes of days and terms in it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

MONTH_DAY = r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
"""A day of the year, written ``04-01``."""

SO_LONG = r"^[1-9][0-9]{0,2} (days?|business_days?)$"
"""So long before or after a day, written ``7 days`` or ``3 business_days``."""


class Part(BaseModel):
    """Base of everything a steward writes: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; what was worked out of the original (its checksum) is not taken over."""
        copied = super().model_copy(update=update, deep=deep)
        for name in [name for name in copied.__dict__ if name not in type(self).model_fields]:
            del copied.__dict__[name]
        return copied
