"""The queue at the level of services: pages by place, views, counts, row rules, and what is next."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from models.configuration.business_days import BusinessDays
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.record import Record
from models.documents.windows import LEAST, Order, Place, place_of, read_place, read_rows
from models.errors import NotAllowed
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.search import entries
from models.services import queue
from models.services.queue import ORDERS, At
from models.services.registry import Published, Registry
from models.services.searching import searched
from models.services.site import Site
from tests.services.queued import ago, charge, stored, wait

Row = Mapping[str, Any]


async def everything(site: Site, actor: Actor, order: Order, way: str = "after") -> list[Row]:
    """A view read page by page, from its beginning or from its end (whose way back ends in a whole page)."""
    found: list[Row] = []
    at = At() if way == "after" else At("last")
    while True:
        page = await queue.page(site, actor, {"state": "submitted"}, order, at)
        new = [row for row in page.rows if row not in found]
        found = [*found, *new] if way == "after" else [*new, *found]
        place = page.following if way == "after" else page.previous
        if not place:
            return found
        at = At("after", place) if way == "after" else At("until", place)


def mixed(site: Site) -> list[dict[str, Any]]:
    """Applications with equal values, without one, and with one of another kind."""
    now = site.now()
    dues = [None, now, *(now + timedelta(days=day) for day in range(4))]
    rows = [stored(site, due=dues[number * 5 % 7 % 6]) for number in range(2 * queue.PAGE_SIZE + 7)]
    return [*rows, stored(site, due="soon"), stored(site, due=7)]


async def test_pages_hold_every_application_once_in_order_from_both_ends(site: Site, reviewer: Actor) -> None:
    rows = mixed(site)
    await wait(rows)
    for order in ORDERS.values():
        await holds_once(site, reviewer, rows, order)


async def holds_once(site: Site, reviewer: Actor, rows: list[dict[str, Any]], order: Order) -> None:
    """Assert that the pages of an order hold these rows."""
    found = await everything(site, reviewer, order)
    assert sorted(row["_id"] for row in found) == sorted(row["_id"] for row in rows)
    parts = [place_of(row, order).part for row in found]
    assert parts == sorted(parts)
    valued = [(row[order.path], row["_id"]) for row, part in zip(found, parts, strict=True) if part == 0]
    assert valued == sorted(valued, reverse=order.down)
    assert [row["_id"] for row in await everything(site, reviewer, order, "until")] == [
        row["_id"] for row in found
    ]


async def test_a_page_says_how_many_lie_before_it(site: Site, reviewer: Actor) -> None:
    await wait(mixed(site))
    order, where = ORDERS["due"], {"state": "submitted"}
    first = await queue.page(site, reviewer, where, order)
    second = await queue.page(site, reviewer, where, order, At("after", first.following))
    back = await queue.page(site, reviewer, where, order, At("until", second.previous))
    assert (first.before, second.before, back.before) == (0, queue.PAGE_SIZE, 0)
    assert [row["_id"] for row in back.rows] == [row["_id"] for row in first.rows]


FORGED = ("", "a", "!!", "ñ", "e30", "W10", "WzFd", "bnVsbA", "9" * 10_000, "[" * 3000, "../..", "$where")


async def test_a_malformed_place_is_the_beginning(site: Site, reviewer: Actor) -> None:
    assert {read_place(token, order) for token in FORGED for order in ORDERS.values()} == {None}
    await wait(mixed(site))
    where, order = {"state": "submitted"}, ORDERS["due"]
    first = await queue.page(site, reviewer, where, order)
    for at in (At("after", "!!"), At("until", "WzFd")):
        page = await queue.page(site, reviewer, where, order, at)
        assert [row["_id"] for row in page.rows] == [row["_id"] for row in first.rows]


def test_a_place_is_read_in_its_own_order_only() -> None:
    text, moment = Order("reference", "text"), Order("due", "moment")
    place = Place(0, "A2026-000001", new_id(), 50)
    assert read_place(place.token, text) == place
    assert read_place(place.token, moment) is None


PLENTY = 2000


async def test_every_order_of_every_view_is_served_by_an_index(site: Site, reviewer: Actor) -> None:
    """Read from a place in the middle: rows before it are not looked at, and nothing is sorted but those that
    are of the very same moment."""
    states = ("submitted", "under_review", "second_review", "approved")
    rows = [
        stored(
            site,
            states[number % 4],
            open=number % 4 != 3,
            submitted_at=ago(site, minutes=number),
            due=ago(site, hours=number - PLENTY / 2),
            assignee=charge(reviewer) if number % 4 in (1, 2) else None,
        )
        for number in range(PLENTY)
    ]
    await wait(rows)
    middle = rows[PLENTY // 2 - PLENTY // 2 % 4]
    views = queue.views(site, reviewer)
    del views["other"]  # holds nothing, unless something is damaged
    for view in views.values():
        for name in [sign + sort for sort in view.sorts for sign in ("", "-")]:
            order = ORDERS[name]
            for told in await explained(view.where, order, place_of(middle, order)):
                looked_at = told["executionStats"]["totalKeysExamined"]
                planned = stages(told["queryPlanner"]["winningPlan"])
                assert looked_at <= 2 or "SORT" not in planned, (view, name)
                assert looked_at < 3 * queue.PAGE_SIZE, (view, name)


async def test_an_order_without_an_index_would_be_seen(site: Site, reviewer: Actor) -> None:
    """The control of the test above."""
    await wait([stored(site) for _ in range(PLENTY // 10)])
    order = Order("title", "text")
    _, told = await explained({"state": "submitted"}, order, Place(0, LEAST["text"], new_id()))
    assert "SORT" in stages(told["queryPlanner"]["winningPlan"])
    assert told["executionStats"]["totalKeysExamined"] > 3 * queue.PAGE_SIZE


async def explained(where: Mapping[str, Any], order: Order, place: Place) -> list[Any]:
    """How the database finds the rows after `place`, as the queue asks for them: those that share its value,
    and those beyond."""
    asked: list[Any] = []

    class Spy:
        """The collection, remembering what it was asked."""

        def find(self, *told: Any, **how: Any) -> Any:
            asked.append(Application.raw().find(*told, **how))
            return asked[-1]

    await read_rows(Spy(), where, order, queue.COLUMNS, queue.PAGE_SIZE, place)
    return [await cursor.clone().explain() for cursor in asked[:2]]


def stages(plan: Mapping[str, Any]) -> list[str]:
    """The names of the stages of a plan."""
    below = [*plan.get("inputStages", ()), *filter(None, [plan.get("inputStage"), plan.get("queryPlan")])]
    return [str(plan.get("stage")), *(name for each in below for name in stages(each))]


async def test_views_hold_what_they_say(site: Site, reviewer: Actor, approver: Actor) -> None:
    late = ago(site, days=1)
    await wait(
        [
            stored(site),
            stored(site, "under_review", assignee=charge(reviewer), due=late),
            stored(site, "second_review", assignee=charge(approver)),
            stored(site, "returned", assignee=charge(reviewer), due=late),
            stored(site, "approved", open=False, assignee=charge(reviewer)),
            stored(site, "nowhere"),
            stored(site, "draft"),
        ]
    )
    views = queue.views(site, reviewer)
    counted = await queue.counts(site, reviewer, {name: view.where for name, view in views.items()})
    assert {name: number for name, number in counted.items() if number} == {
        "waiting": 3,
        "mine": 1,
        "unassigned": 1,
        "overdue": 1,
        "other": 1,
        **dict.fromkeys(
            ("state-submitted", "state-under_review", "state-second_review", "state-returned"), 1
        ),
        "state-approved": 1,
    }


async def test_counts_go_no_further_than_their_limit(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    await wait([stored(site) for _ in range(9)])
    monkeypatch.setattr(queue, "COUNT_LIMIT", 5)
    assert await queue.counts(site, reviewer, {"all": {"state": "submitted"}}) == {"all": 5}


async def test_an_operator_has_no_queue(site: Site) -> None:
    for actor in (Actor(kind="operator", account_id=new_id()), Actor(kind="visitor")):
        with pytest.raises(NotAllowed):
            queue.views(site, actor)
        with pytest.raises(NotAllowed):
            await queue.next_reference(site, actor)


def ruled(site: Site, where: Mapping[str, Any]) -> Site:
    """The site, where reviewers may see only some operators."""
    current = site.registry.current("operator")
    described = current.definition.published()
    described["access"] = [{"by": ["reviewer"], "where": dict(where)}, {"by": ["approver"]}]
    version = Published(current.version + 1, RecordType.model_validate(described))
    resource = site.registry.current("resource")
    return replace(site, registry=Registry([current, version, resource]))


async def two_records(site: Site) -> list[Record]:
    records = [
        Record(
            _id=new_id(),
            type="operator",
            number=f"0000000{number}",
            schema_version=1,
            operator_id=new_id(),
            lifecycle="active",
            created_at=site.now(),
            updated_at=site.now(),
        )
        for number in (1, 2)
    ]
    for record in records:
        await site.records["operator"].insert(record, None)
    return records


async def test_applications_about_records_out_of_reach_are_not_there(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """Not listed, not counted, not next; who sees every record sees them all."""
    ours, theirs = await two_records(site)
    changes = [stored(site, kind="change", record_id=record.id, base_revision=1) for record in (theirs, ours)]
    fresh = stored(site)
    await wait([*changes, fresh])
    narrow = ruled(site, {"number": ours.number})
    where, order = {"state": "submitted"}, ORDERS["reference"]
    for actor, seen in ((reviewer, [changes[1], fresh]), (approver, [*changes, fresh])):
        page = await queue.page(narrow, actor, where, order)
        assert [row["_id"] for row in page.rows] == [row["_id"] for row in seen]
        assert await queue.counts(narrow, actor, {"all": where}) == {"all": len(seen)}
    assert await queue.next_reference(narrow, reviewer, where, "reference") == changes[1]["reference"]
    assert await queue.next_reference(site, reviewer, where, "reference") == changes[0]["reference"]


async def test_pages_are_filled_past_what_is_out_of_reach(
    site: Site, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "PAGE_SIZE", 4)
    _, theirs = await two_records(site)
    hidden = [stored(site, type="operator", open=False, record_id=theirs.id) for _ in range(11)]
    fresh = [stored(site) for _ in range(6)]
    await wait([*hidden, *fresh])
    narrow = ruled(site, {"number": "00000001"})
    first = await queue.page(narrow, reviewer, {"state": "submitted"}, ORDERS["reference"])
    assert [row["_id"] for row in first.rows] == [row["_id"] for row in fresh[:4]]
    rest = At("after", first.following)
    second = await queue.page(narrow, reviewer, {"state": "submitted"}, ORDERS["reference"], rest)
    assert [row["_id"] for row in second.rows] == [row["_id"] for row in fresh[4:]]


async def test_the_next_one_is_ones_own_then_what_waits_longest(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    taken = stored(site, "under_review", assignee=charge(approver), submitted_at=ago(site, days=9))
    old, new = (stored(site, submitted_at=ago(site, days=days)) for days in (5, 1))
    mine = stored(site, "under_review", assignee=charge(reviewer))
    proposed = stored(site, "second_review", assignee=charge(reviewer))
    own = stored(site, "second_review", assignee=charge(approver))
    await wait([taken, old, new, mine, proposed, own])
    assert await queue.next_reference(site, reviewer) == mine["reference"]
    assert await queue.next_reference(site, reviewer, passing={mine["reference"]}) == old["reference"]
    only = {"reference": new["reference"]}
    assert await queue.next_reference(site, reviewer, only) == new["reference"]
    approving = replace(approver, account_id=new_id())
    assert await queue.next_reference(site, approving, {"state": "second_review"}) == proposed["reference"]
    nothing = await queue.next_reference(site, reviewer, {"state": "second_review"})
    assert nothing is None


async def test_nobody_is_offered_the_review_of_their_own_correction(
    site: Site, reviewer: Actor, approver: Actor
) -> None:
    """The rows carry what the rules of steps ask; the control is a correction of somebody else."""
    for proposer, offered in ((reviewer, None), (approver, "A-CORRECTION")):
        await Application.raw().delete_many({})
        own: dict[str, Any] = {
            "by_staff": True,
            "applicant": {"account_id": proposer.account_id},
            "kind": "change",
        }
        await wait([stored(site, reference="A-CORRECTION", **own)])
        assert await queue.next_reference(site, reviewer) == offered


async def test_search_finds_pieces_of_titles_and_references_literally(site: Site) -> None:
    titles = ("第77777発電株式会社", "北海道アグリゲーション", "みなと発電")
    rows = [stored(site, title=title, reference=f"Z-{title}") for title in titles]
    for row in rows:
        row["grams"] = [*entries(row["reference"]), *entries(row["title"])]
    await wait(rows)
    told = {"第": 1, "発電株式": 1, "発電": 2, "Ｚ－": 3, "77777": 1, "z-": 3, "北海道": 1, "アグリゲ": 1}
    for text, number in {**told, **dict.fromkeys(LITERAL, 0)}.items():
        found = await Application.raw().find(await searched(text)).to_list(None)
        assert len(found) == number, text


LITERAL = ("無い語", "(", "a(b", ".*", "$where", "\\", "^", "[")


def test_business_days_are_counted_as_one_by_one(site: Site) -> None:
    calendar, today = site.calendar, site.today()
    days = BusinessDays(calendar, today)
    for distance in (1, -1, 400, 30, -30, -400, 0, 7, 6, -365):
        day = today + timedelta(days=distance)
        first, last = sorted((today, day))
        between = (first + timedelta(days=step) for step in range(1, (last - first).days + 1))
        counted = sum(calendar.is_business_day(each) for each in between)
        assert days.until(day) == (counted if distance > 0 else -counted)
        assert days.since(day) == -days.until(day)
