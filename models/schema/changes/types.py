"""Fields of another type: whether what is stored fits as it is, after ``convert``, or perhaps not."""

from collections.abc import Callable, Iterator

from models.language import Message
from models.schema.changes.change import Bound, Change
from models.schema.changes.narrowing import compare_constraints
from models.schema.changes.options import compare_options
from models.schema.changes.pair import Pair, Two
from models.schema.fields import BaseField
from models.schema.fields.base import Query
from models.schema.fields.choice import ListedField
from models.schema.fields.text import LINE_LIMIT
from models.schema.formats import FORMATS

LINES = frozenset({"email", "phone", "url", "postal_code", "date", "time", "datetime", "year_month"})
PROSE = frozenset({"long_text", "markdown"})
TEXTS = LINES | PROSE | {"text", "choice", "reference", "account"}
"""The types stored as one text."""

SHOWN = TEXTS | {"integer", "decimal", "boolean", "choices", "person_name", "address"}
"""The types whose values can always be written as a text."""


def fits_as_it_is(old: BaseField, new: BaseField) -> bool:
    """Whether stored values of `old` are values of `new` already, whatever they are (but for bounds)."""
    return (
        old.type == new.type
        or (old.type == "integer" and new.type == "decimal")
        or (old.type in LINES | PROSE | {"text"} and new.type in PROSE)
        or (old.type in LINES and new.type == "text")
    )


def compare_type(two: Two, pair: Pair) -> Iterator[Change]:
    """What another type means for the stored values."""
    old, new = pair.old.field, pair.new.field
    values = {"label": new.label, "before": old.type, "after": new.type}
    if not (old.stored and new.stored) or fits_as_it_is(old, new):
        text = Message("“{label}” changes from {before} to {after}; stored values fit as they are.", values)
        yield Change("type_changed", "safe", pair.path, text)
        yield from compare_constraints(pair)
        yield from compare_options(pair)
        return
    text = Message("“{label}” changes from {before} to {after}; stored values are converted.", values)
    convert = {"convert": {pair.path: {"otherwise": "refuse"}}}
    yield Change("type_changed", "step", pair.path, text, pair.old.answered(), convert)
    unfit = not_fitting(two, pair)
    if unfit is not None:
        text = Message("“{label}”: stored values that are no {after}.", values)
        kept = {"convert": {pair.path: {"otherwise": "attic"}}}
        yield Change("not_fitting", "loses", pair.path, text, unfit[0], kept, bound=unfit[1])


def not_fitting(two: Two, pair: Pair) -> tuple[Query, Bound] | None:
    """The stored values that cannot become values of the new type; None when all can.

    The database sees them as they are stored, not as the field tidies what is typed: the rehearsal of the
    step has the last word."""
    old, new = pair.old.field, pair.new.field
    pattern = _pattern_of_step(two, pair.path)
    if pattern is not None:
        return pair.old.answered(**{"not": {"$regex": pattern}}), "least"
    if always_fits(old, new):
        return None
    if isinstance(new, ListedField) and old.type in TEXTS | {"choices"}:
        return pair.old.answered(nin=[None, "", [], {}, *(option.code for option in new.options)]), "exact"
    if old.type in TEXTS and new.type in READABLE:
        return pair.old.answered(**{"not": {"$regex": READABLE[new.type]}}), "most"
    if (old.type, new.type) in _SPECIAL:
        return _SPECIAL[old.type, new.type](pair)
    return pair.old.answered(), "most"


def always_fits(old: BaseField, new: BaseField) -> bool:
    """Whether ``convert`` takes every value: numbers and choices as texts, one of a list as several."""
    if (old.type, new.type) in {("choice", "choices"), ("file", "files"), ("date", "year_month")}:
        return _offers_all(old, new)
    return (old.type in SHOWN and new.type in PROSE) or (old.type in SHOWN - PROSE and new.type == "text")


def _offers_all(old: BaseField, new: BaseField) -> bool:
    if not (isinstance(old, ListedField) and isinstance(new, ListedField)):
        return True
    return {option.code for option in old.options} <= {option.code for option in new.options}


def _pattern_of_step(two: Two, path: str) -> str | None:
    steps = (entry.convert.get(path) for entry in two.entries)
    return next((step.pattern for step in steps if step is not None and step.pattern), None)


def _not_one_line(pair: Pair) -> tuple[Query, Bound]:
    """Prose with several lines, or longer than a line may be."""
    longer = rf"^[\s\S]{{{getattr(pair.new.field, 'max_length', LINE_LIMIT) + 1}}}"
    tests = ({"$regex": r"[\n\r]"}, {"$regex": longer})
    return pair.old.within(lambda path: {"$or": [{path: test} for test in tests]}), "exact"


def _fractions(pair: Pair) -> tuple[Query, Bound]:
    """Decimals with something after the point; in rows the database cannot be asked."""
    place = pair.old
    if place.in_rows:
        return place.answered(), "most"
    value = f"${place.path}"
    broken = {"$ne": [value, {"$floor": value}]}
    return {"$expr": {"$cond": [{"$isNumber": value}, broken, False]}}, "exact"


def _more_than_one(pair: Pair) -> tuple[Query, Bound]:
    return pair.old.within(lambda path: {f"{path}.1": {"$exists": True}}), "exact"


_SPECIAL: dict[tuple[str, str], Callable[[Pair], tuple[Query, Bound]]] = {
    ("long_text", "text"): _not_one_line,
    ("markdown", "text"): _not_one_line,
    ("decimal", "integer"): _fractions,
    ("files", "file"): _more_than_one,
}

_DIGITS = "[0-9０-９]"
_DATE = f"{_DIGITS}{{4}}[/.年-]{_DIGITS}{{1,2}}"

READABLE = {
    "integer": f"^[ 　]*[+＋−－ー-]?{_DIGITS}[0-9０-９,，]*[ 　]*$",
    "decimal": f"^[ 　]*[+＋−－ー-]?{_DIGITS}[0-9０-９,，]*([.．]{_DIGITS}+)?[ 　]*$",
    "boolean": "^(yes|no|true|false|on|off|1|0|YES|NO|TRUE|FALSE|Yes|No|True|False)$",
    "date": f"^{_DATE}[/.月-]{_DIGITS}{{1,2}}日?$",
    "year_month": f"^{_DATE}月?$",
    "time": f"^{_DIGITS}{{1,2}}[:：時]{_DIGITS}{{2}}分?$",
    "datetime": f"^{_DATE}[/.月-]{_DIGITS}{{1,2}}日?[T ]{_DIGITS}{{1,2}}[:：時]{_DIGITS}{{2}}分?$",
    "email": "^[^@ ]+@[^@ ]+[.][^@ ]+$",
    "url": "^https?://",
    "phone": f"^(?:{FORMATS['jp_phone'].pattern})$",
    "postal_code": f"^(?:{FORMATS['jp_postal'].pattern})$",
    "reference": "^[0-9A-Za-z-]+$",
    "account": "^[^ ]+$",
}
"""What a text looks like that each type can read, width and separators as people write them."""
