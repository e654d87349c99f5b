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
    try:
        return possible_steps(site, actor, _glimpse(row))
    except UNREADABLE:
        return []


def _glimpse(row: Row) -> Application:
    """An application as far as the rules of its steps ask of it."""
    assignee, applicant = row.get("assignee"), row.get("applicant") or {}
    seen: Application = Application.model_construct(
        id=row["_id"],
        type=row["type"],
        kind=row["kind"],
        schema_version=row["schema_version"],
        state=row["state"],
        operator_id=row.get("operator_id"),
        assignee=Person.model_validate(assignee) if assignee else None,
        applicant=Applicant.model_construct(account_id=applicant.get("account_id")),
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
    decide on it without being in charge."""
    mine = (row.get("assignee") or {}).get("id") == actor.account_id
    return bool(steps) and not mine
