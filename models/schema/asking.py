"""What a record asks for after it was registered: answers of steps, applications it leads to."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from models.language import Text
from models.schema.fields.base import Query
from models.schema.part import Part


class StepAnswers(Part):
    """What a step of the lifecycle asks for: fields filled in when it is taken, and not before, unless a page
    of the form has them too. With ``appends`` the one table asked for gains the rows written at each step,
    and those there were stay."""

    asks: tuple[str, ...] = Field(min_length=1)
    help: Text | None = None
    appends: bool = False


class Lead(Part):
    """An application of another type that a record leads to: offered on its page to who may begin one, with
    answers taken over, ``{field there: constant, or "$field" of this record ("$number" its number)}``."""

    type: str
    label: Text
    when: Query = {}
    answers: Mapping[str, Any] = {}
