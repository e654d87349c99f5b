"""``mail`` of ``site.yaml``: how fast mails leave, how long their texts are kept, when to raise the alarm."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from models.configuration.limits import Rate, WrittenRate
from models.language import Text
from models.schema.definition import Part

SPAN = re.compile(r"([1-9]\d{0,3}) (minute|hour|day)s?")


def _read_span(value: Any) -> Any:
    found = SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time like “30 minutes”, “2 hours” or “365 days”")
    return timedelta(**{f"{found[2]}s": int(found[1])})


WrittenSpan = Annotated[
    timedelta,
    BeforeValidator(_read_span),
    WithJsonSchema(
        {
            "title": "Span",
            "type": "string",
            "description": "So long: 30 minutes, 2 hours or 365 days.",
            "pattern": "^[1-9][0-9]{0,3} (minute|hour|day)s?$",
        }
    ),
]
"""A length of time, written ``30 minutes``, ``2 hours`` or ``365 days``."""


class DeadAfter(Part):
    """When an address counts as dead although no server said so: after so many mails came back within a
    time."""

    failures: int = Field(5, ge=2, le=20)
    within: WrittenSpan = timedelta(days=14)


class MailRules(Part):
    """What holds for every mail of the site. `footer` is the foot under each, in Markdown with placeholders
    like a template's own. A rate counts for all workers together; a domain that is not
    named has the rate of `per_domain`, no limit where that is left out."""

    footer: Text = Text(ja="", en="")
    per_domain: WrittenRate | None = None
    domains: Mapping[str, WrittenRate] = Field({}, max_length=500)
    keep_bodies: WrittenSpan = timedelta(days=365)
    alarm_after: WrittenSpan = timedelta(minutes=30)
    dead_after: DeadAfter = DeadAfter()

    def rate(self, domain: str) -> Rate | None:
        """How fast mails to a domain may leave; None for no limit."""
        return self.domains.get(domain, self.per_domain)
