"""A page that an upgrade in another window took out of the form, or questions of it: what was typed there is
shown, never lost."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from starlette.datastructures import FormData
from starlette.responses import Response

from forms.pages.draft import Draft
from forms.pages.visit import page, text_of
from forms.render.answers import Answer, Beside, tell_answers
from forms.render.names import ASKED, id_of
from forms.render.plan import PagePlan, plan_form
from forms.render.posted import read_posted
from models.errors import NotFound, TransitionRefused
from models.language import Language, translate
from models.schema.fields import BaseField
from models.schema.fields.base import Raw
from models.services import seeing
from models.services.uploads import clean_name

ASKED_LIMIT = 50_000
"""Longest list of questions read (characters)."""

CHANGED = "This application went on with a newer form in another window, which does not have this page."
MISSED = "The form was changed in another window. No longer asked here and not saved: {answers}"


@dataclass(frozen=True, slots=True)
class Typed:
    """One answer that was typed; ``address`` and ``place`` of the page that asks it now, "" where none
    does."""

    answer: Answer
    address: str
    place: str


def earlier_page_of(draft: Draft) -> PagePlan | None:
    """The page the address names as the form had it before, where it has it no more."""
    visit = draft.visit
    name, question = visit.parameter("page"), str(visit.request.path_params.get("table", ""))
    plan = draft.plan.by_page.get(name)
    if visit.inset or (plan is not None and (not question or question in plan.questions)):
        return None
    return _earlier(draft, name, question)


def _earlier(draft: Draft, name: str, question: str = "") -> PagePlan | None:
    """The page called `name` (with `question` on it) as the newest earlier version that has it asked it; None
    where none does."""
    visit, application = draft.visit, draft.application
    for published in visit.site.registry.versions(application.type):
        if published.version < application.schema_version:
            earlier = application.model_copy(update={"schema_version": published.version})
            form = seeing.seen_of(visit.site, visit.actor, earlier)
            plan = plan_form(form, visit.language).by_page.get(name)
            if plan is not None and (not question or question in plan.questions):
                return plan
    return None


def tell_outdated(draft: Draft, form: FormData) -> Response:
    """What was typed on a page (or in a row of it) the form had before. Raises NotFound for one that it never
    had."""
    plan = earlier_page_of(draft)
    if plan is None:
        raise NotFound
    context = {
        "draft": draft,
        "plan": plan,
        "type_label": draft.named,
        "typed": list(_typed(draft, plan, form)),
        "files": _files(draft, plan, form),
    }
    return page(draft.visit, "outdated", context, status=409)


def require_page(draft: Draft) -> None:
    """Raise TransitionRefused, with words for the script, for a page the form had before."""
    if earlier_page_of(draft) is not None:
        raise TransitionRefused(CHANGED)


def missed(draft: Draft, plan: PagePlan, form: FormData) -> str:
    """What is said of answers to questions the page does not ask any more; "" where there are none."""
    names = set(text_of(form, ASKED, ASKED_LIMIT).split()) - plan.names
    before = _earlier(draft, plan.name) if any("." not in name for name in names) else None
    fields = [each for each in before.questions.values() if each.name in names] if before else []
    language = draft.visit.language
    told = [_in_words(each, language) for each in _answers(draft, fields, form)]
    separator = "、" if language == "ja" else ", "
    return translate(MISSED, language, answers=separator.join(told)) if told else ""


def _in_words(answer: Answer, language: Language) -> str:
    inner = [*answer.parts, *(each for row in answer.rows for each in row)]
    text = answer.text if not inner else " / ".join(each.text for each in inner)
    return f"{answer.label}（{text}）" if language == "ja" else f"{answer.label} ({text})"


def _typed(draft: Draft, plan: PagePlan, form: FormData) -> Iterator[Typed]:
    for answer in _answers(draft, plan.questions.values(), form):
        name = draft.plan.page_of.get(answer.name, "")
        address = f"{draft.page_address(name)}#{id_of(answer.name)}" if name else ""
        yield Typed(answer, address, draft.plan.by_page[name].label if name else "")


def _answers(draft: Draft, fields: Iterable[BaseField], form: FormData) -> Iterator[Answer]:
    """What was typed in these fields, in words; those left empty are left out."""
    known = list(fields)
    sent = read_posted(form, known, draft.keeper).answers
    data = {each.name: _read(each, sent.get(each.name)) for each in known}
    language = draft.visit.language
    for answer in tell_answers(known, data, language, lambda _upload: "", Beside()):
        if answer.text or answer.rows or answer.parts or answer.files:
            yield answer


def _read(field: BaseField, raw: Raw) -> Raw:
    return raw if field.parts else field.parse(raw)


def _files(draft: Draft, plan: PagePlan, form: FormData) -> list[str]:
    """The names of files that were chosen on the page."""
    uploads = read_posted(form, plan.questions.values(), draft.keeper).uploads
    return [clean_name(each.filename or "") for chosen in uploads.values() for each in chosen]
