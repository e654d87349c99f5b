"""What every field type shares: the common keys, and the questions each type answers for itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from models.language import Language, Text

Raw = str | list["Raw"] | dict[str, "Raw"] | None
"""What a form sends for one field: a text, several texts, rows of fields, or nothing."""

Query = dict[str, Any]


class UniqueRule(BaseModel):
    """Unique together with other fields, among the records a condition on their envelope selects."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    with_fields: tuple[str, ...] = Field((), alias="with")
    among: Query | None = None


class BaseField(BaseModel):
    """One field of a record type. Subclasses set ``type`` and answer the questions below."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stored: ClassVar[bool] = True
    """False for fields that only speak (guides): nothing of them is in a record."""
    asked: ClassVar[bool] = True
    """False for fields nobody fills in (computed)."""
    control: ClassVar[str] = "text"
    """The form control that asks for it."""
    repeats: ClassVar[bool] = False
    """True for tables: the answer is rows of ``parts``."""

    name: str
    type: str
    label: Text = Text(ja="", en="")
    help: Text | None = None
    example: Any = None
    required: bool = False
    default: Any = None
    read_only: bool = False
    set_once: bool = False
    unique: bool | UniqueRule = False
    index: bool = False
    searchable: bool = Field(False, alias="search")
    listed: bool = Field(False, alias="list")
    filterable: bool = Field(False, alias="filter")
    sortable: bool = Field(False, alias="sort")
    personal: Literal["yes", "possibly", "no"] | None = None
    classification: Literal["public", "users_only", "restricted"] = "users_only"
    show_when: Query | None = None
    required_when: Query | None = None
    read_only_when: Query | None = None

    @property
    def parts(self) -> "tuple[BaseField, ...]":
        """The fields inside this one (tables, groups)."""
        return ()

    def value_type(self) -> Any:
        """The pydantic type that holds a valid value (constraints included)."""
        raise NotImplementedError

    def parse(self, raw: Any) -> Any:
        """The typed value of what a form sent; what cannot be converted comes back as it was and fails
        validation, so that the message names it. None when nothing was sent."""
        return raw

    def unparse(self, value: Any) -> Raw:
        """What a form would have sent for `value`: ``parse(unparse(v)) == v``."""
        return None if value is None else str(value)

    def show(self, value: Any, language: Language) -> str:
        """`value` for a person to read; "" for nothing."""
        return "" if value is None else str(value)

    def search_text(self, value: Any) -> str:
        """What a search should find this value by."""
        return value if isinstance(value, str) else ""

    def is_empty(self, value: Any) -> bool:
        """Whether `value` counts as not answered."""
        return value is None or value == "" or value == []


def words(raw: Any) -> str | None:
    """One line of text as sent, trimmed; None when empty or not a text."""
    if isinstance(raw, str):
        return raw.strip() or None
    return None if raw is None or raw == [] or raw == {} else str(raw)


def refuse(key: str, msgid: str, **values: Any) -> PydanticCustomError:
    """An error of validation: a stable key for examples and tests, an English message id for people."""
    return PydanticCustomError(key, msgid, values or None)


class Option(BaseModel):
    """One answer of a choice list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    label: Text
    attributes: Mapping[str, Any] = {}


def as_day(value: Any) -> date | None:
    """The date an ISO text names, or None."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def as_moment(value: str) -> datetime | None:
    """The moment an ISO text with a time names, or None."""
    try:
        return datetime.fromisoformat(value) if "T" in value[10:11] else None
    except ValueError:
        return None
