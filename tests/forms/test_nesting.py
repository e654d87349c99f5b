"""Rows in rows, parts in groups: added, removed and taken away at any depth; secrets never shown again."""

from typing import Any

from starlette.datastructures import FormData

from forms.render.posted import Posted, read_posted
from forms.render.rows import apply_action
from tests.forms.reader import Document
from tests.forms.sample import KEEPER, definition, draw

SECRET = "never to be seen"


def press(html: str, action: str) -> Posted:
    """The page's form, sent by the button with this value."""
    return read_posted(FormData([*Document(html).sent(), ("action", action)]), definition().fields, KEEPER)


def after(answers: dict[str, Any], action: str) -> dict[str, Any]:
    return apply_action(press(draw(answers), action), definition().fields)


def rows_in(answers: dict[str, Any], *path: str | int) -> Any:
    found: Any = answers
    for step in path:
        found = found[step]
    return found


def test_a_row_is_added_inside_a_row() -> None:
    found = after({"parts": [{"title": "一"}, {"title": "二"}]}, "add:parts.1.meters")
    assert rows_in(found, "parts", 1, "meters") == [{}]
    assert rows_in(found, "parts", 0, "meters") is None


def test_a_row_is_removed_inside_a_row_and_no_other() -> None:
    meters = [{"serial": "a"}, {"serial": "b"}, {"serial": "c"}]
    found = after({"parts": [{"title": "一", "meters": meters}]}, "remove:parts.0.meters:1")
    assert [row["serial"] for row in rows_in(found, "parts", 0, "meters")] == ["a", "c"]


def test_a_row_is_added_inside_a_group() -> None:
    found = after({"site": {"kind": "c0", "gates": [{"gate": "北"}]}}, "add:site.gates")
    assert len(rows_in(found, "site", "gates")) == 2


def test_no_row_is_added_beyond_the_most() -> None:
    meters = [{"serial": str(number)} for number in range(4)]
    found = after({"parts": [{"title": "一", "meters": meters}]}, "add:parts.0.meters")
    assert len(rows_in(found, "parts", 0, "meters")) == 4


def test_an_action_on_nothing_known_changes_nothing() -> None:
    answers = {"parts": [{"title": "一"}]}
    before = press(draw(answers), "refresh").answers
    for action in ("add:parts.9.meters", "add:parts.x.meters", "remove:word:0", "add:nothing", "clear:word"):
        assert after(answers, action) == before


def test_one_upload_of_several_is_taken_away() -> None:
    papers = [{"id": str(number), "filename": f"{number}.pdf"} for number in range(3)]
    found = after({"papers": papers}, "remove:papers:1")
    assert [upload["id"] for upload in rows_in(found, "papers")] == ["0", "2"]


def test_a_typed_secret_is_never_shown_and_has_to_be_typed_again() -> None:
    html = draw({"key": SECRET})
    assert SECRET not in html
    assert "もう一度入力" in html
    assert press(html, "next").answers["key"] is None


def test_a_kept_secret_stays_when_nothing_is_typed_and_gives_way_when_something_is() -> None:
    html = draw({"key": {"sealed": "token"}})
    assert press(html, "next").answers["key"] == {"sealed": "token"}
    typed = html.replace('type="password"', f'type="password" value="{SECRET}"')
    assert press(typed, "next").answers["key"] == SECRET
    assert after({"key": {"sealed": "token"}}, "clear:key")["key"] is None


def test_parts_of_a_group_nobody_needs_are_required_once_one_is_answered() -> None:
    def wanted(answers: dict[str, Any]) -> bool:
        box = Document(draw(answers)).by_id("field-person-family")
        assert box is not None
        return box.has("aria-required")

    assert not wanted({})
    assert wanted({"person": {"given": "花子"}})


def test_a_blank_control_never_holds_an_answer() -> None:
    draw({"parts": [{"title": "一", "meters": [{"serial": "秘密の番号"}]}], "home": {"city": "秘密の町"}})
    empty = draw({"parts": [{"meters": [{}]}], "home": {}})
    assert "秘密" not in empty


def test_what_may_be_picked_is_drawn_for_one_person_only() -> None:
    offered = {"other": (("0001", "みなと第一"),)}
    assert "みなと第一" in draw({}, picks=offered)
    assert "みなと第一" not in draw({})
