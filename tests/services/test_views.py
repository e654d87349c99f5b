"""Saved views: one's own, shared ones, and what others may do with them."""

import asyncio
from typing import Any

import pytest

from models.documents.event import Event
from models.documents.view import SavedView
from models.errors import DuplicateValue, NotAllowed, NotFound, ViewRefused
from models.permissions import Actor
from models.services import views
from models.services.site import Site
from tests.services.conftest import staff

QUERY = "filter=%7B%22lifecycle%22%3A%22active%22%7D"


async def names(actor: Actor, place: str = "resource") -> list[str]:
    return [view.name for view in await views.views_of(actor, place)]


async def events(action: str) -> list[dict[str, Any]]:
    return [row async for row in Event.raw().find({"action": action}).sort("_id", 1)]


async def test_a_view_is_kept_for_one_person_and_told(site: Site, reviewer: Actor, approver: Actor) -> None:
    await views.save_view(site, reviewer, "resource", "  東京の　電源 ", QUERY)
    assert await names(reviewer) == ["東京の 電源"]
    assert await names(reviewer, "operator") == []
    assert await names(approver) == []
    (event,) = await events("view.saved")
    assert event["actor"]["id"] == reviewer.account_id
    assert QUERY not in str(event)


async def test_a_shared_view_is_seen_by_all_after_their_own(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    await views.save_view(site, reviewer, "resource", "A", QUERY, shared=True)
    await views.save_view(site, approver, "resource", "Z", QUERY)
    assert await names(approver) == ["Z", "A"]
    assert [view.name for view in await views.all_views(approver, ["operator"])] == ["Z"]
    assert [view.name for view in await views.all_views(approver, ["resource"])] == ["Z", "A"]


async def test_sharing_needs_the_permission(site: Site, reviewer: Actor) -> None:
    auditor = await staff(site, "auditor", "auditor")
    with pytest.raises(NotAllowed):
        await views.save_view(site, auditor, "resource", "A", QUERY, shared=True)
    view = await views.save_view(site, auditor, "resource", "A", QUERY)
    with pytest.raises(NotAllowed):
        await views.change_view(site, auditor, str(view.id), shared=True)
    assert not (await views.find_view(auditor, str(view.id))).shared
    mine = await views.save_view(site, reviewer, "resource", "A", QUERY)
    assert (await views.change_view(site, reviewer, str(mine.id), shared=True)).shared


async def test_others_may_not_touch_a_view(site: Site, reviewer: Actor, approver: Actor) -> None:
    private = await views.save_view(site, reviewer, "resource", "private", QUERY)
    shared = await views.save_view(site, reviewer, "resource", "shared", QUERY, shared=True)
    administrator = await staff(site, "administrator", "system_administrator")
    for actor in (approver, administrator):
        for act in (views.find_view(actor, str(private.id)), views.remove_view(site, actor, str(private.id))):
            with pytest.raises(NotFound):
                await act
    with pytest.raises(NotAllowed):
        await views.remove_view(site, approver, str(shared.id))
    with pytest.raises(NotAllowed):
        await views.change_view(site, approver, str(shared.id), name="mine now")
    assert sorted(await names(reviewer)) == ["private", "shared"]


async def test_a_shared_view_can_be_renamed_and_removed_by_an_administrator(
    site: Site, reviewer: Actor
) -> None:
    administrator = await staff(site, "administrator", "system_administrator")
    view = await views.save_view(site, reviewer, "resource", "shared", QUERY, shared=True)
    with pytest.raises(ViewRefused):
        await views.change_view(site, administrator, str(view.id), query="q=other")
    await views.change_view(site, administrator, str(view.id), name="better")
    assert await names(reviewer) == ["better"]
    await views.remove_view(site, administrator, str(view.id))
    assert await names(reviewer) == []
    assert [event["action"] for event in (*await events("view.changed"), *await events("view.removed"))]


async def test_withdrawing_a_shared_view_of_others_takes_it_out_of_reach(site: Site, reviewer: Actor) -> None:
    administrator = await staff(site, "administrator", "system_administrator")
    view = await views.save_view(site, reviewer, "resource", "shared", QUERY, shared=True)
    await views.change_view(site, administrator, str(view.id), shared=False)
    with pytest.raises(NotFound):
        await views.remove_view(site, administrator, str(view.id))
    assert await names(reviewer) == ["shared"]


async def test_a_name_is_given_once_by_one_person_at_one_place(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    first = await views.save_view(site, reviewer, "resource", "A", QUERY)
    await views.save_view(site, approver, "resource", "A", QUERY)
    await views.save_view(site, reviewer, "operator", "A", QUERY)
    other = await views.save_view(site, reviewer, "resource", "B", QUERY)
    with pytest.raises(DuplicateValue) as refused:
        await views.save_view(site, reviewer, "resource", "A", "q=x")
    assert refused.value.field == "name"
    with pytest.raises(DuplicateValue):
        await views.change_view(site, reviewer, str(other.id), name="A")
    await views.change_view(site, reviewer, str(first.id), name="A", query="q=new")
    assert (await views.find_view(reviewer, str(first.id))).query == "q=new"


async def test_a_double_click_saves_once(site: Site, reviewer: Actor) -> None:
    both = (views.save_view(site, reviewer, "resource", "A", QUERY) for _ in range(2))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == ["DuplicateValue", "SavedView"]
    assert len(await events("view.saved")) == 1


async def test_what_is_no_view_is_refused(site: Site, reviewer: Actor) -> None:
    for name, query in (
        ("", QUERY),
        ("a" * 61, QUERY),
        ("a\u0000b", QUERY),
        ("A", "q=" + "x" * 9000),
        ("A", "q=東"),
    ):
        with pytest.raises(ViewRefused):
            await views.save_view(site, reviewer, "resource", name, query)
    await views.save_view(site, reviewer, "resource", "a" * 60, QUERY)
    assert await names(reviewer) == ["a" * 60]


async def test_one_person_keeps_so_many_views(site: Site, reviewer: Actor, approver: Actor) -> None:
    made = await views.save_view(site, reviewer, "resource", "first", QUERY)
    row = made.model_dump(exclude={"id", "name"})
    await SavedView.raw().insert_many([{**row, "name": str(n)} for n in range(views.MOST_VIEWS - 1)])
    with pytest.raises(ViewRefused):
        await views.save_view(site, reviewer, "resource", "one more", QUERY)
    await views.save_view(site, approver, "resource", "one more", QUERY)
    await views.remove_view(site, reviewer, str(made.id))
    await views.save_view(site, reviewer, "resource", "one more", QUERY)


async def test_a_damaged_view_takes_no_list_down(site: Site, reviewer: Actor) -> None:
    made = await views.save_view(site, reviewer, "resource", "sound", QUERY)
    broken = {"owner": reviewer.account_id, "place": "resource", "name": "broken", "query": 5}
    found = await SavedView.raw().insert_one(broken)
    assert await names(reviewer) == ["sound"]
    with pytest.raises(NotFound):
        await views.find_view(reviewer, str(found.inserted_id))
    assert (await views.find_view(reviewer, str(made.id))).name == "sound"


async def test_a_forged_id_finds_nothing(site: Site, reviewer: Actor) -> None:
    for identifier in ("", "x", "0" * 24, "$ne", "a" * 10_000):
        with pytest.raises(NotFound):
            await views.remove_view(site, reviewer, identifier)
