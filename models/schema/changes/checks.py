"""Rules across fields: which records would break a new one."""

from collections.abc import Iterator

from models.language import Message
from models.schema.changes.change import Bound, Change
from models.schema.changes.pair import Two
from models.schema.changes.scope import KNOWN, both, move, neither, variables_in
from models.schema.definition import Check


def compare_checks(two: Two) -> Iterator[Change]:
    """Checks added, changed, removed."""
    old = {check.name: check for check in two.old.checks}
    new = {check.name: check for check in two.new.checks}
    for name, check in new.items():
        if name not in old:
            text = Message("A new check: {text}", {"text": check.message})
            yield _broken(two, "check_added", check, text)
        elif _rule(check) != _rule(old[name]):
            text = Message("A check changes: {text}", {"text": check.message})
            yield _broken(two, "check_changed", check, text)
        elif check != old[name]:
            text = Message("A check says or shows it otherwise: {text}", {"text": check.message})
            yield Change("check_reworded", "safe", _path(check), text)
    for name in old.keys() - new.keys():
        text = Message("A check is removed: {text}", {"text": old[name].message})
        yield Change("check_removed", "safe", _path(old[name]), text)


def _path(check: Check) -> str:
    return f":checks.{check.name}"


def _rule(check: Check) -> tuple[object, ...]:
    return check.must, check.when, check.effective_from, check.effective_to


def _broken(two: Two, code: str, check: Check, text: Message) -> Change:
    """The records that would break `check` if they were written on a day it holds."""
    must, when = move(check.must, two.origin), move(check.when or {}, two.origin)
    bound: Bound = "most" if set(variables_in([check.must, check.when])) - set(KNOWN) else "exact"
    touching = both(when, neither(must)) if bound == "exact" else {}
    if check.effective_from or check.effective_to:
        period = {
            "text": check.message,
            "first": check.effective_from or "",
            "last": check.effective_to or "",
        }
        msgid = (
            "A new check, in effect {first}–{last}: {text}"
            if code == "check_added"
            else "A check changes, in effect {first}–{last}: {text}"
        )
        text = Message(msgid, period)
    return Change(code, "step", _path(check), text, touching, bound=bound)
