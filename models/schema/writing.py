"""Plain values as the YAML a steward would have written: short mappings in one line, long ones in a block."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

WIDTH = 140
"""Columns a mapping or list may take in one line."""

FOLD = 118
"""Columns of a folded text."""


def write_yaml(definition: Mapping[str, Any]) -> str:
    """The YAML text of `definition`: texts, numbers, dates, truth values, lists and mappings by text keys.

    What stands in quotes is what another reader could take for something else (YAML 1.1's ``no``, ``0123``,
    ``2026-04-01``), so that ``read_source`` of the text gives `definition` back."""
    pieces: list[str] = []
    for key, value in definition.items():
        lines = [*_entry(key, value, 0)]
        if pieces and _is_chapter(value, lines):
            pieces.append("")
        pieces += lines
    return "\n".join(pieces or ["{}"]) + "\n"


def _is_chapter(value: Any, lines: Sequence[str]) -> bool:
    """Whether a blank line goes before: lists in a block, and mappings of mappings (states, review)."""
    if len(lines) == 1:
        return False
    return _is_list(value) or (
        isinstance(value, Mapping)
        and all(isinstance(part, Mapping) or _is_list(part) for part in value.values())
    )


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """The lines of one key and its value."""
    head = f"{' ' * indent}{_scalar(str(key), flow=True)}:"
    if not _stands_apart(value, indent) and (line := _in_line(value, WIDTH - len(head))) is not None:
        yield f"{head} {line}"
    elif isinstance(value, str):
        yield from _text(head, value, indent)
    else:
        yield head
        yield from _block(value, indent + 2)


def _stands_apart(value: Any, indent: int) -> bool:
    """At the top level, a list of mappings has a line for each however short it is."""
    return indent == 0 and _is_list(value) and any(isinstance(item, Mapping) and item for item in value)


def _block(value: Any, indent: int) -> Iterator[str]:
    """The lines of a mapping or list that does not fit in one."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _entry(str(key), part, indent)
    else:
        for item in value:
            yield from _item(item, indent)


def _item(item: Any, indent: int) -> Iterator[str]:
    head = f"{' ' * indent}-"
    if (line := _in_line(item, WIDTH - len(head))) is not None:
        yield f"{head} {line}"
    elif isinstance(item, str):
        yield from _text(head, item, indent)
    else:
        first, *rest = _block(item, indent + 2)
        yield f"{head} {first.lstrip(' ')}"
        yield from rest


def _in_line(value: Any, room: int) -> str | None:
    """`value` in one line; None where it does not fit, or a text in it wants lines of its own."""
    if isinstance(value, str):
        line = None if _is_literal(value) else _scalar(value, flow=False)
    else:
        line = _flow(value)
    divisible = isinstance(value, str | Mapping) or _is_list(value)
    return line if line is None or len(line) < room or not divisible or not value else None


def _flow(value: Any) -> str | None:
    if isinstance(value, Mapping):
        parts = [(_scalar(str(key), flow=True), _flow(part)) for key, part in value.items()]
        if any(part is None for _, part in parts):
            return None
        return "{" + ", ".join(f"{key}: {part}" for key, part in parts) + "}"
    if isinstance(value, str):
        return None if _is_literal(value) else _scalar(value, flow=True)
    if _is_list(value):
        items = [_flow(item) for item in value]
        return None if None in items else "[" + ", ".join(str(item) for item in items) + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    """A value that is no text and holds no others."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: float) -> str:
    """A float with its point, as both YAML 1.1 and 1.2 know it."""
    text = repr(value)
    if text.lstrip("-") in ("inf", "nan"):
        return text.replace("inf", ".inf").replace("nan", ".nan")
    mantissa, mark, exponent = text.partition("e")
    return text if "." in mantissa else f"{mantissa}.0{mark}{exponent}"


_FIRST = set("-?:,[]{}#&*!|>'\"%@`=~<. \t")
_MISTAKABLE = re.compile(
    r"(y|n|yes|no|on|off|true|false|null|nan|inf)"
    r"|[-+]?[0-9][0-9_.,:]*([eE][-+]?[0-9]*)?"
    r"|[-+]?0[xob][0-9a-f_]*"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?",
    re.IGNORECASE,
)
_ODD = re.compile("[\x00-\x1f\x7f-\xa0\ufeff\ufffe\uffff\u2028\u2029\ud800-\udfff]")
"""Characters YAML does not print, or takes for ends of lines."""


def _scalar(text: str, *, flow: bool) -> str:
    """A text in one line: bare where nobody can take it for something else, otherwise in quotes."""
    bare = (
        text != ""
        and text[0] not in _FIRST
        and text[-1] not in ": "
        and ": " not in text
        and " #" not in text
        and not _ODD.search(text)
        and not (flow and set(text) & set(",[]{}"))
        and not (text[0] == "+" and text[1:2] in (".", ""))
        and not _MISTAKABLE.fullmatch(text)
    )
    return text if bare else _quoted(text)


def _quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", escaped)


def _is_literal(text: str) -> bool:
    """Whether a text has several lines that can be written as they stand."""
    if "\n" not in text or text.endswith("\n\n") or _ODD.search(text.replace("\n", "")):
        return False
    lines = text.removesuffix("\n").split("\n")
    return lines[0][:1] not in ("", " ") and all(line == "" or line.strip() for line in lines)


def _text(head: str, text: str, indent: int) -> Iterator[str]:
    """A text under its key: as it stands, folded where it has spaces to fold at, or in one long line."""
    margin = " " * (indent + 2)
    if _is_literal(text):
        yield f"{head} {'|' if text.endswith(chr(10)) else '|-'}"
        yield from (f"{margin}{line}" if line else "" for line in text.removesuffix("\n").split("\n"))
    elif re.fullmatch(r"[^\s]+( [^\s]+)+", text) and not _ODD.search(text):
        yield f"{head} >-"
        yield from (f"{margin}{line}" for line in _folded(text, FOLD - len(margin)))
    else:
        yield f"{head} {_scalar(text, flow=False)}"


def _folded(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line
