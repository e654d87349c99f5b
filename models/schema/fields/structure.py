"""Tables, groups, computed values, references, guides."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field

from models.language import Language, Text
from models.schema.fields.base import BaseField, Query, as_moment, object_schema, refuse, shape_of, words
from models.schema.fields.choice import ListedField

if TYPE_CHECKING:
    from models.schema.fields import AnyField

ROW_LIMIT = 200
DEPTH_LIMIT = 4
"""Most names in the path of a field (``units.lines.owner.family``): the record's fields are at depth 1."""


class HolderField(BaseField):
    """What fields that hold other fields share: an object of their parts."""

    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False

    def parse_parts(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The typed values of the parts of one object."""
        return {part.name: part.parse(raw.get(part.name)) for part in self.parts if part.asked}

    def unparse_parts(self, value: Mapping[str, Any]) -> dict[str, Any]:
        """What a form would have sent for one object."""
        asked = [part for part in self.parts if part.asked and part.stored]
        return {part.name: part.unparse(value.get(part.name)) for part in asked}

    def search_parts(self, value: Any) -> Iterator[str]:
        """What a search finds one object by: the parts marked ``search``, or all where none is but the
        field itself is."""
        found = [part for part in self.parts if part.findable]
        marked = [part for part in found if part.searchable or part.parts]
        chosen = found if self.searchable and not any(part.searchable for part in marked) else marked
        for part in chosen if isinstance(value, Mapping) else ():
            yield part.search_text(value.get(part.name))


class TableField(HolderField):
    """Rows of fields, at most 200. An empty row (nothing typed in it) is left out when read. A column with
    ``unique: true`` may hold each value once within the table. Rows may hold groups and tables again, to
    a depth of four names. With ``row_pages`` the form lists the rows by their ``row_title`` (``"{name}"``,
    naming columns) and asks for each on a page of its own: for rows of more than a few columns. With
    ``rows_from: accounts`` there is a row for every account of the operator that is in use, put in when the
    form is begun, and none may be left out."""

    control: ClassVar[str] = "table"
    repeats: ClassVar[bool] = True

    type: Literal["table"]
    fields: "tuple[AnyField, ...]"
    min_rows: int = 0
    max_rows: int = ROW_LIMIT
    row_label: Text | None = None
    row_pages: bool = False
    row_title: str | None = None
    rows_from: Literal["accounts"] | None = None

    @property
    def parts(self) -> tuple[BaseField, ...]:
        return self.fields

    def title_of_row(self, row: Mapping[str, Any], language: Language) -> str:
        """What a row is called in a list, from what is typed in it: ``row_title`` filled in, else its first
        answer; "" for a row that says nothing there."""
        told = {part.name: part.show(part.parse(row.get(part.name)), language) for part in self.parts}
        if self.row_title is None:
            return next((text for text in told.values() if text), "")
        return self.row_title.format_map(_Blank(told)).strip()

    def with_parts(self, parts: tuple[BaseField, ...]) -> Self:
        return self.model_copy(update={"fields": parts})

    def parse(self, raw: Any) -> Any:
        if raw is None or not isinstance(raw, list):
            return raw or None
        rows = [self.parse_row(row) for row in raw[: ROW_LIMIT + 1] if isinstance(row, dict)]
        return [row for row in rows if any(value is not None for value in row.values())] or None

    def parse_row(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The typed values of one row."""
        return self.parse_parts(raw)

    def unparse(self, value: Any) -> Any:
        rows = value if isinstance(value, list) else ()
        return [self.unparse_parts(row) if isinstance(row, Mapping) else row for row in rows] or None

    def value_type(self) -> Any:
        row = shape_of(self.name, self.fields)
        return Annotated[list[row], Field(max_length=self.max_rows)]  # type: ignore[valid-type]

    def show(self, value: Any, language: Language) -> str:
        if not value:
            return ""
        count = len(value)
        return f"{count} 行" if language == "ja" else f"{count} rows"

    def search_text(self, value: Any) -> str:
        return " ".join(text for row in value or [] for text in self.search_parts(row) if text)

    def stored_schema(self) -> dict[str, Any]:
        lengths = {"minItems": max(self.min_rows, 1), "maxItems": self.max_rows}
        return {"type": "array", "items": object_schema(self.fields), **lengths}


class _Blank(dict[str, str]):
    """A column the reader may not see leaves its place in a title empty."""

    def __missing__(self, key: str) -> str:
        return ""


class CombinedField(HolderField):
    """One object of several parts, asked for together. Nothing in any part counts as not answered; once
    something is, the parts that are required must be there."""

    control: ClassVar[str] = "group"

    def parse(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw or None
        parts = self.parse_parts(raw)
        return parts if any(value is not None for value in parts.values()) else None

    def unparse(self, value: Any) -> Any:
        return self.unparse_parts(value) if isinstance(value, Mapping) else value

    def initial(self) -> Any:
        if self.default is not None:
            return self.default
        parts = {part.name: part.initial() for part in self.parts if part.asked and part.stored}
        return parts if any(value is not None for value in parts.values()) else None

    def is_empty(self, value: Any) -> bool:
        if not isinstance(value, Mapping):
            return super().is_empty(value)
        return all(part.is_empty(value.get(part.name)) for part in self.parts)

    def value_type(self) -> Any:
        return shape_of(self.name, self.parts)

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, Mapping):
            return ""
        told = [(part.label(language), part.show(value.get(part.name), language)) for part in self.parts]
        mark, separator = ("：", "、") if language == "ja" else (": ", ", ")
        return separator.join(f"{label}{mark}{text}" if label else text for label, text in told if text)

    def search_text(self, value: Any) -> str:
        return " ".join(text for text in self.search_parts(value) if text)

    def stored_schema(self) -> dict[str, Any]:
        return object_schema(self.parts)


class GroupField(CombinedField):
    """Several fields asked for together and stored as one object, ``{part: value}``. A group nobody wrote in
    counts as not answered, and asks for nothing unless it is ``required``; once something is written, its
    required parts must be there. Groups may hold tables and groups, to a depth of four names."""

    type: Literal["group"]
    fields: "tuple[AnyField, ...]"

    @property
    def parts(self) -> tuple[BaseField, ...]:
        return self.fields

    def with_parts(self, parts: tuple[BaseField, ...]) -> Self:
        return self.model_copy(update={"fields": parts})


class ComputedField(ListedField):
    """A value worked out from others by a formula, stored at every write. A formula may use other computed
    values; one inside a table or group sees its own row first, then what is around. With ``choices`` or
    ``options`` it comes to a code of a list, and is shown and filtered by its label."""

    stored: ClassVar[bool] = True
    asked: ClassVar[bool] = False
    control: ClassVar[str] = "computed"

    type: Literal["computed"]
    value: Any
    unit: str | None = None

    def value_type(self) -> Any:
        return Any

    def parse(self, raw: Any) -> Any:
        return None

    def show(self, value: Any, language: Language) -> str:
        if isinstance(value, bool) or value is None:
            return "" if value is None else ("○" if value else "×")
        if self.options:
            return self.label_of(value, language)
        if isinstance(value, int):
            return f"{value:,} {self.unit}" if self.unit else f"{value:,}"
        if isinstance(value, list):
            return "、".join(str(item) for item in value)
        if isinstance(value, str) and (moment := as_moment(value)) is not None:
            return f"{moment:%Y-%m-%d %H:%M}"
        return f"{value} {self.unit}" if self.unit else str(value)


class ReferenceField(BaseField):
    """The number of another record of type ``to``, one of the operator's own. ``where`` (a condition over the
    record: ``number``, ``title``, ``lifecycle``, ``data.…``) says which may be picked; ``copy`` takes over
    its values into other fields, ``{field here: field there}``, which cannot be typed meanwhile."""

    control: ClassVar[str] = "picker"

    type: Literal["reference"]
    to: str
    where: Query | None = None
    copied: Mapping[str, str] = Field({}, alias="copy")

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return Annotated[str, Field(max_length=CODE_LENGTH), AfterValidator(_number)]

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": CODE_LENGTH}


CODE_LENGTH = 64
"""Longest number of a record and longest login (characters)."""


def _number(text: str) -> str:
    if not text.replace("-", "").isalnum():
        raise refuse("reference", "Choose {label} from the registered records.")
    return text


class AccountField(BaseField):
    """The login of one of the operator's own accounts that are in use. ``where`` (a condition over ``login``,
    ``name`` and ``roles``) says which may be picked."""

    control: ClassVar[str] = "picker"

    type: Literal["account"]
    where: Query | None = None

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return Annotated[str, Field(max_length=CODE_LENGTH), AfterValidator(_login)]

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": CODE_LENGTH}


def _login(text: str) -> str:
    if not text.isprintable():
        raise refuse("account", "Choose {label} from the accounts.")
    return text


class SilentField(BaseField):
    """What fields that only speak share: nothing is asked or stored."""

    stored: ClassVar[bool] = False
    asked: ClassVar[bool] = False
    listable: ClassVar[bool] = False
    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False
    findable: ClassVar[bool] = False

    def value_type(self) -> Any:
        return Any

    def parse(self, raw: Any) -> Any:
        return None


class GuideField(SilentField):
    """Text between the questions (Markdown); nothing is asked or stored."""

    control: ClassVar[str] = "guide"

    type: Literal["guide"]
    text: Text


class HeadingField(SilentField):
    """A heading between the questions: its ``label``, and its ``help`` below. Nothing is asked or stored."""

    control: ClassVar[str] = "heading"

    type: Literal["heading"]
