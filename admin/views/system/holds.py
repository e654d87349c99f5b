"""Legal holds: what nobody may erase, put on by one, lifted by two."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import read_id
from models.documents.hold import Hold
from models.errors import NotFound, TorokuError
from models.services import holds
from models.services.holds import REASON_LIMIT

DONE = {
    "propose": N_("The proposal to lift the hold has been made. Somebody else confirms it."),
    "keep": N_("The hold stays."),
    "lift": N_("The hold has been lifted."),
}


class HoldsPage(PageView):
    """Every hold that stands, and those that were lifted."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Legal holds"),
            icon="book",
            path="/holds",
            route_name="holds",
            allowed=lambda request: may(request, "hold.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The holds, and the form that puts one on."""
        asked = {name: (request.query_params.get(name) or "")[:64] for name in ("type", "number")}
        return await self._draw(request, asked)

    @route("", methods=["POST"])
    async def place(self, request: Request) -> Response:
        """Put a hold on a registration named by its number."""
        site, actor = site_of(request), actor_of(request)
        form = await self.form(request, fields=10)
        typed = {
            "type": text_of(form, "type", longest=64),
            "number": text_of(form, "number", longest=64),
            "reason": text_of(form, "reason", longest=5000),
        }
        try:
            record = await holds.record_to_hold(site, actor, typed["type"], typed["number"])
            hold = await holds.place(site, actor, record, typed["reason"])
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return await self._draw(request, typed, refusal)
        return self.back(request, f"/{hold.id}", done=N_("The hold has been put on."))

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One hold, and what can be done with it."""
        return self._one(request, await holds.find_hold(read_id(request.path_params["id"])))

    @route("/{id}/{deed}", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Propose to lift it, confirm that, or say no."""
        site, actor = site_of(request), actor_of(request)
        identity, deed = read_id(request.path_params["id"]), str(request.path_params["deed"])
        if deed not in DONE:
            raise NotFound
        form = await self.form(request, fields=10)
        reason, revision = text_of(form, "reason", longest=5000), number_of(form, "revision")
        try:
            if deed == "propose":
                await holds.propose_lift(site, actor, identity, reason, revision=revision)
            elif deed == "lift":
                await holds.lift(site, actor, identity, revision=revision)
            else:
                await holds.keep(site, actor, identity, revision=revision)
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return self._one(request, await holds.find_hold(identity), refusal, reason)
        return self.back(request, f"/{identity}", done=DONE[deed])

    async def _draw(
        self, request: Request, typed: dict[str, str], refusal: TorokuError | None = None
    ) -> Response:
        actor = actor_of(request)
        kinds = site_of(request).registry.all_current()
        return self.page(
            request,
            "system_holds.html",
            refusal=refusal,
            standing=[self._row(request, each) for each in await holds.list_holds(actor)],
            lifted=[self._row(request, each) for each in await holds.list_holds(actor, standing=False)],
            types=[("", "—"), *((name, kind.definition.label(language())) for name, kind in kinds.items())],
            may_place=may(request, "hold.place"),
            typed={"reason": "", **typed},
            limit=REASON_LIMIT,
        )

    def _one(
        self, request: Request, hold: Hold, refusal: TorokuError | None = None, reason: str = ""
    ) -> Response:
        own = hold.proposed is not None and hold.proposed.by.id == actor_of(request).account_id
        return self.page(
            request,
            "system_hold.html",
            title=f"{self.menu_label} {hold.over.label}",
            crumbs=[Crumb(hold.over.label)],
            refusal=refusal,
            hold=hold,
            row=self._row(request, hold),
            may_lift=may(request, "hold.lift") and hold.standing,
            own=own,
            typed=reason,
            limit=REASON_LIMIT,
        )

    def _row(self, request: Request, hold: Hold) -> dict[str, Any]:
        """A hold as lists draw it."""
        site = site_of(request)
        kind = site.registry.all_current().get(hold.over.kind)
        return {
            "hold": hold,
            "href": self.url(request, f"/{hold.id}"),
            "what": kind.definition.label(language()) if kind else hold.over.kind,
            "record": f"{root_of(request)}/{hold.over.kind}/detail?pk={hold.over.id}" if kind else "",
            "whole": hold.over.kind == site.configuration.site.operator_type,
            "cause": hold.cause.label if hold.cause else "",
        }
