"""``limits`` of ``site.yaml``: how often anybody may ask for pages, write, sign in (terms of use 2.4 ②)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from models.schema.definition import Part

Manner = Literal["reads", "writes", "sign_ins", "uploads", "expensive"]
"""What is counted apart. ``expensive``: files made on demand, and searches."""

Whose = Literal["address", "account", "certificate", "operator"]
"""For whom it is counted; an address of IPv6 stands for its network of 64 bits."""

SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}

WRITTEN = re.compile(
    r"(?P<amount>[1-9]\d{0,6}) per (?:(?P<times>[1-9]\d{0,2}) )?(?P<unit>second|minute|hour|day)s?"
)


class Rate(Part):
    """So many times within so many seconds, written ``600 per minute`` or ``5 per 10 minutes``."""

    amount: int = Field(ge=1)
    times: int = Field(1, ge=1)
    unit: Literal["second", "minute", "hour", "day"] = "minute"

    @property
    def seconds(self) -> int:
        """The length of the window."""
        return self.times * SECONDS[self.unit]

    @property
    def a_minute(self) -> float:
        """How many times a minute that is, to compare rates."""
        return self.amount * 60 / self.seconds

    def __str__(self) -> str:
        unit = self.unit if self.times == 1 else f"{self.times} {self.unit}s"
        return f"{self.amount} per {unit}"


def _read_rate(value: Any) -> Any:
    found = WRITTEN.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str):
            raise ValueError("a rate like “600 per minute” or “5 per 10 minutes”")
        return value
    return {"amount": int(found["amount"]), "times": int(found["times"] or 1), "unit": found["unit"]}


WrittenRate = Annotated[Rate, BeforeValidator(_read_rate)]


class Allowed(Part):
    """How often, for each of those it is counted for. What is left out has the site's usual rate; ``null`` is
    not limited."""

    address: WrittenRate | None = None
    account: WrittenRate | None = None
    certificate: WrittenRate | None = None
    operator: WrittenRate | None = None

    def rate(self, whose: Whose) -> Rate | None:
        """The rate for one of them."""
        found: Rate | None = getattr(self, whose)
        return found


class Stopping(Part):
    """Who goes over a limit in `after` windows that begin within so many minutes is stopped for so many
    minutes."""

    after: int = Field(3, ge=2, le=100)
    within: int = Field(15, ge=1, le=1_440)
    minutes: int = Field(30, ge=1, le=1_440)


def _rates(address: int, one: int, operator: int) -> Allowed:
    return Allowed(
        address=Rate(amount=address),
        account=Rate(amount=one),
        certificate=Rate(amount=one),
        operator=Rate(amount=operator),
    )


class Limits(Part):
    """The limits of a site. What is not written has these numbers: far above what people do, below what
    disturbs others."""

    reads: Allowed = _rates(1_200, 600, 3_000)
    writes: Allowed = _rates(240, 120, 600)
    uploads: Allowed = _rates(120, 60, 300)
    expensive: Allowed = _rates(120, 60, 300)
    sign_ins: Allowed = Allowed(address=Rate(amount=60))
    beginnings: WrittenRate = Rate(amount=60, unit="hour")
    """New drafts by visitors from one address."""
    open_drafts: int = Field(50, ge=1, le=10_000)
    """Drafts an operator, or a browser without an account, has open at a time, besides those of files."""
    stop: Stopping = Stopping()

    @model_validator(mode="before")
    @classmethod
    def _completed(cls, given: Any) -> Any:
        """Who writes one rate of a manner means the others to stay."""
        if not isinstance(given, Mapping):
            return given
        usual = {manner: cls.model_fields[manner].default for manner in get_args(Manner)}
        written = {manner: value for manner, value in given.items() if isinstance(value, Mapping)}
        return {
            **given,
            **{m: {**dict(usual[m]), **dict(value)} for m, value in written.items() if m in usual},
        }

    def allowed(self, manner: Manner) -> Allowed:
        """The rates of one manner."""
        found: Allowed = getattr(self, manner)
        return found
