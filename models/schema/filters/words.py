"""A filter in words, by the labels of its place."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from models.language import Language, Text, translate
from models.schema.fields.base import as_day
from models.schema.fields.moment import DateField, DateTimeField, YearMonthField
from models.schema.filters.tree import Askable, Operator, Part, Question
from models.schema.filters.values import days_from

_WORDS: Final[Mapping[Operator, str]] = {
    "eq": "“{label}” is {value}",
    "in": "“{label}” is {value}",
    "ne": "“{label}” is not {value}",
    "nin": "“{label}” is not {value}",
    "begins": "“{label}” begins with {value}",
    "contains": "“{label}” contains {value}",
    "gt": "“{label}” is more than {value}",
    "gte": "“{label}” is {value} or more",
    "lt": "“{label}” is less than {value}",
    "lte": "“{label}” is {value} or less",
    "past": "“{label}” is within the last {value} days",
    "coming": "“{label}” is within the next {value} days",
    "older": "“{label}” is more than {value} days ago",
    "beyond": "“{label}” is more than {value} days ahead",
    "given": "“{label}” is answered",
    "missing": "“{label}” is not answered",
}
_DAY_WORDS: Final[Mapping[Operator, str]] = {
    "gt": "“{label}” is after {value}",
    "gte": "“{label}” is {value} or later",
    "lt": "“{label}” is before {value}",
    "lte": "“{label}” is {value} or earlier",
}
_NO_DAYS: Final[Mapping[Operator, str]] = {
    "past": "“{label}” is today",
    "coming": "“{label}” is today",
    "older": "“{label}” is before today",
    "beyond": "“{label}” is after today",
}
_ONE_DAY: Final[Mapping[Operator, str]] = {
    "past": "“{label}” is today or yesterday",
    "coming": "“{label}” is today or tomorrow",
    "older": "“{label}” is before yesterday",
    "beyond": "“{label}” is after tomorrow",
}
_YES: Final = Text(ja="はい", en="Yes")
_NO: Final = Text(ja="いいえ", en="No")
_DATED: Final = ("day", "moment", "month", "time")
_OPERATORS: Final[Mapping[Operator, Text]] = {
    "eq": Text(ja="と等しい", en="is"),
    "ne": Text(ja="と等しくない", en="is not"),
    "in": Text(ja="のいずれか", en="is one of"),
    "nin": Text(ja="のいずれでもない", en="is none of"),
    "begins": Text(ja="で始まる", en="begins with"),
    "contains": Text(ja="を含む", en="contains"),
    "gt": Text(ja="より大きい", en="is more than"),
    "gte": Text(ja="以上", en="is at least"),
    "lt": Text(ja="より小さい", en="is less than"),
    "lte": Text(ja="以下", en="is at most"),
    "past": Text(ja="過去○日以内", en="is within the last … days"),
    "coming": Text(ja="今後○日以内", en="is within the next … days"),
    "older": Text(ja="○日より前", en="is more than … days ago"),
    "beyond": Text(ja="○日より後", en="is more than … days ahead"),
    "given": Text(ja="入力あり", en="is answered"),
    "missing": Text(ja="入力なし", en="is not answered"),
}
_DAY_OPERATORS: Final[Mapping[Operator, Text]] = {
    "gt": Text(ja="より後", en="is after"),
    "gte": Text(ja="以降", en="is on or after"),
    "lt": Text(ja="より前", en="is before"),
    "lte": Text(ja="以前", en="is on or before"),
}


def operator_words(askable: Askable, operator: Operator) -> Text:
    """What an operator is called where one picks it."""
    dated = _DAY_OPERATORS.get(operator) if askable.kind in _DATED else None
    return dated or _OPERATORS[operator]


def words_of(part: Part, language: Language) -> str:
    """`part` as a sentence without its end; "" when nothing is asked."""
    if isinstance(part, Question):
        return _test(part, language)
    inner = [_inside(each, language) for each in part.parts]
    if part.how == "none":
        return translate("none of these holds: {listed}", language, listed=_listed(inner, language))
    joined = "{one} and {other}" if part.how == "all" else "{one} or {other}"
    return _joined(inner, joined, language)


def _inside(part: Part, language: Language) -> str:
    """A group inside another stands in brackets."""
    words = words_of(part, language)
    if isinstance(part, Question):
        return words
    return f"({words})" if language == "en" else f"（{words}）"


def _joined(parts: Sequence[str], msgid: str, language: Language) -> str:
    whole = ""
    for each in parts:
        whole = translate(msgid, language, one=whole, other=each) if whole else each
    return whole


def _listed(parts: Sequence[str], language: Language) -> str:
    return ("; " if language == "en" else "、").join(parts)


def _test(test: Question, language: Language) -> str:
    askable, operator = test.askable, test.operator
    msgid = (_DAY_WORDS.get(operator) if askable.kind in _DATED else None) or _WORDS[operator]
    if operator in _NO_DAYS:
        msgid = {0: _NO_DAYS[operator], 1: _ONE_DAY[operator]}.get(test.values[0], msgid)
        return translate(msgid, language, label=askable.label, value=f"{test.values[0]:,}")
    return translate(msgid, language, label=askable.label, value=_values(test, language))


def _values(test: Question, language: Language) -> str:
    shown = [_quoted(test.askable, value, language) for value in test.values]
    if language == "en" and len(shown) > 1:
        return f"{', '.join(shown[:-1])} or {shown[-1]}"
    return "、".join(shown)


def _quoted(askable: Askable, value: Any, language: Language) -> str:
    days = days_from(value) if askable.kind in ("day", "moment") else None
    if days is not None:
        return _relative(days, language)
    shown = show_value(askable, value, language)
    return f"“{shown}”" if language == "en" else f"「{shown}」"


def _relative(days: int, language: Language) -> str:
    if not days:
        return translate("today", language)
    msgid = "{count} days from today" if days > 0 else "{count} days before today"
    return translate(msgid, language, count=f"{abs(days):,}")


def show_value(askable: Askable, value: Any, language: Language) -> str:
    """A value as its answers are shown."""
    if askable.kind == "choice":
        label = dict(askable.options).get(value)
        return label(language) if label else str(value)
    if askable.kind == "yes":
        return _yes(askable, value, language)
    if askable.kind in ("day", "moment", "month"):
        return _dated(value, language)
    if isinstance(value, int | Decimal):
        return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return str(value)


def _yes(askable: Askable, value: Any, language: Language) -> str:
    if askable.field is not None:
        return askable.field.show(value, language)
    return (_YES if value else _NO)(language)


def _dated(value: str, language: Language) -> str:
    if len(value) == len("2026-04"):
        return YearMonthField(name="month", type="year_month").show(value, language)
    if as_day(value) is not None:
        return DateField(name="day", type="date").show(value, language)
    return DateTimeField(name="moment", type="datetime").show(value, language)
