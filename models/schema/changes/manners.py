"""The other keys of a field: how it is called, listed, protected, filled in. Nothing stored is hurt, but
nothing goes untold either."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.language import Message
from models.schema.changes.change import Change, Duplicates
from models.schema.changes.narrowing import CONSTRAINTS
from models.schema.changes.pair import Pair
from models.schema.changes.place import NOTHING
from models.schema.fields import BaseField
from models.schema.fields.base import UniqueRule
from models.schema.fields.structure import ComputedField, ReferenceField

COMPARED = frozenset(
    {*CONSTRAINTS, "name", "type", "options", "fields", "required", "required_when", "unique"}
)
"""The keys others look at."""

OWN = frozenset({"label", "show_when", "value", "to"})
"""The keys with a message of their own; ``show_when`` has its in ``rules``."""

GROUPS: Mapping[str, tuple[Message, frozenset[str]]] = {
    "wording_changed": (
        Message("“{label}”: other words or looks ({keys})."),
        frozenset(
            {
                "help",
                "purpose",
                "example",
                "unit",
                "grouped",
                "rows",
                "row_label",
                "row_pages",
                "row_title",
                "yes",
                "no",
                "text",
                "text_version",
            }
        ),
    ),
    "listing_changed": (
        Message(
            "“{label}”: listed, found or sorted otherwise ({keys}); indexes are built when it is published."
        ),
        frozenset({"index", "searchable", "listed", "filterable", "sortable"}),
    ),
    "protection_changed": (
        Message("“{label}”: protected otherwise ({keys}), for stored answers too."),
        frozenset({"personal", "classification", "access"}),
    ),
    "entry_changed": (
        Message("“{label}”: filled in otherwise from now on ({keys})."),
        frozenset(
            {
                "default",
                "filled_by",
                "read_only",
                "read_only_when",
                "set_once",
                "rows_from",
                "confirm",
                "where",
                "copied",
                "kana",
            }
        ),
    ),
}


def compare_manners(pair: Pair) -> Iterator[Change]:
    """What else a field is told to be."""
    old, new = pair.old.field, pair.new.field
    yield from _relabelled(pair)
    yield from _made_unique(pair)
    yield from _computed(pair)
    yield from _referring(pair)
    differing = _differing(old, new) - COMPARED - OWN
    for code, (message, keys) in GROUPS.items():
        if found := differing & keys:
            yield _told(code, message, pair, found)
    if rest := differing - frozenset().union(*(keys for _, keys in GROUPS.values())):
        yield _told("other_changed", Message("“{label}”: {keys} changed."), pair, rest)


def _differing(old: BaseField, new: BaseField) -> frozenset[str]:
    """The keys both types have, with another value."""
    both = type(old).model_fields.keys() & type(new).model_fields.keys()
    return frozenset(key for key in both if getattr(old, key) != getattr(new, key))


def _told(code: str, message: Message, pair: Pair, keys: frozenset[str]) -> Change:
    named = type(pair.new.field).model_fields
    told = ", ".join(sorted(named[key].alias or key for key in keys))
    values = {"label": pair.new.field.label, "keys": told}
    return Change(code, "safe", pair.path, Message(message.msgid, values))


def _relabelled(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field.label, pair.new.field.label
    if old != new:
        text = Message("“{before}” is now called “{label}”.", {"before": old, "label": new})
        yield Change("label_changed", "safe", pair.path, text)


def _made_unique(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field, pair.new.field
    if old.unique == new.unique:
        return
    values = {"label": new.label}
    if not new.unique:
        text = Message("“{label}” need not be unique any more.", values)
        yield Change("unique_removed", "safe", pair.path, text)
        return
    rule = new.unique if isinstance(new.unique, UniqueRule) else UniqueRule()
    text = Message(
        "“{label}” must be unique. Records with the same answer stand in the way of its index.", values
    )
    if pair.old.in_rows:  # within one table; stored tables are looked at when they next change
        yield Change("unique_added", "step", pair.path, text, pair.old.answered(), bound="most")
        return
    paths = (pair.old.path, *rule.with_fields)
    duplicates = Duplicates(paths, dict(rule.among or {}))
    yield Change("unique_added", "step", pair.path, text, duplicates=duplicates)


def _computed(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field, pair.new.field
    if isinstance(old, ComputedField) and isinstance(new, ComputedField) and old.value != new.value:
        text = Message(
            "“{label}” is computed otherwise. Stored values are worked out anew once it is published.",
            {"label": new.label},
        )
        touching = pair.old.within(lambda path: {path: {"$nin": NOTHING}})
        yield Change("formula_changed", "safe", pair.path, text, touching)


def _referring(pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field, pair.new.field
    if isinstance(old, ReferenceField) and isinstance(new, ReferenceField) and old.to != new.to:
        values: dict[str, Any] = {"label": new.label, "before": old.to, "after": new.to}
        text = Message(
            "“{label}” refers to {after} instead of {before}; stored numbers are of the old type.", values
        )
        convert = {"convert": {pair.path: {"otherwise": "attic"}}}
        yield Change("reference_changed", "step", pair.path, text, pair.old.answered(), convert)
