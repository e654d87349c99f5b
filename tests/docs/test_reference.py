"""The manual's tables are those of the code, and every table is in the manual."""

import re
from collections import Counter

import pytest

from models.services import moving
from models.services.effects import PERFORM
from models.workflow.effects import EFFECTS, LIFECYCLE_EFFECTS
from tests.docs.reference import BLOCKS, fill, pages


def test_no_table_is_stale() -> None:
    """Mended by ``python -m tests.docs.reference``."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages()}
    assert [name for name, text in texts.items() if fill(text) != text] == []


def test_every_table_is_in_the_manual_once() -> None:
    marks = [
        mark
        for path in pages()
        for mark in re.findall(r"<!-- generated: (\w+) -->", path.read_text(encoding="utf-8"))
    ]
    assert Counter(marks) == Counter(BLOCKS.keys())


@pytest.mark.parametrize("row", ["| `TOROKU_PORT` | `8001` | Port |", "| `TOROKU_GONE` | none | Gone |", ""])
def test_control_a_stale_table_is_found(row: str) -> None:
    page = f"# Page\n\n<!-- generated: settings -->\n\n{row}\n\n<!-- end: settings -->\nafter\n"
    filled = fill(page)
    assert filled != page
    assert fill(filled) == filled
    assert filled.endswith("after\n")


def test_control_a_table_nobody_makes_is_found() -> None:
    with pytest.raises(KeyError):
        fill("<!-- generated: nothing -->\n<!-- end: nothing -->")


def test_every_effect_of_the_table_is_performed_and_no_other() -> None:
    assert PERFORM.keys() == EFFECTS.keys()
    assert {*moving.PERFORM, moving.ANOTHER} == LIFECYCLE_EFFECTS.keys()
