"""Columns of a record list: how a raw value reads, and how it may be filtered and sorted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal

from markupsafe import Markup

from admin import moments
from admin.language import language, say
from models.language import Message, Text

Kind = Literal["text", "code", "number", "day", "moment", "yes", "state"]
Operator = Literal["eq", "startswith", "gte", "lte", "given"]
Tone = Literal["plain", "info", "good", "warn", "bad", "done"]
Show = Callable[[Any], str]
Query = Mapping[str, Any]
Match = Callable[[Operator, str], Query]

BADGE = Markup('<span class="a-badge a-badge--{}">{}</span>')


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a column with few values: how it is called, and its tone (never by colour alone)."""

    label: Any
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the dotted `path` in a raw row, its `label` and `kind`.

    `sortable` promises an index on the path; `filters` are the operators offered in the filter form;
    `choices` the values of a ``state`` column; `show` replaces the kind's way of writing a value (what it
    returns is escaped unless it is ``Markup``); `wrap` lets long text break into lines. `order` is the path
    it is sorted by where that is another; no two rows have the same value of one that is `alone`, so that
    nothing else need order them; a column not `drawn` is only filtered and sorted by. `match` makes
    the query of a filter (raising ``ValueError`` for a text it cannot read), `spell` writes an export's cell.
    """

    path: str
    label: Any
    kind: Kind = "text"
    sortable: bool = False
    filters: tuple[Operator, ...] = ()
    choices: Mapping[str, Choice] = field(default_factory=dict)
    show: Show | None = None
    wrap: bool = False
    order: str = ""
    alone: bool = False
    drawn: bool = True
    match: Match | None = None
    spell: Callable[[Any], Any] | None = None

    @property
    def title(self) -> str:
        return worded(self.label)

    def writer(self) -> Show:
        """How this column writes a value in the language of this answer; made once for a page, not for a
        cell."""
        if self.show:
            return self.show
        if self.kind == "state":
            return self._states().__getitem__
        if self.kind == "moment":
            return moments.moment_writer()
        return _WRITERS[self.kind]

    def _states(self) -> "_States":
        return _States({value: BADGE.format(c.tone, worded(c.label)) for value, c in self.choices.items()})


class _States(dict[str, Markup]):
    """Badges by value; a value that is no longer a choice is shown as it is stored."""

    def __missing__(self, value: Any) -> Markup:
        return Markup("") if value is None else BADGE.format("plain", value)


def worded(label: Any) -> str:
    """A label in the language of this answer: a message id, a ``Text``, a ``Message`` or a lazy string."""
    if isinstance(label, Text | Message):
        return label(language())
    return say(label) if type(label) is str else str(label)


def plain(value: Any) -> str:
    """Any value as text; lists joined, None empty."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return (
            "、".join(plain(part) for part in value) if language() == "ja" else ", ".join(map(plain, value))
        )
    return str(value)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else plain(value)


def _yes(value: Any) -> str:
    return "" if value is None else say("Yes") if value else say("No")


def _code(value: Any) -> Markup:
    return Markup("") if value is None else Markup(f'<span class="a-code">{escape(str(value))}</span>')  # noqa: S704


_WRITERS: dict[str, Show] = {
    "text": plain,
    "code": _code,
    "number": _number,
    "day": moments.day,
    "yes": _yes,
}


def flat(value: Any) -> str:
    """A value for a spreadsheet cell: moments to the minute, lists joined, no markup."""
    return moments.minute(value) if hasattr(value, "utcoffset") and hasattr(value, "date") else plain(value)


def spelled(column: Column, value: Any) -> Any:
    """`value` of `column` in an export: as the column spells it, a choice by its label."""
    if column.spell:
        return column.spell(value)
    choice = column.choices.get(value) if isinstance(value, str) else None
    return worded(choice.label) if choice else flat(value)
