"""The dates of one person as entries of a calendar: what is due, opens, closes and ends."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from models.configuration.windows import Window
from models.documents.application import Application
from models.documents.certificate import OPENS, Certificate
from models.documents.declaration import Confirmation
from models.documents.request import Request
from models.interchange.icalendar import Entry
from models.language import Language, Message, translate
from models.permissions import Actor, allowed, may_use
from models.services import duty_board, notices, records_waiting, windows
from models.services.applications import compiled, is_with_applicant, workflow_of
from models.services.day_words import ends_with_day
from models.services.duty_board import Cell
from models.services.holders import VIEWING
from models.services.inbox_steps import ANSWERS
from models.services.intake import Term
from models.services.records_waiting import Asked, Line
from models.services.seeing import may_open
from models.services.side_words import side_words
from models.services.site import Site
from models.services.waiting import states_for

MOST = 300
"""Most dates of one sort."""

PAST, AHEAD = timedelta(days=30), timedelta(days=366)
"""How far back and ahead the dates are told."""


async def entries_for(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """What a member of staff has in charge, waits for and asked for; what an operator has to do by when."""
    if actor.kind == "staff":
        return [
            *await _in_charge(site, actor, language),
            *await _requests(site, actor, language),
            *await _records(site, actor, language),
        ]
    periods = windows.upcoming(site, actor, within=AHEAD)
    return [
        *(period_entry(site, term, language) for term in periods),
        *await _own(site, actor, language),
        *await _records(site, actor, language),
        *await _certificates(site, actor, language),
        *await _declarations(site, actor, language),
        *await _notices(site, actor, language),
        *await _duties(site, actor, language),
    ]


def period_entry(site: Site, term: Term, language: Language) -> Entry:
    """An application period."""
    window, period = term.window, term.period
    parts = (period.label, window.note)
    text = "\n".join(part(language) for part in parts if part is not None)
    uid = f"{window.name}-{period.opens:%Y%m%dT%H%M}@{host_of(site)}"
    return Entry(uid, term.opens, term.closes, window.label(language), text, _link(site, window))


def _link(site: Site, window: Window) -> str:
    link = window.link or "/windows"
    return f"{site.base_url}{link}" if link.startswith("/") else link


def host_of(site: Site) -> str:
    """What ends the identifiers of the site's entries."""
    return site.base_url.partition("//")[2]


def _within(site: Site) -> Mapping[str, Any]:
    return {"$gt": site.now() - PAST, "$lt": site.now() + AHEAD}


async def _in_charge(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """What is due of the applications in their charge, and of those anybody of their roles may take."""
    if not allowed(actor, "application.view"):
        return []
    free = {"assignee": None, "state": {"$in": states_for(site, actor)}}
    mine = {"$or": [{"assignee.id": actor.account_id}, free]}
    found = await _applications({**mine, "open": True, "due": _within(site)})
    seen = [each for each in found if not is_with_applicant(site, each) and await may_open(site, actor, each)]
    return [
        _due(site, each, each.reference, f"/admin/applications/{each.reference}", language) for each in seen
    ]


async def _own(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """What the operator is to finish or correct, by the name of its record type alone."""
    if not allowed(actor, "application.view_own"):
        return []
    where = {"operator_id": actor.operator_id, "by_staff": {"$ne": True}, "open": True}
    found = await _applications({**where, "due": _within(site)})
    mine = [each for each in found if may_use(actor, each.type) and is_with_applicant(site, each)]
    return [
        _due(site, each, compiled(site, each).definition.label(language), "/portal", language)
        for each in mine
    ]


async def _applications(where: Mapping[str, Any]) -> list[Application]:
    rows = Application.raw().find(dict(where), ANSWERS).sort([("due", 1), ("_id", 1)]).limit(MOST)
    return [Application.model_validate(row) async for row in rows]


def _due(site: Site, application: Application, named: str, path: str, language: Language) -> Entry:
    """The last day of an application; it moves with the same identifier when the day does."""
    assert application.due is not None  # noqa: S101 - the query asked
    state = workflow_of(site, application).states[application.state].label(language)
    title = translate("{reference}: last day ({state})", language, reference=named, state=state)
    return Entry(
        f"application-{application.id}@{host_of(site)}",
        site.calendar.due_day(application.due),
        None,
        title,
        address=f"{site.base_url}{path}",
        sequence=application.revision,
        stamp=application.updated_at,
    )


async def _records(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The ends of the terms of records that wait for the operator, by type and state alone, or for the staff
    of the reader's roles, by number too; a whole day where they end with it."""
    if not allowed(actor, VIEWING["staff" if actor.kind == "staff" else "operator"]):
        return []
    if actor.kind == "staff":
        found = await records_waiting.lines(site, actor, Asked(), limit=MOST)
    else:
        found = await records_waiting.own_lines(site, actor, MOST)
    since, until = site.now() - PAST, site.now() + AHEAD
    return [_term(site, actor, line, language) for line in found if line.due and since < line.due < until]


def _term(site: Site, actor: Actor, line: Line, language: Language) -> Entry:
    assert line.due is not None  # noqa: S101 - the caller asked
    definition, own = site.registry.current(line.type).definition, actor.kind == "operator"
    states = site.lifecycles[definition.lifecycle].shown_to("operator" if own else "staff").states
    state = states[line.lifecycle].label(language) if line.lifecycle in states else line.lifecycle
    path = "/portal" if own else f"/admin/{line.type}/detail?pk={line.id}"
    number = "" if own else f" {line.number}"
    return Entry(
        f"record-{line.id}@{host_of(site)}",
        site.calendar.due_day(line.due) if ends_with_day(site, line.due) else line.due,
        None,
        translate("{name}: due ({state})", language, name=definition.label(language) + number, state=state),
        address=f"{site.base_url}{path}",
        stamp=line.since,
    )


LAST_DAY = Message("{title}: last day")
HANDING_IN = Message("{title}: handing in begins")


async def _duties(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The days an operator is asked for and has to fulfil its duties by. What is open is an application's
    already."""
    if not allowed(actor, "application.view_own") or actor.operator_id is None:
        return []
    cells = await duty_board.cells_of(site, duty_board.columns(site, actor), actor.operator_id)
    return [entry for cell in cells if not cell.row.open for entry in _days(site, cell, language)]


def _days(site: Site, cell: Cell, language: Language) -> Iterator[Entry]:
    today = site.today()
    for what, day, said in (("due", cell.due, LAST_DAY), ("opens", cell.opens, HANDING_IN)):
        if day is not None and today - PAST < day <= today + AHEAD:
            yield Entry(
                f"duty-{cell.row.id}-{what}@{host_of(site)}",
                day,
                None,
                translate(said.msgid, language, title=cell.label(language)),
                address=f"{site.base_url}/portal/duties",
                sequence=cell.row.revision,
                stamp=site.calendar.midnight(date.fromisoformat(cell.row.since)),
            )


async def _requests(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The last days of what they asked operators for."""
    if not allowed(actor, "request.view"):
        return []
    where = {"by.id": actor.account_id, "due": _within(site)}
    rows = Request.raw().find(where, {"due": 1, "type": 1, "at": 1}).sort("_id", -1).limit(MOST)
    title = translate("Last day of what {operators} were asked for", language, **side_words(site))
    known = site.registry.all_current()
    return [
        Entry(
            f"request-{row['_id']}@{host_of(site)}",
            site.calendar.due_day(row["due"]),
            None,
            f"{title}: {known[row['type']].definition.label(language)}" if row["type"] in known else title,
            address=f"{site.base_url}/admin/requests/{row['_id']}",
            stamp=row["at"],
        )
        async for row in rows
    ]


async def _certificates(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The last days of the client certificates in use."""
    if not allowed(actor, "certificate.view_own"):
        return []
    where = {"operator_id": actor.operator_id, "state": {"$in": sorted(OPENS)}, "replaced_at": None}
    rows = Certificate.raw().find({**where, "not_after": _within(site)}, {"not_after": 1, "not_before": 1})
    title = translate("A client certificate ends", language)
    return [
        Entry(
            f"certificate-{row['_id']}@{host_of(site)}",
            site.calendar.due_day(row["not_after"]),
            None,
            title,
            address=f"{site.base_url}/portal/certificates",
            stamp=row["not_before"],
        )
        async for row in rows.limit(MOST)
    ]


async def _declarations(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The last days to confirm what the operator declared."""
    if not allowed(actor, "declaration.view_own"):
        return []
    where = {"operator_id": actor.operator_id, "state": "open", "due": _within(site)}
    rows = Confirmation.raw().find(where, {"due": 1, "asked_at": 1}).limit(MOST)
    title = translate("Last day to confirm a declaration", language)
    return [
        Entry(
            f"declaration-{row['_id']}@{host_of(site)}",
            site.calendar.due_day(row["due"]),
            None,
            title,
            address=f"{site.base_url}/portal/declarations",
            stamp=row["asked_at"],
        )
        async for row in rows
    ]


async def _notices(site: Site, actor: Actor, language: Language) -> list[Entry]:
    """The last days to acknowledge a notice, by its number; gone once it is acknowledged."""
    since = site.now() - PAST
    return [
        Entry(
            f"notice-{each.number or each.id}@{host_of(site)}",
            site.calendar.due_day(each.acknowledge_by),
            None,
            translate("Last day to confirm the notice {number}", language, number=each.number),
            address=f"{site.base_url}/portal/notices/{each.number or each.id}",
            sequence=each.edition,
            stamp=each.published_at,
        )
        for each in await notices.owed(actor, MOST)
        if each.acknowledge_by is not None and each.acknowledge_by > since
    ]
