"""Record types nobody wrote: any fields, inside one another, under any rules — and what people might send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from models.schema.compiled import CompiledType, compile_type
from models.schema.definition import RecordType
from models.schema.fields import BaseField

SAID = "§"
"""Stands for every text of a generated type; another is put in its place by ``spoken``."""

TEXT = {"ja": SAID, "en": SAID}
FORMATS = ("kana", "corporate_number", "operator_code")
DEEPEST = 2
"""How deep tables and groups stand inside one another."""

Plain = dict[str, Any]


def _options(count: int) -> list[Plain]:
    return [{"code": f"c{n}", "label": TEXT} for n in range(count)]


def _sized(kind: str, least: int, most: int) -> st.SearchStrategy[Plain]:
    pairs = st.tuples(st.integers(0, least), st.integers(least, most))
    return pairs.map(lambda pair: {"type": kind, "min_length": pair[0], "max_length": pair[1]})


def _ranged(kind: str) -> st.SearchStrategy[Plain]:
    pairs = st.tuples(st.integers(-50, 5), st.integers(5, 10_000))
    return pairs.map(lambda pair: {"type": kind, "min": pair[0], "max": pair[1], "unit": TEXT})


PLAIN = ("phone", "postal_code", "url", "boolean", "date", "year_month", "time", "datetime", "address")
SINGLE: st.SearchStrategy[Plain] = st.one_of(
    st.sampled_from([*PLAIN, "person_name", "file"]).map(lambda kind: {"type": kind}),
    _sized("text", 3, 40),
    st.sampled_from(FORMATS).map(lambda shape: {"type": "text", "format": shape}),
    _sized("long_text", 3, 200),
    _sized("markdown", 3, 200),
    _ranged("integer"),
    _ranged("decimal"),
    st.booleans().map(lambda confirm: {"type": "email", "confirm": confirm}),
    st.integers(1, 20).map(lambda count: {"type": "choice", "options": _options(count)}),
    st.integers(1, 9).map(lambda count: {"type": "choices", "options": _options(count)}),
    st.just({"type": "declaration", "text": {"ja": "約束します。"}}),
)
RULES: Mapping[str, Any] = {
    "boolean": True,
    "choice": "c0",
    "text": "x",
    "integer": {"$gte": 3},
    "date": {"$exists": True},
}
"""What a later field may ask of an earlier one, by its type."""


@st.composite
def _fields(draw: st.DrawFn, depth: int = 1) -> list[Plain]:
    made: list[Plain] = []
    for number in range(draw(st.integers(1, 5 if depth == 1 else 3))):
        kinds = [SINGLE, _tables(depth), _groups(depth)] if depth <= DEEPEST else [SINGLE]
        field = {"name": f"f{depth}{number}", "label": TEXT, **draw(st.one_of(kinds))}
        made.append({**field, **draw(_asked(made))})
    return made


def _tables(depth: int) -> st.SearchStrategy[Plain]:
    inner, rows = _fields(depth + 1), st.tuples(st.integers(0, 2), st.integers(2, 4))
    named = st.tuples(inner, rows)
    return named.map(lambda t: {"type": "table", "fields": t[0], "min_rows": t[1][0], "max_rows": t[1][1]})


def _groups(depth: int) -> st.SearchStrategy[Plain]:
    return _fields(depth + 1).map(lambda fields: {"type": "group", "fields": fields})


@st.composite
def _asked(draw: st.DrawFn, earlier: list[Plain]) -> Plain:
    """Whether, and when, a field is asked and required."""
    keys: Plain = {"required": draw(st.booleans())}
    if draw(st.booleans()):
        keys["help"] = TEXT
    known = [field for field in earlier if field["type"] in RULES]
    for rule in ("show_when", "required_when"):
        if known and draw(st.integers(0, 2)) == 0:
            asked = draw(st.sampled_from(known))
            keys[rule] = {asked["name"]: RULES[asked["type"]]}
    return keys


@st.composite
def plain_types(draw: st.DrawFn) -> Plain:
    """A record type as a steward would write it, every text of it SAID."""
    fields = draw(_fields())
    return {
        "record_type": "generated",
        "label": TEXT,
        "collection": "generated",
        "number": {"field": "number"},
        "title": SAID,
        "applications": {"workflow": "registration"},
        "lifecycle": "registered_record",
        "fields": fields,
        "pages": [{"name": "one", "label": TEXT, "help": TEXT, "fields": [f["name"] for f in fields]}],
    }


def spoken(plain: Any, text: str) -> Any:
    """`plain` with `text` wherever it says something."""
    if isinstance(plain, dict):
        return {key: spoken(value, text) for key, value in plain.items()}
    if isinstance(plain, list):
        return [spoken(value, text) for value in plain]
    return text if plain == SAID else plain


def built(plain: Plain, text: str = "x") -> CompiledType:
    """The type, saying `text` everywhere."""
    return compile_type(RecordType.model_validate(spoken(plain, text)))


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\r\n")
ANYTHING = st.one_of(
    st.text(LETTERS, max_size=30),
    st.sampled_from(
        [
            "",
            " ",
            "x",
            "3",
            "-1",
            "１２，３４５",
            "1e9",
            "yes",
            "no",
            "c0",
            "c3",
            "2026",
            "2",
            "29",
            "31",
            "0",
        ]
    ),
    st.sampled_from(["a@example.jp", "03-0000-0100", "１００－０００１", "カナ", "かな"]),
    st.sampled_from(["9A01", "7999901000001", "x" * 600, "<b>&amp;</b>", "\x00", "\u202e", "👩‍👩‍👧", "①"]),
)
"""What people type, paste and forge into one box."""


FITTING: Mapping[str, str] = {
    "text": "xxxx",
    "long_text": "xxxx",
    "markdown": "**xxxx**",
    "integer": "5",
    "decimal": "5",
    "email": "a@example.jp",
    "phone": "03-0000-0100",
    "postal_code": "100-0001",
    "url": "https://example.jp/",
    "boolean": "yes",
    "choice": "c0",
    "choices": "c0",
    "declaration": "yes",
    "time": "09:00",
}
"""What fits a field of a type; where a format asks for more, what fits that."""

SHAPED = {"kana": "カナ", "corporate_number": "7999901000001", "operator_code": "9A01"}
BOXED = {"year": "2026", "month": "11", "day": "22", "hour": "9", "minute": "30", "prefecture": "tokyo"}
"""What fits a box of a moment, and a part of an address."""


def fitting(kind: CompiledType, name: str) -> str:
    """Something that fits the control `name`; "" where it is none of the definition's."""
    steps = [step for step in name.removesuffix("__confirm").split(".") if not step.isdigit()]
    parts: Mapping[str, BaseField] = kind.definition.by_name
    for place, step in enumerate(steps):
        field = parts.get(step)
        if field is None:
            return BOXED.get(step, "")
        if place == len(steps) - 1:
            shape = getattr(field, "format_name", None)
            return SHAPED[shape] if shape else FITTING.get(field.type, BOXED.get(field.name, "xxxx"))
        parts = {part.name: part for part in field.parts}
        if not parts:
            return BOXED.get(steps[-1], "")
    return ""


def with_rows(fields: Sequence[BaseField], rows: int) -> dict[str, Any]:
    """The empty answers of a page on which "add a row" was pressed so often, at every depth."""
    found: dict[str, Any] = {}
    for field in fields:
        if field.parts and (inner := with_rows(field.parts, rows)) is not None:
            found[field.name] = [inner for _ in range(rows)] if field.repeats else inner
    return found


@dataclass(frozen=True)
class Sending:
    """How a page is filled in: how many rows are added; by place what is said instead of what fits; what is
    left out; what is sent besides."""

    rows: int
    instead: Mapping[int, str]
    without: frozenset[int]
    besides: tuple[tuple[str, str], ...]

    def of(self, kind: CompiledType, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """The names and values that arrive for the controls of a page."""
        said = [(name, self._said(kind, n, name)) for n, (name, _) in enumerate(pairs) if self._is_said(n)]
        return [*said, *self.besides]

    def _is_said(self, place: int) -> bool:
        return place % PLACES not in self.without

    def _said(self, kind: CompiledType, place: int, name: str) -> str:
        return self.instead.get(place % PLACES) or fitting(kind, name)


PLACES = 40
NAMES = st.sampled_from(
    ["f10", "f11", "f10.0.f20", "f11.0.f20.0.f30", "f10.year", "f10.f20", "f12.9999.f20", "number", "$where"]
)
SENDINGS = st.builds(
    Sending,
    st.integers(0, 2),
    st.dictionaries(st.integers(0, PLACES - 1), ANYTHING, max_size=12),
    st.frozensets(st.integers(0, PLACES - 1), max_size=4),
    st.one_of(st.just(()), st.lists(st.tuples(NAMES, ANYTHING), max_size=6).map(tuple)),
)
