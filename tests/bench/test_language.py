"""The language's figures are of real work: what is measured holds, and a slow one is marked."""

from app.bench.language import CONDITIONS, Measure, answers_of, measure_language, type_of
from models.schema.compiled import compile_type
from models.schema.conditions import compile_condition
from models.schema.reading import read_data


def test_what_is_measured_is_fulfilled_and_valid() -> None:
    assert all(compile_condition(query)(answers, {}) for query, answers in CONDITIONS)
    reading = read_data(compile_type(type_of(30)), answers_of(30), {"TODAY": "2026-04-01"})
    assert (reading.errors, len(reading.data)) == ((), 30)


def test_every_figure_is_measured() -> None:
    found = list(measure_language(0.01))
    assert len(found) == len(CONDITIONS) + 2
    assert all(measure.value > 0 for measure in found)


def test_a_figure_beyond_its_bound_is_marked() -> None:
    assert Measure("rate", "/s", 1.0, 2.0).is_bad
    assert not Measure("time", "ms", 1.0, 2.0, less_is_better=True).is_bad
    assert Measure("time", "ms", 3.0, 2.0, less_is_better=True).is_bad
