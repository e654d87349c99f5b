"""Every code of the checks is reported at its line by a file broken that way, and by no sound one."""

from pathlib import Path

import pytest

from models.schema.finding import CODES, Finding
from tests.configuration.broken import BROKEN, LIFE, Broken, later
from tests.configuration.sample import FILES, FLOW, TYPE, changed, look, write_site


def test_there_is_a_broken_file_for_every_code() -> None:
    assert BROKEN.keys() == CODES.keys()


def test_control_the_sound_files_have_no_findings(tmp_path: Path) -> None:
    assert [str(finding) for finding in look(write_site(tmp_path))] == []


def reported(folder: Path, broken: Broken, code: str) -> list[Finding]:
    modules = [write_site(folder / "site", broken.files)]
    modules += [write_site(folder / "behind", broken.behind)] if broken.behind else []
    return [finding for finding in look(*modules) if finding.code == code]


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


def test_consents_that_nobody_could_wait_for_are_found_in_every_shape(tmp_path: Path) -> None:
    by = {LIFE: FILES[LIFE].replace("by: system", "by: [staff, system], all_of: [operator]")}
    asks = {**later("steps: {delete: {asks: [members]}}").files, **by}
    hands_over = changed(FLOW, "by: applicant, mail", "by: system, all_of: [applicant, reviewer], mail")
    assert reported(tmp_path / "asks", Broken(asks), "T-E115")
    assert reported(tmp_path / "none", Broken({**FILES, **by}), "T-E115") == []
    assert reported(tmp_path / "over", Broken(hands_over), "T-E116")


@pytest.mark.parametrize("key", ["text, classification: confidential", "text, access: {read: [staff]}"])
def test_what_few_may_read_is_not_written_where_more_do(tmp_path: Path, key: str) -> None:
    def told(kind: str) -> set[str]:
        said = "label: {ja: 項, en: Item}, personal: no"
        note, hidden = (
            f"  - {{name: {n}, type: {k}, {said}}}\n" for n, k in (("note", "text"), ("hidden", kind))
        )
        leads = "leads_to: [{type: group, label: {ja: 次, en: Next}, answers: {note: $hidden}}]\n"
        start, end = FILES[TYPE].index("pages:"), FILES[TYPE].index("checks:")
        group = f"{FILES[TYPE][:start]}{note}{hidden}{leads}{FILES[TYPE][end:]}"
        effect = "by: system, effects: [{register_another: {type: group, answers: {note: $hidden}}}]"
        life = FILES[LIFE].replace("by: system", effect)
        found = look(write_site(tmp_path, {**FILES, TYPE: group, LIFE: life}))
        return {Path(each.file).name for each in found if each.code == "T-E058"}

    assert told(key) == {Path(TYPE).name, Path(LIFE).name}
    assert told("text") == set()
