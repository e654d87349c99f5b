"""The template environment: what every page can call, compiled once."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.templating import Jinja2Templates

from admin import moments
from admin.csrf import csrf_input
from admin.headers import nonce
from admin.language import gettext
from admin.loader import NonceLoader
from admin.menu import Frame
from admin.views.columns import Column, plain, worded


def fit(templates: Jinja2Templates, frame: Callable[[Request], Frame]) -> None:
    """Makes starlette-admin's environment ours: nonces, ``frame`` in every page.

    Templates are never looked up on disk again once compiled (a third of a stock list page went there).
    """
    env = templates.env
    if env.loader is not None:
        env.loader = NonceLoader(env.loader)
    env.auto_reload = False
    names: dict[str, Any] = env.globals
    names["_"] = names["gettext"] = words
    names["csp_nonce"] = nonce
    names["csrf_input"] = csrf_input
    names["near"] = near
    names["zip"] = zip
    names["options_of"] = options_of
    env.filters["day"] = moments.day
    env.filters["moment"] = moments.moment
    env.filters["listed"] = listed
    templates.context_processors.append(lambda request: {"frame": frame(request)})


def listed(values: Iterable[Any]) -> str:
    """Several values in a row, with the comma of the language of this answer."""
    return plain([str(value) for value in values])


def words(msgid: str, **values: Any) -> Markup:
    """`msgid` in the language of this answer, its ``%(named)s`` values put in, each escaped; what the
    extension makes of it too, without asking the context twice."""
    text = gettext(msgid)
    return Markup(text) % values if values else _alone(text)  # noqa: S704 - a text of the catalogue


@lru_cache(maxsize=4096)
def _alone(text: str) -> Markup:
    """A text without values; ``%%`` is a percent sign all the same."""
    return Markup(text) % {}  # noqa: S704 - a text of the catalogue


def near(page: int, pages: int) -> list[int | None]:
    """Page numbers worth a link: the first, the last, and those around `page`; None where some are left
    out."""
    shown = sorted({1, pages, *range(max(page - 2, 1), min(page + 2, pages) + 1)})
    gapped: list[int | None] = []
    for number in shown:
        if gapped and gapped[-1] != number - 1:
            gapped.append(None)
        gapped.append(number)
    return gapped


def options_of(column: Column) -> list[tuple[str, str]]:
    """The choices of a column as a form's options."""
    return [(value, worded(choice.label)) for value, choice in column.choices.items()]
