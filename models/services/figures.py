"""The figures of the work: what waits, what was decided and how fast, what was returned and why, and how many
records there are of each kind. Counted over everything, kept for a minute; no figure names an application."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from models.documents.figures import count_values, decided_since, remarks_since, waiting_by_age
from models.permissions import Actor, allowed, require
from models.schema.fields.choice import ChoiceField
from models.services.keeping import Found
from models.services.seeing import rows, seen
from models.services.site import Site
from models.services.waiting import waiting_states

AGES = (3, 7, 14, 30)
"""Days after which a waiting application counts among the older ones."""

WEEKS = 12
"""Weeks looked back upon."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many applications wait: for each state, one number for each age (one more than ``AGES``)."""

    counts: Mapping[str, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided in each of the last weeks (Monday, count by final state), and after how many business
    days, with the median and the 90th percentile; None when nothing was decided."""

    weeks: Sequence[tuple[date, Mapping[str, int]]]
    days: Mapping[int, int]
    median: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Returned:
    """How often each reason code was given with a remark, by record type, the most frequent first."""

    counts: Sequence[tuple[str, str, int]]


@dataclass(frozen=True, slots=True)
class Share:
    """One choice field of a record type whose live records are counted by its options."""

    type: str
    field: ChoiceField


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything one person may see of it; each may still be coming."""

    waiting: Found[Waiting]
    decided: Found[Decided]
    returned: Found[Returned]


async def work_figures(site: Site, actor: Actor) -> Figures:
    """The figures of the work. Raises NotAllowed."""
    require(actor, "figure.view")
    return Figures(
        *await asyncio.gather(
            site.kept.get("waiting", partial(count_waiting, site)),
            site.kept.get("decided", partial(count_decided, site)),
            site.kept.get("returned", partial(count_returned, site)),
        )
    )


async def count_waiting(site: Site) -> Waiting:
    """What waits now, by state and age."""
    today = site.calendar.midnight(site.today())
    bounds = [today - timedelta(days=days) for days in AGES]
    counts = {state: [0] * (len(AGES) + 1) for state in waiting_states(site)}
    for state, age, count in await waiting_by_age(list(counts), bounds):
        counts[state][age] = count
    return Waiting(counts)


async def count_decided(site: Site) -> Decided:
    """What was decided in the last weeks."""
    monday = site.today() - timedelta(days=site.today().weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    weeks: dict[date, Counter[str]] = {each: Counter() for each in mondays}
    days: Counter[int] = Counter()
    zone = str(site.calendar.zone)
    for state, received, day, count in await decided_since(site.calendar.midnight(mondays[0]), zone):
        decided = date.fromisoformat(day)
        week = weeks.get(decided - timedelta(days=decided.weekday()))
        if week is None or not received:
            continue
        week[state] += count
        days[max(site.calendar.business_days(date.fromisoformat(received), decided), 0)] += count
    told = [(each, dict(weeks[each])) for each in mondays]
    return Decided(told, dict(sorted(days.items())), percentile(days, 0.5), percentile(days, 0.9))


def percentile(counts: Mapping[int, int], part: float) -> int | None:
    """The smallest value that `part` of all do not exceed (nearest rank); None when there are none."""
    wanted, passed = part * sum(counts.values()), 0
    for value in sorted(counts):
        passed += counts[value]
        if passed >= wanted:
            return value
    return None


async def count_returned(site: Site) -> Returned:
    """The reasons of the remarks of the last weeks."""
    since = site.calendar.midnight(site.today() - timedelta(weeks=WEEKS))
    found = await remarks_since(since)
    return Returned(sorted(found, key=lambda row: (-row[2], row[0], row[1])))


def shares(site: Site, actor: Actor) -> list[Share]:
    """What the site's dashboard counts records by, as far as `actor` may read it. A field the published type
    no longer has, or no longer as a choice, is left out."""
    if not allowed(actor, "record.view"):
        return []
    found = []
    for asked in site.configuration.site.dashboard:
        published = site.registry.all_current().get(asked.records)
        if published is None:
            continue
        known = seen(site, actor, asked.records, published.version).by_name
        fields = (known.get(name) for name in asked.by)
        found += [Share(asked.records, field) for field in fields if isinstance(field, ChoiceField)]
    return found


async def record_figures(site: Site, actor: Actor) -> list[tuple[Share, Found[dict[str, int]]]]:
    """The live records of each share, those the row rules leave to `actor`, by option."""
    asked = shares(site, actor)
    found = await asyncio.gather(*(_shared(site, actor, share) for share in asked))
    return list(zip(asked, found, strict=True))


async def _shared(site: Site, actor: Actor, share: Share) -> Found[dict[str, int]]:
    definition = site.registry.current(share.type).definition
    where = rows(site, actor, share.type)
    states = site.lifecycles[definition.lifecycle].states
    ended = [name for name, state in states.items() if not state.live]
    codes = [option.code for option in share.field.options]
    make = partial(count_values, definition.collection, f"data.{share.field.name}", codes, ended, where)
    return await site.kept.get(("share", share.type, share.field.name, tuple(codes), repr(where)), make)
