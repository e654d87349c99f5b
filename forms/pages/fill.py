"""One page of a form: shown, and received."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, page, read_form, visit_of
from forms.render.control import Control, Filling, asked_paths, fresh_controls, page_controls, write_controls
from forms.render.names import id_of
from forms.render.plan import PagePlan
from forms.render.posted import LEAVING, Posted, read_posted
from forms.render.rows import apply_action
from forms.render.rules import page_rules
from models.access import is_open, with_kept
from models.errors import AnswersInvalid, NotFound, RecordChanged, UploadRefused
from models.language import Message, translate
from models.schema.fields.file import FilesField, UploadField
from models.schema.fields.structure import ReferenceField
from models.schema.reading import AnswerError, Reading
from models.services import applications, picking, uploads

MEBIBYTE = 1_048_576


@dataclass(frozen=True)
class Outcome:
    """What to show a page with, when it is shown again."""

    answers: Mapping[str, Any]
    errors: tuple[AnswerError, ...] = ()
    repeated: Mapping[str, str] = field(default_factory=dict)
    banner: str = ""
    fresh: tuple[Control, ...] = ()
    status: int = 200
    changed: bool = False


async def show_page(request: Request) -> Response:
    """One page with the answers stored so far."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    plan = _plan_of(draft, visit.parameter("page"))
    if not draft.is_open:
        return go(draft.address)
    reading = draft.read()
    if plan not in draft.pages(reading):
        return go(draft.first())
    stored = draft.application.answers
    done = plan.name in draft.application.pages_done
    repeated = {p.name: str(stored.get(p.name) or "") for p in plan.controls if p.repeats and done}
    return await draw(draft, plan, Outcome(stored, repeated=repeated), reading)


async def receive_page(request: Request) -> Response:
    """What was typed on one page: kept, or the same page again with everything still there."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    plan = _plan_of(draft, visit.parameter("page"))
    if not draft.is_open:
        return go(draft.address)
    fields = [known.field for known in plan.controls if draft.may_write(known)]
    posted = read_posted(form, fields, draft.keeper)
    _keep_unseen(draft, posted)
    try:
        return await _receive(draft, plan, posted)
    except RecordChanged as error:
        fresh = await load_draft(visit, visit.parameter("reference"))
        if not fresh.is_open:
            return go(fresh.address)
        said = translate(error.public, visit.language, **error.values)
        return await draw(fresh, plan, _again(fresh, posted, banner=said, status=409))


def _keep_unseen(draft: Draft, posted: Posted) -> None:
    """Put what this visitor may not answer, inside a group, back into what the page sent."""
    if not is_open(draft.form):
        stored, fields = draft.application.answers, draft.form.by_name
        for name, sent in posted.answers.items():
            posted.answers[name] = with_kept(draft.visit.actor, fields[name], sent, stored.get(name))


def _plan_of(draft: Draft, name: str) -> PagePlan:
    if name not in draft.plan.by_page:
        raise NotFound
    return draft.plan.by_page[name]


def _again(draft: Draft, posted: Posted, **shown: Any) -> Outcome:
    """The page once more, with what was typed over what is stored."""
    answers = {**draft.application.answers, **posted.answers}
    return Outcome(answers, repeated=posted.repeated, changed=True, **shown)


async def _receive(draft: Draft, plan: PagePlan, posted: Posted) -> Response:
    if posted.action.name != "refresh" and posted.revision != draft.application.revision:
        raise RecordChanged(applications.CHANGED_ELSEWHERE)
    if posted.uploads and posted.action.name != "refresh":
        draft = await _attach(draft, posted)
    if posted.action.name not in LEAVING:
        posted.answers = apply_action(posted, [known.field for known in plan.controls])
        return await draw(draft, plan, _again(draft, await _with_copies(draft, posted)))
    return await _leave(draft, plan, posted)


async def _attach(draft: Draft, posted: Posted) -> Draft:
    """Take the uploads in; one that is refused is an error at its field, and the rest goes on."""
    for path, chosen in posted.uploads.items():
        for upload in chosen:
            try:
                await _take_in(draft, posted, path, upload)
            except UploadRefused as error:
                posted.errors.append(AnswerError(path, error.code, Message(error.public, error.values)))
    application = await applications.find(draft.visit.site, draft.visit.actor, draft.application.reference)
    posted.revision = application.revision
    return replace(draft, application=application)


async def _take_in(draft: Draft, posted: Posted, path: str, upload: UploadFile) -> None:
    """Store one upload and note it among the answers. Raises UploadRefused."""
    visit, target = draft.visit, draft.compiled.definition.by_name.get(path)
    if not isinstance(target, UploadField):
        raise UploadRefused
    if (upload.size or 0) > target.max_mb * MEBIBYTE:
        raise UploadRefused("The file is larger than {max_mb} MB.", max_mb=target.max_mb)
    held = posted.answers.get(path)
    earlier = held if isinstance(held, list) else []
    if isinstance(target, FilesField) and len(earlier) >= target.max_files:
        raise UploadRefused("At most {count} files can be attached here.", count=target.max_files)
    content = await upload.read()
    kept = await uploads.attach(
        visit.site, visit.actor, draft.application, path, upload.filename or "", content
    )
    posted.answers[path] = [*earlier, kept] if isinstance(target, FilesField) else kept


async def _with_copies(draft: Draft, posted: Posted) -> Posted:
    """The post with what its references take over, so that it is shown and judged with it."""
    definition, before = draft.compiled.definition, {**draft.application.answers, **posted.answers}
    if any(field.copied for _path, field in picking.pickers(definition) if isinstance(field, ReferenceField)):
        hidden, site = draft.read(before).hidden, draft.visit.site
        actor = draft.visit.actor
        after = await picking.copied(site, actor, draft.application, definition, before, hidden)
        posted.answers |= {name: after[name] for name in after if after[name] != before.get(name)}
    return posted


async def _leave(draft: Draft, plan: PagePlan, posted: Posted) -> Response:
    posted = await _with_copies(draft, posted)
    reading = draft.read({**draft.application.answers, **posted.answers})
    open_now = draft.open_names(plan, reading)
    answers = {name: value for name, value in posted.answers.items() if name in open_now}
    leave = posted.action.name != "next"
    errors = tuple(e for e in posted.errors if not leave or e.key != "confirm")
    if not leave:
        fresh = _fresh(draft, plan, posted, reading)
        if fresh:
            return await draw(draft, plan, _again(draft, posted, fresh=tuple(fresh)), reading)
        errors = _all_errors(draft, plan, errors, reading)
    if errors:
        return await draw(draft, plan, _again(draft, posted, errors=errors, status=422), reading)
    try:
        saved = await _save(draft, plan, posted, answers, leave)
    except AnswersInvalid as error:
        return await draw(draft, plan, _again(draft, posted, errors=error.errors, status=422))
    return go(_next_address(saved, plan, posted.action.name, reading))


def _fresh(draft: Draft, plan: PagePlan, posted: Posted, reading: Reading) -> list[Control]:
    """Questions these answers lead to that the page did not ask: asked first, before they are errors."""
    if not posted.asked:
        return []
    filling = _filling(draft, plan, _again(draft, posted), reading)
    return fresh_controls(page_controls(plan, filling), posted.asked)


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


async def _save(
    draft: Draft, plan: PagePlan, posted: Posted, answers: Mapping[str, Any], leave: bool
) -> Draft:
    visit = draft.visit
    application = await applications.save_page(
        visit.site,
        visit.actor,
        draft.application,
        plan.name,
        answers,
        revision=posted.revision,
        leave=leave,
    )
    return replace(draft, application=application)


def _next_address(draft: Draft, plan: PagePlan, action: str, reading: Reading) -> str:
    if action == "save":
        return f"{draft.address}/save?page={plan.name}"
    if action == "back":
        return draft.before(plan, reading) or draft.page_address(plan.name)
    if draft.visit.request.query_params.get("from") == "check":
        return f"{draft.address}/check"
    return draft.after(plan, reading)


def _filling(draft: Draft, plan: PagePlan, outcome: Outcome, reading: Reading) -> Filling:
    return Filling(
        draft.visit.language,
        draft.compiled.level,
        outcome.answers,
        reading,
        draft.visible(reading),
        draft.open_names(plan, reading),
        draft.keeper,
        errors=draft.say(outcome.errors),
        remarks=draft.remarks,
        repeated=outcome.repeated,
        variables=draft.variables,
        fixed=draft.fixed(reading),
        barred=draft.why_locked(),
    )


async def draw(draft: Draft, plan: PagePlan, outcome: Outcome, reading: Reading | None = None) -> Response:
    """The page with this outcome."""
    reading = reading or draft.read(outcome.answers)
    filling = _filling(draft, plan, outcome, reading)
    if plan.picks:
        visit = draft.visit
        offered = await picking.picks(visit.site, visit.actor, draft.application, reading)
        filling = replace(filling, picks=offered)
    controls = list(page_controls(plan, filling))
    pages = draft.pages(reading)
    context = {
        "draft": draft,
        "plan": plan,
        "pages": [(known, _state(draft, known)) for known in pages],
        "number": 1 + next((i for i, known in enumerate(pages) if known.name == plan.name), 0),
        "controls": write_controls(controls, draft.visit.language),
        "asked": " ".join(asked_paths(controls)),
        "errors": _summary(filling, controls),
        "banner": outcome.banner,
        "fresh": outcome.fresh,
        "changed": outcome.changed,
        "back": draft.before(plan, reading),
        "rules": page_rules(draft.seen, [c.name for c in plan.controls], draft.visit.language),
        "told": draft.told(reading),
        "type_label": draft.compiled.definition.label,
    }
    return page(draft.visit, "fill", context, status=outcome.status)


def _state(draft: Draft, plan: PagePlan) -> str:
    remarked = {path.split(".")[0] for path in draft.remarks}
    if any(known.name in remarked for known in plan.controls):
        return "remarked"
    return "done" if plan.name in draft.application.pages_done else ""


def _summary(filling: Filling, controls: list[Control]) -> list[tuple[str, str]]:
    """Every error with the place it is linked to; "" where the page does not show its field."""
    shown = {control.path for control in controls}
    return [
        (f"#{id_of(path)}" if path.split(".")[0].removesuffix("__confirm") in shown else "", text)
        for path, text in filling.errors.items()
    ]
