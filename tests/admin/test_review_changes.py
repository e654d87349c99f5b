"""Changes as the reviewer reads them: escaped, aligned, never a secret, whatever is damaged."""

from typing import Any

import pytest
from starlette_admin import i18n

from admin.views.review_changes import Comparer
from models.schema.fields import BaseField
from models.schema.fields.secret import DOTS
from tests.schema.definitions import a_type, field

HOSTILE = "<script>alert(1)</script>"

TYPE = a_type(
    field("title"),
    field("note", "long_text"),
    field("n", "integer"),
    field("secret", "secret"),
    field("owner", "group", fields=[field("name"), field("code")]),
    field("units", "table", fields=[field("name"), field("kw", "integer")]),
    field("sites", "table", fields=[field("name"), field("rooms", "table", fields=[field("no")])]),
    field("files", "files", accept=["pdf"]),
)


@pytest.fixture(autouse=True)
def _in_english() -> None:
    i18n.set_locale("en")


def changed(name: str, before: Any, after: Any, **how: Any) -> str:
    target: BaseField = TYPE.by_name[name]
    return str(Comparer("en", **how).change(target, before, after))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("title", HOSTILE, "x"),
        ("title", "x", HOSTILE),
        ("note", f"{HOSTILE} and more words that stay the same", "and more words that stay the same"),
        ("owner", {"name": HOSTILE}, {"name": "x"}),
        ("units", [{"name": HOSTILE}], [{"name": "x"}, {"name": HOSTILE}]),
        ("sites", [{"rooms": [{"no": HOSTILE}]}], []),
        ("files", [{"id": "1", "filename": HOSTILE}], [{"id": "2", "filename": HOSTILE}]),
        ("units", HOSTILE, [{"name": "x"}]),
        ("n", {"a": HOSTILE}, 3),
    ],
    ids=str,
)
def test_whatever_was_typed_is_escaped(name: str, before: Any, after: Any) -> None:
    drawn = changed(name, before, after)
    assert "<script>" not in drawn
    assert "del>" in drawn or "ins>" in drawn or "removed" in drawn or "row--" in drawn


def test_before_and_after_stand_beside_each_other() -> None:
    drawn = changed("n", 1200, 900)
    assert "<del>1,200</del>" in drawn
    assert "<ins>900</ins>" in drawn


def test_of_a_longer_text_only_what_differs_is_marked() -> None:
    """Control: texts that share little are marked as a whole."""
    drawn = changed("title", "東京都千代田区丸の内1-1-1", "東京都千代田区丸の内2-1-1")
    assert "東京都千代田区丸の内<del>1</del>-1-1" in drawn
    assert "東京都千代田区丸の内<ins>2</ins>-1-1" in drawn
    assert "<del>東京都千代田区丸の内</del>" in changed(
        "title", "東京都千代田区丸の内", "北海道札幌市中央区北1条西2丁目"
    )


def test_rows_say_what_became_of_them() -> None:
    before = [{"name": "A", "kw": 1}, {"name": "B", "kw": 2}, {"name": "C", "kw": 3}]
    after = [{"name": "N", "kw": 9}, {"name": "A", "kw": 1}, {"name": "C", "kw": 4}]
    drawn = changed("units", before, after)
    rows = [part.split("</tr>")[0] for part in drawn.split("<tr ")[1:]]
    kinds = [row.split('"')[1].removeprefix("r-row--") for row in rows]
    assert kinds == ["added", "same", "removed", "changed"]
    assert "<del>3</del> <ins>4</ins>" in rows[-1]
    kept = changed("units", before, after, only=True)
    assert "r-row--same" not in kept
    assert "1 rows stayed" in kept


def test_of_groups_only_what_changed_when_that_is_asked() -> None:
    values = {"name": "A", "code": "1"}, {"name": "A", "code": "2"}
    assert "name" in changed("owner", *values)
    assert "name" not in changed("owner", *values, only=True)


def test_a_secret_that_changed_is_dots_on_both_sides() -> None:
    drawn = changed("secret", {"sealed": "one"}, {"sealed": "two"})
    assert "one" not in drawn
    assert "two" not in drawn
    assert drawn.count(DOTS) == 2


def test_uploads_that_stayed_are_not_marked() -> None:
    one, two = ({"id": number, "filename": f"{number}.pdf", "size": 2048} for number in "12")
    drawn = changed("files", [one], [one, two])
    assert "<ins>2.pdf (2 kB)</ins>" in drawn
    assert "<ins>1.pdf" not in drawn
    assert "<del>1.pdf</del>" in changed("files", [one], [two])


def test_a_damaged_answer_is_shown_as_it_is_stored_and_says_so() -> None:
    reader = Comparer("en")
    for name, value in (("units", "text"), ("owner", 3), ("units", [1, 2]), ("files", 7)):
        assert "a-badge--bad" in str(reader.show(TYPE.by_name[name], value))
    assert "a-badge--bad" not in str(reader.show(TYPE.by_name["units"], [{"name": "sound"}]))
    assert "sealed" not in str(reader.show(TYPE.by_name["secret"], {"sealed": 5, "x": [1]}))
