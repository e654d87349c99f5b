"""Places in plain data: where a definition's path leads, row by row."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Data = dict[str, Any]


def is_empty(value: Any) -> bool:
    """Whether nothing is there."""
    return value is None or value == "" or value == [] or value == {}


def parent_of(path: str) -> str:
    """The path of the table or group a path lies in; "" at the top."""
    return path.rpartition(".")[0]


def name_of(path: str) -> str:
    """The last name of a path."""
    return path.rpartition(".")[2]


def join(*parts: str) -> str:
    """A path of its parts; empty ones are left out."""
    return ".".join(part for part in parts if part)


def inside(path: str, around: str) -> bool:
    """Whether `path` is `around` or lies in it."""
    return path == around or path.startswith(f"{around}.")


def moved(path: str, changes: Mapping[str, str]) -> str:
    """`path` after `changes` (old path: new path); the longest old path that holds it counts."""
    for old in sorted(changes, key=len, reverse=True):
        if inside(path, old):
            return changes[old] + path[len(old) :]
    return path


def containers(data: Data, parent: str) -> Iterator[tuple[str, Data]]:
    """Every mapping at a definition's path, with its place (``items.0``): one per row of a table."""
    yield from _containers(data, parent.split(".") if parent else [], "")


def _containers(here: Any, names: Sequence[str], place: str) -> Iterator[tuple[str, Data]]:
    if isinstance(here, list):
        for index, row in enumerate(here):
            yield from _containers(row, names, join(place, str(index)))
    elif isinstance(here, dict):
        if names:
            yield from _containers(here.get(names[0]), names[1:], join(place, names[0]))
        else:
            yield place, here


def container_at(data: Data, place: str) -> Data | None:
    """The mapping at an exact place (``items.0``), or None."""
    here: Any = data
    for part in place.split(".") if place else ():
        if isinstance(here, list):
            here = here[int(part)] if part.isdigit() and int(part) < len(here) else None
        else:
            here = here.get(part) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else None


def copy_of(value: Any) -> Any:
    """A copy of plain data; what is neither mapping nor list is shared."""
    if isinstance(value, Mapping):
        return {key: copy_of(part) for key, part in value.items()}
    return [copy_of(part) for part in value] if isinstance(value, list) else value
