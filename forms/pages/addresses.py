"""Confirming another e-mail address of an account by the link sent there."""

from starlette.responses import Response

from forms.pages.visit import Visit, go, page
from models.services import addresses


async def show_confirmation(visit: Visit) -> Response:
    """Whose address it is, and the button that confirms it. Raises LinkRefused."""
    account = await addresses.asked_with(visit.site, visit.parameter("token"))
    return page(visit, "confirm_address", {"account": account})


async def confirm(visit: Visit) -> Response:
    """Use the link. Raises LinkRefused."""
    await addresses.confirm_address(visit.site, visit.parameter("token"))
    return go(
        "/portal?done=address_confirmed" if visit.actor.kind == "operator" else "/?done=address_confirmed"
    )
