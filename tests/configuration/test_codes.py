"""Every code of the checks is reported at its line by a file broken that way, and by no sound one."""

from pathlib import Path

import pytest

from models.schema.finding import CODES, Finding
from tests.configuration.broken import BROKEN, Broken
from tests.configuration.sample import FILES, look, write_site


def test_there_is_a_broken_file_for_every_code() -> None:
    assert BROKEN.keys() == CODES.keys()


def test_control_the_sound_files_have_no_findings(tmp_path: Path) -> None:
    assert [str(finding) for finding in look(write_site(tmp_path))] == []


def reported(folder: Path, broken: Broken, code: str) -> list[Finding]:
    return [finding for finding in look(write_site(folder / "site", broken.files)) if finding.code == code]


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_broken_is_reported_at_its_line(tmp_path: Path, code: str) -> None:
    broken = BROKEN[code]
    found = reported(tmp_path, broken, code)
    assert found, [str(finding) for finding in look(tmp_path / "site")]
    if broken.line:
        lines = [Path(finding.file).read_text("utf-8").splitlines()[finding.line - 1] for finding in found]
        assert any(broken.line in line for line in lines), lines


@pytest.mark.parametrize("code", BROKEN)
def test_it_is_said_in_both_languages_without_places_left_open(tmp_path: Path, code: str) -> None:
    for finding in reported(tmp_path, BROKEN[code], code):
        assert finding.problem("ja") != finding.problem("en")
        assert finding.remedy("ja") != finding.remedy("en")
        assert str(finding).isprintable()


def test_all_is_found_at_once_errors_first(tmp_path: Path) -> None:
    files = {
        **FILES,
        **{
            n: t
            for c in ("T-E026", "T-E022", "T-W005")
            for n, t in BROKEN[c].files.items()
            if t != FILES.get(n)
        },
    }
    found = look(write_site(tmp_path, files))
    assert {"T-E026", "T-E022", "T-W005"} <= {finding.code for finding in found}
    assert [finding.severity for finding in found] == sorted(finding.severity for finding in found)
