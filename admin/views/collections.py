"""The lists generated from the configuration and for the system's own documents: all read-only."""

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import DropDown, flash
from starlette_admin.views import BaseView

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row, Rule, Where
from admin.views.columns import Column
from admin.views.queue import QueuePage
from admin.views.records import RawListView
from admin.views.review import ReviewPage
from models.documents.account import Account, Certificate
from models.documents.event import Event
from models.documents.message import Message
from models.documents.notice import Notice
from models.documents.rows import rows_of
from models.services.delivery import retry


def permitted(permission: str) -> Rule:
    """A rule by the permission table: everything may be seen, nothing changed."""

    def rule(request: Request, action: str) -> Where | None:
        return {} if action in ("view", "export") and may(request, permission) else None

    return rule


def seen_only(permission: str) -> Rule:
    """As ``permitted``, but never exported."""

    def rule(request: Request, action: str) -> Where | None:
        return {} if action == "view" and may(request, permission) else None

    return rule


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
                Column("created_at", _("Written"), "moment"),
                Column("sent_at", _("Sent"), "moment"),
                Column("failed_at", _("Failed"), "moment"),
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


def _events() -> RawListView:
    return RawListView(
        key="events",
        menu_label=_("Event log"),
        icon="events",
        columns=[
            Column("at", _("When"), "moment"),
            Column("action", _("What"), "code", filters=("eq", "startswith")),
            Column("subject.label", _("Of what"), filters=("eq",)),
            Column("actor.name", _("Who"), filters=("eq",)),
            Column("actor.kind", _("As"), "code"),
            Column("address", _("From")),
            Column("sequence", _("Place in the chain"), "number"),
        ],
        details=[
            Column("at", _("When"), "moment"),
            Column("action", _("What"), "code"),
            Column("subject.label", _("Of what")),
            Column("actor.name", _("Who")),
            Column("actor.kind", _("As"), "code"),
            Column("address", _("From")),
            Column("certificate", _("Client certificate"), "code", wrap=True),
            Column("details", _("Details"), show=_pairs, wrap=True),
            Column("sequence", _("Place in the chain"), "number"),
            Column("previous", _("Hash before"), "code", wrap=True),
            Column("hash", _("Hash"), "code", wrap=True),
        ],
        source=rows_of(Event),
        rule=permitted("event.view"),
        order=(("at", -1),),
    )


def _pairs(value: Any) -> str:
    return ", ".join(f"{key}: {item}" for key, item in value.items()) if isinstance(value, Mapping) else ""


def _notices() -> RawListView:
    return RawListView(
        key="notices",
        menu_label=_("Notices"),
        icon="notices",
        columns=[
            Column("title", _("Title"), show=_both, wrap=True),
            Column("category", _("Category"), "code"),
            Column("audience", _("For"), "code"),
            Column("published_at", _("Published"), "moment"),
        ],
        details=[
            Column("title", _("Title"), show=_both, wrap=True),
            Column("body", _("Text"), show=_both, wrap=True),
            Column("category", _("Category"), "code"),
            Column("audience", _("For"), "code"),
            Column("published_at", _("Published"), "moment"),
        ],
        source=rows_of(Notice),
        rule=permitted("notice.view_operators"),
        order=(("published_at", -1),),
    )


def _both(value: Any) -> str:
    """A text of both languages in the one spoken."""
    if not isinstance(value, Mapping):
        return str(value or "")
    return str(value.get(language()) or value.get("ja") or "")


def _accounts() -> RawListView:
    return RawListView(
        key="accounts",
        menu_label=_("Accounts"),
        icon="people",
        columns=[
            Column("login", _("ID"), "code", sortable=True, filters=("eq", "startswith")),
            Column("name", _("Name")),
            Column("kind", _("Kind"), "code", filters=("eq",)),
            Column("roles", _("Roles"), show=_joined),
            Column("status", _("State"), "code"),
            Column("last_login_at", _("Last sign-in"), "moment"),
        ],
        source=rows_of(Account, hidden=("password_hash",)),
        rule=seen_only("account.view"),
        search=("login",),
        order=(("login", 1),),
    )


def _joined(value: Any) -> str:
    return ", ".join(map(str, value or ()))


def _certificates() -> RawListView:
    return RawListView(
        key="certificates",
        menu_label=_("Client certificates"),
        icon="key",
        columns=[
            Column("subject", _("Subject"), wrap=True),
            Column("serial", _("Serial number"), "code"),
            Column("state", _("State"), "code", filters=("eq",)),
            Column("not_after", _("Valid until"), "moment"),
            Column("first_seen_at", _("First seen"), "moment"),
        ],
        source=rows_of(Certificate),
        rule=seen_only("account.view"),
    )


def staff_views(records: DropDown) -> Iterator[BaseView]:
    """Every page of the admin, in the order of its menu; `records` is where the record types come."""
    yield QueuePage()
    yield ReviewPage()
    yield records
    yield DropDown(_("Communication"), views=[_notices(), MessagesView()])
    yield DropDown(_("Access and evidence"), views=[_accounts(), _certificates(), _events()])
