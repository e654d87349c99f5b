"""Rows copied from a spreadsheet: cells parted by tabs, lines ended by line feeds, put into a table."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.render.finding import exact, seen_as
from models.language import Language, Message
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw
from models.schema.fields.choice import BooleanField, ChoicesField, DeclarationField, ListedField

LIMIT = 200_000
"""Longest text of rows read (characters)."""

NOT_TYPED = frozenset({"file", "files", "certificate", "secret", "computed", "table"})
"""Controls no cell can answer."""

AFFIRMED = frozenset({"○", "◯", "✓", "✔", "レ"})

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table as it is pasted: the path of its field in a row."""

    path: Path
    field: BaseField

    def label(self, language: Language) -> str:
        return self.field.label(language)


@dataclass(frozen=True, slots=True)
class Pasted:
    """What came of pasting: the rows now, how many were filled, the lines there was no room for, or why
    nothing was done."""

    rows: list[Raw]
    filled: int = 0
    left: str = ""
    problem: Message | None = None


def columns(fields: Sequence[BaseField], around: Path = ()) -> Iterator[Column]:
    """The columns of a table in the order shown; a group's parts are columns of their own."""
    for part in fields:
        if part.asked and not part.read_only and part.control not in NOT_TYPED:
            if part.parts:
                yield from columns(part.parts, (*around, part.name))
            else:
                yield Column((*around, part.name), part)


def paste(target: TableField, rows: Sequence[Raw], text: str, row: int = -1, column: str = "") -> Pasted:
    """`rows` with the cells of `text`, from a row and column on, or after the last row. A first line that
    names columns says where the cells below it belong."""
    known = list(columns(target.fields))
    cells = _cells(text)
    if row < 0 and cells and (named := _named(known, cells[0])):
        known, cells = named, cells[1:]
    first = next((place for place, each in enumerate(known) if ".".join(each.path) == column), 0)
    known = known[first:]
    if problem := _misfit(known, cells):
        return Pasted(list(rows), problem=problem)
    kept: list[Raw] = [each for each in rows if _holds(each)] if row < 0 else list(rows)
    begin = row if row >= 0 else len(kept)
    room = max(target.max_rows - begin, 0)
    for place, line in enumerate(cells[:room], begin):
        kept += [{} for _ in range(place + 1 - len(kept))]
        kept[place] = _filled(kept[place], known, line)
    left = "\n".join("\t".join(line) for line in cells[room:])
    return Pasted(kept, len(cells[:room]), left)


def _cells(text: str) -> list[list[str]]:
    """The cells of each line, as spreadsheets copy them: a cell of several lines stands between quotes."""
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t"))
    except csv.Error:
        lines = [line.split("\t") for line in text.splitlines()]
    trimmed = [[cell.strip() for cell in line] for line in lines]
    return [line for line in trimmed if any(line)]


def _named(known: Sequence[Column], line: Sequence[str]) -> list[Column]:
    """The columns a line names, all of its cells naming one; [] where it is no such line."""
    labels = {seen_as(text): each for each in known for text in (each.field.label.en, each.field.label.ja)}
    found = [labels.get(seen_as(cell)) for cell in line]
    columns_ = [each for each in found if each is not None]
    return columns_ if columns_ and len(columns_) == len(line) else []


def _misfit(known: Sequence[Column], cells: Sequence[Sequence[str]]) -> Message | None:
    """What is said where a line has more cells than there are columns; nothing is put in then."""
    if not cells:
        return Message("Paste at least one row.")
    for number, line in enumerate(cells, 1):
        used = max((place for place, cell in enumerate(line, 1) if cell), default=0)
        if used > len(known):
            told = {"row": number, "cells": used, "columns": len(known)}
            text = "Row {row} of what you pasted has {cells} cells, but there are {columns} columns here."
            return Message(text, told)
    return None


def _holds(row: Raw) -> bool:
    """Whether anything stands in a row."""
    if isinstance(row, Mapping):
        return any(_holds(value) for value in row.values())
    return bool(row)


def _filled(row: Raw, known: Sequence[Column], line: Sequence[str]) -> Raw:
    """A row with cells put in; what an empty cell stands over is kept."""
    filled: dict[str, Any] = dict(row) if isinstance(row, dict) else {}
    for column, cell in zip(known, line, strict=False):
        if cell:
            level = filled
            for step in column.path[:-1]:
                level[step] = dict(level.get(step) or {})
                level = level[step]
            level[column.path[-1]] = answer_in(column.field, cell)
    return filled


def answer_in(target: BaseField, cell: str) -> Raw:
    """What a cell answers: an answer of a list by its label or code, everything else as it stands. A text
    that is none of the list's stays, so that it is shown and refused at its place."""
    if isinstance(target, BooleanField):
        said = (
            {seen_as(target.yes.ja), seen_as(target.yes.en)},
            {seen_as(target.no.ja), seen_as(target.no.en)},
        )
        return "yes" if seen_as(cell) in said[0] else "no" if seen_as(cell) in said[1] else cell
    if isinstance(target, ChoicesField):
        parts = cell.replace("、", ",").replace(";", ",").replace("\n", ",").split(",")
        return [exact(target, part) or part.strip() for part in parts if part.strip()] or None
    if isinstance(target, DeclarationField):
        return "yes" if cell in AFFIRMED else cell
    return exact(target, cell) or cell if isinstance(target, ListedField) else cell
