"""Answers to be read: on the page that checks them, beside a registered record, where a field is locked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from forms.render.control import certificate_facts
from forms.render.held import is_upload
from models.language import Language
from models.markdown import to_html
from models.schema.definition import RecordType
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import DeclarationField
from models.schema.fields.structure import GroupField

FileAddress = Callable[[Mapping[str, Any]], str]
"""Where an upload is handed out, from its facts; "" for nowhere."""


NO_TEXT = Markup()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in words; ``rows`` are the answers of a table's rows, ``parts`` those of a group, ``html``
    a formatted text, ``files`` the uploads with the address each is handed out at."""

    name: str
    label: str
    text: str
    rows: Sequence[Sequence["Answer"]] = ()
    row_label: str = ""
    parts: Sequence["Answer"] = ()
    html: Markup = NO_TEXT
    files: Sequence[tuple[str, str]] = ()
    error: str = ""
    remarks: Sequence[str] = ()
    note: str = ""
    statement: Markup = NO_TEXT
    """The text that was affirmed."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is said beside answers: texts by field name."""

    errors: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    statements: bool = False
    """Whether the texts of what was affirmed are told."""


@dataclass(frozen=True, slots=True)
class Section:
    """The answers of one page of a form."""

    page: str
    label: str
    answers: Sequence[Answer]


def tell_sections(
    definition: RecordType,
    data: Mapping[str, Any],
    visible: frozenset[str],
    language: Language,
    file_address: FileAddress,
    beside: Beside | None = None,
) -> Iterator[Section]:
    """The answers of a form, page by page; pages with nothing to show are left out."""
    for page in definition.laid_out:
        fields = [definition.by_name[name] for name in page.fields if name in visible]
        answers = list(tell_answers(fields, data, language, file_address, beside or Beside()))
        if answers:
            yield Section(page.name, page.label(language), answers)


def tell_answers(
    fields: Iterable[BaseField],
    data: Mapping[str, Any],
    language: Language,
    file_address: FileAddress,
    beside: Beside,
) -> Iterator[Answer]:
    """What `data` says in these fields; fields that only speak are left out."""
    for target in fields:
        if not target.stored:
            continue
        value = data.get(target.name)
        yield Answer(
            target.name,
            target.label(language),
            _words(target, value, language),
            rows=_rows(target, value, language, file_address),
            row_label=(target.row_label or target.label)(language) if isinstance(target, TableField) else "",
            parts=_parts(target, value, language, file_address),
            html=to_html(value, deepest=1) if target.markup and isinstance(value, str) else NO_TEXT,
            files=tuple(_files(target, value, language, file_address)),
            error=beside.errors.get(target.name, ""),
            remarks=beside.remarks.get(target.name, ()),
            note=beside.notes.get(target.name, ""),
            statement=_statement(target, value, language) if beside.statements else NO_TEXT,
        )


def _statement(target: BaseField, value: Any, language: Language) -> Markup:
    """The text of a declaration, where it is the one that was affirmed."""
    if not isinstance(target, DeclarationField) or not isinstance(value, Mapping):
        return NO_TEXT
    same = value.get("affirmed") and value.get("text_version") == target.text_version
    return to_html(target.text(language), deepest=1) if same else NO_TEXT


def _words(target: BaseField, value: Any, language: Language) -> str:
    if target.control == "certificate":
        return "\n".join(f"{name}: {text}" for name, text in certificate_facts(value, language))
    if target.repeats and not isinstance(value, list):
        return ""
    return target.show(value, language)


def _rows(
    target: BaseField, value: Any, language: Language, file_address: FileAddress
) -> Sequence[Sequence[Answer]]:
    if not target.repeats or not isinstance(value, list):
        return ()
    return [_inner(target, row, language, file_address) for row in value if isinstance(row, Mapping)]


def _parts(target: BaseField, value: Any, language: Language, file_address: FileAddress) -> Sequence[Answer]:
    """The answers of a group; an address and a name read as one line instead."""
    if not isinstance(target, GroupField) or not isinstance(value, Mapping):
        return ()
    return _inner(target, value, language, file_address)


def _inner(
    target: BaseField, data: Mapping[str, Any], language: Language, file_address: FileAddress
) -> list[Answer]:
    """The answers inside a row or a group that say something."""
    return [a for a in tell_answers(target.parts, data, language, file_address, Beside()) if a.text]


def _files(
    target: BaseField, value: Any, language: Language, file_address: FileAddress
) -> Iterator[tuple[str, str]]:
    """The address and name of every upload."""
    several = isinstance(value, list)
    for upload in value if several else [value]:
        if target.control in ("file", "files") and is_upload(upload):
            yield file_address(upload), target.show([upload] if several else upload, language)
