"""Asking Python, MongoDB and the browser the same: every condition and formula of every document."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from playwright.async_api import Page

from forms.assets import FOLDER
from models.documents.prepare import CODEC
from models.documents.store import Mongo
from models.schema.browser_query import extended, for_browser
from models.schema.conditions import compile_condition
from models.schema.database_query import expression_for_database, for_database
from models.schema.expressions import compile_expression
from models.schema.values import MISSING, compare
from tests.schema.queries import VARIABLES, conditions, documents, formulas

SCRIPT = (FOLDER / "evaluator.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Batch:
    """Documents, and what is asked of each."""

    documents: Sequence[Mapping[str, Any]]
    conditions: Sequence[Mapping[str, Any]]
    formulas: Sequence[Any]

    @property
    def pairs(self) -> int:
        return len(self.documents) * (len(self.conditions) + len(self.formulas))


@dataclass(frozen=True)
class Answers:
    """By condition the places of the documents that fulfil it; by formula the value of each document."""

    selected: list[set[int]]
    computed: list[list[Any]]


batches = st.builds(
    Batch,
    st.lists(documents, min_size=30, max_size=30),
    st.lists(conditions, min_size=20, max_size=20),
    st.lists(formulas, min_size=10, max_size=10),
)


def ask_python(batch: Batch) -> Answers:
    compiled = [compile_condition(condition) for condition in batch.conditions]
    return Answers(
        [{n for n, known in enumerate(batch.documents) if holds(known, VARIABLES)} for holds in compiled],
        [[compile_expression(f)(known, VARIABLES) for known in batch.documents] for f in batch.formulas],
    )


async def ask_database(batch: Batch, mongo: Mongo) -> Answers:
    collection = mongo.with_options(codec_options=CODEC)["asked"]
    await collection.drop()
    await collection.insert_many([{"_id": n, "data": known} for n, known in enumerate(batch.documents)])
    selected = []
    for condition in batch.conditions:
        found = collection.find(for_database(condition, VARIABLES), {"_id": 1})
        selected.append({known["_id"] async for known in found})
    computed = []
    for formula in batch.formulas:
        value = expression_for_database(formula, VARIABLES)
        pipeline: list[dict[str, Any]] = [{"$sort": {"_id": 1}}, {"$project": {"value": value}}]
        computed.append([known.get("value", MISSING) async for known in await collection.aggregate(pipeline)])
    return Answers(selected, computed)


ASK = """({documents, conditions, formulas, variables, expected}) => {
  const known = documents.map(evaluator.revive), given = evaluator.revive(variables);
  const selected = conditions.map(evaluator.revive).map(
    (query) => known.flatMap((one, place) => evaluator.matches(query, one, given) ? [place] : []));
  const differing = formulas.map(evaluator.revive).map((formula, row) => known.flatMap((one, place) => {
    const found = evaluator.compute(formula, one, given), [wanted] = evaluator.revive([expected[row][place]]);
    const alike = wanted instanceof Map && wanted.has("missing") ? found === undefined
      : evaluator.compare(found, wanted) === 0 && typeof found === typeof wanted;
    return alike || Number.isNaN(found) ? [] : [[place, String(found)]];
  }));
  return {selected, differing};
}"""


async def ask_browser(batch: Batch, page: Page, python: Answers) -> tuple[list[set[int]], list[list[Any]]]:
    """What the script selects, and by formula where it comes to another value than Python."""
    found = await page.evaluate(
        ASK,
        {
            "documents": extended(batch.documents),
            "conditions": for_browser(batch.conditions),
            "formulas": for_browser(batch.formulas),
            "variables": extended(VARIABLES),
            "expected": [[_told(value) for value in row] for row in python.computed],
        },
    )
    return [set(places) for places in found["selected"]], found["differing"]


def _told(value: Any) -> Any:
    return {"missing": True} if value is MISSING else extended(value)


def differences(batch: Batch, one: Answers, other: Answers) -> list[str]:
    """Where two evaluators disagree, in words a failing test shows."""
    found = [
        f"{condition} on {batch.documents[place]}"
        for condition, here, there in zip(batch.conditions, one.selected, other.selected, strict=True)
        for place in here ^ there
    ]
    for formula, values, others in zip(batch.formulas, one.computed, other.computed, strict=True):
        for known, here, there in zip(batch.documents, values, others, strict=True):
            if not alike(here, there):
                found.append(f"{formula} of {known}: {here!r} or {there!r}")
    return found


def alike(one: Any, other: Any) -> bool:
    """Equal and of one kind; two results that are no number are alike."""
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    same_kind = isinstance(one, bool) == isinstance(other, bool)
    return compare(one, other) == 0 and same_kind and isinstance(one, float) == isinstance(other, float)
