"""Texts: one line, several lines, and texts with a shape of their own."""

import re
import unicodedata
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, StringConstraints, field_validator

from models.language import Message
from models.schema.fields.base import BaseField, refuse, words
from models.schema.fields.characters import (
    IN_LINE,
    IN_PROSE,
    Characters,
    Repertoire,
    full_width_kana,
    outside,
    without_invisible,
)
from models.schema.formats import FORMATS, Format
from models.schema.patterns import compile_pattern

LINE_LIMIT = 500
LONG_LIMIT = 10_000
Named = dict[str, dict[str, Any]]


class TextField(BaseField):
    """One line of text, NFC, no control characters; ``format`` names a validator that also normalises,
    ``characters`` the repertoire of the systems it goes on to.
    ``pattern`` is a regular expression the whole text must fit; one that could take long is refused."""

    type: Literal["text"]
    min_length: int = 0
    max_length: int = LINE_LIMIT
    pattern: str | None = None
    format: str | Named | None = None
    characters: Repertoire | None = None

    @property
    def format_name(self) -> str | None:
        """The name of the format, without its parameters."""
        return next(iter(self.format)) if isinstance(self.format, Mapping) else self.format

    @property
    def format_parameters(self) -> Mapping[str, Any]:
        """The format's parameters as written, for example ``{"area": "area"}``."""
        return next(iter(self.format.values())) or {} if isinstance(self.format, Mapping) else {}

    @field_validator("format", mode="after")
    @classmethod
    def _one_format(cls, value: str | Named | None) -> str | Named | None:
        if isinstance(value, Mapping) and len(value) != 1:
            raise ValueError("one format with its parameters")
        return value

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        return None if text is None else self.normalise(text) or None

    def normalise(self, text: str) -> str:
        """`text` in NFC without what nobody sees, tabs made spaces, and as its format writes it."""
        text = tidied(text.replace("\t", " "), self.characters)
        if self.format is None:
            return text
        shape = FORMATS.get(self.format_name or "")
        return shape.normalise(text) if shape else text

    def value_type(self) -> Any:
        line = within(self.characters, line_type(self.min_length, self.max_length))
        if self.pattern is not None:
            line = Annotated[
                line, AfterValidator(partial(_fitting, compile_pattern(self.pattern, whole=True)))
            ]
        shape = FORMATS.get(self.format_name or "")
        return Annotated[line, AfterValidator(partial(self._check, shape))] if shape else line

    @staticmethod
    def _check(shape: Format, text: str) -> str:
        return checked(shape, text)

    def stored_schema(self) -> dict[str, Any]:
        shape = FORMATS.get(self.format_name or "")
        patterns = [text for text in (self.pattern, shape.pattern if shape else None) if text]
        told = text_schema(self.min_length, self.max_length)
        plain = [anchored(pattern) for pattern in patterns if is_plain(pattern)]
        return {**told, "pattern": plain[0]} if len(plain) == 1 else {**told, **_all_of(plain)}


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise refuse("pattern", "{label} is not in the form asked for.")
    return text


def _all_of(patterns: list[str]) -> dict[str, Any]:
    return {"allOf": [{"pattern": pattern} for pattern in patterns]} if patterns else {}


def text_schema(min_length: int, max_length: int) -> dict[str, Any]:
    """The JSON Schema of a text of so many characters; an empty text is never stored."""
    return {"type": "string", "minLength": max(min_length, 1), "maxLength": max_length}


def anchored(pattern: str) -> str:
    """`pattern` as JSON Schema wants it, whose patterns match anywhere: the whole text must fit."""
    return f"^(?:{pattern})$"


def is_plain(pattern: str) -> bool:
    """Whether Python and ECMAScript read `pattern` alike: no groups but ``(?:``, no classes that follow
    Unicode in one of the two."""
    return not re.search(r"\(\?(?!:)|\\[AZdDwWsSbBpP]", pattern)


def tidied(text: str, repertoire: Repertoire | None = None) -> str:
    """`text` in NFC, trimmed, without what nobody sees; for a repertoire also without half-width katakana,
    which none has room for."""
    if text.isascii():
        return text.strip()
    if repertoire is not None:
        text = full_width_kana(text)
    return unicodedata.normalize("NFC", without_invisible(text)).strip()


def within(repertoire: Repertoire | None, line: Any) -> Any:
    """The pydantic type `line`, its characters those of the repertoire."""
    return line if repertoire is None else Annotated[line, AfterValidator(partial(_written_in, repertoire))]


def _written_in(repertoire: Repertoire, text: str) -> str:
    if found := outside(repertoire, text):
        problem = "{label}: {characters} cannot be used here. Please write it in other characters."
        raise refuse("characters", problem, characters=Characters(found))
    return text


def checked(shape: Format, text: str) -> str:
    """`text` where it has this shape; else the problem is raised, with the characters that do not belong."""
    problem = shape.check(text)
    if problem is None:
        return text
    if stray := shape.stray(text):
        told = {"problem": Message(problem), "characters": Characters(stray)}
        raise refuse("format", "{problem} These do not belong there: {characters}.", **told)
    raise refuse("format", problem)


def line_type(min_length: int, max_length: int, pattern: str = IN_LINE) -> Any:
    """The pydantic type of a text without control characters, and without those that turn its direction;
    breaking it is told as ``control_character``."""
    return Annotated[
        str, StringConstraints(strict=True, min_length=min_length, max_length=max_length, pattern=pattern)
    ]


class ProseField(BaseField):
    """What texts of several lines share."""

    control: ClassVar[str] = "long_text"
    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False

    min_length: int = 0
    max_length: int = LONG_LIMIT
    rows: int = 4
    characters: Repertoire | None = None

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        return None if text is None else self.normalise(text) or None

    def normalise(self, text: str) -> str:
        """`text` in NFC without what nobody sees, its lines ended by a line feed."""
        return tidied(text.replace("\r\n", "\n").replace("\r", "\n"), self.characters)

    def value_type(self) -> Any:
        return within(self.characters, line_type(self.min_length, self.max_length, IN_PROSE))

    def stored_schema(self) -> dict[str, Any]:
        return text_schema(self.min_length, self.max_length)


class LongTextField(ProseField):
    """Several lines of text."""

    type: Literal["long_text"]


class MarkdownField(ProseField):
    """Several lines of text with headings, lists, emphasis and links in Markdown (CommonMark). Stored as it
    was typed; shown as HTML from which everything else was taken out, and as typed where HTML is not
    possible."""

    markup: ClassVar[bool] = True
    listable: ClassVar[bool] = False

    type: Literal["markdown"]

    def stored_schema(self) -> dict[str, Any]:
        return {**super().stored_schema(), "contentMediaType": "text/markdown"}


_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")


class EmailField(BaseField):
    """A mail address as HTML's ``type=email`` accepts it, with a dot in its domain; width normalised.
    ``confirm: true`` asks for it twice."""

    control: ClassVar[str] = "email"

    type: Literal["email"]
    confirm: bool = False
    max_length: int = 254

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        return text if text is None or text.isascii() else unicodedata.normalize("NFKC", text)

    def value_type(self) -> Any:
        return Annotated[
            str, StringConstraints(strict=True, max_length=self.max_length), AfterValidator(self._check)
        ]

    @staticmethod
    def _check(text: str) -> str:
        if not _EMAIL.fullmatch(text) or ".." in text:
            raise refuse("format", "Enter an e-mail address like name@example.co.jp.")
        return text

    def stored_schema(self) -> dict[str, Any]:
        return {**text_schema(0, self.max_length), "format": "email", "pattern": anchored(_EMAIL.pattern)}


class ShapedField(BaseField):
    """A text whose type fixes its format: phone, postal code, web address."""

    shape: ClassVar[str]

    max_length: int = LINE_LIMIT

    def parse(self, raw: Any) -> Any:
        text = words(raw)
        return None if text is None else FORMATS[self.shape].normalise(text)

    def value_type(self) -> Any:
        return Annotated[
            str, StringConstraints(strict=True, max_length=self.max_length), AfterValidator(self._check)
        ]

    def _check(self, text: str) -> str:
        return checked(FORMATS[self.shape], text)

    def stored_schema(self) -> dict[str, Any]:
        return {**text_schema(0, self.max_length), "pattern": anchored(FORMATS[self.shape].pattern)}


class PhoneField(ShapedField):
    """A Japanese telephone number, hyphenated."""

    control: ClassVar[str] = "phone"
    shape: ClassVar[str] = "jp_phone"

    type: Literal["phone"]


class PostalCodeField(ShapedField):
    """A Japanese postal code, ``123-4567``."""

    shape: ClassVar[str] = "jp_postal"

    type: Literal["postal_code"]


_URL = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[^\s<>\"\\]{0,1500})?")


class UrlField(BaseField):
    """A web address; only http and https (ASVS 1.2.2)."""

    control: ClassVar[str] = "url"

    type: Literal["url"]
    max_length: int = 2000

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return Annotated[
            str, StringConstraints(strict=True, max_length=self.max_length), AfterValidator(self._check)
        ]

    @staticmethod
    def _check(text: str) -> str:
        if not _URL.fullmatch(text):
            raise refuse("format", "Enter a web address beginning with https://.")
        return text

    def stored_schema(self) -> dict[str, Any]:
        return {**text_schema(0, self.max_length), "pattern": "^https?://"}
