"""A YAML file with the line of every value, so that each message can name its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.language import Message
from models.schema.finding import Finding
from models.schema.tree import Mark, Refused, read_tree

MAX_BYTES = 2_000_000
"""Largest file that is read: some fifty thousand lines."""


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file: plain values, and where each begins."""

    path: Path
    value: Any
    mark: Mark

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line (from 1) of `path`, or of its nearest parent that is in the file."""
        mark = self.mark
        for part in path:
            found = mark.inner.get(str(part))
            if found is None:
                break
            mark = found
        return mark.line

    def finding(self, code: str, path: Sequence[str | int], **values: Any) -> Finding:
        """A finding at the line of `path` in this file."""
        return Finding(code, spell(self.path), self.line_of(path), values)


def read_source(path: Path) -> Source | Finding:
    """Parse a YAML 1.2 file of one document. Returns a Finding (T-E001, T-E002, T-E032 to T-E040) instead of
    raising, so that all are reported."""
    text = read_text(path)
    return text if isinstance(text, Finding) else parse(path, text)


def read_text(path: Path) -> str | Finding:
    """The text of a UTF-8 file, a byte order mark left out; or T-E032, T-E033, T-E034."""
    try:
        if not path.is_file() and path.exists():
            return Finding("T-E034", spell(path), 1, {"problem": Message("it is not a file")})
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:
        return Finding("T-E034", spell(path), 1, {"problem": getattr(error, "strerror", None) or str(error)})
    if len(content) > MAX_BYTES:
        return Finding("T-E032", spell(path), 1, {"limit": MAX_BYTES // 1000})
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Finding("T-E033", spell(path), content[: error.start].count(b"\n") + 1)


def parse(path: Path, text: str) -> Source | Finding:
    """Parse `text` as if it stood in `path`; never raises, whatever the text."""
    try:
        if len(text.encode()) > MAX_BYTES:
            return Finding("T-E032", spell(path), 1, {"limit": MAX_BYTES // 1000})
        tree = read_tree(text)
    except UnicodeEncodeError as error:
        return Finding("T-E033", spell(path), text[: error.start].count("\n") + 1)
    except Refused as refused:
        return Finding(refused.code, spell(path), refused.line, refused.values)
    return Source(path, tree.value, tree.mark)


def spell(path: Path) -> str:
    """`path` for a message: bytes of a name that are not UTF-8 become “�”."""
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
