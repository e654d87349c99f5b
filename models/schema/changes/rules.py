"""Required, shown: what stored answers miss or would hide under new conditions."""

from collections.abc import Callable, Iterator, Sequence

from models.language import Message
from models.schema.changes.change import Bound, Change, Step
from models.schema.changes.pair import Pair, Two
from models.schema.changes.place import NOTHING, Place
from models.schema.changes.scope import Scoped, both, neither, place_condition
from models.schema.fields import BaseField
from models.schema.fields.base import Query
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField
from models.schema.fields.number import NumberField

UNKNOWN = "unknown"
"""What the suggested step puts in where the steward has to say it; to be replaced before it is used."""


def compare_rules(two: Two, pair: Pair) -> Iterator[Change]:
    """What becomes required, and what becomes hidden."""
    yield from _made_required(two, pair)
    yield from _newly_hidden(two, pair)


def required_rule(field: BaseField) -> Query | None:
    """When an answer is required: always ({}), under a condition, or never (None)."""
    if not (field.asked and field.stored):
        return None
    return {} if field.required else field.required_when


def missing(two: Two, stored: Place, new: Place, *besides: Scoped) -> tuple[Query, Bound]:
    """Records without the answer where the new definition requires it."""
    rules = [
        *(_new(two, new, rule) for rule in (required_rule(new.field), new.field.show_when) if rule),
        *_shown_around(two, new),
    ]
    begun = [not outer.required for outer in stored.around]
    return asking(stored, lambda path: _absent(path, begun), *rules, *besides)


def _absent(path: str, begun: Sequence[bool]) -> Query:
    """Nothing at `path`, though something is in the groups around it (a group nobody wrote in asks for
    nothing unless it is required; `begun` says which of them must have been written in)."""
    names = path.split(".")[:-1]
    groups = [".".join(names[: count + 1]) for count in range(len(names))]
    asked = begun[len(begun) - len(groups) :]
    written = [{group: {"$nin": NOTHING}} for group, must in zip(groups, asked, strict=True) if must]
    return both({path: {"$in": NOTHING}}, *written)


def asking(stored: Place, build: Callable[[str], Query], *rules: Scoped) -> tuple[Query, Bound]:
    """What `build` selects at `stored`, among those the rules hold for; and how good that is."""
    inside = [query for rule in rules for query in rule.inside]
    outside = [query for rule in rules for query in rule.outside]
    query = both(stored.within(lambda path: both(build(path), *inside)), *outside)
    return query, "most" if any(rule.bound == "most" for rule in rules) else "exact"


def _new(two: Two, place: Place, rule: Query) -> Scoped:
    return place_condition(rule, place, tuple(two.new.by_name), two.origin)


def _old(two: Two, place: Place, rule: Query) -> Scoped:
    return place_condition(rule, place, tuple(two.old.by_name), _same)


def _same(path: str) -> str:
    return path


def _shown_around(two: Two, place: Place) -> Iterator[Scoped]:
    """When the tables and groups around are shown."""
    for depth, outer in enumerate(place.around):
        if outer.show_when:
            yield _new(two, Place(outer, place.around[:depth]), outer.show_when)


def _made_required(two: Two, pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field, pair.new.field
    rule, before = required_rule(new), required_rule(old)
    if rule is None or (rule, new.show_when) == (before, old.show_when):
        return
    asked = both(before or {}, old.show_when or {})
    if before is not None and not asked:
        return
    newly = [_old(two, pair.old, neither(asked))] if before is not None else []
    touching, bound = missing(two, pair.old, pair.new, *newly)
    text = Message("“{label}” becomes required.", {"label": new.label})
    yield Change(
        "made_required", "step", pair.path, text, touching, default_step(pair.path, new), bound=bound
    )


def _newly_hidden(two: Two, pair: Pair) -> Iterator[Change]:
    old, new = pair.old.field, pair.new.field
    if new.show_when == old.show_when or not new.stored:
        return
    if not new.show_when:
        text = Message("“{label}” is always shown.", {"label": new.label})
        yield Change("always_shown", "safe", pair.path, text)
        return
    rule = _new(two, pair.new, neither(new.show_when))
    touching, bound = asking(pair.old, lambda path: {path: {"$nin": NOTHING}}, rule)
    text = Message(
        "“{label}” is shown under another condition; answers it hides are left out at the next change.",
        {"label": new.label},
    )
    yield Change("newly_hidden", "loses", pair.path, text, touching, bound=bound)


def default_step(path: str, field: BaseField) -> Step:
    """The step that fills in what is missing; what it puts in is for the steward to say."""
    return {"default": {path: _sample(field)}}


def _sample(field: BaseField) -> object:
    if field.default is not None:
        return field.default
    if isinstance(field, ChoiceField | ChoicesField) and field.options:
        first = field.options[0].code
        return first if isinstance(field, ChoiceField) else [first]
    if isinstance(field, BooleanField):
        return False
    if isinstance(field, NumberField):
        least = getattr(field, "min", None)
        return max(0, int(least)) if least is not None else 0
    if field.type in _SAMPLES:
        return _SAMPLES[field.type]
    return [{}] if field.repeats else UNKNOWN


_SAMPLES = {
    "date": "2000-01-01",
    "year_month": "2000-01",
    "time": "00:00",
    "datetime": "2000-01-01T00:00",
    "email": "unknown@example.jp",
    "phone": "03-0000-0000",
    "postal_code": "100-0001",
    "url": "https://example.jp",
}
