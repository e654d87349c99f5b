"""The event log as a list, and how its chain stands."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import N_, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.base import Row
from admin.views.columns import Column
from admin.views.records import RawListView
from admin.views.system.rules import permitted
from models.documents.event import Event
from models.documents.rows import rows_of
from models.services.sealing import BATCH, chain_state, prove


def _pairs(value: Any) -> str:
    return ", ".join(f"{key}: {item}" for key, item in value.items()) if isinstance(value, Mapping) else ""


COMMON = (
    Column("at", _("When"), "moment", sortable=True, filters=("gte", "lte")),
    Column("action", _("What"), "code", filters=("eq", "startswith")),
    Column("subject.label", _("Of what"), filters=("eq", "startswith")),
    Column("actor.name", _("Who"), filters=("eq", "startswith")),
    Column("actor.kind", _("As"), "code"),
    Column("address", _("From")),
    Column("sequence", _("Place in the chain"), "number"),
)

DETAILS = (
    *COMMON[:6],
    Column("actor.delegate", _("Delegate of")),
    Column("certificate", _("Client certificate"), "code", wrap=True),
    Column("details", _("Details"), show=_pairs, wrap=True),
    COMMON[6],
    Column("previous", _("Hash before"), "code", wrap=True),
    Column("hash", _("Hash"), "code", wrap=True),
)

PLACES: Mapping[str, tuple[str, str]] = {
    "application": ("/applications/{label}", "application.view"),
    "account": ("/accounts/detail?pk={id}", "account.view"),
    "message": ("/messages/detail?pk={id}", "message.view"),
    "job": ("/jobs/detail?pk={id}", "admin.enter"),
    "schema_change": ("/studio/proposals/{label}", "schema.view"),
    "stop": ("/stops/{id}", "stop.view"),
    "calendar_day": ("/calendar/{label}", "calendar.view"),
}
"""Where the subject of an event is shown, by its kind, and to whom."""


class EventsView(RawListView):
    """Who did what to what, newest first; whether the chain holds."""

    list_template = "system_events.html"
    detail_template = "system_event.html"
    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            key="events",
            menu_label=_("Event log"),
            icon="events",
            columns=COMMON,
            details=DETAILS,
            source=rows_of(Event),
            rule=permitted("event.view"),
            order=(("at", -1),),
        )

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """How the chain stands."""
        chain = await chain_state(site_of(request), actor_of(request))
        return {"chain": chain, "batch": BATCH, "prove_href": f"{root_of(request)}/events/verify"}

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """Where its subject is shown, and the other events about it."""
        subject = row.get("subject")
        told = subject if isinstance(subject, Mapping) else {}
        label = str(told.get("label") or "")
        others = f"{root_of(request)}/events/list?subject.label__eq={label}" if label.isascii() else ""
        return {"subject_href": _place(request, told), "others_href": others if label else ""}

    def own_routes(self) -> list[Route]:
        """One more: proving the chain."""
        verify = Route("/events/verify", self.verify, methods=["POST"], name="events-verify")
        return [verify, *super().own_routes()]

    async def verify(self, request: Request) -> Response:
        """Begin to prove the chain."""
        await prove(site_of(request), actor_of(request))
        flash(request, say(N_("The chain is being verified. The result is an event of its own.")), "info")
        return RedirectResponse(f"{root_of(request)}/events/list", status_code=303)


def _place(request: Request, subject: Mapping[str, Any]) -> str:
    """The address of the page of a subject; "" where there is none for this person."""
    kind, label, identifier = (str(subject.get(name) or "") for name in ("kind", "label", "id"))
    path, permission = PLACES.get(kind, ("", ""))
    if kind in site_of(request).registry.all_current():
        path, permission = f"/{kind}/detail?pk={{id}}", "record.view"
    needed = label if "{label}" in path else identifier if "{id}" in path else "-"
    if not path or not needed or not may(request, permission):
        return ""
    return root_of(request) + path.format(label=label, id=identifier)
