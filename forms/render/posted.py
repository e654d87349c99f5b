"""What a form post says, read within limits: nothing in it is believed, everything in it is kept as text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile

from forms.render.held import Keeper, is_upload
from forms.render.names import ACTION, ASKED, HELD, REPEATED, REVISION
from models.language import Message
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw
from models.schema.fields.structure import ROW_LIMIT
from models.schema.reading import AnswerError

TEXT_LIMIT = 20_000
"""Longest text accepted for one value (characters)."""

PART_LIMIT = 2 * 2**20
"""Longest text read at all (bytes); more ends the request (413)."""

CODE_LIMIT = 200
"""Most answers read of one list."""

CODE_LENGTH = 200
"""Longest code read of a list; codes are picked, never typed (characters)."""

DIGIT_LIMIT = 4
"""Most digits of a row's number."""

Sent = Mapping[str, Sequence[str | UploadFile]]

NEVER_TYPED = frozenset({"certificate"})
"""Controls whose value is put in by the site itself."""

LEAVING = frozenset({"next", "back", "save"})
"""Actions that store a page and leave it."""

ACTIONS = LEAVING | {"refresh", "add", "remove", "clear"}


@dataclass(frozen=True, slots=True)
class Action:
    """The button pressed; `path` and `row` say of which field and row."""

    name: str = "next"
    path: str = ""
    row: int = -1


@dataclass
class Posted:
    """A page as it was sent."""

    answers: dict[str, Raw] = field(default_factory=dict)
    errors: list[AnswerError] = field(default_factory=list)
    repeated: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, UploadFile] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    action: Action = Action()
    revision: int = -1


def field_limit(fields: Iterable[BaseField]) -> int:
    """Most parts a post of these fields can have, with room for a forged few."""
    return 100 + sum(_parts(target) for target in fields)


def _parts(target: BaseField) -> int:
    if isinstance(target, TableField):
        return (ROW_LIMIT + 1) * sum(_parts(part) for part in target.fields)
    return CODE_LIMIT if target.control == "choices" else 4


def read_posted(form: FormData, fields: Iterable[BaseField], keeper: Keeper) -> Posted:
    """Read the answers of `fields`; every other name is ignored.

    Texts over TEXT_LIMIT are errors at their field and still kept, so that the page can be shown again. Of
    the fields a page says it asked for, only those are read: an answer it did not show is not taken away."""
    sent: dict[str, list[str | UploadFile]] = defaultdict(list)
    for name, value in form.multi_items():
        sent[name].append(value)
    posted = Posted(
        asked=frozenset(_text(sent, ASKED).split()),
        action=read_action(_text(sent, ACTION)),
        revision=_whole(_text(sent, REVISION)),
    )
    for target in fields:
        was_asked = not posted.asked or target.name in posted.asked
        if was_asked and target.asked and target.control not in NEVER_TYPED:
            posted.answers[target.name] = _read(target, target.name, sent, keeper, posted)
    return posted


def read_action(text: str) -> Action:
    """The action a button's value names (``remove:units:2``); anything unknown means ``next``."""
    name, _, rest = text.partition(":")
    if name not in ACTIONS:
        return Action()
    path, _, row = rest.partition(":")
    return Action(name, path[:200], _whole(row))


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else -1


def _read(target: BaseField, path: str, sent: Sent, keeper: Keeper, posted: Posted) -> Raw:
    if isinstance(target, TableField):
        return _read_table(target, sent, keeper, posted)
    if target.control == "file":
        return _read_file(path, sent, keeper, posted)
    if target.control == "choices":
        return _read_codes(path, sent)
    if target.control in ("choice", "boolean", "declaration"):
        return _text(sent, path)[:CODE_LENGTH] or None
    if target.control in ("date", "year_month"):
        return _read_boxes(target, path, sent, posted)
    return _read_text(target, path, sent, posted)


def _read_text(target: BaseField, path: str, sent: Sent, posted: Posted) -> Raw:
    text = _text(sent, path)
    _limit(target, path, text, posted)
    if getattr(target, "confirm", False):
        _compare(target, path, text, _text(sent, path + REPEATED), posted)
    return text or None


def _limit(target: BaseField, path: str, text: str, posted: Posted) -> None:
    if len(text) > TEXT_LIMIT:
        values = {"label": target.label, "max_length": TEXT_LIMIT}
        message = Message("{label} must be at most {max_length} characters.", values)
        posted.errors.append(AnswerError(path, "too_long", message))


def _compare(target: BaseField, path: str, text: str, again: str, posted: Posted) -> None:
    posted.repeated[path] = again
    if target.parse(text) != target.parse(again):
        message = Message("The two addresses are not the same. Please check both.")
        posted.errors.append(AnswerError(path + REPEATED, "confirm", message))


def _read_boxes(target: BaseField, path: str, sent: Sent, posted: Posted) -> Raw:
    names = [name for name in ("year", "month", "day") if f"{path}.{name}" in sent]
    boxes: dict[str, Raw] = {name: _text(sent, f"{path}.{name}") for name in names}
    for text in boxes.values():
        _limit(target, path, str(text), posted)
    return boxes if any(boxes.values()) else None


def _read_codes(path: str, sent: Sent) -> Raw:
    picked = [value for value in sent.get(path, ()) if isinstance(value, str) and value]
    codes: list[Raw] = [code[:CODE_LENGTH] for code in picked[:CODE_LIMIT]]
    return codes or None


def _read_file(path: str, sent: Sent, keeper: Keeper, posted: Posted) -> Raw:
    chosen = next((v for v in sent.get(path, ()) if isinstance(v, UploadFile) and v.filename), None)
    if chosen is not None:
        posted.uploads[path] = chosen
    held = keeper.release(path, _text(sent, path + HELD))
    return held if is_upload(held) else None


def _read_table(target: TableField, sent: Sent, keeper: Keeper, posted: Posted) -> Raw:
    """The rows of a table. Rows nobody typed in are left out as reading them does, so that the numbers in
    errors agree with the page; not while rows are still being added."""
    rows: list[Raw] = []
    for number in _row_numbers(target.name, sent)[: ROW_LIMIT + 1]:
        read = Posted()
        row = _read_row(target, f"{target.name}.{number}", sent, keeper, read)
        if posted.action.name in LEAVING and not read.uploads and not _is_filled(target, row):
            continue
        _take_over(read, f"{target.name}.{number}.", f"{target.name}.{len(rows)}.", posted)
        rows.append(row)
    return rows or None


def _row_numbers(table: str, sent: Sent) -> list[str]:
    """The row numbers sent for a table, in order; gaps are closed by the caller."""
    row = re.compile(re.escape(table) + rf"\.(\d{{1,{DIGIT_LIMIT}}})\.", re.ASCII)
    return sorted({found[1] for name in sent if (found := row.match(name))}, key=int)


def _read_row(target: TableField, path: str, sent: Sent, keeper: Keeper, read: Posted) -> dict[str, Raw]:
    row: dict[str, Raw] = {}
    for part in target.fields:
        name = f"{path}.{part.name}"
        if part.read_only:
            row[part.name] = keeper.release(name, _text(sent, name + HELD))
        elif part.asked:
            row[part.name] = _read(part, name, sent, keeper, read)
    return row


def _take_over(read: Posted, old: str, new: str, posted: Posted) -> None:
    """Note a row's errors and uploads under the number the row now has."""
    posted.uploads |= {new + path.removeprefix(old): upload for path, upload in read.uploads.items()}
    posted.repeated |= {new + path.removeprefix(old): text for path, text in read.repeated.items()}
    posted.errors += [AnswerError(new + e.path.removeprefix(old), e.key, e.message) for e in read.errors]


def _text(sent: Sent, name: str) -> str:
    """The first text sent under `name`."""
    return next((value for value in sent.get(name, ()) if isinstance(value, str)), "")


def _is_filled(target: TableField, row: Mapping[str, Raw]) -> bool:
    return any(value is not None for value in target.parse_row(row).values())
