"""What a form post says, read within limits: nothing in it is believed, everything in it is kept as text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData, UploadFile

from forms.received import Received
from forms.render.finding import exact
from forms.render.held import Keeper, is_upload
from forms.render.names import (
    ACTION,
    ASKED,
    COLUMN,
    FIND,
    HELD,
    PASTE,
    PREVIEW,
    REPEATED,
    REVISION,
    SOUGHT,
)
from forms.render.pasting import LIMIT as PASTE_LIMIT
from models.language import Message
from models.schema.fields import BaseField
from models.schema.fields.base import Raw
from models.schema.fields.choice import ListedField
from models.schema.fields.moment import BOXES
from models.schema.fields.secret import is_sealed
from models.schema.fields.structure import ROW_LIMIT
from models.schema.reading import AnswerError
from models.services.secrets import TYPED

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

ACTIONS = LEAVING | {"refresh", "add", "remove", "clear", "find", "paste", "attach", "row", "preview"}

LATER = frozenset({"confirm", "find", "pasted"})
"""Errors that wait until a page is done: saving and going back are free of them."""


@dataclass(frozen=True, slots=True)
class Action:
    """The button pressed; `path` and `row` say of which field and row."""

    name: str = "next"
    path: str = ""
    row: int = -1


@dataclass
class Posted:
    """A page as it was sent; ``uploads`` are new files by path, several where a field takes several;
    ``repeated`` what was typed beside an answer (the address once more, a search, rows to paste), by the
    name it was sent under, the address by its field's path; ``notice`` what an action did."""

    answers: dict[str, Raw] = field(default_factory=dict)
    errors: list[AnswerError] = field(default_factory=list)
    repeated: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, list[UploadFile]] = field(default_factory=dict)
    asked: frozenset[str] = frozenset()
    action: Action = Action()
    revision: int = -1
    notice: Message | None = None


class Sent:
    """The values of a post by name, and the row numbers each table was sent with. ``cut`` has the length
    (bytes) of texts too long to be read whole, ``surplus`` how many files were too many, by name."""

    def __init__(self, form: FormData) -> None:
        told = form if isinstance(form, Received) else Received()
        self.cut, self.surplus, self.overfull = told.cut, told.surplus, told.overfull
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
    if sent.overfull:
        posted.errors.append(AnswerError("", "too_much", TOO_MUCH))
    reader = _Reader(sent, keeper, posted.action.name, posted.action.path)
    for target in fields:
        was_asked = not posted.asked or target.name in posted.asked
        if was_asked and target.asked and target.control not in NEVER_TYPED:
            posted.answers[target.name] = reader.read(target, target.name, posted)
    return posted


def read_action(text: str) -> Action:
    """The action a button's value names (``remove:units.0.parts:2``); anything unknown means ``next``."""
    name, _, rest = text.partition(":")
    if name not in ACTIONS:
        return Action()
    path, _, row = rest.partition(":")
    return Action(name, path[:400], _whole(row))


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else -1


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the answers of one post, sent with the button `action` about the field at `about`."""

    sent: Sent
    keeper: Keeper
    action: str
    about: str

    @property
    def leaving(self) -> bool:
        """Whether empty rows are left out."""
        return self.action in LEAVING

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
            case "choice" | "picker":
                return self._picked(target, path, posted)
            case "boolean" | "declaration":
                return self.sent.text(path)[:CODE_LENGTH] or None
            case "date" | "year_month" | "datetime":
                return self._boxes(target, path, posted)
        return self._text(target, path, posted)

    def _text(self, target: BaseField, path: str, posted: Posted) -> Raw:
        text = self.sent.text(path).replace("\r\n", "\n")  # how forms send a new line
        _limit(target, path, text, posted, self.sent.cut.get(path, 0))
        if self.action == "preview" and path == self.about:
            posted.repeated[path + PREVIEW] = "yes"
        if getattr(target, "confirm", False):
            _compare(target, path, text, self.sent.text(path + REPEATED), posted)
        return text or None

    def _picked(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """The answer picked. What was looked for and not yet found stands for the answer of that very name;
        otherwise the page comes back with what fits."""
        code = self.sent.text(path)[:CODE_LENGTH]
        needle = self.sent.text(path + FIND).strip()[:CODE_LENGTH]
        if not needle:
            return code or None
        posted.repeated[path + FIND] = needle
        if code and needle == self.sent.text(path + SOUGHT).strip():
            return code
        if isinstance(target, ListedField) and (found := exact(target, needle)):
            return found
        if self.action == "next":
            message = Message("{label}: choose one of those found.", {"label": target.label})
            posted.errors.append(AnswerError(path, "find", message))
        return code or None

    def _boxes(self, target: BaseField, path: str, posted: Posted) -> Raw:
        names = [name for name in BOXES if f"{path}.{name}" in self.sent.values]
        boxes: dict[str, Raw] = {name: self.sent.text(f"{path}.{name}") for name in names}
        for text in boxes.values():
            _limit(target, path, str(text), posted)
        return boxes if any(boxes.values()) else None

    def _file(self, path: str, posted: Posted) -> Raw:
        chosen = self._chosen(path, posted)
        if chosen:
            posted.uploads[path] = chosen[:1]
        held = self.keeper.release(path, self.sent.text(path + HELD))
        return held if is_upload(held) else None

    def _chosen(self, path: str, posted: Posted) -> list[UploadFile]:
        """The new files of a field; those beyond what one post may carry are told."""
        chosen = self.sent.files(path)
        if left := self.sent.surplus.get(path, 0):
            values = {"count": len(chosen), "left": left}
            text = "Only {count} files were taken at once; {left} were not. Please choose those again."
            posted.errors.append(AnswerError(path, "too_many", Message(text, values)))
        return chosen

    def _files(self, path: str, posted: Posted) -> Raw:
        """The uploads already received, in their order; newly chosen ones are noted beside."""
        chosen = self._chosen(path, posted)
        if chosen:
            posted.uploads[path] = chosen
        tokens = self.sent.texts(path + HELD)[:FILES_LIMIT]
        held: list[Raw] = [v for v in (self.keeper.release(path, token) for token in tokens) if is_upload(v)]
        return held or None

    def _secret(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """What was typed, now or before the page was drawn again; nothing typed leaves what is kept."""
        text = self.sent.text(path) or self.keeper.typed_again(self.sent.text(path + TYPED))
        _limit(target, path, text, posted)
        held = self.keeper.release(path, self.sent.text(path + HELD))
        return text or (held if is_sealed(held) else None)

    def _rows(self, target: BaseField, path: str, posted: Posted) -> Raw:
        """The rows of a table. Rows nobody typed in are left out as reading them does, so that the numbers in
        errors agree with the page; not while rows are still being added."""
        rows: list[Raw] = []
        self._note_paste(target, path, posted)
        for number in self.sent.row_numbers(path)[: ROW_LIMIT + 1]:
            read = Posted()
            row = self._level(target.parts, f"{path}.{number}", read)
            if self.leaving and not read.uploads and not _is_filled(target, row):
                continue
            _take_over(read, f"{path}.{number}.", f"{path}.{len(rows)}.", posted)
            rows.append(row)
        return rows or None

    def _note_paste(self, target: BaseField, path: str, posted: Posted) -> None:
        """Rows copied into the box below a table: put in by a button of their own."""
        text, column = self.sent.text(path + PASTE)[:PASTE_LIMIT], self.sent.text(path + COLUMN)[:CODE_LENGTH]
        if text.strip():
            posted.repeated |= {path + PASTE: text.replace("\r\n", "\n"), path + COLUMN: column}
            if self.action == "next":
                message = Message(
                    "{label}: add the rows you pasted, or empty the box.", {"label": target.label}
                )
                posted.errors.append(AnswerError(path, "pasted", message))

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


TOO_MUCH = Message("More was sent than one page can take. What is shown below was kept; the rest was not.")
CUT = Message(
    "{label} is far too long ({kilobytes} kB). Its beginning is kept; at most {max_length} characters fit."
)


def _limit(target: BaseField, path: str, text: str, posted: Posted, cut: int = 0) -> None:
    if not cut and len(text) <= TEXT_LIMIT:
        return
    values = {"label": target.label, "max_length": TEXT_LIMIT, "kilobytes": cut // 1024}
    plain = "{label} must be at most {max_length} characters."
    message = Message(CUT.msgid, values) if cut else Message(plain, values)
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
