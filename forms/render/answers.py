"""Answers to be read: on the page that checks them, beside a registered record, where a field is locked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.render.control import certificate_facts
from forms.render.held import is_upload
from models.language import Language
from models.schema.definition import RecordType
from models.schema.fields import BaseField, TableField

FileAddress = Callable[[Mapping[str, Any]], str]
"""Where an upload is handed out, from its facts; "" for nowhere."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer in words; ``rows`` are the answers of a table's rows."""

    name: str
    label: str
    text: str
    rows: Sequence[Sequence["Answer"]] = ()
    row_label: str = ""
    file: str = ""
    error: str = ""
    remarks: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is said beside answers: texts by field name."""

    errors: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


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
            file=file_address(value) if isinstance(value, Mapping) and is_upload(value) else "",
            error=beside.errors.get(target.name, ""),
            remarks=beside.remarks.get(target.name, ()),
            note=beside.notes.get(target.name, ""),
        )


def _words(target: BaseField, value: Any, language: Language) -> str:
    if target.control == "certificate":
        return "\n".join(f"{name}: {text}" for name, text in certificate_facts(value, language))
    if isinstance(target, TableField) and not isinstance(value, list):
        return ""
    return target.show(value, language)


def _rows(
    target: BaseField, value: Any, language: Language, file_address: FileAddress
) -> Sequence[Sequence[Answer]]:
    if not isinstance(target, TableField) or not isinstance(value, list):
        return ()
    rows = [row for row in value if isinstance(row, Mapping)]
    return [
        [a for a in tell_answers(target.fields, row, language, file_address, Beside()) if a.text]
        for row in rows
    ]
