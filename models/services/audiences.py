"""Whom a notice is for: who may read it, whose accounts are listed, and how many that are.

Accounts are looked through in the order of their ids, a stretch at a time; whether their operators fulfil the
conditions is asked of the records for that stretch alone, so that nothing grows with the site."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.configuration.audiences import AudienceRule
from models.documents.account import Account
from models.documents.base import Id
from models.documents.ledger import LedgerLine
from models.documents.publication import Audience, Importance, OpenTo, Publication
from models.errors import NotFound
from models.language import Message
from models.permissions import Actor, allowed
from models.schema.database_query import for_database
from models.services.addresses_dead import dead_among
from models.services.preferences import wants
from models.services.site import Site
from models.services.spanning import spanned

STRETCH = 1000
"""Accounts looked through at once."""

PAGE = 50
"""Accounts on one page of a list."""

MOST_LISTED = 1000
"""The newest notices of a ledger that are looked up for one account."""

MOST_OPEN = 50
"""The newest open notices somebody new to an audience is looked for in."""

USING = ("active", "invited")
"""The states of an account that uses the system or is about to."""

NO_ADDRESS = Message("There is no e-mail address.").msgid
NOT_WANTED = Message("They chose not to be mailed notices of this importance.").msgid
DEAD_ADDRESS = Message("Mails to this address come back.").msgid
"""Why a mail is withheld (message ids; ``LedgerLine.problem``)."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How many an audience has now: accounts, the operators they belong to, how many of them would be mailed,
    and why the others would not (message id: how many)."""

    accounts: int
    operators: int
    with_mail: int
    withheld: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The accounts of an audience among the next so many: the place reached, and whether that was the end."""

    accounts: Sequence[Account]
    place: Id | None
    over: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of an audience's accounts, what their operators are called, and where the next page begins (""
    for none)."""

    accounts: Sequence[Account]
    operators: Mapping[Id | None, str]
    following: str


def rules(site: Site) -> Mapping[str, AudienceRule]:
    """The audiences of the site by name."""
    return site.configuration.site.audiences


def rule_of(site: Site, name: str) -> AudienceRule:
    """One audience. Raises NotFound for a name that is none."""
    found = rules(site).get(name)
    if found is None:
        raise NotFound
    return found


def audience_of(site: Site, name: str, answers: Mapping[str, Any]) -> Audience:
    """The audience `name` as it is frozen with a notice of these answers. Raises NotFound."""
    rule = rule_of(site, name)
    values = {field: answers.get(field) for field in sorted(rule.asked)}
    return Audience(name=name, label=rule.label, values=values)


def open_to(site: Site, name: str) -> OpenTo:
    """Who may read the notices of an audience besides those in their ledgers. Raises NotFound."""
    return rule_of(site, name).open or "listed"


# --- who is in it ----------------------------------------------------------------------------------------


async def stretch(site: Site, audience: Audience, place: Id | None, size: int = STRETCH) -> Stretch:
    """The audience's accounts among the next `size` behind the id `place`. Raises NotFound."""
    rule = rule_of(site, audience.name)
    where = [_accounts(site, rule), *([{"_id": {"$gt": place}}] if place else [])]
    found = Account.raw().find({"$and": where}).sort("_id", 1).hint([("_id", 1)])
    rows = await found.limit(size).to_list(None)
    kept = await _fulfilling(site, rule, audience.values, rows)
    accounts = [Account.model_validate(row) for row in kept]
    return Stretch(accounts, rows[-1]["_id"] if rows else place, len(rows) < size)


async def people(site: Site, audience: Audience, after: Id | None, limit: int) -> list[Account]:
    """The first `limit` accounts of an audience behind the id `after`, in the order of their ids; fewer only
    at its end. Raises NotFound."""
    found: list[Account] = []
    place, over = after, False
    while len(found) < limit and not over:
        part = await stretch(site, audience, place)
        found += part.accounts
        place, over = part.place, part.over
    return found[:limit]


def _accounts(site: Site, rule: AudienceRule) -> dict[str, Any]:
    """The accounts an audience can hold, as far as they themselves say."""
    where: dict[str, Any] = {"status": {"$in": list(USING)}}
    if rule.roles:
        where["roles"] = {"$in": list(rule.roles)}
    if rule.open == "staff":
        return {**where, "kind": "staff"}
    if rule.roles and rule.open is None and not rule.narrowed:
        return {**where, "$or": _standing(site, rule)}
    return {**where, "kind": "operator", "$or": _standing(site, rule)}


def _standing(site: Site, rule: AudienceRule) -> list[dict[str, Any]]:
    """Nobody who once acted for an operator, nor who may not see what the audience is about."""
    scope = {} if rule.owning is None else {"delegation.types": {"$in": [None, rule.owning]}}
    return [{"delegation": None}, {**_going_on(site), **scope}]


def _going_on(site: Site) -> dict[str, Any]:
    return {"delegation.revoked": None, "delegation.ends": {"$gte": site.today().isoformat()}}


def still_there(site: Site) -> dict[str, Any]:
    """Accounts that use the system or are about to, but for delegates whose time is over, as a query."""
    return {"status": {"$in": list(USING)}, "$or": [{"delegation": None}, _going_on(site)]}


async def _fulfilling(
    site: Site, rule: AudienceRule, values: Mapping[str, Any], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Those of some accounts whose operators fulfil the conditions of an audience."""
    if not rule.narrowed or not rows:
        return rows
    left = {row.get("operator_id") for row in rows} - {None}
    for collection, field, where in _conditions(site, rule, values):
        found = await collection.distinct(field, {"$and": [{field: {"$in": list(left)}}, where]})
        left &= set(found)
    return [row for row in rows if row.get("operator_id") in left]


def _conditions(
    site: Site, rule: AudienceRule, values: Mapping[str, Any]
) -> Iterator[tuple[Any, str, dict[str, Any]]]:
    """What operators have to fulfil: a collection of records, the field with their id, and the condition."""
    given = {"NOTICE": dict(values), "TODAY": site.today().isoformat(), "NOW": site.now()}
    if rule.operator:
        own = site.configuration.site.operator_type
        asked = spanned(site, own, for_database(rule.operator, given, prefix=""))
        yield site.records[own].collection, "_id", asked
    if rule.owning is not None:
        where = spanned(site, rule.owning, for_database(rule.where, given, prefix=""))
        yield site.records[rule.owning].collection, "operator_id", {"$and": [_live(site, rule.owning), where]}


def _live(site: Site, type_name: str) -> dict[str, Any]:
    """The records of a type that are in force."""
    lifecycle = site.lifecycles[site.registry.current(type_name).definition.lifecycle]
    return {"lifecycle": {"$in": lifecycle.live_states}}


async def belongs(site: Site, audience: Audience, account_id: Id | None) -> bool:
    """Whether an account is in an audience now; of an audience the site no longer has, nobody is."""
    rule = rules(site).get(audience.name)
    if rule is None or account_id is None:
        return False
    where = {"$and": [_accounts(site, rule), {"_id": account_id}]}
    rows = await Account.raw().find(where, {"operator_id": 1}).to_list(None)
    return bool(await _fulfilling(site, rule, audience.values, rows))


# --- how many, and which ---------------------------------------------------------------------------------


async def count(
    site: Site, audience: Audience, *, importance: Importance = "normal", required: bool = False
) -> Reach:
    """How many accounts and operators an audience has now, and how many a notice of this importance would be
    mailed to; exactly those that would be listed. Raises NotFound."""
    accounts, operators, withheld = 0, set[Id | None](), Counter[str]()
    place, over = None, False
    while not over:
        part = await stretch(site, audience, place)
        place, over = part.place, part.over
        accounts += len(part.accounts)
        operators |= {account.operator_id for account in part.accounts}
        withheld.update((await why_withheld(part.accounts, importance, required=required)).values())
    return Reach(accounts, len(operators - {None}), accounts - withheld.total(), dict(withheld))


async def why_withheld(
    accounts: Collection[Account], importance: Importance, *, required: bool
) -> dict[Id | None, str]:
    """Of some accounts those that are not to be mailed a notice, and why (message ids)."""
    dead = await dead_among({account.email for account in accounts if account.email})
    found: dict[Id | None, str] = {}
    for account in accounts:
        if not account.email:
            found[account.id] = NO_ADDRESS
        elif not required and not wants(account, "notices", importance):
            found[account.id] = NOT_WANTED
        elif account.email in dead:
            found[account.id] = DEAD_ADDRESS
    return found


async def listed(site: Site, audience: Audience, after: Id | None = None, limit: int = PAGE) -> Listed:
    """A page of the accounts an audience has now. Raises NotFound."""
    found = await people(site, audience, after, limit + 1)
    kept = found[:limit]
    names = await names_of(site, {account.operator_id for account in kept})
    return Listed(kept, names, str(kept[-1].id) if len(found) > limit else "")


async def names_of(site: Site, operators: Collection[Id | None]) -> dict[Id | None, str]:
    """What these operators are called, by their ids."""
    records = site.records[site.configuration.site.operator_type]
    wanted = [each for each in operators if each is not None]
    where = {"_id": {"$in": wanted}}
    rows = await records.rows(where, {"title": 1}, [("_id", 1)], 0, len(wanted)) if wanted else []
    return {row["_id"]: str(row.get("title", "")) for row in rows}


# --- who may read ----------------------------------------------------------------------------------------


def openings(actor: Actor) -> list[OpenTo]:
    """The openings by which `actor` reads notices without being in their ledgers."""
    found: list[OpenTo] = ["everyone"] if allowed(actor, "notice.view") else []
    if allowed(actor, "notice.view_operators"):
        found.append("operators")
        if actor.kind == "staff":
            found.append("staff")
    return found


async def may_read(site: Site, actor: Actor, publication: Publication) -> bool:
    """Whether a notice is for `actor`, wherever it stands: open to them, told to them, or to be told because
    they are in its audience now."""
    if actor.kind == "system" or publication.open_to in openings(actor):
        return True
    if actor.account_id is None or not allowed(actor, "notice.view_operators"):
        return False
    line = {"source_id": publication.id, "channel": "portal", "account_id": actor.account_id}
    if await LedgerLine.raw().find_one(line, {"_id": 1}) is not None:
        return True
    return publication.shown and await belongs(site, publication.audience, actor.account_id)


async def readable(site: Site, actor: Actor) -> dict[str, Any]:
    """The notices that are for `actor`, as a query on publications; of those told to single people the newest
    MOST_LISTED."""
    where: list[dict[str, Any]] = [{"open_to": {"$in": openings(actor)}}]
    if actor.account_id is not None and allowed(actor, "notice.view_operators"):
        told = await _told(actor.account_id)
        where.append({"_id": {"$in": [*told, *await _new_to(site, actor.account_id, told)]}})
    return {"$or": where}


async def _told(account_id: Id) -> list[Id]:
    where = {"account_id": account_id, "channel": "portal", "source_kind": "publication"}
    found = LedgerLine.raw().find(where, {"source_id": 1}).sort("queued_at", -1).limit(MOST_LISTED)
    return [row["source_id"] async for row in found]


async def _new_to(site: Site, account_id: Id, told: Sequence[Id]) -> list[Id]:
    """Of the newest open notices for listed people those this account has come into the audience of."""
    where = {"shown": True, "open_to": "listed", "_id": {"$nin": list(told)}}
    found = Publication.raw().find(where, {"audience": 1}).sort([("published_at", -1), ("_id", -1)])
    known: dict[str, bool] = {}
    fitting = []
    async for row in found.limit(MOST_OPEN):
        audience = Audience.model_validate(row["audience"])
        key = audience.model_dump_json(include={"name", "values"})
        if key not in known:
            known[key] = await belongs(site, audience, account_id)
        if known[key]:
            fitting.append(row["_id"])
    return fitting
