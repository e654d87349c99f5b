"""Every route of the program, read from its own route table: a new one is tested without being named."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

VALUES = {
    "record_type": "operator",
    "kind": "change",
    "ending": "json",
    "page": "company",
    "path": "toroku.css",
    "reference": "A2026-000001",
    "number": "00000001",
}
"""What stands for a parameter of an address; any other is NOBODY."""

NOBODY = "0" * 24
"""An id nothing has."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: a method and an address."""

    method: str
    path: str
    template: str

    @property
    def in_admin(self) -> bool:
        return self.template.startswith("/admin")

    @property
    def is_file(self) -> bool:
        """Whether it hands out files of the program itself."""
        return "/static" in self.template

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def doors(app: Starlette) -> list[Door]:
    """Every method of every route, those of mounted applications too."""
    return list(_doors(app.routes, ""))


def _doors(routes: list[BaseRoute], prefix: str) -> Iterator[Door]:
    for route in routes:
        if isinstance(route, Route):
            template = prefix + route.path
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield Door(method, fill(template), template)
        elif isinstance(route, Mount):
            inner = list(_doors(route.routes, prefix + route.path))
            yield from inner or [Door("GET", fill(prefix + route.path + "/{path}"), prefix + route.path)]
        else:
            raise AssertionError(f"a route of an unknown kind: {route!r}")


def fill(template: str, values: Mapping[str, str] = VALUES) -> str:
    """An address with something in the place of its parameters."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found[1], NOBODY), template)


TYPES = tuple(path.stem for path in Path("fixtures/capacity_market/record_types").glob("*.yaml"))

FEW = ("operator", "resource", "notice")
"""Record types whose doors are asked at every run: an operator's own, what it owns, the organisation's."""


def is_among(door: Door, types: tuple[str, ...]) -> bool:
    """Whether a door is of no record type, or of one of these."""
    return not any(name in door.template.split("/") for name in TYPES if name not in types)
