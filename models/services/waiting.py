"""The states of every workflow, and those in which the staff are to act."""

from models.permissions import Actor
from models.services.site import Site
from models.workflow.definition import State


def states_of(site: Site) -> dict[str, State]:
    """Every state of every workflow by its name. Where several have one of this name, it is that of the
    workflow operators themselves are registered by, else of the first in their order."""
    own = site.registry.current(site.configuration.site.operator_type).definition.applications.workflow
    found: dict[str, State] = {}
    for name in sorted(site.workflows, key=lambda name: name != own):
        for state, described in site.workflows[name].states.items():
            found.setdefault(state, described)
    return found


def types_of(site: Site, workflow: str) -> list[str]:
    """The record types whose applications go through this workflow."""
    current = site.registry.all_current().items()
    return [name for name, each in current if each.definition.applications.workflow == workflow]


def waiting_states(site: Site) -> tuple[str, ...]:
    """The open states in which the staff are to act, over all workflows, in their order."""
    states = states_of(site).items()
    return tuple(name for name, s in states if not s.final and s.held_by not in (None, "applicant"))


def states_for(site: Site, actor: Actor) -> list[str]:
    """The waiting states from which a step leads that people with this actor's roles may take."""
    words = actor.roles | {"staff"}
    origins = {
        origin
        for workflow in site.workflows.values()
        for step in workflow.transitions.values()
        if words & set(step.by)
        for origin in step.origins
    }
    return [name for name in waiting_states(site) if name in origins]
