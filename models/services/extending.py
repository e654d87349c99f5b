"""Giving an operator more time for what it was asked for."""

from datetime import date, timedelta

from models.documents.application import Application
from models.documents.base import read_id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import AnswersInvalid, RecordChanged, RequestRefused
from models.language import Message, translate
from models.permissions import Actor, require
from models.schema.fault import AnswerError
from models.services import threads
from models.services.applications import CHANGED_ELSEWHERE, is_with_applicant, subject_of
from models.services.asked import SUBJECT, about_of
from models.services.asking import LATEST, end_of
from models.services.day_words import day_text
from models.services.events import record_event
from models.services.side_words import side_words
from models.services.site import Site
from models.services.switches import require_writing

SAID = Message("The last day is now {day}.").msgid


def may_extend(site: Site, application: Application) -> bool:
    """Whether an operator still has to answer, so that more time can be given."""
    return application.asked is not None and application.open and is_with_applicant(site, application)


def _require_later(site: Site, application: Application, day: date) -> None:
    now = site.calendar.due_day(application.due) if application.due else site.today()
    if not max(now, site.today()) < day <= site.today() + timedelta(days=LATEST):
        said = Message("Choose a day after today and the present last day, within two years.")
        raise AnswersInvalid((AnswerError("day", "range", said),))


async def extend(site: Site, actor: Actor, application: Application, day: date, text: str, key: str) -> None:
    """Give an operator until the end of `day`, told with `text` in the thread about it, which is mailed.

    Raises NotAllowed, WritingStopped, RequestRefused (nothing to answer any more), AnswersInvalid (paths
    ``day``, ``text``), RecordChanged, AlreadyDone (a form sent twice)."""
    require(actor, "request.make")
    await require_writing(site, actor)
    if not may_extend(site, application):
        raise RequestRefused("The {operator} has nothing to answer at the moment.", **side_words(site))
    _require_later(site, application, day)
    due = end_of(site, day)
    told = translate(SAID, application.language, day=day_text(day)(application.language))
    seen = {"_id": application.id, "revision": application.revision, "open": True}
    values = {"due": due, "asked.due": due, "asked.extended": due, "reminded": ""}

    async def body(session: Session) -> None:
        if await update_where(Application, seen, {"$set": values}, session) is None:
            raise RecordChanged(CHANGED_ELSEWHERE)
        about, subject = about_of(site, application), subject_of(application)
        said = f"{told}\n\n{threads.checked(text)}"
        await threads.post(site, actor, SUBJECT, read_id(subject.id), said, session, about=about, key=key)
        whose, until = application.operator_id, day.isoformat()
        await record_event(site, actor, "request.extended", subject, session, operator_id=whose, until=until)

    await site.store.transaction(body)
