"""A formatted text is shown as it will look where its button is pressed, and nothing is stored by that."""

from starlette.datastructures import FormData

from forms.render.posted import Posted, read_posted
from tests.forms.reader import Document
from tests.forms.sample import KEEPER, definition, draw

ESSAY = "## 見出し\n\n**強い** <script>alert(1)</script>"


def press(action: str, **typed: str) -> Posted:
    return read_posted(FormData({**typed, "action": action}), definition().fields, KEEPER)


def previewed(posted: Posted) -> str:
    return draw(posted.answers, repeated=posted.repeated)


def test_the_button_stands_below_every_formatted_text_and_no_other() -> None:
    buttons = [e for e in Document(draw({"essay": ESSAY, "word": "x"})).elements if e.tag == "button"]
    values = [e.get("value") or "" for e in buttons]
    assert [value for value in values if value.startswith("preview:")] == ["preview:essay"]


def test_pressed_it_shows_the_text_as_it_will_look_and_keeps_what_was_typed() -> None:
    posted = press("preview:essay", essay=ESSAY, word="港")
    page = previewed(posted)
    assert posted.answers["word"] == "港"
    assert page.index("<h2>") < page.index("<h3>見出し</h3>")
    assert "<strong>強い</strong>" in page
    assert "<script>alert" not in page
    assert "## 見出し" in page


def test_not_pressed_it_shows_nothing() -> None:
    """The control: the same page after any other button."""
    assert "<h3>見出し</h3>" not in previewed(press("refresh", essay=ESSAY))


def test_of_an_empty_text_it_says_that_there_is_nothing() -> None:
    assert "まだ何も入力されていません" in previewed(press("preview:essay", essay="  "))


def test_what_is_no_formatted_text_is_not_previewed() -> None:
    page = previewed(press("preview:word", word="**港**"))
    assert "<strong>港</strong>" not in page
