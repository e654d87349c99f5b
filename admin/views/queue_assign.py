"""Handing an application over to a colleague: choosing whom, with a note for them."""

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, site_of
from admin.language import N_, language, say
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from admin.views.queue_rows import state_badge
from models.documents.application import Application
from models.errors import NotAllowed, NotFound, TorokuError, TransitionRefused
from models.services import applications, assigning


class AssignParts(PageView):
    """``/queue/{reference}/assign``: the page, and the handing over itself."""

    @route("/{reference}/assign", methods=["GET"])
    async def choose(self, request: Request) -> Response:
        """Whom the application can be handed over to."""
        return await self._draw_choice(request, await self._assigned(request))

    async def _assigned(self, request: Request) -> Application:
        reference = str(request.path_params["reference"])
        return await applications.find(site_of(request), actor_of(request), reference)

    async def _draw_choice(
        self,
        request: Request,
        application: Application,
        chosen: str = "",
        note: str = "",
        refusal: TorokuError | None = None,
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        try:
            people = await assigning.colleagues(site, actor, application)
        except TransitionRefused as impossible:
            people, refusal = [], refusal or impossible
        roles = site.configuration.site.roles
        spoken = language()
        named = [
            (str(one.id), one.name, "、".join(roles[role](spoken) for role in one.roles if role in roles))
            for one in people
        ]
        return self.page(
            request,
            "queue_assign.html",
            title=say("Hand over {reference}", {"reference": application.reference}),
            crumbs=[Crumb(say("Hand over"))],
            refusal=refusal,
            application=application,
            state=state_badge(site, application),
            people=named,
            chosen=chosen,
            note=note,
            longest=assigning.NOTE_LIMIT,
            address=f"{root_of(request)}/applications/{application.reference}",
        )

    @route("/{reference}/assign", methods=["POST"])
    async def hand_over(self, request: Request) -> Response:
        """Hand it over; refused, the page comes back with what was chosen and typed."""
        site, actor = site_of(request), actor_of(request)
        application, form = await self._assigned(request), await self.form(request, fields=10)
        chosen, note = text_of(form, "to", longest=64), text_of(form, "note")
        try:
            to = assigning.read_colleague(chosen)
            revision = _revision(text_of(form, "revision", longest=12))
            moved = await assigning.hand_over(site, actor, application, to, note, revision=revision)
        except (NotFound, NotAllowed):
            raise
        except TorokuError as refusal:
            return await self._draw_choice(request, await self._assigned(request), chosen, note, refusal)
        to_whom = moved.assignee.name if moved.assignee else ""
        done = {"reference": moved.reference, "who": to_whom}
        return self.back(request, done=N_("{reference} is now in the charge of {who}."), values=done)


def _revision(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
