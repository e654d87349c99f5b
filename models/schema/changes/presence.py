"""Fields added, removed, renamed, moved."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from models.language import Message
from models.schema.changes.change import Change, Step
from models.schema.changes.pair import Two
from models.schema.changes.place import Place
from models.schema.changes.rules import default_step, missing, required_rule
from models.schema.fields import BaseField

ALIKE = 0.6
"""How like (0 to 1) names or labels are of a field that was likely renamed."""


def compare_presence(two: Two) -> Iterator[Change]:
    """What came and what went."""
    for place in two.removed:
        yield _removed(two, place)
    for place in two.added:
        yield _added(two, place)


def _removed(two: Two, place: Place) -> Change:
    field = place.field
    if not field.stored:
        return Change("field_removed", "safe", place.path, _say("“{label}” is removed.", field))
    heir = _heir(two, place)
    if heir is None:
        text = _say("“{label}” is removed. Its answers would no longer be seen.", field)
        return Change("field_removed", "loses", place.path, text, place.answered(), {"drop": [place.path]})
    msgid = (
        "“{label}” is removed; “{heir}” ({path}) looks like the same question under another name."
        if heir.parent == two_parent(two, place)
        else "“{label}” is removed; “{heir}” ({path}) looks like the same question in another place."
    )
    text = Message(msgid, {"label": field.label, "heir": heir.field.label, "path": heir.path})
    return Change("field_removed", "loses", place.path, text, place.answered(), _taking(two, place, heir))


def _taking(two: Two, place: Place, heir: Place) -> Step:
    return {"rename" if heir.parent == two_parent(two, place) else "move": {place.path: heir.path}}


def two_parent(two: Two, place: Place) -> str:
    """Where the table or group an old field was in is now; "" at the top."""
    moved = {old: new for new, old in two.renamed.items()}
    return moved.get(place.parent, place.parent)


def _heir(two: Two, place: Place) -> Place | None:
    """The added field that is likely this one: the same type, and declared so, or of a like name or label, or
    the only one in question."""
    declared = {old: new for new, old in two.renamed.items()}.get(place.path)
    if declared is not None and declared in two.after:
        return two.after[declared]
    same = [new for new in two.added if new.field.type == place.field.type]
    beside = [new for new in same if new.parent == two_parent(two, place)]
    best = max(beside, key=lambda new: _likeness(place.field, new.field), default=None)
    if best is not None and _likeness(place.field, best.field) >= ALIKE:
        return best
    elsewhere = [
        new for new in same if new.field.name == place.field.name and not (new.in_rows or place.in_rows)
    ]
    if elsewhere:
        return elsewhere[0]
    gone = [old for old in two.removed if old.field.type == place.field.type and old.parent == place.parent]
    return beside[0] if len(beside) == len(gone) == 1 and required_rule(beside[0].field) is None else None


def _likeness(old: BaseField, new: BaseField) -> float:
    if old.label == new.label:
        return 1.0
    pairs = ((old.name, new.name), (old.label.ja, new.label.ja))
    return max(SequenceMatcher(None, left, right).ratio() for left, right in pairs)


def _added(two: Two, place: Place) -> Change:
    field = place.field
    if place.path in two.renamed:
        return Change("field_added", "safe", place.path, _say("“{label}” takes the place of another.", field))
    if required_rule(field) is None:
        return Change("field_added", "safe", place.path, _say("“{label}” is new.", field))
    touching, bound = missing(two, stored_place(two, place), place)
    text = _say("“{label}” is new and required. Stored records have no answer to it.", field)
    step = default_step(place.path, field)
    return Change("field_added", "step", place.path, text, touching, step, bound=bound)


def stored_place(two: Two, place: Place) -> Place:
    """Where a new field's values would be stored today, inside what is renamed meanwhile too."""
    outer = two.before.get(two.origin(place.parent))
    return Place(place.field, (*outer.around, outer.field)) if outer is not None else place


def _say(msgid: str, field: BaseField) -> Message:
    return Message(msgid, {"label": field.label})
