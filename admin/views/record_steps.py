"""A step of a record's lifecycle: what it would do, the form that takes it, and what was posted."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.posted import read_form, text_of
from admin.refusals import problems_of
from admin.views.base import Row
from admin.views.record_facts import number_of, state_badge
from models.configuration.mail import fill
from models.documents.record import Record
from models.errors import AlreadyDone, NotAllowed, NotFound, RecordChanged, StepIncomplete, TorokuError
from models.services import lifecycles
from models.services.deeds import bases, review_moment
from models.services.lifecycles import EVIDENCE, REASON_LIMIT, Evidence, Outcome
from models.services.messages import one_line, template_of
from models.services.site import Site
from models.workflow.definition import State, Transition

MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Posted:
    """What the form of a step sends."""

    pk: str
    step: str
    reason: str
    revision: int
    evidence: Evidence | None
    ground: str = ""
    basis: str = ""
    review_on: str = ""


async def read(request: Request) -> Posted:
    """The posted form; a file larger than is taken is cut, so that it is refused without being kept."""
    form = await read_form(request, files=1, fields=15)
    handed = form.get("evidence")
    evidence = None
    if isinstance(handed, UploadFile) and handed.filename:
        evidence = Evidence(handed.filename, await handed.read(EVIDENCE.max_mb * MEBIBYTE + 1))
    return Posted(
        text_of(form, "pk", longest=64),
        text_of(form, "step", longest=64),
        text_of(form, "reason"),
        number_of(text_of(form, "revision", longest=9)) or 0,
        evidence,
        text_of(form, "ground", longest=64),
        text_of(form, "basis", longest=200),
        text_of(form, "review_on", longest=40),
    )


async def take(request: Request, record: Record, posted: Posted) -> Record:
    """Take the step. Raises as ``lifecycles.act`` does."""
    return await lifecycles.act(
        site_of(request),
        actor_of(request),
        record,
        posted.step,
        reason=posted.reason,
        evidence=posted.evidence,
        ground=posted.ground,
        basis=posted.basis,
        review_on=_day(posted.review_on),
        revision=posted.revision,
    )


def _day(text: str) -> date | None:
    """The day chosen; None where none is. Raises StepIncomplete for what is no day."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise StepIncomplete("Write the day like 2026-04-01.", field="review_on") from error


Draw = Callable[[Request, Row, Record, str, TorokuError | None, Posted | None], Awaitable[Response]]


async def refused(
    draw: Draw, request: Request, row: Row, record: Record, posted: Posted, refusal: TorokuError
) -> Response:
    """The form again with the refusal and what was typed; where the step is no longer possible, the refusal
    alone."""
    if isinstance(refusal, NotAllowed | AlreadyDone):
        raise refusal
    try:
        return await draw(request, row, record, posted.step, refusal, posted)
    except (AlreadyDone, NotFound) as late:
        raise refusal from late


async def context(
    request: Request,
    record: Record,
    name: str,
    states: Mapping[str, State],
    refusal: TorokuError | None,
    posted: Posted | None,
) -> dict[str, Any]:
    """What the page of a step shows. Raises as ``lifecycles.outcome_of`` does."""
    site = site_of(request)
    outcome = await lifecycles.outcome_of(site, actor_of(request), record, name)
    return {
        "outcome": outcome,
        "label": outcome.transition.label(language()),
        "help": outcome.transition.help(language()) if outcome.transition.help else "",
        "before": state_badge(states, outcome.origin),
        "after": state_badge(states, outcome.transition.to),
        "does": list(_does(outcome)),
        "mails": [_mail(site, mail) for mail in outcome.mails],
        "typed": posted or Posted("", name, "", 0, None),
        **await _standing(site, record, outcome.transition),
        "fault": {p.field: p.message for p in problems_of(refusal)} if refusal else {},
        "limit": REASON_LIMIT,
        "kinds": ", ".join(EVIDENCE.accept),
        "accept": ",".join(f".{kind}" for kind in EVIDENCE.accept),
        "most": EVIDENCE.max_mb,
        "revision": record.revision,
        "problems": problems_of(refusal) if refusal else (),
        "refusal_code": refusal.code if refusal else "",
        "stale": isinstance(refusal, RecordChanged),
    }


async def _standing(site: Site, record: Record, transition: Transition) -> dict[str, Any]:
    """What the form asks for of a step with grounds, evidence of them, and a day to look again."""
    offered: dict[str, str] = {}
    for ground in transition.grounds:
        async for basis in bases(site, record, ground, language()):
            offered.setdefault(basis.key, basis.label)
    last = review_moment(site, transition, None)
    return {
        "grounds": [("", "—"), *((ground.code, ground.label(language())) for ground in transition.grounds)],
        "asks_ground": bool(transition.grounds),
        "asks_basis": any(ground.rests_on_something for ground in transition.grounds),
        "bases": [("", "—"), *offered.items()],
        "last_review": site.calendar.due_day(last).isoformat() if last else "",
        "today": site.today().isoformat(),
    }


def _does(outcome: Outcome) -> list[str]:
    """What the step does besides the state, in words."""
    words = [message(language()) for message in outcome.does]
    words += [say("A new version with the same answers is kept in the history, with your name.")]
    if outcome.gone:
        words.append(say("The record no longer counts as registered. It stays on file."))
    if outcome.open_application:
        named = {"reference": outcome.open_application}
        words.append(say("The open application {reference} has to be brought up to date afterwards.", named))
    return words


def _mail(site: Site, mail: lifecycles.Mailed) -> tuple[str, str]:
    """A mail's recipient and subject."""
    template = template_of(site, mail.template, mail.recipient.language)
    described, spoken = site.configuration.site, mail.recipient.language
    values = {"site_name": described.name(spoken), "organisation": described.organisation(spoken)}
    return mail.recipient.address, one_line(fill(template.subject, {**values, **mail.values}))
