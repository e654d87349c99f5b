"""What may be picked is one's own, in force and as the field asks; what is taken over cannot be typed."""

from typing import Any

import pytest

from models.documents.application import Application
from models.errors import AnswersInvalid
from models.permissions import Actor
from models.services import picking
from models.services.applications import compiled, read, save_page
from models.services.site import Site
from models.services.submitting import submit
from tests.services.contracts import contract, operator, plants


async def save(site: Site, actor: Actor, application: Application, **answers: Any) -> Application:
    return await save_page(site, actor, application, "all", answers, revision=application.revision)


async def test_one_s_own_records_in_force_are_offered_as_the_field_asks(site: Site) -> None:
    mine, other = await operator(site, "U1"), await operator(site, "U2")
    east, _ = await plants(site, mine, {"area": "east", "title": "港"}, {"area": "west"})
    await plants(site, mine, {"area": "east"}, lifecycle="deleted")
    await plants(site, other, {"area": "east"})
    application = await contract(site, mine)
    offered = await picking.picks(
        site, mine, application, await read(site, application, {"with_plant": "yes"})
    )
    assert offered["plant"] == offered["rows.plant"] == ((east, f"{east} 港"),)


async def test_among_too_many_records_what_is_looked_for_and_what_is_picked_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picking, "PICK_LIMIT", 2)
    mine, other = await operator(site, "U1"), await operator(site, "U2")
    titles = ["港", "港の北", "山", "ABC.1"]
    numbers = await plants(site, mine, *({"area": "east", "title": title} for title in titles))
    await plants(site, other, {"area": "east", "title": "港の南"})
    application = await contract(site, mine)
    reading = await read(site, application, {"with_plant": "yes", "plant": numbers[2]})
    assert len((await picking.picks(site, mine, application, reading))["plant"]) == 3
    found = await picking.sought(
        site, mine, application, reading, ["plant", "rows.plant"], {"plant": "港", "rows.0.plant": "ａｂｃ."}
    )
    assert [code for code, _ in found["plant"]] == [numbers[2], numbers[0], numbers[1]]
    assert [code for code, _ in found["rows.0.plant"]] == [numbers[3]]
    for needle in (".*", "\0"):
        nothing = await picking.sought(site, mine, application, reading, ["plant"], {"plant": needle})
        assert [code for code, _ in nothing["plant"]] == [numbers[2]]


async def test_colleagues_in_use_are_offered_as_the_field_asks(site: Site) -> None:
    mine = await operator(site, "U1", "contact")
    await operator(site, "U2", of=mine.operator_id)
    await operator(site, "U3", "contact")
    application = await contract(site, mine)
    offered = await picking.picks(site, mine, application, await read(site, application))
    assert offered["who"] == (("U1", "U1 U1さん"),)
    assert "plant" not in offered


@pytest.mark.parametrize("whose", ["mine", "west", "deleted", "other", "unknown"])
async def test_a_page_is_not_saved_with_what_may_not_be_picked(site: Site, whose: str) -> None:
    mine, other = await operator(site, "U1"), await operator(site, "U2")
    numbers = {
        "mine": (await plants(site, mine, {"area": "east"}))[0],
        "west": (await plants(site, mine, {"area": "west"}))[0],
        "deleted": (await plants(site, mine, {"area": "east"}, lifecycle="deleted"))[0],
        "other": (await plants(site, other, {"area": "east"}))[0],
        "unknown": "9999999999",
    }
    application = await contract(site, mine)
    answers = {"with_plant": "yes", "plant": numbers[whose], "rows": [{"plant": numbers[whose]}]}
    if whose == "mine":
        saved = await save(site, mine, application, **answers)
        assert saved.answers["plant"] == numbers["mine"]
        return
    with pytest.raises(AnswersInvalid) as refused:
        await save(site, mine, application, **answers)
    assert {e.path: e.key for e in refused.value.errors} == {
        "plant": "reference",
        "rows.0.plant": "reference",
    }


async def test_what_was_taken_out_of_force_since_is_refused_at_submission(site: Site) -> None:
    mine = await operator(site, "U1")
    (number,) = await plants(site, mine, {"area": "east", "kw": 5})
    application = await contract(site, mine)
    application = await save(site, mine, application, with_plant="yes", plant=number)
    collection = site.records["bench_plant"].collection
    await collection.update_one({"number": number}, {"$set": {"lifecycle": "deleted"}})
    with pytest.raises(AnswersInvalid) as refused:
        await submit(site, mine, application, revision=application.revision)
    assert [error.path for error in refused.value.errors] == ["plant"]
    await collection.update_one({"number": number}, {"$set": {"lifecycle": "active"}})
    submitted = await submit(site, mine, application, revision=application.revision)
    assert submitted.data is not None
    assert submitted.data["plant"] == number


async def test_values_are_taken_over_and_what_was_typed_gives_way(site: Site) -> None:
    mine = await operator(site, "U1")
    (number,) = await plants(site, mine, {"area": "east", "kw": 1234})
    application = await contract(site, mine)
    rows = [{"note": "x", "capacity": "1"}, {"plant": number, "capacity": "2"}]
    saved = await save(site, mine, application, with_plant="yes", plant=number, capacity="7", rows=rows)
    assert saved.answers["capacity"] == "1234"
    assert [row["capacity"] for row in saved.answers["rows"]] == ["1", "1234"]
    locked = picking.locked(compiled(site, saved).definition, await read(site, saved))
    assert locked == {"capacity", "rows.1.capacity"}


async def test_a_reference_that_is_hidden_or_somebody_else_s_takes_nothing_over(site: Site) -> None:
    mine, other = await operator(site, "U1"), await operator(site, "U2")
    (number,) = await plants(site, mine, {"area": "east", "kw": 1234})
    (foreign,) = await plants(site, other, {"area": "east", "kw": 99})
    application = await contract(site, mine)
    saved = await save(site, mine, application, with_plant="no", plant=number, capacity="7")
    assert saved.answers["capacity"] == "7"
    answers = {"with_plant": "yes", "plant": foreign, "capacity": "7"}
    saved = await save_page(site, mine, saved, "all", answers, revision=saved.revision, leave=True)
    assert saved.answers["capacity"] == "7"
