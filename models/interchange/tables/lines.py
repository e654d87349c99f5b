"""JSON Lines: one record an object a line, values as they are stored."""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from models.errors import TransferRefused
from models.interchange.tables.cells import CELL_LIMIT
from models.interchange.tables.writer import Rows

NOTICE = "notice"
"""The key of the first line's object, which is about the file."""


class LinesWriter:
    """A JSON Lines file; the rows are single cells holding the objects of ``nested`` columns."""

    ending = "jsonl"
    content_type = "application/jsonl; charset=utf-8"

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self._heads: Sequence[str] = (state or {}).get("heads", ())

    def begin(self, notice: Sequence[str], heads: Sequence[str]) -> bytes:
        self._heads = tuple(heads)
        return _line({NOTICE: list(notice)}) if notice else b""

    def rows(self, rows: Rows) -> bytes:
        return b"".join(_line(dict(zip(self._heads, row, strict=True))) for row in rows)

    def end(self) -> bytes:
        return b""

    def state(self) -> Mapping[str, Any]:
        return {"heads": list(self._heads), "unwritten": 0}


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_exactly).encode() + b"\n"


def _exactly(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def read_lines(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines text, each with the number of its line. Raises TransferRefused for a line
    that is none."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        found = _object(line, number)
        if number > 1 or NOTICE not in found:
            yield number, found


def _object(line: str, number: int) -> dict[str, Any]:
    refusal = TransferRefused("Line {line} of the file is damaged.", line=number)
    if len(line) > CELL_LIMIT:
        raise refusal
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise refusal from error
    if not isinstance(found, dict):
        raise refusal
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
