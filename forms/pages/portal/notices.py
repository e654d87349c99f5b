"""Notices, those for operators included."""

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.notices import PORTAL, confirm_read, draw_list, draw_notice, hand_attachment
from forms.pages.visit import operator_visit


async def list_notices(request: Request) -> Response:
    """The notices an operator may read, page by page: unread ones marked, those to be acknowledged too."""
    return await draw_list(operator_visit(request), PORTAL)


async def show_notice(request: Request) -> Response:
    """One notice; whoever looks at it has read it."""
    return await draw_notice(operator_visit(request), PORTAL)


async def hand_out(request: Request) -> Response:
    """A file attached to a notice."""
    return await hand_attachment(operator_visit(request), PORTAL)


async def acknowledge(request: Request) -> Response:
    """Confirm having read a notice."""
    return await confirm_read(operator_visit(request), PORTAL)
