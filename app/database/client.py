"""The driver's client, and how to part from it quickly."""

import asyncio
from typing import Any

from pymongo import AsyncMongoClient

Client = AsyncMongoClient[dict[str, Any]]

FAREWELL = 0.3
"""Seconds to tell the server that our sessions ended; it forgets them after 30 minutes anyway."""


async def part(client: Client) -> None:
    """Close `client`, also when its server is gone.

    The first try tells the server, for which the driver would look as long as for any command. The second
    finds that done. What is being connected just then is closed (``sockets``).
    """
    try:
        await asyncio.wait_for(client.close(), FAREWELL)
    except TimeoutError:
        await client.close()
