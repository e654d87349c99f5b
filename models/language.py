"""Two languages, one catalogue: labels of the configuration and messages of the program."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from pydantic import BaseModel, ConfigDict

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("ja", "en")
DEFAULT_LANGUAGE: Language = "ja"
CATALOGUES = Path(__file__).parent / "locale"


class Text(BaseModel):
    """A text of the configuration in both languages; English may be missing (finding T-W001)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ja: str
    en: str = ""

    def __call__(self, language: Language) -> str:
        return (self.en or self.ja) if language == "en" else self.ja


@dataclass(frozen=True, slots=True)
class Message:
    """An English message id with named values; a value may itself be a Text or a Message."""

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, language: Language) -> str:
        return translate(self.msgid, language, **self.values)


@cache
def catalogue(language: Language) -> NullTranslations:
    """The project's translations: ``locale/<language>.po`` and, one file per area, ``locale/<language>/*.po``
    (English is the msgids themselves)."""
    read = [_read(path, language) for path in catalogue_files(language)]
    whole = read[0] if read else NullTranslations()
    for part in read[1:]:
        whole.merge(part)  # type: ignore[attr-defined]
    return whole


def catalogue_files(language: Language) -> list[Path]:
    """The files of a language's translations."""
    first = CATALOGUES / f"{language}.po"
    return [path for path in (first, *sorted((CATALOGUES / language).glob("*.po"))) if path.exists()]


def _read(path: Path, language: Language) -> Translations:
    with path.open("rb") as source:
        parsed = read_po(source, locale=language, domain="toroku")
    compiled = io.BytesIO()
    write_mo(compiled, parsed)
    compiled.seek(0)
    return Translations(compiled, domain="toroku")


def translate(msgid: str, language: Language, /, **values: Any) -> str:
    """`msgid` in `language` with its named values put in; a value may have any name, “language” too."""
    text = str(catalogue(language).gettext(msgid)) if msgid else ""
    return text.format_map({key: _say(value, language) for key, value in values.items()}) if values else text


def _say(value: Any, language: Language) -> Any:
    return value(language) if isinstance(value, Text | Message) else value


def choose_language(chosen: str | None, accepted: str = "") -> Language:
    """The language to answer in: the visitor's choice, else the first of ``Accept-Language`` we speak
    (RFC 9110 §12.5.4, quality values honoured), else Japanese."""
    if chosen in LANGUAGES:
        return "ja" if chosen == "ja" else "en"
    for tag in _by_quality(accepted[:200]):
        primary = tag.partition("-")[0]
        if primary in LANGUAGES:
            return "ja" if primary == "ja" else "en"
    return DEFAULT_LANGUAGE


def _by_quality(accepted: str) -> list[str]:
    weighted = []
    for position, part in enumerate(accepted.lower().split(",")):
        tag, _, parameter = part.strip().partition(";q=")
        try:
            quality = float(parameter or 1)
        except ValueError:
            continue
        if quality > 0:
            weighted.append((-quality, position, tag))
    return [tag for _, _, tag in sorted(weighted)]
