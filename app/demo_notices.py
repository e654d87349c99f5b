"""Demo notices: approved, published and withdrawn by the same services as real ones, at a clock set back."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.story import at
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.record import Record
from models.documents.store import Session
from models.errors import ConfigurationError
from models.permissions import SYSTEM, Actor
from models.schema.reading import read_data
from models.services.beginning import next_reference
from models.services.effects import Work, register
from models.services.identifying import actor_for
from models.services.lifecycles import act
from models.services.site import Site

NOTICE = "notice"
"""The record type demo notices are of."""

LATER = timedelta(days=1)
"""How long after its publication a demo notice is withdrawn."""


async def tell_notice(site: Site, row: Mapping[str, Any]) -> None:
    """Bring one notice of a demo file about. Raises ConfigurationError where it does not hold."""
    moment = site.now() - timedelta(days=row["published"])
    then, approver = at(site, moment), await _approver()
    record = await registered(then, _dated(row["data"], then.today()))
    record = await act(then, approver, record, "publish", revision=record.revision)
    if "withdrawn" in row:
        later = at(site, moment + LATER)
        await act(later, approver, record, "withdraw", reason=row["withdrawn"], revision=record.revision)


def _dated(data: Mapping[str, Any], day: date) -> dict[str, Any]:
    """The answers, with the day to acknowledge by, which the file tells in days, written out."""
    days = data.get("acknowledge_by")
    by = {} if days is None else {"acknowledge_by": (day + timedelta(days=days)).isoformat()}
    return {**data, **by}


async def _approver() -> Actor:
    found = await Account.find_one({"kind": "staff", "roles": "approver"})
    if found is None:
        raise ConfigurationError((), "The demo has no approver, who publishes its notices.")
    return actor_for(found)


async def registered(site: Site, answers: Mapping[str, Any]) -> Record:
    """The notice as if its approval had just been given."""
    published = site.registry.current(NOTICE)
    reading = read_data(published.compiled, dict(answers), {"TODAY": site.today().isoformat()})
    if reading.errors:
        wrong = reading.errors[0]
        facts = {"path": wrong.path, "key": wrong.key}
        raise ConfigurationError((), "A demo record does not hold: {path}: {key}", **facts)
    application = Application(
        id=new_id(),
        reference=await next_reference(site),
        type=NOTICE,
        kind="register",
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
