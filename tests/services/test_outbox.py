"""What the staff do with mails, how long texts are kept, the alarm, and the hold of a worker."""

from datetime import timedelta

import pytest

from models.configuration.outgoing import MailRules
from models.documents.event import Event
from models.documents.hold import Hold
from models.documents.message import Message
from models.errors import AbortRefused, MailErased, MailMoved, NotAllowed, NotFound
from models.permissions import Actor
from models.services.bodies import erase_bodies
from models.services.delivery import (
    LEASE,
    claim_due,
    due_at,
    mark_failed,
    mark_later,
    mark_sent,
    mark_soon,
    render,
)
from models.services.links import make_link
from models.services.mail_alarms import ringing, watch
from models.services.outbox import abort, abort_all, retry, retry_all
from models.services.outbox_figures import figures
from models.services.site import Site
from tests.clock import Hands
from tests.faults.mailing import again, mail_to


async def failed(site: Site, address: str, error: str) -> Message:
    """A mail that was given up."""
    message = await mail_to(site, address)
    envelope = await claim_due(site)
    assert envelope is not None
    assert await mark_failed(site, envelope.message, error)
    return message


async def events(action: str) -> list[Event]:
    return await Event.find({"action": action}).to_list()


# --- Again --------------------------------------------------------------------------------------------------


async def test_a_failed_mail_is_sent_again_when_asked(site: Site, reviewer: Actor) -> None:
    message = await failed(site, "a@example.jp", "550")
    with pytest.raises(NotAllowed):
        await retry(site, Actor(kind="visitor"), str(message.id))
    with pytest.raises(NotFound):
        await retry(site, reviewer, "0" * 24)
    await retry(site, reviewer, str(message.id))
    found = await again(message)
    assert (found.status(site.now()), found.attempts) == ("queued", 0)
    with pytest.raises(MailMoved):  # twice at the same moment is once
        await retry(site, reviewer, str(message.id))
    assert len(await events("message.retried")) == 1


async def test_all_mails_of_one_error_are_sent_again_and_no_others(site: Site, reviewer: Actor) -> None:
    alike = [await failed(site, f"a{n}@example.jp", "550 5.7.1") for n in range(3)]
    other = await failed(site, "b@example.jp", "550 5.1.1")
    assert await retry_all(site, reviewer, "550 5.7.1") == 3
    assert {(await again(each)).status(site.now()) for each in alike} == {"queued"}
    assert (await again(other)).status(site.now()) == "failed"
    [event] = await events("messages.retried")
    assert event.details == {"error": "550 5.7.1", "count": 3}


# --- Called off ---------------------------------------------------------------------------------------------


async def test_a_mail_is_called_off_with_a_reason_and_not_sent(site: Site, approver: Actor) -> None:
    message = await mail_to(site, "a@example.jp")
    with pytest.raises(AbortRefused):
        await abort(site, approver, str(message.id), "  ")
    await abort(site, approver, str(message.id), "Wrong\r\nperson")
    assert (await again(message)).status(site.now()) == "aborted"
    assert await claim_due(site) is None
    [event] = await events("message.aborted")
    assert event.details["reason"] == "Wrong person"
    with pytest.raises(MailMoved):
        await abort(site, approver, str(message.id), "again")
    await retry(site, approver, str(message.id))
    assert await claim_due(site) is not None


async def test_who_may_send_again_may_not_call_off(site: Site, reviewer: Actor) -> None:
    message = await mail_to(site, "a@example.jp")
    with pytest.raises(NotAllowed):
        await abort(site, reviewer, str(message.id), "no")
    with pytest.raises(NotAllowed):
        await abort_all(site, reviewer, "550", "no")


async def test_a_mail_being_sent_is_not_called_off_until_its_worker_let_go(
    site: Site, hands: Hands, approver: Actor
) -> None:
    message = await mail_to(site, "a@example.jp")
    assert await claim_due(site) is not None
    hands.now += LEASE - timedelta(milliseconds=1)
    with pytest.raises(MailMoved):
        await abort(site, approver, str(message.id), "late")
    hands.forward(milliseconds=1)
    await abort(site, approver, str(message.id), "late")


async def test_all_mails_of_one_error_are_called_off(site: Site, approver: Actor) -> None:
    for n in range(3):
        await failed(site, f"a{n}@example.jp", "550 5.1.1")
    assert await abort_all(site, approver, "550 5.1.1", "Closed companies") == 3
    assert await abort_all(site, approver, "550 5.1.1", "Closed companies") == 0
    found = await figures(site, approver)
    assert (found.failed, found.failures) == (0, [])


# --- The hold of a worker -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [mark_sent, mark_failed, mark_later, mark_soon])
async def test_a_worker_that_lost_its_hold_marks_nothing_over_anothers_outcome(
    site: Site, hands: Hands, mark: object
) -> None:
    await mail_to(site, "a@example.jp")
    first = await claim_due(site)
    hands.now += LEASE
    second = await claim_due(site)
    assert first is not None
    assert second is not None
    more = {mark_failed: ("550",), mark_later: ("451",), mark_soon: ("421", timedelta(0))}.get(mark, ())  # type: ignore[call-overload]
    assert not await mark(site, first.message, *more)  # type: ignore[operator]
    assert (await again(second.message)).status(site.now()) == "sending"
    assert await mark_sent(site, second.message)


async def test_what_is_due_is_found_by_its_index(site: Site) -> None:
    """Control: without the type, which the partial index names, every mail there is would be read."""
    await mail_to(site, "a@example.jp")
    plain = {name: value for name, value in due_at(site.now()).items() if name != "next_at"}
    for where, found in (
        (due_at(site.now()), True),
        ({**plain, "next_at": {"$lte": site.now()}}, False),
    ):
        plan = await site.store.mongo["messages"].find(where).sort("next_at", 1).explain()
        assert ("'indexName': 'due'" in str(plan["queryPlanner"]["winningPlan"])) is found


async def test_control_without_a_token_it_does(site: Site, hands: Hands) -> None:
    await mail_to(site, "a@example.jp")
    first = await claim_due(site)
    hands.now += LEASE
    second = await claim_due(site)
    assert first is not None
    assert second is not None
    await Message.raw().update_many({}, {"$set": {"lease_token": first.message.lease_token}})
    assert await mark_failed(site, first.message, "550")
    assert not await mark_sent(site, second.message)


# --- Texts --------------------------------------------------------------------------------------------------


def keeping(site: Site) -> timedelta:
    return site.configuration.site.mail.keep_bodies


async def test_texts_go_after_the_time_the_site_keeps_them_and_subjects_stay(
    site: Site, hands: Hands, approver: Actor
) -> None:
    sent, secret = (
        await failed(site, "a@example.jp", "550"),
        await mail_to(site, "c@example.jp", sensitive=True),
    )
    envelope = await claim_due(site)
    assert envelope is not None
    await mark_sent(site, envelope.message)
    waits = await mail_to(site, "b@example.jp")
    hands.now += keeping(site) - timedelta(seconds=1)
    assert await erase_bodies(site) == 0
    hands.forward(seconds=1)
    assert await erase_bodies(site) >= 1
    while await erase_bodies(site):
        pass
    found = await again(sent)
    assert (found.body, found.erased_at, found.subject) == (None, hands.now, "お知らせ")
    assert (await again(secret)).subject == ""
    assert await erase_bodies(site) == 0
    assert (await again(waits)).body is not None
    assert [event.details for event in await events("messages.erased")] == [{"count": 1, "subjects": 1}]
    with pytest.raises(MailErased):
        await retry(site, approver, str(sent.id))
    assert await retry_all(site, approver, "550") == 0


async def test_texts_of_an_operator_under_a_hold_stay(site: Site, hands: Hands) -> None:
    message = await failed(site, "a@example.jp", "550")
    await Message.raw().update_one({"_id": message.id}, {"$set": {"operator_id": message.id}})
    hold = Hold.model_validate(
        {
            "over": {"kind": "operator", "id": message.id},
            "operator_id": message.id,
            "reason": "dispute",
            "by": {"kind": "staff", "name": "x"},
            "at": site.now(),
        }
    )
    await hold.insert()
    hands.now += keeping(site)
    assert await erase_bodies(site) == 0
    await Hold.raw().update_one({"_id": hold.id}, {"$set": {"standing": False}})
    assert await erase_bodies(site) == 1


async def test_what_opens_something_is_gone_as_soon_as_it_was_sent(site: Site) -> None:
    async def link(session: object) -> str:
        made = await make_link(site, "set_password", session)  # type: ignore[arg-type]
        return made.id

    identity = await site.store.transaction(link)
    secret = await mail_to(
        site, "a@example.jp", sensitive=True, body=f"[[{identity}]]", links={"link": identity}
    )
    envelope = await claim_due(site)
    assert envelope is not None
    assert identity not in (await again(secret)).model_dump_json(exclude={"links", "body"})
    assert envelope.body != render(site, secret.model_copy(update={"links": {}}))
    assert await mark_sent(site, envelope.message)
    found = await again(secret)
    assert (found.body, found.links, found.erased_at) == (None, {}, site.now())


# --- The alarm and the figures ------------------------------------------------------------------------------


async def test_the_alarm_rings_once_at_the_minute_and_ends_by_itself(site: Site, hands: Hands) -> None:
    await mail_to(site, "a@example.jp")
    hands.now += site.configuration.site.mail.alarm_after - timedelta(seconds=1)
    assert not await watch(site)
    hands.forward(seconds=1)
    assert await watch(site)
    assert not await watch(site)  # nor does another worker
    assert [alarm.id for alarm in await ringing()] == ["oldest"]
    envelope = await claim_due(site)
    assert envelope is not None
    await mark_sent(site, envelope.message)
    assert await watch(site)
    assert await ringing() == []
    assert [len(await events(name)) for name in ("mail.alarm", "mail.alarm_over")] == [1, 1]


async def test_a_server_that_is_away_rings_and_a_reader_who_is_put_off_does_not(
    site: Site, hands: Hands
) -> None:
    """What waits for its own turn is not late."""
    put_off = await mail_to(site, "a@example.jp")
    for _ in range(4):
        if envelope := await claim_due(site):
            await mark_later(site, envelope.message, "450")
        hands.forward(minutes=20)
    if envelope := await claim_due(site):
        await mark_later(site, envelope.message, "450")
    assert not await watch(site)
    await Message.raw().delete_one({"_id": put_off.id})
    await mail_to(site, "b@example.jp")
    for _ in range(3):
        envelope = await claim_due(site)
        assert envelope is not None
        await mark_soon(site, envelope.message, "ConnectError", timedelta(seconds=1))
        hands.forward(minutes=10)
    assert await watch(site)


async def test_the_figures_say_what_waits_failed_and_was_sent(
    site: Site, hands: Hands, reviewer: Actor
) -> None:
    await failed(site, "a@example.jp", "550 5.1.1")
    for n in range(2):
        await mail_to(site, f"b{n}@example.jp")
        envelope = await claim_due(site)
        assert envelope is not None
        await mark_sent(site, envelope.message)
        hands.forward(hours=1, seconds=1)
    begun = site.now()
    for n in range(3):
        await mail_to(site, f"c{n}@example.jp")
    envelope = await claim_due(site)
    assert envelope is not None
    await mark_later(site, envelope.message, "451")
    assert await claim_due(site) is not None
    found = await figures(site, reviewer)
    assert (found.queued, found.sending, found.retrying, found.failed) == (1, 1, 1, 1)
    assert [(each.error, each.count) for each in found.failures] == [("550 5.1.1", 1)]
    assert (found.since, found.sent_last_hour, found.sent_in_a_day) == (begun, 0, 2)
    with pytest.raises(NotAllowed):
        await figures(site, Actor(kind="visitor"))


def test_times_are_written_as_people_say_them() -> None:
    rules = MailRules.model_validate({"alarm_after": "2 hours", "keep_bodies": "1 day"})
    assert (rules.alarm_after, rules.keep_bodies) == (timedelta(hours=2), timedelta(days=1))
    for wrong in ("soon", "0 minutes", "30", 30):
        with pytest.raises(ValueError, match="30 minutes"):
            MailRules.model_validate({"alarm_after": wrong})
