"""Decisions keep their form and are all listed; documents name files that exist."""

import re
from pathlib import Path

import pytest

from app.settings import ROOT

FOLDER = ROOT / "docs" / "decisions"
DOCS = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]


def parts_of(record: str) -> dict[str, str]:
    """The parts of a record by their headings."""
    pieces = re.split(r"^## (.+)$", record, flags=re.MULTILINE)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def missing_files(text: str) -> list[str]:
    """The files of ours that a text names in backticks and that are not there."""
    named = re.findall(r"`((?:app|admin|forms|models|fixtures|tests|docs)/[\w./-]+)`", text)
    return [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_its_five_parts_and_stays_short(path: Path) -> None:
    record = path.read_text(encoding="utf-8")
    assert record.startswith(f"# {path.stem[:4]} ")
    assert list(parts_of(record)) == PARTS
    assert all(text.strip() for text in parts_of(record).values())
    assert len(record.split()) < 350


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_files_that_exist(path: Path) -> None:
    assert missing_files(path.read_text(encoding="utf-8")) == []


def test_numbers_follow_each_other_and_the_list_is_whole() -> None:
    assert [path.name[:4] for path in RECORDS] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]
    listed = re.findall(r"\]\((\d{4}-.+?\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert listed == [path.name for path in RECORDS]


def test_control_a_file_that_is_gone_is_found() -> None:
    assert missing_files("`models/schema/source.py` and `models/schema/gone.py`") == ["models/schema/gone.py"]
