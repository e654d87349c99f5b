"""The first page: what waits for the reader, how the work stands, and where one can go."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.links import root_of
from admin.views import figures
from admin.views.figures import Chart
from admin.views.home import HomePage
from admin.views.page import route
from models.documents.message import Message
from models.errors import SearchTooWide
from models.permissions import Actor, allowed
from models.services import (
    calendars,
    confirmations,
    duty_board,
    guessing,
    mailings,
    proposals,
    queue,
    records_waiting,
)
from models.services.figures import Decided, record_figures, work_figures
from models.services.keeping import Found
from models.services.looking_again import overdue
from models.services.mail_alarms import ringing
from models.services.outbox import FAILED
from models.services.site import Site
from models.services.switches import ground_of

VIEWS = ("mine", "unassigned", "overdue", "waiting")
"""Views of the queue that are counted on the first page."""

LIMIT = queue.COUNT_LIMIT - 1


class Task(NamedTuple):
    """Something that waits: what, how many (as it is written), where, and how urgent it looks."""

    label: str
    number: str
    href: str
    tone: str


class Panel(NamedTuple):
    """One figure: its chart, or why there is none yet, and when it was counted."""

    title: str
    chart: Chart | None
    state: str
    at: Any
    facts: Iterable[tuple[str, str]] = ()


class Dashboard(HomePage):
    """The admin's first page on a site."""

    styles = ("figures.css",)

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Everything this person may see of it; what is not counted yet says so and is there next time."""
        site, actor = site_of(request), actor_of(request)
        tasks, panels, shared = await asyncio.gather(
            _tasks(request, site, actor), _work(request, site, actor), _records(request, site, actor)
        )
        return self.page(
            request,
            "home_figures.html",
            tasks=tasks,
            panels=[*panels, *shared],
            counted_at=min((panel.at for panel in (*panels, *shared) if panel.at), default=None),
            stopped=_stopped(request, site),
            mail_alarms=await ringing() if may(request, "message.view") else (),
            mails=f"{root_of(request)}/messages/list",
            single=[(moments.day(day), _set_so(one.business)) for day, one in calendars.upcoming(site)],
            calendar=f"{root_of(request)}/calendar" if may(request, "calendar.view") else "",
        )


async def _tasks(request: Request, site: Site, actor: Actor) -> list[Task]:
    found = await asyncio.gather(
        _queue(request, site, actor),
        _waiting(request, site, actor),
        _mails(request),
        _changes(request, site, actor),
        _terms(request, site),
        _declarations(request, site),
        _duties(request, site, actor),
        _reviews(request, site),
        _guessing(request, site),
    )
    return [task for tasks in found for task in tasks]


async def _queue(request: Request, site: Site, actor: Actor) -> list[Task]:
    if not allowed(actor, "application.view"):
        return []
    labels = {
        "mine": say("In my charge"),
        "unassigned": say("In nobody's charge"),
        "overdue": say("Overdue"),
        "waiting": say("Waiting in all"),
    }
    known = queue.views(site, actor)
    try:
        counts = await queue.counts(site, actor, {name: known[name].where for name in VIEWS if name in known})
    except SearchTooWide:
        counts = {}
    address = f"{root_of(request)}/queue?view="
    late = counts.get("overdue", 0)
    return [
        Task(
            labels[name],
            _counted(counts.get(name)),
            address + name,
            "bad" if name == "overdue" and late else "",
        )
        for name in VIEWS
        if name in known
    ]


async def _waiting(request: Request, site: Site, actor: Actor) -> list[Task]:
    """Records whose turn is the reader's, by their lifecycles."""
    if not allowed(actor, "record.view") or not records_waiting.kinds_waiting(site, actor):
        return []
    found = await records_waiting.counts(site, actor)
    address = f"{root_of(request)}/waiting?show="
    mine = Task(say("Waiting registrations for my roles"), _counted(found.mine), f"{address}mine", "")
    late = Task(say("Waiting registrations overdue"), _counted(found.late), f"{address}late", "bad")
    return [mine, late] if found.late else [mine]


async def _mails(request: Request) -> list[Task]:
    if not may(request, "message.retry"):
        return []
    failed = await Message.raw().count_documents(FAILED, limit=LIMIT + 1, maxTimeMS=2000)
    address = f"{root_of(request)}/messages/list?state__eq=failed"
    return [Task(say("Mails that could not be sent"), _counted(failed), address, "bad")] if failed else []


async def _changes(request: Request, site: Site, actor: Actor) -> list[Task]:
    if not allowed(actor, "schema.approve"):
        return []
    changes = await proposals.list_changes(site, actor)
    waiting = sum(proposals.may_decide(actor, change) for change in changes)
    address = f"{root_of(request)}/studio/proposals"
    return [Task(say("Schema changes to decide on"), _counted(waiting), address, "warn")] if waiting else []


async def _terms(request: Request, site: Site) -> list[Task]:
    """Changes of the terms that not everybody was told of in time."""
    if not may(request, "terms.mailing"):
        return []
    late = await mailings.overdue(site)
    label, address = say("Changed terms not told in time"), f"{root_of(request)}/mailings"
    return [Task(label, _counted(late), address, "bad")] if late else []


async def _declarations(request: Request, site: Site) -> list[Task]:
    if not may(request, "declaration.view"):
        return []
    late = await confirmations.overdue(site)
    label, address = (
        say("Declarations not confirmed in time"),
        f"{root_of(request)}/declarations?show=overdue",
    )
    return [Task(label, _counted(late), address, "bad")] if late else []


async def _duties(request: Request, site: Site, actor: Actor) -> list[Task]:
    """Duties whose last day has passed, of all operators."""
    if not may(request, "request.view"):
        return []
    late = await duty_board.late(site, actor)
    address = f"{root_of(request)}/duties?show=overdue"
    return [Task(say("Duties not fulfilled in time"), _counted(late), address, "bad")] if late else []


async def _reviews(request: Request, site: Site) -> list[Task]:
    """Interruptions and the like whose day to look again has passed."""
    if not may(request, "record.view"):
        return []
    late = await overdue(site)
    kind = site.configuration.site.operator_type
    address = f"{root_of(request)}/{kind}/list?lifecycle__eq=suspended"
    return [Task(say("Days to look again that have passed"), _counted(late), address, "bad")] if late else []


async def _guessing(request: Request, site: Site) -> list[Task]:
    """Passwords guessed at with many IDs, within a day."""
    if not may(request, "event.view"):
        return []
    told = await guessing.told_since(site.now() - timedelta(days=1))
    address = f"{root_of(request)}/events/list?action__eq={guessing.GUESSING}"
    label = say("Passwords are being guessed")
    return [Task(label, _counted(told), address, "bad")] if told else []


def _counted(count: int | None) -> str:
    if count is None:
        return "—"
    return f"{LIMIT:,}+" if count > LIMIT else f"{count:,}"


async def _work(request: Request, site: Site, actor: Actor) -> list[Panel]:
    if not allowed(actor, "figure.view"):
        return []
    found = await work_figures(site, actor)
    waits, decided, returned = found.waiting, found.decided, found.returned
    address = f"{root_of(request)}/queue"
    return [
        _panel(
            say("Waiting, by state and age"),
            waits,
            waits.value and figures.waiting_chart(site, waits.value, address),
        ),
        _panel(
            say("Decided each week"), decided, decided.value and figures.decided_chart(site, decided.value)
        ),
        _panel(
            say("Time to decision"),
            decided,
            decided.value and figures.days_chart(decided.value),
            _pace(decided.value),
        ),
        _panel(
            say("Why answers were returned"),
            returned,
            returned.value and figures.returned_chart(site, returned.value),
        ),
    ]


def _pace(found: Decided | None) -> list[tuple[str, str]]:
    if found is None or found.median is None:
        return []
    return [
        (say("Half of all within"), _business_days(found.median)),
        (say("Nine in ten within"), _business_days(found.most or 0)),
    ]


def _business_days(days: int) -> str:
    return say("1 business day") if days == 1 else say("{days} business days", {"days": days})


async def _records(request: Request, site: Site, actor: Actor) -> list[Panel]:
    drawn = []
    for share, found in await record_figures(site, actor):
        address = f"{root_of(request)}/{share.type}/list"
        kind = site.registry.current(share.type).definition.label(language())
        title = say("{records} by {field}", {"records": kind, "field": share.field.label(language())})
        drawn.append(
            _panel(title, found, found.value and figures.share_chart(site, share, found.value, address))
        )
    return drawn


def _panel(title: str, found: Found[Any], chart: Any, facts: Iterable[tuple[str, str]] = ()) -> Panel:
    return Panel(title, chart or None, found.state, found.at, facts)


def _stopped(request: Request, site: Site) -> Mapping[str, Any] | None:
    stop = site.switchboard.last()
    if stop is None or not may(request, "stop.view"):
        return None
    href = f"{root_of(request)}/stops"
    return {"ground": ground_of(stop)(language()), "text": stop.text, "href": href, "level": stop.level}


def _set_so(business: bool) -> str:
    return say("Business day") if business else say("Closed")
