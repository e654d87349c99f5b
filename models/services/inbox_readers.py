"""Whom something is told: accounts that may act now and may see what it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.grants import PERMISSIONS
from models.permissions import Actor, allowed, is_applicant, persons
from models.services.applications import workflow_of
from models.services.identifying import acting
from models.services.positions import standing_of
from models.services.roles import ADMINISTRATOR, may_act
from models.services.seeing import may_open
from models.services.site import Site
from models.workflow.definition import PEOPLE, Workflow
from models.workflow.engine import Position, holds, judge, missing_of

MOST = 200
"""Most people told of one thing."""


async def readers(site: Site, where: Mapping[str, Any], needs: str) -> list[Actor]:
    """The accounts that match and may act now with permission `needs` (at most MOST)."""
    found = Account.raw().find({**where, "status": "active"}).sort("_id", 1).limit(MOST)
    accounts = [Account.model_validate(row) async for row in found]
    actors = [acting(site, account) for account in accounts if may_act(site, account)]
    return [actor for actor in actors if allowed(actor, needs)]


async def holders(site: Site, permission: str) -> list[Actor]:
    """The staff who have a permission."""
    roles = sorted(PERMISSIONS[permission].holders)
    return await readers(site, {"kind": "staff", "roles": {"$in": roles}}, permission)


async def of_operator(site: Site, operator_id: Id | None, needs: str, *others: Id | None) -> list[Actor]:
    """An operator's administrators, and those `others` of its people (an applicant, a reporter)."""
    if operator_id is None:
        return []
    people: list[dict[str, Any]] = [{"roles": ADMINISTRATOR}]
    people += [{"_id": other} for other in others if other is not None]
    return await readers(site, {"kind": "operator", "operator_id": operator_id, "$or": people}, needs)


async def one(site: Site, account_id: Id | None, needs: str) -> list[Actor]:
    """One person, where they may still be told."""
    return [] if account_id is None else await readers(site, {"_id": account_id}, needs)


async def applicants(site: Site, application: Application) -> list[Actor]:
    """Who applies, and their operator's administrators; of what staff began, who began it."""
    own = application.applicant.account_id
    if application.by_staff:
        found = await one(site, own, "application.view")
    else:
        found = await of_operator(site, application.operator_id, "application.view_own", own)
    return [actor for actor in found if is_applicant(actor, application)]


async def in_charge(site: Site, application: Application) -> list[Actor]:
    """The member of staff in charge, where they may still see it."""
    charge = application.assignee
    found = await one(site, charge.id if charge else None, "application.view")
    return await who_see(site, found, application)


async def next_to_act(site: Site, application: Application, *, queued: bool = False) -> list[Actor]:
    """The staff who can take a step now or whose consent one waits for, but for those who would first take
    the application on: what waits in the queue for anybody is told to nobody, unless `queued`."""
    workflow = workflow_of(site, application)
    steps = {
        name: step
        for name, step in workflow.transitions.items()
        if application.state in step.origins and (queued or step.sets != "assignee")
    }
    parties = {each.party for step in steps.values() for each in step.all_of}
    roles = ({role for step in steps.values() for role in step.by} | parties) - set(PEOPLE)
    charge = application.assignee
    wanted: list[dict[str, Any]] = [{"roles": {"$in": sorted(roles)}}] if roles else []
    if charge is not None and any("assignee" in step.by for step in steps.values()):
        wanted.append({"_id": charge.id})
    if not wanted:
        return []
    position = standing_of(application)
    found = [
        actor
        for actor in await readers(site, {"kind": "staff", "$or": wanted}, "application.view")
        if any(_has_a_turn(workflow, name, position, persons(actor, application)) for name in steps)
    ]
    return await who_see(site, found, application)


def _has_a_turn(workflow: Workflow, name: str, position: Position, who: frozenset[str]) -> bool:
    """Whether somebody may take a step, or has not consented to it yet as one of its parties."""
    step = workflow.transitions[name]
    waits = not step.when or holds(step.when, position.facts)
    asked = waits and bool(who.intersection(missing_of(step, name, position)))
    return asked or judge(workflow, name, position, who).allowed


async def who_see(site: Site, actors: Iterable[Actor], application: Application) -> list[Actor]:
    """Those of `actors` to whom the row rules leave an application."""
    return [actor for actor in actors if await may_open(site, actor, application)]
