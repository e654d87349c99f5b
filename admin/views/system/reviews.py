"""Reviews of who has what: beginning a round, deciding about the staff's accounts, how far operators are."""

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from admin.views.system.owner import Owner, owner_of
from models.documents.base import Id, read_id
from models.documents.recertification import Recertification, RecertificationLine, Scope
from models.errors import NotFound, TorokuError
from models.permissions import Actor
from models.services import recertifying
from models.services.recertifying import Tally
from models.services.roles import role_label

SCOPES = {"staff": _("Accounts of the staff"), "operators": _("Accounts of operators")}

STATES = {
    "open": (_("To be decided"), "warn"),
    "kept": (_("Still needed"), "good"),
    "stopped": (_("Stopped"), "bad"),
    "gone": (_("Was stopped already"), "plain"),
}


class ReviewsPage(PageView):
    """Every review; begun by those who may, the staff's accounts decided here, operators' in their portal."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Reviews of accounts"),
            icon="people",
            path="/reviews",
            route_name="reviews",
            allowed=lambda request: may(request, "review.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The reviews there were, and the form that begins another."""
        return await self._all(request)

    @route("", methods=["POST"])
    async def begin(self, request: Request) -> Response:
        """Begin a review."""
        form = await self.form(request, fields=20)
        scope: Scope = "staff" if text_of(form, "scope") == "staff" else "operators"
        due, note = text_of(form, "due", longest=100), text_of(form, "note", longest=5000)
        try:
            begun = await recertifying.begin_round(site_of(request), actor_of(request), scope, due, note)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._all(request, refusal, {"scope": scope, "due": due, "note": note})
        return self.back(
            request, f"/{begun.id}", done=N_("The review has begun. Who decides is asked by mail.")
        )

    @route("/{id}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """One review: its lines, or how far each operator is."""
        return await self._one(request, await self._found(request))

    @route("/{id}", methods=["POST"])
    async def decide(self, request: Request) -> Response:
        """Confirm or stop the accounts that are ticked."""
        review = await self._found(request)
        form = await self.form(request, fields=recertifying.LINES_LIMIT + 10)
        keep, reason = text_of(form, "deed") == "keep", text_of(form, "reason", longest=5000)
        ticked = _ids(form)
        try:
            await recertifying.decide(
                site_of(request), actor_of(request), review, ticked, keep=keep, reason=reason
            )
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._one(request, review, refusal, reason, ticked)
        done = N_("The accounts have been confirmed.") if keep else N_("The accounts have been stopped.")
        return self.back(request, f"/{review.id}", done=done)

    @route("/{id}/close", methods=["POST"])
    async def close(self, request: Request) -> Response:
        """Close a review before everything is decided."""
        identifier = read_id(request.path_params["id"])
        await recertifying.close_round(site_of(request), actor_of(request), identifier)
        return self.back(request, f"/{identifier}", done=N_("The review is closed."))

    async def _found(self, request: Request) -> Recertification:
        return await recertifying.find_round(actor_of(request), read_id(request.path_params["id"]))

    async def _all(
        self,
        request: Request,
        refusal: TorokuError | None = None,
        typed: dict[str, str] | None = None,
    ) -> Response:
        actor = actor_of(request)
        found = await recertifying.rounds(actor)
        return self.page(
            request,
            "system_reviews.html",
            refusal=refusal,
            rows=[(each, await recertifying.tally(actor, each), _late(request, each)) for each in found],
            scopes=SCOPES,
            may_begin=may(request, "review.begin"),
            typed=typed or {"scope": "", "due": "", "note": ""},
        )

    async def _one(
        self,
        request: Request,
        review: Recertification,
        refusal: TorokuError | None = None,
        reason: str = "",
        ticked: Sequence[Id] = (),
    ) -> Response:
        actor = actor_of(request)
        title = say("Review: {what}", {"what": str(SCOPES[review.scope])})
        staff = review.scope == "staff"
        lines = await recertifying.lines_of(actor, review) if staff else []
        return self.page(
            request,
            "system_review.html",
            title=title,
            crumbs=[Crumb(title)],
            refusal=refusal,
            review=review,
            tally=await recertifying.tally(actor, review),
            late=_late(request, review),
            lines=[_line(request, actor, review, each, ticked) for each in lines],
            operators=[] if staff else await _operators(request, review),
            states=STATES,
            reason=reason,
            may_close=may(request, "review.begin") and review.open,
        )


def _late(request: Request, review: Recertification) -> bool:
    return review.open and review.due < site_of(request).today().isoformat()


def _ids(form: FormData) -> list[Id]:
    found = []
    for value in form.getlist("lines"):
        try:
            found.append(read_id(value))
        except NotFound:
            continue
    return found


def _line(
    request: Request,
    actor: Actor,
    review: Recertification,
    line: RecertificationLine,
    ticked: Sequence[Id],
) -> dict[str, Any]:
    site, spoken = site_of(request), language()
    return {
        "line": line,
        "roles": ", ".join(role_label(site, name)(spoken) for name in line.roles),
        "mine": recertifying.may_decide(actor, review, line) and may(request, "review.decide"),
        "ticked": line.id in ticked,
    }


async def _operators(request: Request, review: Recertification) -> list[tuple[Owner | None, Tally]]:
    found = await recertifying.by_operator(actor_of(request), review)
    return [(await owner_of(request, operator), tally) for operator, tally in found]
