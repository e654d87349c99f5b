"""A page one revision behind: what was typed on it beside what another window stored meanwhile."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from forms.pages.draft import Draft
from forms.pages.visit import text_of
from forms.render.answers import Answer, Beside, tell_answers
from forms.render.names import REVISION, id_of
from forms.render.plan import PagePlan
from models.schema.fields import BaseField
from models.schema.merging import Marks, Merged, marks_of, merge

BASE = "base"
"""Name of the hidden marks of the answers a page was drawn with."""

CHOICE = "__choice"
"""End of the name under which somebody chooses between two answers: ``theirs`` takes the stored one."""

BASE_LIMIT = 50_000
"""Longest text of marks read (characters): a page of 500 fields with names of 64 letters."""


@dataclass(frozen=True, slots=True)
class Clash:
    """One question answered in two windows."""

    name: str
    label: str
    anchor: str
    mine: Answer
    theirs: Answer


def fields_on(plan: PagePlan) -> Mapping[str, BaseField]:
    """The questions of a page by name."""
    return plan.questions


def stored_marks(draft: Draft, plan: PagePlan) -> dict[str, str]:
    """The marks of the answers stored for a page."""
    return marks_of(fields_on(plan).values(), draft.application.answers)


def write_base(marks: Marks) -> str:
    """Marks as a page carries them."""
    return " ".join(f"{name}:{mark}" for name, mark in marks.items())


def read_base(form: FormData, draft: Draft, plan: PagePlan) -> Marks | None:
    """The marks a page was drawn with; None where it carries none and is behind."""
    if BASE in form:
        words = text_of(form, BASE, BASE_LIMIT).split()
        return dict(word.split(":", 1) for word in words if ":" in word)
    is_fresh = text_of(form, REVISION, 9) == str(draft.application.revision)
    return stored_marks(draft, plan) if is_fresh else None


def chosen_in(form: FormData, plan: PagePlan) -> Mapping[str, str]:
    """Between which answers somebody chose on this page, and what."""
    chosen = {name: text_of(form, name + CHOICE, 10) for name in fields_on(plan)}
    return {name: choice for name, choice in chosen.items() if choice}


def merge_page(
    draft: Draft,
    plan: PagePlan,
    sent: Mapping[str, Any],
    base: Marks | None,
    chosen: Mapping[str, str],
) -> Merged:
    """What a page sent, brought together with what is stored now."""
    stored, fields = draft.application.answers, fields_on(plan)
    asked = {name: value for name, value in sent.items() if name in fields}
    merged = merge(fields, stored, asked, base)
    for name, choice in chosen.items():
        if choice == "theirs" and name in asked and name not in merged.conflicts:
            merged.answers[name] = stored.get(name)
    return merged


def clashes(draft: Draft, names: Iterable[str], typed: Mapping[str, Any]) -> Iterator[Clash]:
    """Both answers to each of these questions, in words."""
    for name in names:
        target = draft.seen.by_name[name]
        mine, theirs = (tell_one(draft, target, raw) for raw in (typed.get(name), _stored(draft, name)))
        yield Clash(name, target.label(draft.visit.language), f"#{id_of(name)}", mine, theirs)


def _stored(draft: Draft, name: str) -> Any:
    return draft.application.answers.get(name)


def tell_one(draft: Draft, target: BaseField, raw: Any) -> Answer:
    """One answer in words; what does not fit its field as it was typed."""
    data = draft.read({**draft.application.answers, target.name: raw}).data
    value = data.get(target.name, raw if target.parts else target.parse(raw))
    told = tell_answers([target], {target.name: value}, draft.visit.language, lambda _upload: "", Beside())
    return next(told)
