"""Walking answers and their rules together: into rows and parts, hiding and computing on the way."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from models.schema.compiled import CompiledFields, CompiledFormula
from models.schema.values import MISSING

Variables = Mapping[str, Any]
Data = dict[str, Any]


def scope(around: Data, here: Data) -> Data:
    """What a condition sees: its own level, and what is around the row or the group it stands in."""
    return {**around, **here} if around else here


def inside(name: str, value: Any) -> Iterator[tuple[str, Data]]:
    """The objects in the answer `name`, with what their paths begin with: rows, or the one of a group."""
    if isinstance(value, list):
        yield from ((f"{name}.{index}.", row) for index, row in enumerate(value) if isinstance(row, dict))
    elif isinstance(value, dict):
        yield f"{name}.", value


def show(level: CompiledFields, typed: Data, around: Data, variables: Variables) -> Data:
    """`typed` without the fields whose ``show_when`` does not hold, at every depth; a hidden answer counts as
    missing, so hiding one may hide the next."""
    if not level.hides:
        return typed
    kept = dict(typed)
    while True:
        seen = scope(around, kept)
        hidden = [name for name, rule in level.shown.items() if name in kept and not rule(seen, variables)]
        for name in hidden:
            del kept[name]
        inner = {
            name: _show_inside(further, kept[name], seen, variables)
            for name, further in level.hiding.items()
            if name in kept
        }
        if not hidden and all(kept[name] == value for name, value in inner.items()):
            return kept
        kept |= inner


def _show_inside(level: CompiledFields, value: Any, around: Data, variables: Variables) -> Any:
    if isinstance(value, list):
        return [show(level, row, around, variables) if isinstance(row, dict) else row for row in value]
    if isinstance(value, dict):
        kept = show(level, value, around, variables)
        return kept if any(part is not None for part in kept.values()) else None
    return value


def hidden_paths(
    level: CompiledFields, data: Data, around: Data, variables: Variables, prefix: str = ""
) -> Iterator[str]:
    """The paths of the fields whose ``show_when`` does not hold; of groups not answered too."""
    if not level.hides:
        return
    seen = scope(around, data)
    for name, rule in level.shown.items():
        if not rule(seen, variables):
            yield prefix + name
    for name, inner in level.hiding.items():
        value = data.get(name) if level.fields[name].repeats else data.get(name) or {}
        for begun, here in inside(name, value):
            yield from hidden_paths(inner, here, seen, variables, prefix + begun)


def compute(formulas: Sequence[CompiledFormula], data: Data, variables: Variables) -> None:
    """Put the computed values into `data`, in the order of `formulas`; what comes to nothing is left out."""
    for formula in formulas:
        for here, seen in _places(data, data, formula.within):
            value = (
                MISSING
                if formula.shown is not None and not formula.shown(seen, variables)
                else formula.value(seen, variables)
            )
            if value is MISSING or value is None:
                here.pop(formula.name, None)
            else:
                here[formula.name] = value


def _places(here: Data, seen: Data, within: tuple[str, ...]) -> Iterator[tuple[Data, Data]]:
    """Every object at `within`, each with what its formulas see."""
    if not within:
        yield here, seen
        return
    for _, row in inside(within[0], here.get(within[0])):
        yield from _places(row, scope(seen, row), within[1:])


def without(data: Data, paths: Sequence[str]) -> Data:
    """`data` without the values at these paths; `data` itself stays as it is."""
    return {
        name: kept
        for name, kept in ((n, _pruned(v, n, paths)) for n, v in data.items())
        if kept is not MISSING
    }


def _pruned(value: Any, path: str, paths: Sequence[str]) -> Any:
    if path in paths:
        return MISSING
    if not any(gone.startswith(f"{path}.") for gone in paths):
        return value
    if isinstance(value, list):
        return [_pruned(row, f"{path}.{index}", paths) for index, row in enumerate(value)]
    parts = {name: _pruned(part, f"{path}.{name}", paths) for name, part in value.items()}
    return {name: part for name, part in parts.items() if part is not MISSING}
