"""Handing the charge of an application over to a colleague.

The charge decides who may go on with a review, so it is given only where somebody in charge is the one to
act: later it says who proposed a decision, and moving it would let them approve what they proposed."""

import asyncio
from collections.abc import Iterator

from models.documents.account import Account
from models.documents.application import Application, Handover
from models.documents.base import Id, read_id
from models.documents.guarded import update_where
from models.documents.store import Session
from models.errors import NotAllowed, NotFound, RecordChanged, TransitionRefused
from models.permissions import Actor, allowed, may_view, persons
from models.services.applications import subject_of, workflow_of
from models.services.events import record_event
from models.services.positions import standing_of
from models.services.seeing import may_open
from models.services.site import Site
from models.workflow.engine import judge

NOTE_LIMIT = 500
"""Longest note to a colleague (characters)."""

MOST_COLLEAGUES = 500
"""Most accounts of the staff looked at."""

NOBODY = "Nobody is in charge of this application. Take it on first."
NOT_NOW = "An application is handed over only while the person in charge is reviewing it."
NOT_THEM = "This person cannot take this application on."
NO_ONE = "Choose the colleague to hand over to."
LONG_NOTE = "The note has more than {count} characters."
MOVED = "This application was changed in another window. Look at it again before you go on."


def may_hand_over(site: Site, actor: Actor, application: Application) -> bool:
    """Whether `actor` may give the charge of `application` to somebody now."""
    try:
        _require(site, actor, application)
    except (NotFound, NotAllowed, TransitionRefused):
        return False
    return True


def _require(site: Site, actor: Actor, application: Application) -> None:
    if not may_view(actor, application):
        raise NotFound
    charge = application.assignee
    mine = charge is not None and actor.account_id is not None and charge.id == actor.account_id
    if not mine and not allowed(actor, "application.assign"):
        raise NotAllowed(rule="application.assign")
    if charge is None:
        raise TransitionRefused(NOBODY)
    steps = workflow_of(site, application).transitions.values()
    if not any("assignee" in step.by and application.state in step.origins for step in steps):
        raise TransitionRefused(NOT_NOW)


async def colleagues(site: Site, actor: Actor, application: Application) -> list[Account]:
    """Who could take over, by name: those who could have taken the application on, without who has it now.
    Raises NotFound, NotAllowed, TransitionRefused as ``hand_over``."""
    _require(site, actor, application)
    where = {"kind": "staff", "status": "active"}
    staff = await Account.find(where).sort("name").limit(MOST_COLLEAGUES).to_list()
    fitting = [account for account in staff if _could_claim(site, account, application)]
    seen = await asyncio.gather(*(may_open(site, _actor(account), application) for account in fitting))
    return [account for account, sees in zip(fitting, seen, strict=True) if sees]


def _could_claim(site: Site, account: Account, application: Application) -> bool:
    """Whether the rules of a step that puts an application in one's charge let this person take it."""
    if application.assignee is not None and application.assignee.id == account.id:
        return False
    workflow, who = workflow_of(site, application), persons(_actor(account), application)
    return any(
        judge(workflow, name, standing_of(application, origin), who).allowed
        for name, origin in _claims(site, application)
    )


def _claims(site: Site, application: Application) -> Iterator[tuple[str, str]]:
    for name, step in workflow_of(site, application).transitions.items():
        if step.sets == "assignee":
            yield from ((name, origin) for origin in step.origins)


def _actor(account: Account) -> Actor:
    return Actor(
        kind="staff",
        account_id=account.id,
        login=account.login,
        name=account.name,
        email=account.email,
        roles=frozenset(account.roles),
    )


def read_colleague(text: str) -> Id:
    """The account a form names. Raises TransitionRefused for none, and for what is no id."""
    if not text:
        raise TransitionRefused(NO_ONE)
    try:
        return read_id(text)
    except NotFound as error:
        raise TransitionRefused(NOT_THEM) from error


async def hand_over(
    site: Site,
    actor: Actor,
    application: Application,
    account_id: Id,
    note: str = "",
    *,
    revision: int | None = None,
) -> Application:
    """Give the charge of `application` to the colleague with `account_id`, with a note for them.

    Raises NotFound, NotAllowed (somebody else's, without ``application.assign``), TransitionRefused (nobody
    in charge, the wrong moment, somebody who could not take it on, too long a note), RecordChanged (it
    moved meanwhile)."""
    if len(note.strip()) > NOTE_LIMIT:
        raise TransitionRefused(LONG_NOTE, count=NOTE_LIMIT)
    found = await colleagues(site, actor, application)
    chosen = next((account for account in found if account.id == account_id), None)
    if chosen is None or application.assignee is None:
        raise TransitionRefused(NOT_THEM)
    to, origin, now = _actor(chosen).person, application.assignee, site.now()
    told = Handover(to=to, origin=origin, by=actor.person, at=now, note=note.strip())
    guard = {"_id": application.id, "state": application.state, "assignee.id": origin.id}
    update = {
        "$set": {"assignee": to.model_dump(), "updated_at": now},
        "$push": {"handovers": told.model_dump()},
        "$inc": {"revision": 1},
    }
    seen = {} if revision is None else {"revision": revision}

    async def body(session: Session) -> Application:
        moved = await update_where(Application, {**guard, **seen}, update, session)
        if moved is None:
            raise RecordChanged(MOVED)
        await record_event(
            site,
            actor,
            "application.hand_over",
            subject_of(moved),
            session,
            operator_id=moved.operator_id,
            origin=origin.name,
            to=to.name,
        )
        return moved

    return await site.store.transaction(body)
