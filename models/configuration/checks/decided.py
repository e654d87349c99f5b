"""Conditions judged where only some answers are known: they hold, they do not, or it cannot be told."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from models.schema.conditions import compile_condition
from models.schema.expressions import paths_in


@dataclass(frozen=True, slots=True)
class World:
    """Some answers: ``known`` are the names of which everything is known, ``answers`` what was answered."""

    answers: Mapping[str, Any]
    known: Set[str]


Verdict = bool | None
"""None where it cannot be told."""

Judgement = Callable[[World], Verdict]


def judgement(query: Mapping[str, Any]) -> Judgement:
    """`query` as a function of what is known. Raises Problem when it is outside the language."""
    return _all([_clause(key, value) for key, value in query.items()])


def _clause(key: str, value: Any) -> Judgement:
    if key in ("$and", "$or", "$nor"):
        parts = [judgement(part) for part in value]
        return _all(parts) if key == "$and" else _any(parts) if key == "$or" else _not(_any(parts))
    heads = {path.split(".")[0] for path in paths_in(value)} if key == "$expr" else {key.split(".")[0]}
    if reads_variables(value):
        return lambda _: None
    test = compile_condition({key: value})
    return lambda world: test(world.answers, {}) if heads <= world.known else None


def reads_variables(value: Any) -> bool:
    """Whether a variable (``$$TODAY``) stands anywhere in it."""
    if isinstance(value, Mapping):
        return any(reads_variables(part) for part in value.values())
    if isinstance(value, list):
        return any(reads_variables(part) for part in value)
    return isinstance(value, str) and value.startswith("$$")


def _all(parts: Sequence[Judgement]) -> Judgement:
    def judge(world: World) -> Verdict:
        verdicts = [part(world) for part in parts]
        return False if False in verdicts else None if None in verdicts else True

    return judge


def _any(parts: Sequence[Judgement]) -> Judgement:
    def judge(world: World) -> Verdict:
        verdicts = [part(world) for part in parts]
        return True if True in verdicts else None if None in verdicts else False

    return judge


def _not(inner: Judgement) -> Judgement:
    def judge(world: World) -> Verdict:
        verdict = inner(world)
        return None if verdict is None else not verdict

    return judge
