"""What is due or overdue comes into inboxes once a day, and goes into the morning's digest."""

import asyncio
from datetime import datetime, timedelta

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.inbox import InboxRound
from models.documents.message import Message
from models.permissions import Actor
from models.services import digests
from models.services.inbox_due import go_on, next_round, tell_due
from models.services.inbox_writing import Told, tell
from models.services.site import Site
from models.services.steps import take_step
from tests.clock import Hands
from tests.services.conftest import staff
from tests.services.test_inbox import items, told


async def in_review(
    site: Site, reviewer: Actor, due: datetime, reference: str = "A2026-000001"
) -> Application:
    """An application in somebody's charge that is due then."""
    application = Application(
        reference=reference,
        type="resource",
        kind="register",
        schema_version=1,
        state="under_review",
        title="港北発電所",
        operator_name="みなと電力",
        assignee=reviewer.person,
        due=due,
        created_at=site.now(),
        updated_at=site.now(),
    )
    await application.insert()
    return application


async def put(site: Site, actor: Actor, count: int = 1) -> None:
    """Something new in an inbox."""
    assert actor.account_id is not None
    for number in range(count):
        subject = Subject(kind="message", label="mails")
        told = Told(kind="mail_failed", key=f"mails:{number}", cause="mails", subject=subject)
        await tell(site, told, [actor.account_id], None)


async def whole_round(site: Site) -> None:
    while await tell_due(site):
        pass


async def test_what_is_due_by_the_end_of_tomorrow_is_told(site: Site, reviewer: Actor) -> None:
    """A last day ends at the midnight that follows it; one moment later is the day after tomorrow's."""
    ends = site.calendar.midnight(site.today() + timedelta(days=2))
    within = await in_review(site, reviewer, ends)
    await in_review(site, reviewer, ends + timedelta(seconds=1), "A2026-000002")
    await whole_round(site)
    assert [item.subject.label for item in await items(reviewer)] == [within.reference]


async def test_what_is_overdue_takes_the_place_of_what_was_due_and_is_settled_by_the_step(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    ends = site.calendar.midnight(site.today() + timedelta(days=1))
    application = await in_review(site, reviewer, ends)
    for _ in range(2):
        await whole_round(site)
        await InboxRound.find({}).delete()
    assert await told(reviewer) == [("due", "unread")]
    hands.forward(days=1)
    await whole_round(site)
    assert await told(reviewer) == [("due", "done"), ("overdue", "unread")]
    await take_step(site, reviewer, application, "release")
    assert await told(reviewer) == [("due", "done"), ("overdue", "done")]


async def test_two_workers_tell_once(site: Site, reviewer: Actor) -> None:
    """Both look at the same place of a round, and none begins it anew."""
    await in_review(site, reviewer, site.now() + timedelta(hours=1))
    await asyncio.gather(tell_due(site), tell_due(site))
    assert await told(reviewer) == [("due", "unread")]
    assert await next_round(site, "due") is None


async def test_a_round_goes_on_where_a_worker_left_it(site: Site) -> None:
    going = await next_round(site, "due")
    assert going is not None
    place = new_id()
    await go_on(site, going, place)
    await go_on(site, going, None)  # a slower worker, at the place before
    again = await next_round(site, "due")
    assert again is not None
    assert again.place == place


def morning(hands: Hands, day: str = "2026-11-24", time: str = "08:30:00") -> None:
    """Move the clock to a moment of the site's own time zone."""
    hands.now = datetime.fromisoformat(f"{day}T{time}+09:00")


async def send_all(site: Site) -> None:
    while await digests.send_some(site):
        pass


async def digested(actor: Actor) -> list[Message]:
    return await Message.find({"template": "daily_digest", "to_address": actor.email}).to_list()


async def chooses(actor: Actor, digest: str) -> None:
    await Account.raw().update_one({"_id": actor.account_id}, {"$set": {"mail_choices.digest": digest}})


async def test_a_digest_comes_at_half_past_eight_once_a_day_with_what_waits(
    site: Site, reviewer: Actor, hands: Hands
) -> None:
    await chooses(reviewer, "weekdays")
    morning(hands, time="08:29:59")
    application = await in_review(site, reviewer, site.now() + timedelta(hours=9))
    await whole_round(site)
    await send_all(site)
    assert await digested(reviewer) == []
    morning(hands)
    for _ in range(2):
        await send_all(site)
        await InboxRound.find({"_id": f"digest:{site.today()}"}).delete()
    (mail,) = await digested(reviewer)
    body = mail.body or ""
    assert application.reference in body
    assert f"{site.base_url}/admin/inbox" in body.replace("\\", "")
    assert application.title not in body
    assert application.operator_name not in body


async def test_a_digest_keeps_to_the_days_chosen(site: Site, hands: Hands) -> None:
    """23 November 2026 is a Monday, and a public holiday."""
    people = {name: await staff(site, name, "reviewer") for name in ("off", "weekdays", "daily")}
    for chosen, actor in people.items():
        await chooses(actor, chosen)
        await put(site, actor)
    counts = []
    for day in ("2026-11-23", "2026-11-24"):
        morning(hands, day)
        await send_all(site)
        counts.append([len(await digested(actor)) for actor in people.values()])
    assert counts == [[0, 0, 1], [0, 1, 2]]


async def test_nobody_gets_an_empty_digest(site: Site, reviewer: Actor, hands: Hands) -> None:
    await chooses(reviewer, "daily")
    morning(hands)
    await send_all(site)
    assert await digested(reviewer) == []


async def test_a_digest_lists_twenty_and_counts_the_rest(site: Site, reviewer: Actor, hands: Hands) -> None:
    await chooses(reviewer, "daily")
    await put(site, reviewer, 23)
    morning(hands)
    await send_all(site)
    (mail,) = await digested(reviewer)
    lines = [line for line in (mail.body or "").splitlines() if line.startswith("- ")]
    assert len(lines) == 21
    assert "3" in lines[-1]
