"""Requirements and what shows them: ``requirements.toml`` read, judged and counted.

``python -m tests.requirements`` prints the counts the README shows."""

import ast
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TABLE = Path(__file__).parent / "requirements.toml"
IDS = tuple(f"R{number}" for number in range(1, 110))
KINDS = ("tests", "later", "not_software")


@dataclass(frozen=True, slots=True)
class Count:
    """How many requirements are of each kind."""

    shown: int
    later: int
    not_software: int

    def __str__(self) -> str:
        return (
            f"Requirements: {self.shown} shown by tests, {self.later} later, {self.not_software} not software"
        )


def read_table(path: Path = TABLE) -> Mapping[str, Mapping[str, Any]]:
    """The rows by id."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def count(table: Mapping[str, Mapping[str, Any]]) -> Count:
    """The counts the README shows."""
    kinds = Counter(kind for row in table.values() for kind in KINDS if kind in row)
    return Count(*(kinds[kind] for kind in KINDS))


def problems(table: Mapping[str, Mapping[str, Any]], root: Path = ROOT) -> Iterator[str]:
    """What is wrong with the table: ids missing or unknown, rows of no kind or two, tests not there."""
    yield from (f"{missing}: not in the table" for missing in IDS if missing not in table)
    for name, row in table.items():
        if name not in IDS:
            yield f"{name}: no such requirement"
        if not row.get("text"):
            yield f"{name}: no text"
        if sum(bool(row.get(kind)) for kind in KINDS) != 1 or row.keys() - {"text", *KINDS}:
            yield f"{name}: needs exactly one of {', '.join(KINDS)}"
        yield from (f"{name}: no test {test}" for test in row.get("tests", ()) if not is_a_test(test, root))


def is_a_test(name: str, root: Path = ROOT) -> bool:
    """Whether ``tests/…/test_x.py::[Class::]test_y[id]`` names a test that is written there."""
    path, _, inside = name.partition("::")
    plain, bracket, _ = inside.partition("[")
    written = tests_in(root / path) if (root / path).is_file() else {}
    return plain in written and (not bracket or written[plain])


@cache
def tests_in(path: Path) -> Mapping[str, bool]:
    """The tests of one file, as ``test_y`` or ``Class::test_y``, with whether each is parametrised."""
    return dict(_tests(ast.parse(path.read_text(encoding="utf-8")).body, ""))


def _tests(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, bool]]:
    for node in body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, f"{prefix}{node.name}::")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marks = " ".join(ast.unparse(mark) for mark in node.decorator_list)
            yield prefix + node.name, "parametrize" in marks


if __name__ == "__main__":
    sys.stdout.write(f"{count(read_table())}\n")
