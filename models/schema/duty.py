"""Duties as a steward writes them: what operators owe again and again."""

from datetime import date
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from models.language import Text
from models.schema.fields.base import Query
from models.schema.part import MONTH_DAY, SO_LONG, Part

EVERY = r"^([1-9]|[1-9][0-9]|1[01][0-9]|120) months?$"
"""So many months, written ``12 months``."""

Term = Annotated[str, Field(pattern=SO_LONG)]
"""So long, written ``30 days`` or ``5 business_days``."""


class Owning(Part):
    """That an operator has a live record of this type which fulfils ``where``."""

    type: str
    where: Query = {}


class Attendance(Part):
    """Who took part: a table with a row for every account (``rows_from: accounts``), and which of its rows
    count; ``{}`` for all."""

    table: str
    where: Query = {}


class DutyMail(Part):
    """One mail about a duty that is overdue: which template, and to whom: the operator, a route of the site
    (both are told of each operator), or a role (told once of all)."""

    template: str
    to: str = "operator"


def _read_mail(value: Any) -> Any:
    return {"template": value} if isinstance(value, str) else value


class Duty(Part):
    """What operators owe again and again: an application asked for in every period.

    Either everybody's period begins on the day ``opens`` and what is owed in it is due by the day ``due``; or
    (``counts_from``) each operator's own comes round so long after the day its last record names, the first
    ``first_within`` after it came under the duty. ``for`` is a condition on the operator, ``owning`` a record
    it has to have, ``least`` the business days everybody has, whenever they are asked."""

    name: str
    label: Text
    every: str = Field("12 months", pattern=EVERY)
    opens: str | None = Field(None, pattern=MONTH_DAY)
    due: str | None = Field(None, pattern=MONTH_DAY)
    counts_from: str | None = None
    first_within: Term = "90 days"
    opens_before: Term = "60 days"
    remind: tuple[Term, ...] = Field((), max_length=6)
    overdue: tuple[Annotated[DutyMail, BeforeValidator(_read_mail)], ...] = Field((), max_length=6)
    effective_from: date | None = None
    whom: Query = Field({}, alias="for")
    owning: Owning | None = None
    attendance: Attendance | None = None
    least: int = Field(20, ge=0, le=250)

    @property
    def months(self) -> int:
        """The months from one period to the next."""
        return int(self.every.split()[0])

    @cached_property
    def rolls(self) -> bool:
        """Whether every operator has a due date of its own."""
        return self.counts_from is not None
