"""Uploads in GridFS, bucket ``attachments``."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import NoFile

from app.database.failures import honest
from models.documents.store import Attachment, Mongo
from models.errors import NotFound

BUCKET = "attachments"
CHUNK = 255 * 1024
"""Bytes per chunk, GridFS's own default."""


class GridAttachments:
    """``models.documents.store.Attachments`` on a real server; concerns come from the database handle."""

    def __init__(self, mongo: Mongo) -> None:
        self._files = mongo[f"{BUCKET}.files"]
        self._bucket = AsyncGridFSBucket(mongo, bucket_name=BUCKET, chunk_size_bytes=CHUNK)

    async def put(self, filename: str, content_type: str, owner: str, content: bytes) -> Attachment:
        """Store `content`; its facts are written last, so a broken upload is never found."""
        facts = {"content_type": content_type, "owner": owner, "sha256": hashlib.sha256(content).hexdigest()}
        with honest():
            identifier = await self._bucket.upload_from_stream(filename, content, metadata=facts)
        return Attachment(id=identifier, filename=filename, size=len(content), **facts)

    async def get(self, identifier: ObjectId) -> Attachment | None:
        """The facts of one upload, or None."""
        return (await self.find([identifier])).get(identifier)

    async def find(self, identifiers: list[ObjectId]) -> dict[ObjectId, Attachment]:
        """The facts of several uploads by id; unknown ids are left out."""
        with honest():
            rows = await self._files.find({"_id": {"$in": identifiers}}).to_list()
        return {row["_id"]: _attachment(row) for row in rows}

    async def read(self, identifier: ObjectId) -> AsyncIterator[bytes]:
        """The bytes, chunk by chunk. Raises NotFound for an unknown id."""
        try:
            with honest():
                stream = await self._bucket.open_download_stream(identifier)
        except NoFile as error:
            raise NotFound from error
        while chunk := await _next(stream):
            yield chunk

    async def remove(self, owner: str) -> int:
        """Remove all that belongs to `owner`: first the facts, so that what is half gone is never found."""
        with honest():
            found = await self._files.find({"metadata.owner": owner}, {"_id": 1}).to_list()
            for row in found:
                await self._bucket.delete(row["_id"])
        return len(found)

    async def stored_before(self, moment: datetime, after: ObjectId | None, limit: int) -> list[Attachment]:
        """The facts of the uploads after `after`, oldest first; their ids tell when they came."""
        place = {"$gt": after} if after else {}
        where = {"_id": {"$lt": ObjectId.from_datetime(moment), **place}}
        with honest():
            rows = await self._files.find(where).sort("_id", 1).limit(limit).to_list()
        return [_attachment(row) for row in rows]

    async def discard(self, identifiers: list[ObjectId]) -> int:
        """Remove these: first the facts, as ``remove``."""
        with honest():
            found = await self._files.find({"_id": {"$in": identifiers}}, {"_id": 1}).to_list()
            for row in found:
                await self._bucket.delete(row["_id"])
        return len(found)


async def _next(stream: Any) -> bytes:
    with honest():
        return bytes(await stream.readchunk())


def _attachment(row: Mapping[str, Any]) -> Attachment:
    return Attachment(id=row["_id"], filename=row["filename"], size=row["length"], **row["metadata"])
