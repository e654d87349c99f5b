"""One page of a form, drawn: its questions, what is wrong, the way through the pages."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from forms.pages.around import beside_form
from forms.pages.draft import Draft
from forms.pages.merging import clashes, stored_marks, write_base
from forms.pages.pieced import pieced_page
from forms.pages.visit import page
from forms.pages.windows import sending_told
from forms.render.control import Control, Filling, asked_paths, page_controls, write_controls
from forms.render.finding import LISTED, Options
from forms.render.names import FIND, id_of
from forms.render.plan import PagePlan
from forms.render.rules import PageRules, Reason, page_rules
from models.schema.reading import AnswerError, Reading
from models.services import picking


@dataclass(frozen=True)
class Outcome:
    """What to show a page with, when it is shown again."""

    answers: Mapping[str, Any]
    errors: tuple[AnswerError, ...] = ()
    repeated: Mapping[str, str] = field(default_factory=dict)
    banner: str = ""
    fresh: tuple[Control, ...] = ()
    conflicts: tuple[str, ...] = ()
    status: int = 200
    changed: bool = False


def filling_of(draft: Draft, plan: PagePlan, outcome: Outcome, reading: Reading) -> Filling:
    """What the controls of a page are drawn with."""
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


async def picked_filling(draft: Draft, plan: PagePlan, outcome: Outcome, reading: Reading) -> Filling:
    """The same with what may be picked among records and accounts."""
    filling = filling_of(draft, plan, outcome, reading)
    if not plan.picks:
        return filling
    return replace(filling, picks=await _offered(draft, outcome, reading))


async def _offered(draft: Draft, outcome: Outcome, reading: Reading) -> dict[str, Options]:
    """What may be picked, by field; of what is too much to be sent along, what was looked for, by answer."""
    asking = draft.visit.site, draft.visit.actor, draft.application, reading
    offered: dict[str, Options] = {**await picking.picks(*asking)}
    endless = [path for path, options in offered.items() if len(options) > LISTED]
    if endless:
        looked = {n.removesuffix(FIND): text for n, text in outcome.repeated.items() if n.endswith(FIND)}
        found = await picking.sought(*asking, endless, looked)
        offered |= {path + FIND: options for path, options in found.items()}
    return offered


async def draw(draft: Draft, plan: PagePlan, outcome: Outcome, reading: Reading | None = None) -> Response:
    """The page with this outcome."""
    reading = reading or draft.read(outcome.answers)
    filling = await picked_filling(draft, plan, outcome, reading)
    beside = await beside_form(draft, reading)
    sheet = Sheet(draft, plan, outcome, reading, filling, list(page_controls(plan, filling)), beside)
    texts = sheet.texts()
    if draft.visit.inset or outcome.fresh or outcome.conflicts:
        return page(draft.visit, "fill", sheet.context(texts), status=outcome.status)
    return pieced_page(draft.visit, "fill", sheet.shape(), texts, sheet.context, status=outcome.status)


PRINTED = ("about", "controls", "asked", "base", "banner", "beside", "sending")
"""The texts the template has under their own names."""


@dataclass(frozen=True)
class Sheet:
    """One page of a form to be drawn: what is only printed apart from what decides about the rest."""

    draft: Draft
    plan: PagePlan
    outcome: Outcome
    reading: Reading
    filling: Filling
    controls: Sequence[Control]
    beside: Markup

    @cached_property
    def states(self) -> Mapping[str, str]:
        """How every page of the form stands."""
        return {page.name: state for page, state in self.draft.states(self.reading)}

    @cached_property
    def rules(self) -> PageRules | None:
        """The rules of the page for the browser."""
        names = [control.name for control in self.plan.controls]
        return page_rules(self.draft.seen, names, self.draft.visit.language)

    def shape(self) -> Hashable:
        """Everything the template looks at besides texts."""
        states = tuple(self.states.values())
        around = self.draft.newer, bool(self.back), self.outcome.changed
        return self.draft.seen, self.plan.name, states, around, len(self.filling.errors)

    @cached_property
    def back(self) -> str:
        """The address before the page; "" before the first."""
        return self.draft.before(self.plan, self.reading)

    def texts(self) -> dict[str, str]:
        """What the template only prints."""
        draft, application = self.draft, self.draft.application
        told = {
            "reference": application.reference,
            "revision": str(application.revision),
            "controls": write_controls(self.controls, draft.visit.language),
            "asked": " ".join(asked_paths(self.controls)),
            "base": write_base(stored_marks(draft, self.plan)),
            "about": draft.about,
            "banner": self.outcome.banner,
            "beside": self.beside,
            "sending": sending_told(draft.visit, application),
            "data": self.rules.write(draft.told(self.reading), draft.told_variables) if self.rules else "",
        }
        for number, (place, text) in enumerate(_summary(draft, self.filling, self.controls)):
            told |= {f"place{number}": place, f"error{number}": text}
        return told

    def context(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """What the template is given, with these texts in their places."""
        draft, plan, outcome = (
            self.draft.called(texts["reference"], texts["revision"]),
            self.plan,
            self.outcome,
        )
        led_to = [name for name, state in self.states.items() if state != "not_needed"]
        return {
            "draft": draft,
            "plan": plan,
            "steps": draft.steps(self.reading),
            "number": led_to.index(plan.name) + 1 if plan.name in led_to else 1,
            "total": len(led_to),
            "errors": [(texts[f"place{n}"], texts[f"error{n}"]) for n in range(len(self.filling.errors))],
            "fresh": outcome.fresh,
            "clashes": list(clashes(draft, outcome.conflicts, outcome.answers)),
            "changed": outcome.changed,
            "back": self.back,
            "rules": self.rules and Written(self.rules.reasons, texts["data"]),
            "told": None,
            "type_label": draft.named,
            **{name: texts[name] for name in PRINTED},
        }


@dataclass(frozen=True, slots=True)
class Written:
    """The rules of a page, written for the browser already."""

    reasons: Sequence[Reason]
    data: str

    def write(self, *_: object) -> str:
        return self.data


def _summary(draft: Draft, filling: Filling, controls: Sequence[Control]) -> list[tuple[str, str]]:
    """Every error with the place it is linked to; "" where the page does not show its field."""
    if not filling.errors:
        return []
    shown = {control.path for control in controls}
    found = filling.errors.items()
    return [
        (_place(draft, path, shown), draft.located(path, text) if draft.row_place(path) else text)
        for path, text in found
    ]


def _place(draft: Draft, path: str, shown: set[str]) -> str:
    name = path.split(".")[0].removesuffix("__confirm")
    if name not in shown:
        return ""
    return draft.row_place(path) or f"#{id_of(path)}"
