"""Free texts that defame somebody: taken from wherever they are told, and kept under seal (R36)."""

from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from models.documents.application import Application
from models.documents.event import Event
from models.documents.record import Record, RecordVersion
from models.documents.redaction import Redaction
from models.errors import NotAllowed, NotFound, RedactionRefused
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import redacting
from models.services.redacting import REDACTED, redact, redactable, restore, reveal
from models.services.registry import Published, Registry
from models.services.site import Site
from tests.services.conftest import staff
from tests.services.people import register_operator, register_resource

NAME = "悪徳会社の発電所"


@pytest_asyncio.fixture
async def plant(site: Site, reviewer: Actor, approver: Actor) -> Record:
    """A registered resource with a name that defames."""
    _, operator = await register_operator(site, reviewer, approver)
    return await register_resource(site, operator, reviewer, approver, resource_name=NAME)


async def everything(site: Site, record: Record) -> str:
    """All that is stored of a record, as one text; the sealed original is not among it."""
    versions = await RecordVersion.raw().find({"record_id": record.id}).to_list(None)
    applications = await Application.raw().find({"record_id": record.id}).to_list(None)
    kept = ("answers", "data", "submissions", "title", "grams")
    told = [[each.get(name) for name in kept] for each in applications]
    return repr([await site.records[record.type].row(record.id), versions, told])


async def test_a_redacted_text_is_in_no_version_list_or_application_any_more(
    site: Site, approver: Actor, plant: Record
) -> None:
    assert NAME in await everything(site, plant)
    made = await redact(site, approver, plant, "resource_name", "名誉を毀損するため")
    left, row = await everything(site, plant), await site.records["resource"].row(plant.id)
    assert row is not None
    assert NAME not in left
    assert REDACTED in left
    assert (row["title"], row["revision"], row["data"]["area"]) == (REDACTED, 2, plant.data["area"])
    assert not {gram for gram in row["grams"] if "悪徳" in gram}
    assert NAME not in repr(made.sealed)


async def test_the_original_is_read_by_those_entitled_and_every_time_is_an_event(
    site: Site, reviewer: Actor, approver: Actor, plant: Record
) -> None:
    auditor = await staff(site, "auditor", "auditor")
    made = await redact(site, approver, plant, "resource_name", "x")
    assert made.id is not None
    with pytest.raises(NotAllowed):
        await reveal(site, reviewer, made.id)
    assert await Event.find({"action": "redaction.revealed"}).count() == 0
    assert await reveal(site, auditor, made.id) == NAME
    told = await Event.find({"action": "redaction.revealed"}).to_list()
    assert [(each.actor.name, each.subject.id, NAME in repr(each.details)) for each in told] == [
        ("auditor", plant.id, False)
    ]
    with pytest.raises(NotFound):
        await reveal(replace(site, secret=b"another secret of the site, 32 by"), auditor, made.id)


@pytest.mark.slow
async def test_a_text_put_back_reads_as_before_everywhere(site: Site, approver: Actor, plant: Record) -> None:
    made = await redact(site, approver, plant, "resource_name", "x")
    assert made.id is not None
    with pytest.raises(RedactionRefused):
        await restore(site, approver, made.id, " ")
    await restore(site, approver, made.id, "誤りだったため")
    left = await everything(site, plant)
    assert REDACTED not in left
    assert NAME in left
    with pytest.raises(RedactionRefused):
        await restore(site, approver, made.id, "もう一度")


async def test_only_free_texts_that_are_answered_can_be_redacted(
    site: Site, approver: Actor, plant: Record
) -> None:
    assert "resource_name" in {each.name for each in redactable(site, approver, plant)}
    for field in ("resource_id", "area", "nothing"):
        with pytest.raises(RedactionRefused):
            await redact(site, approver, plant, field, "x")
    assert await Redaction.find_all().count() == 0


async def test_a_text_is_redacted_by_an_approver_with_a_reason_and_once(
    site: Site, reviewer: Actor, approver: Actor, plant: Record
) -> None:
    with pytest.raises(NotAllowed):
        await redact(site, reviewer, plant, "resource_name", "x")
    with pytest.raises(RedactionRefused):
        await redact(site, approver, plant, "resource_name", " ")
    await redact(site, approver, plant, "resource_name", "x")
    with pytest.raises(RedactionRefused):
        await redact(site, approver, plant, "resource_name", "x")
    listed: list[Any] = await redacting.redactions(approver)
    assert [each.number for each in listed] == [plant.number]


def narrow(site: Site, number: str) -> Site:
    """The site, where approvers and auditors see the resource of this number alone."""
    found = [each for name in site.registry.all_current() for each in site.registry.versions(name)]
    current = site.registry.current("resource")
    rule = {"by": ["approver", "auditor"], "where": {"number": number}}
    described = RecordType.model_validate({**current.definition.published(), "access": [rule]})
    return replace(site, registry=Registry([*found, Published(current.version + 1, described)]))


async def test_a_text_is_read_and_put_back_only_by_who_may_see_the_record(
    site: Site, approver: Actor, plant: Record
) -> None:
    made, auditor = (
        await redact(site, approver, plant, "resource_name", "x"),
        await staff(site, "a", "auditor"),
    )
    assert made.id is not None
    beyond, within = narrow(site, "00000000"), narrow(site, plant.number)
    with pytest.raises(NotFound):
        await reveal(beyond, auditor, made.id)
    with pytest.raises(NotFound):
        await restore(beyond, approver, made.id, "誤りだったため")
    assert await reveal(within, auditor, made.id) == NAME
    assert not (await restore(within, approver, made.id, "誤りだったため")).standing
