"""Demo notices: approved, published, corrected and withdrawn by the services of real ones, in the past."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from app.demo_records import approved, bring_in, read
from app.story import at
from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.record import Record
from models.errors import ConfigurationError
from models.permissions import Actor
from models.schema.fields.file import KINDS
from models.services.identifying import actor_for
from models.services.lifecycles import act
from models.services.listing import list_some
from models.services.registry import Published
from models.services.site import Site
from models.services.uploads import facts

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


def _notices(site: Site) -> Published:
    """The record type demo notices are of: the first that is published. Raises ConfigurationError."""
    for published in site.registry.all_current().values():
        if published.definition.publication is not None:
            return published
    raise ConfigurationError((), "The demo has notices, but no record type is published.")


async def registered(
    site: Site, answers: Mapping[str, Any], *, of: Record | None = None, key: Id | None = None
) -> Record:
    """The notice as if its approval had just been given; the next edition where `of` stands already."""
    published = _notices(site)
    reading = read(site, published.compiled, answers, None, "staff")
    return await bring_in(site, await approved(site, published, reading, by_staff=True, of=of, key=key))
