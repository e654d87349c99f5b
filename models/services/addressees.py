"""The operators a request is for, by name: found to choose from, and those that were chosen."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.documents.record import Record
from models.documents.windows import PATIENCE
from models.permissions import Actor, require
from models.schema.definition import RecordType
from models.schema.search import needles
from models.services.asking import MOST_NUMBERS, may_be_asked
from models.services.seeing import rows
from models.services.site import Site

OFFERED = 30
"""Most operators offered to choose from at once."""


async def operators_in_reach(site: Site, actor: Actor, text: str, limit: int) -> list[Record]:
    """Operators whose number, name or code holds `text` (any for none), by number; at most `limit`."""
    own = site.configuration.site.operator_type
    sought = [{"grams": {"$all": wanted}}] if (wanted := needles(text)) else []
    by_text = {"$or": [{"number": text.strip()}, *sought]} if text.strip() else {}
    where = {"$and": [by_text, rows(site, actor, own)]}
    found = site.records[own].collection.find(where, {"grams": 0}, max_time_ms=PATIENCE)
    return [Record.model_validate(row) async for row in found.sort("number", 1).limit(limit)]


async def offered(site: Site, actor: Actor, definition: RecordType, text: str) -> list[Record]:
    """The operators found by `text` that records of a type may be asked of now (at most OFFERED). Raises
    NotAllowed."""
    require(actor, "request.make")
    found = await operators_in_reach(site, actor, text, OFFERED)
    return [operator for operator in found if may_be_asked(site, definition, operator, {})]


async def names_of(site: Site, actor: Actor, numbers: Iterable[str]) -> Mapping[str, str]:
    """What the operators with these numbers are called, in one read; without those out of reach. Raises
    NotAllowed."""
    require(actor, "request.view")
    wanted: Sequence[str] = list(dict.fromkeys(numbers))[:MOST_NUMBERS]
    own = site.configuration.site.operator_type
    where: dict[str, Any] = {"$and": [{"number": {"$in": wanted}}, rows(site, actor, own)]}
    found = site.records[own].collection.find(where, {"number": 1, "title": 1}) if wanted else None
    return {row["number"]: str(row.get("title") or "") async for row in found} if found else {}
