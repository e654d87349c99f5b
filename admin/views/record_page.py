"""The page of one registered record: its answers now or on a day, and the way to its history, its steps and
what stands around it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette_admin import flash

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.refusals import Problem, problems_of
from admin.views import record_facts as facts
from admin.views import record_steps
from admin.views.answers import Reader
from admin.views.base import Row
from admin.views.columns import Column
from admin.views.crumbs import Crumb
from admin.views.record_around import around
from admin.views.record_desk import desk_told
from admin.views.record_facts import Shown, number_of
from admin.views.records import RawListView
from models.documents.record import Record
from models.errors import NotFound, TorokuError, TransitionRefused
from models.schema.definition import RecordType
from models.services import chapters, declarations, lifecycles, noticeboard, related
from models.services.chapters import Chapter
from models.services.correcting import is_correctable, restorable
from models.services.desks import flow_for, happened
from models.services.holds import holds_over
from models.services.records import damage_of, open_file
from models.services.side_words import side_words
from models.services.uploads import INLINE
from models.workflow.definition import Lifecycle, State

RECENT = 3
"""Versions told on the record's own page."""


class RecordPage(RawListView):
    """A record's page, drawn by the version the record was written under; the list is ``RecordsView``'s."""

    detail_template = "record.html"
    kind: RecordType
    states: Mapping[str, State]

    def title_of(self, row: Row) -> str:
        return str(row.get("title") or row.get("number") or self.key_of(row))

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """Number, state and what else is not an answer."""
        facts = [c for c in self.columns_for(request) if not c.path.startswith("data.") and c.path != "title"]
        versions = (Column("revision", _("Version")), Column("schema_version", _("Schema version")))
        return [*facts, *versions]

    def own_routes(self) -> list[Route]:
        """Beside the list's: handing a file out, history, what is around, and steps."""
        handlers = (
            ("file", self.hand_out, "GET"),
            ("history", self.history_page, "GET"),
            ("related", self.related_page, "GET"),
            ("step", self.step_page, "GET"),
            ("step", self.take, "POST"),
        )
        mine = [
            Route(f"/{self.key}/{path}", handler, methods=[method], name=f"{self.key}-{path}")
            for path, handler, method in handlers
        ]
        return [*mine, *super().own_routes()]

    # --- what every page of a record has --------------------------------------------------------------------

    async def _row(self, request: Request, pk: str = "") -> Row:
        """The record an address names. Raises NotAllowed, NotFound."""
        wanted = pk or request.query_params.get("pk") or ""
        row = await self.source.one(wanted, self.reach(request, "view"))
        if row is None:
            raise NotFound
        return row

    def href(self, request: Request, page: str, row: Row, **query: Any) -> str:
        """The address of one of the record's pages."""
        asked = {"pk": self.key_of(row), **query}
        return f"{root_of(request)}/{self.key}/{page}?{urlencode(asked)}"

    def _frame(self, request: Request, row: Row, here: str) -> dict[str, Any]:
        """What is around each of the record's pages: title, way, tabs, state."""
        title, way = self.title_of(row), self.way(request, self.title_of(row))
        pages = (("detail", say("Answers")), ("history", say("History")), ("related", say("Related")))
        if here != "detail":
            names = {**dict(pages), "step": say("Step")}
            way = [*way[:-1], Crumb(title, self.href(request, "detail", row)), Crumb(names[here])]
        return {
            "view": self,
            "row": row,
            "title": title,
            "crumbs": way,
            "tabs": [(self.href(request, name, row), label, name == here) for name, label in pages],
            "state": facts.state_badge(self.states, row.get("lifecycle")),
            "damage": [*damage_of(row)],
        }

    def _reader(self, request: Request, row: Row, *, uncovering: bool) -> Reader:
        allowed = uncovering and may(request, "secret.reveal")
        where = f"{root_of(request)}/secrets/of/records/{self.kind.name}/{self.key_of(row)}"
        return Reader(
            language(),
            address=lambda upload: self.href(request, "file", row, file=upload.get("id")),
            uncover=where if allowed else "",
            statements=True,
        )

    # --- answers --------------------------------------------------------------------------------------------

    async def draw_detail(self, request: Request, row: Row) -> Response:
        """The answers in force, or with ``on`` (a day) or ``version`` (a number) those that were."""
        shown, problems = await self._shown(request, row)
        refused: TorokuError | None = getattr(request.state, "refused", None)
        problems = [*problems, *problems_of(refused)] if refused else problems
        reader = self._reader(request, row, uncovering=shown.chapter is None)
        site, actor = site_of(request), actor_of(request)
        flow = flow_for(site, actor, self.kind)
        recent = await chapters.history(site, actor, self.kind.name, row["_id"], language(), limit=RECENT)
        can_restore = self._restorable(request, row) if shown.chapter is None else frozenset()
        desk = await desk_told(request, _read(row) if shown.chapter is None else None)
        context = {
            **self._frame(request, row, "detail"),
            "problems": problems,
            "shown": shown,
            "facts": [
                *await self._operator(request, row),
                *facts.facts_of(row, shown, self.states),
                facts.class_line(self.kind),
                *await self._holds(row),
                *await self._confidentiality(request, row),
            ],
            "sections": list(await facts.sections(site, actor, self.kind.name, shown, reader)),
            "raw": list(facts.raw_values(site, actor, self.kind, row)),
            "attic": list(facts.attic_of(site, actor, self.kind.name, row)),
            "restore": {name: self._correct_href(request, row, restore=name) for name in can_restore},
            **await around(request, _read(row) if shown.chapter is None else None),
            **desk,
            "history": [self._entry(request, row, c, flow) for c in recent.chapters],
            "applications_href": _applications(request),
            "actions": self._offers(request, row, not desk["desk_shown"]) if shown.chapter is None else [],
            "hrefs": {name: self.href(request, name, row) for name in ("detail", "history")},
            "asked_day": (request.query_params.get("on") or "")[:20],
            "today": site.today().isoformat(),
        }
        status = refused.status if refused else 422 if problems else 200
        return self.site.render(request, self.detail_template, context, status)

    def _entry(self, request: Request, row: Row, chapter: Chapter, flow: Lifecycle) -> facts.Entry:
        """A version in words."""
        record = _read(row)
        told = happened(site_of(request), record, chapter.version, language()) if record else ""
        return facts.entry(chapter, flow, told)

    async def _confidentiality(self, request: Request, row: Row) -> list[tuple[str, Any]]:
        """By which rule an operator keeps information confidential, and the way to its declarations (R81)."""
        site = site_of(request)
        own = self.kind.name == site.configuration.site.operator_type
        rule = await declarations.governing_for(site, row["_id"]) if own else None
        if rule is None:
            return []
        words = rule.label(language())
        if not may(request, "declaration.view"):
            return [(say("What governs confidentiality"), words)]
        href = f"{root_of(request)}/declarations/of/{row['_id']}"
        return [(say("What governs confidentiality"), Markup('<a href="{}">{}</a>').format(href, words))]

    async def _shown(self, request: Request, row: Row) -> tuple[Shown, list[Problem]]:
        """What the page shows, and why it is not what was asked for."""
        asked, wanted = request.query_params.get("on") or "", request.query_params.get("version") or ""
        site, actor, name = site_of(request), actor_of(request), self.kind.name
        now = facts.now(row)
        if wanted and (number := number_of(wanted)):
            found = await chapters.version_of(site, actor, name, row["_id"], number, language())
            return facts.then(found), []
        if not asked:
            return now, []
        day = _day(asked)
        if day is None or day > site.today():
            return now, [Problem(say("Choose today or an earlier day."), "on")]
        on = await chapters.version_on(site, actor, name, row["_id"], day, language())
        if on is None:
            return now, [Problem(say("Nothing was registered on that day yet."), "on")]
        return facts.then(on, day), []

    def _offers(self, request: Request, row: Row, with_steps: bool) -> list[tuple[str, str, str]]:
        """What can be done with the record: address, words, style; its steps only where nothing else on the
        page has them."""
        record = _read(row)
        if record is None:
            return []
        steps = lifecycles.possible_actions(site_of(request), actor_of(request), record) if with_steps else []
        found = [
            (
                self.href(request, "step", row, step=name),
                step.label(language()),
                "danger" if step.style == "danger" else "",
            )
            for name, step in steps
        ]
        if self.kind.publication and may(request, noticeboard.FOLLOW):
            found.append((f"{root_of(request)}/notices/{record.id}", say("Publication and readers"), ""))
        root, about = root_of(request), urlencode({"type": record.type, "number": record.number})
        if may(request, "hold.place"):
            found.append((f"{root}/holds?{about}#place", say("Put under a legal hold"), ""))
        if may(request, "redaction.make"):
            found.append((f"{root}/redactions/of/{record.type}/{record.id}", say("Redact a text"), ""))
        if is_correctable(site_of(request), actor_of(request), record):
            return [(self._correct_href(request, row), say("Correct"), ""), *found]
        return found

    async def _operator(self, request: Request, row: Row) -> list[tuple[str, Markup]]:
        """Whose record it is, and the way there."""
        record = _read(row)
        found = await related.operator_row(site_of(request), actor_of(request), record) if record else None
        if found is None:
            return []
        name = site_of(request).configuration.site.operator_type
        href = f"{root_of(request)}/{name}/detail?pk={found['_id']}"
        called = str(found.get("title") or found.get("number"))
        word = side_words(site_of(request))["Operator"](language())
        return [(word, Markup('<a href="{}">{}</a>').format(href, called))]

    async def _holds(self, row: Row) -> list[tuple[str, str]]:
        """That a legal hold covers the record, or its operator, where one does."""
        record = _read(row)
        found = await holds_over(record) if record is not None else []
        return [(say("Legal hold"), each.reason) for each in found]

    def _correct_href(self, request: Request, row: Row, **query: str) -> str:
        asked = f"?{urlencode(query)}" if query else ""
        return f"{root_of(request)}/corrections/of/{self.kind.name}/{self.key_of(row)}{asked}"

    def _restorable(self, request: Request, row: Row) -> frozenset[str]:
        record = _read(row)
        if record is None or not is_correctable(site_of(request), actor_of(request), record):
            return frozenset()
        return restorable(site_of(request), actor_of(request), record)

    async def hand_out(self, request: Request) -> Response:
        """A file of the record: shown when its kind is safe to show, else handed over as a download."""
        row = await self._row(request)
        wanted = (request.query_params.get("file") or "")[:64]
        stored, content = await open_file(site_of(request), actor_of(request), row, wanted)
        how = "inline" if stored.content_type in INLINE else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(stored.filename)}",
            "Content-Length": str(stored.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return StreamingResponse(content, media_type=stored.content_type, headers=headers)

    # --- history, what is around ----------------------------------------------------------------------------

    async def history_page(self, request: Request) -> Response:
        """Every version with what it changed, newest first; with ``a`` and ``b`` what differs between two."""
        row, site, actor = await self._row(request), site_of(request), actor_of(request)
        flow = flow_for(site, actor, self.kind)
        asked = {name: number_of(request.query_params.get(name) or "") for name in ("before", "a", "b")}
        told = await chapters.history(
            site, actor, self.kind.name, row["_id"], language(), before=asked["before"]
        )
        context = {
            **self._frame(request, row, "history"),
            "chapters": [(c, self._entry(request, row, c, flow)) for c in told.chapters],
            "more": self.href(request, "history", row, before=told.before) if told.before else "",
            "newest": self.href(request, "history", row) if asked["before"] else "",
            "applications_href": _applications(request),
            "version_href": self.href(request, "detail", row) + "&version=",
            "file_href": self.href(request, "file", row) + "&file=",
            "compared": await self._compared(request, row, asked["a"], asked["b"]),
            "a": asked["a"],
            "b": asked["b"],
            "last": row.get("revision"),
        }
        return self.site.render(request, "record_history.html", context)

    async def _compared(self, request: Request, row: Row, a: int | None, b: int | None) -> Any:
        """The differences between two versions, the older one first; None where none were asked for."""
        if not a or not b:
            return None
        site, actor, name = site_of(request), actor_of(request), self.kind.name
        old, new = [
            await chapters.stored_version(site, actor, name, row["_id"], revision)
            for revision in sorted((a, b))
        ]
        return chapters.changes_between(site, actor, name, old, new, language())

    async def related_page(self, request: Request) -> Response:
        """What the record names, what names it, its operator's other records, its applications."""
        row = await self._row(request)
        record = _read(row)
        found = await related.related_to(site_of(request), actor_of(request), record) if record else None
        context = {
            **self._frame(request, row, "related"),
            "record": record,
            "related": found,
            "kin": facts.kin_of(site_of(request), found) if found else [],
            "operator_type": site_of(request).configuration.site.operator_type,
            "applications": facts.applications_of(site_of(request), found) if found else [],
            "applications_href": _applications(request),
            "most": related.COUNT_LIMIT,
        }
        return self.site.render(request, "record_related.html", context)

    # --- steps of the lifecycle -----------------------------------------------------------------------------

    async def step_page(self, request: Request) -> Response:
        """What a step would do, and the form that takes it."""
        row = await self._row(request)
        name = (request.query_params.get("step") or "")[:64]
        return await self._draw_step(request, row, lifecycles.whole(row), name)

    async def _draw_step(
        self,
        request: Request,
        row: Row,
        record: Record,
        name: str,
        refusal: TorokuError | None = None,
        posted: record_steps.Posted | None = None,
    ) -> Response:
        context = {
            **self._frame(request, row, "step"),
            **await record_steps.context(request, record, name, self.states, refusal, posted),
            "back": self.href(request, "detail", row),
        }
        return self.site.render(request, "record_step.html", context, refusal.status if refusal else 200)

    async def take(self, request: Request) -> Response:
        """Take the step; refused, the form comes back with what was typed."""
        posted = await record_steps.read(request)
        row = await self._row(request, posted.pk)
        record = lifecycles.whole(row)
        try:
            moved = await record_steps.take(request, record, posted)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await record_steps.refused(self._draw_step, request, row, record, posted, refusal)
        flash(request, say("Done: {state}", {"state": self.states[moved.lifecycle].label(language())}))
        return RedirectResponse(self.href(request, "detail", row), status_code=303)


def _applications(request: Request) -> str:
    """Where applications are looked at, for those who may; "" for others."""
    return f"{root_of(request)}/applications/" if may(request, "application.view") else ""


def _read(row: Row) -> Record | None:
    """The record a row holds; None where it is damaged."""
    try:
        return lifecycles.whole(row)
    except TransitionRefused:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
