"""The reviewers' queue: what waits, for how long, with whom."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.columns import BADGE
from admin.views.page import PageView, route
from models.documents.application import Application
from models.errors import NotFound
from models.language import Language
from models.schema.definition import KIND_LABELS
from models.services import applications, queue
from models.services.site import Site
from models.services.steps import possible_steps, take_step
from models.workflow.definition import State

TONES: Mapping[str | None, str] = {"applicant": "warn", "reviewer": "info", "approver": "good"}


class QueueLine(NamedTuple):
    """One application as the queue draws it."""

    reference: str
    title: str
    operator: str
    kind: str
    state: Markup
    submitted: str
    due: str
    late: bool
    assignee: str
    again: bool


class Heading(NamedTuple):
    """A column's head, as ``ui.table`` draws it."""

    label: str
    href: str = ""
    sorted: str = ""
    style: str = ""


class QueuePage(PageView):
    """``/queue``: the views as tabs, the applications as a table, one button to take the next."""

    styles = ("review.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Review queue"),
            icon="queue",
            path="/queue",
            route_name="queue",
            allowed=lambda request: may(request, "application.view"),
        )

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """The view asked for; a reference typed into the box goes straight to its review."""
        wanted = (request.query_params.get("reference") or "").strip().upper()
        if wanted:
            return await self._jump(request, wanted)
        return await self._draw(request)

    async def _jump(self, request: Request, wanted: str) -> Response:
        try:
            found = await applications.find(site_of(request), actor_of(request), wanted)
        except NotFound:
            return await self._draw(request, missing=wanted[:64])
        return RedirectResponse(review_of(request, found.reference), status_code=303)

    async def _draw(self, request: Request, missing: str = "") -> Response:
        site, actor = site_of(request), actor_of(request)
        views = queue.views(site, actor)
        name = request.query_params.get("view") or "waiting"
        if name not in views:
            raise NotFound
        number = _page_number(request)
        rows, counts = await asyncio.gather(queue.page(views[name], number), queue.counts(site, views))
        return self.page(
            request,
            "queue.html",
            rows=self._lines(site, rows),
            tabs=[self._tab(request, site, view, view == name, counts[view]) for view in views],
            heads=_heads(),
            number=number,
            more=len(rows) == queue.PAGE_SIZE and number < queue.FARTHEST,
            total=capped(counts[name]),
            view_name=name,
            base=review_of(request),
            missing=missing,
        )

    def _tab(self, request: Request, site: Site, view: str, current: bool, count: int) -> tuple[Any, ...]:
        labels = {"waiting": say("Waiting"), "mine": say("Mine")}
        label = labels.get(view) or _state(site, view.removeprefix("state-")).label(language())
        return (self.url(request, view=view), label, current, capped(count))

    def _lines(self, site: Site, rows: list[queue.Row]) -> list[QueueLine]:
        spoken, now = language(), site.now()
        badges = {name: _badge(state, spoken) for name, state in _states(site).items()}
        kinds: dict[tuple[str, str], str] = {
            (name, kind): f"{published.definition.label(spoken)} {label(spoken)}"
            for name, published in site.registry.all_current().items()
            for kind, label in KIND_LABELS.items()
        }
        return [
            QueueLine(
                reference=row["reference"],
                title=row.get("title") or "",
                operator=row.get("operator_name") or "",
                kind=kinds.get((row["type"], row["kind"]), str(row["type"])),
                state=badges.get(row["state"]) or BADGE.format("plain", row["state"]),
                submitted=moments.minute(row["submitted_at"]) if row.get("submitted_at") else "",
                due=moments.day(site.calendar.due_day(row["due"])) if row.get("due") else "",
                late=bool(row.get("due")) and row["due"] < now,
                assignee=(row.get("assignee") or {}).get("name", ""),
                again=len(row.get("submissions") or ()) > 1,
            )
            for row in rows
        ]

    @route("/next", methods=["POST"])
    async def take_next(self, request: Request) -> Response:
        """Take on the application that has waited longest, and open it."""
        site, actor = site_of(request), actor_of(request)
        form = await self.form(request, fields=5)
        for state in queue.waiting_states(site):
            reference = await queue.next_reference(site, actor, state)
            if reference is None:
                continue
            found = await applications.find(site, actor, reference)
            step = next((n for n, t in possible_steps(site, actor, found) if t.sets == "assignee"), None)
            if step is not None:
                await take_step(site, actor, found, step)
                self.tell(request, N_("You have taken this application on."))
                return RedirectResponse(review_of(request, reference), status_code=303)
        self.tell(request, N_("Nothing waits to be taken on."), kind="info")
        return self.back(request, f"?view={text_of(form, 'view') or 'waiting'}")


def review_of(request: Request, reference: str = "") -> str:
    """The address of an application's review."""
    return f"{root_of(request)}/applications{f'/{reference}' if reference else ''}"


def capped(count: int) -> str:
    """A count as the queue says it: “1,000+” where it stopped counting."""
    return f"{queue.COUNT_LIMIT - 1:,}+" if count >= queue.COUNT_LIMIT else f"{count:,}"


def _page_number(request: Request) -> int:
    text = request.query_params.get("page") or "1"
    return min(int(text), queue.FARTHEST) if text.isdecimal() and len(text) < 6 and int(text) else 1


def _heads() -> list[Heading]:
    return [
        Heading(say("Reference")),
        Heading(say("Title")),
        Heading(say("Application")),
        Heading(say("State")),
        Heading(say("Received")),
        Heading(say("Due")),
        Heading(say("In charge")),
    ]


def _states(site: Site) -> dict[str, State]:
    flows = site.workflows.values()
    return {name: state for flow in flows for name, state in flow.states.items()}


def _state(site: Site, name: str) -> State:
    return _states(site)[name]


def _badge(state: State, spoken: Language) -> Markup:
    return BADGE.format("done" if state.final else TONES.get(state.held_by, "plain"), state.label(spoken))


def state_badge(site: Site, application: Application) -> Markup:
    """The state of an application, as the queue shows it."""
    state = applications.workflow_of(site, application).states.get(application.state)
    return _badge(state, language()) if state else BADGE.format("plain", application.state)
