"""What waits for an operator, and its applications as a list."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.certificate import Certificate
from models.errors import NotAllowed
from models.permissions import Actor
from models.services import agenda
from models.services.records_waiting import Line
from models.services.site import Site
from models.services.waiting import states_of


def actor_of(operator: Id, role: str = "administrator") -> Actor:
    return Actor(kind="operator", account_id=new_id(), operator_id=operator, roles=frozenset({role}))


async def store(site: Site, operator: Id, reference: str, state: str, **keys: Any) -> Application:
    described = states_of(site)[state]
    duration = described.due or described.expires
    application = Application(
        reference=reference,
        type="resource",
        kind="register",
        schema_version=1,
        state=state,
        open=not described.final,
        operator_id=operator,
        due=site.calendar.due(site.now(), duration) if duration else None,
        created_at=site.now(),
        **{"updated_at": site.now(), "title": reference, **keys},
    )
    await application.insert()
    return application


async def certify(site: Site, operator: Id, days: int, state: str = "bound") -> None:
    await Certificate(
        fingerprint=new_id().binary.hex(),
        serial=f"{days}",
        subject=f"CN={days}",
        issuer="CN=ca",
        not_before=site.now() - timedelta(days=300),
        not_after=site.now() + timedelta(days=days),
        state=state,
        operator_id=operator,
        first_seen_at=site.now(),
    ).insert()


async def test_what_ends_soonest_comes_first_after_what_was_returned(site: Site) -> None:
    """Control: the same things of another operator are nobody's here."""
    own, other = new_id(), new_id()
    for operator, mark in ((own, "A"), (other, "B")):
        await store(site, operator, f"{mark}1", "draft")
        await store(site, operator, f"{mark}2", "returned")
        await store(site, operator, f"{mark}3", "under_review")
        await store(site, operator, f"{mark}4", "draft", by_staff=True)
        await certify(site, operator, 20)
        await Account(
            login=f"U-{mark}",
            kind="operator",
            name=mark,
            email="a@example.jp",
            operator_id=operator,
            created_at=site.now(),
        ).insert()
    found = await agenda.agenda(site, actor_of(own))
    assert [each.sort for each in found] == ["returned", "invitation", "certificate", "draft"]
    assert [each.application.reference for each in found if each.application] == ["A2", "A1"]
    assert found[0].working == 10
    assert [each.days for each in found[1:]] == [3, 20, 90]
    as_user = await agenda.agenda(site, actor_of(own, "user"))
    assert [each.sort for each in as_user] == ["returned", "certificate", "draft"]
    counts = await agenda.counted(site, actor_of(own))
    assert counts == {"mine": 2, "review": 1, "over": 0}
    with pytest.raises(NotAllowed):
        await agenda.agenda(site, Actor(kind="visitor"))


async def test_a_state_several_workflows_have_is_told_as_operators_know_it(site: Site) -> None:
    assert site.workflows["staff_case"].states["approved"].label("ja") == "決定"
    assert states_of(site)["approved"].label("ja") == "合格"
    assert states_of(site)["returned"].due is not None


async def test_a_certificate_is_told_of_more_urgently_each_time(site: Site) -> None:
    for days, warned in ((61, None), (60, 60), (30, 30), (14, 14), (7, 7), (1, 1), (0, 1)):
        assert agenda.warned(site, days) == warned


async def test_a_certificate_that_was_replaced_ends_unnoticed(site: Site) -> None:
    own = new_id()
    await certify(site, own, 10)
    assert len(await agenda.expiring(site, actor_of(own))) == 1
    await certify(site, own, 700, "presented")
    assert len(await agenda.expiring(site, actor_of(own))) == 1
    await certify(site, own, 700)
    assert await agenda.expiring(site, actor_of(own)) == []


async def test_applications_are_turned_page_by_page_and_found_by_their_title(site: Site) -> None:
    own = new_id()
    for number in range(agenda.PAGE * 2 + 3):
        at = site.now() - timedelta(minutes=number // 2)
        await store(site, own, f"P{number:03}", "draft" if number % 2 else "withdrawn", updated_at=at)
    await store(site, new_id(), "other", "draft")
    pages, place = [], ""
    while True:
        found = await agenda.applications(site, actor_of(own), after=place)
        pages.append([each.reference for each in found.applications])
        if not (place := found.following):
            break
    assert [len(each) for each in pages] == [agenda.PAGE, agenda.PAGE, 3]
    assert len(set(chain.from_iterable(pages))) == agenda.PAGE * 2 + 3
    back = await agenda.applications(site, actor_of(own), before=found.previous)
    assert [each.reference for each in back.applications] == pages[1]
    first = await agenda.applications(site, actor_of(own), before=back.previous)
    assert ([each.reference for each in first.applications], first.previous) == (pages[0], "")
    mine = await agenda.applications(site, actor_of(own), "mine")
    assert {each.state for each in mine.applications} == {"draft"}
    assert (await agenda.applications(site, actor_of(own), after="forged")).previous == ""


async def test_both_lists_walk_the_index_of_the_operators_own(site: Site) -> None:
    own = new_id()
    await store(site, own, "I1", "draft")
    where = {"operator_id": own, "by_staff": {"$ne": True}}
    states = {**where, "state": {"$in": agenda.states_in(site, "mine")}}
    for asked, order, name in (
        (where, {"updated_at": -1, "_id": -1}, "by_operator"),
        (states, {"due": 1, "_id": 1}, agenda.BY_DUE),
    ):
        found = {"find": "applications", "filter": asked, "sort": order, "hint": name}
        told = await site.store.mongo.command("explain", found, verbosity="queryPlanner")
        plan = str(told["queryPlanner"]["winningPlan"])
        assert f"'{name}'" in plan
        assert "'SORT'" not in plan


def test_a_record_without_a_term_comes_before_what_has_time() -> None:
    """The other side waits for it now; what is overdue comes first, what nobody asked for last."""
    today, now = date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC)
    line = Line("report", new_id(), "R1", "", None, "", "sent", now, None, False, False)
    found = [
        agenda.Waiting("draft", today, 0, 0),
        agenda.Waiting("asked", today + timedelta(30), 30, 21),
        agenda.Waiting("record", None, None, None, record=line),
        agenda.Waiting("asked", today - timedelta(1), -1, 0),
    ]
    assert agenda.by_urgency(found, today) == [found[3], found[2], found[1], found[0]]
