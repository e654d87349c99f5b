"""What a page shows is what a page sends: reading a drawn form gives the answers it was drawn from."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import FormData, UploadFile

from forms.render.posted import Posted, read_posted
from tests.forms.reader import Document
from tests.forms.sample import KEEPER, definition, draw

TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=60)
LINES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=60)
DIGITS = st.text("0123456789０１年", max_size=4)
BOXES = st.fixed_dictionaries({"year": DIGITS, "month": DIGITS, "day": DIGITS})
MONTH = st.fixed_dictionaries({"year": DIGITS, "month": DIGITS})
ISO_DAY = st.dates().map(lambda day: day.isoformat())
ISO_MONTH = st.dates().map(lambda day: day.isoformat()[:7])
UPLOAD = st.fixed_dictionaries(
    {
        "id": st.text("0123456789abcdef", min_size=24, max_size=24),
        "filename": st.text(min_size=1, max_size=20),
    }
)
CODES = st.sampled_from(["c0", "c1", "c2", "c3"])
FILLED = TYPED.filter(str.strip)
METER = st.fixed_dictionaries({"serial": FILLED, "seal": FILLED | st.none()})
PERSON = st.fixed_dictionaries({}, optional=dict.fromkeys(("family", "given", "family_kana"), FILLED))
ADDRESS = st.fixed_dictionaries(
    {},
    optional={
        "postal_code": FILLED,
        "prefecture": st.sampled_from(["tokyo", "hokkaido", "gone"]),
        "city": FILLED,
        "building": FILLED,
    },
)
SITE = st.fixed_dictionaries(
    {"kind": CODES, "fixed": FILLED},
    optional={"more": FILLED, "place": ADDRESS, "gates": st.lists(st.fixed_dictionaries({"gate": FILLED}))},
).filter(lambda site: site["kind"] == "c1" or "more" not in site)
MOMENT = st.datetimes().map(lambda moment: moment.isoformat(timespec="minutes")) | st.fixed_dictionaries(
    dict.fromkeys(("year", "month", "day", "hour", "minute"), DIGITS)
)
ROW = st.fixed_dictionaries(
    {
        "title": TYPED.filter(str.strip),
        "since": MONTH | ISO_MONTH,
        "kind": CODES,
        "mark": TYPED.filter(str.strip),
        "proof": UPLOAD | st.none(),
    },
    optional={"detail": TYPED, "keeper": PERSON, "meters": st.lists(METER, max_size=3)},
).filter(lambda row: row["kind"] == "c1" or "detail" not in row)

ANSWERS: dict[str, st.SearchStrategy[Any]] = {
    "word": TYPED,
    "story": LINES,
    "mail": TYPED,
    "call": TYPED,
    "post": TYPED,
    "web": TYPED,
    "count": TYPED | st.integers().map(str),
    "share": TYPED | st.decimals(allow_nan=False, allow_infinity=False).map(str),
    "agree": st.sampled_from(["yes", "no"]),
    "day": BOXES | ISO_DAY,
    "month": MONTH | ISO_MONTH,
    "clock": TYPED | st.times().map(lambda time: f"{time:%H:%M}"),
    "pick": CODES | st.just("gone"),
    "pick_many": st.sampled_from(["m0", "m7", "m11", "gone"]),
    "picks": st.lists(CODES | st.just("gone"), unique=True),
    "promise": st.sampled_from(["yes", None]),
    "paper": UPLOAD,
    "parts": st.lists(ROW, max_size=3),
    "other": TYPED,
    "site": SITE,
    "home": ADDRESS,
    "person": PERSON,
    "essay": LINES,
    "at": MOMENT,
    "papers": st.lists(UPLOAD, max_size=4),
    "key": st.fixed_dictionaries({"sealed": st.text("abc=", min_size=1)}),
    "clerk": TYPED,
}


def posted(html: str, **more: str) -> Posted:
    sent: list[tuple[str, UploadFile | str]] = [*Document(html).sent(), *more.items()]
    return read_posted(FormData(sent), definition().fields, KEEPER)


@pytest.mark.parametrize("name", ANSWERS)
@settings(max_examples=60)
@given(data=st.data())
def test_a_drawn_answer_is_read_back(name: str, data: st.DataObject) -> None:
    raw = data.draw(ANSWERS[name])
    field = definition().by_name[name]
    read = posted(draw({name: raw})).answers[name]
    assert field.parse(read) == field.parse(raw)


@pytest.mark.parametrize("name", ["word", "story", "mail", "count", "day", "other"])
@given(text=LINES.filter(str.strip) | st.just("\n\n begins and ends with blanks \n"))
def test_a_text_comes_back_to_the_letter(name: str, text: str) -> None:
    typed = text if name == "story" else text.replace("\n", " ")
    raw = {"year": typed, "month": "", "day": ""} if name == "day" else typed
    read = posted(draw({name: raw})).answers[name]
    assert (read.replace("\r\n", "\n") if isinstance(read, str) else read) == raw


def test_every_field_somebody_fills_in_is_covered() -> None:
    asked = {field.name for field in definition().fields if field.asked and field.type != "certificate"}
    assert asked == set(ANSWERS)


@settings(max_examples=25)
@given(answers=st.fixed_dictionaries({}, optional=ANSWERS))
def test_a_whole_page_is_read_back(answers: dict[str, Any]) -> None:
    read = posted(draw(answers)).answers
    for name, raw in answers.items():
        field = definition().by_name[name]
        assert field.parse(read[name]) == field.parse(raw), name


def marks(html: str) -> list[Any]:
    rows = posted(html).answers["parts"]
    return [row["mark"] for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def test_a_locked_value_in_a_row_travels_signed() -> None:
    html = draw({"parts": [{"title": "一", "mark": "固定"}]})
    assert marks(html) == ["固定"]
    token = next(e.get("value") for e in Document(html).elements if e.get("name") == "parts.0.mark__held")
    assert marks(html.replace(token, "x" + token)) == [None]


def test_a_signed_value_serves_only_its_own_field() -> None:
    html = draw({"parts": [{"title": "一", "mark": "固定"}], "paper": {"id": "1", "filename": "a.pdf"}})
    paper = next(e.get("value") for e in Document(html).elements if e.get("name") == "paper__held")
    mark = next(e.get("value") for e in Document(html).elements if e.get("name") == "parts.0.mark__held")
    assert marks(html.replace(mark, paper)) == [None]
