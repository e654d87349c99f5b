"""Options added, removed, said otherwise."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from models.language import Message
from models.schema.changes.change import Change
from models.schema.changes.pair import Pair
from models.schema.fields.base import Option
from models.schema.fields.choice import ListedField

ALIKE = 0.6
TOLD = 12
"""Most options a message names."""


def compare_options(pair: Pair) -> Iterator[Change]:
    """What changed in the list a field offers."""
    old, new = pair.old.field, pair.new.field
    if not (isinstance(old, ListedField) and isinstance(new, ListedField)) or old.options == new.options:
        return
    before = {option.code: option for option in old.options}
    after = {option.code: option for option in new.options}
    gone = [option for code, option in before.items() if code not in after]
    come = [option for code, option in after.items() if code not in before]
    if gone:
        yield _removed(pair, gone, come)
    if come:
        yield Change(
            "options_added",
            "safe",
            pair.path,
            _say("“{label}” offers more: {codes}.", pair, [o.code for o in come]),
        )
    told = [code for code in before.keys() & after.keys() if before[code].label != after[code].label]
    if told:
        text = _say("Options of “{label}” are called otherwise: {codes}.", pair, sorted(told))
        yield Change("option_relabelled", "safe", pair.path, text)
    if not (gone or come or told):
        text = _say("“{label}” offers its options in another order or with other facts.", pair, [])
        yield Change("options_changed", "safe", pair.path, text)


def _removed(pair: Pair, gone: list[Option], come: list[Option]) -> Change:
    codes = [option.code for option in gone]
    text = _say("“{label}” no longer offers: {codes}.", pair, codes)
    step = {"map": {pair.path: {option.code: _heir(option, come) for option in gone}}}
    return Change("option_removed", "step", pair.path, text, pair.old.holding({"$in": codes}), step)


def _heir(option: Option, come: list[Option]) -> str | None:
    """The new option of a like label; None puts the old answer into the attic."""
    likeness = {new.code: SequenceMatcher(None, option.label.ja, new.label.ja).ratio() for new in come}
    best = max(likeness, key=lambda code: likeness[code], default=None)
    return best if best is not None and likeness[best] >= ALIKE else None


def _say(msgid: str, pair: Pair, codes: list[str]) -> Message:
    more = ["…"] if len(codes) > TOLD else []
    values: dict[str, Any] = {"label": pair.new.field.label, "codes": ", ".join([*codes[:TOLD], *more])}
    return Message(msgid, values)
