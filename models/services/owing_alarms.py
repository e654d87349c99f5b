"""Telling that the day for what an operator owes has passed: the operator, then the staff, each once."""

from collections.abc import AsyncIterator
from dataclasses import replace

from models.configuration.mail import DUTIES_OVERDUE, DUTY_OVERDUE
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.owed import Owed
from models.documents.store import Session
from models.permissions import SYSTEM
from models.schema.duty import DutyMail
from models.services.around import Centre, around_record
from models.services.day_words import due_words
from models.services.events import record_event
from models.services.lifecycle_mails import side_mailed
from models.services.messages import Letter, Recipient, is_written, queue_letter
from models.services.owing import Owing, owing_of, owings
from models.services.recipients import people_of_role
from models.services.routing import addressed
from models.services.site import Site


async def tell_late(site: Site) -> bool:
    """Tell of one operator whose day has passed, then the staff of all of them in one mail for each duty;
    False when everything was told. Each is told once."""
    late = {"rolls": True, "told": False, "due": {"$lte": site.now()}}
    row = await Owed.raw().find_one({**late, "sent": False, "ended_at": None}, sort=[("due", 1), ("_id", 1)])
    if row is not None:
        await _tell_operator(site, Owed.model_validate(row))
        return True
    for owing in owings(site):
        if await _tell_staff(site, owing):
            return True
    return False


async def _tell_operator(site: Site, row: Owed) -> None:
    owing = owing_of(site, row.type, row.duty)
    written = [each async for each in _addressed(site, owing, row)]

    async def body(session: Session) -> None:
        seen = {"_id": row.id, "told": False, "due": row.due}
        told = {"$set": {"told": True, "staff_told": False}, "$inc": {"revision": 1}}
        if await update_where(Owed, seen, told, session) is None or owing is None:
            return
        for mail, recipient in written:
            await _write(site, owing, mail, recipient, row, session, 1)
        subject = Subject(
            kind="duty", id=row.id, label=owing.duty.label(site.configuration.site.languages[0])
        )
        about = {"type": row.type, "duty": row.duty}
        await record_event(
            site, SYSTEM, "duty.overdue", subject, session, operator_id=row.operator_id, **about
        )

    await site.store.transaction(body)


async def _addressed(site: Site, owing: Owing | None, row: Owed) -> AsyncIterator[tuple[DutyMail, Recipient]]:
    """The mails about one operator and whom they go to: the operator itself, or whom a route finds for it."""
    mails = [mail for mail in _mails(owing) if not _is_role(site, mail)]
    centre = await _centre(site, row)
    for mail in mails:
        for recipient in await addressed(site, mail.to, centre):
            yield mail, recipient


async def _centre(site: Site, row: Owed) -> Centre:
    """What routes look out from: the registration of the operator itself."""
    kind = site.configuration.site.operator_type
    own = await site.records[kind].get(row.operator_id)
    if own is None:
        return Centre(kind, row.operator_id, {})
    return replace(around_record(site, own), operator_id=row.operator_id)


def _is_role(site: Site, mail: DutyMail) -> bool:
    """Whether a mail goes to the staff of a role, who are told of all operators at once."""
    return mail.to != "operator" and mail.to not in site.configuration.site.routes


def _mails(owing: Owing | None) -> list[DutyMail]:
    """The mails of a duty that is overdue; where it names none, the program's own, to both sides."""
    if owing is None:
        return []
    if owing.duty.overdue:
        return list(owing.duty.overdue)
    asking = owing.definition.applications.asked
    roles = asking.by if asking is not None and asking.by else ("reviewer",)
    return [DutyMail(template=DUTY_OVERDUE), *(DutyMail(template=DUTIES_OVERDUE, to=role) for role in roles)]


async def _write(
    site: Site, owing: Owing, mail: DutyMail, recipient: Recipient, row: Owed, session: Session, count: int
) -> None:
    """One mail about what is overdue; nothing where the site has no such template."""
    if not is_written(site, mail.template):
        return
    own = side_mailed(site, mail.to, None) == "operator"
    letter = Letter(
        template=mail.template,
        recipient=recipient,
        cause=f"owed:{row.id}:{row.due}:{mail.to}",
        to=mail.to,
        values={**_values(site, owing, recipient, row, own=own), "count": str(count)},
        operator_id=row.operator_id if own else None,
    )
    await queue_letter(site, letter, session)


def _values(site: Site, owing: Owing, recipient: Recipient, row: Owed, *, own: bool) -> dict[str, str]:
    return {
        "record_type": owing.definition.label(recipient.language),
        "title": owing.duty.label(recipient.language),
        "due_date": due_words(site, row.due, recipient.language),
        "page": f"{site.base_url}{'/portal/duties' if own else '/admin/duties?show=overdue'}",
    }


async def _tell_staff(site: Site, owing: Owing) -> bool:
    """One mail to the staff about all operators late with a duty they were not told of."""
    where = {"type": owing.definition.name, "duty": owing.duty.name, "staff_told": False}
    mails = [mail for mail in _mails(owing) if _is_role(site, mail)]

    async def body(session: Session) -> bool:
        rows = await Owed.raw().find(where, session=session).sort("_id", 1).to_list(None)
        ids = [row["_id"] for row in rows]
        done = {"$set": {"staff_told": True}, "$inc": {"revision": 1}}
        await Owed.raw().update_many({"_id": {"$in": ids}}, done, session=session)
        for mail in mails if rows else ():
            for recipient in await people_of_role(mail.to):
                first = Owed.model_validate(rows[0])
                await _write(site, owing, mail, recipient, first, session, len(rows))
        return bool(rows)

    return await site.store.transaction(body)
