"""Reports of loss and theft in the portal: reporting day and night, and what came of it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, text_of
from models.documents.loss import LossKind, LossReport
from models.errors import AlreadyDone, AnswersInvalid, LossMoved
from models.language import Message, translate
from models.permissions import Actor, require
from models.services import loss_answers, losses
from models.services.loss_mails import KINDS, STATES
from models.services.losses import TEXT_LIMIT, Choice, Typed
from models.services.threads import LONGEST

OWN = Message("yours, in use now")
STOPPED = Message("already stopped")


async def list_losses(request: Request) -> Response:
    """The reports of my operator that I may see."""
    visit = operator_visit(request)
    found = await losses.reports_of(visit.site, visit.actor)
    return page(visit, "portal_losses", {"lines": [_line(visit, each) for each in found]})


def _line(visit: Visit, report: LossReport) -> Mapping[str, Any]:
    return {
        "report": report,
        "kind": KINDS[report.kind](visit.language),
        "state": STATES[report.state](visit.language),
    }


async def show_new(request: Request) -> Response:
    """The form of a report."""
    visit = operator_visit(request)
    require(visit.actor, "loss.report")
    return await _draw_new(visit, typed_now(visit))


def typed_now(visit: Visit) -> Typed:
    """An empty report, noticed now."""
    now = visit.site.now().astimezone(visit.site.calendar.zone)
    return Typed("", f"{now:%Y-%m-%dT%H:%M}", "", key=visit.site.entropy(16).hex())


def typed_in(form: FormData) -> Typed:
    """A report as it was sent."""
    return Typed(
        kind=text_of(form, "kind", 40),
        noticed=text_of(form, "noticed", 40),
        what=text_of(form, "what", TEXT_LIMIT + 1),
        items=tuple(str(each)[:80] for each in form.getlist("items")[: losses.SHOWN]),
        words=text_of(form, "words", losses.WORDS_LIMIT),
        contact=text_of(form, "contact", losses.WORDS_LIMIT + 1),
        stop=text_of(form, "stop") == "yes",
        key=text_of(form, "key", 64),
    )


async def report(request: Request) -> Response:
    """Take a report. Whoever stopped what they are signed in with is told so on a page of its own."""
    visit = operator_visit(request)
    typed = typed_in(await read_form(request))
    offered = await losses.choices(visit.site, visit.actor)
    try:
        made = await losses.report(visit.site, visit.actor, typed)
    except AnswersInvalid as error:
        return await _draw_new(visit, typed, problems(visit, error))
    stopped = {item.id for item in made.items if item.stopped_at}
    if any(each.own and each.id in stopped for each in offered):
        await visit.browser.sign_out()
        outside = replace(visit, actor=Actor(kind="visitor", address=visit.actor.address))
        return page(outside, "losses_sent", {"number": made.number, "stopped": True})
    return go(f"/portal/losses/{made.number}?done=loss_reported")


async def _draw_new(visit: Visit, typed: Typed, errors: Summary = ()) -> Response:
    kinds = losses.kinds_for(visit.site, visit.actor)
    context = {
        "typed": typed,
        "kinds": [(kind, KINDS[kind](visit.language), "") for kind in kinds],
        "items": options(visit, await losses.choices(visit.site, visit.actor)),
        "every_kind": "user_id" in kinds,
        "most": TEXT_LIMIT,
        "errors": errors,
    }
    return page(visit, "portal_loss_new", context, status=422 if errors else 200)


def options(visit: Visit, choices: list[Choice]) -> list[tuple[str, str]]:
    """What can be named, in words."""
    drawn = []
    for each in choices:
        notes = [said(visit.language) for said, holds in ((OWN, each.own), (STOPPED, each.stopped)) if holds]
        sort: LossKind = "administrator_id" if each.main else "user_id"
        kind = KINDS["certificate" if each.kind == "certificate" else sort](visit.language)
        facts = " · ".join([each.label, *notes])
        drawn.append((each.name, f"{kind}: {each.note} ({facts})"))
    return drawn


async def show_loss(request: Request) -> Response:
    """One report: where it stands, what we were told to do, and the answer to that."""
    visit = operator_visit(request)
    found = await losses.own_report(visit.site, visit.actor, visit.parameter("number"))
    return await _draw(visit, found)


async def answer(request: Request) -> Response:
    """Answer the staff."""
    visit = operator_visit(request)
    number = visit.parameter("number")
    form = await read_form(request)
    text = text_of(form, "text", LONGEST + 1)
    try:
        with suppress(AlreadyDone):
            await loss_answers.answer(visit.site, visit.actor, number, text, text_of(form, "key", 64))
    except (AnswersInvalid, LossMoved) as error:
        found = await losses.own_report(visit.site, visit.actor, number)
        said = problems(visit, error) if isinstance(error, AnswersInvalid) else _moved(visit, error)
        return await _draw(visit, found, text, said, error.status)
    return go(f"/portal/losses/{number}?done=message_sent")


def _moved(visit: Visit, error: LossMoved) -> Summary:
    return [("", translate(error.public, visit.language, **error.values))]


async def _draw(
    visit: Visit, found: LossReport, text: str = "", errors: Summary = (), status: int = 422
) -> Response:
    context = {
        **_line(visit, found),
        "messages": await loss_answers.thread(visit.site, visit.actor, found),
        "text": text,
        "key": visit.site.entropy(16).hex(),
        "left": left(visit, found.due),
        "errors": errors,
    }
    return page(visit, "portal_loss", context, status=status if errors else 200)


def left(visit: Visit, due: datetime | None) -> str:
    """Until when an answer can be expected, in words; "" where none is due."""
    if due is None:
        return ""
    late = due < visit.site.now()
    said = (
        Message("We are late with our answer. Please call the desk.")
        if late
        else Message("You hear from us by {moment} at the latest.", {"moment": f"{_local(visit, due)}"})
    )
    return said(visit.language)


def _local(visit: Visit, moment: datetime) -> str:
    return f"{moment.astimezone(visit.site.calendar.zone):%Y-%m-%d %H:%M}"


def problems(visit: Visit, error: AnswersInvalid) -> Summary:
    """What is wrong with a form, for its summary."""
    return [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
