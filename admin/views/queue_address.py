"""What the address of the queue asks for: which view, in which order, from which place on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request

from models.documents.windows import Order
from models.errors import NotFound
from models.services import queue

KNOWN = ("view", "q", "sort", "filter", "after", "before", "at")
"""Every parameter of the queue's address."""

LONGEST_SEARCH = 100
LONGEST_BACK = 8000


@dataclass(frozen=True, slots=True)
class Asked:
    """The queue as its address asks for it. `sort` is one the view offers; `text` is what is searched for."""

    view: str
    sort: str
    text: str
    filter: str
    at: queue.At

    @property
    def order(self) -> Order:
        return queue.ORDERS[self.sort]

    def query(self, **changed: str | None) -> str:
        """The query of an address with these parameters changed, each left out where it is empty; where in
        the list one is does not outlive a change."""
        kept = {"view": self.view, "q": self.text, "sort": self.sort, "filter": self.filter, **changed}
        return urlencode({name: value for name, value in kept.items() if value})

    def sorted_by(self, name: str) -> str:
        """The order a column's head leads to: its own, then turned."""
        return f"-{name}" if self.sort == name else name


def read_asked(request: Request, views: Mapping[str, queue.View]) -> Asked:
    """What the address of `request` asks for. Raises NotFound for a view that is not there; an order the view
    does not have is its own first, a malformed place the beginning."""
    query = request.query_params
    view = query.get("view") or "waiting"
    if view not in views:
        raise NotFound
    sorts = views[view].sorts
    sort = query.get("sort") or ""
    return Asked(
        view=view,
        sort=sort if sort.removeprefix("-") in sorts and sort in queue.ORDERS else sorts[0],
        text=(query.get("q") or query.get("reference") or "").strip(),
        filter=query.get("filter") or "",
        at=_at(query),
    )


def _at(query: QueryParams) -> queue.At:
    if query.get("at") == "last":
        return queue.At("last")
    if before := query.get("before"):
        return queue.At("until", before)
    return queue.At("after", query.get("after") or "")


def back_of(text: str) -> str:
    """The query of the queue a form was posted from; parameters the queue does not know are left out."""
    pairs = parse_qsl(text[:LONGEST_BACK])[: len(KNOWN)] if text.count("&") < 2 * len(KNOWN) else []
    query = urlencode([(name, value) for name, value in pairs if name in KNOWN])
    return f"?{query}" if query else ""


def asked_again(request: Request, back: str, views: Mapping[str, queue.View]) -> Asked:
    """What the queue a form was posted from asked for; the first view where that cannot be told."""
    scope = {**request.scope, "query_string": back.removeprefix("?").encode()}
    try:
        return read_asked(Request(scope), views)
    except NotFound:
        return read_asked(Request({**request.scope, "query_string": b""}), views)


def beginning(asked: Asked) -> Asked:
    """The same list from its beginning."""
    return replace(asked, at=queue.At())
