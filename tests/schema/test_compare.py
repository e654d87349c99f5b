"""What changed, as a person reads it: in groups, in rows, and never a secret."""

from typing import Any

import pytest

from models.schema.compare import differences
from models.schema.fields.secret import DOTS
from tests.schema.definitions import a_type, field

INNER = [field("name"), field("n", "integer")]
TYPE = a_type(
    field("title"),
    field("g", "group", fields=INNER),
    field("rows", "table", fields=[field("g", "group", fields=INNER)]),
    field("s", "secret"),
    field("d", "declaration", text={"ja": "表明"}),
)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"title": "a"}, {"title": "b"}, [("title", "title", "a", "b")]),
        ({"g": {"n": 1}}, {"g": {"n": 2}}, [("g.n", "g：n", "1", "2")]),
        ({"g": None}, {"g": {"name": "x"}}, [("g.name", "g：name", "", "x")]),
        (
            {"rows": [{"g": {"n": 1}}]},
            {"rows": [{"g": {"n": 1}}, {"g": {"n": 2}}]},
            [("rows.1.g.n", "rows 2 行目：g：n", "", "2")],
        ),
        ({"s": {"sealed": "x"}}, {"s": {"sealed": "y"}}, [("s", "s", DOTS, DOTS)]),
        ({"s": "plain"}, {}, [("s", "s", DOTS, "")]),
        ({"g": None}, {"g": {}}, []),
        (
            {"d": {"affirmed": True, "text_version": "1", "at": "2026-01-01"}},
            {"d": {"affirmed": True, "text_version": "1", "at": "2026-02-02"}},
            [],
        ),
    ],
    ids=str,
)
def test_only_what_differs_is_told(before: dict[str, Any], after: dict[str, Any], told: list[Any]) -> None:
    found = [(d.path, d.label("ja"), d.before, d.after) for d in differences(TYPE, before, after, "ja")]
    assert found == told
