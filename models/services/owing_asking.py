"""Asking operators for what they owe when its time has come: each once."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application, Asked
from models.documents.base import Id, new_id, read_id
from models.documents.guarded import find_document, update_where
from models.documents.owed import Owed
from models.documents.record import Record
from models.documents.request import Request
from models.documents.store import Session
from models.errors import AlreadyOpen, NotFound, RequestRefused
from models.permissions import SYSTEM, Actor, is_applicant, may_use, require
from models.services.asking import application_for, keep_once, tell
from models.services.beginning import keep_draft
from models.services.duties import titled
from models.services.owing import Owing, owing_of
from models.services.site import Site
from models.services.switches import require_writing
from models.workflow.definition import Duration

BATCH = 25
"""Operators asked before the worker looks at other things."""


async def ask_due(site: Site) -> bool:
    """Ask the operators whose own time for a duty has come; False when there were none."""
    where = {"rolls": True, "open": False, "ended_at": None, "opens": {"$lte": site.now()}}
    rows = Owed.raw().find(where).sort([("opens", 1), ("_id", 1)]).limit(BATCH)
    asked = 0
    for row in [Owed.model_validate(row) async for row in rows]:
        owing = owing_of(site, row.type, row.duty)
        if owing is not None and owing.duty.rolls:
            asked += await ask_one(site, owing, row) is not None
    return asked > 0


async def ask_one(site: Site, owing: Owing, row: Owed, by: Actor = SYSTEM) -> Application | None:
    """Ask one operator for what it owes, in one transaction: the application, the mail, the event. None where
    somebody else did, or the row is not what it was."""
    operator = await site.records[site.configuration.site.operator_type].get(row.operator_id)
    if operator is None or row.due is None:
        return None
    request = await _request(site, owing)
    application = await _application(site, owing, row, request, operator, by)

    async def body(session: Session) -> None:
        seen = {"_id": row.id, "revision": row.revision, "open": False, "ended_at": None}
        if await update_where(Owed, seen, _asked(site, row, application), session) is None:
            raise AlreadyOpen
        told = {"request": str(request.id), "title": request.title}
        await keep_draft(site, by, application, "application.asked", session, **told)
        await tell(site, request, application, session)
        counted = {"$inc": {"asked": 1}}
        await update_where(Request, {"_id": request.id}, counted, session)

    try:
        await site.store.transaction(body)
    except AlreadyOpen:
        return None
    return application


def _asked(site: Site, row: Owed, application: Application) -> Mapping[str, Any]:
    due = site.calendar.due_day(row.due).isoformat() if row.due else ""
    values = {
        "asked": application.id,
        "asked_for": due,
        "open": True,
        "sent": False,
        "reference": application.reference,
        "due": application.due,
        "told": False,
        "staff_told": True,
    }
    return {"$set": values, "$inc": {"serial": 1, "revision": 1}}


async def _application(
    site: Site, owing: Owing, row: Owed, request: Request, operator: Record, by: Actor
) -> Application:
    application = await application_for(site, request, operator)
    least = site.calendar.due(site.now(), Duration(count=owing.duty.least, unit="business_days"))
    application.due = max(row.due, least) if row.due is not None else least
    application.asked = Asked(
        request=read_id(request.id),
        round=f"duty:{row.type}:{row.duty}:{row.serial + 1}",
        by=by.person,
        at=site.now(),
        due=application.due,
        title=request.words,
    )
    return application


async def _request(site: Site, owing: Owing) -> Request:
    """The request under which what is asked by a duty this year is counted; made with the first of them."""
    name, year = f"duty:{owing.definition.name}:{owing.duty.name}", f"{site.today():%Y}"
    language = site.configuration.site.languages[0]
    words = titled(owing.duty, year)
    request = Request(
        id=new_id(),
        round=f"{name}:{year}",
        type=owing.definition.name,
        title=words(language),
        words=words,
        duty=owing.duty.name,
        language=language,
        by=SYSTEM.person,
        at=site.now(),
        open=False,
    )
    return await keep_once(site, SYSTEM, request, "duty.opened", duty=request.duty)


# --- before its time --------------------------------------------------------------------------------------


async def row_of(operator_id: Id | None, type_name: str, duty_name: str) -> Owed:
    """What an operator owes by a duty. Raises NotFound where it owes nothing by it."""
    where = {"operator_id": operator_id, "type": type_name, "duty": duty_name, "ended_at": None}
    found = await find_document(Owed, where)
    if found is None or operator_id is None:
        raise NotFound
    return found


async def begin_now(site: Site, actor: Actor, type_name: str, duty_name: str) -> Application:
    """Begin what one's operator owes before it is asked for, or go on with what was; for an operator.

    Raises NotAllowed, NotFound, WritingStopped, RequestRefused (everybody's day is not there yet)."""
    require(actor, "application.write_own")
    if not may_use(actor, type_name):
        raise NotFound
    await require_writing(site, actor)
    row = await row_of(actor.operator_id, type_name, duty_name)
    application = await _ask_now(site, actor, row)
    if not is_applicant(actor, application):
        raise NotFound
    return application


async def ask_now(site: Site, actor: Actor, operator_id: Id, type_name: str, duty_name: str) -> Application:
    """Ask an operator for what it owes before its time; for staff. Raises NotAllowed, NotFound,
    RequestRefused."""
    require(actor, "request.make")
    return await _ask_now(site, actor, await row_of(operator_id, type_name, duty_name))


async def _ask_now(site: Site, actor: Actor, row: Owed) -> Application:
    """The application that is open, or a new one; whoever asks at the same moment gets the same."""
    owing = owing_of(site, row.type, row.duty)
    if owing is None:
        raise NotFound
    if not row.open and owing.duty.rolls:
        await ask_one(site, owing, row, actor)
        row = await row_of(row.operator_id, row.type, row.duty)
    if not row.open:
        raise RequestRefused("Everybody is asked for this on the same day, which has not come yet.")
    found = await find_document(Application, {"_id": row.asked})
    if found is None:
        raise NotFound
    return found
