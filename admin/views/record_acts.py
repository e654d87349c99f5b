"""What staff do on a record's page with the other side: steps that ask, consents, what it leads to; and the
record on paper."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.views import record_facts as facts
from admin.views.base import Row
from admin.views.record_around import around
from admin.views.record_desk import NO_NOTE, Note, desk_told, turn_told
from admin.views.record_facts import number_of
from admin.views.record_page import RecordPage
from models.documents.record import Record
from models.errors import AlreadyDone, NotFound, RecordChanged, StepIncomplete, TorokuError, TransitionRefused
from models.services import chapters, consents, leading, lifecycles, step_answers
from models.services.applications import form_of
from models.services.deeds import REASON_LIMIT
from models.services.desks import flow_for, party_named
from models.services.rights import rights
from models.services.variables import operator_of

CHAPTERS = 200
"""Most versions told on paper."""

REFUSED = (AlreadyDone, RecordChanged, StepIncomplete, TransitionRefused)
"""What a consent may be refused with and the record's page says."""


class RecordActs(RecordPage):
    """The addresses of a record's page for what two sides do."""

    def own_routes(self) -> list[Route]:
        """Consents, what a record leads to, paper; besides those of ``RecordPage``."""
        acts = (("consent", self.consent), ("lead", self.lead))
        handlers = (*((*act, "POST") for act in acts), ("print", self.paper, "GET"))
        mine = [
            Route(f"/{self.key}/{path}", handler, methods=[method], name=f"{self.key}-{path}")
            for path, handler, method in handlers
        ]
        return [*mine, *super().own_routes()]

    async def take(self, request: Request) -> Response:
        """Take a step, or begin to fill in what it asks for."""
        form = await read_form(request, files=1, fields=15)
        record = lifecycles.whole(await self._row(request, text_of(form, "pk", longest=64)))
        name = text_of(form, "step", longest=64)
        if step_answers.asked_by(site_of(request), record, name) is not None:
            return await self._begin(request, record, name)
        return await super().take(request)

    async def _begin(self, request: Request, record: Record, name: str) -> Response:
        """Begin to fill in what a step asks for, and go there."""
        site = site_of(request)
        begun = await step_answers.begin(site, actor_of(request), record, name, language())
        page = form_of(site, begun).laid_out[0].name
        return RedirectResponse(f"{root_of(request)}/steps/{begun.reference}/pages/{page}", status_code=303)

    async def consent(self, request: Request) -> Response:
        """Consent to a step for a party, or take that back."""
        form = await read_form(request, fields=10)
        row = await self._row(request, text_of(form, "pk", longest=64))
        record, withdraws = lifecycles.whole(row), text_of(form, "act", longest=20) == "withdraw"
        looked_at = number_of(text_of(form, "revision", longest=9))
        step, party = text_of(form, "step", longest=64), text_of(form, "party", longest=64)
        note = (step, party, text_of(form, "note", longest=REASON_LIMIT + 1))
        try:
            await (consents.withdraw if withdraws else consents.give)(
                site_of(request),
                actor_of(request),
                record,
                *note,
                revision=-1 if looked_at is None else looked_at,
            )
        except REFUSED as refusal:
            return await self._refused(request, row, refusal, note)
        words = "Your consent has been taken back." if withdraws else "Your consent has been kept."
        flash(request, say(words))
        return RedirectResponse(self.href(request, "detail", row), status_code=303)

    async def _refused(
        self, request: Request, row: Row, refusal: TorokuError, note: Note = NO_NOTE
    ) -> Response:
        """The record's page as it is now, with the refusal and what was typed."""
        request.state.refused, request.state.note = refusal, note
        return await self.draw_detail(request, await self._row(request, self.key_of(row)))

    async def lead(self, request: Request) -> Response:
        """Begin the case a record leads to, with what is taken over."""
        form = await read_form(request, fields=5)
        row = await self._row(request, text_of(form, "pk", longest=64))
        index = number_of(text_of(form, "index", longest=4))
        if index is None:
            raise NotFound
        site = site_of(request)
        try:
            record = lifecycles.whole(row)
            begun = await leading.follow(site, actor_of(request), record, index, language())
        except TransitionRefused as refusal:
            return await self._refused(request, row, refusal)
        first = form_of(site, begun).laid_out[0].name
        return RedirectResponse(f"{root_of(request)}/cases/{begun.reference}/pages/{first}", status_code=303)

    async def paper(self, request: Request) -> Response:
        """The record as it is in force, to be printed or kept as a file."""
        row = await self._row(request)
        record = lifecycles.whole(row)
        told = await self._on_paper(request, row, record)
        return self.site.render(request, "record_print.html", told)

    async def _on_paper(self, request: Request, row: Row, record: Record) -> Mapping[str, Any]:
        site, actor = site_of(request), actor_of(request)
        reader, desk = self._reader(request, row, uncovering=False), await desk_told(request, record)
        flow, shown = flow_for(site, actor, self.kind), facts.now(row)
        told = await chapters.history(site, actor, self.kind.name, row["_id"], language(), limit=CHAPTERS)
        operator, began = await operator_of(site, record.operator_id), party_named(site, record)
        return {
            **desk,
            "turn": turn_told(desk["desk"], paper=True),
            "title": record.title or record.number,
            "kind_label": self.kind.label(language()),
            "record": record,
            "state": facts.state_badge(flow.states, record.lifecycle),
            "operator": operator.title if operator else "",
            "began": began(language()) if began else "",
            "organisation": site.configuration.site.organisation(language()),
            "sections": list(await facts.sections(site, actor, self.kind.name, shown, reader)),
            **await around(request, record),
            "entries": [self._entry(request, row, c, flow) for c in told.chapters][::-1],
            "rights": rights(site, language()),
            "printed": site.now(),
            "back": self.href(request, "detail", row),
        }
