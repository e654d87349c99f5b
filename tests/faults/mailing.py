"""Workers and mails for the tests of what can go wrong with mails."""

from datetime import timedelta

from app.mail import MailServer
from app.sending import Connection, Postman
from app.worker import Worker
from models.documents.base import new_id
from models.documents.message import Message
from models.services.delivery import DELAYS
from models.services.site import Site
from tests.services.test_journey import submitted

MOST_JITTER = 1.25
FIRST_WAIT = DELAYS[0] * MOST_JITTER + 1
"""Seconds after which a mail that was put off once is certainly tried again."""

POSTMEN: list[Postman] = []
"""Those at work in this test: their connections are closed after it."""


def postman_on(site: Site, port: int) -> Postman:
    """Who hands mails over to a server on `port`."""
    postman = Postman(site, Connection(MailServer.from_url(f"smtp://127.0.0.1:{port}")))
    POSTMEN.append(postman)
    return postman


def worker_on(site: Site, port: int) -> Worker:
    """A worker whose mails go to a server on `port`."""
    return Worker(site, postman_on(site, port))


async def waiting(site: Site) -> Message:
    """An application is handed in; the one mail that now waits."""
    _, application = await submitted(site)
    assert application.state == "submitted"
    [message] = await Message.find_all().to_list()
    return message


async def again(message: Message) -> Message:
    """The mail as it is now."""
    found = await Message.get(message.id)
    assert found is not None
    return found


async def mail_to(site: Site, address: str, **more: object) -> Message:
    """A mail of the program, waiting to be sent."""
    identity, now = new_id(), site.now()
    values = {
        "dedupe_key": f"test:{identity}",
        "message_id": f"<{identity}@example.jp>",
        "template": "application_received",
        "language": "ja",
        "to_name": "港区 一郎",
        "to_address": address,
        "subject": "お知らせ",
        "body": "本文です。",
        "created_at": now,
        "next_at": now,
    }
    message: Message = Message.model_validate({"_id": identity, **values, **more})
    await message.insert()
    return message


async def drain(postman: Postman) -> int:
    """Send until nothing is due; how many were tried."""
    count = 0
    while await postman.send_one():
        count += 1
    return count


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
