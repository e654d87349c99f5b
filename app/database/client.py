"""The driver's client, and how to part from it quickly."""

import asyncio
from typing import Any

from pymongo import AsyncMongoClient

Client = AsyncMongoClient[dict[str, Any]]

FAREWELL = 0.3
"""Seconds to tell the server that our sessions ended; it forgets them after 30 minutes anyway."""
BREATH = 0.05
"""Seconds in which an attempt to connect to a server on this machine is over."""


async def part(client: Client) -> None:
    """Close `client`, also when its server is gone.

    The first try tells the server, for which the driver would look as long as for any command. The second
    finds that done. The driver gives up its search just when its monitor tries to connect again, twice a
    second; stopped then, the monitor leaves its socket to the garbage collector (PyMongo 4.20), hence BREATH.
    """
    if not client.nodes:
        await asyncio.sleep(BREATH)
    try:
        await asyncio.wait_for(client.close(), FAREWELL)
    except TimeoutError:
        await client.close()
