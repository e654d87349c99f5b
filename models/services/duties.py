"""Duties: what operators owe in every period, asked of them by the program when the period begins."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from pydantic import TypeAdapter

from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.request import Request
from models.documents.store import Session
from models.errors import AlreadyOpen
from models.language import Text
from models.permissions import SYSTEM
from models.schema.days import months_later
from models.schema.definition import RecordType
from models.schema.duty import Duty
from models.services.events import record_event
from models.services.site import Site
from models.workflow.definition import Duration, WrittenDuration


@dataclass(frozen=True, slots=True)
class Period:
    """One period of a duty: its first day, the last day for what is owed in it, the first day of the next."""

    opens: date
    due: date
    ends: date


_SPAN: TypeAdapter[Duration] = TypeAdapter(WrittenDuration)


def span_of(term: str) -> Duration:
    """A term of a duty (``30 days``, ``5 business_days``) as the calendar counts it."""
    return _SPAN.validate_python(term)


def period_of(duty: Duty, day: date) -> Period:
    """The period `day` is in. Periods are counted from the year 2000, so that those of several years begin in
    the same years whenever the duty was written."""
    month, of_month = _month_day(duty.opens)
    since = (day.year - 2000) * 12 + day.month - month
    since -= day < _day(2000, month + since, of_month)
    begun = since - since % duty.months
    opens, ends = _day(2000, month + begun, of_month), _day(2000, month + begun + duty.months, of_month)
    return Period(opens, _due(duty, opens), ends)


def _due(duty: Duty, opens: date) -> date:
    """The first day called so from the beginning of a period on."""
    month, of_month = _month_day(duty.due)
    due = _day(opens.year, month, of_month)
    return due if due >= opens else _day(opens.year + 1, month, of_month)


def _month_day(text: str | None) -> tuple[int, int]:
    """A day of the year; the first where a duty does not begin on one."""
    month, day = (text or "01-01").split("-")
    return int(month), int(day)


def _day(year: int, month: int, day: int) -> date:
    """A day of the calendar; months go on beyond 12, and the last day of a month stands for one it has
    not."""
    return months_later(date(year, 1, day), month - 1)


def duties_of(site: Site) -> Iterator[tuple[RecordType, Duty]]:
    """Every duty in force, those of days of the year and those of each operator's own."""
    for published in site.registry.all_current().values():
        definition = published.definition
        if definition.enabled and definition.applications.asked is not None:
            for duty in definition.duties:
                yield definition, duty


def duty_of(site: Site, application: Application) -> Duty | None:
    """The duty in force by which an application was asked for, or None."""
    words = application.asked.round.split(":") if application.asked is not None else []
    if len(words) < 4 or words[0] != "duty":
        return None
    duties = site.registry.current(words[1]).definition.duties if words[1] in site.records else ()
    return next((duty for duty in duties if duty.name == words[2]), None)


def round_of(definition: RecordType, duty: Duty, period: Period) -> str:
    """The round of a duty's period: one request is made for it, ever."""
    return f"duty:{definition.name}:{duty.name}:{period.opens.isoformat()}"


async def open_periods(site: Site) -> bool:
    """Make the request of every duty whose period has begun, and let those of earlier periods rest for good;
    whether there was anything to do."""
    done = False
    for definition, duty in duties_of(site):
        if duty.rolls:
            continue
        period = period_of(duty, site.today())
        done = await _open(site, definition, duty, period) or done
    return done


async def _open(site: Site, definition: RecordType, duty: Duty, period: Period) -> bool:
    name = round_of(definition, duty, period)
    if duty.effective_from is not None and period.opens < duty.effective_from:
        return False
    if await Request.raw().find_one({"round": name}, {"_id": 1}) is not None:
        return False
    request = _request(site, definition, duty, period, name)

    async def body(session: Session) -> None:
        await insert_or(AlreadyOpen(), request, session)
        earlier = {"type": definition.name, "duty": duty.name, "round": {"$ne": name}, "open": True}
        await Request.raw().update_many(earlier, {"$set": {"open": False}}, session=session)
        subject = Subject(kind="request", id=request.id, label=request.title)
        await record_event(
            site, SYSTEM, "duty.opened", subject, session, type=definition.name, duty=duty.name
        )

    try:
        await site.store.transaction(body)
    except AlreadyOpen:
        return False
    return True


def _request(site: Site, definition: RecordType, duty: Duty, period: Period, name: str) -> Request:
    language = site.configuration.site.languages[0]
    words = titled(duty, title_of(duty, period))
    return Request(
        id=new_id(),
        round=name,
        type=definition.name,
        title=words(language),
        words=words,
        duty=duty.name,
        period=period.opens.isoformat(),
        where=dict(duty.whom),
        due=_end(site, period.due),
        language=language,
        by=SYSTEM.person,
        at=site.now(),
    )


def titled(duty: Duty, when: str) -> Text:
    """What is asked by a duty at a time is called, in both languages."""
    return Text(ja=f"{duty.label('ja')} {when}", en=f"{duty.label('en')} {when}")


def title_of(duty: Duty, period: Period) -> str:
    """What a period is called: its year, and its month where a year has several."""
    return f"{period.opens:%Y}" if duty.months % 12 == 0 else f"{period.opens:%Y-%m}"


def _end(site: Site, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, site.calendar.zone)
