"""The reviewers' queue: what waits, for how long, with whom, and what about it wants attention."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.refusals import Problem, problems_of
from admin.views.filters import AskedFilter, asked_filter, read_at
from admin.views.page import PageView, route
from admin.views.queue_address import (
    LONGEST_BACK,
    LONGEST_SEARCH,
    Asked,
    asked_again,
    back_of,
    read_asked,
)
from admin.views.queue_assign import AssignParts
from admin.views.queue_bulk import BulkParts
from admin.views.queue_filter import PLACE
from admin.views.queue_rows import draw, heads
from admin.views.queue_rows import state_badge as state_badge
from admin.views.saved import SavedTab, saved_views
from models.errors import AlreadyDone, NotFound, SearchTooWide
from models.services import applications, queue
from models.services.searching import searched
from models.services.site import Site
from models.services.steps import possible_steps, take_step
from models.services.waiting import states_of, workflows_by_state
from models.workflow.definition import State

TRIES = 5
"""How often the next one is looked for when colleagues are faster."""


class QueuePage(BulkParts, AssignParts, PageView):
    """``/queue``: views as tabs, applications as a table; take one on, or the next, or decide on several."""

    styles = ("queue.css", "filters.css")
    scripts = ("queue.js",)

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
        """The view asked for; a whole reference number typed into the box goes straight to its review."""
        asked = read_asked(request, queue.views(site_of(request), actor_of(request)))
        if asked.text and (found := await self._jump(request, asked.text.upper())):
            return found
        return await self._draw(request, asked)

    async def _jump(self, request: Request, wanted: str) -> Response | None:
        try:
            found = await applications.find(site_of(request), actor_of(request), wanted)
        except NotFound:
            return None
        return RedirectResponse(review_of(request, found.reference), status_code=303)

    async def _draw(self, request: Request, asked: Asked) -> Response:
        site, actor = site_of(request), actor_of(request)
        views, narrowed = queue.views(site, actor), asked_filter(request, PLACE)
        narrowing, problems = await _narrowing(asked, narrowed)
        where = _all_of(views[asked.view].where, *narrowing)
        saved = await saved_views(request, PLACE)
        page, counts = await asyncio.gather(
            _page(request, where, asked, problems), _counts(request, views, narrowing, saved)
        )
        drawn = await draw(site, actor, page.rows)
        return self.page(
            request,
            "queue.html",
            status=422 if problems else None,
            problems=problems,
            asked=asked,
            narrowed=narrowed,
            saved=[(tab, _told(counts, f"saved-{tab.id}")) for tab in saved],
            tabs=self._tabs(request, asked, views, counts),
            rows=drawn.lines,
            steps=drawn.steps,
            heads=list(heads(asked, views[asked.view].sorts, self.url(request))),
            page=page,
            at_end=asked.at.way == "last",
            total=_told(counts, asked.view),
            here=asked.query(
                after=request.query_params.get("after"), before=request.query_params.get("before")
            ),
            base=review_of(request),
            longest=LONGEST_SEARCH,
        )

    def _tabs(
        self, request: Request, asked: Asked, views: Iterable[str], counts: Mapping[str, int] | None
    ) -> list[tuple[str, str, bool, str | None]]:
        site = site_of(request)
        states = states_of(site)
        labels = {view: _label(states, view) for view in views}
        called = {view: labels[view] for view in shown(asked.view, counts, labels)}
        return [
            (
                f"{self.url(request)}?{asked.query(view=view, sort=None)}",
                label,
                view == asked.view,
                _told(counts, view),
            )
            for view, label in told_apart(called, _flows(site), language()).items()
        ]

    @route("/next", methods=["POST"])
    async def take_next(self, request: Request) -> Response:
        """Take on the first application of the view and filter that waits for this person, and open it; one
        that is to be decided on without being taken on is opened."""
        site, actor = site_of(request), actor_of(request)
        form = await self.form(request, fields=5)
        back = back_of(text_of(form, "back", longest=LONGEST_BACK))
        asked = asked_again(request, back, queue.views(site, actor))
        reference = await self._take_next(request, asked)
        if reference:
            return RedirectResponse(review_of(request, reference), status_code=303)
        self.tell(request, N_("Nothing in this view waits to be taken on by you."), kind="info")
        return self.back(request, back)

    async def _take_next(self, request: Request, asked: Asked) -> str | None:
        site, actor = site_of(request), actor_of(request)
        where, passed = await _where(request, asked), set[str]()
        for _try in range(TRIES):
            row = await queue.next_row(site, actor, where, asked.order, passed)
            if row is None:
                return None
            reference = str(row["reference"])
            try:
                await self._claim(request, reference)
            except AlreadyDone:
                passed.add(reference)
                continue
            return reference
        return None

    async def _claim(self, request: Request, reference: str) -> bool:
        """Take on an application where a step for it is open to this person; whether there was one."""
        site, actor = site_of(request), actor_of(request)
        found = await applications.find(site, actor, reference)
        step = next((name for name, t in possible_steps(site, actor, found) if t.sets == "assignee"), None)
        if step is None:
            return False
        await take_step(site, actor, found, step)
        self.tell(request, N_("You have taken {reference} on."), {"reference": found.reference})
        return True

    @route("/{reference}/claim", methods=["POST"])
    async def claim(self, request: Request) -> Response:
        """Take on the application of a row, and stay where one is."""
        form = await self.form(request)
        back = back_of(text_of(form, "back", longest=LONGEST_BACK))
        reference = str(request.path_params["reference"])
        try:
            done = await self._claim(request, reference)
        except AlreadyDone as refusal:
            self.tell(request, refusal.public, refusal.values, kind="warning")
        else:
            if not done:
                self.tell(request, N_("This application cannot be taken on now."), kind="warning")
        return self.back(request, back)


_LABELS: Mapping[str, Any] = {
    "waiting": _("Waiting"),
    "mine": _("Mine"),
    "unassigned": _("Unassigned"),
    "overdue": _("Overdue"),
    "other": _("In no known state"),
}


def _label(states: Mapping[str, State], view: str) -> str:
    named = _LABELS.get(view)
    return str(named) if named else states[view.removeprefix("state-")].label(language())


def shown(here: str, counts: Mapping[str, int] | None, labels: Mapping[str, str]) -> list[str]:
    """The views with a tab, by their `labels`: what is in no state there is has one only when it holds
    something, and so has a state that is called as one before it (of another workflow)."""
    found, called = list[str](), set[str]()
    for view, label in labels.items():
        holds = view == here or bool(counts and counts.get(view))
        if holds or (view != "other" and (counts is None or label not in called)):
            found.append(view)
            called.add(label)
    return found


def _flows(site: Site) -> dict[str, str]:
    """What the workflow is called whose state a view shows."""
    found = {name: flow.label for name, flow in workflows_by_state(site).items()}
    return {f"state-{name}": label(language()) for name, label in found.items() if label is not None}


def told_apart(labels: Mapping[str, str], flows: Mapping[str, str], spoken: str) -> dict[str, str]:
    """The `labels` of views, with the workflow behind those that several have."""
    often = Counter(labels.values())
    both = "{}（{}）" if spoken == "ja" else "{} ({})"
    twice = {view: flows[view] for view, label in labels.items() if often[label] > 1 and view in flows}
    return {**labels, **{view: both.format(labels[view], flow) for view, flow in twice.items()}}


def _all_of(*wheres: Mapping[str, Any]) -> Mapping[str, Any]:
    asked = [where for where in wheres if where]
    return {"$and": asked} if len(asked) > 1 else asked[0] if asked else {}


async def _narrowing(asked: Asked, narrowed: AskedFilter) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    """The conditions of the filter and of the search, and what is wrong with them."""
    if len(asked.text) > LONGEST_SEARCH:
        problem = Problem(say("Search for at most {count} characters.", {"count": LONGEST_SEARCH}), "q")
        return [queue.NOTHING], [problem]
    found = await searched(asked.text)
    return [where for where in (narrowed.where, found) if where], list(narrowed.problems)


async def _where(request: Request, asked: Asked) -> Mapping[str, Any]:
    """The whole condition of the list a form was posted from."""
    site, actor = site_of(request), actor_of(request)
    found, flaws = read_at(request, PLACE, asked.filter.strip())
    if flaws or len(asked.text) > LONGEST_SEARCH:
        return queue.NOTHING
    views = queue.views(site, actor)
    return _all_of(views[asked.view].where, found.query if found else {}, await searched(asked.text))


async def _page(
    request: Request, where: Mapping[str, Any], asked: Asked, problems: list[Problem]
) -> queue.Page:
    """The page asked for; where it cannot be found in time, an empty one, and `problems` say so."""
    try:
        return await queue.page(site_of(request), actor_of(request), where, asked.order, asked.at)
    except SearchTooWide as refusal:
        problems += problems_of(refusal)
        return queue.Page((), "", "", 0)


async def _counts(
    request: Request,
    views: Mapping[str, queue.View],
    narrowing: Sequence[Mapping[str, Any]],
    saved: Sequence[SavedTab],
) -> dict[str, int] | None:
    """How many each view holds of what is asked for, saved ones included; None when it takes too long."""
    wanted = {name: _all_of(view.where, *narrowing) for name, view in views.items()}
    for tab in saved:
        asked = parse_qs(tab.query).get("view", ["waiting"])[0]
        wanted[f"saved-{tab.id}"] = (
            _all_of(views[asked].where, tab.where) if asked in views else queue.NOTHING
        )
    try:
        return await queue.counts(site_of(request), actor_of(request), wanted)
    except SearchTooWide:
        return None


def _told(counts: Mapping[str, int] | None, view: str) -> str | None:
    return None if counts is None else capped(counts[view])


def review_of(request: Request, reference: str = "") -> str:
    """The address of an application's review."""
    return f"{root_of(request)}/applications{f'/{reference}' if reference else ''}"


def capped(count: int) -> str:
    """A count as the queue says it: “1,000+” where it stopped counting."""
    return f"{queue.COUNT_LIMIT - 1:,}+" if count >= queue.COUNT_LIMIT else f"{count:,}"
