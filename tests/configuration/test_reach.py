"""What can be reached: only what is certain is reported, and each report has a twin that is in order."""

import pytest

from models import access
from models.configuration.candidate import read_candidate
from models.configuration.check import check
from models.configuration.checks.access import HOLDERS
from models.configuration.load import Configuration, load_configuration
from tests.configuration.sample import FILES, SITE, TYPE

FIELD = "  - {name: extra, type: text, label: {ja: 項, en: Item}, personal: no, show_when: %s}\n"


@pytest.fixture(scope="module")
def site() -> Configuration:
    return load_configuration([SITE], check)


def codes(site: Configuration, text: str) -> set[str]:
    return {finding.code for finding in read_candidate(text, site).findings}


def with_field(condition: str, more: str = "") -> str:
    """The sample with a field shown under `condition`, and no pages."""
    text = FILES[TYPE]
    return text[: text.index("pages:")] + FIELD % condition + more + text[text.index("checks:") :]


NEVER = [
    "{covered: true, policy: null, $nor: [{kind: climbing}, {kind: walking}, {kind: null}]}",
    "{$and: [{kind: walking}, {kind: climbing}]}",
    "{members: {$gt: 10, $lt: 10}}",
    "{members: {$gt: 500}}",
    "{members: {$lt: 1, $ne: null}}",
    "{covered: false, policy: {$ne: null}}",
    "{kind: {$in: [walking], $nin: [walking]}}",
    "{$expr: {$and: [{$eq: [$kind, walking]}, {$eq: [$kind, climbing]}]}}",
    "{group_name: {$in: [a, b], $nin: [a, b]}}",
    "{$and: [{covered: true}, {covered: {$exists: false}}]}",
]
SOMETIMES = [
    "{covered: true}",
    "{$or: [{kind: walking}, {kind: climbing}]}",
    "{members: {$gte: 10, $lte: 10}}",
    "{members: {$gt: 499}}",
    "{members: null}",
    "{covered: true, policy: {$ne: null}}",
    "{covered: true, policy: null}",
    "{kind: {$ne: walking}}",
    "{group_name: {$regex: a}, email: {$ne: x}}",
    "{$expr: {$gt: [$members, $total_days]}}",
    "{trips: {$elemMatch: {days: {$gt: 5}}}}",
    "{group_name: {$nin: [a, b]}}",
    "{members: {$gt: $$TODAY}}",
]


@pytest.mark.parametrize("condition", NEVER)
def test_a_field_whose_condition_never_holds_is_reported(site: Configuration, condition: str) -> None:
    assert "T-E042" in codes(site, with_field(condition))


@pytest.mark.parametrize("condition", SOMETIMES)
def test_control_one_whose_condition_may_hold_is_not(site: Configuration, condition: str) -> None:
    assert codes(site, with_field(condition)) == set()


def test_what_is_shown_only_with_something_never_shown_is_never_shown_either(site: Configuration) -> None:
    second = FIELD.replace("extra", "second") % "{extra: x}"
    never = with_field("{covered: true, $nor: [{covered: true}]}", second)
    found = [f.values["name"] for f in read_candidate(never, site).findings if f.code == "T-E042"]
    assert found == ["extra", "second"]
    assert codes(site, with_field("{covered: true}", second)) == set()


def test_circles_are_told_whole_and_asking_for_each_other_is_none(site: Configuration) -> None:
    second = FIELD.replace("extra", "second") % "{extra: x}"
    (finding,) = read_candidate(with_field("{second: x}", second), site).findings
    assert (finding.code, finding.values["circle"]) == ("T-E043", "extra → second → extra")
    either = FILES[TYPE].replace("{covered: true}, personal", "{members: null}, personal")
    either = either.replace(
        "{ja: 人数, en: Members}, required: true", "{ja: 人数, en: Members}, required_when: {policy: null}"
    )
    assert "T-E043" not in codes(site, either)


def test_a_table_that_depends_on_its_own_rows_is_a_circle(site: Configuration) -> None:
    text = FILES[TYPE].replace("max_rows: 20\n", "max_rows: 20\n    show_when: {trips.days: 1}\n")
    assert "T-E043" in codes(site, text)


def test_a_check_shown_where_its_field_is_shown_is_in_order(site: Configuration) -> None:
    moved = FILES[TYPE].replace("at: covered", "at: policy")
    assert "T-E047" in codes(site, moved)
    bounded = moved.replace("when: {members: {$gte: 100}}", "when: {covered: true, members: {$gte: 100}}")
    assert "T-E047" not in codes(site, bounded)


def test_a_page_that_is_lost_matters_only_where_something_relies_on_it(site: Configuration) -> None:
    field = (
        FIELD.replace("extra", "nickname").replace("personal", "required: true, personal")
        % "{kind: climbing}"
    )
    page = "  - {name: last, label: {ja: 最後, en: Last}, fields: [nickname]}\n"
    text = FILES[TYPE].replace("pages:\n", f"{field}pages:\n{page}")
    assert codes(site, text) == set()
    relied = text.replace('title: "{group_name}"', 'title: "{nickname}"')
    (finding,) = read_candidate(relied, site).findings
    assert (finding.code, finding.values["answer"]) == ("T-W007", "kind: walking")


def test_whom_access_may_name_is_whom_it_knows() -> None:
    assert set(HOLDERS) == access.HOLDERS.keys()


def test_who_is_not_known_may_not_be_named(site: Configuration) -> None:
    text = with_field("{covered: true}").replace(
        "personal: no, show", "personal: no, access: {read: [%s]}, show"
    )
    assert codes(site, text % "reviewer") == set()
    assert codes(site, text % "reviwer") == {"T-E026", "T-E057"}
