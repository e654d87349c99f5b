"""One transaction, tried again while the server asks for it, within a deadline."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pymongo
from pymongo import ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from app.database.client import Client
from app.database.failures import honest, inside
from app.database.timeouts import Timeouts
from models.documents.store import Session

T = TypeVar("T")


def durable(timeouts: Timeouts) -> WriteConcern:
    """Acknowledged by a majority, from the journal: survives a crash and a failover."""
    return WriteConcern("majority", wtimeout=round(timeouts.majority * 1000), j=True)


async def run(client: Client, body: Callable[[Session], Awaitable[T]], timeouts: Timeouts) -> T:
    """Run `body` in a transaction and return its result; `body` may run more than once.

    Both concerns are set on the transaction itself: those of a database or collection are ignored inside one,
    and snapshot reads mean a snapshot only together with majority writes (MongoDB manual, Transactions). The
    driver would go on for 120 seconds; ``timeouts.transaction`` ends it earlier.

    Raises DatabaseUnavailable when no primary answers in time; whatever `body` raises aborts the transaction
    and comes out as it is.
    """
    with honest(), inside(), pymongo.timeout(timeouts.transaction):
        async with client.start_session() as session:
            return await session.with_transaction(
                body,
                read_concern=ReadConcern("snapshot"),
                write_concern=durable(timeouts),
                read_preference=ReadPreference.PRIMARY,
            )
