"""Taking the records of a list away: what the file is to hold, how it is written, what it is for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.refusals import problems_of
from admin.views.filters import record_place, told_query
from admin.views.listing import Condition, Listing
from admin.views.records import Asked, RawListView, settled
from models.access import is_for_all
from models.errors import TransferRefused
from models.language import Text
from models.schema.definition import RecordType
from models.services import transfers
from models.services.profiles import PROFILES, optional
from models.services.seeing import seen
from models.services.transfers import Wanted

FORMATS: tuple[tuple[str, Text], ...] = (
    ("csv", Text(ja="CSV（UTF-8）", en="CSV (UTF-8)")),
    ("csv:cp932", Text(ja="CSV（Shift_JIS・cp932）", en="CSV (Shift_JIS, cp932)")),
    ("xlsx", Text(ja="Excel（XLSX）", en="Excel (XLSX)")),
    ("jsonl", Text(ja="JSON Lines", en="JSON Lines")),
)
"""How a file may be written: the format, and behind a colon its encoding."""


class ExportsRecords(RawListView):
    """A list of records that can be taken away: with the list's own search, filters and order, as a job."""

    kind: RecordType
    exports_by_page = True

    def own_routes(self) -> list[Route]:
        """One more: the page that asks what the file is to hold."""
        ask = Route(f"/{self.key}/export", self.export_form, methods=["GET"], name=f"{self.key}-export-form")
        return [ask, *super().own_routes()]

    async def export_form(self, request: Request) -> Response:
        """What the file is to hold, how it is written, what it is for. The address is the list's."""
        await self._asked_here(request)
        return self._draw_export(request, {"profile": "all", "format": "csv", "heads": "labels"})

    async def export_page(self, request: Request) -> Response:
        """Put the export into the queue; what is small is done at once and handed over."""
        state, asked = await self._asked_here(request)
        form = await read_form(request, fields=200)
        typed = {name: text_of(form, name, longest=1000) for name in TYPED}
        named = tuple(str(value) for value in form.getlist("named") if isinstance(value, str))
        site, actor = site_of(request), actor_of(request)
        wanted = self._wanted(state, asked, typed, named, request)
        try:
            if asked.problems:
                raise TransferRefused(asked.problems[0].message)
            job = await transfers.ask_export(site, actor, self.kind.name, wanted)
        except TransferRefused as refusal:
            return self._draw_export(request, {**typed, "named": named}, refusal)
        done = await transfers.do_small(site, actor, job)
        return RedirectResponse(f"{root_of(request)}/transfers/{job.id}{'/file' if done else ''}", 303)

    async def _asked_here(self, request: Request) -> tuple[Listing, Asked]:
        """The list's state in the address, and what it asks of the rows. Raises NotAllowed."""
        reach, columns = self.reach(request, "export"), self.columns_for(request)
        state = self.state_of(request.query_params, columns)
        return state, await self.asked(request, state, columns, reach)

    def _wanted(
        self, state: Listing, asked: Asked, typed: Mapping[str, str], named: tuple[str, ...], request: Request
    ) -> Wanted:
        kind, _, encoding = typed["format"].partition(":")
        return Wanted(
            profile=typed["profile"],
            format=kind,
            encoding=encoding or "utf-8",
            heads="names" if typed["heads"] == "names" else "labels",
            language=language(),
            purpose=typed["purpose"],
            recipient=typed["recipient"],
            named=named,
            where=asked.where if not asked.empty else {"_id": {"$in": []}},
            order=settled(state, self.columns_for(request)),
            asked=self._told(state, request),
        )

    def _told(self, state: Listing, request: Request) -> str:
        """What was asked for, as events tell it: not what was asked of answers that are not for everybody."""
        conditions = tuple(discreet(self.kind, condition) for condition in state.conditions)
        told = state.query(page=1, conditions=conditions).removeprefix("?")
        return told_query(request, record_place(request, self.kind.name), told)

    def _draw_export(
        self, request: Request, typed: Mapping[str, Any], refusal: TransferRefused | None = None
    ) -> Response:
        site, spoken = site_of(request), language()
        own = seen(site, actor_of(request), self.kind.name, site.registry.current(self.kind.name).version)
        back = f"{root_of(request)}/{self.key}/list?{request.url.query}"
        context = {
            "view": self,
            "title": say("Export of {type}", {"type": self.kind.plural or self.kind.label}),
            "crumbs": self.way(request, say("Export")),
            "typed": typed,
            "profiles": [(name, label(spoken)) for name, label in PROFILES.items()],
            "formats": [(name, label(spoken)) for name, label in FORMATS],
            "optional": [(path, label(spoken)) for path, label in optional(own)],
            "narrowed": bool(request.url.query),
            "back": back,
            "problems": problems_of(refusal) if refusal else (),
            "refusal_code": refusal.code if refusal else "",
        }
        return self.site.render(request, "transfer_export.html", context, refusal.status if refusal else 200)


TYPED = ("profile", "format", "heads", "purpose", "recipient")


def discreet(kind: RecordType, condition: Condition) -> Condition:
    """The condition as it may be told to everybody."""
    path = condition.column.path.removeprefix("data.")
    return condition if is_for_all(kind, path) else replace(condition, text="…")
