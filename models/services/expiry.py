"""Deadlines: an application whose time has run out takes the step its state names under ``then``."""

from typing import Any

from models.documents.application import Application
from models.permissions import SYSTEM
from models.services.applications import workflow_of
from models.services.site import Site
from models.services.steps import take_step
from models.services.waiting import types_of


def expiring(site: Site) -> list[dict[str, Any]]:
    """Where a deadline ends applications: the states with a step to be taken then, of each workflow and the
    types that go through it."""
    found = []
    for name, workflow in site.workflows.items():
        states = [key for key, state in workflow.states.items() if state.then and not state.final]
        if states and (types := types_of(site, name)):
            found.append({"type": {"$in": types}, "state": {"$in": states}})
    return found


async def expire_one(site: Site) -> bool:
    """End the application that is longest overdue; False when none is."""
    where = {"open": True, "due": {"$lte": site.now()}, "$or": expiring(site)}
    found = await Application.find(where).sort("due").first_or_none() if where["$or"] else None
    if found is None:
        return False
    state = workflow_of(site, found).states[found.state]
    if state.then is None:
        return False
    await take_step(site, SYSTEM, found, state.then)
    return True
