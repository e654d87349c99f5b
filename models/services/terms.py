"""Terms of use: the published versions, which is in force, and who accepted which."""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from models.configuration.terms import TermsText
from models.documents.base import Id
from models.documents.guarded import insert_or
from models.documents.store import Session
from models.documents.terms import Acceptance, TermsVersion
from models.errors import NotFound, TermsMoved
from models.permissions import Actor
from models.services.mailings import open_mailing
from models.services.site import Site

Order = tuple[date, tuple[tuple[int, str], ...]]


def order_of(text: TermsText) -> Order:
    """By the day a version comes into force, then by its number: 10.0 follows 9.0."""
    parts = re.findall(r"(\d+)|([A-Za-z]+)", text.version)
    return text.effective_from, tuple((int(number or 0), letters) for number, letters in parts)


def versions(site: Site) -> list[TermsText]:
    """Every published version, newest first (R3). What is stored wins over a file that was changed since."""
    board, written = site.terms_board, site.configuration.terms
    if board.ordered is None or board.ordered[0] is not written:
        known = {(text.terms, text.version): text for text in (*written, *board.texts)}
        board.ordered = written, sorted(known.values(), key=order_of, reverse=True)
    return board.ordered[1]


def in_force(site: Site) -> TermsText | None:
    """The newest version whose effective date has come (R6, R7)."""
    today = site.today()
    return next((text for text in versions(site) if text.effective_from <= today), None)


def coming(site: Site) -> TermsText | None:
    """The version that comes into force next; None where none is published ahead."""
    today = site.today()
    return next((text for text in reversed(versions(site)) if text.effective_from > today), None)


def find_version(site: Site, version: str) -> TermsText:
    """One published version. Raises NotFound."""
    found = next((text for text in versions(site) if text.version == version), None)
    if found is None:
        raise NotFound
    return found


def before(site: Site, text: TermsText) -> TermsText | None:
    """The published version `text` followed; None for the first."""
    earlier = [each for each in versions(site) if order_of(each) < order_of(text)]
    return earlier[0] if earlier else None


def checksum(text: TermsText) -> str:
    """SHA-256 of the text, kept beside every acceptance so that what was read can be proved."""
    return hashlib.sha256(text.body.encode()).hexdigest()


async def keep_versions(site: Site) -> None:
    """Store every version of the configuration that is not stored yet; stored ones never change. One that is
    newer than all that were there is a change of the terms: everybody is mailed (R8)."""
    await site.terms_board.refresh()
    stored = {(text.terms, text.version): text for text in site.terms_board.texts}
    for text in sorted(site.configuration.terms, key=order_of):
        if (text.terms, text.version) not in stored:
            newest = max((order_of(each) for each in stored.values()), default=None)
            await _keep(site, text, told=newest is not None and newest < order_of(text))
            stored[text.terms, text.version] = text
    await site.terms_board.refresh()


async def _keep(site: Site, text: TermsText, *, told: bool) -> None:
    facts = text.model_dump(exclude={"revised", "effective_from"})
    dates = {"revised": text.revised.isoformat(), "effective_from": text.effective_from.isoformat()}
    version = TermsVersion(**facts, **dates, checksum=checksum(text), published_at=site.now())

    async def body(session: Session) -> None:
        await insert_or(TermsMoved(), version, session)
        if told:
            await open_mailing(site, text, session)

    try:
        await site.store.transaction(body)
    except TermsMoved:
        return  # another process that starts was first


def differs(site: Site, name: str, version: str, kept: str) -> bool:
    """Whether the file of a stored version says something else by now than what is kept (`kept`: its
    checksum)."""
    return any(
        (text.terms, text.version) == (name, version) and checksum(text) != kept
        for text in site.configuration.terms
    )


async def accept(
    site: Site, actor: Actor, name: str, text: TermsText, application_id: Id | None, session: Session
) -> None:
    """Keep that `actor`, known as `name`, accepted `text`, with the application begun by it if there is one
    (R14)."""
    acceptance = Acceptance(
        terms=text.terms,
        version=text.version,
        checksum=checksum(text),
        application_id=application_id,
        account_id=actor.account_id,
        operator_id=actor.operator_id,
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
