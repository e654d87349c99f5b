"""What was changed here, there, or in both places; and one mark for one answer, however it was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from models.schema.merging import mark, marks_of, merge
from tests.forms.sample import definition

FIELDS = definition().by_name
WORDS = some.none() | some.text(max_size=3)


@given(some.fixed_dictionaries({"word": WORDS}), WORDS, WORDS)
def test_nothing_that_was_changed_is_lost(
    before: dict[str, Any], here: str | None, there: str | None
) -> None:
    base, held = marks_of(FIELDS.values(), before), {"word": there}
    merged = merge(FIELDS, held, {"word": here}, base)
    plain = [(text or "").replace("\r\n", "\n") or None for text in (before["word"], here, there)]
    first, mine, theirs = plain
    if mine != first and theirs not in (first, mine):
        assert (merged.conflicts, merged.answers) == (("word",), {"word": here})
    elif mine == first and theirs != first:
        assert (set(merged.theirs), merged.answers) == ({"word"}, {"word": there})
    else:
        assert (merged.conflicts, merged.theirs, merged.answers) == ((), frozenset(), {"word": here})


def test_where_nothing_is_known_of_the_page_every_difference_is_asked() -> None:
    assert merge(FIELDS, {"word": "一"}, {"word": "二"}, None).conflicts == ("word",)
    assert merge(FIELDS, {"word": "一"}, {"word": "一"}, None).conflicts == ()


@pytest.mark.parametrize(
    ("name", "stored", "sent"),
    [
        ("day", "2026-04-01", {"year": "2026", "month": "4", "day": "1"}),
        ("month", "2026-04", {"year": "2026", "month": "04"}),
        ("at", "2026-04-01T09:30", {"year": "2026", "month": "4", "day": "1", "hour": "9", "minute": "30"}),
        ("story", "一\n二", "一\r\n二"),
        ("word", None, ""),
        ("home", {"city": "港区", "street": None}, {"city": "港区", "street": ""}),
        ("parts", [{"title": "一"}, {}], [{"title": "一", "since": None, "meters": []}]),
        ("paper", {"id": "1", "filename": "a"}, {"filename": "a", "id": "1"}),
        ("picks", [], None),
    ],
)
def test_one_answer_has_one_mark(name: str, stored: Any, sent: Any) -> None:
    assert mark(FIELDS[name], stored) == mark(FIELDS[name], sent)


def test_control_different_answers_have_different_marks() -> None:
    answers: list[Any] = ["", "a", "b", "a ", "Ａ"]
    assert len({mark(FIELDS["word"], answer) for answer in answers}) == len(answers)
    rows: list[Any] = [[{"title": "一"}], [{"title": "二"}], [{"title": "一"}, {"title": "一"}], None]
    assert len({mark(FIELDS["parts"], answer) for answer in rows}) == len(rows)
