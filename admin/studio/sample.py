"""How operators and reviewers will see a definition: form and answers, filled in from its own example."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from markupsafe import Markup

from admin.views.answers import Reader
from models.language import LANGUAGES, Language
from models.schema.compiled import compile_type
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.reading import read_data

DrawForm = Callable[[RecordType, Language, Mapping[str, Any]], str]
"""Draws the operator's form as a whole HTML document; the application hands it in, for the admin knows no
forms."""

NAMES: Mapping[Language, str] = {"ja": "日本語", "en": "English"}


class Told(NamedTuple):
    """One answer as a reviewer reads it; `wide` where others are inside it."""

    label: str
    text: str | Markup
    wide: bool = False


class Sample(NamedTuple):
    """One language of the preview: the form's document and the answers page by page."""

    language: Language
    name: str
    form: str
    pages: tuple[tuple[str, tuple[Told, ...]], ...]


def samples(definition: RecordType, draw_form: DrawForm) -> list[Sample]:
    """`definition` in every language, filled in with its first valid example; empty where it has none."""
    given = first_valid(definition)
    data = read_data(compile_type(definition), given, {}).data
    return [
        Sample(spoken, NAMES[spoken], draw_form(definition, spoken, given), _pages(definition, data, spoken))
        for spoken in LANGUAGES
    ]


def first_valid(definition: RecordType) -> Mapping[str, Any]:
    """The answers of the first example that is expected to be valid."""
    return next((example.given for example in definition.examples if example.can_be_sent), {})


def _pages(
    definition: RecordType, data: Mapping[str, Any], spoken: Language
) -> tuple[tuple[str, tuple[Told, ...]], ...]:
    drawn = []
    for page in definition.laid_out:
        fields = [definition.by_name[name] for name in page.fields if name in definition.by_name]
        answers = tuple(
            _told(field, data[field.name], spoken)
            for field in fields
            if field.stored and data.get(field.name) is not None
        )
        if answers:
            drawn.append((page.label(spoken), answers))
    return tuple(drawn)


def _told(field: BaseField, value: Any, spoken: Language) -> Told:
    return Told(field.label(spoken), Reader(spoken).show(field, value), bool(field.parts))
