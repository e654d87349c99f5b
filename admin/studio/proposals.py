"""Proposals: what somebody wants to change, what it touches, and the decision of a second steward."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.studio.difference import Line, difference
from admin.studio.draft import MOST_NOTE
from admin.studio.report import report
from admin.studio.types import TypePages
from admin.studio.work import work_for
from admin.views.page import Crumb, route
from models.documents.schema_change import SchemaChange
from models.errors import NotFound, TorokuError
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import proposals
from models.services.impact import Impact, assess
from models.services.site import Site
from models.services.sources import source_of, write_definition

Deed = Callable[[Site, Actor, SchemaChange, str], Awaitable[SchemaChange]]


async def _withdraw(site: Site, actor: Actor, change: SchemaChange, note: str) -> SchemaChange:
    del note
    return await proposals.withdraw(site, actor, change)


DEEDS: Mapping[str, tuple[Deed, str]] = {
    "approve": (proposals.approve, N_("{reference} is approved.")),
    "reject": (proposals.reject, N_("{reference} is rejected.")),
    "withdraw": (_withdraw, N_("{reference} is withdrawn.")),
}

STATES: Mapping[str, tuple[Any, str]] = {
    "proposed": (_("Waiting for a decision"), "info"),
    "scheduled": (_("Approved, waiting for its time"), "info"),
    "published": (_("In force"), "good"),
    "rejected": (_("Rejected"), "bad"),
    "withdrawn": (_("Withdrawn"), "done"),
    "failed": (_("Failed"), "bad"),
}
"""How each state of a proposal is called, and its tone."""


class ProposalPages(TypePages):
    """``/studio/proposals``: read by everybody who may see schemas, decided by stewards."""

    @route("/proposals", methods=["GET"])
    async def list_proposals(self, request: Request) -> Response:
        """Every proposal, the newest first."""
        site = site_of(request)
        labels = {n: p.definition.label(language()) for n, p in site.registry.all_current().items()}
        return self.page(
            request,
            "studio/proposals.html",
            title=say("Proposed changes"),
            crumbs=[Crumb(say("Proposed changes"))],
            changes=await proposals.list_changes(site, actor_of(request)),
            labels=labels,
            states=STATES,
        )

    @route("/proposals/{reference}", methods=["GET"])
    async def show_proposal(self, request: Request) -> Response:
        """One proposal; with ``?now=1`` its impact is counted again."""
        return await self._draw_proposal(request, await self._change(request))

    async def _change(self, request: Request) -> SchemaChange:
        reference = str(request.path_params["reference"])
        return await proposals.find_change(site_of(request), actor_of(request), reference)

    @route("/proposals/{reference}/{deed}", methods=["POST"])
    async def decide(self, request: Request) -> Response:
        """Approve, reject or withdraw; refused, the page comes back with the note that was typed."""
        deed, said = DEEDS.get(str(request.path_params["deed"]), (None, ""))
        if deed is None:
            raise NotFound
        change, form = await self._change(request), await self.form(request, fields=5)
        note = text_of(form, "note", longest=1_000_000)[:MOST_NOTE]
        try:
            done = await deed(site_of(request), actor_of(request), change, note)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self._draw_proposal(request, await self._change(request), refusal, note)
        values = {"reference": done.reference}
        return self.back(request, f"/proposals/{done.reference}", done=said, values=values)

    async def _draw_proposal(
        self, request: Request, change: SchemaChange, refusal: TorokuError | None = None, note: str = ""
    ) -> Response:
        site, definition = site_of(request), RecordType.model_validate(change.definition)
        standing = site.registry.all_current().get(change.type)
        asked_now = change.open and bool(request.query_params.get("now")) and standing is not None
        now = await assess(site, standing, definition) if asked_now and standing else None
        then = Impact.read(change.impact) if change.impact else None
        return self.page(
            request,
            "studio/proposal.html",
            title=f"{definition.label(language())} {change.reference}",
            crumbs=[Crumb(say("Proposed changes"), self.url(request, "/proposals")), Crumb(change.reference)],
            refusal=refusal,
            change=change,
            label=definition.label(language()),
            is_new=standing is None,
            state=STATES[change.state],
            lines=_lines(site, change, definition),
            then=then,
            then_lines=report(request, change.type, then, change.acknowledged) if then else [],
            now=now,
            now_lines=report(request, change.type, now, change.acknowledged) if now else [],
            own=change.proposed_by.id == actor_of(request).account_id,
            decides=change.state == "proposed" and proposals.may_decide(actor_of(request), change),
            may_propose=may(request, "schema.propose"),
            typed_note=note,
            job=await work_for({"change": change.reference}),
        )


def _lines(site: Site, change: SchemaChange, definition: RecordType) -> list[Line]:
    """The text against that of the version it began from."""
    versions = site.registry.versions(change.type)
    base = next((version for version in versions if version.version == change.base_version), None)
    if base is None:
        return difference("", change.source)
    if change.source and base.source:
        return difference(source_of(base), change.source)
    return difference(write_definition(base.definition), write_definition(definition))
