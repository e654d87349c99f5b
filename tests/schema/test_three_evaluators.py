"""Python, MongoDB and the browser mean the same by every condition and formula; MongoDB is the reference."""

import os
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, given, settings
from playwright.async_api import Browser, Page, async_playwright

from app.database import Database
from models.schema.conditions import compile_condition
from models.schema.database_query import for_database
from models.schema.expressions import compile_expression
from models.schema.values import MISSING
from tests.schema.agreement import (
    SCRIPT,
    Answers,
    Batch,
    ask_browser,
    ask_database,
    ask_python,
    batches,
    differences,
)

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PAIRS = int(os.environ.get("TOROKU_PAIRS", "20000"))
"""How many pairs of a document and a condition or formula are generated; more for a night."""

GENERATED = settings(
    max_examples=PAIRS // 900 + 1,
    deadline=None,
    derandomize="TOROKU_PAIRS" not in os.environ,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)

TRICKY = Batch(
    documents=[
        {},
        {"a": None},
        {"a": []},
        {"a": [1, 2]},
        {"a": [[1, 2], 3]},
        {"a": [[5]]},
        {"a": [[{"b": 5}]]},
        {"a": [{"b": 5}, {"b": [7]}, 3]},
        {"a": [{"0": {"b": 1}}, {"b": 2}]},
        {"a": {"b": 1, "c": 2}},
        {"a": {"c": 2, "b": 1}},
        {"a": True},
        {"a": 1},
        {"a": Decimal("0.1"), "b": Decimal("0.2")},
        {"a": 0.1, "b": 0.2},
        {"a": 2**53 + 1, "b": float(2**53)},
        {"a": 2**63 - 1, "b": 1},
        {"a": -(2**63)},
        {"a": "2026-04", "b": "2026-03-31"},
        {"a": "2026-02-30", "b": "2024-02-29"},
        {"a": "2025-12-31T23:30", "b": "x"},
        {"a": "𠮷野家", "b": "ﾄ"},
        {"a": "東京\n"},
        {"a": "ÉA"},
        {"rows": [{"n": 1}, {"n": Decimal("0.1")}, {"m": 2}, [{"n": 9}]]},
    ],
    conditions=[
        {"a": {"$elemMatch": {"$gt": 1}}},
        {"a": {"$elemMatch": {"$eq": [5]}}},
        {"a": {"$elemMatch": {"$elemMatch": {"$gt": 1}}}},
        {"a": {"$elemMatch": {"0": {"$exists": True}}}},
        {"a": {"$elemMatch": {"b": None}}},
        {"a": {"$elemMatch": {}}},
        {"a": {"$elemMatch": {"$or": [{"b": 5}, {"0": 5}]}}},
        {"a.b": None},
        {"a.b": {"$ne": None}},
        {"a.0": 1},
        {"a.0": [1, 2]},
        {"a.0.b": 5},
        {"a.0.0": {"$size": 1}},
        {"a.0.0": 5},
        {"a": {"$gt": [1]}},
        {"a": {"b": 1, "c": 2}},
        {"a": {"$gt": {"b": 1}}},
        {"a": 1},
        {"a": 0.1},
        {"a": {"$gte": 0.1}},
        {"a": {"$gt": 2**53}},
        {"a": {"$not": {"$gt": 0, "$lt": 2}}},
        {"a": {"$in": [None, True]}},
        {"a": {"$lte": None}},
        {"a": {"$regex": "^東京$"}},
        {"a": {"$regex": "^.野家$"}},
        {"a": {"$gt": "ﾄ"}},
        {"$expr": {"$eq": ["$a", None]}},
        {"$expr": "$a"},
        {"$expr": {"$eq": [{"$add": ["$a", "$b"]}, 0.3]}},
    ],
    formulas=[
        {"$add": ["$a", "$b"]},
        {"$sum": ["$a", "$b"]},
        {"$sum": "$rows.n"},
        {"$avg": "$rows.n"},
        {"$multiply": ["$a", 3]},
        {"$divide": ["$a", 3]},
        {"$divide": ["$a", 0]},
        {"$mod": ["$a", 0.3]},
        {"$abs": "$a"},
        {"$round": [{"$divide": ["$a", 7]}, 2]},
        {"$size": "$a"},
        {"$concat": ["$a", "$b"]},
        {"$toLower": "$a"},
        {"$strLenCP": "$a"},
        {"$substrCP": ["$a", 1, 2]},
        {"$year": "$a"},
        {"$month": "$b"},
        {"$dateDiff": {"startDate": "$b", "endDate": "$a", "unit": "day"}},
        {"$dateDiff": {"startDate": "$b", "endDate": "$a", "unit": "month"}},
        {"$dateAdd": {"startDate": "$b", "amount": 1, "unit": "month"}},
        {"$dateAdd": {"startDate": "$b", "amount": -1, "unit": "year"}},
        {"$in": ["$b", "$a"]},
        {"$max": "$a"},
        ["$a", "$nothing"],
        "$a.b",
    ],
)


@pytest_asyncio.fixture(scope="module")
async def script() -> AsyncIterator[Page]:
    """A browser's window with the evaluator in it."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            raise AssertionError("Chromium is missing: apt-get install chromium")
        pytest.skip("no Chromium found: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.add_script_tag(content=SCRIPT)
        yield page
        await browser.close()


def browser_of(page: Page) -> Browser:
    assert page.context.browser is not None
    return page.context.browser


async def disagreements(batch: Batch, page: Page) -> list[str]:
    """Where the browser differs from Python."""
    python = ask_python(batch)
    selected, differing = await ask_browser(batch, page, python)
    found = differences(batch, python, Answers(selected, python.computed))
    for formula, places, values in zip(batch.formulas, differing, python.computed, strict=True):
        found += [f"{formula} of {batch.documents[n]}: {values[n]!r} or {text}" for n, text in places]
    return found


async def test_known_corners_are_what_the_database_says(store: Database) -> None:
    assert differences(TRICKY, ask_python(TRICKY), await ask_database(TRICKY, store.mongo)) == []


@pytest.mark.browser
async def test_known_corners_are_the_same_in_the_browser(script: Page) -> None:
    assert await disagreements(TRICKY, script) == []


@GENERATED
@given(batch=batches)
async def test_generated_pairs_are_what_the_database_says(store: Database, batch: Batch) -> None:
    assert differences(batch, ask_python(batch), await ask_database(batch, store.mongo)) == []


@pytest.mark.browser
@GENERATED
@given(batch=batches)
async def test_generated_pairs_are_the_same_in_the_browser(script: Page, batch: Batch) -> None:
    assert await disagreements(batch, script) == []


def test_generated_conditions_hold_for_some_and_not_for_others() -> None:
    """The control: of what is generated a good part is fulfilled, and formulas come to something."""
    drawn: list[Batch] = []

    @settings(GENERATED, max_examples=8)
    @given(batch=batches)
    def draw(batch: Batch) -> None:
        drawn.append(batch)

    draw()
    answers = [ask_python(batch) for batch in drawn]
    asked = sum(len(batch.documents) * len(batch.conditions) for batch in drawn)
    assert asked // 20 < sum(len(places) for answer in answers for places in answer.selected) < asked
    values = [value for answer in answers for row in answer.computed for value in row]
    assert sum(value is not None and value is not MISSING for value in values) > len(values) // 4


async def test_control_a_wrong_meaning_in_the_database_would_be_found(store: Database) -> None:
    batch = Batch(TRICKY.documents, [{"a": {"$gt": 1}}], [{"$add": ["$a", 1]}])
    wrong = Batch(TRICKY.documents, [{"a": {"$gte": 1}}], [{"$add": ["$a", 2]}])
    found = differences(batch, ask_python(batch), await ask_database(wrong, store.mongo))
    assert {text.split(" o")[0] for text in found} == {"{'a': {'$gt': 1}}", "{'$add': ['$a', 1]}"}


@pytest.mark.browser
async def test_control_a_wrong_script_would_be_found(script: Page) -> None:
    for right, wrong in (("yield* value;", ""), ("DIGITS = 34", "DIGITS = 1"), (" + 0x10000", "")):
        assert right in SCRIPT
        page = await (await browser_of(script).new_context()).new_page()
        await page.add_script_tag(content=SCRIPT.replace(right, wrong))
        assert await disagreements(TRICKY, page) != []
        await page.context.close()


@pytest.mark.parametrize("formula", TRICKY.formulas, ids=str)
@pytest.mark.parametrize("value", ["x", True, [], {"b": 1}, None, 2**63 - 1], ids=repr)
def test_a_formula_never_raises(formula: Any, value: Any) -> None:
    compile_expression(formula)({"a": value, "b": value}, {})


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ({"$add": [Decimal("0.1"), Decimal("0.2")]}, Decimal("0.3")),
        ({"$add": [0.1, 0.2]}, Decimal("0.3")),
        ({"$add": [1, "x"]}, None),
        ({"$divide": [1, 0]}, None),
        ({"$year": "2026-04"}, 2026),
        ({"$year": "2026-02-30"}, None),
        ({"$dateAdd": {"startDate": "2024-01-31", "amount": 1, "unit": "month"}}, "2024-02-29"),
        ({"$dateDiff": {"startDate": "2025-12-31", "endDate": "2026-01-01", "unit": "year"}}, 1),
        ({"$round": [{"$divide": [Decimal(2), 3]}, 2]}, Decimal("0.67")),
        ({"$round": 2.5}, Decimal(2)),
    ],
    ids=str,
)
def test_formulas_come_to(formula: Any, expected: Any) -> None:
    assert compile_expression(formula)({}, {}) == expected


def test_a_condition_for_the_database_has_its_prefix_variables_and_exact_numbers() -> None:
    query = {
        "$or": [{"rows": {"$elemMatch": {"n": 0.1}}}, {"a": {"$regex": "x$"}}],
        "$expr": {"$eq": ["$a.b", "$$OPERATOR.n"]},
    }
    assert for_database(query, {"OPERATOR": {"n": "$secret"}}) == {
        "$or": [
            {"data.rows": {"$elemMatch": {"n": {"$eq": Decimal("0.1")}}}},
            {"data.a": {"$regex": r"x\z"}},
        ],
        "$expr": {"$eq": ["$data.a.b", {"$literal": "$secret"}]},
    }
    assert for_database({"number": 1}, {}, prefix="") == {"number": {"$eq": 1}}


def test_an_answer_cannot_become_an_operator() -> None:
    """A variable's value stands as a constant whatever it holds."""
    found = for_database(
        {"a": "$$OPERATOR.x", "b": {"$in": "$$OPERATOR.y"}}, {"OPERATOR": {"x": {"$gt": ""}}}
    )
    assert found == {"data.a": {"$eq": {"$gt": ""}}, "data.b": {"$in": []}}
    assert not compile_condition({"a": "$$OPERATOR.x"})({"a": "z"}, {"OPERATOR": {"x": {"$gt": ""}}})
