"""Nothing of a configuration tells what a secret says; whether one is answered may be asked."""

from pathlib import Path

import pytest

from tests.configuration.broken import LABEL, PIN, Files, added
from tests.configuration.sample import FILES, TYPE, look, write_site

PINNED = added(PIN).files


def among(old: str, new: str, file: str = TYPE) -> Files:
    """The files with a secret in the type, and one more thing written."""
    text = PINNED[file]
    assert isinstance(text, str)
    assert old in text
    return {**PINNED, file: text.replace(old, new, 1)}


def asked(rule: str) -> Files:
    return added(f"{PIN}  - {{name: more, type: text, {rule}, {LABEL}}}").files


CARRIED = "leads_to: [{type: group, label: {ja: 次へ, en: On}, answers: {group_name: $pin}}]\n"

TELLING = {
    "a condition": asked("show_when: {$or: [{covered: true}, {pin: {$regex: '^1'}}]}"),
    "a check": among("must: {covered: true}", "must: {pin: {$ne: '0000'}}"),
    "mails": among("contact: email", "contact: pin"),
    "another application": among("purpose:", f"{CARRIED}purpose:"),
}


@pytest.mark.parametrize("files", TELLING.values(), ids=TELLING)
def test_what_reads_a_secret_is_found(tmp_path: Path, files: Files) -> None:
    assert "T-E131" in {finding.code for finding in look(write_site(tmp_path, files))}


@pytest.mark.parametrize("rule", ["{pin: {$ne: null}}", "{pin: null}", "{$and: [{pin: {$exists: true}}]}"])
def test_whether_a_secret_is_answered_may_be_asked(tmp_path: Path, rule: str) -> None:
    found = look(write_site(tmp_path, asked(f"show_when: {rule}")))
    assert "T-E131" not in {finding.code for finding in found}


def test_control_the_type_with_a_secret_is_sound(tmp_path: Path) -> None:
    assert PINNED[TYPE] != FILES[TYPE]
    assert not [each for each in look(write_site(tmp_path, PINNED)) if each.severity == "error"]


@pytest.mark.parametrize(("reader", "found"), [("[staff]", False), ("[operator]", True), ("null", True)])
def test_what_only_some_may_read_is_carried_only_to_where_the_same_people_read(
    tmp_path: Path, reader: str, found: bool
) -> None:
    """A decision begun from a record takes its answers over."""
    there = "note" if reader != "null" else "group_name"
    fields = f"{{name: note, type: text, access: {{read: {reader}}}, {LABEL}}}\n"
    inside = f"  - {{name: opinion, type: text, access: {{read: [staff]}}, {LABEL}}}"
    files = added(fields + inside).files
    carried = CARRIED.replace("group_name: $pin", f"{there}: $opinion")
    text = files[TYPE]
    assert isinstance(text, str)
    look_at = {**files, TYPE: text.replace("purpose:", f"{carried}purpose:", 1)}
    codes = {each.code for each in look(write_site(tmp_path, look_at))}
    assert ("T-E058" in codes) is found
