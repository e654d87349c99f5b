"""Pages of a form for one side alone: said once at the page, meant of every field on it, at every door.

What a page says under ``for`` becomes part of the ``access`` of its fields when a definition is read, so that
lists, exports, histories and mails keep to it as they keep to ``access``."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

SIDES: Mapping[str, tuple[str, ...]] = {
    "operator": ("operator", "applicant", "operator_administrator", "operator_user"),
    "staff": ("staff",),
}
"""The words of ``access`` on each side; every other word is a role of the staff."""

WHOLE: Mapping[str, tuple[str, ...]] = {"operator": ("operator", "applicant"), "staff": ("staff",)}
"""Who a whole side is, in the words of ``access``."""


def side_of(word: str) -> str:
    """The side a word of ``access`` stands on."""
    return "operator" if word in SIDES["operator"] else "staff"


def with_sides(fields: Sequence[Any], pages: Any) -> list[Any]:
    """`fields` as they are written down (mappings), those on pages ``for`` one side readable there only."""
    sides = dict(_sides(pages if isinstance(pages, list | tuple) else ()))
    return [_narrowed(each, sides.get(_name(each))) for each in fields]


def _sides(pages: Iterable[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The fields of such pages, each with its sides."""
    for page in pages:
        sides = page.get("for") if isinstance(page, Mapping) else None
        sides = (sides,) if isinstance(sides, str) else sides
        names = page.get("fields") if isinstance(page, Mapping) else None
        if isinstance(sides, list | tuple) and len(set(sides)) == 1 and isinstance(names, list | tuple):
            yield from ((name, tuple(sides)) for name in names if isinstance(name, str))


def _name(field: Any) -> Any:
    name = field.get("name") if isinstance(field, Mapping) else getattr(field, "name", None)
    return name if isinstance(name, str) else None


def _narrowed(field: Any, sides: tuple[str, ...] | None) -> Any:
    if sides is None or not isinstance(field, Mapping):
        return field
    access = field.get("access")
    given: Mapping[str, Any] = access if isinstance(access, Mapping) else {}
    read = given.get("read")
    return {**field, "access": {**given, "read": _of(read, sides)}}


def _of(read: Any, sides: tuple[str, ...]) -> list[str]:
    """Those of `read` who are on these sides; everybody there where nobody is named."""
    if not isinstance(read, list | tuple):
        return [word for side in sides for word in WHOLE.get(side, ())]
    return [word for word in read if isinstance(word, str) and side_of(word) in sides]
