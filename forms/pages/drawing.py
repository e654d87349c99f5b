"""One page of a form, drawn: its questions, what is wrong, the way through the pages."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.responses import Response

from forms.pages.draft import Draft
from forms.pages.merging import clashes, stored_marks, write_base
from forms.pages.visit import page
from forms.pages.windows import sending_told
from forms.render.control import Control, Filling, asked_paths, page_controls, write_controls
from forms.render.finding import LISTED, Options
from forms.render.names import FIND, id_of
from forms.render.plan import PagePlan
from forms.render.rules import page_rules
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
    controls = list(page_controls(plan, filling))
    pages = draft.pages(reading)
    context = {
        "draft": draft,
        "plan": plan,
        "steps": draft.steps(reading),
        "number": 1 + next((i for i, known in enumerate(pages) if known.name == plan.name), 0),
        "total": len(pages),
        "controls": write_controls(controls, draft.visit.language),
        "asked": " ".join(asked_paths(controls)),
        "base": write_base(stored_marks(draft, plan)),
        "errors": _summary(draft, filling, controls),
        "banner": outcome.banner,
        "sending": sending_told(draft.visit, draft.application),
        "fresh": outcome.fresh,
        "clashes": list(clashes(draft, outcome.conflicts, outcome.answers)),
        "changed": outcome.changed,
        "back": draft.before(plan, reading),
        "rules": page_rules(draft.seen, [c.name for c in plan.controls], draft.visit.language),
        "told": draft.told(reading),
        "type_label": draft.compiled.definition.label,
    }
    return page(draft.visit, "fill", context, status=outcome.status)


def _summary(draft: Draft, filling: Filling, controls: list[Control]) -> list[tuple[str, str]]:
    """Every error with the place it is linked to; "" where the page does not show its field."""
    shown = {control.path for control in controls}
    return [(_place(draft, path, shown), text) for path, text in filling.errors.items()]


def _place(draft: Draft, path: str, shown: set[str]) -> str:
    name = path.split(".")[0].removesuffix("__confirm")
    if name not in shown:
        return ""
    return draft.row_place(path) or f"#{id_of(path)}"
