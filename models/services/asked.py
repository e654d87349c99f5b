"""What an operator was asked for, in its own hands: questions back to the office, last time's answers."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.documents.base import Id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import NotFound, RecordChanged
from models.permissions import Actor, is_applicant, require
from models.services import threads
from models.services.applications import (
    CHANGED_ELSEWHERE,
    find,
    form_of,
    keep_answers,
    may_type,
    open_fields,
    require_applicant,
)
from models.services.copying import copied, source_of
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.switches import require_writing
from models.services.threads import About, Said

SUBJECT = "application"
"""What the threads about requests belong to."""


async def find_asked(site: Site, actor: Actor, reference: str) -> Application:
    """An application this operator was asked for. Raises NotFound for anything else."""
    require(actor, "portal.enter")
    found = await find(site, actor, reference)
    if found.asked is None or not is_applicant(actor, found):
        raise NotFound
    return found


async def find_for_staff(site: Site, actor: Actor, reference: str) -> Application:
    """An application an operator was asked for, for the staff. Raises NotAllowed, NotFound."""
    require(actor, "request.view")
    found = await find(site, actor, reference)
    if found.asked is None:
        raise NotFound
    return found


async def thread_of(site: Site, actor: Actor, application: Application) -> list[Said]:
    """What both sides wrote about it, oldest first."""
    return await threads.messages(site, actor, SUBJECT, _id(application))


async def write(site: Site, actor: Actor, application: Application, text: str, key: str) -> None:
    """Write to the other side, which is mailed. Raises AnswersInvalid (path ``text``), AlreadyDone (a form
    sent twice), NotAllowed, WritingStopped."""
    require(actor, "request.make" if actor.kind == "staff" else "application.write_own")
    await require_writing(site, actor)

    async def body(session: Session) -> None:
        about = about_of(site, application)
        await threads.post(site, actor, SUBJECT, _id(application), text, session, about=about, key=key)

    await site.store.transaction(body)


def _id(application: Application) -> Id:
    if application.id is None:
        raise NotFound
    return application.id


def about_of(site: Site, application: Application) -> About:
    """What messages about an application asked for are told with. Raises NotFound for nobody's."""
    asking = site.registry.current(application.type).definition.applications.asked
    reference = application.reference
    if application.operator_id is None:
        raise NotFound
    return About(
        operator_id=application.operator_id,
        title=reference,
        page=f"/portal/asked/{reference}",
        staff_page=f"/admin/requests/about/{reference}",
        roles=asking.by if asking is not None and asking.by else ("reviewer",),
    )


async def last_record(site: Site, actor: Actor, application: Application) -> Record | None:
    """The operator's newest registration of the type, whose answers can be taken over; None where there is
    none, or the application was sent before."""
    if application.round or open_fields(site, application) is not None:
        return None
    where = {"operator_id": application.operator_id, "_id": {"$ne": application.record_id}}
    rows = site.records[application.type].collection.find(where, {"grams": 0})
    newest = rows.sort([("created_at", -1), ("_id", -1)]).limit(1)
    found = [Record.model_validate(row) async for row in newest]
    if not found or not await is_in_reach(site, actor, application.type, found[0].id):
        return None
    return found[0]


async def take_over(site: Site, actor: Actor, application: Application, *, revision: int) -> int:
    """Put last time's answers into the questions not answered yet; how many. Files and confirmations are
    given anew. Raises NotFound (nothing to take over), TransitionRefused, RecordChanged, WritingStopped."""
    require(actor, "application.write_own")
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    record = await last_record(site, actor, application)
    if record is None:
        raise NotFound
    if revision != application.revision:
        raise RecordChanged(CHANGED_ELSEWHERE)
    taken = _taken(site, actor, application, copied(site, actor, source_of(site, actor, record)).answers)
    await keep_answers(site, application, revision, taken)
    return len(taken)


def _taken(site: Site, actor: Actor, application: Application, data: Mapping[str, Any]) -> dict[str, Any]:
    """Of last time's answers those to questions of theirs that are not answered yet, as they are typed."""
    known = form_of(site, application).by_name
    typed = {
        name: known[name].unparse(value)
        for name, value in data.items()
        if name in known
        and known[name].is_empty(application.answers.get(name))
        and may_type(actor, known[name], application)
    }
    return {name: value for name, value in typed.items() if value is not None}
