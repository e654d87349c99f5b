"""Uploads: the same promises on the real server and in memory."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from bson import ObjectId

from app.database import Database, open_database
from app.database.attachments import CHUNK
from models.documents.store import Attachments
from models.errors import NotFound

PDF = "application/pdf"


@pytest_asyncio.fixture(params=["mongod", "memory"])
async def attachments(
    request: pytest.FixtureRequest, store: Database, tmp_path: Path
) -> AsyncIterator[Attachments]:
    if request.param == "memory":
        async with open_database("memory://", data_dir=tmp_path, owner=True) as database:
            yield database.attachments
    else:
        yield store.attachments


async def content(attachments: Attachments, identifier: ObjectId) -> list[bytes]:
    return [chunk async for chunk in attachments.read(identifier)]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1])
async def test_what_was_put_is_read_in_chunks(attachments: Attachments, size: int) -> None:
    sent = bytes(number % 251 for number in range(size))
    kept = await attachments.put("定款.pdf", PDF, "owner-1", sent)
    chunks = await content(attachments, kept.id)
    assert b"".join(chunks) == sent
    assert all(len(chunk) <= CHUNK for chunk in chunks)


async def test_the_facts_are_kept(attachments: Attachments) -> None:
    kept = await attachments.put("定款.pdf", PDF, "owner-1", b"content")
    assert (kept.filename, kept.content_type, kept.owner, kept.size) == ("定款.pdf", PDF, "owner-1", 7)
    assert kept.sha256 == hashlib.sha256(b"content").hexdigest()
    assert await attachments.get(kept.id) == kept


async def test_several_are_found_at_once_and_unknown_ones_left_out(attachments: Attachments) -> None:
    kept = [await attachments.put(f"{number}.pdf", PDF, "owner-1", b"x") for number in range(3)]
    found = await attachments.find([kept[0].id, kept[2].id, ObjectId()])
    assert found == {kept[0].id: kept[0], kept[2].id: kept[2]}


async def test_an_unknown_upload_is_not_found(attachments: Attachments) -> None:
    assert await attachments.get(ObjectId()) is None
    with pytest.raises(NotFound):
        await content(attachments, ObjectId())


async def test_uploads_are_in_their_own_bucket_and_as_durable_as_everything(store: Database) -> None:
    await store.attachments.put("a.pdf", PDF, "owner-1", b"x")
    names = await store.mongo.list_collection_names()
    assert {"attachments.files", "attachments.chunks"} <= set(names)
