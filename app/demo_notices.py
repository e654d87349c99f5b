"""Demo notices: approved, published, corrected and withdrawn by the services of real ones, in the past."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from app.story import at
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import ConfigurationError
from models.permissions import SYSTEM, Actor
from models.schema.fields.file import KINDS
from models.schema.reading import read_data
from models.services.beginning import next_reference
from models.services.effects import Work, register
from models.services.identifying import actor_for
from models.services.lifecycles import act
from models.services.listing import list_some
from models.services.site import Site
from models.services.uploads import facts

NOTICE = "notice"
"""The record type demo notices are of."""

LATER = timedelta(days=1)
"""How long after its publication a demo notice is corrected or withdrawn."""


async def tell_notice(site: Site, row: Mapping[str, Any], *, listed: bool = False) -> None:
    """Bring one notice of a demo file about; `listed`: with everybody it was for told on its day, and not by
    the workers now. Raises ConfigurationError where it does not hold."""
    moment, key = site.now() - timedelta(days=row["published"]), new_id()
    then, later, approver = at(site, moment), at(site, moment + LATER), await _approver()
    files = await _kept(then, key, row.get("files", ()))
    answers = {**_dated(row["data"], then.today()), **({"attachments": files} if files else {})}
    record = await registered(then, answers, key=key)
    record = await act(then, approver, record, "publish", revision=record.revision)
    if listed:
        await _list(then)
    if "corrected" in row:
        record = await registered(later, {**answers, **row["corrected"]}, of=record)
        if listed:
            await _list(later)
    if "withdrawn" in row:
        await act(later, approver, record, "withdraw", reason=row["withdrawn"], revision=record.revision)


async def _list(site: Site) -> None:
    while await list_some(site):
        pass


def _dated(data: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The answers, with the days the file tells as a number of days, counted from `day`, written out."""
    told = {name: data[name] for name in ("acknowledge_by", "ends_on") if name in data}
    return {**data, **{name: (day + timedelta(days=days)).isoformat() for name, days in told.items()}}


async def _kept(site: Site, key: Id, files: Iterable[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The files of a notice, texts in the demo file, stored as its application's; what its answers hold."""
    attachments = site.store.attachments
    return [
        facts(await attachments.put(file["name"], _kind(file["name"]), str(key), _content(file)))
        for file in files
    ]


def _kind(name: str) -> str:
    return KINDS[name.rpartition(".")[2]][0]


def _content(file: Mapping[str, str]) -> bytes:
    """With the mark spreadsheets know the encoding by."""
    return file["text"].encode("utf-8-sig")


async def _approver() -> Actor:
    found = await Account.find_one({"kind": "staff", "roles": "approver"})
    if found is None:
        raise ConfigurationError((), "The demo has no approver, who publishes its notices.")
    return actor_for(found)


async def registered(
    site: Site, answers: Mapping[str, Any], *, of: Record | None = None, key: Id | None = None
) -> Record:
    """The notice as if its approval had just been given; the next edition where `of` stands already."""
    published = site.registry.current(NOTICE)
    reading = read_data(published.compiled, dict(answers), {"TODAY": site.today().isoformat()})
    if reading.errors:
        wrong = reading.errors[0]
        told = {"path": wrong.path, "key": wrong.key}
        raise ConfigurationError((), "A demo record does not hold: {path}: {key}", **told)
    application = Application(
        id=key or new_id(),
        reference=await next_reference(site),
        type=NOTICE,
        kind="change" if of else "register",
        record_id=of.id if of else None,
        base_revision=of.revision if of else None,
        schema_version=published.version,
        state="approved",
        open=False,
        by_staff=True,
        title=published.definition.title_of(reading.data),
        data=reading.data,
        created_at=site.now(),
        updated_at=site.now(),
        submitted_at=site.now(),
        decided_at=site.now(),
    )

    async def body(session: Session) -> Record:
        work = Work(site, SYSTEM, application, session)
        await register(work, {})
        if work.record is None:
            raise ConfigurationError
        kept = {"record_id": work.record.id, "number": work.record.number}
        await application.model_copy(update=kept).insert(session=session)
        return work.record

    return await site.store.transaction(body)
