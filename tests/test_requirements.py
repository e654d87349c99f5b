"""Every requirement is shown by tests that exist, or the table says when or why not."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.requirements import IDS, ROOT, Count, count, is_a_test, problems, read_table

README = ROOT / "README.md"
Row = Mapping[str, Any]
WHOLE: dict[str, Row] = {name: {"text": "Asked.", "later": "another day"} for name in IDS}
HERE = "tests/test_requirements.py::"


def test_every_requirement_has_its_row() -> None:
    assert list(problems(read_table())) == []


def test_the_readme_tells_the_counts() -> None:
    """From the day there is a README."""
    text = README.read_text("utf-8") if README.exists() else str(count(read_table()))
    assert re.findall(r"^Requirements: .+?(?=\.?$)", text, re.MULTILINE) == [str(count(read_table()))]


def test_control_a_whole_table_has_no_problem() -> None:
    assert list(problems(WHOLE)) == []


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"text": "Asked."}, "R9: needs exactly one of tests, later, not_software"),
        ({"text": "Asked.", "tests": []}, "R9: needs exactly one of tests, later, not_software"),
        ({"text": "Asked.", "later": "x", "not_software": "y"}, "R9: needs exactly one of"),
        ({"text": "Asked.", "later": "x", "test": "y"}, "R9: needs exactly one of"),
        ({"later": "another day"}, "R9: no text"),
        ({"text": "Asked.", "tests": [HERE + "test_nothing"]}, f"R9: no test {HERE}test_nothing"),
        (
            {"text": "Asked.", "tests": ["tests/test_gone.py::test_x"]},
            "R9: no test tests/test_gone.py::test_x",
        ),
    ],
)
def test_control_a_row_that_is_not_right_is_found(row: Row, problem: str) -> None:
    (found,) = problems({**WHOLE, "R9": row})
    assert found.startswith(problem)


def test_control_a_missing_and_an_unknown_requirement_are_found() -> None:
    table = {name: row for name, row in WHOLE.items() if name != "R7"} | {"R110": WHOLE["R1"]}
    assert list(problems(table)) == ["R7: not in the table", "R110: no such requirement"]


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("test_x", True),
        ("test_several", True),
        ("test_several[1]", True),
        ("test_x[1]", False),
        ("TestGroup::test_inside", True),
        ("test_inside", False),
        ("helper", False),
        ("test_commented", False),
    ],
)
def test_tests_are_found_as_pytest_finds_them(tmp_path: Path, name: str, there: bool) -> None:
    written = (
        "import pytest\n"
        "async def test_x(): ...\n"
        "@pytest.mark.parametrize('n', [1])\ndef test_several(n): ...\n"
        "class TestGroup:\n    def test_inside(self): ...\n"
        "def helper(): ...\n"
        "# def test_commented(): ...\n"
    )
    (tmp_path / "test_file.py").write_text(written, "utf-8")
    assert is_a_test(f"test_file.py::{name}", tmp_path) is there


def test_the_counts_read_as_a_sentence() -> None:
    table = {**WHOLE, "R1": {"text": "Asked.", "tests": ["x"]}, "R2": {"text": "Asked.", "not_software": "y"}}
    assert count(table) == Count(shown=1, later=107, not_software=1)
    assert str(count(table)) == "Requirements: 1 shown by tests, 107 later, 1 not software"
