"""What every field type shares: the common keys, and the questions each type answers for itself."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from models.language import Language, Text
from models.schema import values

Raw = str | list["Raw"] | dict[str, "Raw"] | None
"""What a form sends for one field: a text, several texts, rows of fields, or nothing."""

Query = dict[str, Any]


Classification = Literal["public", "users_only", "confidential"]
"""Information classes: for everybody; for its owner and the staff; for the staff alone."""


class UniqueRule(BaseModel):
    """Unique together with other fields, among the records a condition on their envelope selects."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    with_fields: tuple[str, ...] = Field((), alias="with")
    among: Query | None = None


class Access(BaseModel):
    """Who may read and who may write a field, besides what the record itself allows: words of the permission
    table (``reviewer``, ``operator_administrator``, ``applicant`` …). A key left out is no restriction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: tuple[str, ...] | None = None
    write: tuple[str, ...] | None = None


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
    markup: ClassVar[bool] = False
    """True where the stored text is Markdown, shown as sanitised HTML where HTML is possible."""
    confidential: ClassVar[bool] = False
    """True for secrets: never listed, found, exported, mailed or shown in a difference."""
    listable: ClassVar[bool] = True
    """Whether it may stand in a list (``list``)."""
    orderable: ClassVar[bool] = True
    """Whether lists may be ordered by it (``sort``): its stored values have an order people expect."""
    matchable: ClassVar[bool] = True
    """Whether equal answers mean the same (``filter``, ``unique``)."""
    findable: ClassVar[bool] = True
    """Whether the search may look into it (``search``)."""

    name: str
    type: str
    label: Text = Text(ja="", en="")
    help: Text | None = None
    example: Any = None
    required: bool = False
    default: Any = None
    read_only: bool = False
    set_once: bool = False
    filled_by: Literal["applicant", "staff"] = "applicant"
    """``staff``: they answer it when they ask for the application or begin it; its applicant reads it."""
    unique: bool | UniqueRule = False
    index: bool = False
    searchable: bool = Field(False, alias="search")
    listed: bool = Field(False, alias="list")
    filterable: bool = Field(False, alias="filter")
    sortable: bool = Field(False, alias="sort")
    personal: Literal["yes", "possibly", "no"] | None = None
    purpose: Text | None = None
    """Why a personal answer is asked for; left out, the record type's purpose holds."""
    classification: Classification | None = None
    """Who may see it at all; left out, as the field around it or the record type says."""
    access: Access | None = None
    show_when: Query | None = None
    required_when: Query | None = None
    read_only_when: Query | None = None

    @property
    def parts(self) -> "tuple[BaseField, ...]":
        """The fields inside this one (tables, groups)."""
        return ()

    def with_parts(self, parts: "tuple[BaseField, ...]") -> "BaseField":
        """This field with other fields inside; itself where it holds none of its own."""
        return self

    def value_type(self) -> Any:
        """The pydantic type that holds a valid value (constraints included)."""
        raise NotImplementedError

    def parse(self, raw: Any) -> Any:
        """The typed, normalised value of what a form sent; what cannot be converted comes back as it was
        and fails validation, so that the message names it. None when nothing was sent. Typed values pass
        unchanged: ``parse(parse(raw)) == parse(raw)``."""
        return raw

    def unparse(self, value: Any) -> Raw:
        """What a form would have sent for `value`: ``parse(unparse(v)) == v``."""
        return None if value is None else str(value)

    def retold(self, raw: Raw, value: Any) -> str:
        """`value` as it is kept, where tidying made it other than what was typed; "" where it is the same."""
        return value if isinstance(raw, str) and isinstance(value, str) and raw.strip() != value else ""

    def initial(self) -> Any:
        """The typed value a new form starts with: the default, inside groups those of their parts."""
        return self.default

    def show(self, value: Any, language: Language) -> str:
        """`value` for a person to read; "" for nothing."""
        return "" if value is None else str(value)

    def compare(self, left: Any, right: Any) -> int:
        """-1, 0 or 1: how two stored values are ordered, and whether they are the same. The database's
        order, so that a list sorted by it and one sorted here agree."""
        return values.compare(left, right)

    def search_text(self, value: Any) -> str:
        """What a search should find this value by."""
        return value if isinstance(value, str) else ""

    def order_path(self, path: str) -> str:
        """Where the value stands that lists are ordered and filtered by, of this field stored at `path`."""
        return path

    def is_empty(self, value: Any) -> bool:
        """Whether `value` counts as not answered."""
        return not value and (value is None or value == "" or value == [] or value == {})

    def stored_schema(self) -> dict[str, Any]:
        """The constraints of a stored value in JSON Schema's words."""
        return {}

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of the stored value, titled in Japanese; absence is not described."""
        told = {"title": self.label.ja, "description": self.help.ja if self.help else ""}
        return {**{key: text for key, text in told.items() if text}, **self.stored_schema()}


def shape_of(name: str, fields: "tuple[BaseField, ...]") -> Any:
    """The TypedDict of the stored `fields`, every one optional (what is required depends on conditions),
    no other key allowed."""
    stored = {field.name: _or_none(field.value_type()) for field in fields if field.stored}
    shape = TypedDict(name, stored, total=False)  # type: ignore[misc]
    shape.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
    return shape


def _or_none(value_type: Any) -> Any:
    return value_type if value_type is Any else value_type | None


def object_schema(fields: "tuple[BaseField, ...]") -> dict[str, Any]:
    """The JSON Schema of an object holding the stored `fields`: each may be absent or null, but those always
    required may not; nothing else is allowed."""
    stored = [field for field in fields if field.stored]
    always = [field.name for field in stored if field.required and field.asked and field.show_when is None]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {f.name: f.json_schema() if f.name in always else or_null(f) for f in stored},
        "additionalProperties": False,
    }
    return {**schema, "required": always} if always else schema


def or_null(field: BaseField) -> dict[str, Any]:
    """The JSON Schema of a field that may be left unanswered, which is stored as null."""
    return {"anyOf": [field.json_schema(), {"type": "null"}]}


def words(raw: Any) -> str | None:
    """One line of text as sent, trimmed; None when empty or not a text."""
    if isinstance(raw, str):
        return raw.strip() or None
    return None if raw is None or raw == [] or raw == {} else str(raw)


def refuse(key: str, msgid: str, **values: Any) -> PydanticCustomError:
    """An error of validation: a stable key for examples and tests, an English message id for people. The id
    goes along under MSGID, as pydantic puts the values into its own copy."""
    return PydanticCustomError(key, key, {**values, MSGID: msgid})


MSGID = "_msgid"
"""Where an error of ours keeps its message id."""


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
