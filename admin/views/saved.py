"""Saved views as lists show them, and what is wrong with one whose fields are gone."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from admin.actor import actor_of
from admin.language import language, say
from admin.links import root_of
from admin.views.filters import MOST_PARAMETERS, PARAMETER, Place, flaw_words, read_at, without_position
from models.access import NOTHING
from models.documents.view import ShownView
from models.language import Text
from models.schema.filters import Askable, Filter, unknown_field
from models.services.views import views_of

OPERATORS = ("eq", "startswith", "gte", "lte", "given")
"""What a list's own filters write behind a path: ``data.area__eq``."""


class SavedTab(NamedTuple):
    """A saved view of a list: its address, whose it is, whether the list shows it now. `query` is the list's
    query, `where` its filter for the database (one nothing fulfils when it cannot be read any more),
    `problems` say what of it is gone, `words` what it asks."""

    id: str
    name: str
    href: str
    shared: bool
    mine: bool
    current: bool
    query: str
    where: Mapping[str, Any]
    problems: tuple[str, ...]
    words: str
    owner: str


async def saved_views(request: Request, place: Place) -> list[SavedTab]:
    """The views of `place` this person sees: their own, then what others share."""
    here = _settled(request.url.query)
    return [tab_of(request, place, view, here) for view in await views_of(actor_of(request), place.name)]


def tab_of(request: Request, place: Place, view: ShownView, here: str = "") -> SavedTab:
    """One saved view as this person may use it."""
    found, flaws = read_at(request, place, query_of(view.query)[0])
    problems = (*map(flaw_words, flaws), *_gone(view.query, place.askable(request)))
    mine = view.owner == actor_of(request).account_id
    path = f"{root_of(request)}{place.list_path}?{view.query}"
    return SavedTab(
        id=str(view.id),
        name=view.name,
        href=path if mine or not problems else f"{root_of(request)}/views#v-{view.id}",
        shared=view.shared,
        mine=mine,
        current=_settled(view.query) == here,
        query=view.query,
        where=found.query if found else NOTHING,
        problems=problems,
        words=words_of_list(view.query, found),
        owner=view.owner_name,
    )


def _pairs(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query) if query.count("&") < MOST_PARAMETERS else []


def query_of(query: str) -> tuple[str, str]:
    """A list's query taken apart: the text of its filter, and its other parameters."""
    pairs = _pairs(query)
    return dict(pairs).get(PARAMETER, ""), urlencode([pair for pair in pairs if pair[0] != PARAMETER])


def _settled(query: str) -> str:
    """A list's query without where one is and in one order, to be compared."""
    return urlencode(sorted(_pairs(without_position(query))))


def _asked_paths(query: str) -> list[tuple[str, str]]:
    """The paths of answers a list's query names besides its filter, with the whole name."""
    found = [(name.rpartition("__"), name) for name, _ in _pairs(query)]
    asked = [(path, name) for (path, _, operator), name in found if operator in OPERATORS]
    sorts = [(value.rpartition("__")[0], name) for name, value in _pairs(query) if name == "sort"]
    return [(path, name) for path, name in (*asked, *sorts) if path.startswith("data.")]


def _gone(query: str, askable: Sequence[Askable]) -> list[str]:
    """What a list's query names that this person cannot ask (any more)."""
    known = [each.path for each in askable]
    gone = [path for path, _ in _asked_paths(query) if not any(_is_at(each, path) for each in known)]
    return [flaw_words(unknown_field(path, path)) for path in dict.fromkeys(gone)]


def _is_at(askable: str, path: str) -> bool:
    return askable == path or askable.startswith(f"{path}.")


def restricted_in(query: str, found: Filter | None, askable: Sequence[Askable]) -> list[Text]:
    """The labels of what a list's query asks that not everybody may see."""
    closed = [each for each in askable if each.restricted]
    tests = [test.askable for test in found.questions] if found else []
    asked = [each for each in closed if each in tests]
    asked += [each for each in closed if any(_is_at(each.path, path) for path, _ in _asked_paths(query))]
    return list(dict.fromkeys(each.label for each in asked))


def words_of_list(query: str, found: Filter | None) -> str:
    """What a list's query shows, in words: its filter and its search."""
    parts = [found.words(language())] if found and found.text else []
    searched = dict(_pairs(query)).get("q", "")
    if searched:
        parts.append(say("found by “{text}”").format(text=searched))
    return "、".join(parts) if language() == "ja" else "; ".join(parts)
