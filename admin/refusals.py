"""Expected failures as a person may read them: the public message, in their language, at its field."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from admin.language import language, say
from models.errors import (
    AnswersInvalid,
    DuplicateValue,
    HoldRefused,
    RecordChanged,
    StepIncomplete,
    TorokuError,
)
from models.language import Message, Text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: what, and the id of the input it is about (empty: the whole form)."""

    message: str
    field: str = ""


def public_message(refusal: TorokuError) -> str:
    """What a person may read of `refusal`; never ``str(refusal)``."""
    return say(refusal.public, refusal.values)


def problems_of(refusal: TorokuError) -> tuple[Problem, ...]:
    """The error summary of `refusal`: one line per answer at fault, else one line in all."""
    if isinstance(refusal, AnswersInvalid) and refusal.errors:
        return tuple(_answer_problems(refusal.errors))
    return (Problem(public_message(refusal), _place(refusal)),)


def _place(refusal: TorokuError) -> str:
    """Where on the page the thing to put right is: the answer that is taken, or what the record changed."""
    if isinstance(refusal, DuplicateValue | StepIncomplete | HoldRefused):
        return refusal.field
    stale = isinstance(refusal, RecordChanged) and refusal.public == RecordChanged.message
    return "conflict" if stale else ""


def _answer_problems(errors: Iterable[Any]) -> Iterable[Problem]:
    for error in errors:
        yield Problem(_words(error.message), str(error.path))


def _words(message: Any) -> str:
    return message(language()) if isinstance(message, Text | Message) else say(str(message))
