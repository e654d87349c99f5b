"""Answers nobody may read in passing: stored encrypted, shown as dots."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, TypeAdapter

from models.language import Language
from models.schema.fields.base import BaseField
from models.schema.fields.text import line_type

DOTS = "●" * 8
"""What is shown in a secret's place, whatever its length."""

SECRET_LIMIT = 200


class SecretField(BaseField):
    """A text that is encrypted before it is stored (``{"sealed": token}``) and shown as dots: never in lists,
    searches, exports, mails or differences. Uncovering it needs a permission, and every time is an event.
    Blanks around it are kept."""

    control: ClassVar[str] = "secret"
    confidential: ClassVar[bool] = True
    listable: ClassVar[bool] = False
    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False
    findable: ClassVar[bool] = False

    type: Literal["secret"]
    min_length: int = 0
    max_length: int = SECRET_LIMIT

    def parse(self, raw: Any) -> Any:
        return {"sealed": raw["sealed"]} if is_sealed(raw) else raw or None

    def unparse(self, value: Any) -> Any:
        return value

    def value_type(self) -> Any:
        typed = TypeAdapter(line_type(self.min_length, self.max_length))
        return Annotated[Any, AfterValidator(lambda value: _typed_or_sealed(typed, value))]

    def show(self, value: Any, language: Language) -> str:
        return DOTS if value else ""

    def search_text(self, value: Any) -> str:
        return ""

    def stored_schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {"sealed": {"type": "string", "minLength": 1}},
            "required": ["sealed"],
            "additionalProperties": False,
        }


def _typed_or_sealed(typed: TypeAdapter[str], value: Any) -> Any:
    return value if value is None or is_sealed(value) else typed.validate_python(value)


def is_sealed(value: Any) -> bool:
    """Whether `value` is a secret as it is stored."""
    return isinstance(value, Mapping) and isinstance(value.get("sealed"), str) and bool(value["sealed"])
