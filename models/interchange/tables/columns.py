"""The columns of a table of records: which answers there are, how a cell says one, how it is read back."""

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from models.interchange.tables.cells import CELL_LIMIT, Cell, structured
from models.language import LANGUAGES, Language, Text
from models.schema.definition import RecordType, walk
from models.schema.fields import BaseField
from models.schema.fields.choice import BooleanField, ChoiceField, ChoicesField, DeclarationField, ListedField
from models.schema.fields.file import CertificateField, UploadField
from models.schema.fields.number import NumberField
from models.schema.fields.structure import CombinedField, ComputedField

SEPARATOR = "; "
"""Between several answers of a list in one cell."""

FACTS: tuple[tuple[str, Text], ...] = (
    ("_number", Text(ja="番号", en="Number")),
    ("_operator", Text(ja="事業者の番号", en="Number of the operator")),
    ("_lifecycle", Text(ja="状態", en="State")),
    ("_awaits", Text(ja="現在の担当（自動）", en="Whose turn it is (automatic)")),
    ("_due", Text(ja="対応期限（自動）", en="Due (automatic)")),
    ("_title", Text(ja="件名（自動）", en="Title (automatic)")),
    ("_revision", Text(ja="版", en="Version")),
    ("_created_at", Text(ja="登録日時", en="Registered at")),
    ("_updated_at", Text(ja="更新日時", en="Updated at")),
)
"""The columns that are no answers, named as no field can be, and what an import knows them by."""

_STRUCTURED = (DeclarationField, UploadField, CertificateField)


class Unreadable(ValueError):
    """A cell that is not what its column holds."""


@dataclass(frozen=True)
class Column:
    """One answer of a record, at `path` of its data."""

    path: tuple[str, ...]
    label: Text
    field: BaseField

    @property
    def name(self) -> str:
        """What it is called in a head of names."""
        return ".".join(self.path)

    @property
    def is_readable(self) -> bool:
        """Whether an import takes it: what is computed is worked out anew."""
        return self.field.asked and not self.field.confidential

    @cached_property
    def is_closed(self) -> bool:
        """Whether it holds what no table can bring (uploads, certificates, secrets): it can only stay as it
        is."""
        inside = [self.field, *(part for _, part in walk(self.field.parts))]
        return any(isinstance(each, UploadField | CertificateField) or each.confidential for each in inside)

    def take(self, data: Mapping[str, Any]) -> Any:
        """The stored answer, without what is never told."""
        value: Any = data
        for name in self.path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return tellable(self.field, value)

    def speller(self, language: Language) -> Callable[[Any], Cell]:
        """How an answer is written into a cell."""
        return _speller(self.field, language)

    def reader(self) -> Callable[[Any], Any]:
        """How a cell, or a value of a JSON file, is read; raises Unreadable."""
        return _reader(self.field)


def answer_columns(definition: RecordType, *, nested: bool = False) -> tuple[Column, ...]:
    """Every stored answer of `definition` but secrets: groups opened into a column for each part, or, where
    `nested`, as one. Tables are one column each."""
    return tuple(_columns(definition, definition.fields, (), (), nested))


def _columns(
    definition: RecordType,
    fields: tuple[BaseField, ...],
    path: tuple[str, ...],
    around: tuple[Text, ...],
    nested: bool,
) -> Iterator[Column]:
    for field in fields:
        if not field.stored or field.confidential or (not path and field.name == definition.number.field):
            continue
        place, labels = (*path, field.name), (*around, field.label)
        if isinstance(field, CombinedField) and not nested:
            yield from _columns(definition, field.parts, place, labels, nested)
        else:
            yield Column(place, _joined(labels), field)


def _joined(labels: tuple[Text, ...]) -> Text:
    return Text(ja="／".join(text.ja for text in labels), en=" / ".join(text("en") for text in labels))


def heads_of(columns: tuple[Column, ...], language: Language) -> list[str]:
    """The heads by label; where two would be the same, with the name behind."""
    labels = [column.label(language) or column.name for column in columns]
    taken = [label(language) for _, label in FACTS]
    return [
        f"{label} ({column.name})" if (labels + taken).count(label) > 1 else label
        for label, column in zip(labels, columns, strict=True)
    ]


def known_heads(columns: tuple[Column, ...]) -> dict[str, str]:
    """Every head an import knows besides names, folded, and the name of its column: labels in both languages,
    and the columns that are no answers without their underscore where no answer is called so."""
    found: dict[str, str] = {}
    for language in LANGUAGES:
        found |= {folded(label(language)): name for name, label in FACTS}
        for column, head in zip(columns, heads_of(columns, language), strict=True):
            found.setdefault(folded(head), column.name)
    return {folded(name.removeprefix("_")): name for name, _ in FACTS} | found


def folded(head: str) -> str:
    """A head as it is compared."""
    return "".join(unicodedata.normalize("NFKC", head).casefold().split())


def tellable(field: BaseField, value: Any) -> Any:
    """Of `value` what the parts of `field` hold, at every depth, without secrets: a definition somebody sees
    may have fewer parts than what is stored."""
    if field.confidential:
        return None
    if not field.parts:
        return value
    if isinstance(value, list):
        return [_parts(field, row) for row in value]
    return _parts(field, value)


def _parts(field: BaseField, value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    told = {part.name: part for part in field.parts if not part.confidential}
    return {name: tellable(told[name], part) for name, part in value.items() if name in told}


def _speller(field: BaseField, language: Language) -> Callable[[Any], Cell]:
    if isinstance(field, ChoiceField):
        words = _words(field, language)
        return lambda value: words.get(value, value) if isinstance(value, str) else _plain(value)
    if isinstance(field, ChoicesField):
        return _several(field, language)
    if isinstance(field, BooleanField):
        said = {True: field.yes(language), False: field.no(language)}
        return lambda value: said[value] if isinstance(value, bool) else _plain(value)
    return _plain


def _several(field: ChoicesField, language: Language) -> Callable[[Any], Cell]:
    words = _words(field, language)
    if any(SEPARATOR.strip() in word for word in words.values()):
        words = {}

    def spell(value: Any) -> Cell:
        if not isinstance(value, list):
            return _plain(value)
        return SEPARATOR.join(words.get(code, str(code)) for code in value)

    return spell


def _words(field: ListedField, language: Language) -> dict[Any, str]:
    """The labels by code, of those that name one code only."""
    labels = [option.label(language) for option in field.options]
    codes = {option.code for option in field.options}
    return {
        option.code: label
        for option, label in zip(field.options, labels, strict=True)
        if labels.count(label) == 1
        and (label == option.code or label not in codes)
        and label == label.strip()
    }


def _plain(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float | Decimal) else structured(value)


def _reader(field: BaseField) -> Callable[[Any], Any]:
    if isinstance(field, ListedField):
        return _picked(field)
    if isinstance(field, BooleanField):
        return _yes_or_no(field)
    if isinstance(field, _STRUCTURED) or field.parts:
        return lambda cell: field.parse(_opened(cell))
    if isinstance(field, NumberField | ComputedField):
        return lambda cell: field.parse(str(cell) if isinstance(cell, float) else cell)
    return field.parse


def _picked(field: ListedField) -> Callable[[Any], Any]:
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        codes |= {folded(label): code for code, label in _words(field, language).items()}
    exact = {option.code for option in field.options}

    def code_of(text: Any) -> Any:
        word = text.strip() if isinstance(text, str) else text
        return word if word in exact else codes.get(folded(str(word)), word)

    if isinstance(field, ChoiceField):
        return lambda cell: field.parse(code_of(cell) if isinstance(cell, str) else cell)

    def read(cell: Any) -> Any:
        words = cell.replace("、", ";").replace("\n", ";").split(";") if isinstance(cell, str) else cell
        return field.parse([code_of(word) for word in words] if isinstance(words, list) else words)

    return read


def _yes_or_no(field: BooleanField) -> Callable[[Any], Any]:
    said = {folded(field.yes(language)): True for language in LANGUAGES}
    said |= {folded(field.no(language)): False for language in LANGUAGES}
    return lambda cell: field.parse(said.get(folded(cell), cell) if isinstance(cell, str) else cell)


def _opened(cell: Any) -> Any:
    """What a structured cell holds; a word like “yes” as it is."""
    if not isinstance(cell, str) or cell.lstrip()[:1] not in ("{", "["):
        return cell
    try:
        return json.loads(cell[:CELL_LIMIT], parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
