"""``memory://``: mongomock-motor, for trials and fast tests. No transactions, change streams or GridFS."""

import hashlib
import importlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, cast

from bson import ObjectId

from app.database.attachments import CHUNK
from models.documents.store import Attachment, Mongo
from models.errors import NotFound

mock: Any = importlib.import_module("mongomock_motor")  # its stubs claim to be Motor, which the glue changes


class _Collection(mock.AsyncMongoMockCollection):  # type: ignore[misc]
    """The mock speaks Motor; Beanie 2 speaks PyMongo, where these two are awaited."""

    async def aggregate(self, *arguments: Any, **options: Any) -> Any:
        return super().aggregate(*arguments, **options)

    async def list_indexes(self, *arguments: Any, **options: Any) -> Any:
        return super().list_indexes(*arguments, **options)

    async def create_indexes(self, indexes: Any, **options: Any) -> list[str]:
        """One by one: made together, the mock forgets what partial indexes leave out."""
        return [await self._create(index.document, **options) for index in indexes]

    async def _create(self, document: dict[str, Any], **options: Any) -> str:
        facts = {key: value for key, value in document.items() if key != "key"}
        return str(await self.create_index(list(document["key"].items()), **facts, **options))


class _Database(mock.AsyncMongoMockDatabase):  # type: ignore[misc]
    def get_collection(self, *arguments: Any, **options: Any) -> _Collection:
        return _Collection(self, self.delegate.get_collection(*arguments, **options))

    async def list_collection_names(self, **_options: Any) -> list[str]:
        """The options Beanie passes only spare a real server work."""
        return list(self.delegate.list_collection_names())


def open_memory(name: str) -> Mongo:
    """A new, empty database in this process; dates are read as aware ones, as from the real server."""
    client = mock.AsyncMongoMockClient(tz_aware=True)
    return cast(Mongo, _Database(client, client.get_database(name).delegate))


class MemoryAttachments:
    """``models.documents.store.Attachments`` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[ObjectId, tuple[Attachment, bytes]] = {}

    async def put(self, filename: str, content_type: str, owner: str, content: bytes) -> Attachment:
        """Keep `content`."""
        digest = hashlib.sha256(content).hexdigest()
        facts = Attachment(ObjectId(), filename, content_type, len(content), owner, digest)
        self._kept[facts.id] = facts, content
        return facts

    async def get(self, identifier: ObjectId) -> Attachment | None:
        """The facts of one upload, or None."""
        return self._kept[identifier][0] if identifier in self._kept else None

    async def find(self, identifiers: list[ObjectId]) -> dict[ObjectId, Attachment]:
        """The facts of several uploads by id; unknown ids are left out."""
        return {key: self._kept[key][0] for key in identifiers if key in self._kept}

    async def read(self, identifier: ObjectId) -> AsyncIterator[bytes]:
        """The bytes, chunk by chunk. Raises NotFound for an unknown id."""
        if identifier not in self._kept:
            raise NotFound
        content = self._kept[identifier][1]
        for start in range(0, len(content), CHUNK):
            yield content[start : start + CHUNK]

    async def remove(self, owner: str) -> int:
        """Forget all that belongs to `owner`."""
        gone = [key for key, (stored, _) in self._kept.items() if stored.owner == owner]
        for key in gone:
            del self._kept[key]
        return len(gone)

    async def stored_before(self, moment: datetime, after: ObjectId | None, limit: int) -> list[Attachment]:
        """The facts of the uploads after `after`, oldest first."""
        last = ObjectId.from_datetime(moment)
        keys = sorted(key for key in self._kept if key < last and (after is None or key > after))
        return [self._kept[key][0] for key in keys[:limit]]

    async def discard(self, identifiers: list[ObjectId]) -> int:
        """Forget these."""
        return sum(self._kept.pop(key, None) is not None for key in identifiers)
