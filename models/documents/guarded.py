"""Reads by the driver itself, and writes that must find what they expect."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

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
