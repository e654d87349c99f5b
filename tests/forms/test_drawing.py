"""What is drawn from pieces is what the macros draw, to the letter; and no piece holds what anybody typed."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from forms.render import drawing
from forms.render.control import Control, Filling, page_controls, write_controls
from forms.render.environment import control_writer
from forms.render.pieces import CLOSE, OPEN, Pieces, cut, escaped
from forms.render.plan import ControlPlan, plan_form
from models.language import LANGUAGES, Language
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.reading import look_at, read_answers
from tests.forms.sample import KEEPER, definition

KIND = definition()
NAMES = sorted(KIND.by_name)
SLOW = settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def controls_of(
    kind: RecordType, answers: dict[str, Any], language: Language = "ja", **said: Any
) -> list[Control]:
    """The controls of the one page of `kind`."""
    compiled, names = compile_type(kind), frozenset(kind.by_name)
    reading = said.pop("reads", read_answers)(compiled, answers, {})
    opened = said.pop("opened", names)
    filling = Filling(language, compiled.level, answers, reading, names, opened, KEEPER, **said)
    return list(page_controls(plan_form(kind, language).pages[0], filling))


def by_macros(controls: list[Control], language: Language = "ja") -> str:
    """The same controls, nothing kept."""
    write = control_writer(language)

    def draw(control: Control) -> Markup:
        return write(control, draw)

    return str(Markup("\n").join([draw(control) for control in controls]))


FULL: dict[str, Any] = {
    "word": 'あ"<b>',
    "story": "一\n二",
    "mail": "a@example.jp",
    "agree": "yes",
    "day": {"year": "20xx", "month": "<", "day": "3"},
    "month": "2026-04",
    "pick": "c2",
    "pick_many": "gone & away",
    "picks": ["c1", "c3"],
    "promise": "yes",
    "paper": {"id": "1", "filename": "図<1>.pdf", "size": 3},
    "card": {"subject": "CN=<x>"},
    "parts": [{"title": "い&", "kind": "c1", "meters": [{"serial": "9"}, {}]}, {"since": "2026-01"}],
    "site": {"kind": "c1", "more": "補", "place": {"city": "港区"}, "gates": [{"gate": "東"}]},
    "home": {"city": "<i>"},
    "key": "秘密",
    "count": "12",
}


def plans(within: tuple[ControlPlan, ...]) -> Iterator[ControlPlan]:
    for plan in within:
        yield plan
        yield from plans(plan.parts)


def kept(kind: RecordType, language: Language = "ja") -> list[Pieces[Any]]:
    """Every piece kept for the page."""
    found = plans(plan_form(kind, language).pages[0].controls)
    return [pieces for plan in found for pieces in plan.drawn.values() if pieces is not None]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("opened", [frozenset(NAMES), frozenset()])
def test_every_kind_of_control_is_drawn_from_pieces_as_its_macro_draws_it(
    language: Language, opened: frozenset[str]
) -> None:
    errors = {path: f"誤り & {path}" for path in (*NAMES, "parts.0.title", "site.more", "mail__confirm")}
    for said in ({}, {"errors": errors}, {"repeated": {"mail": "b&"}, "remarks": {"word": ["直して"]}}):
        for answers in ({}, FULL, FULL):
            controls = controls_of(KIND, answers, language, opened=opened, **said)
            assert str(write_controls(controls, language)) == by_macros(controls, language)
    assert kept(KIND, language)


ANYTHING = st.recursive(
    st.none()
    | st.text(max_size=8)
    | st.sampled_from(["c0", "c1", "m3", "yes", "2026-04-01", f"{OPEN}0{CLOSE}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*NAMES, "title"]), inner),
    max_leaves=8,
)


@SLOW
@given(
    answers=st.dictionaries(st.sampled_from(NAMES), ANYTHING),
    errors=st.dictionaries(st.sampled_from([*NAMES, "parts.0.title"]), st.text(min_size=1, max_size=8)),
    shut=st.frozensets(st.sampled_from(NAMES)),
)
def test_any_answers_are_drawn_from_pieces_as_the_macros_draw_them(
    answers: dict[str, Any], errors: dict[str, str], shut: frozenset[str]
) -> None:
    controls = controls_of(KIND, answers, errors=errors, opened=frozenset(NAMES) - shut)
    assert str(write_controls(controls, "ja")) == by_macros(controls)


@SLOW
@given(answers=st.dictionaries(st.sampled_from(NAMES), ANYTHING), shut=st.frozensets(st.sampled_from(NAMES)))
def test_a_look_draws_what_a_reading_draws(answers: dict[str, Any], shut: frozenset[str]) -> None:
    opened = frozenset(NAMES) - shut
    looked = controls_of(KIND, answers, opened=opened, reads=look_at)
    assert str(write_controls(looked, "ja")) == by_macros(controls_of(KIND, answers, opened=opened))


def test_no_piece_holds_what_was_typed() -> None:
    typed = {name: f"漏れる{name}" for name in ("word", "story", "mail", "call", "pick", "pick_many", "key")}
    nested = {"home": {"city": "漏れる"}, "parts": [{"title": "漏れる", "meters": [{"serial": "漏れる"}]}]}
    errors, opened = {"word": "漏れる"}, frozenset({"word", "home"})
    kind = definition(help={"ja": "このための型"})
    controls = controls_of(kind, {**typed, **nested}, errors=errors, opened=opened)
    html = str(write_controls(controls, "ja"))
    held = [text for p in kept(kind) for text in (p.begin, *(behind for _, behind in p.rest))]
    assert held
    assert "漏れる" in html
    assert not [text for text in held if "漏れる" in text]


def test_a_control_that_says_something_unknown_is_drawn_by_its_macro() -> None:
    [control] = [each for each in controls_of(KIND, {}) if each.path == "word"]
    assert drawing.shape_of(control) is not None
    control.remarks = ["見て"]
    assert drawing.shape_of(control) is None


def test_what_looks_like_a_mark_is_never_taken_for_one() -> None:
    assert cut(f"<p>{OPEN}7{CLOSE}</p>", [escaped]) is None
    assert cut(f"<p>{OPEN}</p>", [escaped]) is None
    pieces = cut(f"<p>{OPEN}0{CLOSE}</p>", [escaped])
    assert pieces is not None
    assert pieces.draw(f"<{OPEN}0{CLOSE}>") == f"<p>&lt;{OPEN}0{CLOSE}&gt;</p>"
