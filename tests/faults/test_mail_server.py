"""The mail server is down, busy, refuses, hangs up or hangs: the application is accepted all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import pytest_asyncio

from app import sending
from app.mail import SendLater, SendNever
from app.tasks import beside
from models.documents.dead_address import DeadAddress
from models.documents.event import Event
from models.permissions import Actor
from models.services.delivery import DELAYS, GIVE_UP, LEASE, mark_sent
from models.services.outbox import retry
from models.services.site import Site
from tests.clock import Hands
from tests.faults.mailing import (
    FIRST_WAIT,
    MOST_JITTER,
    again,
    drain,
    mail_to,
    postman_on,
    waiting,
    worker_on,
)
from tests.faults.postbox import Manner, Postbox
from tests.journey.mailbox import free_port
from tests.services.test_journey import submitted

LATER: dict[Manner, str] = {"busy": "451 4.3.0", "closing": "Disconnected", "hanging in the mail": "Timeout"}
"""Manners after which this mail is tried again, with what is noted of them."""

NEVER: dict[Manner, str] = {"refusing the mail": "550 5.7.1", "refusing the reader": "550 5.1.1"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a minute is long for a test."""
    monkeypatch.setattr(sending, "TIMEOUT", 0.8)


# --- Later: this mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("manner", LATER)
async def test_what_cannot_be_sent_now_waits_and_is_sent_later(
    site: Site, hands: Hands, postbox: Postbox, manner: Manner
) -> None:
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    postbox.manner = manner
    assert await postman.send_one()
    message = await again(message)
    assert (message.attempts, message.sent_at, message.failed_at) == (1, None, None)
    assert LATER[manner] in message.last_error
    assert message.status(site.now()) == "retrying"
    postbox.manner = "polite"
    assert not await postman.send_one()  # its time has not come
    hands.forward(seconds=FIRST_WAIT)
    assert await postman.send_one()
    assert (await again(message)).sent_at == hands.now
    assert postbox.copies(message.message_id) == 1


async def test_each_wait_is_longer_until_it_is_given_up_after_five_days(
    site: Site, hands: Hands, postbox: Postbox
) -> None:
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    postbox.manner, begun = "busy", hands.now
    for delay in (*DELAYS, DELAYS[-1]):
        assert await postman.send_one()
        message = await again(message)
        assert message.next_at is not None
        assert delay <= (message.next_at - hands.now).total_seconds() <= delay * MOST_JITTER
        hands.now = message.next_at - timedelta(seconds=1)
        assert not await postman.send_one()
        hands.now = message.next_at
    hands.now = begun + GIVE_UP - timedelta(seconds=1)
    assert await postman.send_one()
    assert (await again(message)).status(site.now()) == "retrying"
    hands.forward(hours=6)
    assert await postman.send_one()
    assert (await again(message)).status(site.now()) == "failed"
    assert await Event.find({"action": "message.failed", "subject.id": message.id}).count() == 1
    assert not await postman.send_one()


async def test_a_server_that_says_later_for_an_hour_gets_everything_then_and_once(
    site: Site, hands: Hands, postbox: Postbox
) -> None:
    mails = [await mail_to(site, f"a{n}@example.jp") for n in range(3)]
    postman, end = postman_on(site, postbox.port), hands.now + timedelta(hours=1)
    postbox.manner = "busy"
    while hands.now < end:
        await drain(postman)
        hands.forward(minutes=5)
    assert postbox.mails == []
    postbox.manner = "polite"
    hands.forward(hours=1)
    assert await drain(postman) == 3
    assert [postbox.copies(each.message_id) for each in mails] == [1, 1, 1]


# --- Never: this mail or its reader -------------------------------------------------------------------------


@pytest.mark.parametrize("manner", NEVER)
async def test_a_refusal_for_good_is_failed_visible_and_not_tried_again(
    site: Site, hands: Hands, postbox: Postbox, reviewer: Actor, manner: Manner
) -> None:
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    postbox.manner = manner
    assert await postman.send_one()
    message = await again(message)
    assert (message.status(site.now()), message.next_at) == ("failed", None)
    assert message.last_error == NEVER[manner]
    assert "n" in message.last_answer
    assert await Event.find({"action": "message.failed", "subject.id": message.id}).count() == 1
    postbox.manner = "polite"
    hands.forward(days=30)
    assert not await postman.send_one()
    await DeadAddress.raw().delete_many({})  # the address was put right
    await retry(site, reviewer, str(message.id))  # until somebody says so
    assert await postman.send_one()
    assert postbox.copies(message.message_id) == 1


async def test_one_refused_reader_is_no_harm_to_the_next_one_on_the_same_connection(
    site: Site, postbox: Postbox
) -> None:
    postbox.answers["RCPT TO:<gone@example.jp>"] = "550 5.1.1 unknown"
    gone, there = await mail_to(site, "gone@example.jp"), await mail_to(site, "there@example.jp")
    postman = postman_on(site, postbox.port)
    assert await drain(postman) == 2
    assert (await again(gone)).status(site.now()) == "failed"
    assert (await again(there)).status(site.now()) == "sent"
    assert (postbox.connections, len(postbox.said("RSET"))) == (1, 1)


async def test_a_mail_that_cannot_even_be_written_does_not_hold_up_the_others(
    site: Site, postbox: Postbox
) -> None:
    broken = await mail_to(site, "no address\r\nBcc: x@y.jp")
    other = await mail_to(site, "a@example.jp")
    assert await drain(postman_on(site, postbox.port)) == 2
    assert (postbox.copies(broken.message_id), postbox.copies(other.message_id)) == (0, 1)
    assert (await again(broken)).status(site.now()) == "failed"
    assert not any("x@y.jp" in line for line in postbox.lines)


async def test_a_server_that_dies_after_its_yes_sent_the_mail(site: Site, postbox: Postbox) -> None:
    mails = [await mail_to(site, f"a{n}@example.jp") for n in range(2)]
    postbox.manner = "dying"
    assert await drain(postman_on(site, postbox.port)) == 2
    assert [postbox.copies(each.message_id) for each in mails] == [1, 1]
    assert [(await again(each)).status(site.now()) for each in mails] == ["sent", "sent"]


# --- Soon: the server as a whole ----------------------------------------------------------------------------


async def test_a_server_that_was_down_gets_the_mail_once_it_is_started(site: Site, hands: Hands) -> None:
    port = free_port()
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, port)
    assert await postman.send_one()
    assert "ConnectError" in (await again(message)).last_error
    assert not await postman.send_one()
    async with Postbox().serving(port) as box:
        hands.forward(seconds=1)
        assert await postman.send_one()
        assert box.copies(message.message_id) == 1
        postman.close()
    assert not await postman.send_one()


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("connect", "421 4.3.2 closing"),
        ("MAIL", "421 4.7.0 wait"),
        pytest.param("MAIL", "452 full", marks=pytest.mark.slow),
    ],
)
async def test_a_server_that_does_not_work_costs_no_mail_its_chances_and_is_left_in_peace(
    site: Site, hands: Hands, postbox: Postbox, at: str, answer: str
) -> None:
    mails = [await mail_to(site, f"a{n}@example.jp") for n in range(3)]
    postman = postman_on(site, postbox.port)
    postbox.answers[at] = answer
    tried = 0
    for _ in range(20):
        tried += await drain(postman)
        hands.forward(seconds=5)
    assert tried < 20  # not three mails at each look, nor one
    assert {(await again(each)).deferrals for each in mails} == {0}
    del postbox.answers[at]
    hands.forward(seconds=sending.LONGEST)
    assert await drain(postman) == 3
    assert len(postbox.mails) == 3


async def test_control_without_a_breaker_each_mail_knocks_at_each_look(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending.Breaker, "is_open", lambda *_: False)
    for n in range(3):
        await mail_to(site, f"a{n}@example.jp")
    postman = postman_on(site, postbox.port)
    postbox.answers["connect"] = "421 closing"
    tried = 0
    for _ in range(6):
        tried += await drain(postman)
        hands.forward(seconds=sending.LONGEST)
    assert tried > 6


async def test_three_mails_in_a_row_that_break_the_connection_are_the_servers_doing(
    site: Site, hands: Hands, postbox: Postbox
) -> None:
    for n in range(sending.IN_A_ROW + 1):
        await mail_to(site, f"a{n}@example.jp")
    postbox.manner = "closing"
    postman = postman_on(site, postbox.port)
    assert await drain(postman) == sending.IN_A_ROW
    hands.forward(seconds=1)
    assert await drain(postman) == 1


async def test_an_open_connection_that_ended_meanwhile_is_opened_anew_at_no_cost(
    site: Site, postbox: Postbox
) -> None:
    """As servers do that close what was idle, or after so many mails."""
    first, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    assert await postman.send_one()
    second = await mail_to(site, "b@example.jp")

    def end_the_first(_line: str) -> None:
        postbox.answers = {"MAIL": "421 4.4.2 idle"} if postbox.connections == 1 else {}

    postbox.on_line = end_the_first
    assert await postman.send_one()
    assert postbox.connections == 2
    assert [(await again(each)).attempts for each in (first, second)] == [1, 1]
    assert len(postbox.mails) == 2


async def test_many_mails_take_few_connections(
    site: Site, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST", 4)
    for n in range(9):
        await mail_to(site, f"a{n}@example.jp")
    assert await drain(postman_on(site, postbox.port)) == 9
    assert postbox.connections == 3


async def test_a_server_that_goes_on_for_ever_is_left_before_the_lease_ends(
    site: Site, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer comes in time, all together do not: two workers would hold the same mail."""
    assert LEASE.total_seconds() > sending.IN_ALL
    monkeypatch.setattr(sending, "TIMEOUT", 5)
    monkeypatch.setattr(sending, "IN_ALL", 0.7)
    message = await mail_to(site, "a@example.jp")
    postbox.manner = "dripping"
    begun = time.monotonic()
    assert await postman_on(site, postbox.port).send_one()
    assert time.monotonic() - begun < 2
    assert (await again(message)).status(site.now()) == "retrying"


# --- Nobody waits for the mail server -----------------------------------------------------------------------


@pytest_asyncio.fixture
async def hanging(site: Site, postbox: Postbox) -> AsyncIterator[Callable[[], float]]:
    """The worker runs beside, its mail server hangs; yields the seconds one attempt takes at least."""
    postbox.manner = "hanging"
    async with beside(worker_on(site, postbox.port).run()):
        yield lambda: sending.TIMEOUT


async def test_handing_in_takes_no_longer_while_the_mail_server_hangs(
    site: Site, hanging: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TIMEOUT", 5)
    await submitted(site)
    begun = time.monotonic()
    await submitted(site)
    assert time.monotonic() - begun < hanging() / 2


async def test_control_a_mail_sent_while_the_applicant_waits_takes_as_long_as_the_server(
    site: Site, postbox: Postbox
) -> None:
    postbox.manner = "hanging"
    begun = time.monotonic()
    await submitted(site)
    await postman_on(site, postbox.port).send_one()
    assert time.monotonic() - begun > sending.TIMEOUT


# --- Controls: with the sorting of answers off --------------------------------------------------------------


async def test_control_a_temporary_answer_taken_as_final_loses_the_mail(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "sort_failure", lambda error, *_: SendNever(str(error)))
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    postbox.manner = "busy"
    await postman.send_one()
    postbox.manner = "polite"
    hands.forward(days=1)
    assert not await postman.send_one()
    assert postbox.copies(message.message_id) == 0


async def test_control_a_final_answer_taken_as_temporary_is_tried_again(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "sort_failure", lambda error, *_: SendLater(str(error)))
    await mail_to(site, "a@example.jp")
    postman = postman_on(site, postbox.port)
    postbox.manner = "refusing the mail"
    await postman.send_one()
    hands.forward(days=1)
    assert await postman.send_one()
    assert len(postbox.said("DATA")) == 2


# --- Two workers, and one that dies in between --------------------------------------------------------------


async def test_two_workers_send_a_mail_once(site: Site, postbox: Postbox) -> None:
    message = await waiting(site)
    postbox.manner = "slow"
    sent = await asyncio.gather(*(postman_on(site, postbox.port).send_one() for _ in range(4)))
    assert sorted(sent) == [False, False, False, True]
    assert postbox.copies(message.message_id) == 1


async def test_control_without_a_lease_each_of_them_sends_it(
    site: Site, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.services.delivery.LEASE", timedelta(0))
    message = await mail_to(site, "a@example.jp")
    postbox.manner = "slow"
    await asyncio.gather(*(postman_on(site, postbox.port).send_one() for _ in range(4)))
    assert postbox.copies(message.message_id) > 1


class Died(BaseException):
    """The worker is no more."""


async def crash_after_sending(postman: sending.Postman, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand a mail over and die before it is marked."""

    async def dies(*_: object) -> None:
        raise Died

    monkeypatch.setattr(sending, "mark_sent", dies)
    with pytest.raises(Died):
        await postman.send_one()
    monkeypatch.setattr(sending, "mark_sent", mark_sent)


@pytest.mark.parametrize("stable", [True, False])
async def test_a_duplicate_is_recognised_by_its_id_and_control_not_without(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, stable: bool
) -> None:
    if not stable:
        monkeypatch.setattr(sending, "compose", _with_a_new_id)
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    await crash_after_sending(postman, monkeypatch)
    assert not await postman.send_one()
    hands.forward(seconds=LEASE.total_seconds())
    assert await postman.send_one()
    assert not await postman.send_one()
    assert len(postbox.mails) == 2
    assert postbox.copies(message.message_id) == (2 if stable else 0)


async def test_control_a_lease_that_never_ends_loses_the_mail_of_a_dead_worker(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.services.delivery.LEASE", timedelta(days=36_500))
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    await crash_after_sending(postman, monkeypatch)
    hands.forward(days=365)
    assert not await postman.send_one()
    assert (await again(message)).sent_at is None
    assert postbox.copies(message.message_id) == 1


def _with_a_new_id(*arguments: object) -> object:
    """The mail with a Message-ID made anew each time."""
    from email.utils import make_msgid

    from app.composing import compose

    written = compose(*arguments)  # type: ignore[arg-type]
    written.replace_header("Message-ID", make_msgid())
    return written


# --- Stopped by hand ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("patient", [True, False])
async def test_who_is_stopped_waits_for_the_yes_and_control_sends_it_twice(
    site: Site, hands: Hands, postbox: Postbox, monkeypatch: pytest.MonkeyPatch, patient: bool
) -> None:
    if not patient:
        monkeypatch.setattr(sending, "FAREWELL", 0)
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    in_the_mail = asyncio.Event()
    postbox.manner = "slow"
    postbox.on_line = lambda line: in_the_mail.set() if line == "DATA" else None
    task = asyncio.create_task(postman.send_one())
    await in_the_mail.wait()
    await asyncio.sleep(0.15)  # the text is on its way, the answer is not
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    await asyncio.sleep(0.2)
    assert postbox.copies(message.message_id) == 1
    hands.forward(seconds=LEASE.total_seconds())
    assert await postman.send_one() is not patient
