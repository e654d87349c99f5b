"""Which route answers an address: looked up by how it begins and how many parts it has, not one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

Place = tuple[str, int]
"""The first part of an address ("" for any), and how many parts it has."""


class Directory(Router):
    """Starlette's router with a table before it: routes that cannot match are not tried. What the table does
    not know (mounted applications, another method, no such address) goes the usual way, so that the answer
    is always the usual one. Routes may come and go."""

    _listed: Sequence[BaseRoute] = ()
    _table: "Table"

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the first route that matches whole."""
        for route in self._likely(address_in(scope)) if scope["type"] == "http" else ():
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.setdefault("router", self)
                scope.update({"route": route, **found})
                await route.handle(scope, receive, send)
                return
        await super().app(scope, receive, send)

    def _likely(self, address: str) -> Sequence[Route]:
        if self._listed != self.routes:
            self._listed, self._table = [*self.routes], Table.of(self.routes)
        return self._table.at(address)


def address_in(scope: Scope) -> str:
    """The address below where the application is mounted."""
    path, root = str(scope["path"]), str(scope.get("root_path") or "")
    return path[len(root) :] if f"{path}/".startswith(f"{root}/") else path


def place_of(path: str) -> Place:
    """Where an address stands in the table."""
    return path[1:].partition("/")[0], path.count("/")


@dataclass(frozen=True)
class Table:
    """The routes by place, each place's in their order. Addresses that begin as one of `others` may be
    answered by something else than a plain route; they are nowhere in the table."""

    places: Mapping[Place, Sequence[Route]] = field(default_factory=dict)
    others: frozenset[str] = frozenset()

    @classmethod
    def of(cls, routes: Sequence[BaseRoute]) -> Self:
        """The table of `routes`; an empty one where something else may answer any address."""
        plain = [route for route in routes if isinstance(route, Route) and _is_plain(route)]
        others = {place_of(getattr(each, "path", ""))[0] for each in routes if not _is_plain(each)}
        if any(not first or "{" in first for first in others):
            return cls()
        return cls(_by_place(plain), frozenset(others))

    def at(self, address: str) -> Sequence[Route]:
        """The routes that may answer an address; none where that is not known."""
        first, parts = place_of(address)
        if first in self.others:
            return ()
        return self.places.get((first, parts)) or self.places.get(("", parts), ())


def _is_plain(route: BaseRoute) -> bool:
    """Whether it answers addresses of so many parts and no others."""
    return isinstance(route, Route) and ":path}" not in route.path


def _by_place(routes: Sequence[Route]) -> dict[Place, list[Route]]:
    """The routes of every place, together with those that begin with anything, in their order."""
    kept: dict[Place, list[int]] = {}
    for number, route in enumerate(routes):
        first, parts = place_of(route.path)
        kept.setdefault(("" if "{" in first else first, parts), []).append(number)
    return {
        place: [routes[number] for number in sorted({*numbers, *kept.get(("", place[1]), ())})]
        for place, numbers in kept.items()
    }
