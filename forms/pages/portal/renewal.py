"""An application whose registration changed since it was begun: what differs, and bringing it up to date."""

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, operator_visit, page, read_form, revision_of
from models.errors import RecordChanged, TransitionRefused
from models.language import Message, translate
from models.services import rebasing
from models.services.conflicts import Conflict, Moved, seen_in

SIDES: Mapping[str, Message] = {
    "both": Message("Changed on both sides"),
    "theirs": Message("The registration changed"),
    "same": Message("Both changed alike"),
    "ours": Message("You changed it"),
}
CHOICE = "choice."
"""How the names of the choices begin; the path follows."""


async def show_changes(request: Request) -> Response:
    """What changed in the registration, beside what was typed."""
    visit = operator_visit(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    try:
        return await _draw(draft, {})
    except TransitionRefused:
        return go(draft.address)


async def renew(request: Request) -> Response:
    """Bring the application up to date; the page again where a choice is missing."""
    visit = operator_visit(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    choices = {
        name.removeprefix(CHOICE): value
        for name, value in form.multi_items()
        if name.startswith(CHOICE) and isinstance(value, str)
    }
    try:
        await rebasing.renew(visit.site, visit.actor, draft.application, choices, revision_of(form))
    except (TransitionRefused, RecordChanged) as error:
        said = translate(error.public, visit.language, **error.values)
        fresh = await load_draft(visit, visit.parameter("reference"))
        return await _draw(fresh, choices, said, error.status)
    return go(f"{(await load_draft(visit, visit.parameter('reference'))).first()}?done=renewed")


async def _draw(draft: Draft, choices: Mapping[str, str], said: str = "", status: int = 200) -> Response:
    visit = draft.visit
    conflict = await rebasing.own_conflict(visit.site, visit.actor, draft.application)
    if conflict is None:
        return go(draft.address)
    refusal = rebasing.own_hindrance(visit.site, visit.actor, draft.application, conflict)
    rows = list(_rows(draft, conflict, choices))
    missing = [row for row in rows if row["side"] == "both" and not row["chosen"]]
    context = {
        "draft": draft,
        "type_label": draft.compiled.definition.label,
        "conflict": conflict,
        "rows": rows,
        "hindrance": refusal(visit.language) if refusal else "",
        "errors": [*([(f"#choice-{row['path']}", row["label"]) for row in missing] if said else ())],
        "said": said,
    }
    return page(visit, "renewal", context, status=status)


def _rows(draft: Draft, conflict: Conflict, choices: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    visit = draft.visit
    for each in seen_in(visit.actor, visit.site, draft.application, conflict):
        chosen = choices.get(each.path, "")
        yield {
            "path": each.path,
            "side": each.side,
            "label": each.label(visit.language),
            "what": SIDES[each.side](visit.language),
            "chosen": chosen if chosen in ("theirs", "ours") else "",
            **_values(draft, each),
        }


def _values(draft: Draft, each: Moved) -> Mapping[str, str]:
    language = draft.visit.language
    return {name: each.show(getattr(each, name), language) for name in ("base", "theirs", "ours")}
