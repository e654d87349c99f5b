"""Answers typed in one window brought together with what another stored meanwhile.

A page carries a short mark of every answer it was drawn with. What is typed, what is stored and what stood
there at first then tell apart what was changed here, there, or in both places (a three-way merge)."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from models.schema.fields import BaseField
from models.schema.fields.base import Raw

Marks = Mapping[str, str]
"""The mark of every answered field, by its name; one that is not there had no answer."""

MARK_SIZE = 5
"""Bytes of a mark: two different answers of one field share one in a case of 10^12."""

_BOXED = frozenset({"date", "datetime", "year_month"})
"""Controls whose answer is a text or boxes, and the same in both."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What the answers come to: those typed here, and of what was not touched here what is stored. Fields
    changed in both places keep what was typed here and are named in ``conflicts``."""

    answers: dict[str, Raw] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    theirs: frozenset[str] = frozenset()
    """The fields whose stored answer was taken, as only the other window changed it."""


def mark(target: BaseField, raw: Any) -> str:
    """The mark of one answer as typed; "" for none."""
    plain = _plain(target, raw)
    if plain is None:
        return ""
    return hashlib.blake2b(repr(plain).encode("utf-8", "surrogatepass"), digest_size=MARK_SIZE).hexdigest()


def marks_of(fields: Iterable[BaseField], answers: Mapping[str, Any]) -> dict[str, str]:
    """The marks of these fields' answers; those not answered are left out."""
    found = ((known.name, mark(known, answers.get(known.name))) for known in fields if known.name in answers)
    return {name: made for name, made in found if made}


def merge(
    fields: Mapping[str, BaseField], stored: Mapping[str, Any], sent: Mapping[str, Raw], base: Marks | None
) -> Merged:
    """Bring the answers `sent` of a page together with those `stored` now; `base` are the marks the page was
    drawn with, None where nothing is known of that: then every difference is a conflict."""
    answers: dict[str, Raw] = {}
    conflicts, theirs = [], []
    for name, mine in sent.items():
        held = stored.get(name)
        here, there = mark(fields[name], mine), mark(fields[name], held)
        before = None if base is None else base.get(name, "")
        answers[name] = mine
        if there not in (before, here):
            if here == before:
                answers[name] = held
                theirs.append(name)
            else:
                conflicts.append(name)
    return Merged(answers, tuple(conflicts), frozenset(theirs))


def _plain(target: BaseField, raw: Any) -> Any:
    """An answer in one shape, however it was sent or stored; None for nothing."""
    if target.repeats:
        rows = (
            [_parts(target, row) for row in raw if isinstance(row, Mapping)] if isinstance(raw, list) else []
        )
        return [row for row in rows if row is not None] or None
    if target.parts:
        return _parts(target, raw)
    if target.control in _BOXED:
        return target.parse(raw)
    if isinstance(raw, str):
        return raw.replace("\r\n", "\n") or None
    if isinstance(raw, Mapping):
        return sorted((str(key), str(value)) for key, value in raw.items() if value is not None) or None
    if isinstance(raw, list):
        return [_plain(target, each) for each in raw] or None
    return raw


def _parts(target: BaseField, raw: Any) -> Any:
    if not isinstance(raw, Mapping):
        return None
    found = ((part.name, _plain(part, raw.get(part.name))) for part in target.parts if part.asked)
    return [(name, value) for name, value in found if value is not None] or None
