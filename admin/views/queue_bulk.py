"""Deciding on several applications at once: first what will happen to each, then what became of each."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.links import root_of
from admin.posted import text_of
from admin.refusals import public_message
from admin.views.page import Crumb, PageView, route
from admin.views.queue_address import LONGEST_BACK, back_of
from admin.views.queue_rows import state_badge
from models.errors import TorokuError, TransitionRefused
from models.services import applications, bulk
from models.services.site import Site
from models.workflow.definition import Transition
from models.workflow.effects import EFFECTS
from models.workflow.engine import holds


class Plan(NamedTuple):
    """One application of the confirmation: what will happen, or why nothing will."""

    reference: str
    title: str
    state: Markup
    does: tuple[str, ...]
    refusal: str
    seen: str


class Result(NamedTuple):
    """One application of the result: how it is now, or why nothing was done."""

    reference: str
    title: str
    state: Markup
    refusal: str


class BulkParts(PageView):
    """``/queue/bulk``: what a step will do with the applications chosen; ``/queue/bulk/take`` does it."""

    @route("/bulk", methods=["POST"])
    async def confirm(self, request: Request) -> Response:
        """What will happen to each; nothing is changed."""
        form = await self.form(request)
        return await self._confirm(request, form, _picked(form))

    async def _confirm(
        self, request: Request, form: FormData, picked: list[str], refusal: TorokuError | None = None
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        name = text_of(form, "step", longest=64)
        back = back_of(text_of(form, "back", longest=LONGEST_BACK))
        try:
            intended = await bulk.intend(site, actor, picked, name)
        except TransitionRefused as impossible:
            intended, refusal = [], refusal or impossible
        step = next((one.step for one in intended if one.step), None)
        plans = [_plan(site, one) for one in intended]
        return self.page(
            request,
            "queue_bulk.html",
            title=self._title(step),
            crumbs=[Crumb(say("Decide on several"))],
            refusal=refusal,
            plans=plans,
            possible=sum(not plan.refusal for plan in plans),
            step=name,
            label=step.label(language()) if step else "",
            danger=bool(step and step.style == "danger"),
            reason=text_of(form, "reason", longest=10 * bulk.LONGEST_REASON),
            needs_reason=bool(step and "reason" in step.needs),
            longest=bulk.LONGEST_REASON,
            back=back.removeprefix("?"),
            base=f"{root_of(request)}/applications",
        )

    def _title(self, step: Transition | None) -> str:
        return (
            say("Several applications: {step}", {"step": step.label}) if step else say("Several applications")
        )

    @route("/bulk/take", methods=["POST"])
    async def take(self, request: Request) -> Response:
        """Take the step with each, and tell what became of each."""
        site, actor, form = site_of(request), actor_of(request), await self.form(request)
        seen = dict(_seen(form))
        name, reason = (
            text_of(form, "step", longest=64),
            text_of(form, "reason", longest=10 * bulk.LONGEST_REASON),
        )
        try:
            if form.get("needs_reason"):
                bulk.require_reason(reason)
            outcomes = await bulk.take(site, actor, seen, name, reason)
        except TransitionRefused as refusal:
            return await self._confirm(request, form, list(seen), refusal)
        results = [_result(site, one) for one in outcomes]
        return self.page(
            request,
            "queue_result.html",
            title=say("What became of them"),
            crumbs=[Crumb(say("Decide on several"))],
            results=results,
            done=sum(not result.refusal for result in results),
            back=self.url(request, back_of(text_of(form, "back", longest=LONGEST_BACK))),
            base=f"{root_of(request)}/applications",
        )


def _picked(form: FormData) -> list[str]:
    """The references ticked, each once; one too many is kept so that the limit is told."""
    found = (str(value)[:64] for value in form.getlist("pick") if value)
    return list(dict.fromkeys(found))[: bulk.MOST + 1]


def _seen(form: FormData) -> Iterable[tuple[str, int]]:
    """Each reference with the revision it was confirmed at; a malformed one is no revision there is."""
    for value in form.getlist("pick")[: bulk.MOST + 1]:
        reference, _, revision = str(value)[:80].partition("@")
        yield reference, int(revision) if revision.isdecimal() and len(revision) < 10 else -1


def _plan(site: Site, intended: bulk.Intended) -> Plan:
    application, step, refusal = intended.application, intended.step, intended.refusal
    if application is None or step is None:
        told = public_message(refusal or TransitionRefused())
        return Plan(intended.reference, "", Markup(""), (), told, "")
    state = state_badge(site, application)
    seen = f"{application.reference}@{application.revision}"
    if intended.hindrances:
        told = " ".join(hindrance(language()) for hindrance in intended.hindrances)
        return Plan(application.reference, application.called(language()), state, (), told, "")
    does = tuple(_does(site, application, step))
    return Plan(application.reference, application.called(language()), state, does, "", seen)


def _does(site: Site, application: Any, step: Transition) -> Iterable[str]:
    """Where the step leads, its effects, its mails."""
    target = applications.workflow_of(site, application).states[step.to]
    facts = applications.facts_of(application)
    yield say("State afterwards: {state}", {"state": target.label})
    yield from (say(EFFECTS[call.effect].does) for call in step.effects if holds(call.when, facts))
    if mails := sum(holds(call.when, facts) for call in step.mail):
        yield say("Mails sent: {count}", {"count": mails})


def _result(site: Site, outcome: bulk.Outcome) -> Result:
    now = outcome.application
    if now is None:
        told = public_message(outcome.refusal or TransitionRefused())
        return Result(outcome.reference, "", Markup(""), told)
    return Result(now.reference, now.title, state_badge(site, now), "")
