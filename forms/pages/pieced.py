"""Pages drawn from pieces: what the template drew once for a shape, with this visit's texts put in.

A template is rendered once for each shape of a page with marks for every text (``forms.render.pieces``), so
that what is kept holds nothing of anybody. A shape is everything the template looks at besides those texts,
and whether each of them is there."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from markupsafe import Markup
from starlette.responses import HTMLResponse

from forms.pages.frame import frame_of, frame_shape, here_of, person_of
from forms.pages.visit import Visit, page
from forms.render.environment import environment
from forms.render.pieces import Pieces, cut, escaped, mark

Texts = Mapping[str, str]
"""What is only printed, by name; Markup stands as it is, all else is escaped."""

ContextOf = Callable[[Texts], Mapping[str, Any]]
"""The template's context with these texts in it: real ones, or marks."""

SHAPES_LIMIT = 500
"""Most shapes kept of a site's pages; then all are drawn anew."""

NO_STORE = {"cache-control": "no-store"}


def pieced_page(
    visit: Visit, template: str, shape: Hashable, texts: Texts, context: ContextOf, *, status: int = 200
) -> HTMLResponse:
    """A page of the site as ``page`` draws it. Not for pages in another door's frame."""
    told = {"here": here_of(visit), "person": person_of(visit), **texts}
    key = template, frame_shape(visit), shape, tuple(told), tuple(map(bool, told.values()))
    kept: dict[Hashable, Pieces[Sequence[str]] | None] = visit.site.drawn
    if key not in kept:
        if len(kept) >= SHAPES_LIMIT:
            kept.clear()
        kept[key] = _cut(visit, template, told, context)
    pieces = kept[key]
    if pieces is None:
        return page(visit, template, context(texts), status=status)
    return HTMLResponse(pieces.draw([escaped(text) for text in told.values()]), status, NO_STORE)


def _cut(visit: Visit, template: str, told: Texts, context: ContextOf) -> Pieces[Sequence[str]] | None:
    marks = {name: _marked(number, text) for number, (name, text) in enumerate(told.items())}
    frame = replace(frame_of(visit), here=marks["here"], person=marks["person"])
    around = {"frame": frame, "layout": "base.html", "errors": ()}
    found = environment(visit.language).get_template(f"pages/{template}.html")
    return cut(found.render({**around, **context(marks)}), [itemgetter(n) for n in range(len(marks))])


def _marked(number: int, text: str) -> str:
    """The mark that stands for a text, markup for markup; nothing where there is no text."""
    if not text:
        return text
    return Markup(mark(number)) if isinstance(text, Markup) else mark(number)  # noqa: S704
