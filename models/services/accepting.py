"""The gate before the portal: who still has to accept the terms of use, and who was told of a change."""

from collections.abc import Mapping
from typing import Any

from models.configuration.terms import TermsText
from models.documents.account import Account
from models.documents.event import Subject
from models.documents.guarded import update_where
from models.documents.store import Session
from models.documents.terms import Acceptance
from models.errors import SignInRequired, TermsMoved
from models.permissions import Actor
from models.services.events import record_event
from models.services.site import Site
from models.services.switches import require_writing
from models.services.terms import accept, in_force, versions


def owes_acceptance(site: Site, actor: Actor) -> bool:
    """Whether somebody of an operator has to accept the terms before anything else (R14): whoever never
    accepted any version, whatever their role. A later version applies without consent (R7); a delegate acts
    for an operator that accepted them (terms of use 2.3)."""
    if actor.kind != "operator" or actor.accepted_terms or actor.delegate:
        return False
    return in_force(site) is not None


async def accept_terms(site: Site, actor: Actor, version: str) -> None:
    """Accept the version in force for one's own account, which is the one that was read (`version`). Doing so
    twice is doing it once. Raises SignInRequired, WritingStopped, TermsMoved when another came into force
    meanwhile."""
    await require_writing(site, actor)
    text = in_force(site)
    if actor.kind != "operator" or actor.account_id is None:
        raise SignInRequired
    if text is None or text.version != version:
        raise TermsMoved("Another version is in force by now. Please read it before you accept it.")
    seen = {"_id": actor.account_id, "accepted_terms": {"$in": ["", None]}}
    values = {
        "accepted_terms": text.version,
        "accepted_at": site.now(),
        "told_terms": versions(site)[0].version,
    }

    async def body(session: Session) -> None:
        account = await update_where(Account, seen, {"$set": values}, session)
        if account is None:
            return
        await accept(site, actor, account.name, text, None, session)
        subject = Subject(kind="account", id=account.id, label=account.login)
        told = {"terms": text.terms, "version": text.version}
        await record_event(
            site, actor, "terms.accepted", subject, session, operator_id=actor.operator_id, **told
        )

    await site.store.transaction(body)


def untold(site: Site, actor: Actor) -> TermsText | None:
    """The newest published version where this account was not told of it yet: one in force or one to come.
    A delegate is told of the terms that apply to them too."""
    newest = next(iter(versions(site)), None) if actor.kind == "operator" else None
    if newest is None or newest.version == actor.told_terms or owes_acceptance(site, actor):
        return None
    return newest


async def note_told(site: Site, actor: Actor, version: str) -> None:
    """Remember that an account was told of a version; what is not published is nothing it can be told of."""
    if actor.account_id is None or actor.kind != "operator":
        raise SignInRequired
    if version in (text.version for text in versions(site)):
        await update_where(Account, {"_id": actor.account_id}, {"$set": {"told_terms": version}})


async def own_acceptances(actor: Actor, limit: int = 20) -> list[Mapping[str, Any]]:
    """What an account accepted, the last first: version, checksum, when, over which connection."""
    where = {"account_id": actor.account_id}
    found = Acceptance.raw().find(where, {"version": 1, "checksum": 1, "at": 1}).sort("at", -1)
    rows: list[Mapping[str, Any]] = await found.limit(limit).to_list(None)
    return rows
