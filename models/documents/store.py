"""What the domain asks of a database; ``app.database`` provides it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

T = TypeVar("T")

Session = AsyncClientSession | None
"""The transaction a write belongs to; None where the backend has none (``memory://``)."""

Mongo = AsyncDatabase[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """An upload's facts; its bytes stay in the store."""

    id: ObjectId
    filename: str
    content_type: str
    size: int
    owner: str
    sha256: str


class Attachments(Protocol):
    """Uploads: written once, read in chunks, found by id. The owner is checked by the caller."""

    async def put(self, filename: str, content_type: str, owner: str, content: bytes) -> Attachment:
        """Store `content`; `owner` is the id of the application or record it belongs to."""
        ...

    async def get(self, identifier: ObjectId) -> Attachment | None:
        """The facts of one upload, or None."""
        ...

    async def find(self, identifiers: list[ObjectId]) -> dict[ObjectId, Attachment]:
        """The facts of several uploads; unknown ids are left out."""
        ...

    def read(self, identifier: ObjectId) -> AsyncIterator[bytes]:
        """The bytes of one upload, chunk by chunk (255 KiB or less each)."""
        ...

    async def remove(self, owner: str) -> int:
        """Remove all that belongs to `owner`; how many there were."""
        ...

    async def stored_before(self, moment: datetime, after: ObjectId | None, limit: int) -> list[Attachment]:
        """The facts of the first `limit` uploads that follow `after` in the order they came and were stored
        before `moment`."""
        ...

    async def discard(self, identifiers: list[ObjectId]) -> int:
        """Remove these uploads; how many of them there were."""
        ...


class Store(Protocol):
    """One database: its collections, its uploads, its transactions."""

    @property
    def mongo(self) -> Mongo:
        """The driver's database, for ``models.documents`` only."""
        ...

    @property
    def attachments(self) -> Attachments:
        """Uploads (GridFS bucket ``attachments`` on a real server)."""
        ...

    @property
    def transactional(self) -> bool:
        """False for ``memory://``: no transactions, change streams, GridFS or ``$jsonSchema``."""
        ...

    async def transaction(self, body: Callable[[Session], Awaitable[T]]) -> T:
        """Run `body` in one transaction and return its result. `body` may run more than once, so it is pure
        but for writes through its session. Raises DatabaseUnavailable when no primary answers in time."""
        ...
