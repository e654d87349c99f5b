"""Tables of rows, computed values, references, guides."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from models.language import Language, Text
from models.schema.fields.base import BaseField, Query, as_moment, refuse, words

if TYPE_CHECKING:
    from models.schema.fields import AnyField

ROW_LIMIT = 200


class TableField(BaseField):
    """Rows of fields. An empty row (nothing typed in it) is left out when read."""

    control: ClassVar[str] = "table"
    repeats: ClassVar[bool] = True

    type: Literal["table"]
    fields: "tuple[AnyField, ...]"
    min_rows: int = 0
    max_rows: int = ROW_LIMIT
    row_label: Text | None = None

    @property
    def parts(self) -> tuple[BaseField, ...]:
        return self.fields

    def parse(self, raw: Any) -> Any:
        if raw is None or not isinstance(raw, list):
            return raw or None
        rows = [self.parse_row(row) for row in raw[: ROW_LIMIT + 1] if isinstance(row, dict)]
        return [row for row in rows if any(value is not None for value in row.values())] or None

    def parse_row(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The typed values of one row."""
        return {field.name: field.parse(raw.get(field.name)) for field in self.fields if field.asked}

    def unparse(self, value: Any) -> Any:
        if value is None:
            return None
        asked = [field for field in self.fields if field.asked and field.stored]
        return [{field.name: field.unparse(row.get(field.name)) for field in asked} for row in value]

    def value_type(self) -> Any:
        raise TypeError("the type of a table's rows is built by models.schema.compiled")

    def show(self, value: Any, language: Language) -> str:
        if not value:
            return ""
        count = len(value)
        return f"{count} 行" if language == "ja" else f"{count} rows"

    def search_text(self, value: Any) -> str:
        searched = [field for field in self.fields if field.searchable]
        return " ".join(field.search_text(row.get(field.name)) for row in value or [] for field in searched)


class ComputedField(BaseField):
    """A value worked out from others by a formula, stored at every write."""

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
        if isinstance(value, int):
            return f"{value:,} {self.unit}" if self.unit else f"{value:,}"
        if isinstance(value, list):
            return "、".join(str(item) for item in value)
        if isinstance(value, str) and (moment := as_moment(value)) is not None:
            return f"{moment:%Y-%m-%d %H:%M}"
        return f"{value} {self.unit}" if self.unit else str(value)


class ReferenceField(BaseField):
    """The number of another record; ``where`` says which may be picked, ``copy`` takes over its values."""

    control: ClassVar[str] = "reference"

    type: Literal["reference"]
    to: str
    where: Query | None = None
    copied: Mapping[str, str] = Field({}, alias="copy")

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return Annotated[str, Field(max_length=64), AfterValidator(_number)]


def _number(text: str) -> str:
    if not text.replace("-", "").isalnum():
        raise refuse("reference", "Choose {label} from the registered records.")
    return text


class GuideField(BaseField):
    """Text between the questions; nothing is asked or stored."""

    stored: ClassVar[bool] = False
    asked: ClassVar[bool] = False
    control: ClassVar[str] = "guide"

    type: Literal["guide"]
    text: Text

    def value_type(self) -> Any:
        return Any

    def parse(self, raw: Any) -> Any:
        return None
