"""Which route answers an address: looked up by how it begins and how many parts it has, not one by one."""

from collections.abc import Mapping

from starlette.routing import BaseRoute, Match, Route, Router
from starlette.types import Receive, Scope, Send

Place = tuple[str, int]
"""The first part of an address, and how many parts it has."""


class Directory(Router):
    """Starlette's router with a table before it: routes that cannot match are not tried. What the table does
    not know (mounted applications, another method, no such address) goes the usual way, so that the answer
    is always the usual one."""

    _table: Mapping[Place, list[Route]] | None = None

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the first route that matches whole."""
        if self._table is None:
            self._table = table_of(self.routes)
        place = place_of(scope["path"]) if not scope.get("root_path") else ("", 0)
        for route in self._table.get(place, ()):
            match, found = route.matches(scope)
            if match is Match.FULL:
                scope.update({"router": self, "route": route, **found})
                await route.handle(scope, receive, send)
                return
        await super().app(scope, receive, send)


def place_of(path: str) -> Place:
    """Where an address stands in the table."""
    return path[1:].partition("/")[0], path.count("/")


def table_of(routes: list[BaseRoute]) -> dict[Place, list[Route]]:
    """The routes by place, each place's in their order. A place is left out where anything else than a plain
    route could answer there as well."""
    plain = [route for route in routes if isinstance(route, Route) and ":path}" not in route.path]
    others = {getattr(route, "path", "") for route in routes if route not in plain}
    table: dict[Place, list[Route]] = {}
    for route in plain:
        table.setdefault(place_of(route.path), []).append(route)
    taken = {place_of(path)[0] for path in others}
    open_ended = "" in taken or any("{" in first for first in taken | {first for first, _ in table})
    return {} if open_ended else {place: found for place, found in table.items() if place[0] not in taken}
