"""Attesting to everything that was ever published: each edition as it was, or named."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from models.documents.base import Id, read_id
from models.documents.publication import Publication
from models.services.freezing import Proof, prove
from models.services.site import Site

BATCH = 100
"""Editions read at once."""


@dataclass(frozen=True, slots=True)
class Attested:
    """One edition that was looked at, and what came of it."""

    edition: Publication
    proof: Proof


async def attest(site: Site) -> AsyncIterator[Attested]:
    """Look at every edition there is, the oldest first."""
    last: Id | None = None
    while True:
        where: dict[str, Any] = {"_id": {"$gt": last}} if last is not None else {}
        found = await Publication.find(where).sort("_id").limit(BATCH).to_list()
        for edition in found:
            yield Attested(edition, await prove(site, edition))
        if len(found) < BATCH:
            return
        last = read_id(found[-1].id)
