"""Who uses which certificate: the last use, and warnings where one is shared (terms of use 3.1, R52)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from models.documents.account import Account
from models.documents.base import Id, read_id
from models.documents.certificate import OPENS, Certificate
from models.documents.guarded import update_where
from models.documents.store import Session
from models.permissions import SYSTEM, Actor
from models.services.registering import note
from models.services.site import Site

NOTED_EVERY = timedelta(minutes=1)
"""How often the use of a certificate by one person is written down."""

RECENT = timedelta(days=30)
"""Uses that count for a warning; what is longer ago is history."""

MOST_USES = 50
"""Most people of one certificate that are kept, those who came last."""

Sort = Literal["shared", "several"]


async def note_use(site: Site, actor: Actor) -> None:
    """Write down that `actor` uses the certificate it is connected with. The first use of one registered
    beforehand binds it; a second person, or a second certificate of one person, is an event, once."""
    if actor.certificate is None or actor.account_id is None or actor.operator_id is None:
        return
    now, account = site.now(), actor.account_id
    mine = {"fingerprint": actor.certificate, "operator_id": actor.operator_id, "state": {"$in": list(OPENS)}}
    stale = {"$elemMatch": {"account_id": account, "last_at": {"$lte": now - NOTED_EVERY}}}
    values = {"used_at": now, "used_by": account, "uses.$.last_at": now}
    if await update_where(Certificate, {**mine, "uses": stale}, {"$set": values}) is None:
        await _note_first(site, actor, {**mine, "uses.account_id": {"$ne": account}})


async def _note_first(site: Site, actor: Actor, where: Mapping[str, Any]) -> None:
    """Write down the first use by somebody; nothing where it was written down a moment ago."""
    if await Certificate.raw().find_one(where, {"_id": 1}) is None:
        return

    async def body(session: Session) -> None:
        now = site.now()
        use = {"account_id": actor.account_id, "first_at": now, "last_at": now}
        pushed = {"uses": {"$each": [use], "$slice": -MOST_USES}}
        values = {"used_at": now, "used_by": actor.account_id}
        used = await update_where(Certificate, where, {"$push": pushed, "$set": values}, session)
        if used is None:
            return
        if used.state == "registered":
            await _bind(site, actor, used, session)
        await _warn(site, used, session)

    await site.store.transaction(body)


async def _bind(site: Site, actor: Actor, used: Certificate, session: Session) -> None:
    values = {"$set": {"state": "bound", "bound_at": site.now()}, "$inc": {"revision": 1}}
    bound = await update_where(Certificate, {"_id": used.id, "state": "registered"}, values, session)
    if bound is not None:
        await note(site, actor, "certificate.bound", bound, session)
    replaced = {"operator_id": used.operator_id, "replaced_by": used.id, "replaced_at": None}
    await Certificate.raw().update_many(replaced, {"$set": {"replaced_at": site.now()}}, session=session)


async def _warn(site: Site, used: Certificate, session: Session) -> None:
    """The events of what is new about a certificate's use, each once for ever."""
    person = used.uses[-1].account_id
    found = [] if len(people_of(used, site.now())) < 2 else ["shared"]
    cursor = Certificate.raw().find(
        {"operator_id": used.operator_id, "uses.account_id": person, "_id": {"$ne": used.id}}, session=session
    )
    others = [Certificate.model_validate(row) for row in await cursor.limit(MOST_USES).to_list(None)]
    if any(is_current(each, site.now()) and person in people_of(each, site.now()) for each in others):
        found.append(f"several:{person}")
    for warning in found:
        where = {"_id": used.id, "warned": {"$ne": warning}}
        if await update_where(Certificate, where, {"$addToSet": {"warned": warning}}, session) is not None:
            sort = warning.partition(":")[0]
            await note(site, SYSTEM, f"certificate.{sort}", used, session, people=len(used.uses))


def people_of(certificate: Certificate, now: datetime) -> list[Id]:
    """The accounts that used a certificate lately, the first one first."""
    return [use.account_id for use in certificate.uses if use.last_at > now - RECENT]


def is_current(certificate: Certificate, now: datetime) -> bool:
    """Whether it lets somebody in now and nothing has taken its place."""
    valid = certificate.not_before <= now < certificate.not_after
    return certificate.state in OPENS and valid and certificate.replaced_at is None


@dataclass(frozen=True, slots=True)
class Warned:
    """What is not as it should be: several ``people`` at one certificate (``shared``), or one person with
    several ``certificates``."""

    sort: Sort
    people: tuple[str, ...]
    certificates: tuple[Certificate, ...]


async def warnings_of(site: Site, certificates: Sequence[Certificate]) -> list[Warned]:
    """What is to be warned of in these certificates of one operator, as they are used now."""
    current = [each for each in certificates if is_current(each, site.now())]
    users = {each.fingerprint: people_of(each, site.now()) for each in current}
    names = await names_of({person for people in users.values() for person in people})
    found = [
        Warned("shared", tuple(names.get(person, "") for person in users[each.fingerprint]), (each,))
        for each in current
        if len(users[each.fingerprint]) > 1
    ]
    for person, name in names.items():
        theirs = tuple(each for each in current if person in users[each.fingerprint])
        if len(theirs) > 1:
            found.append(Warned("several", (name,), theirs))
    return found


async def names_of(accounts: Iterable[Id | None]) -> dict[Id, str]:
    """The names and logins of accounts, by id."""
    wanted = [each for each in accounts if each is not None]
    if not wanted:
        return {}
    rows = Account.raw().find({"_id": {"$in": wanted}}, {"name": 1, "login": 1}).sort("login", 1)
    return {read_id(row["_id"]): f"{row['name']} ({row['login']})" async for row in rows}
