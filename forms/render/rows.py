"""What the buttons inside a page do to the answers: rows added, removed or pasted, uploads taken away."""

from collections.abc import Mapping, Sequence
from typing import Any

from forms.render.names import COLUMN, PASTE
from forms.render.pasting import Pasted, paste
from forms.render.posted import LATER, Action, Posted
from models.language import Message
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw
from models.schema.reading import AnswerError, Reading

ACTING = ("add", "remove", "clear", "paste")


def apply_action(posted: Posted, fields: Sequence[BaseField]) -> dict[str, Raw]:
    """The answers after the action, at whatever depth its path names; one that names nothing known changes
    nothing. What it did besides is noted in `posted`: its notice, errors, lines left over."""
    if posted.action.name not in ACTING:
        return dict(posted.answers)
    return _in_level(fields, posted.answers, posted.action.path.split("."), posted)


def told_after(posted: Posted, reading: Reading) -> tuple[AnswerError, ...]:
    """What is wrong and known before the page is left: uploads refused, texts far too long, and, once rows
    were pasted, every cell of them."""
    own = tuple(error for error in posted.errors if error.key not in LATER)
    if posted.action.name != "paste" or own:
        return own
    return tuple(error for error in reading.errors if error.path.startswith(posted.action.path + "."))


def _in_level(
    fields: Sequence[BaseField], answers: Mapping[str, Any], steps: Sequence[str], posted: Posted
) -> dict[str, Raw]:
    """The answers of one level with the field the first step names changed."""
    target = next((known for known in fields if known.name == steps[0]), None)
    if target is None:
        return dict(answers)
    value = answers.get(target.name)
    changed = _in_field(target, value, steps[1:], posted)
    return dict(answers) if changed is value else {**answers, target.name: changed}


def _in_field(target: BaseField, value: Raw, steps: Sequence[str], posted: Posted) -> Raw:
    if not steps:
        return _act(target, value, posted)
    if target.repeats:
        return _in_row(target, value, steps, posted)
    if target.parts:
        return _in_level(target.parts, value if isinstance(value, dict) else {}, steps, posted)
    return value


def _in_row(target: BaseField, value: Raw, steps: Sequence[str], posted: Posted) -> Raw:
    rows, number = list(value) if isinstance(value, list) else [], steps[0]
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else len(rows)
    row = rows[index] if index < len(rows) else None
    if len(steps) < 2 or not isinstance(row, dict):
        return value
    return [*rows[:index], _in_level(target.parts, row, steps[1:], posted), *rows[index + 1 :]]


def _act(target: BaseField, value: Raw, posted: Posted) -> Raw:
    action = posted.action
    if isinstance(target, TableField):
        return _pasted(target, value, posted) if action.name == "paste" else _with_rows(target, value, action)
    if target.control == "files" and action.name == "remove":
        return _without(value, action.row)
    clearable = target.control in ("file", "secret") and action.name == "clear"
    return None if clearable and isinstance(value, dict) else value


def _with_rows(target: TableField, value: Raw, action: Action) -> Raw:
    rows = list(value) if isinstance(value, list) else []
    if action.name == "add" and len(rows) < target.max_rows:
        return [*rows, {}]
    return _without(value, action.row) if action.name == "remove" else value


def _pasted(target: TableField, value: Raw, posted: Posted) -> Raw:
    """The rows with those pasted; lines there is no room for stay in their box."""
    path, rows = posted.action.path, list(value) if isinstance(value, list) else []
    text, column = posted.repeated.pop(path + PASTE, ""), posted.repeated.pop(path + COLUMN, "")
    row = posted.action.row if posted.action.row <= len(rows) else -1
    outcome = paste(target, rows, text, row, column)
    if outcome.problem is not None:
        posted.repeated[path + PASTE] = text
        posted.errors.append(AnswerError(path, "paste", outcome.problem))
        return value
    if outcome.left:
        posted.repeated[path + PASTE] = outcome.left
    posted.notice = _done(target, outcome)
    return outcome.rows or None


def _done(target: TableField, outcome: Pasted) -> Message:
    if outcome.left:
        told = {"count": outcome.filled, "max_rows": target.max_rows}
        text = (
            "{count} rows were filled in. The table takes {max_rows}; the rest is still in the box below it."
        )
        return Message(text, told)
    return Message("{count} rows were filled in from what you pasted.", {"count": outcome.filled})


def _without(value: Raw, index: int) -> Raw:
    rows = list(value) if isinstance(value, list) else []
    return [*rows[:index], *rows[index + 1 :]] or None if 0 <= index < len(rows) else value
