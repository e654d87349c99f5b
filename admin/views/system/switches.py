"""The switches: what is stopped for everybody, by whom, on which ground."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import number_of, text_of
from admin.views.page import PageView, route
from models.documents.event import Event
from models.documents.switch import READ_ONLY
from models.errors import TorokuError
from models.services import switches
from models.services.switches import GROUNDS, SWITCHES


class SwitchesPage(PageView):
    """One switch today: applicants only read. Seen by all staff, set by those who may."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Switches"),
            icon="switch",
            path="/switches",
            route_name="switches",
            allowed=lambda request: may(request, "switch.view"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """How the switch stands, and what was done with it."""
        return await self._draw(request)

    @route("/{name}", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Set the switch or take it back, as the form says."""
        site, actor, name = site_of(request), actor_of(request), str(request.path_params["name"])
        form = await self.form(request, fields=10)
        text, revision = text_of(form, "text", longest=5000), number_of(form, "revision")
        code = number_of(form, "code")
        try:
            if text_of(form, "deed") == "set":
                await switches.set_switch(site, actor, name, code, text, revision=revision)
                return self.back(
                    request, done=N_("The switch is set. It holds in every process within a second.")
                )
            await switches.unset_switch(site, actor, name, text, revision=revision)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._draw(request, refusal, typed=text, code=code)
        return self.back(request, done=N_("The switch has been taken back."))

    async def _draw(
        self, request: Request, refusal: TorokuError | None = None, *, typed: str = "", code: int = 0
    ) -> Response:
        stored = await switches.find_switch(READ_ONLY)
        spoken = language()
        return self.page(
            request,
            "system_switches.html",
            refusal=refusal,
            label=SWITCHES[READ_ONLY](spoken),
            name=READ_ONLY,
            stored=stored,
            ground=GROUNDS.get(stored.code, GROUNDS[4])(spoken),
            grounds=[("", "—"), *((number, f"{number}. {text(spoken)}") for number, text in GROUNDS.items())],
            may_set=may(request, "switch.set"),
            history=_timeline(await switches.history(READ_ONLY)),
            typed=typed,
            code=code,
        )


def _timeline(events: Sequence[Event]) -> list[dict[str, Any]]:
    """What was done, as the timeline draws it."""
    drawn = []
    for event in events:
        was_set = event.action == "switch.set"
        ground = GROUNDS.get(event.details.get("code") or 0) if was_set else None
        said = ground(language()) if ground else ""
        note = "\n".join(part for part in (said, str(event.details.get("text") or "")) if part)
        what = say("Set") if was_set else say("Lifted")
        tone = "bad" if was_set else "good"
        drawn.append({"at": event.at, "who": event.actor.name, "what": what, "note": note, "tone": tone})
    return drawn
