"""What becomes of reports of loss: the staff instruct, stop, close and reopen; the operator answers."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.documents.base import read_id
from models.documents.guarded import update_where
from models.documents.loss import Closing, Item, LossReport
from models.documents.store import Session
from models.errors import AnswersInvalid, LossMoved, NotFound
from models.language import Message
from models.permissions import Actor, require
from models.schema.reading import AnswerError
from models.services import threads
from models.services.administration import read_reason
from models.services.loss_mails import tell_state
from models.services.losses import about, answer_time, choices_of, note, own_report, stop_items
from models.services.side_words import side_words
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.stops import find_operator
from models.services.threads import Said

SUBJECT = "loss"
"""What the threads of reports are filed under."""

SHOWN = 200
"""Most reports of one list."""

LISTS: Mapping[str, Mapping[str, Any]] = {
    "staff": {"waits_for": "staff"},
    "operator": {"waits_for": "operator"},
    "closed": {"state": "closed"},
}
"""The lists of reports the staff see, by whose turn it is."""

CLOSED = "This report is closed. Report again, or ask us by telephone to open it again."


async def reports(actor: Actor, group: str) -> list[LossReport]:
    """The reports of one of LISTS: those that wait for the staff by the time they are due, others newest
    first (at most SHOWN). Raises NotAllowed, NotFound."""
    require(actor, "loss.view")
    if group not in LISTS:
        raise NotFound
    order = ["+due", "-_id"] if group == "staff" else ["-_id"]
    return await LossReport.find(LISTS[group]).sort(*order).limit(SHOWN).to_list()


async def counted() -> dict[str, int]:
    """How many reports each list has, none counted further than SHOWN + 1."""
    collection = LossReport.raw()
    return {
        group: await collection.count_documents(dict(where), limit=SHOWN + 1)
        for group, where in LISTS.items()
    }


async def find_report(actor: Actor, number: str) -> LossReport:
    """One report, for the staff. Raises NotAllowed, NotFound."""
    require(actor, "loss.view")
    found: LossReport | None = await LossReport.find_one({"number": number[:40]})
    if found is None:
        raise NotFound
    return found


async def thread(site: Site, actor: Actor, report: LossReport) -> list[Said]:
    """What was written about a report, oldest first."""
    return await threads.messages(site, actor, SUBJECT, read_id(report.id))


async def instruct(site: Site, actor: Actor, number: str, text: str, key: str = "") -> None:
    """Send instructions to the operator. Raises NotAllowed, NotFound, AnswersInvalid (path ``text``),
    LossMoved (closed, or about no operator we know), AlreadyDone (a form sent twice)."""
    require(actor, "loss.handle")
    found = await find_report(actor, number)
    if found.operator_id is None:
        raise LossMoved("Say first which {operator} this report is about.", **side_words(site))
    values = {"state": "instructed", "waits_for": "operator", "due": None}
    if found.answered_at is None:
        values["answered_at"] = site.now()  # type: ignore[assignment]
    await _write(site, actor, found, text, values, key)


async def answer(site: Site, actor: Actor, number: str, text: str, key: str = "") -> None:
    """Answer the staff, or tell them more. Raises NotAllowed, NotFound, AnswersInvalid (path ``text``),
    LossMoved (closed), AlreadyDone (a form sent twice)."""
    found = await own_report(site, actor, number)
    due = found.due or site.now() + answer_time(site)
    await _write(site, actor, found, text, {"waits_for": "staff", "due": due}, key)


async def _write(
    site: Site, actor: Actor, found: LossReport, text: str, values: Mapping[str, Any], key: str
) -> None:
    identifier = read_id(found.id)

    async def body(session: Session) -> None:
        where = {"_id": identifier, "state": {"$ne": "closed"}}
        if await _change(where, values, session) is None:
            raise LossMoved(CLOSED)
        await threads.post(site, actor, SUBJECT, identifier, text, session, about=about(site, found), key=key)

    await site.store.transaction(body)


async def _change(where: Mapping[str, Any], values: Mapping[str, Any], session: Session) -> LossReport | None:
    update = {"$set": dict(values), "$inc": {"revision": 1}}
    return await update_where(LossReport, where, update, session)


async def stop_now(site: Site, actor: Actor, number: str, names: Sequence[str]) -> LossReport:
    """Suspend items of a report, and whatever else of the operator was lost, by the staff.

    Raises NotAllowed, NotFound, ConfirmationRequired, LossMoved (closed, or about no operator we know),
    AnswersInvalid (path ``items``)."""
    require(actor, "loss.handle")
    found = await find_report(actor, number)
    require_recent(site, actor)
    if found.operator_id is None or found.state == "closed":
        raise LossMoved
    return await stop_chosen(site, actor, found, names, {"state": {"$ne": "closed"}}, {})


async def stop_chosen(
    site: Site,
    actor: Actor,
    found: LossReport,
    names: Sequence[str],
    seen: Mapping[str, Any],
    values: Mapping[str, Any],
    session: Session = None,
) -> LossReport:
    """Suspend what was chosen of the operator's certificates and accounts, and write it into the report,
    which must be as `seen`. Raises AnswersInvalid (path ``items``), LossMoved."""
    assert found.operator_id is not None  # noqa: S101 - both callers have looked
    chosen = [each for each in await choices_of(found.operator_id) if each.name in names]
    if not chosen:
        raise AnswersInvalid((AnswerError("items", "required", Message("Choose what is to be stopped.")),))

    async def body(session: Session) -> LossReport:
        kept = [item for item in found.items if item.id not in {each.id for each in chosen}]
        items = [Item(kind=each.kind, id=each.id, label=each.label) for each in chosen]
        stopped = await stop_items(site, actor, found.number, items, session)
        rows = [item.model_dump() for item in (*kept, *stopped)]
        changed = await _change(
            {"_id": found.id, "revision": found.revision, **seen}, {**values, "items": rows}, session
        )
        if changed is None:
            raise LossMoved
        labels = ", ".join(each.label for each in chosen)
        await note(site, actor, "loss.stopped", changed, session, stopped=labels)
        return changed

    return await (body(session) if session is not None else site.store.transaction(body))


async def close(site: Site, actor: Actor, number: str, reason: str, *, revision: int) -> None:
    """Close a report, with the reason. `revision` is what was seen. Raises NotAllowed, NotFound,
    AnswersInvalid (path ``reason``), LossMoved."""
    closing = Closing(reason=read_reason(reason), by=actor.person, at=site.now()).model_dump()
    values = {"state": "closed", "waits_for": "", "due": None, "closed": closing}
    where = {"state": {"$ne": "closed"}, "revision": revision}
    await _turn(site, actor, number, reason, where, values)


async def reopen(site: Site, actor: Actor, number: str, reason: str, *, revision: int) -> None:
    """Open a closed report again, with the reason: it waits for the staff. Raises as ``close``."""
    read_reason(reason)
    due = site.now() + answer_time(site)
    values = {"state": "received", "waits_for": "staff", "due": due, "closed": None}
    await _turn(site, actor, number, reason, {"state": "closed", "revision": revision}, values)


async def _turn(
    site: Site,
    actor: Actor,
    number: str,
    reason: str,
    where: Mapping[str, Any],
    values: Mapping[str, Any],
) -> None:
    require(actor, "loss.handle")
    found = await find_report(actor, number)

    async def body(session: Session) -> None:
        changed = await _change({"_id": found.id, **where}, values, session)
        if changed is None:
            raise LossMoved
        action = "loss.closed" if values["state"] == "closed" else "loss.reopened"
        await note(site, actor, action, changed, session, reason=reason.strip())
        await tell_state(site, changed, reason.strip(), session)

    await site.store.transaction(body)


async def assign(site: Site, actor: Actor, number: str, operator_number: str, *, revision: int) -> None:
    """Say which operator a report is about that came from outside with a code we do not know.

    Raises NotAllowed, NotFound, AnswersInvalid (path ``operator``), LossMoved."""
    require(actor, "loss.handle")
    found = await find_report(actor, number)
    operator_id, label = await find_operator(site, operator_number)
    values = {"operator_id": operator_id, "operator_name": label}

    async def body(session: Session) -> None:
        where = {"_id": found.id, "revision": revision, "operator_id": None}
        changed = await _change(where, values, session)
        if changed is None:
            raise LossMoved
        await note(site, actor, "loss.assigned", changed, session)

    await site.store.transaction(body)
