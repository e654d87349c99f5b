"""What operators state and confirm again, and which rule of confidentiality follows from it."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from models.language import Text
from models.schema.definition import Part
from models.schema.fields.base import Query
from models.workflow.definition import Duration, WrittenDuration


def _months(value: Any) -> Any:
    match = re.fullmatch(r"(\d{1,3}) months?", value) if isinstance(value, str) else None
    return int(match[1]) if match else value


WRITTEN_MONTHS = {"type": "string", "pattern": "^[0-9]{1,3} months?$"}

Months = Annotated[int, BeforeValidator(_months), Field(ge=1, le=120), WithJsonSchema(WRITTEN_MONTHS)]
"""A number of months, written ``12 months``."""


class DeclarationRule(Part):
    """Something every operator states (R86) or files (R81). The words are those of ``field``, a declaration
    of the operator's own record type, or ``text``; changed words have another ``text_version``."""

    label: Text
    text: Text | None = None
    text_version: str = "1"
    field: str | None = None
    clause: str = ""
    by: tuple[Literal["operator", "staff"], ...] = Field(("operator",), min_length=1)
    every: Months | None = None
    answer_within: WrittenDuration = Duration(count=30, unit="days")
    remind: tuple[WrittenDuration, ...] = (Duration(count=7, unit="days"), Duration(count=1, unit="days"))
    told: str = "approver"
    mail: str = "confirmation_asked"


class ConfidentialityRule(Part):
    """A rule information is kept confidential by; the first whose condition holds governs an operator (R81).
    Conditions read the operator's record, and ``declared.<name>``: how a declaration stands."""

    label: Text
    help: Text | None = None
    when: Query = {}
