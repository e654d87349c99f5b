"""A change of a record type goes through two stewards, and comes into force at its time."""

from datetime import timedelta
from typing import Any

import pytest

from models.documents.event import Event
from models.errors import (
    ConfigurationError,
    NotAllowed,
    SchemaChangeRefused,
    SchemaMoved,
)
from models.permissions import Actor
from models.schema.writing import write_yaml
from models.services.proposals import (
    approve,
    find_change,
    list_changes,
    may_decide,
    propose,
    publish_due,
    reject,
    withdraw,
)
from models.services.site import Site
from tests.clock import Hands
from tests.evolution.facility import NAME, STORED, facility, gone, publish, steward, store, stored_as, work
from tests.evolution.kinds import text

ONE, OTHER = steward("one"), steward("other")


def source(*fields: Any, **more: Any) -> str:
    return write_yaml(facility(*fields, **more).published())


async def began(site: Site) -> None:
    await publish(site, facility())
    await store(site, None, STORED)


async def test_a_second_steward_publishes_it(site: Site) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")), note="asked for by the market")
    assert site.registry.current(NAME).version == 1
    approved = await approve(site, OTHER, change)
    assert (approved.state, approved.version) == ("published", 2)
    assert "added" in site.registry.current(NAME).definition.by_name
    assert site.registry.current(NAME).source == change.source
    actions = [event.action async for event in Event.find({"subject.label": change.reference})]
    assert actions == ["schema.proposed"]


async def test_never_the_one_who_proposed_it(site: Site) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    assert not may_decide(ONE, change)
    assert may_decide(OTHER, change)
    with pytest.raises(NotAllowed):
        await approve(site, ONE, change)
    with pytest.raises(NotAllowed):
        await reject(site, ONE, change, "no")
    assert site.registry.current(NAME).version == 1


@pytest.mark.parametrize("role", ["reviewer", "approver", "auditor", "system_administrator"])
async def test_nobody_but_a_steward(site: Site, role: str) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    other = Actor(kind="staff", account_id=OTHER.account_id, roles=frozenset({role}))
    with pytest.raises(NotAllowed):
        await propose(site, other, source(text("more")))
    with pytest.raises(NotAllowed):
        await approve(site, other, change)
    assert [seen.reference for seen in await list_changes(site, other)] == [change.reference]


async def test_what_would_be_lost_is_not_even_proposed(site: Site) -> None:
    """Control: with an acknowledgement it is, and the impact is kept with it."""
    await began(site)
    with pytest.raises(SchemaChangeRefused) as refused:
        await propose(site, ONE, source(gone("note")))
    assert [row.change.path for row in refused.value.rows] == ["note"]
    change = await propose(site, ONE, source(gone("note")), acknowledged=["note"])
    assert change.impact["total_records"] == 1
    assert change.acknowledged == ["note"]


async def test_a_text_that_does_not_hold_is_not_proposed(site: Site) -> None:
    await began(site)
    with pytest.raises(ConfigurationError) as refused:
        await propose(site, ONE, source() + "colour: red\n")
    assert [finding.code for finding in refused.value.findings] == ["T-E003"]


async def test_one_change_of_a_type_at_a_time(site: Site) -> None:
    """Control: after it was withdrawn the next may come."""
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    with pytest.raises(SchemaChangeRefused):
        await propose(site, OTHER, source(text("more")))
    await withdraw(site, ONE, change)
    assert (await propose(site, OTHER, source(text("more")))).state == "proposed"


async def test_it_comes_into_force_at_its_date(site: Site, hands: Hands) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")), effective_at=site.now() + timedelta(days=3))
    assert (await approve(site, OTHER, change)).state == "scheduled"
    assert not await publish_due(site)
    assert site.registry.current(NAME).version == 1
    hands.now += timedelta(days=3, seconds=1)
    assert await publish_due(site)
    assert site.registry.current(NAME).version == 2
    assert (await find_change(site, ONE, change.reference)).state == "published"
    assert not await publish_due(site)


async def test_stored_records_follow_when_it_does(site: Site) -> None:
    await began(site)
    renamed = source(gone("note"), text("remark"), evolution=[{"from": 1, "rename": {"note": "remark"}}])
    await approve(site, OTHER, await propose(site, ONE, renamed))
    await work(site)
    assert (await stored_as(site))["data"]["remark"] == "keep"


async def test_at_its_date_what_is_stored_is_looked_at_again(site: Site, hands: Hands) -> None:
    """Nothing was stored when it was proposed; by then something would be lost."""
    await publish(site, facility())
    later = site.now() + timedelta(days=1)
    change = await propose(site, ONE, source(gone("note")), effective_at=later)
    await approve(site, OTHER, change)
    await store(site, None, STORED)
    hands.now += timedelta(days=2)
    assert await publish_due(site)
    found = await find_change(site, ONE, change.reference)
    assert (found.state, found.problem) == ("failed", "T-S001")
    assert site.registry.current(NAME).version == 1


async def test_a_proposal_on_a_version_no_longer_in_force_is_not_published(site: Site) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    await publish(site, facility(text("meanwhile")))
    with pytest.raises(SchemaMoved):
        await approve(site, OTHER, change)


async def test_of_two_decisions_the_first_counts(site: Site) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    await reject(site, OTHER, change, "not now")
    with pytest.raises(SchemaMoved):
        await approve(site, steward("third"), change)
    assert site.registry.current(NAME).version == 1


async def test_a_rejection_says_why(site: Site) -> None:
    await began(site)
    change = await propose(site, ONE, source(text("added")))
    with pytest.raises(SchemaChangeRefused):
        await reject(site, OTHER, change, "  ")
    assert (await reject(site, OTHER, change, "too early")).decision_note == "too early"


async def test_a_new_record_type_is_proposed_the_same_way(site: Site) -> None:
    change = await propose(site, ONE, source())
    assert change.base_version == 0
    assert (await approve(site, OTHER, change)).version == 1
    assert site.registry.current(NAME).version == 1
    assert NAME in site.records


async def test_proposing_what_is_in_force_is_refused(site: Site) -> None:
    await began(site)
    with pytest.raises(SchemaChangeRefused):
        await propose(site, ONE, source())
