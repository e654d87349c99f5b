"""Routes of mails: to whom something is sent is looked up, at that moment, among what is registered."""

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from models.language import Text
from models.schema.definition import Part
from models.schema.fields.base import Query

RECORD = "$$RECORD."
"""What a condition begins a reference to the answers with that the mail is about."""

OWN = ("number", "lifecycle", "type")
"""What ``$$RECORD`` knows besides the answers."""


class RouteStep(Part):
    """One place to look: the live ``records`` of a type that fulfil ``where``, or the record the references
    ``through`` lead to one after the other, the first a field of what the mail is about. ``email`` and
    ``name`` are fields of what is found."""

    records: str | None = None
    where: Query = {}
    through: tuple[str, ...] = Field((), max_length=4)
    email: str
    name: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.records is None) == (not self.through):
            raise ValueError("say either “records” or “through”")
        if self.where and self.records is None:
            raise ValueError("“where” is asked of “records”")
        return self


class MailRoute(Part):
    """Whom mails by this route go to: all that the first step of ``find`` finds which finds anybody, else
    ``operator`` (its administrators) or a role of the staff."""

    label: Text
    find: tuple[RouteStep, ...] = Field(min_length=1, max_length=8)
    otherwise: str = Field(alias="else")


def asked_of(query: Any) -> Iterator[str]:
    """The names a condition asks of ``$$RECORD``."""
    if isinstance(query, str) and query.startswith(RECORD):
        yield query.removeprefix(RECORD).partition(".")[0]
    elif isinstance(query, Mapping):
        for value in query.values():
            yield from asked_of(value)
    elif isinstance(query, list | tuple):
        for value in query:
            yield from asked_of(value)
