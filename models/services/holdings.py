"""Who has what: accounts with their roles, permissions, scopes and certificates, as a file."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from models.documents.account import Account
from models.documents.base import Id
from models.documents.certificate import Certificate
from models.documents.event import Subject
from models.documents.store import Session
from models.errors import NotFound
from models.grants import PERMISSIONS
from models.interchange.tables.comma import CommaWriter
from models.language import Language, Message, translate
from models.permissions import Actor, allowed, require
from models.services.events import record_event
from models.services.identifying import acting
from models.services.roles import role_label
from models.services.side_words import side_words
from models.services.site import Site

HEADS = (
    Message("ID"),
    Message("Name of the person"),
    Message("E-mail address"),
    Message("Side"),
    Message("{Operator} number"),
    Message("{Operator}"),
    Message("Delegate of"),
    Message("Roles"),
    Message("Permissions"),
    Message("Record types"),
    Message("First day"),
    Message("Last day"),
    Message("Duties confirmed"),
    Message("Certificates"),
    Message("Last sign-in"),
    Message("State"),
    Message("Locked"),
    Message("Reason"),
    Message("Issued"),
)
SIDES = {"staff": Message("Staff"), "operator": Message("{Operator}")}
STATES = {
    "invited": Message("Invited"),
    "active": Message("Active"),
    "suspended": Message("Stopped"),
    "deleted": Message("Removed"),
}
EVERYTHING = Message("All")

BATCH = 200
"""Accounts read at once."""

NOTICE = "Personal data. Handle it as the terms of use ask; made on {day} for {who}."


async def own_file(site: Site, actor: Actor, language: Language) -> bytes:
    """Who has what at the administrator's operator and its delegates, as CSV; an event says that it was
    taken. Raises NotAllowed."""
    require(actor, "account.view_own")
    if actor.operator_id is None:
        raise NotFound
    await _note(site, actor, actor.operator_id)
    where = {"operator_id": actor.operator_id}
    return b"".join([part async for part in _parts(site, actor, where, language)])


async def whole_file(site: Site, actor: Actor, language: Language) -> AsyncIterator[bytes]:
    """Who has what at the whole site, as the parts of a CSV file. Raises NotAllowed before the first."""
    require(actor, "account.export")
    await _note(site, actor, None)
    return _parts(site, actor, {}, language)


async def _note(site: Site, actor: Actor, operator_id: Id | None) -> None:
    subject = Subject(kind="account", label="csv")

    async def body(session: Session) -> None:
        await record_event(site, actor, "account.exported", subject, session, operator_id=operator_id)

    await site.store.transaction(body)


async def _parts(
    site: Site, actor: Actor, where: Mapping[str, Any], language: Language
) -> AsyncIterator[bytes]:
    writer = CommaWriter()
    notice = Message(NOTICE, {"day": site.today().isoformat(), "who": actor.name})
    heads = [translate(head.msgid, language, **side_words(site)) for head in HEADS]
    yield writer.begin([notice(language)], heads)
    last: Any = None
    while True:
        after = {"_id": {"$gt": last}} if last is not None else {}
        found = await Account.find({**where, **after}).sort("_id").limit(BATCH).to_list()
        if not found:
            break
        last = found[-1].id
        yield writer.rows(await _rows(site, found, language))
    yield writer.end()


async def _rows(site: Site, found: Sequence[Account], language: Language) -> list[list[Any]]:
    operators = list({each.operator_id for each in found if each.operator_id is not None})
    names, serials = await _operators(site, operators), await _serials(operators)
    return [_row(site, each, names, serials, language) for each in found]


async def _operators(site: Site, identifiers: list[Id]) -> dict[Any, tuple[str, str]]:
    records = site.records[site.configuration.site.operator_type]
    where = {"_id": {"$in": identifiers}}
    rows = await records.rows(where, {"number": 1, "title": 1}, [("_id", 1)], 0, max(1, len(identifiers)))
    return {row["_id"]: (str(row.get("number", "")), str(row.get("title", ""))) for row in rows}


async def _serials(operators: list[Id]) -> dict[Any, str]:
    where = {"operator_id": {"$in": operators}, "state": {"$in": ["registered", "bound"]}}
    told: dict[Any, list[str]] = {}
    async for row in Certificate.raw().find(where, {"operator_id": 1, "serial": 1}).sort("serial", 1):
        told.setdefault(row["operator_id"], []).append(str(row["serial"]))
    return {operator: " ".join(serials) for operator, serials in told.items()}


def _row(
    site: Site,
    account: Account,
    names: Mapping[Any, tuple[str, str]],
    serials: Mapping[Any, str],
    language: Language,
) -> list[Any]:
    number, title = names.get(account.operator_id, ("", ""))
    return [
        account.login,
        account.name,
        account.email,
        translate(SIDES[account.kind].msgid, language, **side_words(site)),
        number,
        title,
        *_delegation(site, account, language)[:1],
        ", ".join(role_label(site, name)(language) for name in account.roles),
        " ".join(name for name in PERMISSIONS if allowed(acting(site, account), name)),
        *_delegation(site, account, language)[1:],
        serials.get(account.operator_id, "") if account.kind == "operator" else "",
        _moment(site, account.last_login_at),
        STATES[account.status](language),
        _moment(site, account.lock.at) if account.lock else "",
        account.halt.reason if account.halt else "",
        _moment(site, account.created_at),
    ]


def _delegation(site: Site, account: Account, language: Language) -> list[str]:
    """The organisation, the record types, the first and the last day, and the duties confirmed."""
    given = account.delegation
    if given is None:
        return ["", EVERYTHING(language) if account.kind == "operator" else "", "", "", ""]
    current = site.registry.all_current()
    labels = [current[name].definition.label(language) for name in given.types or () if name in current]
    types = EVERYTHING(language) if given.types is None else ", ".join(labels)
    confirmed = f"{given.duties.version} {_moment(site, given.duties.at)}"
    return [given.organisation, types, given.begins, given.ends, confirmed]


def _moment(site: Site, at: Any) -> str:
    return f"{at.astimezone(site.calendar.zone):%Y-%m-%d %H:%M}" if at is not None else ""
