"""Constraints: which stored values a new one would no longer take."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from models.language import Message
from models.schema.changes.change import Bound, Change
from models.schema.changes.pair import Pair
from models.schema.changes.place import NOTHING, Place
from models.schema.fields import BaseField
from models.schema.fields.base import Query
from models.schema.fields.file import KINDS
from models.schema.formats import FORMATS

WHOLE = 2**63 - 1
"""The bounds of a whole number that say nothing: 64 bits hold no more."""

Found = tuple[Query, Bound]
Rule = Callable[[Place, Any], Found]
"""Given where the values are and the new constraint: the values it refuses."""


def compare_constraints(pair: Pair) -> Iterator[Change]:
    """Constraints that became tighter, or looser."""
    for key, (direction, refused) in CONSTRAINTS.items():
        old, new = _constraint(pair.old.field, key), _constraint(pair.new.field, key)
        if old == new or pair.new.field.confidential:
            continue
        text = Message("“{label}”: {key} changes from {before} to {after}.", _values(pair, key, old, new))
        if new is None or not direction(old, new):
            yield Change("widened", "safe", pair.path, text)
            continue
        touching, bound = refused(pair.old, new)
        yield Change("narrowed", "step", pair.path, text, touching, _step(pair), bound=bound)


def _constraint(field: BaseField, key: str) -> Any:
    """The constraint, None where the type has none or it holds nothing back."""
    value = getattr(field, key, None)
    if isinstance(value, int) and abs(value) >= WHOLE:
        return None
    return None if value in (0, ()) and key.startswith(("min_", "accept")) else value


def _values(pair: Pair, key: str, old: Any, new: Any) -> Mapping[str, Any]:
    return {"label": pair.new.field.label, "key": key, "before": _told(old), "after": _told(new)}


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)


def _step(pair: Pair) -> Mapping[str, Any] | None:
    """Values that do not fit go to the attic; tables stay as they are until their next change."""
    return None if pair.new.field.parts else {"convert": {pair.path: {"otherwise": "attic"}}}


def _lower(old: Any, new: Any) -> bool:
    return old is None or new < old


def _higher(old: Any, new: Any) -> bool:
    return old is None or new > old


def _other(old: Any, new: Any) -> bool:
    return bool(old != new)


def _fewer(old: Any, new: Any) -> bool:
    return old is None or not set(old) <= set(new)


def _longer_than(place: Place, limit: int) -> Found:
    return place.holding({"$regex": rf"^[\s\S]{{{limit + 1}}}"}), "exact"


def _shorter_than(place: Place, limit: int) -> Found:
    return place.answered(**{"not": {"$regex": rf"^[\s\S]{{{limit}}}"}}), "exact"


def _unlike(place: Place, pattern: str) -> Found:
    return place.answered(**{"not": {"$regex": f"^(?:{pattern})$"}}), "exact"


def _malformed(place: Place, shape_name: Any) -> Found:
    """What the format's pattern refuses; check digits and other answers it looks at are not asked."""
    name = next(iter(shape_name)) if isinstance(shape_name, Mapping) else shape_name
    shape = FORMATS.get(name or "")
    if shape is None:
        return place.answered(), "most"
    return place.answered(**{"not": {"$regex": f"^(?:{shape.pattern})$"}}), "least"


def _above(place: Place, limit: Any) -> Found:
    return place.holding({"$gt": limit}), "exact"


def _below(place: Place, limit: Any) -> Found:
    return place.holding({"$lt": limit}), "exact"


def _finer(place: Place, places: int) -> Found:
    """More digits after the point: in rows the database cannot be asked, so all values are told."""
    if place.in_rows:
        return place.answered(), "most"
    value = f"${place.path}"
    rounded = {"$ne": [value, {"$round": [value, places]}]}
    return {"$expr": {"$cond": [{"$isNumber": value}, rounded, False]}}, "exact"


def _more_than(place: Place, limit: int) -> Found:
    return place.within(lambda path: {f"{path}.{limit}": {"$exists": True}}), "exact"


def _fewer_than(place: Place, limit: int) -> Found:
    def build(path: str) -> Query:
        return {path: {"$nin": NOTHING}, f"{path}.{limit - 1}": {"$exists": False}}

    return place.within(build), "exact"


def _not_accepted(place: Place, kinds: tuple[str, ...]) -> Found:
    types = [content for kind in kinds for content in KINDS.get(kind, ())]
    return place.within(lambda path: {f"{path}.content_type": {"$nin": [None, *types]}}), "exact"


def _heavier(place: Place, limit: int) -> Found:
    return place.within(lambda path: {f"{path}.size": {"$gt": limit * 1_048_576}}), "exact"


CONSTRAINTS: Mapping[str, tuple[Callable[[Any, Any], bool], Rule]] = {
    "max_length": (_lower, _longer_than),
    "min_length": (_higher, _shorter_than),
    "pattern": (_other, _unlike),
    "format": (_other, _malformed),
    "max": (_lower, _above),
    "min": (_higher, _below),
    "places": (_lower, _finer),
    "max_rows": (_lower, _more_than),
    "min_rows": (_higher, _fewer_than),
    "min_items": (_higher, _fewer_than),
    "max_files": (_lower, _more_than),
    "min_files": (_higher, _fewer_than),
    "accept": (_fewer, _not_accepted),
    "max_mb": (_lower, _heavier),
}
"""The keys that bound a value: when they are tighter, and what they refuse then."""
