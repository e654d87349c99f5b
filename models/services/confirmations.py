"""Asking operators to confirm what they declared: one, all, or each as time passes; reminders, and who is
late."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from models.configuration.declarations import DeclarationRule
from models.documents.base import Id, new_id
from models.documents.declaration import Confirmation, ConfirmationRound
from models.documents.event import Subject
from models.documents.guarded import insert_new, insert_or, update_where
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AnswersInvalid, NotFound
from models.language import Message
from models.permissions import SYSTEM, Actor, require
from models.schema.days import months_later
from models.schema.reading import AnswerError
from models.services.carrying import as_carried
from models.services.day_words import due_words
from models.services.declarations import last_answers, rule_of, rules, standing
from models.services.events import record_event
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_operator
from models.services.side_words import side_words
from models.services.site import Site
from models.workflow.definition import Duration

BATCH = 50
"""Operators looked at in one transaction."""

PAGE = 50
"""Confirmations on one page."""

REASON_LIMIT = 300
"""Longest reason (characters)."""

COUNT_LIMIT = 10_001
"""Confirmations are counted no further."""

FARTHEST = 366
"""Days after today on which a term may end at the latest."""

YEARLY = Message("It is some time since this was confirmed last.")
"""The reason told where the site itself asks."""


def due_of(site: Site, rule: DeclarationRule) -> date:
    """The last day to answer where nobody says another."""
    return site.calendar.due_day(site.calendar.due(site.now(), rule.answer_within))


async def ask_one(site: Site, actor: Actor, name: str, number: str, reason: str, due: date | None) -> Id:
    """Ask one operator, by its number; the operator's id. Raises NotAllowed, NotFound for an unknown
    declaration, AnswersInvalid (paths ``number``, ``reason``, ``due``)."""
    require(actor, "declaration.ask")
    rule = _asked_for(site, name)
    records = site.records[site.configuration.site.operator_type]
    try:
        operator = await records.by_number(number.strip()[:64], _living(site))
    except NotFound:
        operator = None
    unknown = Message("There is no {operator} with this number.", side_words(site))
    _check(site, reason, due, None if operator else unknown)
    if operator is None:
        raise NotFound
    asked = confirmation(
        site, actor, operator, name, f"asked:{new_id()}", reason.strip(), _end(site, rule, due)
    )
    already = Message("This {operator} has been asked already and has not answered yet.", side_words(site))
    refusal = AnswersInvalid((AnswerError("number", "unique", already),))

    async def body(session: Session) -> None:
        await insert_or(refusal, asked, session)
        await _tell(site, actor, asked, session)

    await site.store.transaction(body)
    return operator.id


async def ask_all(site: Site, actor: Actor, name: str, reason: str, due: date | None) -> None:
    """Ask every operator that is not asked already; a worker does it, batch by batch. Raises NotAllowed,
    NotFound, AnswersInvalid (paths ``reason``, ``due``)."""
    require(actor, "declaration.ask")
    rule = _asked_for(site, name)
    _check(site, reason, due)
    begun = ConfirmationRound(
        _id=str(new_id()),
        name=name,
        reason=reason.strip(),
        due=_end(site, rule, due),
        asked_by=actor.person,
        created_at=site.now(),
    )

    async def body(session: Session) -> None:
        await begun.insert(session=session)
        subject = Subject(kind="declaration", label=name)
        await record_event(site, actor, "declaration.asked_all", subject, session, reason=begun.reason)

    await site.store.transaction(body)


def _asked_for(site: Site, name: str) -> DeclarationRule:
    rule = rule_of(site, name)
    if "operator" not in rule.by:
        raise NotFound
    return rule


def _check(site: Site, reason: str, due: date | None, number: Message | None = None) -> None:
    errors = [AnswerError("number", "unknown", number)] if number else []
    if not 0 < len(reason.strip()) <= REASON_LIMIT:
        said = Message("Say why, in at most {limit} characters.", {"limit": REASON_LIMIT})
        errors.append(AnswerError("reason", "required", said))
    if due is not None and not 0 < (due - site.today()).days <= FARTHEST:
        errors.append(AnswerError("due", "range", Message("Choose a day after today, within a year.")))
    if errors:
        raise AnswersInvalid(tuple(errors))


def _end(site: Site, rule: DeclarationRule, due: date | None) -> datetime:
    return site.calendar.midnight((due or due_of(site, rule)) + timedelta(days=1))


def _living(site: Site) -> dict[str, Any]:
    """Operators whose registration is in force."""
    kind = site.registry.current(site.configuration.site.operator_type).definition
    return {"lifecycle": {"$in": site.lifecycles[kind.lifecycle].live_states}}


def confirmation(
    site: Site, actor: Actor, operator: Record, name: str, occasion: str, reason: str, due: datetime
) -> Confirmation:
    """What one operator is asked, with the first day of being reminded."""
    return Confirmation(
        id=new_id(),
        name=name,
        operator_id=operator.id,
        operator_name=operator.title,
        round=occasion,
        reason=reason,
        due=due,
        asked_by=actor.person,
        asked_at=site.now(),
        remind_at=next(_reminders(site, rule_of(site, name), due, site.now()), due),
    )


def _reminders(site: Site, rule: DeclarationRule, due: datetime, after: datetime) -> Iterator[datetime]:
    """The moments after `after` at which is reminded, the earliest first."""
    moments = sorted(site.calendar.midnight(_back(site, due, ahead)) for ahead in rule.remind)
    return (moment for moment in moments if moment > after)


def _back(site: Site, due: datetime, ahead: Duration) -> date:
    """The day so long before the last day to answer."""
    day, left = site.calendar.due_day(due), ahead.count
    while left > 0:
        day -= timedelta(days=1)
        left -= ahead.unit == "days" or site.calendar.is_business_day(day)
    return day


async def _tell(site: Site, actor: Actor, asked: Confirmation, session: Session, step: str = "asked") -> None:
    """Mail the operator's administrators, and keep the event."""
    rule = rule_of(site, asked.name)
    if (rule.mail, site.configuration.site.languages[0]) in site.mail:
        for person in await people_of_operator(site, asked.operator_id):
            letter = Letter(
                template=rule.mail,
                recipient=person,
                cause=f"confirmation:{asked.id}:{step}",
                to="operator",
                values={
                    "operator_name": asked.operator_name,
                    "declaration": rule.label(person.language),
                    "due_date": due_words(site, asked.due, person.language),
                    "reason": reason_of(asked)(person.language),
                    "page": f"{site.base_url}/portal/declarations/{asked.name}",
                },
                operator_id=asked.operator_id,
                until=asked.due,
            )
            await queue_letter(site, letter, session)
    action = "declaration.reminded" if step.startswith("reminded") else f"declaration.{step}"
    subject = Subject(kind="declaration", id=asked.id, label=asked.name)
    await record_event(site, actor, action, subject, session, operator_id=asked.operator_id)


def reason_of(asked: Confirmation) -> Message:
    """Why it is asked: words of the staff, or the program's own."""
    return Message(asked.reason)


async def spread_one(site: Site) -> bool:
    """Ask the next operators of a round; False when every round is through. Any number of workers may do so:
    the place reached is written with what was asked."""
    await _begin_yearly(site)
    found = await ConfirmationRound.raw().find_one({"listed_at": None}, sort=[("created_at", 1)])
    if found is None:
        return False
    await _spread(site, ConfirmationRound.model_validate(found))
    return True


async def _begin_yearly(site: Site) -> None:
    """Once a day, look whose confirmation is older than its declaration allows."""
    today = site.today().isoformat()
    for name, rule in rules(site).items():
        if rule.every is None or "operator" not in rule.by:
            continue
        key = f"yearly:{name}"
        fresh = {"day": today, "last_id": None, "asked": 0, "listed_at": None, "created_at": site.now()}
        renewed = await update_where(ConfirmationRound, {"_id": key, "day": {"$lt": today}}, {"$set": fresh})
        if renewed is None and await ConfirmationRound.get(key) is None:
            facts = {"_id": key, "name": name, "reason": YEARLY.msgid, "asked_by": SYSTEM.person, **fresh}
            await insert_new(ConfirmationRound.model_validate(facts))


async def _spread(site: Site, begun: ConfirmationRound) -> None:
    records = site.records[site.configuration.site.operator_type]
    where = {**_living(site), "_id": {"$gt": begun.last_id}} if begun.last_id else _living(site)
    rows = await records.rows(where, BRIEF, [("_id", 1)], 0, BATCH)
    wanted = [each async for each in _wanted(site, begun, [Record.model_validate(row) for row in rows])]
    values: dict[str, Any] = {"last_id": rows[-1]["_id"] if rows else begun.last_id}
    if len(rows) < BATCH:
        values["listed_at"] = site.now()
    seen = {"_id": begun.id, "last_id": begun.last_id, "listed_at": None, "day": begun.day}
    actor = Actor(kind=begun.asked_by.kind, account_id=begun.asked_by.id, name=begun.asked_by.name)

    async def body(session: Session) -> None:
        update = {"$set": values, "$inc": {"asked": len(wanted)}}
        if await update_where(ConfirmationRound, seen, update, session) is None:
            return
        for asked in wanted:
            await asked.insert(session=session)
            await _tell(site, actor, asked, session)

    await site.store.transaction(body)


BRIEF: Mapping[str, Any] = dict.fromkeys(
    (
        *("type", "number", "title", "schema_version", "operator_id", "lifecycle"),
        *("data", "created_at", "updated_at"),
    ),
    1,
)
"""What of an operator's record is read to see whether it is asked."""


async def _wanted(site: Site, begun: ConfirmationRound, operators: list[Record]) -> Any:
    """What is asked of these operators: nothing of those that are asked already, or were in this round."""
    rule, ids = rules(site).get(begun.name), [each.id for each in operators]
    if rule is None or not ids:
        return
    last = await last_answers(ids)
    rows = await Confirmation.raw().find({"operator_id": {"$in": ids}, "name": begun.name}).to_list(None)
    known = {(row["operator_id"], row["round"]) for row in rows}
    busy = {row["operator_id"] for row in rows if row["state"] == "open"}
    actor = Actor(kind=begun.asked_by.kind, account_id=begun.asked_by.id, name=begun.asked_by.name)
    for operator in operators:
        occasion = begun.id
        if begun.day:
            data = as_carried(site, operator).data
            stands = standing(site, begun.name, data, last.get((operator.id, begun.name)))
            if stands.state not in ("none", "confirmed") or not _is_old(site, rule, stands.at):
                continue
            occasion = f"after:{stands.at.isoformat() if stands.at else ''}"
        if operator.id not in busy and (operator.id, occasion) not in known:
            due = begun.due or _end(site, rule, None)
            yield confirmation(site, actor, operator, begun.name, occasion, begun.reason, due)


def _is_old(site: Site, rule: DeclarationRule, at: datetime | None) -> bool:
    """Whether the months a confirmation holds are over: from the same day of the month on, or its last
    (Civil Code, article 143)."""
    if at is None or rule.every is None:
        return True
    return site.today() >= months_later(at.astimezone(site.calendar.zone).date(), rule.every)


async def remind_one(site: Site) -> bool:
    """Remind one operator whose day for it has come; at the end of its term the last time, with an event of
    being late. False when none is to be reminded."""
    now = site.now()
    found = await Confirmation.raw().find_one({"remind_at": {"$lte": now}}, sort=[("remind_at", 1)])
    if found is None:
        return False
    asked = Confirmation.model_validate(found)
    rule, over = rules(site).get(asked.name), asked.due <= now
    following = None if over or rule is None else next(_reminders(site, rule, asked.due, now), asked.due)
    values = {"remind_at": following, **({"overdue_at": now} if over else {})}
    seen = {"_id": asked.id, "state": "open", "remind_at": asked.remind_at}

    async def body(session: Session) -> None:
        moved = await update_where(Confirmation, seen, {"$set": values}, session)
        if moved is not None and rule is not None:
            step = "overdue" if over else f"reminded:{site.today()}"
            await _tell(site, SYSTEM, asked, session, step)

    await site.store.transaction(body)
    return True


async def overdue(site: Site) -> int:
    """How many operators have not answered in time, counted up to COUNT_LIMIT."""
    where = {"state": "open", "due": {"$lte": site.now()}}
    return int(await Confirmation.raw().count_documents(where, limit=COUNT_LIMIT, maxTimeMS=2000))


GROUPS = ("open", "overdue", "declined", "confirmed")
"""What the staff look at: what waits, what is late, what was declined, what was confirmed."""


def _group(site: Site, group: str, name: str) -> dict[str, Any]:
    where: dict[str, Any] = {"state": "open" if group == "overdue" else group}
    if group == "overdue":
        where["due"] = {"$lte": site.now()}
    return {**where, "name": name} if name else where


async def listed(
    site: Site, actor: Actor, group: str, name: str = "", page: int = 1
) -> tuple[list[Confirmation], bool]:
    """A page of what operators were asked, what is due first on top; and whether there are more. Raises
    NotAllowed."""
    require(actor, "declaration.view")
    found = Confirmation.raw().find(_group(site, group, name)).sort([("due", 1), ("_id", 1)])
    rows = await found.skip((page - 1) * PAGE).limit(PAGE + 1).to_list(None)
    return [Confirmation.model_validate(row) for row in rows[:PAGE]], len(rows) > PAGE


async def counted(site: Site, actor: Actor, name: str) -> dict[str, int]:
    """How many confirmations of one declaration each group has, none counted further than COUNT_LIMIT.
    Raises NotAllowed."""
    require(actor, "declaration.view")
    counts = {}
    for group in GROUPS:
        where = _group(site, group, name)
        counts[group] = int(await Confirmation.raw().count_documents(where, limit=COUNT_LIMIT))
    return counts


async def withdraw(site: Site, actor: Actor, identifier: Id) -> None:
    """Take back what an operator was asked. Raises NotAllowed, NotFound when it is not open any more."""
    require(actor, "declaration.ask")
    values = {"state": "withdrawn", "remind_at": None}

    async def body(session: Session) -> None:
        where = {"_id": identifier, "state": "open"}
        asked = await update_where(Confirmation, where, {"$set": values}, session)
        if asked is None:
            raise NotFound
        subject = Subject(kind="declaration", id=asked.id, label=asked.name)
        await record_event(
            site, actor, "declaration.ask_withdrawn", subject, session, operator_id=asked.operator_id
        )

    await site.store.transaction(body)
