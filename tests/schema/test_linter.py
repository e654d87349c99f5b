"""The linter sees what only shows when files are looked at together. The unbroken files are the control
(``test_capacity_market.test_nothing_is_found_wrong_not_even_a_missing_translation``)."""

from pathlib import Path
from shutil import copytree

import pytest

from models.configuration.check import check
from models.configuration.load import examine
from tests.schema.test_capacity_market import MODULE

LIFECYCLE = "lifecycles/registered_record.yaml"
TYPE = "record_types/resource.yaml"


@pytest.mark.parametrize(
    ("file", "right", "wrong", "code"),
    [
        (LIFECYCLE, "live: false", "live: true", "T-E031"),
        (TYPE, "workflow: registration", "workflow: registry", "T-E013"),
        (TYPE, "lifecycle: registered_record", "lifecycle: registred", "T-E014"),
        (TYPE, "belongs_to: operator", "belongs_to: owner", "T-E023"),
        (TYPE, "expect: valid", "expect: {resource_name: required}", "T-E022"),
        ("workflows/registration.yaml", "to: second_review", "to: third_review", "T-E020"),
        ("workflows/registration.yaml", "by: [approver]", "by: [aprover]", "T-E026"),
        ("workflows/registration.yaml", "- register\n", "- registre\n", "T-E015"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_broken_is_found(tmp_path: Path, file: str, right: str, wrong: str, code: str) -> None:
    copied = tmp_path / "module"
    copytree(MODULE, copied)
    text = (copied / file).read_text(encoding="utf-8")
    assert right in text
    (copied / file).write_text(text.replace(right, wrong), encoding="utf-8")
    _, findings = examine([copied], check)
    found = [finding for finding in findings if finding.code == code]
    assert found, [str(finding) for finding in findings]
    assert all(finding.line >= 1 and finding.problem("ja") != finding.problem("en") for finding in found)


STEPPED = """fields:
  - {name: a, type: text, label: {ja: あ, en: A}, required: true, personal: no}
  - {name: b, type: text, label: {ja: い, en: B}, required: true, personal: no}
pages: [{name: one, label: {ja: 一, en: One}, fields: [a]}]
steps: {annul: {asks: [b]}}
examples:
  - {given: {a: x}}
  - {step: annul, given: {b: y}}
  - {step: annul, given: {}, expect: {b: required}}
  - {step: annul, given: {}}
  - {step: keep, given: {a: x}}
"""


def test_an_example_is_of_an_application_or_of_what_a_step_asks_for(tmp_path: Path) -> None:
    copied = tmp_path / "module"
    copytree(MODULE, copied)
    kind = (copied / "record_types/investigation.yaml").read_text(encoding="utf-8").partition("fields:")[0]
    kind = kind.replace("investigation", "looking").replace("{subject}", "{a}") + STEPPED
    (copied / "record_types/looking.yaml").write_text(kind, encoding="utf-8")
    _, findings = examine([copied], check)
    found = {each.line: each.code for each in findings if "looking" in each.file}
    wrong = [
        kind[: kind.index(text)].count("\n") + 1 for text in ("- {step: annul, given: {}}", "- {step: keep")
    ]
    assert found == dict(zip(wrong, ("T-E022", "T-E053"), strict=True))
