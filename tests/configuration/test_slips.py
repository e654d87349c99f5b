"""What the check says of slips one makes on the first day: it names what was meant."""

from pathlib import Path

import pytest

from app.settings import ROOT
from tests.configuration.sample import look, write_site

DESK = ROOT / "fixtures" / "example_permits"
FILES = {str(path.relative_to(DESK)): path.read_text(encoding="utf-8") for path in DESK.rglob("*.yaml")}
PERMIT, LIFE = "record_types/permit.yaml", "lifecycles/permit.yaml"
DUTY = "workflow: review, kinds: [register, change]}\nduties: [{name: d, label: {ja: 年次}, every: 1 year}]"

SLIPS = {
    "a key": ("site.yaml", "operator_type:", "operator_tpye:", ["T-E003"], "operator_type"),
    "a workflow shipped": (PERMIT, "workflow: review", "workflow: reveiw", ["T-E013"], "inquiry, review"),
    "a lifecycle": (PERMIT, "lifecycle: permit\n", "lifecycle: permits\n", ["T-E014"], "permit, registered"),
    "a mail": (LIFE, "record_state_changed", "record_state_change", ["T-E016"], "record_state_changed"),
    "a label in one language": (PERMIT, "{ja: 場所, en: Place}", "場所", ["T-E005"], "{ja: …, en: …}"),
    "a list": (PERMIT, "asks: [visitors, cleaned]", "asks: visitors", ["T-E005"], "[a, b]"),
    "a time": (PERMIT, "workflow: review, kinds: [register, change]}", DUTY, ["T-E005"], "12 months"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_what_was_meant_is_named(tmp_path: Path, name: str) -> None:
    file, right, wrong, codes, meant = SLIPS[name]
    assert right in FILES[file]
    found = look(write_site(tmp_path, {**FILES, file: FILES[file].replace(right, wrong)}))
    assert sorted({finding.code for finding in found}) == codes, [str(finding) for finding in found]
    assert all(meant in finding.say("en") and meant in finding.say("ja") for finding in found)


def test_control_a_key_nothing_is_a_slip_of_leaves_the_missing_one_told(tmp_path: Path) -> None:
    site = FILES["site.yaml"].replace("operator_type:", "zzz:")
    found = look(write_site(tmp_path, {**FILES, "site.yaml": site}))
    assert [finding.code for finding in found] == ["T-E004", "T-E003"]


def test_control_what_is_shipped_and_not_named_stays_out(tmp_path: Path) -> None:
    assert look(write_site(tmp_path, FILES)) == ()


def test_a_module_file_without_its_key_is_told_what_it_begins_with(tmp_path: Path) -> None:
    found = look(write_site(tmp_path, {**FILES, "module.yaml": ""}))
    assert [finding.code for finding in found] == ["T-E006"]
    assert "module" in found[0].remedy("en")
