"""Terms of use: which version is in force, and who accepted it."""

import hashlib
from collections.abc import Mapping
from typing import Any

from models.configuration.terms import TermsText
from models.documents.base import Id
from models.documents.guarded import insert_new
from models.documents.notice import Acceptance, TermsVersion
from models.documents.store import Session
from models.permissions import Actor
from models.services.site import Site


def versions(site: Site) -> list[TermsText]:
    """Every version, newest first (R3)."""
    return sorted(
        site.configuration.terms, key=lambda text: (text.effective_from, text.version), reverse=True
    )


def in_force(site: Site) -> TermsText | None:
    """The newest version whose effective date has come (R6, R7)."""
    today = site.today()
    return next((text for text in versions(site) if text.effective_from <= today), None)


def checksum(text: TermsText) -> str:
    """SHA-256 of the text, kept beside every acceptance so that what was read can be proved."""
    return hashlib.sha256(text.body.encode()).hexdigest()


async def keep_versions(site: Site) -> None:
    """Store every version of the configuration that is not stored yet; stored ones never change."""
    for text in site.configuration.terms:
        facts = text.model_dump(exclude={"revised", "effective_from"})
        dates = {"revised": text.revised.isoformat(), "effective_from": text.effective_from.isoformat()}
        await insert_new(TermsVersion(**facts, **dates, checksum=checksum(text)))


async def accept(
    site: Site, actor: Actor, name: str, text: TermsText, application_id: Id, session: Session
) -> None:
    """Keep that `actor`, known as `name`, accepted `text` when beginning an application (R14)."""
    acceptance = Acceptance(
        terms=text.terms,
        version=text.version,
        checksum=checksum(text),
        application_id=application_id,
        account_id=actor.account_id,
        name=name,
        address=actor.address,
        certificate=actor.certificate,
        at=site.now(),
    )
    await acceptance.insert(session=session)


COUNT_LIMIT = 10_001
"""Acceptances are counted no further."""

SHOWN = 50
"""Acceptances shown of one version, the last ones."""


async def acceptances(name: str, version: str) -> tuple[int, list[Mapping[str, Any]]]:
    """How often a version was accepted, counted up to COUNT_LIMIT, and the last ones: who, when, and the
    reference of the application they began with it (``reference``, "" where there is none)."""
    where = {"terms": name, "version": version}
    count = await Acceptance.raw().count_documents(where, limit=COUNT_LIMIT, maxTimeMS=2000)
    steps = [
        {"$match": where},
        {"$sort": {"at": -1}},
        {"$limit": SHOWN},
        {
            "$lookup": {
                "from": "applications",
                "localField": "application_id",
                "foreignField": "_id",
                "pipeline": [{"$project": {"reference": 1}}],
                "as": "begun",
            }
        },
        {"$project": {"name": 1, "at": 1, "reference": {"$first": "$begun.reference"}}},
    ]
    cursor = await Acceptance.raw().aggregate(steps, maxTimeMS=2000)
    return int(count), [row async for row in cursor]
