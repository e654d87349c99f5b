"""Answers that changed, as the reviewer reads them: before and after beside each other, texts word by word,
tables row by row."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from admin.language import say
from admin.views.answers import BROKEN, FRAME, LINE, LINES, Reader
from models.schema.compare import align_rows, rows_of, same, told
from models.schema.edits import Piece, edits
from models.schema.fields import BaseField
from models.schema.fields.structure import GroupField

SPLIT = Markup(
    '<div class="r-change"><div class="r-was"><span class="r-when">{}</span> {}</div>'
    '<div class="r-now"><span class="r-when">{}</span> {}</div></div>'
)
GONE, NEW = Markup("<del>{}</del>"), Markup("<ins>{}</ins>")
ABSENT = Markup('<span class="a-absent">—</span>')
BADGE = Markup('<span class="a-badge a-badge--{}">{}</span>')
CELLS = Markup('<tr class="r-row--{}"><th scope="row">{}</th>{}</tr>')
CELL, HEAD = Markup("<td>{}</td>"), Markup('<th scope="col">{}</th>')
REST = Markup('<tr class="r-rest"><td colspan="{}">{}</td></tr>')
ITEM = Markup('<li class="r-row--{}"><span class="a-row-name">{}</span>{}</li>')

SHORT = 12
"""Texts of fewer characters are told as a whole."""

LONG = 160
"""Texts of more characters are shown in one, with what went and came in its place."""


class Line(NamedTuple):
    """One row of a table before and after, and what became of it."""

    kind: str
    moved: bool
    number: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    path: str


@dataclass(frozen=True, slots=True)
class Comparer(Reader):
    """A reader who is shown what became of answers; with `only`, no more of tables and groups than that."""

    only: bool = False

    def change(self, field: BaseField, before: Any, after: Any, path: str = "") -> Markup:
        """What became of an answer."""
        path = path or field.name
        try:
            return self._changed(field, before, after, path)
        except BROKEN:
            return self._beside(self.show(field, before, path), self.show(field, after, path))

    def _changed(self, field: BaseField, before: Any, after: Any, path: str) -> Markup:
        if field.repeats:
            return self._changed_rows(field, before, after, path)
        if isinstance(field, GroupField):
            return self._changed_lines(field.parts, _parts(before), _parts(after), path)
        if field.control in ("file", "files"):
            return self._changed_uploads(field, before, after)
        if field.confidential or field.is_empty(before) or field.is_empty(after):
            return self._beside(told(field, before, self.spoken), self.show(field, after, path))
        texts = [value if field.markup else told(field, value, self.spoken) for value in (before, after)]
        return self._texts(*texts)

    def _beside(self, before: str | Markup, after: str | Markup) -> Markup:
        """The two beside each other, marked as a whole."""
        gone = GONE.format(before) if before else ABSENT
        return self._split(gone, NEW.format(after) if after else ABSENT)

    def _split(self, before: Markup, after: Markup) -> Markup:
        return SPLIT.format(say("Before"), before, say("After"), after)

    def _texts(self, before: str, after: str) -> Markup:
        """Two texts with what differs marked; in one when they are long, as a whole when little stayed."""
        if max(len(before), len(after)) < SHORT:
            return self._beside(before, after)
        pieces = edits(before, after)
        stayed = sum(len(piece.text) for piece in pieces if piece.fate == "same")
        if stayed * 2 < max(len(before), len(after)):
            return self._beside(before, after)
        if max(len(before), len(after)) > LONG:
            return Markup('<div class="r-words">{}</div>').format(_marked(pieces))
        old = [piece for piece in pieces if piece.fate != "new"]
        return self._split(_marked(old), _marked([piece for piece in pieces if piece.fate != "gone"]))

    def _changed_uploads(self, field: BaseField, before: Any, after: Any) -> Markup:
        """Uploads that went, those that came, those that stayed."""
        old, new = (
            [each for each in _uploads(value) if isinstance(each, Mapping)] for value in (before, after)
        )
        known = {each.get("id") for each in old}
        kept = {each.get("id") for each in new}
        gone = [GONE.format(each.get("filename", "")) for each in old if each.get("id") not in kept]
        came = [
            (escape if each.get("id") in known else NEW.format)(
                self._upload(each, told(field, [each] if isinstance(after, list) else each, self.spoken))
            )
            for each in new
        ]
        return Markup("<br>").join([*gone, *came])

    def _changed_lines(
        self, parts: Iterable[BaseField], before: Mapping[str, Any], after: Mapping[str, Any], path: str
    ) -> Markup:
        """The parts of a group that changed, and between them those that stayed."""
        lines = []
        for part in parts:
            old, new, place = before.get(part.name), after.get(part.name), f"{path}.{part.name}"
            if not part.stored or (self.only and same(part, old, new)):
                continue
            text = self.show(part, new, place) if same(part, old, new) else self.change(part, old, new, place)
            if text:
                lines.append(LINE.format(part.label(self.spoken), text))
        return LINES.format(Markup().join(lines))

    def _changed_rows(self, field: BaseField, before: Any, after: Any, path: str) -> Markup:
        lines = list(_lines_of(field, before, after, path))
        rows = [row for line in lines for row in (line.before, line.after)]
        used = [p for p in field.parts if p.stored and any(not p.is_empty(row.get(p.name)) for row in rows)]
        kept = [line for line in lines if line.kind != "same" or line.moved or not self.only]
        if any(part.parts for part in used):
            return self._told_items(field, used, kept)
        heads = [say("Row"), *(part.label(self.spoken) for part in used)]
        told_rows = [self._told_cells(used, line) for line in kept]
        if len(kept) < len(lines):
            stayed = say("{count} rows stayed as they were.", {"count": len(lines) - len(kept)})
            told_rows.append(REST.format(len(heads), stayed))
        name = field.label(self.spoken)
        inside = Markup().join(HEAD.format(head) for head in heads), Markup().join(told_rows)
        return FRAME.format(name, name, *inside)

    def _told_cells(self, used: Iterable[BaseField], line: Line) -> Markup:
        cells = (CELL.format(self._cell(part, line)) for part in used)
        return CELLS.format(line.kind, _named(line), Markup().join(cells))

    def _cell(self, part: BaseField, line: Line) -> str | Markup:
        old, new, path = line.before.get(part.name), line.after.get(part.name), f"{line.path}.{part.name}"
        if line.kind != "changed" or same(part, old, new):
            return self.show(part, old if line.kind == "removed" else new, path)
        gone, came = told(part, old, self.spoken), self.show(part, new, path)
        marked = (*((GONE.format(gone),) if gone else ()), *((NEW.format(came),) if came else ()))
        return Markup(" ").join(marked)

    def _told_items(self, field: BaseField, used: Iterable[BaseField], lines: Iterable[Line]) -> Markup:
        """Rows that hold others, one below the other."""
        items = (
            ITEM.format(line.kind, _named(line), self._inside(used, line, field.label(self.spoken)))
            for line in lines
        )
        return Markup('<ol class="a-rows">{}</ol>').format(Markup().join(items))

    def _inside(self, used: Iterable[BaseField], line: Line, label: str) -> Markup:
        if line.kind == "changed":
            return self._changed_lines(used, line.before, line.after, line.path)
        return self._lines(used, line.before if line.kind == "removed" else line.after, line.path)


def _lines_of(field: BaseField, before: Any, after: Any, path: str) -> Iterator[Line]:
    """The rows of a table, those that belong together as one."""
    old, new = rows_of(before), rows_of(after)
    for pair in align_rows(field, old, new):
        left = old[pair.before] if pair.before is not None else {}
        right = new[pair.after] if pair.after is not None else {}
        if pair.before is None or pair.after is None:
            kind, index = ("added", pair.after) if pair.before is None else ("removed", pair.before)
        else:
            stayed = all(same(p, left.get(p.name), right.get(p.name)) for p in field.parts if p.stored)
            kind, index = "same" if stayed else "changed", pair.after
        number = str((index or 0) + 1)
        if pair.moved and pair.before is not None:
            number = f"{pair.before + 1} → {number}"
        yield Line(kind, pair.moved, number, left, right, f"{path}.{index}")


_KINDS = {"added": "good", "removed": "bad", "changed": "info"}


def _named(line: Line) -> Markup:
    """A row's number and what became of it, in words."""
    words = {"added": say("added"), "removed": say("removed"), "changed": say("changed")}
    told_kind = [BADGE.format(_KINDS[line.kind], words[line.kind])] if line.kind in words else []
    moved = [BADGE.format("plain", say("moved"))] if line.moved else []
    return Markup(" ").join([escape(line.number), *told_kind, *moved])


def _marked(pieces: Iterable[Piece]) -> Markup:
    marks = {"same": escape, "gone": GONE.format, "new": NEW.format}
    return Markup().join(marks[piece.fate](piece.text) for piece in pieces)


def _parts(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _uploads(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []
