"""What waits for whom: the states of every workflow in which the staff are to act, and whose turn a record
is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.documents.record import Record
from models.language import Text
from models.permissions import Actor
from models.services.sides import named
from models.services.site import Site
from models.services.terms_of_records import entered_at
from models.services.turns import parties_of
from models.workflow.definition import State, Workflow

Side = Literal["us", "them", "nobody"]


@dataclass(frozen=True, slots=True)
class Waits:
    """Whose turn a record is, as `actor` sees it: of their own side, of the other, or nobody's; who that is
    in words, since when it is in its state, and by when it has to leave it."""

    side: Side
    who: Text
    since: datetime
    due: datetime | None
    overdue: bool


NOBODY = Text(ja="", en="")


def of_record(site: Site, actor: Actor, record: Record) -> Waits:
    """What a record waits for, as its clock says (``models.services.clocks``)."""
    parties = parties_of(site, record) if record.awaits else ()
    due = record.due
    return Waits(
        side_for(actor, record),
        _names(site, record, parties),
        entered_at(record),
        due,
        due is not None and due <= site.now(),
    )


def side_for(actor: Actor, record: Record) -> Side:
    """Whether a record waits for the side `actor` is on; for both means for theirs too."""
    if not record.awaits:
        return "nobody"
    return "us" if record.awaits in (actor.kind, "both") else "them"


def _names(site: Site, record: Record, parties: tuple[str, ...]) -> Text:
    """Several parties, each named once."""
    names = list(dict.fromkeys(named(site, party, record) for party in parties))
    return (
        Text(ja="、".join(n("ja") for n in names), en=", ".join(n("en") for n in names)) if names else NOBODY
    )


def states_of(site: Site) -> dict[str, State]:
    """Every state of every workflow by its name. Where several have one of this name, it is that of the
    workflow operators themselves are registered by, else of the first in their order."""
    return {state: workflow.states[state] for state, workflow in workflows_by_state(site).items()}


def workflows_by_state(site: Site) -> dict[str, Workflow]:
    """The workflow every state is that of, as ``states_of`` tells it."""
    own = site.registry.current(site.configuration.site.operator_type).definition.applications.workflow
    found: dict[str, Workflow] = {}
    for name in sorted(site.workflows, key=lambda name: name != own):
        for state in site.workflows[name].states:
            found.setdefault(state, site.workflows[name])
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
