"""The staff's pages of notices: the list, one notice, and how one that is being written would look."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views import notice_told as told
from admin.views.notice_editions import NoticeEditions
from admin.views.page import Crumb, route
from admin.views.record_facts import number_of
from models.documents.application import Application
from models.documents.record import Record
from models.errors import NotFound
from models.permissions import is_applicant
from models.schema.definition import RecordType
from models.services import applications, lifecycles, noticeboard, requesting
from models.services.applications import is_with_applicant
from models.services.correcting import is_correctable
from models.services.ledger import Figures
from models.services.noticeboard import Line, Preview

SOUGHT = 200
"""Longest text that is searched for (characters)."""


class NoticesPage(NoticeEditions):
    """``/notices``: what is published, what is to be, and what is written."""

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Notices"),
            icon="notices",
            path="/notices",
            route_name="notices",
            allowed=lambda request: may(request, noticeboard.FOLLOW),
        )

    # --- the list -------------------------------------------------------------------------------------------

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """The notices of one type, newest first, and what is being written."""
        site, actor = site_of(request), actor_of(request)
        kinds = noticeboard.kinds(site, actor)
        if not kinds:
            return self.page(request, "notices.html", kinds=(), definition=None)
        asked = request.query_params.get("kind") or kinds[0].name
        definition = noticeboard.kind_of(site, actor, asked[:64])
        return await self._list(request, kinds, definition)

    async def _list(self, request: Request, kinds: list[RecordType], definition: RecordType) -> Response:
        site, actor, asked = site_of(request), actor_of(request), request.query_params
        state, sought = asked.get("state") or "", (asked.get("q") or "")[:SOUGHT]
        page = max(1, number_of(asked.get("page") or "") or 1)
        if state and state not in told.states_of(site, definition):
            raise NotFound
        found = await noticeboard.listed(site, actor, definition, state=state, sought=sought, page=page)
        figures = await noticeboard.figures_of([line.edition for line in found.lines if line.edition])
        rows = [self._row(request, definition, line, figures) for line in found.lines]

        def at(**changes: Any) -> str:
            kept = {"kind": definition.name if len(kinds) > 1 else None, "state": state or None, "q": sought}
            asks = {**kept, **changes}
            return self.url(request, "", **{name: value or None for name, value in asks.items()})

        return self.page(
            request,
            "notices.html",
            definition=definition,
            kinds=[
                (self.url(request, kind=each.name), each.label(language()), each is definition)
                for each in kinds
            ],
            rows=rows,
            sought=sought,
            state=state,
            tabs=await self._tabs(request, definition, state, at),
            newer=at(page=page - 1) if page > 1 else "",
            older=at(page=page + 1) if found.more else "",
            under_way=await self._under_way(request, definition),
            write=self._write_href(request, definition),
            table=f"{root_of(request)}/{definition.name}/list" if may(request, "record.view") else "",
        )

    def _row(
        self, request: Request, definition: RecordType, line: Line, figures: Mapping[Any, Figures]
    ) -> dict[str, Any]:
        """One notice, with the way to its mails that reached nobody."""
        edition = line.edition
        counted = figures.get(edition.id) if edition else None
        lost = edition is not None and counted is not None and counted.undelivered
        return {
            **told.row(request, definition, line, counted),
            "undelivered": self.edition_href(request, edition, "/ledger", show="undelivered")
            if edition and lost
            else "",
        }

    async def _tabs(self, request: Request, definition: RecordType, state: str, at: Any) -> list[Any]:
        """One tab for each state with how many notices are in it, all of them first."""
        site = site_of(request)
        counts = await noticeboard.count(site, actor_of(request), definition)
        states = told.states_of(site, definition)
        return [
            (at(state=None), say("All"), not state, sum(counts.values())),
            *(
                (at(state=name), each.label(language()), name == state, counts.get(name, 0))
                for name, each in states.items()
            ),
        ]

    async def _under_way(self, request: Request, definition: RecordType) -> list[dict[str, Any]]:
        site, actor = site_of(request), actor_of(request)
        found = await noticeboard.under_way(site, actor, definition)
        return [
            {**told.application_row(request, each), "href": self._application_href(request, each)}
            for each in found
        ]

    def _application_href(self, request: Request, application: Application) -> str:
        """Where one goes on with an application: its form for who writes it, its review for others."""
        root, mine = root_of(request), is_applicant(actor_of(request), application)
        door = "corrections" if application.kind == "change" else "cases"
        return f"{root}/{door if mine else 'applications'}/{application.reference}"

    def _write_href(self, request: Request, definition: RecordType) -> str:
        """Where a notice is begun, for who may write one."""
        may_write = requesting.may_begin_case(actor_of(request), definition)
        return f"{root_of(request)}/cases/new/{definition.name}" if may_write else ""

    # --- one notice -----------------------------------------------------------------------------------------

    @route("/{id}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """One notice: where it stands, how its readers see it, its editions, and what can be done."""
        record, definition = await self.find(request)
        editions = await noticeboard.editions(record)
        shown = await noticeboard.edition(record, editions[0].edition) if editions else None
        preview = await self._preview(request, record, shown is not None)
        article = shown or (preview.edition if preview else None)
        return self.page(
            request,
            "notice.html",
            title=record.title or record.number,
            crumbs=[Crumb(record.number)],
            record=record,
            facts=told.facts(request, definition, record, shown_now=bool(shown and shown.shown)),
            articles=told.written(article) if article else [],
            files=self.files(request, article) if article else [],
            shown=shown,
            standing=told.standing(shown) if shown else None,
            refusal_told=told.refused(preview.refusal) if preview else "",
            editions=editions,
            figures=await self.figures(request, shown) if shown else None,
            **(await self.announced(request, preview) if preview else {"reach": [], "mail": None}),
            actions=self._actions(request, record),
            here=self.url(request, f"/{record.id}"),
            record_href=self._record_href(request, record),
        )

    async def _preview(self, request: Request, record: Record, is_published: bool) -> Preview | None:
        """How a notice would look that has not been published yet."""
        return None if is_published else await noticeboard.preview_of(site_of(request), record)

    def _actions(self, request: Request, record: Record) -> list[tuple[str, str, str]]:
        """What may be done with a notice now: the steps of its lifecycle, a correction; what harms last."""
        site, actor = site_of(request), actor_of(request)
        found: list[tuple[str, str, str]] = [
            (
                self.url(request, f"/{record.id}/steps/{name}"),
                step.label(language()),
                step.style if step.style in ("danger", "primary") else "",
            )
            for name, step in lifecycles.possible_actions(site, actor, record)
        ]
        if is_correctable(site, actor, record):
            correct = f"{root_of(request)}/corrections/of/{record.type}/{record.id}"
            found.append((correct, say("Correct"), ""))
        return sorted(found, key=lambda action: action[2] == "danger")

    def _record_href(self, request: Request, record: Record) -> str:
        """The page of the record behind a notice, for who may see records."""
        if not may(request, "record.view"):
            return ""
        return f"{root_of(request)}/{record.type}/detail?pk={record.id}"

    # --- one that is being written --------------------------------------------------------------------------

    @route("/drafts/{reference}", methods=["GET"])
    async def draft(self, request: Request) -> Response:
        """How a notice, or its next edition, would look if it were approved as it is; the notice once that is
        decided."""
        site, actor = site_of(request), actor_of(request)
        application = await applications.find(site, actor, str(request.path_params["reference"])[:64])
        if not application.open and application.record_id is not None:
            return RedirectResponse(self.url(request, f"/{application.record_id}"), status_code=303)
        preview = await noticeboard.preview_of_draft(site, actor, application)
        mine = is_applicant(actor, application)
        writing = mine and is_with_applicant(site, application) and application.open
        door = self._application_href(request, application)
        return self.page(
            request,
            "notice_draft.html",
            title=application.title or application.reference,
            crumbs=[Crumb(application.reference)],
            application=application,
            articles=told.written(preview.edition) if preview.edition else [],
            edition=preview.edition,
            refusal_told=told.refused(preview.refusal),
            **await self.announced(request, preview),
            go_on=f"{door}/check" if writing else "",
            review=f"{root_of(request)}/applications/{application.reference}",
        )
