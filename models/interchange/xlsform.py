"""XLSForm workbooks (xlsform.org): the sheets ``survey``, ``choices`` and ``settings``."""

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import ImportRefused
from models.interchange.draft import DEPTH, Draft, Field, beyond, both
from models.interchange.logic import Query, read_condition
from models.language import Message

TYPES: Mapping[str, str] = {
    "text": "text",
    "string": "text",
    "integer": "integer",
    "int": "integer",
    "decimal": "decimal",
    "range": "decimal",
    "select_one": "choice",
    "select_multiple": "choices",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "note": "guide",
    "image": "file",
    "photo": "file",
    "file": "file",
    "barcode": "text",
    "acknowledge": "declaration",
    "trigger": "declaration",
}
"""What a type becomes (the first word, lower case)."""

ROWS = 5_000
COLUMNS = 100

Row = dict[str, str]
Labels = Mapping[str, str]


def read_xlsform(content: bytes) -> Draft:
    """The draft of a record type from a workbook (its size was looked at before). Raises ImportRefused."""
    sheets = _sheets(content)
    if "survey" not in sheets:
        raise ImportRefused("The workbook has no sheet “survey”.")
    settings = next(iter(sheets.get("settings", [])), {})
    title = settings.get("form_title") or settings.get("form_id") or ""
    draft = Draft(name=settings.get("form_id") or title, label=both(title))
    choices: dict[str, list[tuple[str, Labels]]] = defaultdict(list)
    for row in sheets.get("choices", []):
        name = row.get("name") or row.get("value") or ""
        choices[row.get("list_name") or row.get("list name") or ""].append((name, _said(row, "label", name)))
    reader = _Survey(draft, choices, sheets["survey"])
    draft.fields = [*reader.level(1, "", set(), None)]
    return draft


def _sheets(content: bytes) -> dict[str, list[Row]]:
    """The rows of the three sheets, as texts by their headings."""
    import python_calamine  # here: only this command reads workbooks

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = {name.lower(): name for name in book.sheet_names}
        wanted = {name: found[name] for name in ("survey", "choices", "settings") if name in found}
        return {name: _rows(book.get_sheet_by_name(sheet).to_python()) for name, sheet in wanted.items()}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise ImportRefused("The workbook cannot be read.") from error


def _rows(cells: list[list[Any]]) -> list[Row]:
    if len(cells) > ROWS or any(len(row) > COLUMNS for row in cells):
        raise ImportRefused(
            "A sheet has more than {rows} rows or {columns} columns.", rows=ROWS, columns=COLUMNS
        )
    heads = [str(head).strip() for head in cells[0]] if cells else []
    rows = [{head: _text(cell) for head, cell in zip(heads, row, strict=False) if head} for row in cells[1:]]
    return [row for row in rows if any(row.values())]


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _said(row: Row, key: str, otherwise: str) -> dict[str, str]:
    """A text in both languages: ``label``, or ``label::Japanese (ja)`` and ``label::English (en)``."""
    found = {
        head.rpartition("::")[2].lower(): row[head] for head in row if head.split(":")[0] == key and row[head]
    }
    plain = row.get(key) or next(iter(found.values()), otherwise)
    ja = next((text for head, text in found.items() if head.startswith("ja") or "(ja)" in head), plain)
    en = next((text for head, text in found.items() if head.startswith("en") or "(en)" in head), plain)
    return {"ja": both(ja)["ja"], "en": both(en)["en"]}


class _Survey:
    """The rows of the sheet, taken one after the other; groups and repeats hold those up to their end."""

    def __init__(
        self, draft: Draft, choices: Mapping[str, list[tuple[str, Labels]]], rows: list[Row]
    ) -> None:
        self.draft, self.choices, self.rows = draft, choices, rows
        self.at = 0

    def level(self, depth: int, prefix: str, taken: set[str], shown: Query | None) -> Iterator[Field]:
        """The fields up to the end of this group or repeat."""
        while self.at < len(self.rows):
            row = self.rows[self.at]
            self.at += 1
            words = re.split(r"[\s_]+", row.get("type", "").strip().lower(), maxsplit=1)
            kind, rest = words[0], words[1] if len(words) > 1 else ""
            if kind == "end":
                return
            if kind == "begin" and rest.startswith("repeat"):
                yield from self.repeat(row, depth, prefix, taken, shown)
            elif kind == "begin":
                yield from self.group(row, depth, prefix, taken, shown)
            elif kind:
                yield from self.question(row, prefix, taken, shown)

    def group(
        self, row: Row, depth: int, prefix: str, taken: set[str], shown: Query | None
    ) -> Iterator[Field]:
        """A group is no more than a heading; what it is relevant to concerns everything inside."""
        name = row.get("name") or "group"
        path = f"{prefix}{name}"
        if depth == 1 and _said(row, "label", "")["ja"]:
            heading = self.draft.begin(path, name, "heading", _said(row, "label", name), taken)
            self.relevant(row, path, heading, shown)
            yield heading
        query = read_condition(row["relevant"]) if row.get("relevant") else None
        if row.get("relevant") and query is None:
            self.draft.condition(path, {}, "show_when", None, row["relevant"])
        yield from self.level(depth + 1, prefix, taken, _and(shown, query))

    def repeat(
        self, row: Row, depth: int, prefix: str, taken: set[str], shown: Query | None
    ) -> Iterator[Field]:
        name = row.get("name") or "repeat"
        path = f"{prefix}{name}"
        table = self.draft.begin(path, name, "table", _said(row, "label", name), taken)
        self.relevant(row, path, table, shown)
        table["fields"] = [*self.level(depth + 1, f"{path}.", set(), None)]
        if not table["fields"] or prefix.count(".") >= DEPTH - 1:
            self.draft.left(path, "repeat", Message("Nothing of what is inside could be carried over."))
            return
        if row.get("repeat_count"):
            self.draft.left(path, "repeat_count", Message("There is nothing like it."))
        yield table

    def question(self, row: Row, prefix: str, taken: set[str], shown: Query | None) -> Iterator[Field]:
        words = row["type"].split()
        first, name = words[0].lower().replace("-", ""), row.get("name", "")
        path = f"{prefix}{name or first}"
        if words[0] == "select" and len(words) > 2:
            first = {"one": "select_one", "multiple": "select_multiple"}.get(words[1], first)
            words = [first, words[2]] if words[2] != "from" else [first, words[-1]]
        ours = TYPES.get(first)
        if ours is None or not name:
            self.draft.left(path, f"type {row['type'][:40]}", Message("There is no field like it."))
            return
        field = self.draft.begin(path, name, ours, _said(row, "label", name), taken)
        if ours in ("guide", "declaration"):
            field["text"] = field["label"]
        if ours in ("choice", "choices"):
            self.draft.options(path, field, self.choices.get(words[1], []) if len(words) > 1 else [])
        self.rules(row, path, field)
        self.relevant(row, path, field, shown)
        yield field

    def rules(self, row: Row, path: str, field: Field) -> None:
        """Hint, required, read only, default, constraint."""
        draft, guide = self.draft, field["type"] == "guide"
        if _said(row, "hint", "")["ja"]:
            draft.put(path, field, "help", _said(row, "hint", ""))
        required = row.get("required", "").lower()
        if required in ("yes", "true", "true()") and not guide:
            draft.put(path, field, "required", True)
        elif required not in ("", "no", "false", "false()", "yes", "true", "true()"):
            draft.condition(path, field, "required_when", read_condition(row["required"]), row["required"])
        if (row.get("readonly") or row.get("read_only") or "").lower() in (
            "yes",
            "true",
            "true()",
        ) and not guide:
            draft.put(path, field, "read_only", True)
        if row.get("default"):
            draft.put(path, field, "default", row["default"])
        for key in ("calculation", "choice_filter", "trigger"):
            if row.get(key):
                draft.left(path, key, Message("Formulas of the other system are not translated."))
        if row.get("constraint"):
            self.constraint(row["constraint"], path, field)

    def constraint(self, text: str, path: str, field: Field) -> None:
        """``. >= 0 and . <= 10`` and ``regex(., '…')``; others are left."""
        if match := re.fullmatch(r"\s*regex\(\s*\.\s*,\s*(['\"])(.+)\1\s*\)\s*", text):
            self.draft.pattern(path, field, match[2])
            return
        limits = [
            re.fullmatch(r"\s*\.\s*(>=|<=|>|<)\s*(-?\d{1,15})\s*", part) for part in text.split(" and ")
        ]
        if field["type"] not in ("integer", "decimal") or not all(limits):
            self.draft.left(path, "constraint", beyond(text))
            return
        for limit in filter(None, limits):
            operator, number = limit[1], int(limit[2])
            if len(operator) == 1 and field["type"] == "decimal":
                reason = Message("Only limits that include their value can be carried over.")
                self.draft.left(path, "constraint", reason)
                continue
            number += {">": 1, "<": -1}.get(operator, 0)
            self.draft.put(path, field, "min" if operator[0] == ">" else "max", number)

    def relevant(self, row: Row, path: str, field: Field, shown: Query | None) -> None:
        """When a question is shown: its own ``relevant``, and that of the groups around it."""
        own = row.get("relevant") or row.get("relevance") or ""
        query = read_condition(own) if own else None
        if own and query is None:
            self.draft.condition(path, field, "show_when", None, own)
        if (together := _and(shown, query)) is not None:
            self.draft.condition(path, field, "show_when", together, own)


def _and(one: Query | None, other: Query | None) -> Query | None:
    return {"$and": [one, other]} if one and other else one or other
