"""A text proposed as a record type is read as if it stood among the site's files, whatever it is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.configuration.candidate import read_candidate
from models.configuration.check import check
from models.configuration.load import Configuration, load_configuration
from tests.configuration.broken import BROKEN, LIFE
from tests.configuration.hostile import HOSTILE
from tests.configuration.sample import FILES, SITE, TYPE, write_site

ELSEWHERE = {"T-E007", "T-E025", "T-E029", "T-E034", "T-E139"}
"""Codes about files beside the one that is proposed."""


@pytest.fixture(scope="module")
def site() -> Configuration:
    return load_configuration([SITE], check)


def test_what_stands_in_the_file_is_a_candidate_without_findings(site: Configuration) -> None:
    candidate = read_candidate(FILES[TYPE], site)
    assert candidate.findings == ()
    assert candidate.definition == site.record_types["group"]


@pytest.mark.parametrize(
    "code",
    [c for c, b in BROKEN.items() if b.files.get(TYPE) not in (None, FILES[TYPE]) and c not in ELSEWHERE],
)
def test_what_the_linter_finds_in_a_file_it_finds_in_a_text(site: Configuration, code: str) -> None:
    content = BROKEN[code].files[TYPE]
    if isinstance(content, bytes):
        content = content.decode("utf-16")[:20] + "\ud800"
    candidate = read_candidate(content, site, "proposed.yaml")
    found = [finding for finding in candidate.findings if finding.code == code]
    assert found, [str(finding) for finding in candidate.findings]
    assert {finding.file for finding in candidate.findings} == {"proposed.yaml"}
    assert candidate.errors or code.startswith("T-W")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_makes_it_raise(site: Configuration, name: str) -> None:
    assert read_candidate(HOSTILE[name].content.decode("utf-8", "surrogateescape"), site).findings


@given(st.text(max_size=200))
def test_no_random_text_either(text: str) -> None:
    configuration = load_configuration([SITE], check)
    assert read_candidate(text, configuration).definition is None


def test_another_type_may_not_share_its_collection(site: Configuration) -> None:
    text = FILES[TYPE].replace("record_type: group", "record_type: club")
    assert [finding.code for finding in read_candidate(text, site).findings] == ["T-E018"]


def test_a_new_type_may_refer_to_itself(site: Configuration) -> None:
    parent = (
        "  - {name: parent, type: reference, to: club, label: {ja: 上部団体, en: Parent}, personal: no}\n"
    )
    text = FILES[TYPE].replace("record_type: group", "record_type: club").replace("groups", "clubs")
    text = text.replace("pages:", f"{parent}pages:").replace("fields: [trips,", "fields: [parent, trips,")
    assert read_candidate(text, site).findings == ()


def test_a_field_that_a_lifecycle_names_is_not_renamed_alone(tmp_path: Path) -> None:
    def group(name: str) -> str:
        field = f"  - {{name: {name}, type: date, label: {{ja: 日, en: Day}}, personal: no}}\n"
        start, end = FILES[TYPE].index("pages:"), FILES[TYPE].index("checks:")
        return f"{FILES[TYPE][:start]}{field}{FILES[TYPE][end:]}"

    due = FILES[LIFE].replace("  active: {", "  active: {due: 3 days, since: begun, ", 1)
    folder = write_site(tmp_path, {**FILES, TYPE: group("begun"), LIFE: due})
    site = load_configuration([folder], check)
    assert read_candidate(group("begun"), site).errors == ()
    assert [finding.code for finding in read_candidate(group("started"), site).errors] == ["T-E125"]
