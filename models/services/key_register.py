"""Which keys secret answers are sealed with: known at every start, so that none is taken away too early."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from models.documents import sealed
from models.documents.event import Subject
from models.documents.sealed import Place
from models.documents.sealing_key import SealingKey
from models.documents.store import Session
from models.errors import ConfigurationError, NotFound
from models.permissions import Actor, require
from models.schema.definition import RecordType, walk
from models.services.events import record_event
from models.services.site import Site

SAID = timedelta(minutes=1)
"""How often a process says which key it seals with."""

QUIET = 3 * SAID
"""After which nobody seals any more with a key nobody said so of."""


def places(site: Site) -> list[Place]:
    """Everywhere sealed answers are stored on this site."""
    current = site.registry.all_current()
    kinds = [each.definition for name, each in current.items() if asks_secrets(site, name)]
    return sealed.places({kind.collection for kind in kinds}, {kind.name for kind in kinds})


def asks_secrets(site: Site, type_name: str) -> bool:
    """Whether any version of a type asks, or asked, for secrets."""
    return any(has_secrets(each.definition) for each in site.registry.versions(type_name))


def has_secrets(definition: RecordType) -> bool:
    """Whether a type asks for secrets, in groups and rows too."""
    return any(field.confidential for _, field in walk(definition.fields))


async def register_keys(site: Site) -> None:
    """Write down the keys the site runs with, and which one seals.

    Raises ConfigurationError where one is missing that something is still sealed with."""
    await _require_all(site)
    for key in site.ring.keys:
        if await SealingKey.raw().find_one({"_id": key.name}, {"_id": 1}) is None:
            first = {"$setOnInsert": {"first_at": site.now()}}
            await SealingKey.raw().update_one({"_id": key.name}, first, upsert=True)
    await say_use(site)


async def say_use(site: Site) -> None:
    """Write down that this process seals with its newest key now."""
    values = {"$set": {"used_at": site.now(), "emptied_at": None, "lost_at": None}}
    stale: dict[str, Any] = {"_id": site.ring.newest.name, "used_at": {"$not": {"$gt": site.now() - SAID}}}
    await SealingKey.raw().update_one(stale, values)


async def _require_all(site: Site) -> None:
    missing = [row.id for row in await known_keys() if _is_missed(site, row)]
    if not missing:
        return
    if await _finds_unopened(site):
        raise ConfigurationError((), MISSING, names=", ".join(missing))
    await mark_emptied(site, missing, unused_since=site.now() - QUIET)


MISSING = (
    "The sealing key {names} is missing, and answers are still sealed with it. Give it again"
    " (TOROKU_SEALING_KEYS or, where it was derived, TOROKU_SECRET) and run: python -m app secrets rotate."
    " If it is lost for good: python -m app secrets forget NAME"
)


def _is_missed(site: Site, row: SealingKey) -> bool:
    there = {key.name for key in site.ring.keys}
    return row.id not in there and row.emptied_at is None and row.lost_at is None


async def _finds_unopened(site: Site) -> bool:
    """Whether something is stored that no key of the site opens."""
    ring = site.ring
    for place in places(site):
        async for rows in sealed.ranges(site.store, place):
            if any(ring.key_of(token) is None for row in rows for token in row.tokens.values()):
                return True
    return False


async def known_keys() -> list[SealingKey]:
    """Every key there ever was, the oldest first."""
    return await SealingKey.find_all().sort("first_at", "_id").to_list()


async def mark_emptied(site: Site, names: list[str], unused_since: datetime | None = None) -> None:
    """Write down that nothing is sealed any more with these keys, of which nobody said since that they seal
    with them."""
    where: dict[str, Any] = {"_id": {"$in": names}}
    if unused_since is not None:
        where["used_at"] = {"$not": {"$gt": unused_since}}
    await SealingKey.raw().update_many(where, {"$set": {"emptied_at": site.now()}})


async def forget(site: Site, actor: Actor, name: str) -> None:
    """Write down that a key is lost, with all it sealed, so that the site starts without it.

    Raises NotAllowed, NotFound for a key there never was, and for one the site runs with."""
    require(actor, "secret.rotate")
    if name in {key.name for key in site.ring.keys} or await SealingKey.get(name) is None:
        raise NotFound
    values = {"lost_at": site.now(), "lost_by": actor.person.model_dump()}

    async def body(session: Session) -> None:
        await SealingKey.raw().update_one({"_id": name}, {"$set": values}, session=session)
        subject = Subject(kind="sealing_key", label=name)
        await record_event(site, actor, "secrets.key_forgotten", subject, session)

    await site.store.transaction(body)


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One key by its name: how many answers it seals, whether the site has it and seals with it, since when
    and when it was last used; ``removable`` where it may be taken away."""

    name: str
    answers: int
    there: bool
    newest: bool
    derived: bool
    removable: bool
    first_at: datetime | None
    used_at: datetime | None


async def key_uses(site: Site, actor: Actor) -> tuple[list[KeyUse], int]:
    """Every key the site has or misses, and how many answers no key opens. It looks through all that is
    stored. Raises NotAllowed."""
    require(actor, "secret.view_keys")
    counted: Counter[str] = Counter()
    ring = site.ring
    for place in places(site):
        async for rows in sealed.ranges(site.store, place):
            found = (ring.key_of(token) for row in rows for token in row.tokens.values())
            counted.update(key.name if key else "" for key in found)
    known = {row.id: row for row in await known_keys()}
    names = [key.name for key in ring.keys]
    if counted[""]:
        names += [name for name, row in known.items() if _is_missed(site, row)]
    return [_use(site, name, counted[name], known.get(name)) for name in names], counted[""]


def _use(site: Site, name: str, answers: int, row: SealingKey | None) -> KeyUse:
    ring = site.ring
    there, newest = name in {key.name for key in ring.keys}, name == ring.newest.name
    derived = name == ring.keys[-1].name
    used = row.used_at if row else None
    quiet = used is None or used <= site.now() - QUIET
    return KeyUse(
        name,
        answers,
        there,
        newest,
        derived,
        there and not newest and not derived and not answers and quiet,
        row.first_at if row else None,
        used,
    )
