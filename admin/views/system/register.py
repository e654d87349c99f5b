"""The register of client certificates: one certificate with its people and its history, and what the staff
do with it."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from admin.views.system.certificates import STATES
from admin.views.system.owner import owner_of
from models.documents.base import read_id
from models.documents.certificate import STOPPED, Certificate
from models.documents.event import Event
from models.errors import NotFound, TorokuError
from models.permissions import require
from models.services import registering, stopping, using
from models.services.certificates import PEM_LIMIT
from models.services.presenting import is_listed
from models.services.registering import Told
from models.services.stepping_up import require_recent
from models.services.stops import find_operator

HISTORY = 50
"""Most events of one certificate that are shown."""

ACTIONS: Mapping[str, tuple[Any, str]] = {
    "certificate.registered": (_("Registered beforehand"), "info"),
    "certificate.described": (_("Named anew"), "plain"),
    "certificate.bound": (_("Used for the first time"), "good"),
    "certificate.suspended": (_("Stopped"), "warn"),
    "certificate.restored": (_("Can be used again"), "good"),
    "certificate.revoked": (_("Revoked"), "bad"),
    "certificate.retired": (_("Retired by its owner"), "plain"),
    "certificate.reminded": (_("The operator was reminded of its end"), "plain"),
    "certificate.shared": (_("Several people use it"), "warn"),
    "certificate.several": (_("One of its people uses several certificates"), "warn"),
}

DONE: Mapping[str, str] = {
    "suspend": N_("The certificate has been stopped, and every session over it has ended."),
    "revoke": N_("The certificate has been revoked, and every session over it has ended."),
    "restore": N_("The certificate can be used again."),
}


class RegisterPage(PageView):
    """One certificate; registering another; stopping, restoring, revoking by those who may."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Client certificates"),
            path="/register",
            route_name="register",
            allowed=lambda request: may(request, "certificate.view"),
            add_to_menu=False,
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        """The list of all certificates stands before each."""
        return [
            Crumb(say("Home"), f"{root_of(request)}/"),
            Crumb(self.menu_label, f"{root_of(request)}/certificates/list"),
        ]

    @route("", methods=["GET"])
    async def show_new(self, request: Request) -> Response:
        """The form that registers a certificate; who asks is proved before a file is chosen."""
        require(actor_of(request), "certificate.manage")
        require_recent(site_of(request), actor_of(request))
        return self._new(request, {"operator": request.query_params.get("operator") or ""})

    @route("", methods=["POST"])
    async def register(self, request: Request) -> Response:
        """Register a certificate for an operator."""
        site, actor = site_of(request), actor_of(request)
        require(actor, "certificate.manage")
        form = await self.form(request, files=1, fields=20)
        typed = {name: text_of(form, name, longest=PEM_LIMIT) for name in ("operator", "label", "text")}
        try:
            operator, _label = await find_operator(site, typed["operator"])
            content = await _content(form)
            kept = await registering.register(site, actor, content, Told(typed["label"]), operator)
        except TorokuError as refusal:
            if refusal.status not in (409, 422, 503):
                raise
            return self._new(request, typed, refusal)
        return self.back(request, f"/{kept.id}", done=N_("The certificate has been registered."))

    def _new(
        self, request: Request, typed: Mapping[str, str], refusal: TorokuError | None = None
    ) -> Response:
        return self.page(
            request,
            "register_new.html",
            refusal=refusal,
            title=say("Register a certificate"),
            crumbs=[Crumb(say("Register a certificate"))],
            typed={"operator": "", "label": "", "text": "", **typed},
            label_limit=registering.LABEL_LIMIT,
        )

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One certificate, who uses it, and everything that was done with it."""
        return await self._one(request, await _found(request))

    @route("/{id}/{deed}", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Stop, restore or revoke it, with the reason."""
        found, deed = await _found(request), str(request.path_params["deed"])
        form = await self.form(request, fields=10)
        reason, revision = text_of(form, "reason", longest=5000), number_of(form, "revision")
        if deed not in DONE:
            raise NotFound
        site, actor, identifier = site_of(request), actor_of(request), read_id(found.id)
        try:
            if deed == "restore":
                await stopping.restore(site, actor, identifier, reason, revision=revision)
            else:
                await stopping.stop(site, actor, identifier, deed, reason, revision=revision)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._one(request, await _found(request), refusal, reason)
        return self.back(request, f"/{found.id}", done=DONE[deed])

    async def _one(
        self, request: Request, found: Certificate, refusal: TorokuError | None = None, reason: str = ""
    ) -> Response:
        site = site_of(request)
        names = await using.names_of([found.holder_id, *(use.account_id for use in found.uses)])
        others = await _others(found)
        name = found.label or found.subject
        return self.page(
            request,
            "register.html",
            refusal=refusal,
            title=name,
            crumbs=[Crumb(name)],
            found=found,
            state=STATES[found.state],
            expired=found.not_after <= site.now(),
            listed=is_listed(site, found),
            owner=await owner_of(request, found.operator_id),
            holder=names.get(found.holder_id, "") if found.holder_id else "",
            uses=[(names.get(use.account_id, ""), use) for use in reversed(found.uses)],
            warnings=[
                (each.sort, each.people, [one.label or one.serial for one in each.certificates])
                for each in await using.warnings_of(site, others)
                if any(one.id == found.id for one in each.certificates)
            ],
            history=await _history(found),
            may_manage=may(request, "certificate.manage"),
            stoppable=found.state not in STOPPED,
            reason=reason,
        )


async def _content(form: FormData) -> bytes:
    """The file chosen, else the text."""
    file = form.get("file")
    content = await file.read(PEM_LIMIT + 1) if isinstance(file, UploadFile) else b""
    return content or text_of(form, "text", longest=PEM_LIMIT).encode()


async def _found(request: Request) -> Certificate:
    found: Certificate | None = await Certificate.get(read_id(request.path_params["id"]))
    if found is None:
        raise NotFound
    return found


async def _others(found: Certificate) -> list[Certificate]:
    """The certificates of the same operator, this one among them."""
    if found.operator_id is None:
        return [found]
    return await Certificate.find({"operator_id": found.operator_id}).limit(registering.MOST).to_list()


async def _history(found: Certificate) -> list[dict[str, Any]]:
    """What was done with it, newest first, as the timeline draws it."""
    where = {"subject.kind": "certificate", "subject.id": found.id}
    events = await Event.find(where).sort("-at", "-_id").limit(HISTORY).to_list()
    drawn = []
    for event in events:
        what, tone = ACTIONS.get(event.action, (event.action, "plain"))
        note = str(event.details.get("reason") or "")
        drawn.append({"at": event.at, "who": event.actor.shown, "what": what, "note": note, "tone": tone})
    return drawn
