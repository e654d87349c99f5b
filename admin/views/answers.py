"""Answers as staff read them: a line of text, a list, or a table; what is inside others inside them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from admin.language import language, say
from models.language import Language
from models.markdown import to_html
from models.schema.fields import BaseField
from models.schema.fields.choice import DeclarationField
from models.schema.fields.secret import is_sealed
from models.schema.fields.structure import GroupField

PICTURES = frozenset({"image/png", "image/jpeg"})
"""Content types shown as pictures; they are handed out with a policy that runs nothing."""

Address = Callable[[Mapping[str, Any]], str]
"""Where an upload is handed out; "" for nowhere."""

FRAME = Markup(
    '<div class="a-table-frame" role="region" tabindex="0" aria-label="{}"><table class="a-table">'
    '<caption class="a-hidden">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
)
LINE = Markup("<div><dt>{}</dt><dd>{}</dd></div>")
LINES = Markup('<dl class="a-dl a-inner">{}</dl>')
ROW = Markup('<li><span class="a-row-name">{}</span>{}</li>')
LOOK = Markup(' <a class="a-look" href="{}">{}<span class="a-hidden"> {}</span></a>')
STATEMENT = Markup('{}<p class="a-statement">{}</p>')
PICTURE = Markup('<img class="a-picture" src="{}" alt="{}" loading="lazy">')
DAMAGED = Markup('<span class="a-badge a-badge--bad">{}</span> <span class="a-stored">{}</span>')
UNCOVER = Markup(
    '<span>{}</span> <a class="a-button a-button--small" href="{}" target="_blank" rel="noopener">{}'
    '<span class="a-hidden"> {} {}</span></a>'
)


BROKEN = (TypeError, ValueError, KeyError, AttributeError, ArithmeticError)
"""What showing a value that is not of its field's shape may raise."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and what is known beside the answers: where uploads are handed out and looked into, where
    secrets are uncovered ("" for nowhere): on a page of their own, so that what was typed here stays; and
    whether what was affirmed is told in full."""

    spoken: Language
    address: Address = lambda _upload: ""
    uncover: str = ""
    preview: Address = lambda _upload: ""
    statements: bool = False

    def show(self, field: BaseField, value: Any, path: str = "") -> str | Markup:
        """An answer, escaped wherever it is markup; "" for none. One that is not of its field's shape is
        shown as it is stored, and says so."""
        try:
            return self._shown(field, value, path or field.name)
        except BROKEN:
            return _damaged(field, value)

    def _shown(self, field: BaseField, value: Any, path: str) -> str | Markup:
        if field.is_empty(value):
            return ""
        if field.confidential:
            return self._secret(field, value, path)
        if field.repeats:
            return self._rows(field, [_row(row) for row in _list(value)], path)
        if isinstance(field, GroupField):
            return self._lines(field.parts, _row(value), path)
        if field.markup and isinstance(value, str):
            return Markup('<div class="a-formatted">{}</div>').format(to_html(value, deepest=1))
        if field.control in ("file", "files"):
            return self._uploads(field, value)
        if self.statements and isinstance(field, DeclarationField):
            return self._statement(field, value)
        return field.show(value, self.spoken)

    def _rows(self, field: BaseField, rows: list[Mapping[str, Any]], path: str) -> Markup:
        """Rows as a table; as a list where something inside is no single line."""
        used = [p for p in field.parts if p.stored and any(not p.is_empty(row.get(p.name)) for row in rows)]
        if any(part.repeats or isinstance(part, GroupField) for part in used):
            return self._list(field, rows, path)
        around = "-".join(str(int(part) + 1) for part in path.split(".") if part.isdecimal())
        name = f"{field.label(self.spoken)} {around}".strip()
        heads = (Markup('<th scope="col">{}</th>').format(part.label(self.spoken)) for part in used)
        lines = (self._cells(used, row, f"{path}.{index}") for index, row in enumerate(rows))
        return FRAME.format(name, name, _all(heads), _all(lines))

    def _cells(self, parts: Iterable[BaseField], row: Mapping[str, Any], path: str) -> Markup:
        cells = (self.show(part, row.get(part.name), f"{path}.{part.name}") for part in parts)
        return Markup("<tr>{}</tr>").format(_all(Markup("<td>{}</td>").format(cell) for cell in cells))

    def _list(self, field: BaseField, rows: list[Mapping[str, Any]], path: str) -> Markup:
        label = (getattr(field, "row_label", None) or field.label)(self.spoken)
        told = (
            ROW.format(f"{label} {index + 1}", self._lines(field.parts, row, f"{path}.{index}"))
            for index, row in enumerate(rows)
        )
        return Markup('<ol class="a-rows">{}</ol>').format(_all(told))

    def _lines(self, parts: Iterable[BaseField], data: Mapping[str, Any], path: str) -> Markup:
        """The parts that say something, by name."""
        told = ((part, self.show(part, data.get(part.name), f"{path}.{part.name}")) for part in parts)
        return LINES.format(_all(LINE.format(part.label(self.spoken), text) for part, text in told if text))

    def _statement(self, field: DeclarationField, value: Any) -> str | Markup:
        """That it was affirmed and, as it is still worded so, what."""
        told = field.show(value, self.spoken)
        same = told and _row(value).get("text_version", field.text_version) == field.text_version
        return STATEMENT.format(told, field.text(self.spoken)) if same else told

    def _uploads(self, field: BaseField, value: Any) -> Markup:
        several = isinstance(value, list)
        return Markup("<br>").join(
            self._upload(_row(upload), field.show([upload] if several else upload, self.spoken))
            for upload in (value if several else [value])
        )

    def _upload(self, upload: Mapping[str, Any], text: str) -> Markup:
        """An upload as a link, small pictures as such, with where one may look into it."""
        address = self.address(upload) if upload.get("id") else ""
        if not address:
            return escape(text)
        link, inside = Markup('<a href="{}">{}</a>').format(address, text), self.preview(upload)
        if inside:
            link += LOOK.format(inside, say("Details"), upload.get("filename", ""))
        if str(upload.get("content_type")) in PICTURES:
            link += PICTURE.format(address, say("Picture: {name}", {"name": upload.get("filename", "")}))
        return link

    def _secret(self, field: BaseField, value: Any, path: str) -> str | Markup:
        """Dots, and the way to what they stand for."""
        dots = field.show(value, self.spoken)
        if not self.uncover or not is_sealed(value):
            return dots
        href = f"{self.uncover}?{urlencode({'path': path})}"
        return UNCOVER.format(dots, href, say("Uncover"), field.label(self.spoken), say("(in a new tab)"))


def _all(parts: Iterable[Markup]) -> Markup:
    return Markup().join(parts)


def _row(value: Any) -> Mapping[str, Any]:
    """`value`, which must be one row or the parts of a group. Raises TypeError."""
    if not isinstance(value, Mapping):
        raise TypeError
    return value


def _list(value: Any) -> list[Any]:
    """`value`, which must be rows. Raises TypeError."""
    if not isinstance(value, list):
        raise TypeError
    return value


def _damaged(field: BaseField, value: Any) -> Markup:
    """A value that is not of its field's shape: as it is stored, but for what is confidential."""
    text = "" if field.confidential else plain(value)
    return DAMAGED.format(say("Damaged: not of the shape its field asks for."), text)


def shown(field: BaseField, value: Any) -> str | Markup:
    """An answer in the language of this page."""
    return Reader(language()).show(field, value)


def kept_aside(kept: Iterable[tuple[Mapping[str, Any], Any]]) -> Iterator[tuple[str, str, str]]:
    """What changes of the schema took away from a record (``models.services.seeing.kept_for``): its label or
    path, its value, its version."""
    for entry, value in kept:
        label = _worded(entry.get("label")) or str(entry.get("path", ""))
        yield label, plain(value), str(entry.get("version", ""))


def _worded(label: Any) -> str:
    """A label as it was kept: a text, or one in both languages."""
    if isinstance(label, Mapping):
        return str(label.get(language()) or label.get("ja") or "")
    return str(label or "")


def plain(value: Any) -> str:
    """A value whose field is gone, as well as it can be told; what is sealed stays so."""
    if is_sealed(value):
        return "●●●●●●●●"
    if isinstance(value, Mapping):
        return "\n".join(f"{name}: {plain(part)}" for name, part in value.items() if part is not None)
    if isinstance(value, list):
        return "\n".join(plain(part) for part in value)
    return "" if value is None else str(value)
