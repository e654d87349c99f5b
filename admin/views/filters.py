"""The filter of a list as its address carries it, and the places that can be filtered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from admin.actor import actor_of, may, site_of
from admin.language import language, say
from admin.links import root_of
from admin.refusals import Problem
from models.access import NOTHING, seen_by
from models.errors import FilterRefused, NotFound
from models.language import Message, Text
from models.schema.filters import Askable, Filter, Flaw, read_filter, record_askable

PARAMETER = "filter"
"""The parameter of a list's address that holds its filter."""

POSITIONS = frozenset({"page", "at", "after", "before", "cursor", "position", "from", "view_id"})
"""Parameters that say where in a list one is: they do not outlive a change of the filter."""

Ask = Callable[[Request], Sequence[Askable]]


class Place(NamedTuple):
    """A list that can be filtered: its `name` (``queue``, or a record type's), what it is called, its path
    under the admin (``/queue``), the questions this person may ask of it, and whether they may see it."""

    name: str
    label: Any
    list_path: str
    askable: Ask
    allowed: Callable[[Request], bool]


_PLACES: dict[str, Place] = {}


def register(place: Place) -> Place:
    """Make a place known to the builder and to saved views; record types are known without."""
    _PLACES[place.name] = place
    return place


def places(request: Request) -> list[Place]:
    """Every place this person may see."""
    records = [record_place(request, name) for name in site_of(request).registry.all_current()]
    return [place for place in (*_PLACES.values(), *records) if place.allowed(request)]


def place_of(request: Request, name: str) -> Place:
    """The place called `name`. Raises NotFound when there is none, or none this person may see."""
    known = name in _PLACES or name in site_of(request).registry.all_current()
    place = (_PLACES.get(name) or record_place(request, name)) if known else None
    if place is None or not place.allowed(request):
        raise NotFound
    return place


def record_place(request: Request, name: str) -> Place:
    """The list of the records of one type."""
    definition = site_of(request).registry.current(name).definition
    return Place(
        name=name,
        label=definition.plural or definition.label,
        list_path=f"/{name}/list",
        askable=partial(_of_records, name),
        allowed=lambda request: definition.enabled and may(request, "record.view"),
    )


def _of_records(name: str, request: Request) -> Sequence[Askable]:
    site = site_of(request)
    definition = site.registry.current(name).definition
    lifecycle = site.lifecycles[definition.lifecycle].shown_to("staff")
    states = {state: each.label for state, each in lifecycle.states.items()}
    return record_askable(seen_by(actor_of(request), definition), states)


@dataclass(frozen=True, slots=True)
class AskedFilter:
    """The filter of a list, read from its address.

    `where` is for the database: {} when nothing is asked, a query nothing fulfils when what is asked cannot
    be read; `problems` say why then, and the list answers 422. `words` are for people. `build_href` leads
    to the builder, `clear_href` to the list without the filter, `save_href` to saving the list as it is as a
    view; `text` is the filter as the address carries it (canonical where it could be read)."""

    place: Place
    text: str
    where: Mapping[str, Any]
    words: str
    problems: list[Problem]
    build_href: str
    clear_href: str
    save_href: str
    views_href: str
    found: Filter | None = None

    @property
    def asks(self) -> bool:
        """Whether a filter was given at all."""
        return bool(self.text)


def asked_filter(request: Request, place: Place) -> AskedFilter:
    """The filter in the address of `request`, a page of the list at `place`; never raises. Read once for an
    answer."""
    known: dict[str, AskedFilter] = getattr(request.state, "asked_filters", None) or {}
    if place.name not in known:
        known[place.name] = _asked(request, place)
        request.state.asked_filters = known
    return known[place.name]


def _asked(request: Request, place: Place) -> AskedFilter:
    text = (request.query_params.get(PARAMETER) or "").strip()
    found, flaws = read_at(request, place, text)
    canonical = found.text if found else text
    others = without_position(request.url.query, leave_out=(PARAMETER,))
    return AskedFilter(
        place=place,
        text=canonical,
        where=found.query if found else NOTHING,
        words=found.words(language()) if found else "",
        problems=[Problem(flaw_words(flaw)) for flaw in flaws],
        build_href=build_href(request, place, canonical, others),
        clear_href=f"?{others}",
        save_href=save_href(request, place, canonical, others),
        views_href=f"{root_of(request)}/views?{urlencode({'for': place.name})}",
        found=found,
    )


def read_at(request: Request, place: Place, text: str) -> tuple[Filter | None, Sequence[Flaw]]:
    """The filter `text` writes for this person at `place`; None with what is wrong with it."""
    site = site_of(request)
    try:
        return read_filter(text, place.askable(request), site.today(), site.calendar.zone), ()
    except FilterRefused as refused:
        return None, refused.flaws


def narrowing(request: Request, place: Place, text: str) -> tuple[Mapping[str, Any], list[Problem]]:
    """What the filter `text` asks of the database, and what is wrong with it, as in AskedFilter; for a list's
    state that came otherwise than in the address."""
    found, flaws = read_at(request, place, text)
    return found.query if found else NOTHING, [Problem(flaw_words(flaw)) for flaw in flaws]


def told_query(request: Request, place: Place, query: str) -> str:
    """A list's query as everybody may read it: a filter that asks what not everybody may see is left out."""
    pairs = parse_qsl(query) if query.count("&") < MOST_PARAMETERS else []
    return urlencode(
        [(name, _told(request, place, text) if name == PARAMETER else text) for name, text in pairs]
    )


def _told(request: Request, place: Place, text: str) -> str:
    found, _flaws = read_at(request, place, text)
    return "…" if found is None or any(test.askable.restricted for test in found.questions) else text


def flaw_words(flaw: Flaw) -> str:
    """What is wrong with a part of a filter."""
    message = _said(flaw.message)
    return f"{flaw.part}: {message}" if flaw.part.startswith("$") else message


def _said(message: Message | Text) -> str:
    text = message(language())
    return text[:1].upper() + text[1:]


def without_position(query: str, leave_out: Sequence[str] = ()) -> str:
    """A list's query without where in the list it is, and without the parameters named."""
    pairs = parse_qsl(query, max_num_fields=MOST_PARAMETERS) if query.count("&") < MOST_PARAMETERS else []
    return urlencode([pair for pair in pairs if pair[0] not in POSITIONS and pair[0] not in leave_out])


MOST_PARAMETERS = 100
"""Most parameters of a list's address that are kept."""


def build_href(request: Request, place: Place, text: str, others: str) -> str:
    """The address of the builder, beginning with the filter `text`, to go back with the `others`."""
    asked = {"for": place.name, PARAMETER: text, "back": others}
    return f"{root_of(request)}/filters?{urlencode({key: value for key, value in asked.items() if value})}"


def save_href(request: Request, place: Place, text: str, others: str) -> str:
    """The address of the page that saves the list as it is as a view."""
    return f"{root_of(request)}/views/new?{urlencode({'for': place.name, 'query': list_query(text, others)})}"


def list_query(text: str, others: str) -> str:
    """The query of a list: its other parameters, then its filter."""
    return "&".join(part for part in (others, urlencode({PARAMETER: text}) if text else "") if part)


def list_href(request: Request, place: Place, text: str, others: str) -> str:
    """The address of the list with a filter and its other parameters."""
    query = list_query(text, others)
    return f"{root_of(request)}{place.list_path}" + (f"?{query}" if query else "")


def said_label(place: Place) -> str:
    """What a place is called, in the language of this answer."""
    label = place.label
    return label(language()) if isinstance(label, Text | Message) else say(str(label))
