"""Rules in words: what a condition asks, by the labels of the fields it reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from models.language import Language, translate
from models.schema.definition import RecordType, walk
from models.schema.expressions import paths_in
from models.schema.fields import BaseField
from models.schema.matching import is_plain
from models.schema.values import constant


def describe(
    query: Mapping[str, Any], definition: RecordType, language: Language, within: Sequence[str] = ()
) -> str:
    """What `query`, a condition of the language, asks of a record of this type, as part of a sentence.
    `within` names the tables and groups its field stands in, whose fields it sees first."""
    return _Words(definition, language, within).query(query, "")


def labels_read(
    paths: Iterable[str], definition: RecordType, language: Language, within: Sequence[str] = ()
) -> list[str]:
    """The labels of the fields at these paths, once each."""
    words = _Words(definition, language, within)
    return list(dict.fromkeys(words.label(path) for path in paths))


class _Words:
    """Speaks of one record type in one language."""

    def __init__(self, definition: RecordType, language: Language, within: Sequence[str] = ()) -> None:
        self.language = language
        self.scopes = ["".join(f"{name}." for name in within[:end]) for end in range(len(within), -1, -1)]
        self.fields = {".".join(path): field for path, field in walk(definition.fields)}

    def query(self, query: Mapping[str, Any], around: str) -> str:
        return self.together([self.clause(str(key), value, around) for key, value in query.items()])

    def clause(self, key: str, value: Any, around: str) -> str:
        if key in ("$and", "$or", "$nor"):
            parts = [self.query(part, around) for part in value]
            if key == "$and":
                return self.together(parts)
            inner = self.either(parts)
            return inner if key == "$or" else self.negated(inner)
        if key == "$expr":
            return self.calculation(value)
        path = f"{around}{key}"
        return self.together(list(self.operators(path, value)))

    def together(self, parts: Sequence[str]) -> str:
        if not parts:
            return translate("always", self.language)
        return reduce(lambda a, b: translate("{one} and {other}", self.language, one=a, other=b), parts)

    def either(self, parts: Sequence[str]) -> str:
        return reduce(lambda a, b: translate("{one} or {other}", self.language, one=a, other=b), parts)

    def negated(self, inner: str) -> str:
        return translate("it is not so that {inner}", self.language, inner=inner)

    def operators(self, path: str, value: Any) -> Iterator[str]:
        if not isinstance(value, Mapping) or is_plain(value):
            value = {"$eq": value}
        for name, operand in value.items():
            yield self.operator(path, name, operand)

    def operator(self, path: str, name: str, operand: Any) -> str:
        if name == "$not":
            return self.negated(self.together(list(self.operators(path, operand))))
        if name == "$elemMatch":
            return self.row(path, operand)
        label, language = self.label(path), self.language
        if name == "$exists" or (operand is None and name in ("$eq", "$ne")):
            wanted = bool(operand) if name == "$exists" else name == "$ne"
            if wanted:
                return translate("“{label}” is answered", language, label=label)
            return translate("“{label}” is not answered", language, label=label)
        return self.compared(label, name, self.value(path, operand))

    def compared(self, label: str, name: str, value: str) -> str:
        language = self.language
        match name:
            case "$eq" | "$in":
                return translate("“{label}” is {value}", language, label=label, value=value)
            case "$ne" | "$nin":
                return translate("“{label}” is not {value}", language, label=label, value=value)
            case "$gt":
                return translate("“{label}” is more than {value}", language, label=label, value=value)
            case "$gte":
                return translate("“{label}” is {value} or more", language, label=label, value=value)
            case "$lt":
                return translate("“{label}” is less than {value}", language, label=label, value=value)
            case "$lte":
                return translate("“{label}” is {value} or less", language, label=label, value=value)
            case "$size":
                return translate("“{label}” has {value} entries", language, label=label, value=value)
            case "$all":
                return translate("“{label}” holds all of {value}", language, label=label, value=value)
        return translate("“{label}” has a certain form", language, label=label)

    def row(self, path: str, operand: Mapping[str, Any]) -> str:
        by_value = is_plain(operand) or operand.keys() & {"$and", "$or", "$nor"}
        inner = (
            self.query(operand, f"{path}.")
            if by_value
            else self.together(list(self.operators(path, operand)))
        )
        return translate(
            "in an entry of “{label}”, {inner}", self.language, label=self.label(path), inner=inner
        )

    def calculation(self, node: Any) -> str:
        labels = dict.fromkeys(self.label(path) for path in paths_in(node))
        listed = self.listed(list(labels))
        if not listed:
            return translate("what is known of the application fits", self.language)
        return translate("a calculation with {labels} comes out", self.language, labels=listed)

    def field(self, path: str) -> BaseField | None:
        """The field a path names, seen from where the rule stands; row numbers do not matter."""
        named = ".".join(name for name in path.split(".") if not name.isdigit())
        found = (self.fields.get(scope + named) for scope in self.scopes)
        return next((field for field in found if field is not None), None)

    def label(self, path: str) -> str:
        names = path.split(".")
        for end in range(len(names), 0, -1):
            field = self.field(".".join(names[:end]))
            if field is not None:
                return field.label(self.language) or field.name
        return path

    def value(self, path: str, operand: Any) -> str:
        if isinstance(operand, list):
            return self.listed([self.value(path, item) for item in operand], any_of=True)
        if isinstance(operand, str) and operand.startswith("$$"):
            return self.variable(operand)
        shown = _shown(self.field(path), constant(operand), self.language)
        return f"“{shown}”" if self.language == "en" else f"「{shown}」"

    def variable(self, operand: str) -> str:
        match operand[2:].split(".")[0]:
            case "TODAY" | "NOW":
                return translate("today", self.language)
            case "BEFORE":
                return translate("what is registered now", self.language)
            case "OPERATOR":
                return translate("what is registered of the operator", self.language)
        return translate("what is known of the application", self.language)

    def listed(self, parts: Sequence[str], *, any_of: bool = False) -> str:
        if any_of and self.language == "en" and len(parts) > 1:
            return f"{', '.join(parts[:-1])} or {parts[-1]}"
        return (", " if self.language == "en" else "、").join(parts)


def _shown(field: BaseField | None, value: Any, language: Language) -> str:
    """A constant as the field's answers are shown; an option's label where the field lists options."""
    if field is None:
        return str(value)
    whole = [value] if field.type == "choices" and not isinstance(value, list) else value
    try:
        return field.show(whole, language) or str(value)
    except (TypeError, ValueError, AttributeError):
        return str(value)
