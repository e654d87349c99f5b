"""Reports of loss and theft: which wait for whom, what is to be done, what was written to each other."""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_hex
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from admin.views.system.owner import owner_of
from models.documents.loss import LossReport
from models.errors import AlreadyDone, NotFound, TorokuError
from models.services import loss_answers
from models.services.loss_mails import KINDS, STATES
from models.services.losses import choices_of
from models.services.side_words import side_words
from models.services.site import Site
from models.services.threads import LONGEST

GROUPS: Mapping[str, Any] = {
    "staff": _("Waiting for us"),
    "operator": _("Waiting for the other side"),
    "closed": _("Closed reports"),
}

TONES = {"received": "bad", "instructed": "info", "closed": "done"}

DONE: Mapping[str, str] = {
    "instruct": N_("The instructions have been sent."),
    "stop": N_("What you chose has been stopped."),
    "close": N_("The report has been closed."),
    "reopen": N_("The report is open again."),
    "assign": N_("The {operator} has been written down."),
}


class LossesPage(PageView):
    """The reports of loss and theft, those due first; answered by those who may."""

    styles = ("system.css", "filters.css")

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Losses and thefts"),
            icon="notices",
            path="/losses",
            route_name="losses",
            allowed=lambda request: may(request, "loss.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The reports of one list, by whose turn it is."""
        site, group = site_of(request), request.query_params.get("show") or "staff"
        found = await loss_answers.reports(actor_of(request), group)
        counts = await loss_answers.counted()
        most = loss_answers.SHOWN
        return self.page(
            request,
            "losses.html",
            rows=[self._row(request, site, report) for report in found],
            tabs=[
                (
                    self.url(request, show=name),
                    label,
                    name == group,
                    f"{most}+" if counts[name] > most else counts[name],
                )
                for name, label in GROUPS.items()
            ],
            most=most,
        )

    def _row(self, request: Request, site: Site, report: LossReport) -> Mapping[str, Any]:
        return {
            "href": self.url(request, f"/{report.number}"),
            "report": report,
            "kind": KINDS[report.kind](language()),
            "state": (STATES[report.state](language()), TONES[report.state]),
            "clock": _clock(site, report),
            "whom": report.operator_name or report.organisation_code,
        }

    @route("/{number}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One report: what was lost and stopped, the instructions, and what can be done."""
        return await self._one(request)

    @route("/{number}/{deed}", methods=["POST"])
    async def do(self, request: Request) -> Response:
        """Instruct, stop, close, reopen, or say which operator it is about."""
        number, deed = str(request.path_params["number"]), str(request.path_params["deed"])
        if deed not in DONE:
            raise NotFound
        form = await self.form(request, fields=300)
        try:
            await _do(request, number, deed, form)
        except AlreadyDone:
            return self.back(request, f"/{number}")
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            typed = {name: text_of(form, name, longest=5000) for name in ("text", "reason", "operator")}
            return await self._one(request, refusal, {**typed, "deed": deed})
        return self.back(request, f"/{number}", done=DONE[deed], values=side_words(site_of(request)))

    async def _one(
        self,
        request: Request,
        refusal: TorokuError | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        found = await loss_answers.find_report(actor, str(request.path_params["number"]))
        offered = await choices_of(found.operator_id) if found.operator_id else []
        open_now = found.state != "closed" and may(request, "loss.handle")
        return self.page(
            request,
            "loss.html",
            refusal=refusal,
            title=found.number,
            crumbs=[Crumb(found.number)],
            row=self._row(request, site, found),
            report=found,
            owner=await owner_of(request, found.operator_id),
            facts=_facts(found),
            messages=await loss_answers.thread(site, actor, found),
            choices=[each for each in offered if not each.stopped] if open_now else [],
            open_now=open_now,
            may_handle=may(request, "loss.handle"),
            longest=LONGEST,
            key=token_hex(16),
            typed={"text": "", "reason": "", "operator": "", "deed": "", **(typed or {})},
        )


async def _do(request: Request, number: str, deed: str, form: FormData) -> None:
    site, actor = site_of(request), actor_of(request)
    revision, reason = number_of(form, "revision"), text_of(form, "reason", longest=5000)
    if deed == "instruct":
        text, key = text_of(form, "text", longest=2 * LONGEST), text_of(form, "key", longest=64)
        await loss_answers.instruct(site, actor, number, text, key)
    elif deed == "stop":
        names = [str(each)[:80] for each in form.getlist("items")]
        await loss_answers.stop_now(site, actor, number, names)
    elif deed == "assign":
        operator = text_of(form, "operator", longest=200)
        await loss_answers.assign(site, actor, number, operator, revision=revision)
    else:
        turn = loss_answers.close if deed == "close" else loss_answers.reopen
        await turn(site, actor, number, reason, revision=revision)


def _clock(site: Site, report: LossReport) -> tuple[str, str]:
    """How long there is to answer, in words, and how urgent that is; nothing where no answer is due."""
    if report.due is None:
        return "", ""
    left = report.due - site.now()
    spoken = {"hours": abs(left) // timedelta(hours=1), "minutes": abs(left) // timedelta(minutes=1) % 60}
    if left < timedelta(0):
        return say("late by {hours} h {minutes} min", spoken), "bad"
    return say("{hours} h {minutes} min left", spoken), "warn" if left < timedelta(hours=1) else "info"


def _facts(found: LossReport) -> list[tuple[str, Any]]:
    """What the reporter said, and what came in besides."""
    how = say("without signing in") if found.outside else say("signed in")
    return [
        (say("What exactly, in words"), found.words),
        (say("What happened"), found.what),
        (say("Reported by"), f"{found.reporter.shown} ({how})"),
        (say("Can be reached"), found.contact),
        (say("Code as it was typed"), found.organisation_code),
        (say("Network address"), found.address),
    ]
