"""A filter's tree as the database has to be asked: constants only, texts literal, days as the instants they
begin and end in the site's zone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

from models.schema.filters.tree import COUNTED, Askable, Group, Part, Question
from models.schema.filters.values import settled
from models.schema.patterns import literally

INSTANT = timedelta(milliseconds=1)
"""The precision the database keeps."""

_MINUTE = "%Y-%m-%dT%H:%M"


def database_query(tree: Group, today: date, zone: tzinfo) -> Mapping[str, Any]:
    """The query `tree` stands for on `today` in `zone`; {} when nothing is asked."""
    return _Asked(today, zone).part(tree) if tree.parts else {}


class Span(NamedTuple):
    """A day or a minute as stored values: the first that belongs to it, and the first that does not."""

    begin: Any
    end: Any


class _Asked:
    """Asks on one day."""

    def __init__(self, today: date, zone: tzinfo) -> None:
        self.today, self.zone = today, zone

    def part(self, part: Part) -> Mapping[str, Any]:
        if isinstance(part, Question):
            return self.test(part)
        inner = [self.part(each) for each in part.parts]
        if part.how == "all":
            return inner[0] if len(inner) == 1 else {"$and": inner}
        return {"$or" if part.how == "any" else "$nor": inner}

    def test(self, test: Question) -> Mapping[str, Any]:
        askable, path = test.askable, test.askable.path
        if test.operator in ("given", "missing"):
            return {path: None} if test.operator == "missing" else {path: {"$ne": None}}
        if askable.kind in ("day", "moment"):
            return {path: self.days(test)}
        if askable.kind == "text" and test.operator in ("begins", "contains"):
            return _found(test)
        return {path: _compared(test)}

    def days(self, test: Question) -> Mapping[str, Any]:
        """Days and moments, by the stored values they span."""
        if test.operator in COUNTED:
            return self.counted(test)
        span = self.span(test.askable, settled(test.values[0], self.today))
        within = {"$gte": span.begin, "$lt": span.end}
        return {
            "eq": within,
            "ne": {"$not": within},
            "lt": {"$lt": span.begin},
            "lte": {"$lt": span.end},
            "gt": {"$gte": span.end},
            "gte": {"$gte": span.begin},
        }[test.operator]

    def counted(self, test: Question) -> Mapping[str, Any]:
        days = timedelta(days=test.values[0])
        here = self.span(test.askable, self.today.isoformat())
        before = self.span(test.askable, (self.today - days).isoformat())
        after = self.span(test.askable, (self.today + days).isoformat())
        return {
            "past": {"$gte": before.begin, "$lt": here.end},
            "coming": {"$gte": here.begin, "$lt": after.end},
            "older": {"$lt": before.begin},
            "beyond": {"$gte": after.end},
        }[test.operator]

    def span(self, askable: Askable, text: str) -> Span:
        """What `text`, a day or a moment to the minute, spans."""
        begin = datetime.fromisoformat(text)
        end = begin + (timedelta(minutes=1) if "T" in text else timedelta(days=1))
        if askable.kind == "day":
            return Span(begin.date().isoformat(), end.date().isoformat())
        if askable.field is not None:
            return Span(begin.strftime(_MINUTE), end.strftime(_MINUTE))
        late = INSTANT if askable.ends else timedelta()
        return Span(self.instant(begin) + late, self.instant(end) + late)

    def instant(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def _compared(test: Question) -> Any:
    stored = test.askable.stored or _same
    if test.operator in ("in", "nin"):
        every = dict.fromkeys(spelling for value in test.values for spelling in _spellings(test, value))
        return {f"${test.operator}": [stored(value) for value in every]}
    spellings = _spellings(test, test.values[0])
    if len(spellings) > 1:
        return {"$in" if test.operator == "eq" else "$nin": [stored(value) for value in spellings]}
    value = stored(spellings[0])
    return value if test.operator == "eq" else {f"${test.operator}": value}


def _same(value: Any) -> Any:
    return value


def _spellings(test: Question, value: Any) -> list[Any]:
    """A text as it was typed, and as the field would write it."""
    field = test.askable.field
    if test.askable.kind != "text" or field is None:
        return [value]
    written = field.parse(value)
    return list(dict.fromkeys([value, written if isinstance(written, str) else value]))


def _found(test: Question) -> Mapping[str, Any]:
    """A text at the beginning or anywhere, literally; anchored, so that an index can serve the first."""
    anchor = "^" if test.operator == "begins" else ""
    spellings = _spellings(test, test.values[0])
    found = [{test.askable.path: {"$regex": f"{anchor}{literally(text)}"}} for text in spellings]
    return found[0] if len(found) == 1 else {"$or": found}
