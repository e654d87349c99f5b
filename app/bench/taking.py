"""Taking an application on and deciding it over HTTP, against a server that does the two writes alone.

Both get the same bytes: the form a browser sends from the review page, every empty box for a remark with it.
The raw server looks up session and account, as it must to know who asks, and moves the application by one
``find_one_and_update`` guarded by state and revision, the history inside, as durable as ours (majority,
journal). It reads nothing else, writes no event and has no transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.bench.client import Connection, get, post_plain
from app.bench.load import Requests
from app.bench.pages import Page
from app.bench.plan import CONCURRENCIES, Plan
from app.bench.server import Program
from app.bench.stage import Stage
from models.documents.application import Application
from models.errors import ConfigurationError
from models.schema.definition import RecordType
from models.services.site import Site

FLOOR = 0.5
"""Share of the raw rate claiming and deciding with history and event should reach."""

Steps = tuple[str, str]
"""The names of the step that takes an application on, and of the one that decides it."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Somebody who is signed in and has the token against forged forms."""

    session: str
    cookies: Mapping[str, str]

    def sends(self, reference: str, step: str, fields: Sequence[tuple[str, str]]) -> bytes:
        """The form of the review page with one of its buttons pressed."""
        token = [("csrftoken", value) for value in self.cookies.values()]
        return post_plain(
            f"/admin/applications/{reference}/steps/{step}", self.session, [*token, *fields], self.cookies
        )


async def taking_page(site: Site, stage: Stage, program: Program, plan: Plan) -> Page:
    """The row of the table: two requests an application, each application once. Raises ConfigurationError
    when too few wait."""
    definition = stage.filled.definition
    steps, origin = _steps(site, definition)
    where = {"type": definition.name, "state": origin, "assignee": None}
    found = await Application.raw().find(where, {"reference": 1}).sort("_id", 1).to_list(None)
    windows = (plan.rounds + 1) * len(CONCURRENCIES)
    each = len(found) // 2 // windows
    if not each:
        raise ConfigurationError(message="Too few applications wait to be claimed and decided.")
    references = [row["reference"] for row in found]
    sides = [iter(references[: each * windows]), iter(references[each * windows :])]
    reviewer = await _reviewer(stage.reviewer, program)
    fields = _fields(definition)

    def asking(side: int, _worker: int) -> Requests:
        return _taking(reviewer, sides[side], steps, fields, definition)

    return Page("claim, decide", 303, asking, floor=FLOOR, most=each * 2)


def _steps(site: Site, definition: RecordType) -> tuple[Steps, str]:
    """The two steps, and the state they begin from."""
    flow = site.workflows[definition.applications.workflow]
    claim, taken = next((name, step) for name, step in flow.transitions.items() if step.sets == "assignee")
    decide = next(
        name
        for name, step in flow.transitions.items()
        if taken.to in step.origins and "checklist" in step.needs
    )
    return (claim, decide), taken.origins[0]


async def _reviewer(session: str, program: Program) -> Reviewer:
    connection = await Connection.open(program.port)
    answer = await connection.ask(get("/admin/queue", session))
    await connection.close()
    return Reviewer(session, {name: value for name, value in answer.cookies.items() if "csrf" in name})


def _fields(definition: RecordType) -> list[tuple[str, str]]:
    """The boxes for remarks and reason codes, all of them empty."""
    asked = [each.name for each in definition.fields if each.asked and each.stored]
    return [(f"{kind}.{name}", "") for name in asked for kind in ("remark", "reason")]


def _taking(
    reviewer: Reviewer,
    references: Iterator[str],
    steps: Steps,
    fields: Sequence[tuple[str, str]],
    definition: RecordType,
) -> Requests:
    """Each application is taken on, then decided; all connections of a side share them."""
    ticked = [("checklist", item.name) for item in definition.review.checklist]
    for reference in references:
        yield reviewer.sends(reference, steps[0], [("revision", "0"), *fields])
        yield reviewer.sends(reference, steps[1], [("revision", "1"), *fields, *ticked])
