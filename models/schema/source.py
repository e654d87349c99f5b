"""A YAML file with the line of every value, so that each message can name its place."""

import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from models.schema.finding import Finding

Path_ = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One parsed file: plain values, and the line (from 1) where each path begins."""

    path: Path
    value: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line_of(self, path: Sequence[str | int]) -> int:
        """The line of `path`, or of its nearest parent that has one."""
        parts = [str(part) for part in path]
        while parts and "/".join(parts) not in self.lines:
            parts.pop()
        return self.lines.get("/".join(parts), 1)

    def finding(self, code: str, path: Sequence[str | int], **values: Any) -> Finding:
        """A finding at the line of `path` in this file."""
        return Finding(code, str(self.path), self.line_of(path), values)


def read_source(path: Path, cache: Path | None = None) -> Source | Finding:
    """Parse a YAML 1.2 file. `cache` is a folder for parsed forms, keyed by content (parsing is ~7 ms/kB).

    Returns a Finding (T-E001 not YAML, T-E002 a key twice) instead of raising, so that all are reported."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Finding("T-E001", str(path), 1, {"problem": type(error).__name__})
    if cache is None:
        return _parse(path, text)
    kept = cache / f"{hashlib.sha256(text.encode()).hexdigest()}.json"
    if kept.exists():
        stored = json.loads(kept.read_text(encoding="utf-8"), object_hook=_revive)
        return Source(path, stored["value"], stored["lines"])
    source = _parse(path, text)
    if isinstance(source, Source):
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(
            json.dumps({"value": source.value, "lines": source.lines}, default=_freeze), encoding="utf-8"
        )
    return source


def _parse(path: Path, text: str) -> Source | Finding:
    parser = YAML(typ="rt", pure=True)
    try:
        loaded = parser.load(io.StringIO(text))
    except DuplicateKeyError as error:
        mark = error.problem_mark
        return Finding(
            "T-E002", str(path), (mark.line + 1) if mark else 1, {"problem": _first_line(error.problem)}
        )
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return Finding(
            "T-E001", str(path), (mark.line + 1) if mark else 1, {"problem": _first_line(error.problem)}
        )
    except YAMLError as error:
        return Finding("T-E001", str(path), 1, {"problem": _first_line(str(error))})
    return Source(path, _plain(loaded), dict(_lines(loaded, ())))


def _first_line(problem: str | None) -> str:
    return (problem or "").splitlines()[0] if problem else ""


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, str):
        return str(node)
    if isinstance(node, bool) or node is None or isinstance(node, date):
        return node
    return float(node) if isinstance(node, float) else int(node)


def _lines(node: Any, path: Path_) -> Iterator[tuple[str, int]]:
    if isinstance(node, CommentedMap):
        for key, value in node.items():
            yield "/".join(map(str, (*path, key))), node.lc.key(key)[0] + 1
            yield from _lines(value, (*path, key))
    elif isinstance(node, CommentedSeq):
        for index, value in enumerate(node):
            yield "/".join(map(str, (*path, index))), node.lc.item(index)[0] + 1
            yield from _lines(value, (*path, index))


def _freeze(value: Any) -> Any:
    return {"$date": value.isoformat()}


def _revive(value: dict[str, Any]) -> Any:
    return date.fromisoformat(value["$date"]) if value.keys() == {"$date"} else value
