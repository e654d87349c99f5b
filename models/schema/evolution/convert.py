"""``convert``: a value takes the type its field has now."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from models.language import Message
from models.schema.evolution.entry import Convert, Steps
from models.schema.evolution.places import Data, containers, is_empty, join, name_of, parent_of
from models.schema.evolution.safety import MISFIT, Fitting, in_words, pattern_problem
from models.schema.evolution.step import Problem, Shape, Step, Undone
from models.schema.evolution.work import Work


class Converting(Step):
    """By the new field's own parse. The old value stays in the attic unless the new one tells it exactly."""

    name = "convert"

    def apply(self, work: Work, entry: Steps) -> None:
        for path, convert in entry.convert.items():
            fitting = work.fitting_at(path)
            if fitting is None:
                continue  # a later step takes the field away
            for place, container in containers(work.data, parent_of(path)):
                at = join(place, name_of(path))
                if entry.backwards and (kept := work.recall("convert", at, container.get(name_of(path)))):
                    container[name_of(path)] = kept["value"]
                elif not is_empty(container.get(name_of(path))):
                    _convert(work, container, at, convert, fitting)

    def undo(self, entry: Steps, undone: Undone) -> None:
        if entry.convert:
            undone.keys["convert"] = {path: Convert(otherwise="attic") for path in entry.convert}

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        yield from shape.unknown(list(entry.convert))
        for path, convert in entry.convert.items():
            if convert.pattern is not None and (problem := pattern_problem(convert.pattern)):
                yield path, problem
            field = shape.new.get(path)
            if field is None:
                continue
            if field.parts or not field.asked:
                yield path, Message("values cannot be converted to “{type}”", {"type": field.type})
            elif (
                isinstance(convert.otherwise, dict)
                and Fitting(field).fit(convert.otherwise["value"]) is MISFIT
            ):
                yield path, Message("the value to take otherwise does not fit the field")


def _convert(work: Work, container: Data, place: str, convert: Convert, fitting: Fitting) -> None:
    value = container[name_of(place)]
    found = fitting.fit(_chosen(value, convert.pattern))
    if found is MISFIT:
        if convert.otherwise == "refuse":
            work.fail(place, Message("“{value}” does not fit the field", {"value": str(value)[:100]}))
            return
        found = convert.otherwise["value"] if isinstance(convert.otherwise, dict) else None
    elif type(found) is type(value) and found == value:
        return
    if found is None or in_words(found) != in_words(value):
        work.keep(place, value, became=found)
    container[name_of(place)] = found


def _chosen(value: Any, pattern: str | None) -> Any:
    """What the pattern, matched with the whole text, has in its group; else the text itself."""
    if pattern is None or not isinstance(value, str):
        return value
    match = _compiled(pattern).fullmatch(value)
    return match[1] if match and match[1] is not None else value


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)
