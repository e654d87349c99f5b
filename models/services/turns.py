"""Whose turn a record is: who holds the state it is in (``held_by``), and whose consent is missing."""

from collections.abc import Iterator
from typing import Literal

from models.documents.record import Record
from models.services.lifecycle_mails import flow_of
from models.services.positions import position_of
from models.services.sides import side_named
from models.services.site import Site
from models.workflow.engine import missing_of, steps_with_consents

Awaits = Literal["", "operator", "staff", "both"]

BY_SIDES: dict[frozenset[str], Awaits] = {
    frozenset({"operator"}): "operator",
    frozenset({"staff"}): "staff",
    frozenset({"operator", "staff"}): "both",
}


def parties_of(site: Site, record: Record) -> tuple[str, ...]:
    """The parties a record waits for, in the words of its lifecycle: who holds its state, and whose consent a
    step from it still needs. A holder whose side has consented waits for the others only. Nobody in a final
    state."""
    flow = flow_of(site, record)
    state = flow.states.get(record.lifecycle)
    if state is None or state.final:
        return ()
    found = list(dict.fromkeys(_missing(site, record)))
    if state.held_by and not (found and _has_consented(record, state.held_by)):
        found.insert(0, state.held_by)
    return tuple(dict.fromkeys(found))


def _missing(site: Site, record: Record) -> Iterator[str]:
    position = position_of(site, record)
    for name, step in steps_with_consents(flow_of(site, record), position):
        yield from missing_of(step, name, position)


def _has_consented(record: Record, holder: str) -> bool:
    side = side_named(holder, record)
    return any(side_named(each.party, record) == side for each in record.consents)


def awaits_of(site: Site, record: Record) -> Awaits:
    """The side or sides a record waits for; "" for neither."""
    sides = frozenset(side for word in parties_of(site, record) if (side := side_named(word, record)))
    return BY_SIDES.get(sides, "")
