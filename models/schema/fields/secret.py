"""Answers nobody may read in passing: stored encrypted, shown as dots."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator

from models.language import Language
from models.schema.fields.base import BaseField, refuse
from models.schema.fields.text import refuse_control

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
        return Annotated[Any, AfterValidator(self._check)]

    def _check(self, value: Any) -> Any:
        if value is None or is_sealed(value):
            return value
        if not isinstance(value, str):
            raise refuse("not_a_text", "{label} must be a text.")
        if len(value) < self.min_length:
            msgid = "{label} must be at least {min_length} characters."
            raise refuse("too_short", msgid, min_length=self.min_length)
        if len(value) > self.max_length:
            msgid = "{label} must be at most {max_length} characters."
            raise refuse("too_long", msgid, max_length=self.max_length)
        refuse_control(value)
        return value

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


def is_sealed(value: Any) -> bool:
    """Whether `value` is a secret as it is stored."""
    return isinstance(value, Mapping) and isinstance(value.get("sealed"), str) and bool(value["sealed"])
