"""What is wrong with an answer, where, and in which words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models.language import Message, Text
from models.schema.compiled import CompiledFields
from models.schema.fields import BaseField
from models.schema.fields.base import MSGID
from models.schema.fields.characters import Characters, unusable


@dataclass(frozen=True, slots=True)
class AnswerError:
    """One error: ``path`` is ``field``, ``table.row.field`` (rows from 0) or ``group.part``, and so on
    further in; ``key`` is stable."""

    path: str
    key: str
    message: Message
    reads: frozenset[str] = frozenset()
    """For a check: every field it looks at, so that a form can wait until all were answered."""

    @property
    def field(self) -> str:
        """The top-level field."""
        return self.path.split(".")[0]


def say(msgid: str, target: BaseField | None = None, **values: Any) -> Message:
    """A message about a field; its label stands for ``{label}``."""
    return Message(msgid, {**values, "label": label_of(target)})


def label_of(target: BaseField | None) -> Text:
    """The field's label, or “this field” for one nobody knows."""
    return target.label if target else Text(ja="この項目", en="This field")


def translated(level: CompiledFields, problem: Any) -> AnswerError:
    """One of pydantic's errors in our words."""
    location = [part for part in problem["loc"] if not (isinstance(part, str) and "[" in part)]
    target, path = _locate(level, [str(part) for part in location])
    key, msgid = _PYDANTIC.get(problem["type"], (problem["type"], ""))
    if key == "control_character":
        return AnswerError(path, key, _unusable(target, problem["input"]))
    given: Mapping[str, Any] = problem.get("ctx") or {}
    if not msgid:
        otherwise = problem["msg"] if " " in problem["msg"] else "{label} cannot be used."
        msgid = str(given.get(MSGID, otherwise))
    context = {_SAID.get(k, k): v for k, v in given.items() if k not in ("error", MSGID)}
    return AnswerError(path, key, Message(msgid, {**context, "label": label_of(target)}))


def _unusable(target: BaseField | None, text: Any) -> Message:
    """Which characters of `text` no text may hold."""
    lines = target is not None and target.control == "long_text"
    found = unusable(text, lines=lines) if isinstance(text, str) else []
    return say(
        "{label}: {characters} cannot be kept. Please delete it.", target, characters=Characters(found)
    )


_SAID = {"decimal_places": "places"}
"""Values of pydantic's errors that our messages call otherwise."""

_PYDANTIC = {
    "string_too_long": ("too_long", "{label} must be at most {max_length} characters."),
    "string_too_short": ("too_short", "{label} must be at least {min_length} characters."),
    "too_long": ("max_rows", "{label} may have at most {max_length} rows."),
    "too_short": ("min_items", "{label}: choose at least {min_length}."),
    "greater_than_equal": ("too_small", "{label} must be {ge} or more."),
    "less_than_equal": ("too_large", "{label} must be {le} or less."),
    "string_pattern_mismatch": ("control_character", ""),
    "string_unicode": ("control_character", ""),
    "int_type": ("not_a_number", "{label} must be a whole number."),
    "decimal_type": ("not_a_number", "{label} must be a number."),
    "is_instance_of": ("not_a_number", "{label} must be a number."),
    "decimal_max_places": ("places", "{label} may have at most {places} digits after the point."),
    "decimal_max_digits": ("not_a_number", "{label} must be a number."),
    "decimal_whole_digits": ("not_a_number", "{label} must be a number."),
    "finite_number": ("not_a_number", "{label} must be a number."),
    "string_type": ("not_a_text", "{label} must be a text."),
    "dict_type": ("not_a_text", "{label} cannot be used."),
    "list_type": ("not_a_list", "{label} cannot be used."),
    "literal_error": ("choice", "Choose {label} from the list."),
    "extra_forbidden": ("unknown", "Unknown field."),
}


def _locate(level: CompiledFields, location: list[str]) -> tuple[BaseField | None, str]:
    """The field a pydantic location names, and its path in our form."""
    name = location[0] if location else ""
    target, inner = level.fields.get(name), level.inner.get(name)
    if target is None or inner is None:
        return target, name
    row = location[1:2] if target.repeats else []
    rest = location[1 + len(row) :]
    if not rest:
        return target, name
    part, path = _locate(inner, rest)
    return part, ".".join([name, *row, path])


def first_of_each(errors: Iterable[AnswerError]) -> Iterator[AnswerError]:
    """The first error of each path: one thing to correct at a time."""
    seen: set[str] = set()
    for error in errors:
        if error.path not in seen:
            seen.add(error.path)
            yield error
