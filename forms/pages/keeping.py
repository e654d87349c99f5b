"""What is typed, kept: every few seconds by the script, and through everything that can go wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from forms.pages import outdated
from forms.pages.draft import Draft, load_draft
from forms.pages.merging import chosen_in, fields_on, merge_page, read_base, stored_marks, write_base
from forms.pages.visit import Visit, go, page, text_of
from forms.render.names import ACTION
from forms.render.plan import PagePlan
from forms.render.posted import LATER, Posted, read_posted
from models.access import is_open, with_kept
from models.documents.application import Application
from models.errors import NotFound, RecordChanged, TorokuError, TransitionRefused
from models.language import translate
from models.schema.merging import Marks, mark
from models.schema.reading import Reading
from models.services import applications, drafting
from models.services.applications import Judged
from models.services.secrets import without_typed

KEEP = "keep"
"""The action of the script that keeps what is typed; it is answered with JSON and never with a page."""

TRIES = 5
"""How often it is stored again when other windows are faster."""

SENT_ALREADY = "This application has been handed over. What is typed here now is not part of it."
SIGNED_OUT = (
    "You are signed out, so nothing can be saved. Sign in again in another window; what you typed stays here."
)
TOO_LONG = "Some text is too long. It stays here but is not saved."
ALSO_ELSEWHERE = "Also changed in another window: {labels}. Both answers are shown when you press “Next”."


def is_asked(form: FormData) -> bool:
    """Whether a form was sent by the script, to be kept as it stands."""
    return text_of(form, ACTION, 20) == KEEP


def read_page(draft: Draft, plan: PagePlan, form: FormData) -> Posted:
    """What a form says of one page: only what may be written now, and rows only where they are on it."""
    fields = [c.field for c in plan.controls if draft.may_write(c) and not draft.has_row_pages(c.name)]
    posted = read_posted(form, fields, draft.keeper)
    if not is_open(draft.form):
        stored, known = draft.application.answers, draft.form.by_name
        for name, sent in posted.answers.items():
            posted.answers[name] = with_kept(draft.visit.actor, known[name], sent, stored.get(name))
    return posted


def accepted(draft: Draft, plan: PagePlan, answers: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Those of `answers` that are taken: what may be written now and was asked for. A question that is
    hidden, and was so before, was not on the page: what is sent for it is left aside."""
    open_now = draft.open_names(plan, reading)
    found = {name: value for name, value in answers.items() if name in open_now}
    if found.keys() & reading.hidden:
        before = draft.read().hidden
        found = {n: value for n, value in found.items() if n not in reading.hidden or n not in before}
    return found


async def save(
    draft: Draft, plan: PagePlan, answers: Mapping[str, Any], leave: bool, judged: Judged | None = None
) -> Draft:
    """Store the answers of a page over the revision `draft` was read at; all answers with them may be
    `judged` already. Raises AnswersInvalid, RecordChanged."""
    visit, application = draft.visit, draft.application
    kept = await applications.save_page(
        visit.site,
        visit.actor,
        application,
        plan.name,
        answers,
        revision=application.revision,
        leave=leave,
        judged=judged,
    )
    return replace(draft, application=kept)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the script is told: the application as it is now, the marks its page goes on with, and in words
    what was not kept; ``address`` where the page has got another one."""

    application: Application
    base: str
    left: str = ""
    address: str = ""


async def keep_page(visit: Visit, form: FormData) -> Response:
    """Keep a page for the script."""
    return await answer_script(visit, lambda draft: _keep(draft, form))


async def answer_script(visit: Visit, keep: Any) -> Response:
    """What `keep` (of a draft) did, told to the script, whatever it was; another window that is faster is
    waited for."""
    try:
        for _ in range(TRIES):
            draft = await load_draft(visit, visit.parameter("reference"))
            if not draft.is_open:
                raise TransitionRefused(SENT_ALREADY)
            try:
                return _told(visit, await keep(draft))
            except RecordChanged:
                continue
        raise RecordChanged(applications.CHANGED_ELSEWHERE)
    except TorokuError as error:
        gone = isinstance(error, NotFound) and visit.actor.kind == "visitor"
        said = translate(SIGNED_OUT if gone else error.public, visit.language, **error.values)
        return JSONResponse({"said": said, "kept": False}, error.status, {"cache-control": "no-store"})


def _told(visit: Visit, kept: Kept) -> Response:
    now = visit.site.now().astimezone(visit.site.calendar.zone)
    said = kept.left or translate("Saved at {time}", visit.language, time=f"{now:%H:%M}")
    told = {"said": said, "kept": not kept.left, "revision": kept.application.revision, "base": kept.base}
    if kept.address:
        told["address"] = kept.address
    return JSONResponse(told, 200, {"cache-control": "no-store"})


async def _keep(draft: Draft, form: FormData) -> Kept:
    outdated.require_page(draft)
    plan = draft.plan_of(draft.visit.parameter("page"))
    posted, base = read_page(draft, plan, form), read_base(form, draft, plan)
    merged = merge_page(draft, plan, posted.answers, base, {})
    reading = draft.read({**draft.application.answers, **merged.answers})
    too_long = {error.field for error in posted.errors if error.key not in LATER}
    aside = {*merged.theirs, *merged.conflicts, *chosen_in(form, plan), *too_long}
    taken = accepted(draft, plan, merged.answers, reading)
    mine = {name: value for name, value in taken.items() if name not in aside}
    application = await _write(draft, plan, mine)
    shown = _marks_now(draft, plan, base or {}, frozenset(mine), application)
    undecided = {*merged.conflicts, *chosen_in(form, plan)}
    left = _left(draft, plan, undecided, bool(too_long)) or outdated.missed(draft, plan, form)
    return Kept(application, write_base(shown), left)


async def _write(draft: Draft, plan: PagePlan, mine: Mapping[str, Any]) -> Application:
    """Store what differs from what is stored; where nothing does, nothing is written."""
    fields, stored = fields_on(plan), stored_marks(draft, plan)
    changed = {n: value for n, value in mine.items() if mark(fields[n], value) != stored.get(n, "")}
    if not changed:
        return draft.application
    visit, application = draft.visit, draft.application
    return await drafting.keep_page(
        visit.site, visit.actor, application, plan.name, changed, revision=application.revision
    )


def _marks_now(
    draft: Draft, plan: PagePlan, base: Marks, mine: frozenset[str], application: Application
) -> Marks:
    """What the open page stands on from now on: what was kept of it; for all else what it stood on."""
    after = stored_marks(replace(draft, application=application), plan)
    others = {name: value for name, value in base.items() if name not in mine}
    return others | {name: value for name, value in after.items() if name in mine}


def _left(draft: Draft, plan: PagePlan, undecided: set[str], too_long: bool) -> str:
    """What is said of answers that were not kept; "" where all were."""
    language = draft.visit.language
    if undecided:
        labels = [control.label for control in plan.controls if control.name in undecided]
        separator = "、" if language == "ja" else ", "
        return translate(ALSO_ELSEWHERE, language, labels=separator.join(labels))
    return translate(TOO_LONG, language) if too_long else ""


def offer_again(visit: Visit, form: FormData) -> Response:
    """For a form whose application this browser does not hold (any more): what was typed, to be sent again
    after signing in. Who is signed in and still not allowed learns nothing. Raises NotFound."""
    if visit.actor.kind != "visitor":
        raise NotFound
    typed = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    return page(visit, "signed_out", {"typed": without_typed(visit.site, typed)}, status=404)


def tell_closed(draft: Draft, plan: PagePlan | None, form: FormData) -> Response:
    """For a page (None for a row) of an application that cannot be written any more: where it stands, and,
    where something else was typed than is stored, that it is not part of it."""
    fields = fields_on(plan) if plan else {}
    typed = read_posted(form, fields.values(), draft.keeper).answers
    stored = draft.application.answers
    same = all(mark(fields[n], sent) in ("", mark(fields[n], stored.get(n))) for n, sent in typed.items())
    return go(draft.address if same and plan else f"{draft.address}?done=not_added")
