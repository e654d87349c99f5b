"""Search entries written anew: what an earlier program wrote is found again, nothing else is touched."""

import pytest

from models.errors import NotFound
from models.permissions import Actor
from models.services.reindexing import reindex
from models.services.site import Site
from tests.services.people import register_operator


async def test_stored_records_are_found_by_what_is_looked_up_now(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    record, _ = await register_operator(site, reviewer, approver)
    collection = site.records["operator"].collection
    before = await collection.find_one({"_id": record.id})
    assert await reindex(site, "operator") == 0, "the control: what was written just now is right"
    await collection.update_one({"_id": record.id}, {"$set": {"grams": ["of", "an", "earlier", "time"]}})
    seen: list[tuple[int, int]] = []
    assert await reindex(site, "operator", lambda done, total: seen.append((done, total))) == 1
    assert await collection.find_one({"_id": record.id}) == before
    assert seen == [(1, 1)]


async def test_a_damaged_record_is_left_as_it_is(site: Site, reviewer: Actor, approver: Actor) -> None:
    record, _ = await register_operator(site, reviewer, approver)
    collection = site.records["operator"].collection
    for damage in ({"data": {"operator_name": {"a": [1]}}}, {"schema_version": 99}):
        await collection.update_one({"_id": record.id}, {"$set": damage}, bypass_document_validation=True)
        await reindex(site, "operator")
    assert await collection.count_documents({}) == 1


async def test_an_unknown_type_is_refused(site: Site) -> None:
    with pytest.raises(NotFound):
        await reindex(site, "nothing")
