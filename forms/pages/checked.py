"""Answers on the pages that check them: in words, with the place each is changed at."""

from collections.abc import Iterable, Mapping
from typing import Any

from forms.pages.draft import Draft
from forms.render.answers import Beside, Section, tell_sections
from forms.render.names import id_of
from models.schema.reading import Reading
from models.services.naming import with_titles


def place_of(draft: Draft, path: str) -> str:
    """The address of the field an error is at; "" when no page asks for it."""
    name = draft.plan.page_of.get(path.split(".")[0])
    if not name:
        return ""
    return draft.row_place(path, "?from=check") or f"{draft.page_address(name)}?from=check#{id_of(path)}"


def ways_of(draft: Draft, reading: Reading) -> Mapping[str, str]:
    """Where each answer that may be changed now is changed, by field."""
    if draft.application.kind == "delete":
        return {}
    pages = draft.pages(reading)
    return {name: place_of(draft, name) for page in pages for name in draft.open_names(page, reading)}


def by_field(said: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Texts by path, gathered at the field they are inside of."""
    found: dict[str, list[str]] = {}
    for path, text in said:
        found.setdefault(path.split(".")[0], []).append(text)
    return {name: "\n".join(dict.fromkeys(texts)) for name, texts in found.items()}


async def sections_of(draft: Draft, reading: Reading, beside: Beside | None = None) -> list[Section]:
    """The answers of an application, page by page, its uploads linked, what it names called by its title."""
    visit = draft.visit
    told = await with_titles(visit.site, visit.actor, draft.seen.fields, reading.data)

    def address(upload: Mapping[str, Any]) -> str:
        return f"{draft.files}/{upload['id']}"

    return list(tell_sections(draft.seen, told, draft.visible(reading), visit.language, address, beside))
