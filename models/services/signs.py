"""Risk signs: what about an application wants attention, in words and with the name of the rule that says so.

Some follow from a row of the queue alone, some from one question about all rows of a page. What only the
answers can tell is found out once, when they are handed over, and kept on the application."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from models.access import found_at
from models.configuration.business_days import BusinessDays
from models.documents.application import Application
from models.documents.base import Id
from models.language import Message
from models.permissions import SYSTEM, Actor
from models.schema.definition import RecordType
from models.schema.fields.base import UniqueRule
from models.schema.search import entries
from models.services.checks import automatic_checks
from models.services.seeing import governed, is_read
from models.services.site import Site

Row = Mapping[str, Any]
Tone = Literal["bad", "warn", "info", "plain"]

SOON = 1
"""Business days before the due date from which it is near."""

UNASSIGNED = 2
"""Business days after which somebody should be in charge."""

SAME = 1000
"""Most other applications looked at for the same values."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a stable `name`, its words, and the `rule` it comes from."""

    name: str
    tone: Tone
    message: Message
    rule: str


async def signs_of(site: Site, actor: Actor, rows: Sequence[Row], days: BusinessDays) -> dict[Id, list[Sign]]:
    """The signs of each row of a page (read with ``queue.COLUMNS``), as far as `actor` may be told, by the
    row's id. A damaged row has those that could be read of it."""
    stale, same = await asyncio.gather(_stale(site, rows), _same(rows))
    return {row["_id"]: list(_signs(site, actor, row, days, stale, same)) for row in rows}


def _signs(
    site: Site, actor: Actor, row: Row, days: BusinessDays, stale: set[Id], same: Mapping[Id, set[str]]
) -> Iterator[Sign]:
    for sign in (_due, _handed, _alone, _again):
        try:
            yield from sign(site, actor, row, days)
        except (TypeError, ValueError, AttributeError, KeyError):
            continue
    if row["_id"] in stale:
        words = Message("The registered information has changed meanwhile")
        yield Sign("stale", "bad", words, "record.revision")
    yield from _kept(site, actor, row, same)


def _due(site: Site, actor: Actor, row: Row, days: BusinessDays) -> Iterator[Sign]:
    due = row.get("due")
    if not isinstance(due, datetime) or not row.get("open"):
        return
    rule = f"{row['state']}.due"
    if due <= site.now():
        yield Sign("overdue", "bad", Message("Overdue"), rule)
    elif days.until(site.calendar.due_day(due)) <= SOON:
        yield Sign("due_soon", "warn", Message("Due soon"), rule)


def _handed(site: Site, actor: Actor, row: Row, days: BusinessDays) -> Iterator[Sign]:
    last = next(iter(row.get("handovers") or ()), None)
    if last and last["to"]["id"] == actor.account_id == (row.get("assignee") or {}).get("id"):
        msgid = "Handed to you by {who}: {note}" if last.get("note") else "Handed to you by {who}"
        values = {"who": last["by"]["name"], "note": last.get("note", "")}
        yield Sign("handed", "info", Message(msgid, values), "assignee")


def _alone(site: Site, actor: Actor, row: Row, days: BusinessDays) -> Iterator[Sign]:
    if row.get("assignee") or not row.get("open") or not row.get("submissions"):
        return
    handed_in = row["submissions"][-1]["at"]
    waited = days.since(handed_in.astimezone(site.calendar.zone).date())
    if waited > UNASSIGNED:
        words = Message("Nobody in charge for {count} business days", {"count": waited})
        yield Sign("unassigned", "warn", words, "assignee")


def _again(site: Site, actor: Actor, row: Row, days: BusinessDays) -> Iterator[Sign]:
    times = len(row.get("submissions") or ()) - 1
    if times > 0:
        yield Sign("resubmitted", "info", Message("Resubmitted ({count})", {"count": times}), "submissions")


def _kept(site: Site, actor: Actor, row: Row, same: Mapping[Id, set[str]]) -> Iterator[Sign]:
    """What was found out when it was handed over, and the values another open application has too."""
    failed = [str(rule) for rule in _listed(row.get("signs"))] if row.get("open") else []
    shared = same.get(row["_id"], set())
    if not failed and not shared:
        return
    definition = _definition(site, row)
    if definition is None:
        return
    for rule in failed:
        if (label := _label(actor, definition, rule.rpartition(".")[0])) is not None:
            told = Message("A check fails: {label}", {"label": label}) if label else Message("A check fails")
            yield Sign("check", "bad", told, rule)
    for name in sorted(shared):
        if label := _label(actor, definition, name):
            words = Message("{label}: the same in another open application", {"label": label})
            yield Sign("duplicate", "bad", words, f"{name}.unique")


def _definition(site: Site, row: Row) -> RecordType | None:
    name, version = row.get("type"), row.get("schema_version")
    known = isinstance(name, str) and isinstance(version, int) and name in site.registry.all_current()
    return governed(site, str(name), int(version or 0)) if known else None


def _label(actor: Actor, definition: RecordType, path: str) -> Any:
    """What the field at `path` is called, "" where there is none, None where `actor` may not read it."""
    found = found_at(definition, path) if path else ()
    if not found:
        return ""
    return found[-1].label if is_read(actor, definition, path) else None


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


async def _stale(site: Site, rows: Sequence[Row]) -> set[Id]:
    """The rows whose record in force is no longer the one the application began on."""
    begun: defaultdict[str, dict[Id, Row]] = defaultdict(dict)
    for row in rows:
        if row.get("open") and row.get("base_revision") is not None and isinstance(row.get("record_id"), Id):
            begun[str(row.get("type"))][row["record_id"]] = row
    known = site.registry.all_current().keys() & begun.keys()
    found = await asyncio.gather(*(_revisions(site, name, begun[name]) for name in known))
    now = {identifier: revision for revisions in found for identifier, revision in revisions.items()}
    about = (row for name in known for row in begun[name].values())
    return {row["_id"] for row in about if now.get(row["record_id"]) != row["base_revision"]}


async def _revisions(site: Site, name: str, ids: Iterable[Id]) -> dict[Id, int]:
    asked = list(ids)
    where, columns = {"_id": {"$in": asked}}, {"revision": 1}
    found = await site.records[name].rows(where, columns, [("_id", 1)], 0, len(asked))
    return {row["_id"]: row.get("revision", 0) for row in found}


async def _same(rows: Sequence[Row]) -> Mapping[Id, set[str]]:
    """The fields of each row whose value another open application has too."""
    mine = [(row["_id"], str(key)) for row in rows if row.get("open") for key in _listed(row.get("keys"))]
    found: defaultdict[Id, set[str]] = defaultdict(set)
    others = await _holders([key for _, key in mine]) if mine else {}
    for identifier, key in mine:
        if others.get(key, set()) - {identifier}:
            found[identifier].add(key.partition(":")[0])
    return found


async def _holders(keys: Sequence[str]) -> Mapping[str, set[Id]]:
    """The open applications that hold each of these keys."""
    where = {"open": True, "keys": {"$in": list(keys)}}
    found: defaultdict[str, set[Id]] = defaultdict(set)
    for row in await Application.raw().find(where, {"keys": 1}).limit(SAME).to_list(None):
        for key in row["keys"]:
            found[key].add(row["_id"])
    return found


async def others_with(application: Application) -> dict[str, list[str]]:
    """The references of other open applications with a value that must be unique, by the field's name."""
    where = {"_id": {"$ne": application.id}, "open": True, "keys": {"$in": application.keys}}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in await Application.raw().find(where, {"keys": 1, "reference": 1}).limit(SAME).to_list(None):
        for key in set(row["keys"]) & set(application.keys):
            found[key.partition(":")[0]].append(row["reference"])
    return dict(found)


async def handed_over(site: Site, application: Application, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept on an application when its answers are handed over: the automatic checks that fail, the
    keys of its unique values, and what it is searched by."""
    definition = site.registry.at(application.type, application.schema_version).definition
    title = definition.title_of(data) or application.title
    handed = application.model_copy(update={"data": dict(data), "title": title})
    checks = await automatic_checks(site, SYSTEM, handed)
    return {
        "signs": [check.rule for check in checks if not check.ok],
        "keys": keys_of(site, definition, data) if application.kind != "delete" else [],
        "grams": searched_by(application, title),
    }


def searched_by(application: Application, title: str) -> list[str]:
    """The entries an application called `title` is found by."""
    texts = (application.reference, title, application.operator_name)
    return list(dict.fromkeys(entry for text in texts for entry in entries(text)))


def keys_of(site: Site, definition: RecordType, data: Mapping[str, Any]) -> list[str]:
    """One keyed hash for each unique value among answers, with the field's name before it."""
    found = []
    for field in definition.fields:
        if not field.unique or field.is_empty(data.get(field.name)):
            continue
        rule = field.unique if isinstance(field.unique, UniqueRule) else UniqueRule()
        values = [data.get(name) for name in (field.name, *rule.with_fields)]
        told = json.dumps([definition.name, field.name, values], default=str, sort_keys=True)
        found.append(f"{field.name}:{site.sign('application.key', told)[:32]}")
    return found
