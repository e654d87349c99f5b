"""The configuration language on one core: conditions, compiling, reading whole records."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from models.schema.compiled import compile_type
from models.schema.conditions import compile_condition
from models.schema.definition import RecordType
from models.schema.reading import read_data

CONDITIONS_FLOOR = 500_000
RECORDS_FLOOR = 20_000
COMPILE_CEILING = 50.0

CONDITIONS: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = (
    ({"resource_class": {"$in": ["stable", "variable_single"]}}, {"resource_class": "variable_single"}),
    ({"a": 1, "b": {"$gte": 3}}, {"a": 1, "b": 7}),
    ({"$expr": {"$lte": ["$expected_kw", "$capacity_kw"]}}, {"expected_kw": 900, "capacity_kw": 1000}),
)
"""Conditions as rules have them, each with answers that fulfil it."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; `bound` is the least (the most, where less is better) it should be."""

    name: str
    unit: str
    value: float
    bound: float | None
    less_is_better: bool = False

    @property
    def is_bad(self) -> bool:
        if self.bound is None:
            return False
        return self.value > self.bound if self.less_is_better else self.value < self.bound


def measure_language(seconds: float) -> Iterator[Measure]:
    """Every figure, each measured for about `seconds`."""
    for query, answers in CONDITIONS:
        rate = _rate(_evaluation(query, answers), seconds)
        bound = None if "$expr" in query else CONDITIONS_FLOOR
        yield Measure(f"condition {query}", "evaluations/s", rate, bound)
    names = map("measured_{}".format, count())
    spent = 1000 / _rate(lambda: compile_type(type_of(100, next(names))), seconds)
    yield Measure(
        "parse and compile 100 fields with rules", "ms", spent, COMPILE_CEILING, less_is_better=True
    )
    compiled, record = compile_type(type_of(30)), answers_of(30)
    variables = {"TODAY": "2026-04-01"}
    rate = _rate(lambda: read_data(compiled, record, variables), seconds)
    yield Measure("read and check a record of 30 fields", "records/s", rate, RECORDS_FLOOR)


def _evaluation(query: dict[str, Any], answers: dict[str, Any]) -> Callable[[], object]:
    holds = compile_condition(query)
    return lambda: holds(answers, {})


def _rate(run: Callable[[], object], seconds: float) -> float:
    """Runs in a second, the best of several windows; the loop itself is counted in."""
    best, times = 0.0, 1
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        for _ in range(times):
            run()
        spent = time.perf_counter() - start
        best = max(best, times / spent)
        times = max(1, int(best * min(seconds / 5, 0.1)))
    return best


_KINDS: tuple[dict[str, Any], ...] = (
    {"type": "text", "max_length": 40},
    {"type": "integer", "min": 0},
    {"type": "choice", "options": [{"code": c, "label": {"ja": c, "en": c}} for c in ("a", "b")]},
    {"type": "boolean"},
    {"type": "date"},
)
_ANSWERS: tuple[Any, ...] = ("第一発電所", 1000, "a", True, "2026-04-01")


def type_of(size: int, name: str = "measured") -> RecordType:
    """A record type of `size` fields of five kinds, every third with a rule."""
    fields = [
        {
            "name": f"f{number}",
            "label": {"ja": f"項目{number}", "en": f"Field {number}"},
            **_KINDS[number % len(_KINDS)],
            **(
                {"show_when": {"f2": {"$in": ["a", "b"]}}, "required_when": {"f1": {"$gte": 1}}}
                if number > 4 and number % 3 == 0
                else {}
            ),
        }
        for number in range(size)
    ]
    return RecordType.model_validate(
        {
            "record_type": name,
            "label": {"ja": "測定", "en": "Measured"},
            "collection": "measured",
            "number": {"field": "f0"},
            "title": "{f0}",
            "applications": {"workflow": "none"},
            "lifecycle": "none",
            "fields": fields,
        }
    )


def answers_of(size: int) -> dict[str, Any]:
    """Valid data of such a type."""
    return {f"f{number}": _ANSWERS[number % len(_ANSWERS)] for number in range(size)}
