"""The review page: the answers, what the machine found, what changed, and the steps one may take."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, route
from admin.views.queue import state_badge
from admin.views.review_answers import (
    Sheet,
    choices_of,
    counted,
    options_of,
    reasons_of,
    sections_of,
)
from admin.views.review_changes import Comparer
from admin.views.review_files import ReviewFiles
from admin.views.review_given import is_typed, read_given
from admin.views.review_overview import MOST_LINES, overview_of
from admin.views.review_side import (
    MAIL_STATES,
    STYLES,
    Told,
    bases_told,
    choice_of,
    facts_of,
    history_of,
    mails_of,
)
from admin.views.review_writing import Writer, written_checks
from models.documents.application import Application
from models.errors import NotFound, TorokuError, TransitionRefused
from models.schema.definition import RecordType
from models.services import applications, queue
from models.services.bulk import DAMAGED
from models.services.checks import CheckResult, automatic_checks
from models.services.looking import Look, look_at
from models.services.naming import rows_with_titles
from models.services.noticeboard import FOLLOW
from models.services.review import Base, bases, chosen
from models.services.seeing import seen_of
from models.services.standing import Standing, standing_of
from models.services.steps import possible_steps, take_step

__all__ = ["ReviewPage", "Told", "read_given"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """What was read beside an application."""

    look: Look
    checks: list[CheckResult]
    standing: Standing | None


SAME: dict[str, Any] = {"most": MOST_LINES, "mail_states": MAIL_STATES}
"""What the page is drawn with whatever it is about."""


class ReviewPage(ReviewFiles):
    """``/applications/{reference}``: one application under review."""

    styles = ("review.css", "deciding.css")
    scripts = ("review.js",)

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
        try:
            application = await self._find(request)
        except ValidationError:
            return self._damaged(request)
        return await self.draw(request, application)

    async def find(self, request: Request) -> Application:
        """The application the address names. Raises NotFound, TransitionRefused where it is damaged."""
        try:
            return await self._find(request)
        except ValidationError as error:
            raise TransitionRefused(DAMAGED) from error

    async def _find(self, request: Request) -> Application:
        reference = str(request.path_params["reference"])
        found = await applications.find(site_of(request), actor_of(request), reference)
        if found.step and "identifier" not in request.path_params:  # read on its record; here only its files
            raise NotFound
        return found

    @route("/{reference}/steps/{step}", methods=["POST"])
    async def take(self, request: Request) -> Response:
        """Take a step; refused, the page comes back with everything that was typed."""
        application, form = await self.find(request), await self.form(request)
        try:
            given = read_given(form)
            step = str(request.path_params["step"])
            moved = await take_step(site_of(request), actor_of(request), application, step, given)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self.draw(request, await self.find(request), typed=form, refusal=refusal)
        return await self._onward(request, moved, bool(form.get("onward")))

    async def _onward(self, request: Request, moved: Application, onward: bool) -> Response:
        """Back to the application, or on to the next that waits for this person."""
        site, actor = site_of(request), actor_of(request)
        state = applications.workflow_of(site, moved).states[moved.state]
        values = {"reference": moved.reference, "state": state.label}
        following = await queue.next_reference(site, actor, passing={moved.reference}) if onward else None
        if following is not None:
            done = N_("{reference} is now: {state}. This is the next one.")
            return self.back(request, f"/{following}?onward=1", done=done, values=values)
        if onward:
            self.tell(request, N_("Nothing else waits for you."), kind="info")
        return self.back(
            request, f"/{moved.reference}", done=N_("{reference} is now: {state}."), values=values
        )

    @route("/{reference}/look", methods=["POST"])
    async def look(self, request: Request) -> Response:
        """The page compared with something else, or with room for one more remark; what was typed stays."""
        application, form = await self.find(request), await self.form(request)
        if is_typed(form):
            return await self.draw(request, application, typed=form)
        against, only = text_of(form, "against", longest=20), text_of(form, "only", longest=1)
        here = self.url(request, f"/{application.reference}", against=against or None, only=only or None)
        return RedirectResponse(here, status_code=303)

    async def draw(
        self,
        request: Request,
        application: Application,
        typed: FormData | None = None,
        refusal: TorokuError | None = None,
    ) -> Response:
        """The review page, with what was typed."""
        site, actor, spoken = site_of(request), actor_of(request), language()
        definition = seen_of(site, actor, application)
        found, parts, mails = await asyncio.gather(
            self._read(request, application),
            self.parts(request, application, definition, typed),
            mails_of(application),
        )
        asked = request.query_params if typed is None else typed
        base, only = chosen(found.look, _asked(asked, "against")), bool(_asked(asked, "only"))
        reader = self._reader(request, application, only and base is not None)
        data, before = await _told(request, definition, application, base)
        sheet = Sheet(application, definition, reader, data, before, found.checks, typed, reader.only)
        return self.page(
            request,
            "review.html",
            title=application.called(language()) or application.reference,
            crumbs=[Crumb(application.reference)],
            refusal=refusal,
            application=application,
            definition=definition,
            **_laid_out(sheet),
            base=base,
            bases=bases_told(bases(found.look)),
            only=only,
            overview=[] if before is None else overview_of(definition, before, data, spoken),
            facts=facts_of(request, site, application, definition),
            state=state_badge(site, application),
            turn=application.round,
            history=history_of(site, application, definition),
            mails=mails,
            standing=found.standing,
            now=site.now(),
            spoken=spoken,
            **SAME,
            onward=bool(_asked(asked, "onward")),
            preview_href=self._preview_href(request, application, definition),
            **_checked(found.checks, definition),
            **self._deciding(request, application, definition, typed),
            **_self(application, actor.account_id),
            **parts,
        )

    def _deciding(
        self, request: Request, application: Application, definition: RecordType, typed: FormData | None
    ) -> dict[str, Any]:
        """What the decision is made with: the steps, what they ask for, and what was typed for them."""
        site, spoken = site_of(request), language()
        steps = possible_steps(site, actor_of(request), application)
        choices = [choice_of(site, application, *step) for step in steps]
        needs = {need for choice in choices for need in choice.needs}
        return {
            "choices": sorted(choices, key=lambda choice: STYLES[choice.style]),
            "needs": needs,
            "written": Writer(definition, spoken, "remarks" in needs),
            "writes": "remarks" in needs,
            "coded": bool(definition.review.reasons),
            "checklist": [(item.name, item.label(spoken)) for item in definition.review.checklist],
            "ticked": set(typed.getlist("checklist")) if typed else set(application.checklist),
            "options": options_of,
            "places": choices_of,
            "reasons": reasons_of(definition, spoken),
            "typed_reason": text_of(typed, "reason") if typed else "",
            "typed_code": text_of(typed, "code") if typed else "",
        }

    async def _read(self, request: Request, application: Application) -> Found:
        """What stands beside the answers."""
        site, actor = site_of(request), actor_of(request)
        look = await look_at(site, actor, application)
        if application.operator_id is None:
            return Found(look, await automatic_checks(site, actor, application, look), None)
        found = await asyncio.gather(automatic_checks(site, actor, application, look), _standing(look))
        return Found(look, *found)

    def _reader(
        self,
        request: Request,
        application: Application,
        only: bool,
    ) -> Comparer:
        """Reads answers with links to the uploads, and a button on every secret for who may press it."""
        base = self.url(request, f"/{application.reference}")
        return Comparer(
            language(),
            address=lambda upload: f"{base}/files/{upload['id']}",
            preview=lambda upload: f"{base}/files/{upload['id']}/about",
            uncover=f"{root_of(request)}/secrets/of/applications/{application.reference}"
            if may(request, "secret.reveal")
            else "",
            only=only,
        )

    def _preview_href(self, request: Request, application: Application, definition: RecordType) -> str:
        """Where one sees how what would be published looks to its readers; "" where nothing is."""
        published = definition.publication is not None and may(request, FOLLOW)
        return f"{root_of(request)}/notices/drafts/{application.reference}" if published else ""

    def _damaged(self, request: Request) -> Response:
        """The page of an application whose document cannot be read: what is wrong with it, and no step."""
        reference = str(request.path_params["reference"])
        title = say("{reference} is damaged", {"reference": reference})
        return self.page(
            request, "review/damaged.html", title=title, crumbs=[Crumb(reference)], reference=reference
        )


async def _told(
    request: Request, definition: RecordType, application: Application, base: Base | None
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The answers, and those they are compared with, as they are read: what they name is called by its title
    too."""
    rows: list[Mapping[str, Any]] = [
        {"data": application.data or {}},
        {"data": base.data if base else {}},
    ]
    now, then = await rows_with_titles(site_of(request), actor_of(request), definition.fields, rows)
    return now["data"], then["data"] if base else None


def _laid_out(sheet: Sheet) -> dict[str, Any]:
    """The answers in their sections, and how many of them there is something to say of."""
    sections = sections_of(sheet)
    return {"sections": sections, "counts": counted(sections)}


def _checked(checks: list[CheckResult], definition: RecordType) -> dict[str, Any]:
    """What the automatic checks found, and how many hold."""
    return {
        "checks": written_checks(checks, definition, language()),
        "failing": sum(not check.ok for check in checks),
        "holding": sum(check.ok for check in checks),
    }


def _self(application: Application, account: Any) -> dict[str, Any]:
    """What the page tells its script: whose text it keeps, and whether the last step was theirs."""
    last = application.history[-1] if application.history else None
    return {
        "person": str(account or ""),
        "mine": last is not None and last.by.id == account,
    }


def _asked(given: Any, name: str) -> str:
    """What was asked of the page, by its address or by the form that was sent."""
    value = given.get(name)
    return value[:40] if isinstance(value, str) else ""


async def _standing(look: Look) -> Standing | None:
    """Who applies; a document of theirs that is damaged does not take the page down."""
    try:
        return await standing_of(look)
    except (KeyError, TypeError, ValueError, AttributeError, NotFound):
        logger.exception("who applies for %s could not be read", look.application.reference)
        return None
