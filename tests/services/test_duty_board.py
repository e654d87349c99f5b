"""The board of duties: how operators stand, for staff and for each operator itself."""

from datetime import date
from typing import Any

import pytest

from models.documents.account import Account
from models.documents.record import Record
from models.errors import NotAllowed, NotFound, RequestRefused
from models.permissions import Actor
from models.schema.definition import RowRule
from models.schema.fields.base import Access
from models.services import duty_board
from models.services.calendar_entries import entries_for
from models.services.duty_board import Asked
from models.services.owing_asking import ask_due, ask_now, begin_now
from models.services.site import Site
from tests.clock import Hands
from tests.services.stored import publish
from tests.services.test_rolling_duties import (
    NAME,
    answer,
    asked,
    look_again,
    row_of,
    set_up,
    tokyo,
    training,
)
from tests.services.test_rolling_duties import accept as accept_training

KEY = (NAME, "yearly")


async def standings(site: Site, actor: Actor, **wanted: Any) -> list[tuple[str, str]]:
    found = await duty_board.board(site, actor, Asked(duty=KEY, **wanted))
    return [(line.number, line.cells[KEY].standing) for line in found.lines]


async def test_every_standing_is_told_and_filtered_by(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    people = await set_up(site, reviewer, approver, "0A01", "0B02", "0C03")
    (first, own), (second, other), (third, _) = people
    numbers = [first.number, second.number, third.number]
    assert await standings(site, reviewer) == [(number, "never") for number in numbers]
    await accept_training(
        site, reviewer, await answer(site, own, await begin_now(site, own, NAME, "yearly"), "2026-11-20")
    )
    await begin_now(site, other, NAME, "yearly")
    assert await standings(site, reviewer) == list(zip(numbers, ("fulfilled", "open", "never"), strict=True))
    hands.now = tokyo("2026-11-30")
    await ask_due(site)
    (waiting,) = await asked(second)
    await answer(site, other, waiting, "2026-11-30")
    hands.now = tokyo("2026-12-21", seconds=-1)
    assert await standings(site, reviewer) == list(zip(numbers, ("fulfilled", "sent", "soon"), strict=True))
    hands.now = tokyo("2026-12-21")
    assert await standings(site, reviewer, standing="overdue") == [(third.number, "overdue")]
    assert await duty_board.late(site, reviewer) == 1
    assert await standings(site, reviewer, standing="never") == []
    assert await standings(site, reviewer, text=second.number) == [(second.number, "sent")]
    assert await standings(site, reviewer, text="$where") == []
    assert (await duty_board.board(site, reviewer, Asked(), skip=2, limit=1)).total == 3


async def test_staff_read_who_did_not_take_part_and_operators_only_of_their_own(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    (first, own), (second, other) = await set_up(site, reviewer, approver, "0A01", "0B02")
    await accept_training(
        site, reviewer, await answer(site, own, await begin_now(site, own, NAME, "yearly"), "2026-11-20")
    )
    hired = Account(
        login="K1-09",
        kind="operator",
        name="新任 花",
        email="hana@example.jp",
        operator_id=first.id,
        status="active",
        created_at=site.now(),
    )
    await hired.insert()
    assert await standings(site, reviewer, missing=True) == []
    await look_again(site)
    assert await standings(site, reviewer, missing=True) == [(first.number, "fulfilled")]
    told = await _of(site, reviewer, first)
    assert (dict(told.missing), [past.on for past in told.past]) == ({"K1-09": "新任 花"}, ["2026-11-20"])
    assert dict((await _of(site, own, first)).missing) == {"K1-09": "新任 花"}
    user = Actor(kind="operator", account_id=hired.id, roles=frozenset({"user"}), operator_id=first.id)
    assert (dict((await _of(site, user, first)).missing), (await row_of(first)).missing) == ({}, 1)
    with pytest.raises(NotFound):
        await duty_board.of_operator(site, other, first.id)
    with pytest.raises(NotAllowed):
        await duty_board.board(site, other, Asked())
    assert [each.cell.row.operator_id for each in await duty_board.of_operator(site, other, second.id)] == [
        second.id
    ] * len(await duty_board.of_operator(site, other, second.id))


async def _of(site: Site, actor: Actor, operator: Record) -> duty_board.Told:
    found = await duty_board.of_operator(site, actor, operator.id)
    return next(each for each in found if each.cell.owing.key == KEY)


@pytest.mark.slow
async def test_the_days_of_the_year_are_in_the_calendar_until_it_is_asked_for(
    site: Site, hands: Hands, reviewer: Actor, approver: Actor
) -> None:
    ((_, own),) = await set_up(site, reviewer, approver, "0A01")
    days = {entry.begin for entry in await entries_for(site, own, "ja") if entry.uid.startswith("duty-")}
    assert {date(2026, 11, 30), date(2026, 12, 20)} <= days
    await begin_now(site, own, NAME, "yearly")
    found = [entry for entry in await entries_for(site, own, "ja") if "教育" in entry.title]
    assert found == []


async def test_what_everybody_is_asked_on_one_day_is_not_asked_before_it(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    with pytest.raises(RequestRefused):
        await begin_now(site, own, "self_assessment", "yearly")
    for type_name, duty in ((NAME, "monthly"), ("resource", "yearly")):
        with pytest.raises(NotFound):
            await begin_now(site, own, type_name, duty)
    with pytest.raises(NotAllowed):
        await ask_now(site, own, operator.id, NAME, "yearly")


async def test_who_may_not_see_the_records_sees_no_duty_of_theirs(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    ((operator, own),) = await set_up(site, reviewer, approver, "0A01")
    plain, hidden = training(), RowRule(by=("approver",))
    day = plain.by_name["held_on"].model_copy(update={"access": Access(read=("approver",))})
    fields = (day, plain.by_name["people"])
    for definition in (
        plain.model_copy(update={"access": (hidden,)}),
        plain.model_copy(update={"fields": fields}),
    ):
        await publish(site, definition)
        assert await standings(site, approver) == [(operator.number, "never")]
        assert await standings(site, reviewer) == []
        assert KEY not in {
            each.cell.owing.key for each in await duty_board.of_operator(site, own, operator.id)
        }
        with pytest.raises(NotFound):
            duty_board.find(site, reviewer, *KEY)
