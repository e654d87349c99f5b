"""How much in somebody's inbox is unread, and how many records wait for the staff, for the menu of the page
they ask for."""

from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from models.permissions import Actor, allowed
from models.services.inbox import unread
from models.services.records_waiting import Asked, kinds_waiting, total
from models.services.site import Site

PAGES = ("/portal", "/admin")
"""Where the menu says it. The pages of a form do not ask: nobody is to be called away from filling in."""


class Inbox:
    """Pure ASGI, within the sessions: puts into ``scope["state"]`` how much is ``unread``, where a page with
    a menu is asked for by an account, one question, answered from an index; and how many records it
    ``waits`` on, as it was counted within the last minute."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _has_menu(scope):
            actor: Actor = scope["user"]
            site: Site = scope["state"]["site"]
            if actor.account_id is not None:
                scope["state"]["unread"] = await unread(site, actor.account_id)
                scope["state"]["waits"] = await _waits(site, actor)
        await self.app(scope, receive, send)


async def _waits(site: Site, actor: Actor) -> int:
    """How many records wait for the roles of a member of staff; 0 where none ever does."""
    if actor.kind != "staff" or not allowed(actor, "record.view") or not kinds_waiting(site, actor):
        return 0
    found = await site.kept.get(("waits", actor.account_id), partial(total, site, actor, Asked()))
    return found.value or 0


def _has_menu(scope: Scope) -> bool:
    """Forms are answered with a page of their own only when something is wrong in them."""
    path: str = scope["path"]
    return "user" in scope and path.startswith(PAGES) and not path.endswith((".ics", ".csv", "/file"))
