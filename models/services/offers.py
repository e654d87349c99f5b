"""The steps a row of the queue offers to somebody, found without reading the whole application."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from models.documents.application import Applicant, Application
from models.documents.base import Person
from models.errors import NotFound
from models.permissions import Actor
from models.services.site import Site
from models.services.steps import possible_steps
from models.workflow.definition import Transition

Row = Mapping[str, Any]

UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ValidationError, NotFound)
"""What reading a damaged row raises."""

ASKED = frozenset({"remarks", "checklist"})
"""Needs that are met for one application at a time."""


def offered(site: Site, actor: Actor, row: Row) -> list[tuple[str, Transition]]:
    """The steps `actor` may take now with the application of a row (read with ``queue.COLUMNS``); none with a
    damaged one."""
    return Offers(site, actor).of(row)


class Offers:
    """The steps of the rows of a page. Rows of which the rules are asked the same are judged once."""

    def __init__(self, site: Site, actor: Actor) -> None:
        self._site, self._actor = site, actor
        self._known: dict[tuple[Any, ...], list[tuple[str, Transition]]] = {}

    def of(self, row: Row) -> list[tuple[str, Transition]]:
        """As ``offered``."""
        try:
            asked = _asked(row)
            if asked not in self._known:
                self._known[asked] = possible_steps(self._site, self._actor, _glimpse(*asked))
        except UNREADABLE:
            return []
        return self._known[asked]


def _asked(row: Row) -> tuple[Any, ...]:
    """What the rules of steps ask of an application."""
    assignee, applicant = row.get("assignee"), row.get("applicant") or {}
    whole = row["type"], row["kind"], row["schema_version"], row["state"]
    charge = (assignee["kind"], assignee["id"]) if assignee else None
    return (*whole, row.get("operator_id"), applicant.get("account_id"), charge, bool(row.get("by_staff")))


def _glimpse(
    name: str,
    kind: Any,
    version: int,
    state: str,
    operator_id: Any,
    account_id: Any,
    charge: Any,
    by_staff: bool,
) -> Application:
    """An application with no more than that."""
    seen: Application = Application.model_construct(
        type=name,
        kind=kind,
        schema_version=version,
        state=state,
        operator_id=operator_id,
        assignee=Person(kind=charge[0], id=charge[1]) if charge else None,
        applicant=Applicant.model_construct(account_id=account_id),
        by_staff=by_staff,
    )
    return seen


def claim_of(steps: list[tuple[str, Transition]]) -> tuple[str, Transition] | None:
    """The step that puts an application in one's charge, if it is among these."""
    return next(((name, step) for name, step in steps if step.sets == "assignee"), None)


def for_many(steps: list[tuple[str, Transition]]) -> list[tuple[str, Transition]]:
    """Those of these steps that may be taken with many applications at once."""
    return [(name, step) for name, step in steps if not ASKED & set(step.needs)]


def awaits(actor: Actor, row: Row, steps: list[tuple[str, Transition]]) -> bool:
    """Whether an application waits for `actor` and not for somebody in particular: they may take it on, or
    decide on it without being in charge. One's own correction waits for somebody else."""
    mine = (row.get("assignee") or {}).get("id") == actor.account_id
    return not mine and any(set(step.by) != {"applicant"} for _, step in steps)
