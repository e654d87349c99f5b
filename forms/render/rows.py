"""What the buttons inside a page do to the answers: add a row, remove one, take an upload away."""

from collections.abc import Mapping, Sequence
from typing import Any

from forms.render.posted import Action, Posted
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw


def apply_action(posted: Posted, fields: Sequence[BaseField]) -> dict[str, Raw]:
    """The answers after the action, at whatever depth its path names; one that names nothing known changes
    nothing."""
    if posted.action.name not in ("add", "remove", "clear"):
        return dict(posted.answers)
    return _in_level(fields, posted.answers, posted.action.path.split("."), posted.action)


def _in_level(
    fields: Sequence[BaseField], answers: Mapping[str, Any], steps: Sequence[str], action: Action
) -> dict[str, Raw]:
    """The answers of one level with the field the first step names changed."""
    target = next((known for known in fields if known.name == steps[0]), None)
    if target is None:
        return dict(answers)
    value = answers.get(target.name)
    changed = _in_field(target, value, steps[1:], action)
    return dict(answers) if changed is value else {**answers, target.name: changed}


def _in_field(target: BaseField, value: Raw, steps: Sequence[str], action: Action) -> Raw:
    if not steps:
        return _act(target, value, action)
    if target.repeats:
        return _in_row(target, value, steps, action)
    if target.parts:
        return _in_level(target.parts, value if isinstance(value, dict) else {}, steps, action)
    return value


def _in_row(target: BaseField, value: Raw, steps: Sequence[str], action: Action) -> Raw:
    rows, number = list(value) if isinstance(value, list) else [], steps[0]
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else len(rows)
    row = rows[index] if index < len(rows) else None
    if len(steps) < 2 or not isinstance(row, dict):
        return value
    return [*rows[:index], _in_level(target.parts, row, steps[1:], action), *rows[index + 1 :]]


def _act(target: BaseField, value: Raw, action: Action) -> Raw:
    if isinstance(target, TableField):
        return _with_rows(target, value, action)
    if target.control == "files" and action.name == "remove":
        return _without(value, action.row)
    clearable = target.control in ("file", "secret") and action.name == "clear"
    return None if clearable and isinstance(value, dict) else value


def _with_rows(target: TableField, value: Raw, action: Action) -> Raw:
    rows = list(value) if isinstance(value, list) else []
    if action.name == "add" and len(rows) < target.max_rows:
        return [*rows, {}]
    return _without(value, action.row) if action.name == "remove" else value


def _without(value: Raw, index: int) -> Raw:
    rows = list(value) if isinstance(value, list) else []
    return [*rows[:index], *rows[index + 1 :]] or None if 0 <= index < len(rows) else value
