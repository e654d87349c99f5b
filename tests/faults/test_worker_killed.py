"""``python -m app worker`` is killed while it holds a mail: before it is sent, and after it was accepted."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from app.database import Database
from app.opening import build_site
from app.settings import ROOT, Settings
from models.clock import system_clock
from models.configuration.load import Configuration
from models.documents.message import Message
from models.services.site import Site
from tests.faults.postbox import Postbox
from tests.halting import halt
from tests.services.test_journey import submitted

pytestmark = pytest.mark.fault

Process = asyncio.subprocess.Process
StartWorker = Callable[..., Awaitable[Process]]


@pytest_asyncio.fixture
async def present_site(store: Database, settings: Settings, configuration: Configuration) -> Site:
    """A site of this moment: its worker is another process, with the clock of the machine."""
    return await build_site(settings, configuration, store, system_clock)


@pytest_asyncio.fixture
async def start_worker(
    store: Database, settings: Settings, postbox: Postbox, tmp_path: Path
) -> AsyncIterator[StartWorker]:
    environment = {
        **os.environ,
        "TOROKU_DATA": str(settings.data),
        "TOROKU_DATABASE_URL": store.address,
        "TOROKU_SMTP_URL": f"smtp://127.0.0.1:{postbox.port}",
    }
    async with AsyncExitStack() as stack:
        log = stack.enter_context((tmp_path / "worker.log").open("ab"))

        async def start(**more: str) -> Process:
            command = (sys.executable, "-m", "app", "worker", "--only", "mails")
            process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=environment | more, stdout=log, stderr=log
            )
            stack.push_async_callback(end, process)
            return process

        yield start


async def end(process: Process) -> None:
    """As an operator ends it: killed within a transaction, it would leave locks for half a minute."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await process.wait()


async def mail_of(site: Site) -> Message:
    """An application is handed in; its mail, known by the application."""
    _, application = await submitted(site)
    found = await Message.find_one({"application_id": application.id})
    assert found is not None
    return found


async def again(message: Message) -> Message:
    found = await Message.get(message.id)
    assert found is not None
    return found


async def end_lease(message: Message) -> None:
    """Two minutes pass, for this mail."""
    now = datetime.now(UTC)
    await Message.raw().update_one({"_id": message.id}, {"$set": {"lease_until": now}})


async def until_sent(message: Message) -> Message:
    """The mail, once it is marked as sent."""
    for _ in range(200):
        found = await again(message)
        if found.sent_at is not None:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"not sent: {message.last_error}")


def kill(process: Process) -> None:
    os.kill(process.pid, signal.SIGKILL)


def kill_soon(process: Process) -> None:
    """After the other things it is doing are done."""
    asyncio.get_running_loop().call_later(0.3, kill, process)


def freeze(process: Process) -> None:
    """Killed with the server's yes in its hands, before it can note it."""
    halt(process.pid)
    kill_soon(process)


async def restart(site: Site, postbox: Postbox, start: StartWorker) -> None:
    """Start another worker, and see it at work: it sends a mail of its own time."""
    other = await mail_of(site)
    await start()
    await until_sent(other)
    assert postbox.copies(other.message_id) == 1


async def killed_at(step: str, postbox: Postbox, start: StartWorker) -> None:
    """A worker begins and is killed at this step of the conversation; the server is polite again."""
    postbox.manner = "hanging" if step == "connect" else "slow"
    worker = await start()
    if step == "connect":
        postbox.on_connect = lambda: kill_soon(worker)
    elif step == "accepted":
        postbox.on_accept = lambda: freeze(worker)
    else:
        postbox.on_line = lambda line: kill(worker) if line.startswith(step) else None
    assert await worker.wait() == -signal.SIGKILL
    await asyncio.sleep(0.3)  # what was on its way arrives
    postbox.manner = "polite"
    postbox.on_connect = postbox.on_line = postbox.on_accept = None


STEPS = {
    "connect": 0,
    "MAIL": 0,
    "RCPT": 0,
    "DATA": 0,
    "accepted": 1,
}
"""Where the worker dies, and how many copies the server has then: claimed and connecting, before and in the
conversation, and between the server's yes and our note of it."""

ESSENTIAL = ("connect", "accepted")


@pytest.mark.parametrize(
    "step", [step if step in ESSENTIAL else pytest.param(step, marks=pytest.mark.slow) for step in STEPS]
)
async def test_killed_at_any_step_nothing_is_lost_and_only_after_the_yes_it_comes_twice(
    present_site: Site, postbox: Postbox, start_worker: StartWorker, step: str
) -> None:
    message = await mail_of(present_site)
    await killed_at(step, postbox, start_worker)
    held = await again(message)
    assert (held.attempts, held.sent_at, held.status(present_site.now())) == (1, None, "sending")
    assert postbox.copies(message.message_id) == STEPS[step]
    await restart(present_site, postbox, start_worker)
    assert postbox.copies(message.message_id) == STEPS[step]  # its lease has not ended
    await end_lease(message)
    assert (await until_sent(message)).attempts == 2
    await asyncio.sleep(0.7)  # no further one follows
    assert postbox.copies(message.message_id) == 1 + STEPS[step]
    assert len({str(mail["Message-ID"]) for mail in postbox.mails}) == 2


@pytest.mark.slow
async def test_killed_after_marking_it_is_sent_once(
    present_site: Site, postbox: Postbox, start_worker: StartWorker
) -> None:
    message = await mail_of(present_site)
    worker = await start_worker()
    await until_sent(message)
    kill(worker)
    assert await worker.wait() == -signal.SIGKILL
    await restart(present_site, postbox, start_worker)
    assert postbox.copies(message.message_id) == 1


@pytest.mark.slow
async def test_control_a_worker_left_alive_sends_each_mail_once(
    present_site: Site, postbox: Postbox, start_worker: StartWorker
) -> None:
    """The duplicate above comes from the kill and from nothing else."""
    message = await mail_of(present_site)
    await restart(present_site, postbox, start_worker)
    await until_sent(message)
    await asyncio.sleep(1)
    assert len(postbox.mails) == 2
    assert postbox.copies(message.message_id) == 1


SABOTAGE = """
from models.documents.guarded import update_where
from app import sending
from models.services import delivery

async def forgetful(site, lanes):
    now = site.now()
    message = await update_where(delivery.Message, {"next_at": {"$lte": now}}, {"$set": {"next_at": None}})
    return None if message is None else delivery.Envelope(message, delivery.render(site, message))

sending.claim_due = forgetful
"""
"""A worker that takes a mail off the list instead of borrowing it."""


@pytest.mark.slow
async def test_control_a_mail_taken_off_the_list_before_it_is_sent_is_lost(
    present_site: Site,
    postbox: Postbox,
    start_worker: StartWorker,
    tmp_path: Path,
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SABOTAGE)
    message = await mail_of(present_site)
    postbox.manner = "hanging"
    worker = await start_worker(PYTHONPATH=str(tmp_path))
    postbox.on_connect = lambda: kill_soon(worker)
    assert await worker.wait() == -signal.SIGKILL
    postbox.manner, postbox.on_connect = "polite", None
    await restart(present_site, postbox, start_worker)
    await end_lease(message)
    await asyncio.sleep(1)
    assert (await again(message)).sent_at is None
    assert postbox.copies(message.message_id) == 0
