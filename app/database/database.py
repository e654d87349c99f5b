"""One database as the domain sees it: ``models.documents.store.Store``."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TypeVar

from app.database import transaction
from app.database.client import Client
from app.database.timeouts import Timeouts
from models.documents.store import Attachments, Mongo, Session

T = TypeVar("T")


class Database:
    """A connected database. `client` is None for ``memory://``, which has no transactions.

    `address` is the URL other processes and tools can use while this one is open ("" for ``memory://``).
    """

    def __init__(
        self,
        mongo: Mongo,
        attachments: Attachments,
        *,
        address: str = "",
        client: Client | None = None,
        timeouts: Timeouts | None = None,
        closing: AsyncExitStack | None = None,
    ) -> None:
        self.address = address
        self._mongo, self._attachments = mongo, attachments
        self._client, self._timeouts = client, timeouts or Timeouts()
        self._closing = closing or AsyncExitStack()

    @property
    def mongo(self) -> Mongo:
        """The driver's database, for ``models.documents`` only."""
        return self._mongo

    @property
    def attachments(self) -> Attachments:
        """Uploads."""
        return self._attachments

    @property
    def transactional(self) -> bool:
        """False for ``memory://``."""
        return self._client is not None

    async def transaction(self, body: Callable[[Session], Awaitable[T]]) -> T:
        """Run `body` in one transaction (``transaction.run``); on ``memory://`` once, without one."""
        if self._client is None:
            return await body(None)
        return await transaction.run(self._client, body, self._timeouts)

    async def close(self) -> None:
        """Close connections and end the embedded mongod if it is ours. May be called twice."""
        await self._closing.aclose()
