"""Records that wait for the staff: whose turn it is by their lifecycles, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.page import PageView, route
from admin.views.queue_rows import left_words
from models.errors import NotFound
from models.services.day_words import ends_with_day
from models.services.measures import elapsed_words, time_left
from models.services.records_waiting import (
    COUNT_LIMIT,
    DEEPEST,
    PAGE,
    Asked,
    Line,
    counts,
    kinds_waiting,
    lines,
)
from models.services.site import Site
from models.services.waiting_file import write_file

VIEWS = {"mine": Asked(), "all": Asked(mine=False), "late": Asked(mine=False, late=True)}
LABELS = {"mine": N_("For my roles"), "all": N_("For all staff"), "late": N_("Overdue")}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is asked for: one of VIEWS, of one record type or of all, and which page."""

    view: str
    type: str
    page: int

    @property
    def asked(self) -> Asked:
        return replace(VIEWS[self.view], type=self.type)


class WaitingPage(PageView):
    """``/waiting``: in the menu with how many wait for the reader's roles."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Waiting registrations"),
            icon="queue",
            path="/waiting",
            route_name="waiting",
            allowed=lambda request: may(request, "record.view"),
        )

    def is_listed(self, request: Request) -> bool:
        """Not where no record type has anybody to wait for."""
        return bool(kinds_waiting(site_of(request), actor_of(request)))

    def unread(self, request: Request) -> str:
        """How many wait, as it was counted a moment ago; "" for none."""
        found = int(getattr(request.state, "waits", 0))
        return counted(found) if found else ""

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """A page of what waits. Raises NotFound for a view or a type there is none of."""
        site, actor = site_of(request), actor_of(request)
        kinds = kinds_waiting(site, actor)
        shown = _shown(request, kinds)
        found = await lines(site, actor, shown.asked, skip=(shown.page - 1) * PAGE)
        figures = await counts(site, actor, shown.type)
        sizes = {"mine": figures.mine, "all": figures.all, "late": figures.late}
        whole = sizes[shown.view]
        return self.page(
            request,
            "waiting.html",
            rows=[_row(request, line) for line in found],
            tabs=self._tabs(request, shown, sizes),
            view_name=shown.view,
            kinds=[("", say("All")), *((name, _label(request, name)) for name in kinds)],
            kind=shown.type,
            at=_Turning(self, request, shown),
            pages=min(-(-whole // PAGE), DEEPEST // PAGE),
            first=(shown.page - 1) * PAGE + 1,
            total=counted(whole),
            file=self._address(request, shown, "/file") if may(request, "record.export") else "",
        )

    def _tabs(
        self, request: Request, shown: Shown, sizes: Mapping[str, int]
    ) -> list[tuple[str, str, bool, str]]:
        return [
            (
                self._address(request, replace(shown, view=name)),
                say(LABELS[name]),
                name == shown.view,
                counted(sizes[name]),
            )
            for name in VIEWS
        ]

    def _address(self, request: Request, shown: Shown, rest: str = "") -> str:
        return self.url(request, rest, show=shown.view, type=shown.type or None)

    @route("/file", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """The list as CSV; an event says that it was taken."""
        site, actor = site_of(request), actor_of(request)
        shown = _shown(request, kinds_waiting(site, actor))
        body = await write_file(site, actor, shown.asked, language())
        name = {"Content-Disposition": f'attachment; filename="waiting-{site.today().isoformat()}.csv"'}
        return Response(body, media_type="text/csv; charset=utf-8", headers=name)


@dataclass(frozen=True, slots=True)
class _Turning:
    """The page shown, and the addresses of the others."""

    view: WaitingPage
    request: Request
    shown: Shown

    @property
    def page(self) -> int:
        return self.shown.page

    def query(self, page: int) -> str:
        return self.view.url(self.request, show=self.shown.view, type=self.shown.type or None, page=page)


def counted(count: int) -> str:
    """A number of records as it is shown."""
    return f"{COUNT_LIMIT - 1:,}+" if count >= COUNT_LIMIT else f"{count:,}"


def _shown(request: Request, kinds: Sequence[str]) -> Shown:
    asked = request.query_params
    view, kind, page = asked.get("show") or "mine", asked.get("type") or "", asked.get("page") or "1"
    sound = page.isascii() and page.isdigit() and len(page) < 4 and 0 < int(page) <= DEEPEST // PAGE
    if view not in VIEWS or (kind and kind not in kinds) or not sound:
        raise NotFound
    return Shown(view, kind, int(page))


def _label(request: Request, name: str) -> str:
    return site_of(request).registry.current(name).definition.label(language())


def _row(request: Request, line: Line) -> dict[str, Any]:
    site = site_of(request)
    flow = site.lifecycles[site.registry.current(line.type).definition.lifecycle]
    states = flow.shown_to("staff").states
    return {
        "line": line,
        "href": f"{root_of(request)}/{line.type}/detail?pk={line.id}",
        "kind": _label(request, line.type),
        "state": states[line.lifecycle].label(language()) if line.lifecycle in states else line.lifecycle,
        "waiting": elapsed_words(site.now() - line.since, language()),
        "due": moments.until(line.due) if line.due else "",
        "left": _left(site, line.due) if line.due else "",
    }


def _left(site: Site, due: datetime) -> str:
    """How much time is left, or since when it is over: in days where the term ends with one."""
    now = site.now()
    if ends_with_day(site, due):
        left = site.calendar.business_days(site.today(), site.calendar.due_day(due))
        return left_words(left, over=due <= now)
    return time_left(due, now, language())
