"""Sockets of connections that were given up while they were made.

PyMongo (4.20; its issue PYTHON-5867) leaves the socket to the garbage collector when whoever asked for a
connection is cancelled between the handshake and the first message: a request whose visitor left, a worker
told to end, a client that is closed just then."""

import asyncio
from typing import Any

from pymongo.asynchronous import pool

MAKING = "_configured_protocol_interface"
"""What the driver's pools and monitors make a connection with."""

_make = getattr(pool, MAKING)


def close_abandoned() -> None:
    """Make the driver close such sockets, once for all clients of this process."""
    setattr(pool, MAKING, _made_or_closed)


async def _made_or_closed(*asked: Any) -> Any:
    """A connection, made to its end whatever becomes of who asked; closed where nobody waits for it."""
    making = asyncio.ensure_future(_make(*asked))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        making.add_done_callback(_close)
        raise


def _close(made: asyncio.Future[Any]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().conn[0].abort()
