"""Nothing anybody types, and nothing a configuration says, becomes markup."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from models.markdown import to_html
from tests.forms.reader import Document
from tests.forms.sample import definition, draw

HOSTILE = (
    '"><script>alert(1)</script>',
    "' autofocus onfocus=alert(1) x='",
    "</textarea><img src=x onerror=alert(1)>",
    "</option></select><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt;&#x3c;i>",
    "]]><!--",
    "javascript:alert(1)",
    "\x00<b>\x0b</b>",
)
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("<>\"'&/=;-!{}% \tabx\x00"), min_size=1, max_size=40),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
).map(lambda text: "x" + text)
"""Never blank: whether there is an answer at all may change a page, what it says may not."""


def answers_with(text: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(["word", "story", "mail", "call", "post", "web", "count", "share"], text),
        **dict.fromkeys(["clock", "pick", "pick_many", "other", "agree"], text),
        "picks": [text],
        "day": {"year": text, "month": text, "day": text},
        "month": {"year": text, "month": text},
        "paper": {"id": text, "filename": text},
        "card": {"fingerprint": text, "subject": text, "issuer": text, "serial": text, "not_after": text},
        "parts": [{"title": text, "kind": text, "since": {"year": text, "month": text}, "mark": text}],
    }


def said_with(text: str) -> dict[str, Any]:
    return {
        "errors": {"word": text, "mail__confirm": text, "parts": text, "parts.0.title": text, "total": text},
        "remarks": {"word": [text], "picks": [text]},
        "repeated": {"mail": text},
    }


def bones(page: str) -> list[tuple[str, list[str]]]:
    """The tags of a page with their attributes; without the notes of what was tidied, which a text has or has
    not."""
    told = [element for element in Document(page).elements if "help--note" not in element.get("class")]
    return [(each.tag, [name for name in each.attributes if name != "aria-describedby"]) for each in told]


@settings(max_examples=80, deadline=None)
@given(text=TEXT)
def test_no_answer_error_or_remark_changes_the_tags_of_a_page(text: str) -> None:
    hostile = draw(answers_with(text), **said_with(text))
    assert bones(hostile) == bones(draw(answers_with("xx"), **said_with("xx")))


@settings(max_examples=60, deadline=None)
@given(text=TEXT)
def test_no_locked_answer_changes_the_tags_of_a_page(text: str) -> None:
    nothing: frozenset[str] = frozenset()
    hostile = draw(answers_with(text), opened=nothing)
    assert Document(hostile).shape == Document(draw(answers_with("xx"), opened=nothing)).shape


@pytest.mark.parametrize("text", HOSTILE)
def test_no_label_or_help_changes_the_tags_of_a_page(text: str) -> None:
    hostile = definition(label={"ja": text}, help={"ja": text})
    harmless = definition(label={"ja": "x"}, help={"ja": "x"})
    assert Document(draw({}, hostile)).shape == Document(draw({}, harmless)).shape


def test_the_property_notices_what_is_not_escaped() -> None:
    text = HOSTILE[0]
    trusted = definition(help={"ja": "x"})
    page = draw({}, trusted).replace(">x<", f">{Markup(text)}<")  # noqa: S704
    assert Document(page).shape != Document(draw({}, trusted)).shape


@pytest.mark.parametrize(
    "text",
    [
        *HOSTILE,
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](https://example.com/pixel.png)",
        "<details open ontoggle=alert(1)>",
        '[a]: https://example.com "x" onmouseover=alert(1)',
    ],
)
def test_markdown_of_the_configuration_brings_no_script_style_image_or_handler(text: str) -> None:
    for element in Document(str(to_html(text))).elements:
        assert element.tag not in {"script", "style", "img", "svg", "iframe", "form", "input"}
        assert set(element.attributes) <= {"href", "rel", "align"}
        assert not element.get("href").lower().startswith(("javascript", "data"))
