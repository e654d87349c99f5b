"""Access above a limit is refused, who goes on is stopped for a while, and the staff are told."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio
from pymongo.read_concern import ReadConcern

from app.opening import build_site
from app.settings import Settings
from models.clock import system_entropy
from models.configuration.limits import Limits
from models.configuration.load import Configuration
from models.documents.base import new_id
from models.documents.event import Event
from models.documents.limiting import LimitCount, LimitCounts
from models.documents.message import Message
from models.documents.stop import Stop
from models.documents.store import Store
from models.errors import LimitReached, StoppedByLimit, TooManyDrafts, TooManyRequests
from models.permissions import Actor
from models.services import stops
from models.services.alarming import raise_alarm
from models.services.allowances import take
from models.services.beginning import begin
from models.services.limits import count, keys_of, require_unstopped
from models.services.site import Site
from models.services.terms import in_force
from tests.clock import Hands
from tests.services.conftest import knowing, staff, visitor

FEW = {"address": "5 per minute", "account": "5 per minute", "operator": "6 per minute"}
LIMITS: Mapping[str, Any] = {"uploads": FEW, "reads": FEW, "stop": {"after": 2, "within": 15, "minutes": 30}}


def limited(site: Site, **limits: Any) -> Site:
    """The site with these limits, enforced."""
    described = site.configuration.site.model_copy(update={"limits": Limits.model_validate(limits)})
    configuration = replace(site.configuration, site=described)
    return replace(site, configuration=configuration, limits_watched=False)


@pytest_asyncio.fixture
async def few(site: Site) -> Site:
    return limited(site, **LIMITS)


def somebody(address: str = "192.0.2.7", **known: Any) -> Actor:
    return Actor(kind="visitor", address=address, **known)


async def upload(site: Site, actor: Actor, times: int) -> int:
    """Upload so often; how often that was refused."""
    refused = 0
    for _ in range(times):
        try:
            await count(site, actor, "uploads")
        except LimitReached:
            refused += 1
    return refused


async def test_the_first_one_above_the_limit_is_refused_with_the_time_to_wait(
    few: Site, hands: Hands
) -> None:
    hands.now = hands.now.replace(second=20, microsecond=0)
    assert await upload(few, somebody(), 5) == 0
    with pytest.raises(LimitReached) as refused:
        await count(few, somebody(), "uploads")
    assert (refused.value.status, refused.value.retry_after) == (429, 41)
    hands.forward(seconds=39)
    assert await upload(few, somebody(), 1) == 1
    hands.forward(seconds=1)
    assert await upload(few, somebody(), 1) == 0


async def test_each_address_account_and_operator_has_its_own_count(few: Site) -> None:
    own = new_id()
    users = [
        Actor(kind="operator", account_id=new_id(), operator_id=own, address=f"198.51.100.{n}")
        for n in range(3)
    ]
    assert [await upload(few, user, 2) for user in users] == [0, 0, 0]
    assert await upload(few, users[0], 1) == 1  # the operator's seventh
    assert await upload(few, somebody("198.51.100.9"), 5) == 0


async def test_a_network_of_ipv6_is_one_address(few: Site) -> None:
    assert keys_of(somebody("2001:db8:1:2::1")) == {"address": "2001:db8:1:2::/64"}
    assert [await upload(few, somebody(f"2001:db8:1:2::{n}"), 3) for n in (1, 2)] == [0, 1]
    assert await upload(few, somebody("2001:db8:1:3::1"), 3) == 0


async def test_requests_at_the_same_moment_are_counted_one_by_one(few: Site) -> None:
    done = await asyncio.gather(*(upload(few, somebody(), 1) for _ in range(12)))
    assert sum(done) == 7


async def test_two_processes_count_together(
    few: Site, store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    there = limited(other, **LIMITS)
    assert [await upload(few, somebody(), 3), await upload(there, somebody(), 3)] == [0, 1]


async def test_pages_are_counted_here_and_told_to_the_others(
    few: Site, store: Store, settings: Settings, configuration: Configuration, hands: Hands
) -> None:
    other = await build_site(settings, configuration, store, hands, system_entropy)  # type: ignore[arg-type]
    there = limited(other, **LIMITS)
    for _ in range(5):
        await count(few, somebody(), "reads")
    with pytest.raises(LimitReached):
        await count(few, somebody(), "reads")
    await few.tally.settle(partial(raise_alarm, few))
    await count(there, somebody(), "reads")  # what this one has not heard of yet is let through
    await there.tally.settle(partial(raise_alarm, there))
    with pytest.raises(LimitReached):
        await count(there, somebody(), "reads")
    assert await Event.find({"action": "limit.reached"}).count() == 1


async def test_nothing_that_is_kept_says_who_asked(few: Site) -> None:
    await upload(few, somebody(certificate="ab" * 32), 2)
    here = few.store.mongo["limit_counts"].with_options(read_concern=ReadConcern("local"))
    rows = [str(row) async for row in here.find()]
    assert rows
    assert not any("192.0.2.7" in row or "abab" in row for row in rows)


async def test_who_goes_on_is_stopped_for_a_while_and_the_staff_are_told_once(
    few: Site, hands: Hands
) -> None:
    await staff(few, "chief", "system_administrator")
    await staff(few, "clerk", "reviewer")
    for _ in range(2):
        await require_unstopped(few, somebody())
        assert await upload(few, somebody(), 8) == 3
        hands.forward(minutes=1)
    with pytest.raises(StoppedByLimit) as stopped:
        await require_unstopped(few, somebody())
    assert (stopped.value.status, stopped.value.retry_after) == (429, 29 * 60 + 1)
    await require_unstopped(few, somebody("192.0.2.8"))
    await require_unstopped(few, replace(somebody(), kind="staff"))
    kept = (await stops.live_stops(few))[0]
    assert (kept.key, kept.code, kept.automatic, kept.label) == ("address:192.0.2.7", 2, True, "192.0.2.7")
    assert await Event.find({"action": "limit.reached"}).count() == 2
    assert [one.to_name for one in await Message.find({"template": "access_limited"}).to_list()] == ["chief"]
    hands.forward(minutes=28, seconds=59)
    with pytest.raises(StoppedByLimit):
        await require_unstopped(few, somebody())
    hands.forward(seconds=1)
    await require_unstopped(few, somebody())


async def test_control_who_goes_over_it_once_is_not_stopped(few: Site, hands: Hands) -> None:
    assert await upload(few, somebody(), 50) == 45
    hands.forward(minutes=16)
    assert await upload(few, somebody(), 50) == 45
    assert await Stop.find_all().count() == 0


async def test_staff_end_an_automatic_stop(few: Site, hands: Hands) -> None:
    chief = await staff(few, "chief", "system_administrator")
    for _ in range(2):
        await upload(few, somebody(), 8)
        hands.forward(minutes=1)
    await stops.end_stop(few, chief, (await stops.live_stops(few))[0].id, "A test of ours.")
    await require_unstopped(few, somebody())
    await upload(few, somebody(), 8)  # what was before does not count again
    await require_unstopped(few, somebody())


async def test_what_is_only_watched_is_told_and_not_refused(few: Site, hands: Hands) -> None:
    watched = replace(few, limits_watched=True)
    for _ in range(3):
        assert await upload(watched, somebody(), 8) == 0
        hands.forward(minutes=1)
    assert await Event.find({"action": "limit.reached"}).count() == 3
    assert await Stop.find_all().count() == 0


async def test_so_many_drafts_are_kept_for_a_browser_and_one_more_is_told_kindly(site: Site) -> None:
    strict, actor = limited(site, open_drafts=2), await visitor(site)
    text = in_force(site)
    version = text.version if text else None
    for _ in range(2):
        application = await begin(strict, actor, "operator", terms_version=version)
        actor = knowing(actor, *actor.applications, application.id)
    with pytest.raises(TooManyDrafts) as refused:
        await begin(strict, actor, "operator", terms_version=version)
    assert (refused.value.status, refused.value.values["count"]) == (409, 2)
    await begin(strict, await visitor(site, "client-02"), "operator", terms_version=version)


async def test_visitors_of_one_address_begin_only_so_many(site: Site) -> None:
    strict, text = limited(site, beginnings="2 per hour"), in_force(site)
    version = text.version if text else None
    for number in range(2):
        await begin(strict, await visitor(site, f"client-{number}"), "operator", terms_version=version)
    with pytest.raises(TooManyRequests):
        await begin(strict, await visitor(site, "client-9"), "operator", terms_version=version)


async def test_what_may_be_asked_an_hour_is_counted_by_the_clock(site: Site, hands: Hands) -> None:
    hands.now = hands.now.replace(minute=59, second=59, microsecond=0)
    for _ in range(3):
        await take(site, "links to", "a@example.jp", 3)
    with pytest.raises(TooManyRequests) as refused:
        await take(site, "links to", "a@example.jp", 3)
    assert refused.value.retry_after == 2
    hands.forward(seconds=1)
    await take(site, "links to", "a@example.jp", 3)


async def test_the_store_keeps_the_promises_of_the_package(site: Site, hands: Hands) -> None:
    counts: LimitCounts = site.limit_counts
    hands.now = hands.now.replace(second=10, microsecond=0)
    assert [await counts.incr("k", 60), await counts.incr("k", 60, 3)] == [1, 4]
    assert (await counts.get("k"), await counts.get("other"), await counts.check()) == (4, 0, True)
    assert await counts.get_expiry("k") == (hands.now + timedelta(seconds=50)).timestamp()
    await counts.clear("k")
    assert await counts.get("k") == 0
    await counts.incr("k", 60)
    hands.forward(minutes=1)
    assert (await counts.get("k"), await counts.reset()) == (0, 1)
    indexes = await LimitCount.raw().index_information()
    assert indexes["ended"]["expireAfterSeconds"] == 3_600
