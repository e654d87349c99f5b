"""Finding applications by a piece of their reference, their title or their operator's name."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.schema.search import fold, needles

RARE = 1000
"""Up to so many found, the applications are named one by one; beyond, the order asked for is walked."""


async def searched(text: str) -> Mapping[str, Any]:
    """The applications that hold `text`, as a query; {} for no text. What is typed is taken literally."""
    folded = fold(text)
    if not folded:
        return {}
    if len(folded) == 1:
        return {"grams": {"$elemMatch": {"$gte": folded, "$lt": f"{folded}\U0010ffff"}}}
    where = {"grams": {"$all": needles(text)}}
    found = await Application.raw().find(where, {"_id": 1}).limit(RARE + 1).to_list(None)
    return where if len(found) > RARE else {"_id": {"$in": [row["_id"] for row in found]}}
