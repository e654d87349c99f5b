"""What a form post says, read within limits: nothing in it is believed, everything in it is kept as text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile

from forms.render.held import Keeper, is_upload
from forms.render.names import ACTION, ASKED, HELD, REPEATED, REVISION
from models.language import Message
from models.schema.fields import BaseField
from models.schema.fields.base import Raw
from models.schema.fields.secret import is_sealed
from models.schema.fields.structure import ROW_LIMIT
from models.schema.reading import AnswerError

TEXT_LIMIT = 20_000
"""Longest text accepted for one value (characters)."""

CODE_LIMIT = 200
"""Most answers read of one list."""

CODE_LENGTH = 200
"""Longest code read of a list; codes are picked, never typed (characters)."""

DIGIT_LIMIT = 4
"""Most digits of a row's number."""

NAME_PARTS = 12
"""Most parts of a name looked at for row numbers: fields nest at most four deep, each with a number."""

FILES_LIMIT = 50
"""Most uploads read of one field."""

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
    """A page as it was sent; ``uploads`` are new files by path, several where a field takes several."""

    answers: dict[str, Raw] = field(default_factory=dict)
    errors: list[AnswerError] = field(default_factory=list)
    repeated: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, list[UploadFile]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    action: Action = Action()
    revision: int = -1


class Sent:
    """The values of a post by name, and the row numbers each table was sent with."""

    def __init__(self, form: FormData) -> None:
        self.values: dict[str, list[str | UploadFile]] = defaultdict(list)
        self.rows: dict[str, set[str]] = defaultdict(set)
        for name, value in form.multi_items():
            self.values[name].append(value)
        for name in self.values:
            self._note_rows(name)

    def _note_rows(self, name: str) -> None:
        parts = name.split(".", NAME_PARTS)
        for place, part in enumerate(parts[1:-1], 1):
            if len(part) <= DIGIT_LIMIT and part.isascii() and part.isdigit():
                self.rows[".".join(parts[:place])].add(part)

    def row_numbers(self, table: str) -> list[str]:
        """The row numbers sent for a table, in order; gaps are closed by the caller."""
        return sorted(self.rows.get(table, ()), key=int)

    def text(self, name: str) -> str:
        """The first text sent under `name`."""
        return next((value for value in self.values.get(name, ()) if isinstance(value, str)), "")

    def texts(self, name: str) -> list[str]:
        """Every text sent under `name` that is not empty."""
        return [value for value in self.values.get(name, ()) if isinstance(value, str) and value]

    def files(self, name: str) -> list[UploadFile]:
        """The files chosen for `name`."""
        return [v for v in self.values.get(name, ()) if isinstance(v, UploadFile) and v.filename]


def read_posted(form: FormData, fields: Iterable[BaseField], keeper: Keeper) -> Posted:
    """Read the answers of `fields`; every other name is ignored.

    Texts over TEXT_LIMIT are errors at their field and still kept, so that the page can be shown again. Of
    the fields a page says it asked for, only those are read: an answer it did not show is not taken away."""
    sent = Sent(form)
    posted = Posted(
        asked=frozenset(sent.text(ASKED).split()),
        action=read_action(sent.text(ACTION)),
        revision=_whole(sent.text(REVISION)),
    )
    reader = _Reader(sent, keeper, posted.action.name in LEAVING)
    for target in fields:
        was_asked = not posted.asked or target.name in posted.asked
        if was_asked and target.asked and target.control not in NEVER_TYPED:
            posted.answers[target.name] = reader.read(target, target.name, posted)
    return posted


def read_action(text: str) -> Action:
    """The action a button's value names (``remove:units.0.meters:2``); anything unknown means ``next``."""
    name, _, rest = text.partition(":")
    if name not in ACTIONS:
        return Action()
    path, _, row = rest.partition(":")
    return Action(name, path[:400], _whole(row))


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else -1


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the answers of one post; `leaving` says whether empty rows are left out."""

    sent: Sent
    keeper: Keeper
    leaving: bool

    def read(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """The raw answer of one field."""
        if target.repeats:
            return self._rows(target, path, posted)
        if target.parts:
            part = self._level(target.parts, path, posted)
            return part if any(value is not None for value in part.values()) else None
        return self._single(target, path, posted)

    def _single(self, target: BaseField, path: str, posted: Posted) -> Raw:
        match target.control:
            case "file":
                return self._file(path, posted)
            case "files":
                return self._files(path, posted)
            case "secret":
                return self._secret(target, path, posted)
            case "choices":
                codes: list[Raw] = [code[:CODE_LENGTH] for code in self.sent.texts(path)[:CODE_LIMIT]]
                return codes or None
            case "choice" | "boolean" | "declaration" | "picker":
                return self.sent.text(path)[:CODE_LENGTH] or None
            case "date" | "year_month" | "datetime":
                return self._boxes(target, path, posted)
        return self._text(target, path, posted)

    def _text(self, target: BaseField, path: str, posted: Posted) -> Raw:
        text = self.sent.text(path).replace("\r\n", "\n")  # how forms send a new line
        _limit(target, path, text, posted)
        if getattr(target, "confirm", False):
            _compare(target, path, text, self.sent.text(path + REPEATED), posted)
        return text or None

    def _boxes(self, target: BaseField, path: str, posted: Posted) -> Raw:
        names = [name for name in BOXES if f"{path}.{name}" in self.sent.values]
        boxes: dict[str, Raw] = {name: self.sent.text(f"{path}.{name}") for name in names}
        for text in boxes.values():
            _limit(target, path, str(text), posted)
        return boxes if any(boxes.values()) else None

    def _file(self, path: str, posted: Posted) -> Raw:
        chosen = self.sent.files(path)
        if chosen:
            posted.uploads[path] = chosen[:1]
        held = self.keeper.release(path, self.sent.text(path + HELD))
        return held if is_upload(held) else None

    def _files(self, path: str, posted: Posted) -> Raw:
        """The uploads already received, in their order; newly chosen ones are noted beside."""
        chosen = self.sent.files(path)
        if chosen:
            posted.uploads[path] = chosen
        tokens = self.sent.texts(path + HELD)[:FILES_LIMIT]
        held: list[Raw] = [v for v in (self.keeper.release(path, token) for token in tokens) if is_upload(v)]
        return held or None

    def _secret(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """What was typed; nothing typed leaves what is kept."""
        text = self.sent.text(path)
        _limit(target, path, text, posted)
        held = self.keeper.release(path, self.sent.text(path + HELD))
        return text or (held if is_sealed(held) else None)

    def _rows(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """The rows of a table. Rows nobody typed in are left out as reading them does, so that the numbers in
        errors agree with the page; not while rows are still being added."""
        rows: list[Raw] = []
        for number in self.sent.row_numbers(path)[: ROW_LIMIT + 1]:
            read = Posted()
            row = self._level(target.parts, f"{path}.{number}", read)
            if self.leaving and not read.uploads and not _is_filled(target, row):
                continue
            _take_over(read, f"{path}.{number}.", f"{path}.{len(rows)}.", posted)
            rows.append(row)
        return rows or None

    def _level(self, fields: Sequence[BaseField], path: str, posted: Posted) -> dict[str, Raw]:
        """The answers of the parts of a row or a group."""
        level: dict[str, Raw] = {}
        for part in fields:
            name = f"{path}.{part.name}"
            if part.read_only:
                level[part.name] = self.keeper.release(name, self.sent.text(name + HELD))
            elif part.asked and part.control not in NEVER_TYPED:
                level[part.name] = self.read(part, name, posted)
        return level


BOXES = ("year", "month", "day", "hour", "minute")
"""The boxes a date, a month or a moment is typed into."""


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


def _take_over(read: Posted, old: str, new: str, posted: Posted) -> None:
    """Note a row's errors and uploads under the number the row now has."""
    posted.uploads |= {new + path.removeprefix(old): files for path, files in read.uploads.items()}
    posted.repeated |= {new + path.removeprefix(old): text for path, text in read.repeated.items()}
    posted.errors += [AnswerError(new + e.path.removeprefix(old), e.key, e.message) for e in read.errors]


def _is_filled(target: BaseField, row: Mapping[str, Raw]) -> bool:
    """Whether reading the table would keep this row."""
    return target.parse([dict(row)]) is not None
