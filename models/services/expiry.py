"""Deadlines: an application whose time has run out takes the step its state names under ``then``."""

from models.documents.application import Application
from models.permissions import SYSTEM
from models.services.site import Site
from models.services.steps import take_step


def expiring_states(site: Site) -> dict[str, str]:
    """The states with a deadline that ends them, and the step taken then."""
    return {
        name: state.then
        for workflow in site.workflows.values()
        for name, state in workflow.states.items()
        if state.then is not None and not state.final
    }


async def expire_one(site: Site) -> bool:
    """End the application that is longest overdue; False when none is."""
    states = expiring_states(site)
    where = {"open": True, "due": {"$lte": site.now()}, "state": {"$in": list(states)}}
    found = await Application.find(where).sort("due").first_or_none()
    if found is None:
        return False
    await take_step(site, SYSTEM, found, states[found.state])
    return True
