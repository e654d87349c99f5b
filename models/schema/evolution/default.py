"""``default``: a value for records that have nothing there."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.language import Message
from models.schema.evolution import server
from models.schema.evolution.entry import Steps
from models.schema.evolution.places import Data, containers, copy_of, is_empty, name_of, parent_of
from models.schema.evolution.safety import MISFIT, Fitting
from models.schema.evolution.step import Problem, Shape, Stages, Step
from models.schema.evolution.work import Work
from models.schema.expressions import Problem as Unusable
from models.schema.expressions import compile_expression
from models.schema.values import MISSING


class Default(Step):
    """A constant, or a formula over the other answers (``{$expr: …}``). Nothing there is taken away, so
    going back leaves it: a value somebody may since have relied on."""

    name = "default"

    def apply(self, work: Work, entry: Steps) -> None:
        for path, given in entry.default.items():
            _make_groups(work, path)
            for _, container in containers(work.data, parent_of(path)):
                if is_empty(container.get(name_of(path))):
                    found = _value(given, work.data, container)
                    if found is not None:
                        container[name_of(path)] = found

    def targets(self, entry: Steps) -> Iterator[str]:
        yield from entry.default

    def stages(self, entry: Steps, labels: Mapping[str, Any]) -> Stages | None:
        if any("." in path or is_formula(given) for path, given in entry.default.items()):
            return None
        values = {
            f"data.{path}": {
                "$cond": [server.is_filled(f"$data.{path}"), f"$data.{path}", {"$literal": given}]
            }
            for path, given in entry.default.items()
            if given is not None
        }
        return [{"$set": values}] if values else []

    def check(self, entry: Steps, shape: Shape) -> Iterator[Problem]:
        for path, given in entry.default.items():
            if is_formula(given):
                try:
                    compile_expression(given["$expr"])
                except Unusable as problem:
                    yield path, Message("the formula cannot be used: {problem}", {"problem": str(problem)})
            elif (field := shape.new.get(path)) is not None and not _fits(field, given):
                yield path, Message("the default does not fit the field")
            shape.paths |= {path}


def is_formula(given: Any) -> bool:
    """Whether a default is worked out from other answers."""
    return isinstance(given, Mapping) and set(given) == {"$expr"}


def _fits(field: Any, given: Any) -> bool:
    return bool(field.parts) or Fitting(field).fit(given) is not MISFIT


def _value(given: Any, data: Data, container: Data) -> Any:
    if not is_formula(given):
        return copy_of(given)
    found = compile_expression(given["$expr"])({**data, **container}, {})
    return None if found is MISSING else found


def _make_groups(work: Work, path: str) -> None:
    """Groups nothing was in come into being for the default; rows of tables do not."""
    parts = path.split(".")[:-1]
    for depth, name in enumerate(parts):
        here = work.field_at(".".join(parts[: depth + 1]))
        if here is None or here.repeats:
            return
        for _, container in containers(work.data, ".".join(parts[:depth])):
            if container.get(name) is None:
                container[name] = {}
