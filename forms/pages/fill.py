"""One page of a form: shown, and received."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages import keeping, outdated
from forms.pages.attaching import Upload, removed_by, take_in
from forms.pages.draft import Draft, load_draft
from forms.pages.drawing import Outcome, draw, filling_of
from forms.pages.merging import chosen_in, merge_page, read_base
from forms.pages.rows import find_rows, serve_rows
from forms.pages.visit import go, read_form, visit_of
from forms.render.control import Control, fresh_controls, page_controls
from forms.render.plan import PagePlan
from forms.render.posted import LATER, LEAVING, Posted
from forms.render.rows import apply_action, told_after
from models.documents.application import Application
from models.errors import AnswersInvalid, NotFound, RecordChanged
from models.language import translate
from models.schema.fields.structure import ReferenceField
from models.schema.merging import Marks, mark
from models.schema.reading import AnswerError, Reading
from models.services import applications, picking, uploads

TRIES = 5
"""How often a page is stored again when other windows are faster; then it is shown."""


@dataclass(frozen=True)
class Sending:
    """A page as it was sent: to which draft, and the marks it was drawn with."""

    draft: Draft
    plan: PagePlan
    posted: Posted
    base: Marks | None
    chosen: Mapping[str, str] = field(default_factory=dict)
    missed: str = ""
    """What is said of answers to questions the page does not ask any more."""


async def show_page(request: Request) -> Response:
    """One page with the answers stored so far."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    if outdated.earlier_page_of(draft) is not None:
        return go(draft.first() if draft.is_open else draft.address)
    plan = draft.plan_of(visit.parameter("page"))
    if not draft.is_open:
        return go(draft.address)
    reading = draft.look()
    if plan not in draft.pages(reading):
        return go(draft.first())
    stored = draft.application.answers
    return await draw(draft, plan, Outcome(stored, repeated=await _repeated(draft, plan)), reading)


async def _repeated(draft: Draft, plan: PagePlan) -> dict[str, str]:
    """What is typed once more already: on a page that is done, and what is registered so."""
    application, asked = draft.application, [each.name for each in plan.controls if each.repeats]
    known: Mapping[str, Any] = application.answers if plan.name in application.pages_done else {}
    if asked and not known and application.record_id is not None:
        record = await draft.visit.site.records[application.type].get(application.record_id)
        known = record.data if record else {}
    told = application.answers
    return {name: str(known[name]) for name in asked if known.get(name) and known[name] == told.get(name)}


async def receive_page(request: Request) -> Response:
    """What was typed on one page: kept, or the same page again with everything still there."""
    visit = visit_of(request)
    form = await read_form(request)
    if keeping.is_asked(form) and visit.inset is None:
        return await keeping.keep_page(visit, form)
    try:
        draft = await load_draft(visit, visit.parameter("reference"))
    except NotFound:
        return keeping.offer_again(visit, form)
    if outdated.earlier_page_of(draft) is not None:
        return outdated.tell_outdated(draft, form)
    plan = draft.plan_of(visit.parameter("page"))
    posted = keeping.read_page(draft, plan, form)
    if not draft.is_open:
        return keeping.tell_closed(draft, plan, form)
    base, missed = read_base(form, draft, plan), outdated.missed(draft, plan, form)
    sending = Sending(draft, plan, posted, base, chosen_in(form, plan), missed)
    if posted.uploads and posted.action.name != "refresh":
        sending = await _attach(sending)
    if removed := removed_by(plan, posted):
        sending = await _take_away(sending, removed)
    return await _receive(sending, form)


async def _receive(sending: Sending, form: FormData) -> Response:
    """Store a page, whatever other windows store at the same time."""
    posted, visit = sending.posted, sending.draft.visit
    for _ in range(TRIES):
        fresh = replace(posted, answers=dict(posted.answers), errors=list(posted.errors))
        try:
            return await _store(replace(sending, posted=fresh))
        except RecordChanged:
            sending = replace(sending, draft=await load_draft(visit, sending.draft.application.reference))
            if not sending.draft.is_open:
                return keeping.tell_closed(sending.draft, sending.plan, form)
    said = translate(applications.CHANGED_ELSEWHERE, visit.language)
    return await draw(sending.draft, sending.plan, _again(sending, banner=said, status=409))


async def _store(sending: Sending) -> Response:
    draft, plan, posted = sending.draft, sending.plan, sending.posted
    if posted.action.name == "refresh" and not sending.missed:
        return await draw(draft, plan, _again(await _with_copies(sending)))
    merged = merge_page(draft, plan, posted.answers, sending.base, sending.chosen)
    posted.answers |= merged.answers
    if sending.missed:
        again = _again(sending, conflicts=merged.conflicts, banner=sending.missed, status=409)
        return await draw(draft, plan, again)
    if table := find_rows(plan, posted.action):
        if not merged.conflicts:
            return await serve_rows(draft, plan, table, posted, sending.base)
    elif posted.action.name not in LEAVING:
        posted.answers = apply_action(posted, [known.field for known in plan.controls])
        sending = await _with_copies(sending)
        return await draw(draft, plan, _again(sending, conflicts=merged.conflicts, **_done(sending)))
    if merged.conflicts:
        return await draw(draft, plan, _again(sending, conflicts=merged.conflicts, status=409))
    return await _leave(sending)


def _done(sending: Sending) -> dict[str, Any]:
    """What a button inside the page did, and what is wrong already."""
    draft, posted = sending.draft, sending.posted
    errors = told_after(posted, draft.read({**draft.application.answers, **posted.answers}))
    banner = posted.notice(draft.visit.language) if posted.notice else ""
    return {"errors": errors, "banner": banner, "status": 422 if errors else 200}


def _again(sending: Sending, **shown: Any) -> Outcome:
    """The page once more, with what was typed over what is stored."""
    answers = {**sending.draft.application.answers, **sending.posted.answers}
    return Outcome(answers, repeated=sending.posted.repeated, changed=True, **shown)


async def _attach(sending: Sending) -> Sending:
    """Take the uploads in; one that is refused is an error at its field, and the rest goes on."""
    draft, posted = sending.draft, sending.posted
    for path, chosen in posted.uploads.items():
        await take_in(draft, posted, path, chosen)
    application = await applications.find(draft.visit.site, draft.visit.actor, draft.application.reference)
    return _stands_on(sending, application, posted.uploads)


async def _take_away(sending: Sending, removed: Upload) -> Sending:
    """Take an upload out of what is stored, so that there is room for another at once."""
    visit, application = sending.draft.visit, sending.draft.application
    after = await uploads.take_away(visit.site, visit.actor, application, removed.field, removed.id)
    return _stands_on(sending, after, [removed.field])


def _stands_on(sending: Sending, after: Application, paths: Iterable[str]) -> Sending:
    """The page over `after`, with the marks of its own uploads at `paths`, where nobody else had changed
    their fields."""
    draft, base = sending.draft, sending.base
    if base is not None:
        before, fields, base = draft.application.answers, draft.form.by_name, dict(base)
        for path in paths:
            target = fields.get(path)
            if target is not None and mark(target, before.get(path)) == base.get(path, ""):
                base[path] = mark(target, after.answers.get(path))
    return replace(sending, draft=replace(draft, application=after), base=base)


async def _with_copies(sending: Sending) -> Sending:
    """The page with what its references take over, so that it is shown and judged with it."""
    draft, posted = sending.draft, sending.posted
    definition, before = draft.compiled.definition, {**draft.application.answers, **posted.answers}
    if any(known.copied for _path, known in picking.pickers(definition) if isinstance(known, ReferenceField)):
        hidden, site = draft.read(before).hidden, draft.visit.site
        actor = draft.visit.actor
        after = await picking.copied(site, actor, draft.application, definition, before, hidden)
        posted.answers |= {name: after[name] for name in after if after[name] != before.get(name)}
    return sending


async def _leave(sending: Sending) -> Response:
    sending = await _with_copies(sending)
    draft, plan, posted = sending.draft, sending.plan, sending.posted
    judged = draft.judge({**draft.application.answers, **posted.answers})
    reading = judged.reading
    if plan not in draft.pages(reading):
        return go(f"{draft.first()}?done=not_asked")
    answers = keeping.accepted(draft, plan, posted.answers, reading)
    leave = posted.action.name != "next"
    errors = tuple(e for e in posted.errors if not leave or e.key not in LATER)
    if not leave:
        fresh = _fresh(sending, reading)
        if fresh:
            return await draw(draft, plan, _again(sending, fresh=tuple(fresh)), reading)
        errors = _all_errors(draft, plan, errors, reading)
    if errors:
        return await draw(draft, plan, _again(sending, errors=errors, status=422), reading)
    try:
        saved = await keeping.save(draft, plan, answers, leave, judged)
    except AnswersInvalid as error:
        return await draw(draft, plan, _again(sending, errors=error.errors, status=422))
    return go(_next_address(saved, plan, posted.action.name, reading))


def _fresh(sending: Sending, reading: Reading) -> list[Control]:
    """Questions these answers lead to that the page did not ask: asked first, before they are errors."""
    if not sending.posted.asked or not sending.plan.depends:
        return []
    filling = filling_of(sending.draft, sending.plan, _again(sending), reading)
    return fresh_controls(page_controls(sending.plan, filling), sending.posted.asked)


def _all_errors(
    draft: Draft, plan: PagePlan, own: tuple[AnswerError, ...], reading: Reading
) -> tuple[AnswerError, ...]:
    """The errors of the post itself and those of the answers: everything to correct at once."""
    definition = draft.compiled.definition
    theirs = applications.answerable(draft.visit.actor, draft.form, reading.errors)
    answerable = replace(reading, errors=theirs)
    found = applications.errors_of_page(definition, draft.application, plan.name, answerable)
    told = {error.path for error in own}
    return (*own, *(error for error in found if error.path not in told))


def _next_address(draft: Draft, plan: PagePlan, action: str, reading: Reading) -> str:
    if action == "save":
        return f"{draft.address}/save?page={plan.name}"
    if action == "back":
        return draft.before(plan, reading) or draft.page_address(plan.name)
    if draft.visit.request.query_params.get("from") == "check":
        return f"{draft.address}/check"
    return draft.after(plan, reading)
