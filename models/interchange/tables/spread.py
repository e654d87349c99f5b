"""The columns of an operator's own file: every answer a form asks for in a column of its own, those in tables
too, a column for each row: 「号機 1／名称」."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from models.interchange.tables.columns import Column, heads_of, tellable
from models.language import LANGUAGES, Language, Text
from models.schema.definition import RecordType, walk
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import DeclarationField
from models.schema.fields.file import CertificateField, UploadField
from models.schema.fields.structure import CombinedField, HolderField

Path = tuple[str | int, ...]

ROWS = 2
"""Rows of each table a template begins with."""

ROW_LIMIT = 50
"""Most rows of one table that have columns."""

Widths = Mapping[str, int]
"""How many rows of each table have columns, by the name of the table."""


@dataclass(frozen=True)
class Spread(Column):
    """One column. Of a table, ``place`` says where in the answers it stands: ``("units", 0, "name")``."""

    place: Path = ()

    @property
    def name(self) -> str:
        """What it is called in a head of names: rows are counted from 1."""
        return ".".join(str(part + 1) if isinstance(part, int) else part for part in self.place)

    @cached_property
    def table(self) -> tuple[str, ...]:
        """The path of the table it stands in; () outside of one."""
        row = next((at for at, part in enumerate(self.place) if isinstance(part, int)), 0)
        return tuple(str(part) for part in self.place[:row])

    @cached_property
    def is_closed(self) -> bool:
        """Whether it holds what no table can bring: a secret it can."""
        return _is_closed(self.field)

    @cached_property
    def row(self) -> int:
        """Which row of the table it stands in, from 0."""
        return next((part for part in self.place if isinstance(part, int)), 0)

    @cached_property
    def inside(self) -> tuple[str, ...]:
        """Where it stands in its row."""
        return tuple(str(part) for part in self.place[len(self.table) + 1 :])

    def take(self, data: Mapping[str, Any]) -> Any:
        """The stored answer."""
        value: Any = data
        for part in self.place:
            if isinstance(part, int):
                value = value[part] if isinstance(value, list) and part < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return tellable(self.field, value)


def spread_columns(definition: RecordType, widths: Widths | int = ROWS) -> tuple[Spread, ...]:
    """The columns of `definition`, which is what somebody may read. What no table can bring (files,
    statements, secrets in rows) and what is not typed is left out; of other secrets a cell may
    bring one, and tells none."""
    return tuple(_columns(definition.fields, (), (), widths))


def _columns(
    fields: tuple[BaseField, ...], place: Path, around: tuple[Text, ...], widths: Widths | int
) -> Iterator[Spread]:
    for field in fields:
        if not _is_typed(field):
            continue
        here, labels = (*place, field.name), (*around, field.label)
        in_table = any(isinstance(part, int) for part in place)
        if isinstance(field, TableField) and not in_table:
            yield from _rows(field, here, labels, widths)
        elif isinstance(field, CombinedField):
            yield from _columns(field.parts, here, labels, widths)
        else:
            path = tuple(part for part in here if isinstance(part, str))
            yield Spread(path, _joined(labels), field, here)


def _rows(field: TableField, place: Path, labels: tuple[Text, ...], widths: Widths | int) -> Iterator[Spread]:
    *around, own = labels
    wanted = widths if isinstance(widths, int) else widths.get(".".join(map(str, place)), ROWS)
    for row in range(min(wanted, field.max_rows, ROW_LIMIT)):
        counted = Text(ja=f"{own.ja} {row + 1}", en=f"{own('en')} {row + 1}")
        yield from _columns(field.parts, (*place, row), (*around, counted), widths)


def _is_typed(field: BaseField) -> bool:
    if not (field.stored and field.asked) or field.read_only or _is_closed(field):
        return False
    inside = (part for _, part in walk(field.parts))
    if isinstance(field, TableField) and any(_is_closed(part) or part.confidential for part in inside):
        return False  # what the file cannot bring would be missing in every row
    return not isinstance(field, HolderField) or any(_is_typed(part) for part in field.parts)


def _is_closed(field: BaseField) -> bool:
    return isinstance(field, UploadField | CertificateField | DeclarationField)


def _joined(labels: tuple[Text, ...]) -> Text:
    return Text(ja="／".join(text.ja for text in labels), en=" / ".join(text("en") for text in labels))


def tables_of(definition: RecordType) -> dict[str, TableField]:
    """The tables whose rows have columns, by name."""
    found: dict[str, TableField] = {}

    def look(fields: tuple[BaseField, ...], path: str) -> None:
        for field in fields:
            if isinstance(field, TableField) and _is_typed(field):
                found[path + field.name] = field
            elif isinstance(field, CombinedField):
                look(field.parts, f"{path}{field.name}.")

    look(definition.fields, "")
    return found


def spread_heads(columns: tuple[Spread, ...], folded: Any) -> dict[str, str]:
    """Every head that is known, folded: names, and labels in both languages; the column each names."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        for column, head in zip(columns, heads_of(columns, language), strict=True):
            found.setdefault(folded(head), column.name)
    return found | {folded(column.name): column.name for column in columns}


def spell_row(columns: tuple[Spread, ...], data: Mapping[str, Any], language: Language) -> list[Any]:
    """The cells of stored answers."""
    return [column.speller(language)(column.take(data)) for column in columns]
