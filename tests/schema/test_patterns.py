"""Patterns: the same in three engines, refused when they could take long."""

import re
import time
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo.errors import OperationFailure

from app.database import Database
from models.schema.patterns import MAX_PATTERN, compile_pattern, literally, write_pattern
from models.schema.problem import Problem

FINE = [
    "^株式会社",
    "東京",
    r"^\d+kW$",
    "^[a-z]+(-[a-z]+)*$",
    r"^0\d{1,4}-\d{1,4}-\d{4}$",
    r"^[^@ ]+@[^@ .]+(\.[^@ .]+)+$",
    "^(株式会社|有限会社).*$",
    "^[A-Z]{2}[0-9]{2,9}$",
    "^(?:[0-9]{4}-)?[0-9]{3,10}$",
    "^(?P<family>[^ ]+) (?P<given>.+)$",
    "[&&~~a-]",
    "^a{,3}$",
]
SLOW = [
    "^(a+)+$",
    "^(a*)*$",
    "^(a|a)*$",
    "^(a|ab|b)*$",
    "^a*a*$",
    "^.*foo.*$",
    "^(a?){50}a{50}$",
    "^(a{1,5}){1,9}b$",
    "^(a|b?)*$",
    r"\d+kW",
    "^([a-z]|[0-9]|[a-z]x)*$",
    r"^(\w+\s?)*$",
    "^(a.{0,50}){9}$",
]
FOREIGN = [
    r"(a)\1",
    "(?=a)",
    "(?!a)",
    "(?<=a)b",
    "(?i)a",
    "(?i:a)",
    r"\bx",
    "a++",
    "(?>a)b",
    "(",
    "a{1001}",
    "x" * 201,
]


@pytest.mark.parametrize("pattern", FINE)
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [*SLOW, *FOREIGN])
def test_slow_and_foreign_patterns_are_refused_in_words(pattern: str) -> None:
    with pytest.raises(Problem) as refused:
        compile_pattern(pattern)
    assert len(str(refused.value)) > 15


def test_a_whole_text_needs_no_anchor() -> None:
    assert compile_pattern(r"\d+kW", whole=True).fullmatch("50kW")
    with pytest.raises(Problem):
        compile_pattern(r"\d*\d*", whole=True)


def test_the_end_is_the_very_end_and_digits_are_ascii() -> None:
    assert not compile_pattern("x$").search("x\n")
    assert not compile_pattern(r"^\d$").search("１")
    assert compile_pattern("^(?P<a>x)").search("x")["a"] == "x"  # type: ignore[index]
    assert write_pattern("x$", "database") == r"x\z"


atoms = st.sampled_from(
    ["a", "b", "[ab]", "[^a]", ".", r"\d", r"\w", "東", "𠮷", r"\.", "(a|b)", "(a|ab)", "(?:b|東)"]
)
repeated = st.tuples(atoms, st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "*?"])).map("".join)
sequences = st.lists(repeated, min_size=1, max_size=5).map("".join)
nested = st.one_of(
    sequences, st.tuples(sequences, st.sampled_from(["*", "+", "{2,}"])).map("({0[0]}){0[1]}".format)
)
patterns = st.tuples(st.sampled_from(["", "^"]), nested, sequences, st.sampled_from(["", "$"])).map("".join)


def is_taken(pattern: str) -> bool:
    try:
        compile_pattern(pattern)
    except Problem:
        return False
    return True


@settings(max_examples=150, deadline=None, derandomize=True)
@given(pattern=patterns, pump=st.text(alphabet="ab5東", min_size=1, max_size=3))
def test_time_grows_with_the_text_and_no_faster(pattern: str, pump: str) -> None:
    if not is_taken(pattern):
        return
    search = compile_pattern(pattern).search
    times = [least_time(lambda text=pump * n + "!": search(text)) for n in (2000, 8000)]
    for shorter, longer in pairwise(times):
        assert longer < max(shorter, 1e-4) * 4 * 3


def least_time(run: object) -> float:
    """Seconds of the fastest of three runs."""
    found = []
    for _ in range(3):
        start = time.perf_counter()
        run()  # type: ignore[operator]
        found.append(time.perf_counter() - start)
    return min(found)


def test_control_a_refused_pattern_does_take_long() -> None:
    import re

    quadratic = re.compile(r"\d+kW").search
    short, long = (least_time(lambda text="1" * n: quadratic(text)) for n in (1000, 8000))
    assert long > short * 8 * 2


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    found=st.lists(patterns, min_size=20, max_size=20),
    texts=st.lists(st.text(alphabet="ab5.東𠮷\n", max_size=6), min_size=20, max_size=20),
)
async def test_patterns_select_in_the_database_what_they_select_here(
    store: Database, found: list[str], texts: list[str]
) -> None:
    collection = store.mongo["texts"]
    await collection.drop()
    await collection.insert_many([{"_id": n, "text": text} for n, text in enumerate(texts)])
    for pattern in filter(is_taken, found):
        query = {"text": {"$regex": write_pattern(pattern, "database")}}
        selected = {known["_id"] async for known in collection.find(query)}
        here = compile_pattern(pattern).search
        assert selected == {n for n, text in enumerate(texts) if here(text)}, pattern


def test_the_longest_pattern_is_checked_soon() -> None:
    start = time.perf_counter()
    with pytest.raises(Problem):
        compile_pattern("^" + "(a|[b-z]c)*"[: MAX_PATTERN - 1] * 8 + "x")
    assert time.perf_counter() - start < 2


HARD = ("a\0b", "\0", "a.b", "(", "[a", "\\", "$", "^", "a|b", "\n", " ", "#", "𠮷", "x\\x00", "-")


async def test_a_text_is_found_literally_whatever_it_holds(store: Database) -> None:
    """The control: as Python escapes it, the database refuses one of them."""
    collection = store.mongo["texts"]
    await collection.insert_many([{"_id": text} for text in HARD])
    for text in HARD:
        found = [row["_id"] async for row in collection.find({"_id": {"$regex": f"^{literally(text)}\\z"}})]
        assert found == [text]
    with pytest.raises(OperationFailure):
        await collection.find_one({"_id": {"$regex": re.escape("\0")}})
