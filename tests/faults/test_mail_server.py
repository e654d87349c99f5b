"""The mail server is down, busy, refuses, hangs up or hangs: the application is accepted all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from app import mail, worker
from app.cli.serve import beside
from app.mail import MailServer, SendLater, SendNever
from app.worker import Worker
from models.documents.event import Event
from models.documents.message import Message
from models.permissions import Actor
from models.services.delivery import DELAYS, LEASE, mark_sent, retry
from models.services.site import Site
from tests.clock import Hands
from tests.faults.postbox import Manner, Postbox
from tests.journey.mailbox import free_port
from tests.services.test_journey import submitted

MOST_JITTER = 1.25

LATER: dict[Manner, str] = {"busy": "451", "closing": "Disconnected", "hanging": "Timeout"}
"""Manners after which trying again makes sense, with what is noted of them."""

NEVER: tuple[Manner, ...] = ("refusing the mail", "refusing the reader")


def worker_on(site: Site, port: int) -> Worker:
    """A worker whose mails go to a server on `port`."""
    return Worker(site, MailServer.from_url(f"smtp://127.0.0.1:{port}").send)


async def waiting(site: Site) -> Message:
    """An application is handed in; the one mail that now waits."""
    _, application = await submitted(site)
    assert application.state == "submitted"
    return await again(site)


async def again(site: Site) -> Message:
    """The mail as it is now."""
    [message] = await Message.find_all().to_list()
    return message


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute is long for a test."""
    monkeypatch.setattr(mail, "TIMEOUT", 0.4)


@pytest.mark.parametrize("manner", LATER)
async def test_what_cannot_be_sent_now_waits_and_is_sent_later(
    site: Site, hands: Hands, postbox: Postbox, manner: Manner
) -> None:
    message, sender = await waiting(site), worker_on(site, postbox.port)
    postbox.manner = manner
    assert await sender.send_one()
    message = await again(site)
    assert (message.attempts, message.sent_at, message.failed_at) == (1, None, None)
    assert LATER[manner] in message.last_error
    assert message.status(site.now()) == "retrying"
    postbox.manner = "polite"
    assert not await sender.send_one()  # its time has not come
    hands.forward(seconds=DELAYS[0] * MOST_JITTER + 1)
    assert await sender.send_one()
    assert (await again(site)).sent_at == hands.now
    assert postbox.copies(message.message_id) == 1


async def test_a_server_that_was_down_gets_the_mail_once_it_is_started(site: Site, hands: Hands) -> None:
    port = free_port()
    message, sender = await waiting(site), worker_on(site, port)
    assert await sender.send_one()
    assert "ConnectError" in (await again(site)).last_error
    async with Postbox().serving(port) as box:
        hands.forward(seconds=DELAYS[0] * MOST_JITTER + 1)
        assert await sender.send_one()
        assert box.copies(message.message_id) == 1
    assert not await sender.send_one()


async def test_each_wait_is_longer_until_it_is_given_up_visibly(
    site: Site, hands: Hands, postbox: Postbox
) -> None:
    await waiting(site)
    postbox.manner = "busy"
    sender = worker_on(site, postbox.port)
    for delay in DELAYS:
        assert await sender.send_one()
        message = await again(site)
        assert message.next_at is not None
        assert delay <= (message.next_at - hands.now).total_seconds() <= delay * MOST_JITTER
        hands.now = message.next_at - timedelta(seconds=1)
        assert not await sender.send_one()
        hands.now = message.next_at
    assert await sender.send_one()
    assert (await again(site)).status(site.now()) == "failed"
    assert postbox.connections == len(DELAYS) + 1


@pytest.mark.parametrize("manner", NEVER)
async def test_a_refusal_for_good_is_failed_visible_and_not_tried_again(
    site: Site, hands: Hands, postbox: Postbox, reviewer: Actor, manner: Manner
) -> None:
    message, sender = await waiting(site), worker_on(site, postbox.port)
    postbox.manner = manner
    assert await sender.send_one()
    message = await again(site)
    assert (message.status(site.now()), message.next_at, message.last_error) == ("failed", None, "550")
    assert await Event.find({"action": "message.failed", "subject.id": message.id}).count() == 1
    postbox.manner = "polite"
    hands.forward(days=30)
    assert not await sender.send_one()
    assert postbox.connections == 1
    await retry(site, reviewer, str(message.id))  # until somebody says so
    assert await sender.send_one()
    assert postbox.copies(message.message_id) == 1


async def test_a_mail_that_cannot_even_be_written_does_not_hold_up_the_others(
    site: Site, postbox: Postbox
) -> None:
    broken = await waiting(site)
    await Message.raw().update_one({"_id": broken.id}, {"$set": {"to_address": "no address\r\nBcc: x@y.jp"}})
    await submitted(site)
    sender = worker_on(site, postbox.port)
    assert [await sender.send_one() for _ in range(3)] == [True, True, False]
    assert postbox.copies(broken.message_id) == 0
    assert len(postbox.mails) == 1
    found = await Message.get(broken.id)
    assert found is not None
    assert found.status(site.now()) == "failed"


async def test_a_server_that_goes_on_for_ever_is_left_before_the_lease_ends(
    site: Site, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer comes in time, all together do not: two workers would hold the same mail."""
    assert LEASE.total_seconds() > mail.IN_ALL
    monkeypatch.setattr(mail, "TIMEOUT", 5)
    monkeypatch.setattr(mail, "IN_ALL", 0.7)
    await waiting(site)
    postbox.manner = "dripping"
    begun = time.monotonic()
    assert await worker_on(site, postbox.port).send_one()
    assert time.monotonic() - begun < 2
    assert (await again(site)).status(site.now()) == "retrying"


# --- Nobody waits for the mail server ---------------------------------------------------------------------


@pytest_asyncio.fixture
async def hanging(site: Site, postbox: Postbox) -> AsyncIterator[Callable[[], float]]:
    """The worker runs beside, its mail server hangs; yields the seconds one attempt takes at least."""
    postbox.manner = "hanging"
    async with beside(worker_on(site, postbox.port).run()):
        yield lambda: mail.TIMEOUT


async def test_handing_in_takes_no_longer_while_the_mail_server_hangs(
    site: Site, hanging: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", 5)
    await submitted(site)
    times = []
    for _ in range(3):
        begun = time.monotonic()
        await submitted(site)
        times.append(time.monotonic() - begun)
    assert min(times) < hanging() / 2


async def test_control_a_mail_sent_while_the_applicant_waits_takes_as_long_as_the_server(
    site: Site, postbox: Postbox
) -> None:
    postbox.manner = "hanging"
    begun = time.monotonic()
    await submitted(site)
    await worker_on(site, postbox.port).send_one()
    assert time.monotonic() - begun > mail.TIMEOUT


# --- Controls: with the sorting of answers off --------------------------------------------------------------


async def test_control_a_temporary_answer_taken_as_final_loses_the_mail(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "sort_failure", lambda error: SendNever(str(error)))
    message, sender = await waiting(site), worker_on(site, postbox.port)
    postbox.manner = "busy"
    await sender.send_one()
    postbox.manner = "polite"
    hands.forward(days=1)
    assert not await sender.send_one()
    assert postbox.copies(message.message_id) == 0


async def test_control_a_final_answer_taken_as_temporary_is_tried_again(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "sort_failure", lambda error: SendLater(str(error)))
    await waiting(site)
    sender = worker_on(site, postbox.port)
    postbox.manner = NEVER[0]
    await sender.send_one()
    hands.forward(days=1)
    assert await sender.send_one()
    assert postbox.connections == 2


# --- Two workers, and one that dies in between --------------------------------------------------------------


async def test_two_workers_send_a_mail_once(site: Site, postbox: Postbox) -> None:
    message = await waiting(site)
    postbox.manner = "slow"
    sent = await asyncio.gather(*(worker_on(site, postbox.port).send_one() for _ in range(4)))
    assert sorted(sent) == [False, False, False, True]
    assert postbox.copies(message.message_id) == 1


async def test_control_without_a_lease_each_of_them_sends_it(
    site: Site, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.services.delivery.LEASE", timedelta(0))
    message = await waiting(site)
    postbox.manner = "slow"
    await asyncio.gather(*(worker_on(site, postbox.port).send_one() for _ in range(4)))
    assert postbox.copies(message.message_id) > 1


class Died(BaseException):
    """The worker is no more."""


async def crash_after_sending(sender: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand a mail over and die before it is marked."""

    async def dies(*_: object) -> None:
        raise Died

    monkeypatch.setattr(worker, "mark_sent", dies)
    with pytest.raises(Died):
        await sender.send_one()
    monkeypatch.setattr(worker, "mark_sent", mark_sent)


@pytest.mark.parametrize("stable", [True, False])
async def test_a_duplicate_is_recognised_by_its_id_and_control_not_without(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, stable: bool
) -> None:
    if not stable:
        monkeypatch.setattr(worker, "compose", _with_a_new_id)
    message, sender = await waiting(site), worker_on(site, postbox.port)
    await crash_after_sending(sender, monkeypatch)
    assert not await sender.send_one()
    hands.forward(seconds=LEASE.total_seconds())
    assert await sender.send_one()
    assert not await sender.send_one()
    assert len(postbox.mails) == 2
    assert postbox.copies(message.message_id) == (2 if stable else 0)


async def test_control_a_lease_that_never_ends_loses_the_mail_of_a_dead_worker(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.services.delivery.LEASE", timedelta(days=36_500))
    message, sender = await waiting(site), worker_on(site, postbox.port)
    await crash_after_sending(sender, monkeypatch)
    hands.forward(days=365)
    assert not await sender.send_one()
    assert (await again(site)).sent_at is None
    assert postbox.copies(message.message_id) == 1


def _with_a_new_id(*arguments: object) -> object:
    """The mail with a Message-ID made anew each time."""
    from email.utils import make_msgid

    written = mail.compose(*arguments)  # type: ignore[arg-type]
    written.replace_header("Message-ID", make_msgid())
    return written
