"""A form that changed while somebody was filling it in: what is different, and going on with the new one."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.draft import Draft, load_draft
from forms.pages.visit import go, page, read_form, revision_of, visit_of
from models.access import seen_by
from models.errors import RecordChanged, TransitionRefused
from models.language import Language, Message, translate
from models.schema.definition import RecordType, walk
from models.services import upgrading

SILENT = frozenset({"protection_changed", "listing_changed", "order_changed", "widened", "other_changed"})
"""Changes that are nothing to somebody who fills in a form."""

TOLD = {
    "field_added": Message("New question: {label}"),
    "field_removed": Message("No longer asked: {label}"),
}
OTHERWISE = Message("Asked in another way: {label}")


async def show_upgrade(request: Request) -> Response:
    """What is different in the newer form."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    return _draw(draft) if draft.newer else go(draft.address)


async def upgrade(request: Request) -> Response:
    """Go on with the newer form, at its first page."""
    visit = visit_of(request)
    form = await read_form(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    try:
        await upgrading.upgrade(visit.site, visit.actor, draft.application, revision=revision_of(form))
    except (RecordChanged, TransitionRefused) as error:
        fresh = await load_draft(visit, visit.parameter("reference"))
        said = translate(error.public, visit.language, **error.values)
        return _draw(fresh, said, error.status) if fresh.newer else go(fresh.address)
    return go((await load_draft(visit, visit.parameter("reference"))).first())


def _draw(draft: Draft, banner: str = "", status: int = 200) -> Response:
    context = {
        "draft": draft,
        "banner": banner,
        "differences": list(dict.fromkeys(_differences(draft))),
        "type_label": draft.compiled.definition.label,
    }
    return page(draft.visit, "upgrade", context, status=status)


def _differences(draft: Draft) -> Iterator[str]:
    """Each question that is new, gone or changed; one that only moved is none of them."""
    current = upgrading.newer(draft.visit.site, draft.application)
    if current is None:
        return
    language = draft.visit.language
    actor = draft.visit.actor
    old = _labels(seen_by(actor, draft.compiled.definition), language)
    new = _labels(seen_by(actor, current.definition), language)
    for change in upgrading.differences_to(draft.visit.site, draft.application, current):
        label = new.get(change.path) or old.get(change.path)
        moved = change.code in TOLD and label in old.values() and label in new.values()
        if label and not moved and change.code not in SILENT:
            message = TOLD.get(change.code, OTHERWISE)
            yield Message(message.msgid, {"label": label})(language)


def _labels(definition: RecordType, language: Language) -> dict[str, str]:
    return {".".join(path): field.label(language) for path, field in walk(definition.fields)}
