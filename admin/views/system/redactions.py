"""Redactions: free texts taken from a registration, their originals for those entitled."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import read_id
from models.documents.record import Record
from models.documents.redaction import Redaction
from models.errors import TorokuError
from models.permissions import require
from models.schema.fields import BaseField
from models.services import redacting
from models.services.lifecycles import find_record
from models.services.redacting import REASON_LIMIT

SHOWN = 60
"""How much of a text is shown where one is chosen (characters)."""


class RedactionsPage(PageView):
    """Every redaction; of one what it hides, uncovered one at a time."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Redactions"),
            icon="page",
            path="/redactions",
            route_name="redactions",
            allowed=lambda request: may(request, "redaction.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The redactions there were, newest first."""
        found = await redacting.redactions(actor_of(request))
        return self.page(request, "system_redactions.html", rows=[self._row(request, each) for each in found])

    @route("/of/{type}/{id}", methods=["GET"])
    async def choose(self, request: Request) -> Response:
        """Which text of a registration is redacted, and why. Raises NotAllowed."""
        require(actor_of(request), "redaction.make")
        return self._choose(request, await _record(request))

    @route("/of/{type}/{id}", methods=["POST"])
    async def redact(self, request: Request) -> Response:
        """Redact the text the form names."""
        record, form = await _record(request), await self.form(request, fields=10)
        field, reason = text_of(form, "field", longest=64), text_of(form, "reason", longest=5000)
        try:
            made = await redacting.redact(site_of(request), actor_of(request), record, field, reason)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return self._choose(request, record, refusal, field, reason)
        return self.back(request, f"/{made.id}", done=N_("The text has been redacted everywhere."))

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One redaction, without what it hides."""
        return self._one(request, await _found(request))

    @route("/{id}/reveal", methods=["POST"])
    async def reveal(self, request: Request) -> Response:
        """What it hides, this once; that it was read is an event."""
        made = await _found(request)
        await self.form(request, fields=5)
        told = await redacting.reveal(site_of(request), actor_of(request), read_id(made.id))
        return self._one(request, made, told=told)

    @route("/{id}/restore", methods=["POST"])
    async def restore(self, request: Request) -> Response:
        """Put the text back."""
        made, form = await _found(request), await self.form(request, fields=5)
        reason = text_of(form, "reason", longest=5000)
        try:
            await redacting.restore(site_of(request), actor_of(request), read_id(made.id), reason)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return self._one(request, await _found(request), refusal, typed=reason)
        return self.back(request, f"/{made.id}", done=N_("The text reads as before."))

    def _choose(
        self,
        request: Request,
        record: Record,
        refusal: TorokuError | None = None,
        field: str = "",
        reason: str = "",
    ) -> Response:
        found = redacting.redactable(site_of(request), actor_of(request), record)
        return self.page(
            request,
            "system_redaction_new.html",
            title=f"{record.number} {record.title}",
            crumbs=[Crumb(record.number)],
            refusal=refusal,
            fields=[("", "—"), *((each.name, _told(each, record)) for each in found)] if found else [],
            back=f"{root_of(request)}/{record.type}/detail?pk={record.id}",
            typed={"field": field, "reason": reason},
            limit=REASON_LIMIT,
        )

    def _one(
        self,
        request: Request,
        made: Redaction,
        refusal: TorokuError | None = None,
        *,
        told: str = "",
        typed: str = "",
    ) -> Response:
        return self.page(
            request,
            "system_redaction.html",
            title=f"{self.menu_label} {made.number}",
            crumbs=[Crumb(made.number)],
            refusal=refusal,
            row=self._row(request, made),
            made=made,
            told=told,
            typed=typed,
            may_make=may(request, "redaction.make") and made.standing,
            limit=REASON_LIMIT,
        )

    def _row(self, request: Request, made: Redaction) -> dict[str, Any]:
        """A redaction as lists draw it."""
        kind = site_of(request).registry.all_current().get(made.type)
        field = kind.definition.by_name.get(made.field) if kind else None
        return {
            "made": made,
            "href": self.url(request, f"/{made.id}"),
            "what": kind.definition.label(language()) if kind else made.type,
            "field": field.label(language()) if field else made.field,
            "record": f"{root_of(request)}/{made.type}/detail?pk={made.record_id}" if kind else "",
        }


def _told(field: BaseField, record: Record) -> str:
    """A text as it is offered: its question and how it begins."""
    text = str(record.data[field.name])
    return f"{field.label(language())}: {text[:SHOWN]}{'…' if len(text) > SHOWN else ''}"


async def _record(request: Request) -> Record:
    kind, identity = str(request.path_params["type"]), read_id(request.path_params["id"])
    return await find_record(site_of(request), actor_of(request), kind, identity)


async def _found(request: Request) -> Redaction:
    return await redacting.find_redaction(read_id(request.path_params["id"]))
