"""The loop that takes bounces in."""

import asyncio

import structlog

from app.bounce_lmtp import Receiver, listening
from app.bounce_mailbox import take_from_file, take_from_folder
from app.bounce_source import Source, read_source
from app.database import honest
from models.errors import TorokuError
from models.services.site import Site

OFTEN = 5.0
"""Seconds between two looks into a mailbox."""

BREATH = 15.0
"""Seconds to wait after a mailbox, a socket or the database could not be used."""

log = structlog.get_logger("bounces")


async def take_bounces(site: Site, source: str, address: str = "") -> None:
    """Take bounces in for ever; whatever goes wrong is told in the log and tried again."""
    read = read_source(source)
    while True:
        try:
            with honest():
                busy = await _take(site, read, address)
        except TorokuError as error:
            log.warning("waiting", code=error.code, place=error.values.get("place", ""))
            await asyncio.sleep(BREATH)
        except Exception:
            log.exception("unexpected")
            await asyncio.sleep(BREATH)
        else:
            if not busy:
                await asyncio.sleep(OFTEN)


async def _take(site: Site, source: Source, address: str) -> bool:
    """Take what is there; with LMTP, for as long as nothing goes wrong."""
    if source.socket is not None:
        async with listening(Receiver(site, address), source.socket) as server:
            log.info("taking bounces", place=source.kind)
            await server.serve_forever()
    if source.path is None:
        return False
    take = take_from_file if source.kind == "mbox" else take_from_folder
    return await take(site, source.path) > 0
