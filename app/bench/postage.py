"""How fast the outbox is sent: worker processes of their own to a mail server on loopback, beside the bare
driver and the bare SMTP client that do the same for one mail after the other."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
from pymongo import ReturnDocument

from app.bench.server import free_port
from app.composing import compose
from app.settings import ROOT
from models.documents.base import new_id
from models.documents.message import Message
from models.errors import ConfigurationError
from models.services.delivery import Envelope
from models.services.site import Site

MAILS = 4_000
QUICK = 800
FLOOR = 200.0
"""Mails a second that two workers send at least."""

WORKERS = 2
CONNECTIONS = 2
"""Of each worker: one waits for the mail server or the database while the other goes on."""

PATIENCE = 300.0
"""Seconds everything may take."""

BODY = """{name} 様

いつもご利用いただきありがとうございます。次のとおりお知らせします。

**件名** 受付時間の変更について

- 対象：すべての事業者
- 開始：2026 年 12 月 1 日

詳しくは [お知らせの詳細](http://127.0.0.1:8000/portal/notices) をご覧ください。
"""


@dataclass(frozen=True, slots=True)
class PostRow:
    """How many mails a second so many workers sent, and the bare driver with the bare SMTP client alone."""

    mails: int
    workers: int
    connections: int
    rate: float
    raw: float

    @property
    def is_slow(self) -> bool:
        """Whether it is fewer than it has to be."""
        return self.rate < FLOOR


async def post_row(site: Site, address: str, folder: Path, mails: int = MAILS) -> PostRow:
    """Send so many mails by WORKERS processes. Raises ConfigurationError where they do not all leave."""
    await Message.raw().delete_many({})
    with _server(folder) as port:
        await _queue(site, mails // 4)
        raw = await _bare(site, port, mails // 4)
        await Message.raw().delete_many({})
        await _queue(site, mails)
        async with _workers(address, folder, port):
            rate = await _rate(mails)
    return PostRow(mails, WORKERS, CONNECTIONS, rate, raw)


async def _queue(site: Site, count: int) -> None:
    for start in range(0, count, 1_000):
        rows = [_message(site, n) for n in range(start, min(start + 1_000, count))]
        await Message.raw().insert_many(rows)


def _message(site: Site, number: int) -> dict[str, object]:
    identity = new_id()
    message = Message(
        id=identity,
        dedupe_key=f"bench:{identity}",
        message_id=f"<{identity}@bench.example.jp>",
        template="notice_published",
        language="ja",
        to_name=f"計測 {number}",
        to_address=f"b{number:06}@bench.example.jp",
        subject="受付時間の変更について",
        body=BODY.format(name=f"計測 {number}"),
        created_at=site.now(),
        next_at=site.now(),
    )
    row: dict[str, object] = message.model_dump(by_alias=True, exclude={"revision_id"})
    return row


async def _rate(mails: int) -> float:
    """Mails a second, from the first to the last that was marked, without those before every worker ran."""
    end = time.monotonic() + PATIENCE
    messages = Message.raw()
    while await messages.find_one({"next_at": {"$type": "date"}}, {"_id": 1}) is not None:
        if time.monotonic() > end:
            raise ConfigurationError((), "The mails were not sent in time.")
        await asyncio.sleep(0.2)
    late = await messages.find({}, {"sent_at": 1}).sort("sent_at", 1).skip(mails // 4).to_list(None)
    if len(late) != mails - mails // 4 or late[0]["sent_at"] is None:
        raise ConfigurationError((), "The mails were not sent in time.")
    took: timedelta = late[-1]["sent_at"] - late[0]["sent_at"]
    return len(late) / took.total_seconds()


async def _bare(site: Site, port: int, mails: int) -> float:
    """Mails a second of the bare driver and the bare client, one after the other: claim, send, mark; mails
    are written before."""
    definition, now = site.configuration.site, site.now()
    rows = await Message.find_all().to_list()
    written = [compose(Envelope(row, row.body or ""), definition).as_bytes(policy=SMTP) for row in rows]
    collection, began = Message.raw(), time.perf_counter()
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
        for content in written[:mails]:
            held = {"$set": {"lease_until": now, "next_at": None}, "$inc": {"attempts": 1}}
            row = await collection.find_one_and_update(
                {"next_at": {"$lte": now, "$type": "date"}},
                held,
                sort=[("next_at", 1)],
                return_document=ReturnDocument.AFTER,
            )
            await smtp.sendmail(definition.sender.address, row["to_address"], content)
            await collection.update_one({"_id": row["_id"]}, {"$set": {"sent_at": now}})
    return mails / (time.perf_counter() - began)


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    """A mail server that takes everything and keeps nothing, a process of its own."""
    port = free_port()
    command = ("-m", "aiosmtpd", "-n", "-c", "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{port}")
    with _process(command, folder / "smtp.log", {}):
        time.sleep(2)
        yield port


@asynccontextmanager
async def _workers(address: str, folder: Path, port: int) -> AsyncIterator[None]:
    """The workers, each a process of its own."""
    environment = {
        "TOROKU_DATABASE_URL": address,
        "TOROKU_DATA": str(folder),
        "TOROKU_SMTP_URL": f"smtp://127.0.0.1:{port}",
        "TOROKU_MAIL_CONNECTIONS": f"{CONNECTIONS}",
    }
    command = ("-m", "app", "worker", "--only", "mails")
    with (
        _process(command, folder / "worker-1.log", environment),
        _process(command, folder / "worker-2.log", environment),
    ):
        yield


@contextmanager
def _process(command: tuple[str, ...], log: Path, environment: dict[str, str]) -> Iterator[None]:
    with log.open("wb") as written:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=written,
            stderr=written,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()
