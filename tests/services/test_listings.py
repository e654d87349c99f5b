"""An operator's records as a list, as a file, and as what a new application begins with."""

from dataclasses import replace
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.base import Id, new_id
from models.documents.own_rows import OWN
from models.documents.record import Record
from models.errors import NotAllowed, NotFound, TransferRefused
from models.permissions import Actor
from models.schema.reading import read_data
from models.schema.search import grams_of
from models.services import copying, downloads, listings, transfers
from models.services.identifying import actor_for
from models.services.listings import Asked
from models.services.site import Site
from tests.services.answers import valid_answers
from tests.services.behind import behind, written_before
from tests.services.contracts import operator
from tests.services.stored import store_records
from tests.services.test_agenda import actor_of

NAMES = ("岬風力発電所", "みなと第一発電所", "うしお蓄電所")


async def store_resources(site: Site, operator: Id, count: int = 3, **keys: Any) -> list[Record]:
    published = site.registry.current("resource")
    rows = [
        {
            "resource_name": NAMES[number % 3],
            "title": NAMES[number % 3],
            "area": ("tokyo", "tohoku")[number % 2],
            "delivery_fiscal_year": 2030 + number % 4,
        }
        for number in range(count)
    ]
    return await store_records(site, published, *rows, operator_id=operator, **keys)


async def numbers(site: Site, actor: Actor, **asked: Any) -> list[str]:
    found = await listings.page(site, actor, "resource", Asked(**asked))
    return [str(row["number"])[-2:] for row in found.rows]


async def test_a_list_is_narrowed_ordered_and_never_anothers(site: Site) -> None:
    own = new_id()
    actor = actor_of(own)
    await store_resources(site, own)
    await store_resources(site, new_id())
    assert await numbers(site, actor) == ["01", "02", "03"]
    assert await numbers(site, actor, tests={"area": "tohoku"}) == ["02"]
    assert await numbers(site, actor, tests={"delivery_fiscal_year.from": "２０３１"}) == ["02", "03"]
    assert await numbers(site, actor, sort="-delivery_fiscal_year") == ["03", "02", "01"]
    assert await numbers(site, actor, state="terminated") == []
    assert await numbers(site, actor, sort="no_such", text="") == ["01", "02", "03"]
    found = await listings.page(
        site, actor, "resource", Asked(tests={"area": "moon", "delivery_fiscal_year.to": "soon", "x": "y"})
    )
    assert (found.unread, list(found.rows)) == (("delivery_fiscal_year.to", "area"), [])


async def test_a_list_and_its_file_hold_what_is_yet_to_follow_a_version(site: Site) -> None:
    own = new_id()
    actor = await operator(site, "late", "user", of=own)
    former = {"area": "zone", "resource_name": "called"}
    first, second, _ = await store_resources(site, own)
    await written_before(site, former, first, second)
    late = behind(site, "resource", former)
    asked = Asked(tests={"area": "tohoku"})
    assert await numbers(site, actor, tests=asked.tests) == []
    (row,) = (await listings.page(late, actor, "resource", asked)).rows
    assert (row["number"], row["data"]["resource_name"]) == (second.number, NAMES[1])
    for place, told in ((site, False), (late, True)):
        job = await downloads.ask(place, actor, "resource", Asked(), profile="list")
        _, content = await transfers.take(place, actor, job)
        written = b"".join([part async for part in content]).decode("utf-8-sig")
        assert ("東北" in written) is told


async def test_a_piece_of_a_name_finds_and_what_is_typed_is_taken_literally(site: Site) -> None:
    own = new_id()
    await store_resources(site, own)
    collection = site.records["resource"].collection
    definition = site.registry.current("resource").definition
    async for row in collection.find({}):
        grams = grams_of(definition, row["number"], row["data"])
        await collection.update_one({"_id": row["_id"]}, {"$set": {"grams": grams}})
    actor = actor_of(own)
    assert await numbers(site, actor, text="風力") == ["01"]
    assert await numbers(site, actor, text="所") == ["01", "02", "03"]
    assert await numbers(site, actor, text=".*") == []


async def test_pages_go_on_after_a_row_and_a_forged_place_tells_nothing(site: Site) -> None:
    own, other = new_id(), new_id()
    await store_resources(site, own, listings.PAGE * 2 + 1)
    await store_resources(site, other, 1)
    actor, asked, seen = actor_of(own), Asked(sort="-delivery_fiscal_year"), list[str]()
    while True:
        found = await listings.page(site, actor, "resource", asked)
        seen += [row["number"] for row in found.rows]
        if not found.following:
            break
        asked = Asked(sort=asked.sort, after=found.following)
    assert len(set(seen)) == len(seen) == found.count == listings.PAGE * 2 + 1
    back = await listings.page(site, actor, "resource", Asked(sort=asked.sort, before=found.previous))
    assert [row["number"] for row in back.rows] == seen[listings.PAGE : listings.PAGE * 2]
    theirs = await listings.page(site, actor_of(other), "resource", Asked())
    forged = Asked(sort=asked.sort, after=str(theirs.rows[0]["_id"]))
    assert (await listings.page(site, actor, "resource", forged)).previous == ""


async def test_every_question_goes_through_the_index_of_the_operators_own(site: Site) -> None:
    await store_resources(site, new_id())
    cursor = site.records["resource"].collection.find({"operator_id": new_id()}).sort("data.area", 1)
    plan = (await cursor.hint(OWN).explain())["executionStats"]
    assert plan["totalDocsExamined"] == 0


async def test_a_list_is_taken_away_by_its_own_operator_only(site: Site) -> None:
    own = new_id()
    await store_resources(site, own)
    await store_resources(site, new_id())
    account = Account(
        login="U1",
        kind="operator",
        name="U",
        email="u@example.jp",
        roles=["user"],
        operator_id=own,
        status="active",
        created_at=site.now(),
    )
    await account.insert()
    actor = actor_for(account)
    job = await downloads.ask(site, actor, "resource", Asked(tests={"area": "tokyo"}), profile="list")
    assert (job.state, job.done) == ("done", 2)
    _, content = await transfers.take(site, actor, job)
    text = b"".join([part async for part in content]).decode("utf-8-sig")
    assert "岬風力発電所" in text
    assert "みなと第一発電所" not in text
    with pytest.raises(NotFound):
        await downloads.find(site, actor_of(own), str(job.id))
    with pytest.raises(TransferRefused):
        await downloads.ask(site, actor, "resource", Asked(), written="exe")
    with pytest.raises(NotAllowed):
        await downloads.ask(site, Actor(kind="visitor"), "resource", Asked())


async def test_what_an_operator_begins_with_is_its_own(site: Site) -> None:
    own = new_id()
    await store_resources(site, own)
    await store_resources(site, new_id())
    records, sent = await copying.sources(site, actor_of(own), "resource")
    assert [row["operator_id"] for row in records if "operator_id" in row] == []
    assert (len(records), list(sent)) == (3, [])


async def test_a_new_application_begins_with_the_answers_of_a_record(site: Site) -> None:
    """What may stand once, files and what is confirmed stay behind, each with its reason; another
    operator's record is not there."""
    own = new_id()
    published = site.registry.current("resource")
    given = valid_answers(published.definition)
    data = read_data(published.compiled, {k: v for k, v in given.items() if v is not None}, {}).data
    [record] = await store_records(site, published, data, operator_id=own)
    actor = actor_of(own)
    source = await copying.find_source(site, actor, "resource", "record", record.number)
    found = copying.copied(site, actor, source)
    left = {each.label("en"): each.why.msgid for each in found.left}
    assert left["Grid code"] == "It may be registered only once."
    assert "grid_code" not in found.answers
    assert found.answers["resource_name"] == data["resource_name"]
    free = copying.copied(site, actor, replace(source, spent=False))  # control: nobody holds it
    assert free.answers["grid_code"] == data["grid_code"]
    for origin, name in (("record", "9999999999"), ("application", record.number), ("", record.number)):
        with pytest.raises(NotFound):
            await copying.find_source(site, actor, "resource", origin, name)
    with pytest.raises(NotFound):
        await copying.find_source(site, actor_of(new_id()), "resource", "record", record.number)
