"""The lines of changed terms as they stood in a collection of their own, taken over into the one ledger."""

from typing import Any

from models.documents.ledger import LedgerLine
from models.documents.prepare import database_of
from models.documents.store import Store

FORMER = "mailing_lines"
"""Where they stood."""


async def take_over_former(store: Store) -> bool:
    """Move the lines of the former collection into the ledger, with their ids, and drop it; False where there
    is none. Broken off, it is done over: a line that was moved is left as it is."""
    database = database_of(store)
    if FORMER not in await database.list_collection_names(filter={"name": FORMER}):
        return False
    steps: list[dict[str, Any]] = [
        {"$set": {"source_kind": "terms", "source_id": "$mailing_id", "channel": "mail"}},
        {"$unset": ["mailing_id", "revision_id"]},
        {"$merge": {"into": LedgerLine.Settings.name, "on": "_id", "whenMatched": "keepExisting"}},
    ]
    await (await database[FORMER].aggregate(steps)).to_list(None)
    await database[FORMER].drop()
    return True
