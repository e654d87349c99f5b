"""Addresses mails no longer reach: which are dead."""

from collections.abc import Iterable

from models.documents.dead_address import DeadAddress, address_key
from models.documents.store import Session


async def dead_among(addresses: Iterable[str], session: Session = None) -> set[str]:
    """Those of `addresses`, as they were given, that are dead. One query on an index."""
    keys = {address: address_key(address) for address in addresses if address}
    if not keys:
        return set()
    where = {"address": {"$in": sorted(set(keys.values()))}, "dead_at": {"$ne": None}}
    rows = await DeadAddress.raw().find(where, {"address": 1}, session=session).to_list(None)
    dead = {row["address"] for row in rows}
    return {address for address, key in keys.items() if key in dead}
