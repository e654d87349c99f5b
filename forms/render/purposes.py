"""Why personal answers are asked for: once a page where one purpose holds, else at the question."""

from collections import Counter
from collections.abc import Iterator, Sequence

from models.language import Text
from models.schema.definition import RecordType
from models.schema.fields import BaseField


def purpose_of(target: BaseField, inherited: Text | None) -> Text | None:
    """Why a personal question is asked; None where it is not personal, or only holds others."""
    if target.parts or target.personal not in ("yes", "possibly"):
        return None
    return target.purpose or inherited


def page_purpose(definition: RecordType, fields: Sequence[BaseField]) -> Text | None:
    """The purpose told at the head of a page: the one most of its personal questions are asked for."""
    told = Counter(_purposes(fields, definition.purpose))
    return max(told, key=lambda purpose: told[purpose]) if told else None


def _purposes(fields: Sequence[BaseField], inherited: Text | None) -> Iterator[Text]:
    for target in fields:
        own = purpose_of(target, inherited)
        if own is not None:
            yield own
        yield from _purposes(target.parts, target.purpose or inherited)
