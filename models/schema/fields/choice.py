"""Answers picked from a list: one, several, yes or no, and statements to be affirmed."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from models.language import Language, Text
from models.schema.fields.base import BaseField, Option, refuse, words


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

    def check_code(self, code: str) -> str:
        if self.option(code) is None:
            raise refuse("choice", "Choose {label} from the list.")
        return code


class ChoiceField(ListedField):
    """One answer of a list."""

    control: ClassVar[str] = "choice"

    type: Literal["choice"]

    def parse(self, raw: Any) -> Any:
        return words(raw)

    def value_type(self) -> Any:
        return Annotated[str, AfterValidator(self.check_code)]

    def show(self, value: Any, language: Language) -> str:
        return "" if value is None else self.label_of(value, language)


class ChoicesField(ListedField):
    """Several answers of a list, in the list's order."""

    control: ClassVar[str] = "choices"

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
        each = Annotated[str, AfterValidator(self.check_code)]
        return Annotated[list[each], Field(min_length=self.min_items, max_length=200)]

    def show(self, value: Any, language: Language) -> str:
        separator = "、" if language == "ja" else ", "
        return separator.join(self.label_of(code, language) for code in value or [])


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


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse("choice", "Choose {label} from the list.")
    return value


class DeclarationField(BaseField):
    """A statement to be affirmed. Stored with the time and the version of its text, so that what was
    affirmed can be shown later (R10, R86)."""

    control: ClassVar[str] = "declaration"

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

    def value_type(self) -> Any:
        return Annotated[dict[str, Any], AfterValidator(_affirmed)]

    def show(self, value: Any, language: Language) -> str:
        if not isinstance(value, dict) or not value.get("affirmed"):
            return ""
        return "表明・確約済み" if language == "ja" else "Affirmed"


def _affirmed(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("affirmed") is not True:
        raise refuse("declaration", "{label}: read the statement and affirm it.")
    return value
