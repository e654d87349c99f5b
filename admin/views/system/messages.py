"""The outbox as a list."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import lazy_gettext as _
from admin.language import say
from admin.links import root_of
from admin.views.base import Row
from admin.views.columns import Column, Operator, Query
from admin.views.records import RawListView
from admin.views.system.rules import seen_only
from models.documents.message import Message
from models.documents.rows import rows_of
from models.services.outbox import retry


def _failed(_operator: Operator, text: str) -> Query:
    """Whether a mail was given up; raises ValueError for what is neither yes nor no."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return {"failed_at": {"$type": "date"}} if text == "true" else {"failed_at": None}


class MessagesView(RawListView):
    """The outbox: what was sent, what waits, what failed; a failed mail can be sent again."""

    detail_template = "message.html"

    def __init__(self) -> None:
        super().__init__(
            key="messages",
            menu_label=_("Mails"),
            icon="mail",
            columns=[
                Column("subject", _("Subject"), wrap=True),
                Column("to_address", _("To"), filters=("eq", "startswith")),
                Column("template", _("Template"), "code", filters=("eq",)),
                Column("created_at", _("Written"), "moment", sortable=True, filters=("gte", "lte")),
                Column("sent_at", _("Sent"), "moment"),
                Column("failed_at", _("Failed"), "moment", filters=("given",), match=_failed),
                Column("attempts", _("Attempts"), "number"),
                Column("last_error", _("Last answer")),
            ],
            source=rows_of(Message, hidden=("body", "links")),
            rule=seen_only("message.view"),
            order=(("created_at", -1),),
            search=("to_address",),
        )

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """Where to send it again, for a failed mail and somebody who may."""
        again = bool(row.get("failed_at")) and may(request, "message.retry")
        return {"retry": f"{root_of(request)}/messages/{row['_id']}/retry" if again else ""}

    def own_routes(self) -> list[Route]:
        """One more: sending again."""
        again = Route("/messages/{id}/retry", self.retry, methods=["POST"], name="messages-retry")
        return [again, *super().own_routes()]

    async def retry(self, request: Request) -> Response:
        """Put a failed mail back into the queue."""
        identifier = str(request.path_params["id"])
        await retry(site_of(request), actor_of(request), identifier)
        flash(request, say("The mail will be sent again."))
        return RedirectResponse(f"{root_of(request)}/messages/detail?pk={identifier}", status_code=303)
