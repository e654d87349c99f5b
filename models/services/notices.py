"""Notices as their readers see them (R26, R27): the editions that stand, what is over, what was withdrawn."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from models.documents.base import Id
from models.documents.publication import Importance, Publication
from models.documents.windows import PATIENCE, Order, place_of, read_place, read_rows
from models.language import Text
from models.permissions import Actor
from models.schema.patterns import literally
from models.services import audiences
from models.services.reading import Mark, Marks, marks_of, reads
from models.services.site import Site

Show = Literal["current", "unread", "owed", "past"]
"""Which notices: those that stand, those of them not read or not acknowledged yet, those that are over."""

PAGE = 20
PINNED_LIMIT = 10
"""Most notices that stand before all others."""

TEXT_LIMIT = 100
"""Longest text looked for (characters)."""

WITHDRAWN_FOR = timedelta(days=30)
"""How long a withdrawn notice is told of beside the list."""

FEW = 5
LATELY = 200
"""So many notices told last are looked at where only the newest are wanted."""

MOST_OWED = 100
"""Most notices to be acknowledged that are looked at, the ones with the latest day first."""

SEARCHED = ("title.ja", "title.en", "number", "pages.ja.text", "pages.en.text")

NEWEST = Order("published_at", "moment", down=True)

BRIEF: Mapping[str, Any] = dict.fromkeys(
    (
        *("number", "record_id", "edition", "title", "category", "category_label", "importance", "pinned"),
        *("acknowledge", "acknowledge_by", "starts_at", "ends_at", "published_at", "attachments.id", "shown"),
        *("archived_at", "withdrawn_at", "withdrawn_because"),
    ),
    1,
)
"""What a list reads of each: no article."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One notice of a list, with what its reader did with it."""

    id: Id
    number: str
    edition: int
    title: Text
    category: str
    category_label: Text
    importance: Importance
    pinned: bool
    published_at: datetime
    starts_at: datetime | None
    ends_at: datetime | None
    acknowledge_by: datetime | None
    attachments: int
    withdrawn_at: datetime | None
    withdrawn_because: str
    archived_at: datetime | None
    unread: bool
    """Whether the reader was told of it and has not read it."""
    owed: bool
    """Whether it is asked to be acknowledged and was not yet."""
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is asked for; "" and 0 for all."""

    show: Show = "current"
    category: str = ""
    year: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of notices, the pinned ones apart, with the places before and after it ("" where there is
    nothing)."""

    entries: Sequence[Entry] = ()
    pinned: Sequence[Entry] = ()
    previous: str = ""
    following: str = ""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a list can be narrowed by: categories with their labels, and the year the oldest is of."""

    categories: Mapping[str, Text]
    since: int


VISITOR = Actor(kind="visitor")


def at_public_door(actor: Actor) -> Actor:
    """Who reads on the pages for everybody: an operator reads what everybody does and has the portal for the
    rest; the staff, who have none, read theirs there."""
    return actor if actor.kind == "staff" else VISITOR


async def newest(actor: Actor, limit: int) -> list[Entry]:
    """The notices that stand, the pinned ones first, then the newest. Who came into an audience a moment ago
    finds what is for them on the whole list (``page``)."""
    marks = await marks_of(actor, most=LATELY)
    open_to = {"open_to": {"$in": audiences.openings(actor)}}
    where = {"shown": True, **({"$or": [open_to, {"_id": {"$in": list(marks)}}]} if marks else open_to)}
    pinned = await _rows({**where, "pinned": True}, limit)
    rest = await _rows({**where, "pinned": {"$ne": True}}, limit) if len(pinned) < limit else []
    return [_entry(row, marks) for row in [*pinned, *rest][:limit]]


async def page(site: Site, actor: Actor, asked: Asked, *, after: str = "", before: str = "") -> Page:
    """A page of the notices somebody may read, newest first; before the first of all, the pinned ones.
    Raises SearchTooWide."""
    marks = await marks_of(actor)
    where = await _wanted(site, actor, asked, marks)
    place = read_place(after or before, NEWEST)
    back = bool(before) and place is not None
    pinned = await _rows({**where, "pinned": True}, PINNED_LIMIT) if asked.show == "current" else []
    rest = {"$and": [where, {"_id": {"$nin": [row["_id"] for row in pinned]}}]} if pinned else where
    rows = await read_rows(Publication.raw(), rest, NEWEST, BRIEF, PAGE + 1, place, back=back)
    more = len(rows) > PAGE
    kept = (rows[1:] if back else rows[:PAGE]) if more else rows
    earlier, later = (more, True) if back else (place is not None, more)
    return Page(
        [_entry(row, marks) for row in kept],
        [] if earlier else [_entry(row, marks) for row in pinned],
        place_of(kept[0], NEWEST).token if kept and earlier else "",
        place_of(kept[-1], NEWEST).token if kept and later else "",
    )


async def withdrawn_lately(site: Site, actor: Actor) -> list[Entry]:
    """Notices somebody was told of that were withdrawn within WITHDRAWN_FOR, the last one first."""
    marks = await marks_of(actor, most=LATELY)
    if not marks:
        return []
    where = {
        "_id": {"$in": list(marks)},
        "shown": False,
        "replaced_at": None,
        "withdrawn_at": {"$gte": site.now() - WITHDRAWN_FOR},
    }
    rows = await Publication.raw().find(where, BRIEF).sort("withdrawn_at", -1).limit(FEW).to_list(None)
    return [_entry(row, marks) for row in rows]


async def owed(actor: Actor, limit: int) -> list[Entry]:
    """The notices somebody still has to acknowledge, the one to be acknowledged first."""
    if not reads(actor):
        return []
    where = {"shown": True, "acknowledge": True}
    found = Publication.raw().find(where, BRIEF).sort("acknowledge_by", -1).hint("to_acknowledge")
    rows = {row["_id"]: row for row in await found.limit(MOST_OWED).to_list(None)}
    marks = await marks_of(actor, rows) if rows else {}
    waiting = (_entry(rows[key], marks) for key, mark in marks.items() if mark.acknowledged_at is None)
    return sorted(waiting, key=_by_urgency)[:limit]


def _by_urgency(entry: Entry) -> tuple[bool, datetime]:
    return entry.acknowledge_by is None, entry.acknowledge_by or entry.published_at


async def choices(site: Site, actor: Actor) -> Choices:
    """What somebody's list can be narrowed by, as it was a moment ago."""
    openings = audiences.openings(actor)
    key = "notices", tuple(openings), actor.account_id is not None
    kept = await site.kept.get(key, lambda: _choices(site, actor, openings))
    return kept.value or Choices({}, site.today().year)


async def _choices(site: Site, actor: Actor, openings: Sequence[str]) -> Choices:
    kinds = [*openings, *(["listed"] if actor.account_id else [])]
    where = {"open_to": {"$in": kinds}, "replaced_at": None, "withdrawn_at": None}
    label, first = {"$first": "$category_label"}, {"$min": "$published_at"}
    grouped = {"$group": {"_id": "$category", "label": label, "first": first}}
    stages = [{"$match": where}, grouped, {"$sort": {"_id": 1}}]
    rows = await (await Publication.raw().aggregate(stages, maxTimeMS=PATIENCE)).to_list(None)
    since = min((row["first"].astimezone(site.calendar.zone).year for row in rows), default=site.today().year)
    return Choices({row["_id"]: Text.model_validate(row["label"]) for row in rows if row["_id"]}, since)


async def _wanted(site: Site, actor: Actor, asked: Asked, marks: Marks) -> dict[str, Any]:
    """The editions of one list. A withdrawn one is past for those who were told of it, for others gone."""
    readable, narrowed = await audiences.readable(site, actor), _narrowed(site, asked)
    if asked.show == "past":
        told = {"_id": {"$in": list(marks)}, "withdrawn_at": {"$ne": None}}
        over = {"archived_at": {"$ne": None}, "withdrawn_at": None, **readable}
        return {"shown": False, "replaced_at": None, "$or": [over, told], **narrowed}
    where = {"shown": True, **readable, **narrowed}
    if asked.show == "unread":
        where["_id"] = {"$in": [key for key, mark in marks.items() if mark.is_unread]}
    if asked.show == "owed":
        waiting = [key for key, mark in marks.items() if mark.acknowledged_at is None]
        where |= {"acknowledge": True, "_id": {"$in": waiting}}
    return where


def _narrowed(site: Site, asked: Asked) -> dict[str, Any]:
    """The filters of a list. What is typed is taken literally, in the width it was typed in and in the usual
    one."""
    where: dict[str, Any] = {"category": asked.category} if asked.category else {}
    conditions: list[dict[str, Any]] = []
    if asked.year:
        begin, end = (
            datetime(year, 1, 1, tzinfo=site.calendar.zone) for year in (asked.year, asked.year + 1)
        )
        conditions.append({"published_at": {"$gte": begin, "$lt": end}})
    if text := "".join(filter(str.isprintable, asked.text)).strip()[:TEXT_LIMIT]:
        ways = dict.fromkeys((text, unicodedata.normalize("NFKC", text)))
        cased = "i" if text.lower() != text.upper() else ""
        pattern = {"$regex": "|".join(map(literally, ways)), "$options": cased}
        conditions.append({"$or": [{place: pattern} for place in SEARCHED]})
    return {**where, "$and": conditions} if conditions else where


async def _rows(where: Mapping[str, Any], limit: int) -> list[Mapping[str, Any]]:
    return await read_rows(Publication.raw(), where, NEWEST, BRIEF, limit)


def _entry(row: Mapping[str, Any], marks: Marks) -> Entry:
    mark, asks, shown = marks.get(row["_id"], Mark()), bool(row.get("acknowledge")), bool(row.get("shown"))
    return Entry(
        id=row["_id"],
        number=row["number"],
        edition=row["edition"],
        title=Text.model_validate(row["title"]),
        category=row.get("category", ""),
        category_label=Text.model_validate(row.get("category_label") or {"ja": ""}),
        importance=row.get("importance", "normal"),
        pinned=bool(row.get("pinned")),
        published_at=row["published_at"],
        starts_at=row.get("starts_at"),
        ends_at=row.get("ends_at"),
        acknowledge_by=row.get("acknowledge_by") if asks else None,
        attachments=len(row.get("attachments") or ()),
        withdrawn_at=row.get("withdrawn_at"),
        withdrawn_because=row.get("withdrawn_because", ""),
        archived_at=row.get("archived_at"),
        unread=shown and mark.is_unread,
        owed=shown and asks and mark.is_told and mark.acknowledged_at is None,
        acknowledged_at=mark.acknowledged_at,
    )
