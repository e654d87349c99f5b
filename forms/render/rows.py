"""What the buttons inside a page do to the answers: add a row, remove one, take an upload away."""

from collections.abc import Iterable
from typing import Any

from forms.render.posted import Posted
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw


def apply_action(posted: Posted, fields: Iterable[BaseField]) -> dict[str, Raw]:
    """The answers after the action; an action that names nothing known changes nothing."""
    answers, action = dict(posted.answers), posted.action
    by_name = {target.name: target for target in fields}
    name, _, rest = action.path.partition(".")
    if name not in answers:
        return answers
    if action.name == "clear":
        answers[name] = _cleared(answers[name], rest)
    target = by_name.get(name)
    if isinstance(target, TableField):
        answers[name] = _with_rows(target, answers[name], action.name, action.row)
    return answers


def _with_rows(target: TableField, value: Raw, action: str, row: int) -> Raw:
    rows = list(value) if isinstance(value, list) else []
    if action == "add" and len(rows) < target.max_rows:
        return [*rows, {}]
    if action == "remove" and 0 <= row < len(rows):
        return [*rows[:row], *rows[row + 1 :]] or None
    return value


def _cleared(value: Raw, rest: str) -> Raw:
    number, _, part = rest.partition(".")
    if not rest:
        return None if isinstance(value, dict) else value
    if not isinstance(value, list) or not number.isascii() or not number.isdigit():
        return value
    rows: list[Any] = list(value)
    index = int(number[:4])
    if index < len(rows) and isinstance(rows[index], dict):
        rows[index] = {**rows[index], part: None}
    return rows
