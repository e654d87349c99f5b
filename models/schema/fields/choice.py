"""Answers picked from a list: one, several, yes or no, and statements to be affirmed."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from models.language import Language, Text
from models.schema.fields.base import BaseField, Option, refuse, words

CODE_LIMIT = 200
"""Most answers of one list picked at once."""


class ListedField(BaseField):
    """What one choice and several share; ``choices`` names a list, whose options are put in when loaded."""

    choices: str | None = None
    options: tuple[Option, ...] = ()

    def option(self, code: Any) -> Option | None:
        """The option with this code, or None (an option since removed)."""
        return next((option for option in self.options if option.code == code), None)

    def label_of(self, code: Any, language: Language) -> str:
        """The option's label; the bare code when the list no longer has it."""
        option = self.option(code)
        return option.label(language) if option else str(code)

    def code_type(self) -> Any:
        """The pydantic type of one of the codes; no code is one while the list has not been put in."""
        codes = tuple(option.code for option in self.options)
        return Literal[codes] if codes else Annotated[str, AfterValidator(_no_such_code)]

    def code_schema(self) -> dict[str, Any]:
        """The JSON Schema of one of the codes, each with its label."""
        return {"type": "string", "enum": [option.code for option in self.options]}

    def label_text(self, code: Any) -> str:
        """What a search finds a code by: its label in both languages."""
        option = self.option(code)
        return f"{option.label.ja} {option.label.en}" if option else str(code)


def _no_such_code(code: str) -> str:
    del code
    raise refuse("choice", "Choose {label} from the list.")


class ChoiceField(ListedField):
    """One answer of a list. Stored as the option's code; a list may lose an option later, and the bare code
    is shown then."""

    control: ClassVar[str] = "choice"

    type: Literal["choice"]

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return self.code_type()

    def show(self, value: Any, language: Language) -> str:
        return "" if value is None else self.label_of(value, language)

    def search_text(self, value: Any) -> str:
        return "" if value is None else self.label_text(value)

    def stored_schema(self) -> dict[str, Any]:
        return self.code_schema()


class ChoicesField(ListedField):
    """Several answers of a list, in the list's order."""

    control: ClassVar[str] = "choices"
    orderable: ClassVar[bool] = False

    type: Literal["choices"]
    min_items: int = 0

    def parse(self, raw: Any) -> Any:
        picked = raw if isinstance(raw, list) else [raw]
        codes = [code for code in (words(item) for item in picked) if code is not None]
        order = {option.code: position for position, option in enumerate(self.options)}
        return sorted(dict.fromkeys(codes), key=lambda code: order.get(code, len(order))) or None

    def unparse(self, value: Any) -> Any:
        return None if value is None else list(value)

    def value_type(self) -> Any:
        each = self.code_type()
        return Annotated[list[each], Field(min_length=self.min_items, max_length=CODE_LIMIT)]  # type: ignore[valid-type]

    def show(self, value: Any, language: Language) -> str:
        separator = "、" if language == "ja" else ", "
        return separator.join(self.label_of(code, language) for code in value or [])

    def search_text(self, value: Any) -> str:
        return " ".join(self.label_text(code) for code in value or [])

    def stored_schema(self) -> dict[str, Any]:
        lengths = {"minItems": max(self.min_items, 1), "maxItems": CODE_LIMIT, "uniqueItems": True}
        return {"type": "array", "items": self.code_schema(), **lengths}


_YES = {"yes", "true", "on", "1"}
_NO = {"no", "false", "off", "0"}


class BooleanField(BaseField):
    """Yes or no; not answered is neither."""

    control: ClassVar[str] = "boolean"

    type: Literal["boolean"]
    yes: Text = Text(ja="はい", en="Yes")
    no: Text = Text(ja="いいえ", en="No")

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, bool):
            return raw
        text = words(raw)
        lowered = (text or "").lower()
        return True if lowered in _YES else False if lowered in _NO else text

    def unparse(self, value: Any) -> Any:
        return None if value is None else "yes" if value else "no"

    def value_type(self) -> Any:
        return Annotated[bool, BeforeValidator(_yes_or_no)]

    def show(self, value: Any, language: Language) -> str:
        return "" if value is None else (self.yes if value else self.no)(language)

    def stored_schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse("choice", "Choose {label} from the list.")
    return value


class DeclarationField(BaseField):
    """A statement to be affirmed. Stored with the time and the version of its text, so that what was
    affirmed can be shown later (R10, R86)."""

    control: ClassVar[str] = "declaration"
    orderable: ClassVar[bool] = False
    matchable: ClassVar[bool] = False
    findable: ClassVar[bool] = False

    type: Literal["declaration"]
    text: Text
    text_version: str = "1"

    def parse(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            return {key: raw[key] for key in ("affirmed", "at", "text_version") if key in raw}
        if raw is True or (words(raw) or "").lower() in _YES:
            return {"affirmed": True, "text_version": self.text_version}
        return None

    def unparse(self, value: Any) -> Any:
        return "yes" if isinstance(value, dict) and value.get("affirmed") else None

    def compare(self, left: Any, right: Any) -> int:
        """The same statement affirmed is the same, whenever it was."""
        first, second = (
            {key: value for key, value in given.items() if key != "at"} if isinstance(given, dict) else given
            for given in (left, right)
        )
        return super().compare(first, second)

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_affirmed)]

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, dict) or not value.get("affirmed"):
            return ""
        return "表明・確約済み" if language == "ja" else "Affirmed"

    def stored_schema(self) -> dict[str, Any]:
        told = {
            "affirmed": {"const": True},
            "at": {"type": "string", "format": "date-time"},
            "text_version": {"type": "string"},
        }
        return {
            "type": "object",
            "properties": told,
            "required": ["affirmed"],
            "additionalProperties": False,
        }


def _affirmed(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("affirmed") is not True:
        raise refuse("declaration", "{label}: read the statement and affirm it.")
    return value
