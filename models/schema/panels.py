"""What stands beside the answers of a record: fields of others, and pictures of how records hang together."""

from typing import Self

from pydantic import Field, model_validator

from models.language import Text
from models.schema.evolution.entry import Declared
from models.schema.fields.base import Option, Query


class Beside(Declared):
    """Answers of another record, read beside the form and on the record's page, never asked: of the record
    the references ``via`` lead to one after the other, the first a field of this type; where they lead
    nowhere yet, of the live ``records`` of a type that fulfil ``where``. Conditions read records as they are
    stored, and the answers beside which they are shown as ``$$RECORD.<field>``."""

    label: Text
    help: Text | None = None
    via: tuple[str, ...] = Field((), max_length=4)
    records: str | None = None
    where: Query = {}
    fields: tuple[str, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.via and self.records is None:
            raise ValueError("say “via”, “records” or both")
        return self


class Boxes(Declared):
    """Whose records a diagram draws as boxes: the live ones of a type that fulfil ``where``, which may ask
    ``$$RECORD.<field>`` and ``$$RECORD.number`` of the record the diagram stands at."""

    records: str
    where: Query = {}


class Lanes(Declared):
    """Into which bands the boxes are sorted: by the option of their choice field ``by``, or by an
    ``attribute`` of that option; ``are`` are the bands in their order, those of the options where it is left
    out. ``divide`` is written at the line between two bands."""

    by: str
    attribute: str | None = None
    are: tuple[Option, ...] = Field((), max_length=8)
    divide: Text | None = None


class Standing(Declared):
    """That every option of the bands' field is drawn, also where no record has it; ``lines`` is the attribute
    that names the option it is connected to."""

    lines: str | None = None


class Diagram(Declared):
    """A picture of records as boxes in bands, and of their references among each other as lines. ``lines``
    are fields of the boxes: references to their own type, and choices of the bands' list, which lead to
    every box of that option."""

    name: str
    label: Text
    help: Text | None = None
    boxes: Boxes
    lanes: Lanes
    lines: tuple[str, ...] = Field((), max_length=8)
    also: Standing | None = None
