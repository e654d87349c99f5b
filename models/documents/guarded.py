"""Reads by the driver itself, and writes that must find what they expect."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from models.documents.base import Stored
from models.documents.store import Session
from models.errors import TorokuError

D = TypeVar("D", bound=Stored)


async def insert_new(document: Stored, session: Session = None) -> bool:
    """Insert; False when a unique index says it is there already."""
    try:
        await document.insert(session=session)
    except DuplicateKeyError:
        return False
    return True


async def find_document(model: type[D], where: Mapping[str, Any]) -> D | None:
    """The one document that matches, read by the driver itself (hot paths), or None."""
    found = await model.raw().find_one(dict(where))
    return None if found is None else model.model_validate(found)


async def find_all(model: type[Stored], name: str, values: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The documents whose field `name` has one of these values, as they are stored, by that value."""
    found = await model.raw().find({name: {"$in": list(values)}}).to_list(None)
    return {row[name]: row for row in found}


async def update_where(
    model: type[D],
    where: Mapping[str, Any],
    update: Mapping[str, Any],
    session: Session = None,
    *,
    first: str | None = None,
) -> D | None:
    """Update one document that matches and return it as it is then; None when none matches. Of several, the
    one with the smallest `first` is taken."""
    found = await model.raw().find_one_and_update(
        dict(where),
        dict(update),
        sort=[(first, 1)] if first else None,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    return None if found is None else model.model_validate(found)


async def insert_or(refusal: TorokuError, document: Stored, session: Session) -> None:
    """Insert within a transaction; `refusal` is raised, and the transaction ends, when a unique index
    says it is there already."""
    try:
        await document.insert(session=session)
    except DuplicateKeyError as error:
        raise refusal from error


DUPLICATE = 11000
"""The server's code for a value a unique index holds already."""


async def insert_rows(
    refusal: TorokuError, model: type[Stored], rows: Sequence[dict[str, Any]], session: Session
) -> None:
    """Insert many documents within a transaction in one write, each as ``row_of`` makes it; `refusal` is
    raised, and the transaction ends, when a unique index says that one is there already."""
    if not rows:
        return
    try:
        await model.raw().insert_many(rows, session=session)
    except BulkWriteError as error:
        if any(each.get("code") == DUPLICATE for each in error.details.get("writeErrors", ())):
            raise refusal from error
        raise


def row_of(document: Stored) -> dict[str, Any]:
    """A document as it is inserted; the driver gives an id where it has none."""
    unset = {"revision_id"} if document.id is not None else {"revision_id", "id"}
    row: dict[str, Any] = document.model_dump(by_alias=True, exclude=unset)
    return row
