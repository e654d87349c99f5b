"""The outbox as a list: how it stands, what waits, what failed and why, and what staff can do about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.refusals import public_message
from admin.views.base import Row
from admin.views.columns import Choice, Column, Operator, Query
from admin.views.records import RawListView
from admin.views.system.outbox_rows import OutboxRows
from admin.views.system.rules import seen_only
from models.documents.message import Message
from models.errors import AbortRefused, NotFound
from models.language import translate
from models.letters.page import to_fragment
from models.services import mailed, outbox
from models.services.mail_alarms import ringing
from models.services.outbox_figures import figures

STATES: Mapping[str, Choice] = {
    "queued": Choice(_("waiting"), "info"),
    "sending": Choice(_("being sent"), "info"),
    "retrying": Choice(_("trying again"), "warn"),
    "sent": Choice(_("sent"), "good"),
    "bounced": Choice(_("came back"), "bad"),
    "failed": Choice(_("failed"), "bad"),
    "withheld": Choice(_("withheld"), "warn"),
    "aborted": Choice(_("called off"), "done"),
}

A_DATE: Query = {"$type": "date"}
QUERIES: Mapping[str, Query] = {
    "queued": {"next_at": A_DATE, "attempts": 0},
    "sending": {"lease_until": A_DATE, "next_at": A_DATE},
    "retrying": {"next_at": A_DATE, "attempts": {"$gt": 0}, "lease_until": None},
    "sent": {"sent_at": A_DATE, "bounced_at": None},
    "bounced": {"bounced_at": A_DATE},
    "failed": outbox.FAILED,
    "withheld": {"withheld_at": A_DATE},
    "aborted": {"aborted_at": A_DATE},
}
"""The rows of each state."""

DUE = ("queued", "sending", "retrying")
STATE = "state__eq"
"""The filter of a state, in the address of the list."""


def _in_state(_operator: Operator, text: str) -> Query:
    """The rows in a state; raises ValueError for a name that is none."""
    if text not in QUERIES:
        raise ValueError(text)
    return QUERIES[text]


def _failed(_operator: Operator, text: str) -> Query:
    """Whether a mail was given up; raises ValueError for what is neither yes nor no."""
    if text not in ("true", "false"):
        raise ValueError(text)
    return outbox.FAILED if text == "true" else {"failed_at": None}


def _subject(value: Any) -> str:
    return str(value) if value else say("(erased)")


LISTED = (
    Column("subject", _("Subject"), wrap=True, show=_subject),
    Column("state", _("State"), "state", choices=STATES, filters=("eq",), match=_in_state),
    Column("to_address", _("To"), filters=("eq", "startswith")),
    Column("template", _("Template"), "code", filters=("eq",)),
    Column("created_at", _("Written"), "moment", sortable=True, filters=("gte", "lte")),
    Column("sent_at", _("Sent"), "moment"),
    Column("failed_at", _("Failed"), "moment", filters=("given",), match=_failed),
    Column("attempts", _("Attempts"), "number"),
    Column("last_error", _("Last answer"), filters=("eq",)),
)

DETAILS = (
    *LISTED[:5],
    Column("next_at", _("Tried next"), "moment"),
    Column("sent_at", _("Sent"), "moment"),
    Column("failed_at", _("Failed"), "moment"),
    Column("attempts", _("Attempts"), "number"),
    Column("deferred_since", _("Put off by the server since"), "moment"),
    Column("last_error", _("Last answer")),
    Column("last_answer", _("In the server's words"), wrap=True),
    Column("bounced_at", _("Came back"), "moment"),
    Column("bounce_text", _("What the report says"), wrap=True),
    Column("withheld_at", _("Withheld"), "moment"),
    Column("withheld_why", _("Why it was withheld"), "code"),
    Column("aborted_at", _("Called off"), "moment"),
    Column("erased_at", _("Text erased"), "moment"),
    Column("message_id", _("Message-ID"), "code"),
)

ALWAYS = frozenset(("subject", "state", "to_address", "attempts"))
"""Lines that are there whatever happened."""


class MessagesView(RawListView):
    """The outbox: what was sent, what waits, what failed; what failed can be sent again or called off."""

    list_template = "messages.html"
    detail_template = "message.html"
    styles = ("system.css", "figures.css")

    def __init__(self) -> None:
        super().__init__(
            key="messages",
            menu_label=_("Mails"),
            icon="mail",
            columns=LISTED,
            details=DETAILS,
            source=OutboxRows(Message.raw, hidden=("body", "links", "preheader")),
            rule=seen_only("message.view"),
            order=(("created_at", -1),),
            search=("to_address",),
        )

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """The lines of a mail's page: what happened to it, and nothing of what did not."""
        return [column for column in self.details if row.get(column.path) or column.path in ALWAYS]

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """How the outbox stands."""
        found = await figures(site_of(request), actor_of(request))
        return {
            "figures": found,
            "counts": self._counts(request, found),
            "late": found.since is not None and found.since <= site_of(request).now(),
            "alarms": await ringing(),
            "problem": getattr(request.state, "problem", ""),
            "error_href": f"{root_of(request)}/messages/list?{STATE}=failed&last_error__eq=",
            "again_href": f"{root_of(request)}/messages/failed/retry" if _may(request, "retry") else "",
            "abort_href": f"{root_of(request)}/messages/failed/abort" if _may(request, "abort") else "",
        }

    def _counts(self, request: Request, found: Any) -> Sequence[tuple[Choice, int, str]]:
        address = f"{root_of(request)}/messages/list?{STATE}="
        names = (*DUE, "failed", "withheld")
        return [(STATES[name], getattr(found, name), address + name) for name in names]

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """What can be done about it, by somebody who may."""
        address, over = f"{root_of(request)}/messages/{row['_id']}", not row.get("next_at")
        again = over and not row.get("sent_at") and not row.get("erased_at") and _may(request, "retry")
        stoppable = not (row.get("sent_at") or row.get("aborted_at")) and _may(request, "abort")
        text = await mailed.stored_text(actor_of(request), str(row["_id"]))
        link = translate("(one-time link)", language())
        return {
            "text": None if text is None else to_fragment(text.replace(mailed.LINK, link)),
            "retry": f"{address}/retry" if again else "",
            "abort": f"{address}/abort" if stoppable else "",
            "problem": getattr(request.state, "problem", ""),
            "limit": outbox.REASON_LIMIT,
        }

    def own_routes(self) -> list[Route]:
        """Four more: sending again and calling off, one or all of an error."""
        posts = {
            "/messages/failed/retry": self.retry_all,
            "/messages/failed/abort": self.abort_all,
            "/messages/{id}/retry": self.retry,
            "/messages/{id}/abort": self.abort,
        }
        acts = [
            Route(path, act, methods=["POST"], name=path.strip("/").replace("/", "-").replace("{id}", "one"))
            for path, act in posts.items()
        ]
        return [*acts, *super().own_routes()]

    async def retry(self, request: Request) -> Response:
        """Put a failed mail back into the queue."""
        await outbox.retry(site_of(request), actor_of(request), str(request.path_params["id"]))
        flash(request, say("The mail will be sent again."))
        return self._to_one(request)

    async def abort(self, request: Request) -> Response:
        """Call one mail off."""
        form, identifier = await read_form(request, fields=5), str(request.path_params["id"])
        try:
            await outbox.abort(site_of(request), actor_of(request), identifier, text_of(form, "reason"))
        except AbortRefused as refusal:
            return await self._one_refused(request, identifier, refusal)
        flash(request, say("The mail has been called off."))
        return self._to_one(request)

    async def retry_all(self, request: Request) -> Response:
        """Put all mails that failed with one error back into the queue."""
        form = await read_form(request, fields=5)
        count = await outbox.retry_all(site_of(request), actor_of(request), text_of(form, "error"))
        flash(request, say("{count} mails will be sent again.", {"count": count}))
        return RedirectResponse(f"{root_of(request)}/messages/list", status_code=303)

    async def abort_all(self, request: Request) -> Response:
        """Call all mails off that failed with one error."""
        form = await read_form(request, fields=5)
        error, reason = text_of(form, "error"), text_of(form, "reason")
        try:
            count = await outbox.abort_all(site_of(request), actor_of(request), error, reason)
        except AbortRefused as refusal:
            request.state.problem = public_message(refusal)
            return _with_status(await self.list_page(request), refusal.status)
        flash(request, say("{count} mails have been called off.", {"count": count}))
        return RedirectResponse(f"{root_of(request)}/messages/list", status_code=303)

    async def _one_refused(self, request: Request, identifier: str, refusal: AbortRefused) -> Response:
        row = await self.source.one(identifier, self.reach(request, "view"))
        if row is None:
            raise NotFound
        request.state.problem = public_message(refusal)
        return _with_status(await self.draw_detail(request, row), refusal.status)

    def _to_one(self, request: Request) -> Response:
        address = f"{root_of(request)}/messages/detail?pk={request.path_params['id']}"
        return RedirectResponse(address, status_code=303)


def _may(request: Request, act: str) -> bool:
    return may(request, f"message.{act}")


def _with_status(response: Response, status: int) -> Response:
    response.status_code = status
    return response
