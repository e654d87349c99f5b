"""Notices: the list, the page of one, what is attached; for everybody and for those who sign in. The feed."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.handing import hand_over
from forms.pages.revalidating import revalidated
from forms.pages.visit import Visit, go, page, read_form, text_of, visit_of
from models.documents.publication import Publication
from models.errors import SearchTooWide
from models.interchange.atom import MEDIA_TYPE
from models.language import LANGUAGES, Language, Message, translate
from models.permissions import Actor
from models.schema.fields.file import size_told
from models.services import editions, feeds, ledger, notices
from models.services.editions import Notice
from models.services.notices import Asked, Page, Show
from models.services.reading import NO_NEWS

PUBLIC, PORTAL = "/notices", "/portal/notices"

SHOWS: Mapping[Show, Message] = {
    "current": Message("Current"),
    "unread": Message("Unread"),
    "owed": Message("To be acknowledged"),
    "past": Message("Past"),
}
FEED_AGE = 300
"""Seconds for which anybody may keep the feed."""

PREFETCHING = ("prefetch", "prerender")
"""What a browser says that fetches a page nobody looks at yet (``Sec-Purpose``)."""


async def list_notices(request: Request) -> Response:
    """The notices for everybody; the staff, who have no portal, find theirs among them."""
    visit = visit_of(request)
    return await draw_list(visit, PUBLIC)


async def show_notice(request: Request) -> Response:
    """One notice. Operators are led to the portal, where it is marked as read."""
    visit = visit_of(request)
    if visit.actor.kind == "operator":
        return go(f"{PORTAL}/{quote(visit.parameter('id'), safe='')}")
    return await draw_notice(visit, PUBLIC)


async def hand_out(request: Request) -> Response:
    """A file attached to a notice."""
    return await hand_attachment(visit_of(request), PUBLIC)


async def hand_attachment(visit: Visit, base: str) -> Response:
    """A file attached to a notice that can be read at this door."""
    key, identifier = visit.parameter("id"), visit.parameter("file")
    return hand_over(*await editions.open_attachment(visit.site, _reader(visit, base), key, identifier))


def _reader(visit: Visit, base: str) -> Actor:
    return visit.actor if base == PORTAL else notices.at_public_door(visit.actor)


async def acknowledge(request: Request) -> Response:
    """Confirm having read a notice: the staff here, operators as in the portal."""
    visit = visit_of(request)
    return await confirm_read(visit, PORTAL if visit.actor.kind == "operator" else PUBLIC)


async def confirm_read(visit: Visit, base: str) -> Response:
    """Keep that the reader confirms having read the edition whose page was sent."""
    form, key = await read_form(visit.request), visit.parameter("id")
    await editions.acknowledge(visit.site, _reader(visit, base), key, text_of(form, "edition", 24))
    return go(f"{base}/{quote(key, safe='')}?done=acknowledged")


async def hand_out_feed(request: Request) -> Response:
    """The notices for everybody as a feed; ``?language=`` chooses its language, so that anybody may keep
    it."""
    visit = visit_of(request)
    asked = request.query_params.get("language", "")
    language: Language = next((known for known in LANGUAGES if known == asked), "ja")
    content, changed = await feeds.notices_feed(visit.site, language)
    answer = Response(
        content, media_type=MEDIA_TYPE, headers={"cache-control": f"public, max-age={FEED_AGE}"}
    )
    return revalidated(request, answer, changed)


async def draw_list(visit: Visit, base: str) -> Response:
    """A page of the notices that can be read at this door, narrowed by what the address asks for."""
    reader = _reader(visit, base)
    asked, found, said = asked_of(visit, reader), Page(), ""
    places = {name: visit.request.query_params.get(name, "") for name in ("after", "before")}
    try:
        found = await notices.page(visit.site, reader, asked, **places)
    except SearchTooWide as error:
        said = translate(error.public, visit.language, **error.values)
    context = {
        "base": base,
        "found": found,
        "said": said,
        "asked": asked,
        "narrowed": asked != Asked(),
        "withdrawn": await notices.withdrawn_lately(visit.site, reader) if asked == Asked() else (),
        "shows": [(show, label(visit.language)) for show, label in _shows(reader)],
        **await _narrowing(visit, reader),
        **_turns(asked, found),
    }
    return _kept_by_visitors(visit, page(visit, "notices", context))


def asked_of(visit: Visit, reader: Actor) -> Asked:
    """What an address asks a list for; what makes no sense is not asked."""
    query = visit.request.query_params
    year = query.get("year", "")
    return Asked(
        next((show for show, _ in _shows(reader) if show == query.get("show")), "current"),
        query.get("category", "")[: notices.TEXT_LIMIT],
        int(year) if len(year) == 4 and year.isascii() and year.isdigit() and int(year) in YEARS else 0,
        query.get("q", "").strip()[: notices.TEXT_LIMIT],
    )


YEARS = range(1970, 3000)


def _shows(reader: Actor) -> Iterator[tuple[Show, Message]]:
    """The lists there are: what is unread or owed only for those of whom that is known."""
    for show, label in SHOWS.items():
        if reader.account_id is not None or show in ("current", "past"):
            yield show, label


async def _narrowing(visit: Visit, reader: Actor) -> Mapping[str, Any]:
    found = await notices.choices(visit.site, reader)
    return {
        "categories": [(code, label(visit.language)) for code, label in found.categories.items()],
        "years": range(visit.site.today().year, found.since - 1, -1),
    }


def _turns(asked: Asked, found: Page) -> Mapping[str, str]:
    """The addresses of the pages before and after this one."""
    narrowed = {"show": asked.show, "category": asked.category, "year": asked.year or "", "q": asked.text}
    kept = {name: value for name, value in narrowed.items() if value and value != "current"}
    return {
        "earlier": f"?{urlencode({**kept, 'before': found.previous})}" if found.previous else "",
        "later": f"?{urlencode({**kept, 'after': found.following})}" if found.following else "",
    }


async def draw_notice(visit: Visit, base: str) -> Response:
    """One notice; whoever looks at it has read it, a browser that fetches it ahead has not."""
    reader = _reader(visit, base)
    notice = await editions.find(visit.site, reader, visit.parameter("id"))
    if notice.is_withdrawn:
        drawn = page(visit, "notice_withdrawn", {"notice": notice, "base": base}, status=410)
        return _kept_by_visitors(visit, drawn)
    if _is_looked_at(visit.request):
        await _mark_read(visit, reader, notice)
    others = await editions.editions(visit.site, reader, notice)
    asks = notice.edition.acknowledge
    told = await editions.colleagues(reader, notice.edition) if asks else []
    context = {**_article(visit, base, notice), "others": others, "colleagues": told}
    return _kept_by_visitors(visit, page(visit, "notice", context))


def _article(visit: Visit, base: str, notice: Notice) -> Mapping[str, Any]:
    """The edition as it was frozen: its HTML was made safe when it was made."""
    edition, due = notice.edition, notice.edition.acknowledge_by
    written = edition.page(visit.language)
    return {
        "notice": notice,
        "title": written.title,
        "article": Markup(written.html),  # noqa: S704 - made by ``models.services.articles``
        "foreign": visit.language not in edition.pages,
        "files": [_file(visit, base, notice, facts) for facts in edition.attachments],
        "due": visit.site.calendar.due_day(due) if due else None,
        "overdue": due is not None and due <= visit.site.now(),
        "base": base,
        "here": f"{base}/{_key(notice.latest)}",
        "address": f"{visit.site.base_url}{base}/{_key(notice.latest)}",
    }


def _key(edition: Publication) -> str:
    """How addresses name a notice: by its number, all editions alike."""
    return quote(edition.number or str(edition.record_id), safe="")


def _file(visit: Visit, base: str, notice: Notice, facts: Mapping[str, Any]) -> Mapping[str, str]:
    """A file of the edition that is shown: where it is had, its name, its kind and size."""
    name = str(facts.get("filename", ""))
    kind, size = name.rpartition(".")[2].upper(), size_told(int(facts.get("size", 0)))
    within = f"{base}/{_key(notice.latest) if notice.is_latest else notice.edition.id}"
    return {
        "address": f"{within}/files/{facts.get('id')}",
        "name": name,
        "about": translate("{kind} file, {size}", visit.language, kind=kind, size=size),
    }


def _is_looked_at(request: Request) -> bool:
    """Whether somebody looks at the page: it was asked for whole, and not ahead of time."""
    purpose = request.headers.get("sec-purpose", "") or request.headers.get("purpose", "")
    return request.method == "GET" and not any(word in purpose.lower() for word in PREFETCHING)


async def _mark_read(visit: Visit, reader: Actor, notice: Notice) -> None:
    """Keep that the notice was read; what the page says of unread ones counts it no more."""
    if not notice.is_latest or reader.account_id is None:
        return
    await ledger.mark_read(visit.site, reader, notice.edition)
    if notice.is_unread and notice.edition.shown:
        state = visit.request.state
        state.news = getattr(state, "news", NO_NEWS).after_reading(notice.edition.id)


def _kept_by_visitors(visit: Visit, answer: Response) -> Response:
    """Pages that are the same for all visitors may be kept, and are asked for again each time."""
    if visit.actor.kind != "visitor":
        return answer
    answer.headers["cache-control"] = "private, no-cache"
    answer.headers["vary"] = "cookie, accept-language"
    return revalidated(visit.request, answer)
