"""The pages of the staff's site that are measured: lists of records however many there are, the queue, the
page of a review."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import quote

from app.bench.client import get
from app.bench.filling import RARE, name_of
from app.bench.load import Requests
from app.bench.pages import Page
from models.documents.store import Store
from models.schema.definition import RecordType, singles
from models.services.site import Site

DEPTH = 100_000
"""How deep in a list a page is asked for; half of it where there are fewer."""

LIST, REVIEW = 0.5, 0.4
"""Floors: shares of the raw rate."""


@dataclass(frozen=True, slots=True)
class Timed:
    """An address whose median latency alone is measured; above `limit` (milliseconds) or `times` the first
    page it is flagged."""

    name: str
    address: str
    limit: float | None = None
    times: float | None = None


def compared(kind: RecordType, token: str, reviews: list[str]) -> list[Page]:
    """The pages that are measured against the raw server."""
    path = f"/admin/{kind.name}/list"
    sort = next((f.order_path(f"data.{f.name}") for f in kind.fields if f.sortable), "number")
    pages = [
        ("list", path, LIST),
        ("list, filtered by state", f"{path}?lifecycle__eq=active", LIST),
        ("list, sorted by an answer", f"{path}?sort={sort}__asc", LIST),
        ("queue", "/admin/queue", None),
    ]
    found = [Page(name, 200, _asking(address, token), floor) for name, address, floor in pages]

    def review(_side: int, _worker: int) -> Requests:
        return cycle(get(f"/admin/applications/{reference}", token) for reference in reviews)

    return [*found, Page("review page", 200, review, REVIEW)]


def _asking(address: str, token: str) -> "_Asking":
    return _Asking(address, token)


@dataclass(frozen=True, slots=True)
class _Asking:
    address: str
    token: str

    def __call__(self, _side: int, _worker: int) -> Iterator[bytes]:
        return cycle([get(self.address, self.token)])


async def timed(site: Site, kind: RecordType) -> list[Timed]:
    """The addresses whose latency is measured: every order that is offered, pages at depth, searches."""
    path = f"/admin/{kind.name}/list"
    sorts = ["number", "lifecycle", "updated_at"]
    sorts += [f"data.{'.'.join(names)}" for names, field in singles(kind.fields) if field.sortable]
    offered = [Timed(f"sorted by {name}", f"{path}?sort={name}__desc") for name in sorts]
    title = f"data.{kind.title.strip('{}')}"
    deep = await _row_at(site.store, kind, [("_id", -1)])
    named = await _row_at(site.store, kind, [(title, 1), ("_id", 1)])
    searched = (("rare", RARE, 30.0), ("common", "太陽光", 15.0), ("none", "無き言葉", 5.0))
    return [
        Timed("page 1", path),
        *offered,
        Timed("at depth", f"{path}?after={deep}&page=2001", times=1.3),
        Timed(f"at depth, sorted by {title}", f"{path}?sort={title}__asc&after={named}", times=1.3),
        Timed("last page", f"{path}?at=end"),
        *(Timed(f"search, {how}", f"{path}?q={quote(text)}", limit) for how, text, limit in searched),
        Timed("search, a number", f"{path}?q={5:010}"),
        Timed("search, one character", f"{path}?q={quote('第')}"),
        Timed("search, common, sorted", f"{path}?q={quote(name_of(1)[:6])}&sort={title}__asc"),
    ]


async def _row_at(store: Store, kind: RecordType, order: list[tuple[str, int]]) -> str:
    collection = store.mongo[kind.collection]
    depth = min(DEPTH, await collection.estimated_document_count() // 2)
    found = await collection.find({}, {"_id": 1}).sort(order).skip(depth).limit(1).to_list(None)
    return str(found[0]["_id"])
