"""Documents, conditions and formulas of every shape the language has, for Hypothesis to draw."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Value = SearchStrategy[Any]

WHOLE = (0, 1, 5, 7, -3, 12, 1000, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
FLOATS = (0.5, 5.0, -1.5, 0.1, 2.675, 1e20, 0.0)
DECIMALS = ("0.1", "0.2", "5", "5.00", "-1.25", "2.675", "1E+3", "12345678901234567890.12345678901234")
TEXTS = ("", "5", "abc", "ABC", "Éa", "東京", "東京都", "𠮷野家", "ﾄｳｷｮｳ", "a\nb", "x\n", "yes")
DAYS = ("2026-04-01", "2024-02-29", "2026-02-30", "2026-04", "2025-12-31T23:30", "0999-01-01", "9999-12-31")
PATTERNS = (
    "^東京",
    "都$",
    "^[a-z]+$",
    "^.$",
    r"^\d+$",
    "^(abc|ABC)$",
    "x$",
    "^[^a]",
    r"^\w+\s?$",
    "^a.b",
    "野",
)
PATHS = (
    "a",
    "b",
    "c",
    "rows",
    "a.b",
    "a.b.c",
    "rows.n",
    "rows.a",
    "a.0",
    "a.1",
    "a.0.b",
    "rows.0.n",
    "a.0.0",
)
NAMES = ("a", "b", "c", "n", "0")
VARIABLES: dict[str, Any] = {
    "TODAY": "2026-04-01",
    "OPERATOR": {"a": "東京", "n": 5, "list": ["abc", 5, None]},
    "BEFORE": {"rows": [{"n": 5}, {"n": 7}], "c": Decimal("0.1")},
}

numbers: Value = (
    st.sampled_from(WHOLE)
    | st.integers(-20, 20)
    | st.sampled_from(FLOATS)
    | st.sampled_from(DECIMALS).map(Decimal)
    | st.decimals(-1000, 1000, places=3)
)
texts: Value = st.sampled_from(TEXTS) | st.sampled_from(DAYS) | st.text(alphabet="abA東é𠮷5\n", max_size=3)
scalars: Value = st.none() | st.booleans() | numbers | texts
variables: Value = st.sampled_from(
    ("$$TODAY", "$$OPERATOR.a", "$$OPERATOR.n", "$$BEFORE.rows.n", "$$BEFORE.nothing", "$$BEFORE.c")
)


def _deeper(inner: Value) -> Value:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)


values: Value = st.recursive(scalars, _deeper, max_leaves=5)
rows: Value = st.lists(st.dictionaries(st.sampled_from(("n", "a")), scalars, max_size=2), max_size=3)
documents: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {}, optional={"a": values, "b": scalars | values, "c": numbers | scalars, "rows": rows | values}
)

operands: Value = scalars | values | variables
ordering: Value = st.sampled_from(("$gt", "$gte", "$lt", "$lte"))
paths = st.sampled_from(PATHS)


def _one(key: Value, value: Value) -> Value:
    return st.dictionaries(key, value, min_size=1, max_size=1)


def _operator(inner: Value) -> Value:
    listed = st.lists(operands, max_size=4)
    return (
        _one(st.sampled_from(("$eq", "$ne")), operands)
        | _one(st.sampled_from(("$in", "$nin")), listed | st.just("$$OPERATOR.list"))
        | _one(ordering, operands)
        | _one(st.just("$exists"), st.booleans())
        | _one(st.just("$regex"), st.sampled_from(PATTERNS))
        | _one(st.just("$size"), st.integers(0, 3))
        | _one(st.just("$all"), listed)
        | inner
    )


def _more_operators(inner: Value) -> Value:
    element = _one(st.sampled_from(NAMES), operands | inner)
    logic = _one(st.sampled_from(("$and", "$or", "$nor")), st.lists(element, min_size=1, max_size=2))
    return _one(st.just("$not"), inner) | _one(st.just("$elemMatch"), inner | element | logic)


operators: Value = st.recursive(
    _operator(st.nothing()), lambda inner: _more_operators(inner) | inner, max_leaves=3
)
tests: Value = _one(paths, operators | operands)


def _call(name: str, *arguments: Value) -> Value:
    return st.tuples(*arguments).map(lambda found: {name: list(found)})


def _expression(inner: Value) -> Value:
    two = st.sampled_from(
        ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$subtract", "$divide", "$mod", "$ifNull")
    )
    one = st.sampled_from(
        ("$not", "$abs", "$floor", "$ceil", "$round", "$size", "$toLower", "$strLenCP", "$year", "$month")
    )
    any_number = st.sampled_from(
        ("$sum", "$min", "$max", "$avg", "$and", "$or", "$concat", "$add", "$multiply")
    )
    unit = st.sampled_from(("day", "month", "year"))
    amount = st.integers(-40, 40) | st.sampled_from((120_000, -120_001, 2**40)) | inner
    return (
        st.tuples(two, inner, inner).map(lambda found: {found[0]: [found[1], found[2]]})
        | _one(one, inner.filter(lambda node: not isinstance(node, list)))
        | _one(any_number, st.lists(inner, min_size=1, max_size=3))
        | _call("$cond", inner, inner, inner)
        | _call("$round", inner, st.integers(0, 4))
        | _call("$substrCP", inner, st.integers(0, 3), st.integers(0, 3))
        | _one(st.just("$literal"), values)
        | st.lists(inner, max_size=3)
        | st.builds(
            lambda a, b, u: {"$dateDiff": {"startDate": a, "endDate": b, "unit": u}}, inner, inner, unit
        )
        | st.builds(
            lambda a, n, u: {"$dateAdd": {"startDate": a, "amount": n, "unit": u}}, inner, amount, unit
        )
    )


formulas: Value = st.recursive(
    paths.map(lambda path: f"${path}") | scalars | variables, _expression, max_leaves=5
)
comparisons: Value = st.tuples(st.sampled_from(("$eq", "$gt", "$lte", "$in")), formulas, formulas).map(
    lambda found: {found[0]: [found[1], found[2]]}
)
conditions: SearchStrategy[dict[str, Any]] = st.recursive(
    tests | _one(st.just("$expr"), formulas | comparisons),
    lambda inner: (
        _one(st.sampled_from(("$and", "$or", "$nor")), st.lists(inner, min_size=1, max_size=2))
        | st.tuples(tests, inner).map(lambda found: {**found[0], **found[1]})
    ),
    max_leaves=3,
)
