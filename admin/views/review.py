"""The review page: the answers, what the machine found, what changed, and the steps one may take."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.answers import Reader
from admin.views.page import Crumb, PageView, route
from admin.views.queue import state_badge
from models.documents.application import Application, Remark
from models.documents.message import Message
from models.errors import NotFound, TorokuError
from models.language import Language
from models.schema.definition import KIND_LABELS, RecordType
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField
from models.schema.fields.structure import GroupField
from models.services import applications, review, secrets
from models.services.checks import automatic_checks
from models.services.seeing import seen_of
from models.services.site import Site
from models.services.steps import Given, possible_steps, take_step
from models.services.uploads import INLINE, open_upload
from models.workflow.definition import Transition
from models.workflow.effects import EFFECTS
from models.workflow.engine import holds

MOST_REMARK = 2000
SHOWN_MAILS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as the reviewer reads it."""

    name: str
    label: str
    text: str | Markup
    wide: bool = False
    """Whether other answers are inside it: it takes the whole width."""
    changed: bool = False
    remarks: tuple[Remark, ...] = ()
    typed: str = ""
    reason: str = ""
    open: bool = True
    """Whether a remark may be written: only what a person answered can be corrected."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One step that may be taken, with what it will do."""

    name: str
    label: str
    style: str
    help: str
    does: tuple[str, ...]


class ReviewPage(PageView):
    """``/applications/{reference}``: one application under review."""

    styles = ("review.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Review queue"),
            path="/applications",
            route_name="review",
            allowed=lambda request: may(request, "application.view"),
            add_to_menu=False,
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        """The way here leads through the queue."""
        root = root_of(request)
        return [Crumb(say("Home"), f"{root}/"), Crumb(say("Review queue"), f"{root}/queue")]

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """There is no list here: the queue is the list."""
        return RedirectResponse(f"{root_of(request)}/queue", status_code=303)

    @route("/{reference}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """The application as it is now."""
        return await self._draw(request, await self._find(request))

    async def _find(self, request: Request) -> Application:
        reference = str(request.path_params["reference"])
        return await applications.find(site_of(request), actor_of(request), reference)

    @route("/{reference}/steps/{step}", methods=["POST"])
    async def take(self, request: Request) -> Response:
        """Take a step; refused, the page comes back with everything that was typed."""
        application, form = await self._find(request), await self.form(request)
        try:
            given = read_given(form)
            step = str(request.path_params["step"])
            moved = await take_step(site_of(request), actor_of(request), application, step, given)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self._draw(request, await self._find(request), typed=form, refusal=refusal)
        state = applications.workflow_of(site_of(request), moved).states[moved.state]
        values = {"reference": moved.reference, "state": state.label}
        return self.back(
            request, f"/{moved.reference}", done=N_("{reference} is now: {state}."), values=values
        )

    @route("/{reference}/files/{identifier}", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """An attachment: shown when its kind is safe to show, else handed over as a download."""
        application = await self._find(request)
        identifier = str(request.path_params["identifier"])
        stored, content = await open_upload(site_of(request), actor_of(request), application, identifier)
        how = "inline" if stored.content_type in INLINE else "attachment"
        headers = {
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(stored.filename)}",
            "Content-Length": str(stored.size),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return StreamingResponse(content, media_type=stored.content_type, headers=headers)

    @route("/{reference}/uncover", methods=["POST"])
    async def uncover(self, request: Request) -> Response:
        """The page with one secret uncovered; what was typed so far is still there."""
        application, form = await self._find(request), await self.form(request)
        path = text_of(form, "path", longest=200)
        told = await secrets.reveal(site_of(request), actor_of(request), application, path)
        return await self._draw(request, application, typed=form, uncovered={path: told})

    async def _draw(
        self,
        request: Request,
        application: Application,
        typed: FormData | None = None,
        refusal: TorokuError | None = None,
        uncovered: Mapping[str, str] | None = None,
    ) -> Response:
        site, actor, spoken = site_of(request), actor_of(request), language()
        checks, changed, mails = await asyncio.gather(
            automatic_checks(site, actor, application),
            review.changes(site, actor, application, spoken),
            _mails(application),
        )
        definition = seen_of(site, actor, application)
        steps = sorted(self._steps(request, application), key=lambda step: _STYLES[step[1].style])
        choices = [_choice(site, application, name, transition) for name, transition in steps]
        needs = {need for _name, transition in steps for need in transition.needs}
        return self.page(
            request,
            "review.html",
            title=application.title or application.reference,
            crumbs=[Crumb(application.reference)],
            refusal=refusal,
            application=application,
            pages=list(_pages(request, application, definition, {c.path for c in changed}, typed, uncovered)),
            facts=_facts(site, application, definition, spoken),
            state=state_badge(site, application),
            checks=[(check.ok, check.rule, check.message(spoken)) for check in checks],
            failing=sum(not check.ok for check in checks),
            changes=changed,
            since_last=application.round > 1,
            history=list(reversed(_history(site, application, spoken))),
            mails=mails,
            now=site.now(),
            spoken=spoken,
            mail_states=_MAIL_STATES,
            choices=choices,
            needs=needs,
            checklist=[(item.name, item.label(spoken)) for item in definition.review.checklist],
            ticked=set(typed.getlist("checklist")) if typed else set(application.checklist),
            reasons=[
                ("", "—"),
                *((r.code, f"{r.code} {r.label(spoken)}") for r in definition.review.reasons),
            ],
            typed_reason=text_of(typed, "reason") if typed else "",
        )

    def _steps(self, request: Request, application: Application) -> list[tuple[str, Transition]]:
        return possible_steps(site_of(request), actor_of(request), application)


def read_given(form: FormData) -> Given:
    """What the reviewer brought along, from the posted form."""
    remarks = _prefixed(form, "remark.")
    revision = text_of(form, "revision", longest=12)
    return Given(
        remarks=remarks,
        reasons={name: code for name, code in _prefixed(form, "reason.").items() if name in remarks},
        checklist=tuple(str(value)[:64] for value in form.getlist("checklist")),
        reason=text_of(form, "reason", longest=MOST_REMARK),
        revision=int(revision) if revision.isdecimal() else None,
    )


def _prefixed(form: FormData, prefix: str) -> dict[str, str]:
    found = {
        name.removeprefix(prefix): text_of(form, name, longest=MOST_REMARK)
        for name in form
        if name.startswith(prefix)
    }
    return {name: text for name, text in found.items() if text}


def _pages(
    request: Request,
    application: Application,
    definition: RecordType,
    changed: set[str],
    typed: FormData | None,
    uncovered: Mapping[str, str] | None,
) -> Iterator[tuple[str, list[Answer]]]:
    """The answers laid out as the form is: pages in order, hidden questions left out."""
    data, spoken = application.data or {}, language()
    tops = {path.split(".")[0] for path in changed}
    reader = _reader(request, application, uncovered)
    for page in definition.laid_out:
        fields = [definition.by_name[name] for name in page.fields if name in definition.by_name]
        shown = [field for field in fields if field.stored and not field.is_empty(data.get(field.name))]
        answers = [
            _answer(field, application, reader.show(field, data[field.name]), field.name in tops, typed)
            for field in shown
        ]
        if answers:
            yield page.label(spoken), answers


def _reader(request: Request, application: Application, uncovered: Mapping[str, str] | None) -> Reader:
    """Reads answers with links to the uploads, and a button on every secret for those who may press it."""
    base = f"{root_of(request)}/applications/{application.reference}"
    may_uncover = f"{base}/uncover" if may(request, "secret.reveal") else ""
    return Reader(language(), lambda upload: f"{base}/files/{upload['id']}", may_uncover, uncovered)


def _answer(
    field: BaseField, application: Application, text: str | Markup, changed: bool, typed: FormData | None
) -> Answer:
    return Answer(
        name=field.name,
        label=field.label(language()),
        text=text,
        wide=field.repeats or isinstance(field, GroupField),
        changed=changed,
        remarks=tuple(r for r in application.remarks if r.field.split(".")[0] == field.name),
        typed=text_of(typed, f"remark.{field.name}") if typed else "",
        reason=text_of(typed, f"reason.{field.name}") if typed else "",
        open=field.asked and not isinstance(field, CertificateField),
    )


def _facts(
    site: Site, application: Application, definition: RecordType, spoken: Language
) -> list[tuple[str, Any]]:
    due = moments.day(site.calendar.due_day(application.due)) if application.due else ""
    return [
        (say("Reference"), application.reference),
        (say("Application"), f"{definition.label(spoken)} {KIND_LABELS[application.kind](spoken)}"),
        (say("Applicant"), application.operator_name or application.applicant.name),
        (say("Mail address"), application.applicant.email),
        (say("Received"), moments.minute(application.submitted_at) if application.submitted_at else ""),
        (say("Round"), str(application.round)),
        (say("Due"), due),
        (say("In charge"), application.assignee.name if application.assignee else ""),
        (say("Number"), application.number or ""),
        (say("Schema version"), str(application.schema_version)),
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the timeline, as ``ui.timeline`` draws it."""

    at: Any
    who: str
    what: str
    note: str
    tone: str = "plain"


def _history(site: Site, application: Application, spoken: Language) -> list[Told]:
    workflow = applications.workflow_of(site, application)
    return [
        Told(
            at=step.at,
            who=step.by.name,
            what=workflow.transitions[step.name].label(spoken)
            if step.name in workflow.transitions
            else step.name,
            note=step.note,
        )
        for step in application.history
    ]


async def _mails(application: Application) -> list[Message]:
    found = Message.find({"application_id": application.id}).sort("-created_at").limit(SHOWN_MAILS)
    return await found.to_list()


_STYLES = {"primary": 0, "secondary": 1, "danger": 2}
"""The order in which steps are offered."""

_MAIL_STATES = {
    "queued": (_("waiting"), "info"),
    "sending": (_("being sent"), "info"),
    "retrying": (_("trying again"), "warn"),
    "sent": (_("sent"), "good"),
    "failed": (_("failed"), "bad"),
}
"""How each status of a mail is called, and its tone."""


def _choice(site: Site, application: Application, name: str, transition: Transition) -> Choice:
    """A step with what it will do: where it leads, its effects, its mails."""
    spoken = language()
    target = applications.workflow_of(site, application).states[transition.to]
    facts = applications.facts_of(application)
    does = [say("State afterwards: {state}", {"state": target.label})]
    does += [say(EFFECTS[call.effect].does) for call in transition.effects if holds(call.when, facts)]
    mails = sum(holds(call.when, facts) for call in transition.mail)
    if mails:
        does.append(say("Mails sent: {count}", {"count": mails}))
    return Choice(
        name,
        transition.label(spoken),
        transition.style,
        transition.help(spoken) if transition.help else "",
        tuple(does),
    )
