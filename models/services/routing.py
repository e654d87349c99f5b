"""Whom a mail goes to by a route of the site: looked up among what is registered at the moment it is sent."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from models.configuration.routes import MailRoute, RouteStep
from models.services.around import Centre, found, led_to
from models.services.messages import Recipient
from models.services.recipients import people_of_operator, people_of_role
from models.services.site import Site

MOST_FOUND = 50
"""Most people one route finds."""


async def addressed(site: Site, to: str, centre: Centre) -> list[Recipient]:
    """Whom `to` means in a mail about `centre`: those a route of this name finds, ``operator`` its
    administrators, anything else the staff of the role."""
    route = site.configuration.site.routes.get(to)
    if route is not None:
        return await _by_route(site, route, centre)
    if to == "operator":
        return await people_of_operator(site, centre.operator_id)
    return await people_of_role(to)


async def _by_route(site: Site, route: MailRoute, centre: Centre) -> list[Recipient]:
    """All whom the first step finds that finds anybody, each address once; else whom ``else`` names."""
    for step in route.find:
        people: dict[str, Recipient] = {}
        for person in _recipients(site, step, await _looked_up(site, step, centre)):
            people.setdefault(person.address.casefold(), person)
        if people:
            return list(people.values())
    return await addressed(site, route.otherwise, centre)


async def _looked_up(site: Site, step: RouteStep, centre: Centre) -> list[dict[str, Any]]:
    if step.records is not None:
        return await found(site, centre, step.records, step.where, {}, MOST_FOUND)
    row = await led_to(site, centre, step.through)
    return [row] if row is not None else []


def _recipients(site: Site, step: RouteStep, rows: Iterable[Mapping[str, Any]]) -> Iterator[Recipient]:
    for row in rows:
        fields, data = site.registry.current(row["type"]).definition.by_name, row["data"]
        address = str(data.get(step.email) or "").strip()
        if address:
            label = fields.get(step.name or "")
            named = label.show(data.get(label.name), "ja") if label is not None else ""
            yield Recipient(address, named or str(row.get("title") or ""))
