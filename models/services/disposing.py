"""Doing what an approved report of the retention job says, one thing at a time. What a crash interrupts is
done anew; what a hold covers by then is left. Rows stay, as tombstones: nothing is ever removed but files."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from models.documents.account import Account
from models.documents.application import Applicant, Application, Erasure, Step
from models.documents.base import Id, read_id
from models.documents.certificate import Certificate
from models.documents.event import Subject
from models.documents.ledger import LedgerLine
from models.documents.message import Message
from models.documents.record import Disposal, RecordVersion
from models.documents.retention import ItemState, RetentionItem, RetentionRun
from models.documents.store import Session
from models.permissions import SYSTEM
from models.schema.definition import RecordType
from models.schema.impersonal import files_in, impersonal
from models.schema.search import grams_of
from models.services.delivery import OVER
from models.services.erasing import SPOKEN
from models.services.events import record_event
from models.services.falling_due import is_over
from models.services.holds import guard, held
from models.services.retention import LEASE, claim, finish
from models.services.site import Site

OF_A_PERSON = ("name", "to_address", "acknowledged_as", "message_key", "problem")
"""What of a line of a ledger names its person; keys and problems of mails hold their address."""

BATCH = 20
"""Things done before the worker looks at something else."""


async def dispose_some(site: Site) -> bool:
    """Do up to BATCH things of the approved run; False when there is none to do."""
    run = await claim(site, "approved")
    if run is None:
        return False
    where = {"run_id": run.id, "state": {"$in": ["due", "emptied"]}}
    found = await RetentionItem.find(where).sort("+_id").limit(BATCH).to_list()
    for item in found:
        await _do(site, run, item)
    if not found:
        await finish(site, run)
    await RetentionRun.raw().update_one({"_id": run.id}, {"$set": {"lease_until": None}})
    return True


async def _do(site: Site, run: RetentionRun, item: RetentionItem) -> None:
    """One thing: emptied in one transaction, then its files removed, then the item is done."""
    state, files = ("emptied", item.files) if item.state == "emptied" else await _empty(site, run, item)
    if files:
        await site.store.attachments.discard(files)
    values = {"state": "done" if state == "emptied" else state, "done_at": site.now(), "files": []}
    await RetentionItem.raw().update_one({"_id": item.id}, {"$set": values})
    await RetentionRun.raw().update_one({"_id": run.id}, {"$set": {"lease_until": site.now() + LEASE}})


async def _empty(site: Site, run: RetentionRun, item: RetentionItem) -> tuple[ItemState, list[Id]]:
    """Empty a thing unless a hold covers it by now, or it is in force again; what is left to do is written
    down with it."""

    async def body(session: Session) -> tuple[ItemState, list[Id]]:
        covered = [each for each in (item.thing_id, item.operator_id) if each is not None]
        await guard(site, item, session)
        if await held(covered, session):
            return "held", []
        if not await is_over(site, item, session):
            return "gone", []
        files = await EMPTY[item.kind](site, run, item, session)
        if files is None:
            return "gone", []
        values = {"state": "emptied", "files": files}
        await RetentionItem.raw().update_one({"_id": item.id}, {"$set": values}, session=session)
        await _tell(site, run, item, len(files), session)
        return "emptied", files

    return await site.store.transaction(body)


async def _tell(site: Site, run: RetentionRun, item: RetentionItem, files: int, session: Session) -> None:
    subject = Subject(kind=item.type or item.kind, id=item.thing_id, label=item.label)
    told = {"retention": item.retention, "how": item.action, "run": str(run.id), "files": files}
    await record_event(
        site, SYSTEM, "retention.disposed", subject, session, operator_id=item.operator_id, **told
    )


async def _record(site: Site, run: RetentionRun, item: RetentionItem, session: Session) -> list[Id] | None:
    """A record with its versions and applications; None where it is gone."""
    record = await site.records[item.type].get(item.thing_id, session)
    if record is None or record.disposed is not None:
        return None
    versions = await RecordVersion.find({"record_id": record.id}, session=session).to_list()
    about = {"$or": [{"record_id": record.id}, {"about": record.id}]}
    found = await Application.find(about, session=session).to_list()
    before = [record.data, record.attic, [v.data for v in versions], [v.evidence for v in versions]]
    definition = site.registry.at(record.type, record.schema_version).definition
    data = _left(item, definition, record.data)
    after: list[Any] = [data]
    for version in versions:
        after.append(await _empty_version(site, item, version, session))
    for application in found:
        before.append(_given(application))
        after.append(await _empty_application(site, item, application, session))
    files = _lost(before, after)
    title = (definition.title_of(data) or record.number) if data else record.number
    values = {
        "data": data,
        "attic": [],
        "title": title,
        "grams": grams_of(definition, record.number, data) if data else [],
        "disposed": Disposal(at=site.now(), run_id=run.id, action=item.action).model_dump(),
        "consents": [],
        "revision": record.revision + 1,
    }
    await site.records[item.type].change(record.id, record.revision, values, session)
    return files


def _left(item: RetentionItem, definition: RecordType, data: Mapping[str, Any] | None) -> dict[str, Any]:
    """What stays of answers: those about no person, or none."""
    return impersonal(definition, data or {}) if item.action == "anonymise" else {}


def _lost(before: Any, after: Any) -> list[Id]:
    """The files that were among the answers and are not any more."""
    stay = set(files_in(after))
    return [read_id(identity) for identity in dict.fromkeys(files_in(before)) if identity not in stay]


async def _empty_version(
    site: Site, item: RetentionItem, version: RecordVersion, session: Session
) -> dict[str, Any]:
    definition = site.registry.at(version.type, version.schema_version).definition
    data = _left(item, definition, version.data)
    values = {"data": data, "reason": "", "evidence": []}
    await RecordVersion.raw().update_one({"_id": version.id}, {"$set": values}, session=session)
    return data


def _given(application: Application) -> list[Any]:
    """Everything an application holds that may name a file."""
    submitted = [each.data for each in application.submissions]
    return [application.answers, application.data or {}, application.attic, submitted]


async def _application(
    site: Site, run: RetentionRun, item: RetentionItem, session: Session
) -> list[Id] | None:
    """An application that came to nothing; None where it is gone or done."""
    del run
    nothing = {"open": False, "record_id": None, "about": None, "erased": None}
    found = await Application.find_one({"_id": item.thing_id, **nothing}, session=session)
    if found is None:
        return None
    left = await _empty_application(site, item, found, session)
    return _lost(_given(found), left)


async def _empty_application(
    site: Site, item: RetentionItem, application: Application, session: Session
) -> dict[str, Any]:
    """Leave of an application its reference, dates and steps, and answers about no person."""
    definition = site.registry.at(application.type, application.schema_version).definition
    data = _left(item, definition, application.data)
    mark = Erasure(at=site.now(), hash=_hash(site, application), action=item.action)
    kept = [
        {**each.model_dump(), "data": _left(item, definition, each.data)} for each in application.submissions
    ]
    values = {
        "answers": data,
        "data": data if application.data is not None else None,
        "submissions": kept,
        "attic": [],
        "title": "",
        "operator_name": "",
        "applicant": Applicant(account_id=application.applicant.account_id).model_dump(),
        "certificate": None,
        "keys": [],
        "grams": [],
        "ground": "",
        "remarks": [],
        "handovers": [],
        "history": [_unspoken(step) for step in application.history],
        "erased": mark.model_dump(),
        "updated_at": site.now(),
    }
    await Application.raw().update_one(
        {"_id": application.id}, {"$set": values, "$inc": {"revision": 1}}, session=session
    )
    return data


def _unspoken(step: Step) -> dict[str, Any]:
    """A step without what was written with it."""
    consents = [{**each.model_dump(), "note": ""} for each in step.consents]
    return {**step.model_dump(), "note": "", "consents": consents}


def _hash(site: Site, application: Application) -> str:
    """A keyed hash of the answers: what somebody still has can be compared, and nobody can guess it."""
    written = json.dumps(application.answers, sort_keys=True, ensure_ascii=False, default=str)
    return site.sign("erased", written)


async def _account(site: Site, run: RetentionRun, item: RetentionItem, session: Session) -> list[Id] | None:
    """An account without its person; the login stays taken for ever (R53). Ledgers go on saying what became
    of what it was told, and by whose login, without name and address."""
    del site, run
    named = {"account_id": item.thing_id, "name": {"$ne": ""}}
    await LedgerLine.raw().update_many(named, {"$set": dict.fromkeys(OF_A_PERSON, "")}, session=session)
    values: dict[str, Any] = {
        "name": "",
        "email": "",
        "password_hash": None,
        "roles": [],
        "status": "deleted",
        "delegation": None,
        "asked_address": None,
        "lock": None,
    }
    return await _blank(Account, item, values, session)


async def _certificate(
    site: Site, run: RetentionRun, item: RetentionItem, session: Session
) -> list[Id] | None:
    """A certificate without the names in it; serial and fingerprint stay, so that it opens nothing again."""
    del site, run
    values: dict[str, Any] = {"subject": "", "label": "", "holder_id": None, "uses": [], "state": "retired"}
    return await _blank(Certificate, item, values, session)


async def _message(site: Site, run: RetentionRun, item: RetentionItem, session: Session) -> list[Id] | None:
    """A mail without address and text, never to be sent; the key that kept it from going twice held the
    address too."""
    del site, run
    values: dict[str, Any] = {
        **OVER,
        **dict.fromkeys(SPOKEN, ""),
        "subject": "",
        "body": None,
        "links": {},
        "dedupe_key": f"erased:{item.thing_id}",
    }
    return await _blank(Message, item, values, session)


async def _blank(
    model: Any, item: RetentionItem, values: Mapping[str, Any], session: Session
) -> list[Id] | None:
    done = await model.raw().update_one({"_id": item.thing_id}, {"$set": dict(values)}, session=session)
    return [] if done.matched_count else None


Empty = Callable[[Site, RetentionRun, RetentionItem, Session], Awaitable[list[Id] | None]]

EMPTY: Mapping[str, Empty] = {
    "record": _record,
    "application": _application,
    "account": _account,
    "certificate": _certificate,
    "message": _message,
}
"""How each kind of thing is emptied."""
