"""What the admin's pages need of a request: who asks, and the site they work on."""

from typing import cast

from starlette.requests import Request

from models.permissions import Actor, allowed
from models.services.site import Site


def actor_of(request: Request) -> Actor:
    """Who asks."""
    return cast(Actor, request.scope["user"])


def site_of(request: Request) -> Site:
    """The site the request is for."""
    return cast(Site, request.state.site)


def may(request: Request, permission: str) -> bool:
    """Whether who asks has a permission of the table."""
    return allowed(actor_of(request), permission)
