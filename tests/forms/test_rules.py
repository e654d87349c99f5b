"""A page's rules in the browser and in words: what the script is told, and that it follows what one types."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from app.opening import configuration_of
from app.settings import Settings
from forms.render.rules import because, page_rules
from models.schema.definition import RecordType
from models.schema.words import describe


@pytest.fixture(scope="module")
def resource(tmp_path_factory: pytest.TempPathFactory) -> RecordType:
    data: Path = tmp_path_factory.mktemp("rules")
    return configuration_of(Settings(data=data)).record_types["resource"]


def names_of(definition: RecordType, page: str) -> tuple[str, ...]:
    return next(known.fields for known in definition.laid_out if known.name == page)


def told(markup: str) -> dict[str, object]:
    found = re.fullmatch(r'<script type="application/json" id="rules">(.*)</script>', markup, re.DOTALL)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_the_script_is_told_the_answers_the_rules_read_and_no_others(resource: RecordType) -> None:
    rules = page_rules(resource, names_of(resource, "codes"), "ja")
    assert rules is not None
    data = {"resource_class": "stable", "owner_type": None, "resource_name": "第一発電所"}
    assert told(rules.write(data, {"OPERATOR": {"secret": 1}})) | {"fields": 0, "texts": 0} == {
        "fields": 0,
        "texts": 0,
        "answers": {"resource_class": "stable", "owner_type": None},
        "variables": {},
    }


def test_no_answer_ends_the_data_block(resource: RecordType) -> None:
    rules = page_rules(resource, names_of(resource, "codes"), "ja")
    assert rules is not None
    written = rules.write({"resource_class": "</script><script>alert(1)</script><!--"}, {})
    assert written.count("<") == 2
    answers = told(written)["answers"]
    assert answers == {"resource_class": "</script><script>alert(1)</script><!--"}


def test_exact_numbers_stay_exact(resource: RecordType) -> None:
    rules = page_rules(resource, names_of(resource, "codes"), "ja")
    assert rules is not None
    written = told(rules.write({"resource_class": Decimal("0.1")}, {}))
    assert written["answers"] == {"resource_class": {"$numberDecimal": "0.1"}}


def test_a_page_without_rules_has_no_script(resource: RecordType) -> None:
    assert page_rules(resource, ("resource_name",), "ja") is None


def test_rules_are_said_by_the_labels_of_fields_and_options(resource: RecordType) -> None:
    point = resource.by_name["receiving_point_number"]
    assert point.required_when is not None
    assert because(resource, point, "en") == (
        "Required because “Class of resource” is “Stable resource” or “Variable resource (single)”."
    )
    assert re.fullmatch(
        "「電源等の区分」が「.+」、「.+」である", describe(point.required_when, resource, "ja")
    )


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"resource_class": None},
        {"resource_class": {"$exists": True}},
        {"$nor": [{"owner_type": "own"}, {"area": {"$ne": "tokyo"}}]},
        {"units": {"$elemMatch": {"generation_method": "coal"}}},
        {"units": {"$not": {"$size": 2}}},
        {"$expr": {"$lte": ["$resource_name", "$$TODAY"]}},
        {"start": {"$gte": "$$TODAY", "$lt": 5}, "units.0.unit_name": {"$regex": "^a"}},
    ],
    ids=str,
)
def test_every_condition_has_words(resource: RecordType, query: dict[str, object]) -> None:
    for language in ("ja", "en"):
        said = describe(query, resource, language)
        assert said
        assert "$" not in said
