"""One's own inbox: what waits, what is new, what is done, in the reader's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from urllib.parse import quote

from models.documents.application import Application
from models.documents.base import Id, read_id
from models.documents.guarded import update_where
from models.documents.inbox import InboxItem
from models.documents.request import Request
from models.documents.windows import Order, place_of, read_place, read_rows
from models.errors import NotFound, SignInRequired
from models.language import Language, Message, Text
from models.permissions import Actor, allowed, may_use, may_view
from models.schema.definition import RecordType
from models.services.day_words import day_text, until_text
from models.services.inbox_kinds import KINDS, Kind
from models.services.inbox_writing import done_at
from models.services.seeing import rows
from models.services.side_words import side_words
from models.services.site import Site

Tab = Literal["open", "unread", "done"]

TABS: tuple[Tab, ...] = ("open", "unread", "done")
"""What is not done, of that what was not read, and what is done."""

STATES: Mapping[Tab, tuple[str, ...]] = {
    "open": ("unread", "read"),
    "unread": ("unread",),
    "done": ("done",),
}

PAGE = 25
MOST_UNREAD = 99
"""What is unread is counted no further."""

NEWEST = Order("at", "moment", down=True)

Facts = tuple[str | Text, ...]
Titles = Mapping[Id | None, Facts]
"""What helps to know which one an item is about, by the id of that."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item as it is read: the sentence, what helps to know which one it is, where it leads."""

    id: Id
    text: Message
    facts: tuple[str | Text, ...]
    page: str
    item: InboxItem
    due: date | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an inbox, with the places before and after it ("" where there is nothing)."""

    lines: Sequence[Line]
    previous: str
    following: str


async def unread(site: Site, account_id: Id) -> int:
    """How many items an account has not read, counted no further than one more than MOST_UNREAD: from the
    index alone."""
    where = {"account_id": account_id, "state": "unread"}
    found = InboxItem.raw().find(where, {"_id": 0, "state": 1}).limit(MOST_UNREAD + 1)
    return len(await found.to_list(None))


async def page_of(
    site: Site, actor: Actor, tab: Tab = "open", *, after: str = "", before: str = "", limit: int = PAGE
) -> Page:
    """A page of the actor's own inbox, the newest first. What they may no longer see is not on it, and is
    done from then on. Raises SignInRequired."""
    where = {**_own(actor), "state": {"$in": list(STATES[tab])}}
    place, back = read_place(after or before, NEWEST), bool(before)
    found = await read_rows(
        InboxItem.raw(), where, NEWEST, {}, limit + 1, place, back=back and place is not None
    )
    more = len(found) > limit
    kept = (found[1:] if back else found[:limit]) if more else found
    earlier, later = (more, True) if back and place else (place is not None, more)
    lines = await lines_of(site, actor, [InboxItem.model_validate(row) for row in kept])
    return Page(lines, _token(kept[:1], earlier), _token(kept[-1:], later))


def _token(found: Sequence[Mapping[str, Any]], wanted: bool) -> str:
    return place_of(found[0], NEWEST).token if found and wanted else ""


def _own(actor: Actor) -> dict[str, Any]:
    if actor.account_id is None:
        raise SignInRequired
    return {"account_id": actor.account_id}


async def waiting(site: Site, actor: Actor, limit: int) -> tuple[list[Line], int]:
    """What is not done, tasks by their last day first, at most `limit`; and how many there are in all,
    counted no further than MOST_UNREAD."""
    where = {**_own(actor), "state": {"$in": list(STATES["open"])}}
    found = InboxItem.raw().find(where).sort([("at", -1), ("_id", -1)]).limit(MOST_UNREAD)
    lines = await lines_of(site, actor, [InboxItem.model_validate(row) async for row in found])
    ordered = sorted(lines, key=lambda line: (not line.item.task, line.due or date.max))
    return ordered[:limit], len(lines)


# --- what is read ------------------------------------------------------------------------------------------


async def lines_of(site: Site, actor: Actor, items: Sequence[InboxItem]) -> list[Line]:
    """These items of the actor as they are read; those about what they may not see any more are left out,
    and done."""
    titles = await _titles(site, actor, items)
    lines = [_line(site, item, titles) for item in items if _is_seen(site, actor, item, titles)]
    gone = [item.id for item in items if not _is_seen(site, actor, item, titles) and item.state != "done"]
    if gone:
        await InboxItem.raw().update_many({"_id": {"$in": gone}}, {"$set": done_at(site.now())})
    return lines


def _is_seen(site: Site, actor: Actor, item: InboxItem, titles: Titles) -> bool:
    kind = KINDS.get(item.kind)
    if kind is None or kind.side != actor.kind or not allowed(actor, kind.needs):
        return False
    if actor.kind == "operator" and item.operator_id not in (None, actor.operator_id):
        return False
    return not (item.subject.kind == "application" or _is_of_record(item)) or item.subject.id in titles


def _is_of_record(item: InboxItem) -> bool:
    """Whether it is about a record itself, not about an application."""
    return item.type != "" and item.subject.kind == item.type


async def _titles(site: Site, actor: Actor, items: Sequence[InboxItem]) -> Titles:
    """What the applications, requests and records among `items` are called that the actor may see."""
    records = await _titles_of_records(site, actor, [item for item in items if _is_of_record(item)])
    named = records | await _titles_of_requests(items)
    wanted = [item.subject.id for item in items if item.subject.kind == "application"]
    if not wanted:
        return named
    found = Application.raw().find({"_id": {"$in": wanted}}, SHOWN)
    seen = [each async for row in found if may_view(actor, each := Application.model_validate(row))]
    hidden = await _hidden(site, actor, seen)
    return named | {each.id: _facts(actor, each) for each in seen if each.record_id not in hidden}


def _facts(actor: Actor, application: Application) -> Facts:
    """What an application is called; to the staff, with the operator it is of."""
    operator = application.operator_name
    if not application.title:
        return (operator,)
    if application.asked is None:
        return (application.title,)
    return (application.called, operator) if actor.kind == "staff" else (application.called,)


async def _titles_of_requests(items: Sequence[InboxItem]) -> dict[Id | None, Facts]:
    wanted = [item.subject.id for item in items if item.subject.kind == "request"]
    rows = await Request.raw().find({"_id": {"$in": wanted}}).to_list(None) if wanted else []
    return {row["_id"]: (Request.model_validate(row).called,) for row in rows}


async def _titles_of_records(site: Site, actor: Actor, items: Sequence[InboxItem]) -> dict[Id | None, Facts]:
    found: dict[Id | None, Facts] = {}
    for name in {item.type for item in items if item.type in site.records and may_use(actor, item.type)}:
        about = [item.subject.id for item in items if item.type == name]
        own = {"operator_id": actor.operator_id} if actor.kind == "operator" else {}
        query = {"$and": [{"_id": {"$in": about}, **own}, rows(site, actor, name)]}
        told = await site.records[name].rows(query, {"title": 1}, [("_id", 1)], 0, len(about))
        found |= {row["_id"]: (str(row.get("title", "")),) for row in told}
    return found


SHOWN = dict.fromkeys(
    (
        *("reference", "type", "kind", "schema_version", "state", "title", "operator_id", "operator_name"),
        *("by_staff", "applicant", "record_id", "created_at", "updated_at", "asked"),
    ),
    1,
)
"""What of an application is looked at: no answers."""


async def _hidden(site: Site, actor: Actor, found: Sequence[Application]) -> set[Id]:
    """The records these are about that the row rules keep from the actor; an operator sees what it applied
    for."""
    hidden: set[Id] = set()
    ruled = [each for each in found if actor.kind == "staff" or each.kind != "register"]
    for name in {each.type for each in ruled if each.record_id is not None}:
        about = [each.record_id for each in ruled if each.type == name and each.record_id is not None]
        if where := rows(site, actor, name):
            query = {"$and": [{"_id": {"$in": about}}, where]}
            left = await site.records[name].rows(query, {"_id": 1}, [("_id", 1)], 0, len(about))
            hidden |= set(about) - {row["_id"] for row in left}
    return hidden


def _line(site: Site, item: InboxItem, titles: Titles) -> Line:
    kind, due = KINDS[item.kind], site.calendar.due_day(item.due) if item.due else None
    title = Text.model_validate(item.values["title"]) if "title" in item.values else None
    facts = (*titles.get(item.subject.id, ()), title or "", str(item.values.get("who", "")))
    text = Message(kind.text.msgid, _values(site, item, due))
    return Line(_id(item), text, tuple(fact for fact in facts if fact), page_address(kind, item), item, due)


def _id(item: InboxItem) -> Id:
    return read_id(item.id)


def _values(site: Site, item: InboxItem, due: date | None) -> dict[str, Any]:
    """What the sentence puts in: names of the configuration in both languages, nothing of anybody."""
    published = site.registry.all_current().get(item.type)
    return {
        **side_words(site),
        "label": item.subject.label,
        "type": published.definition.label if published else Text(ja=item.type, en=item.type),
        "state": _state(site, item, published.definition) if published else "",
        "day": day_text(due) if due else "",
        "until": until_text(site, item.due) if item.due else "",
        "count": item.values.get("count", ""),
    }


def _state(site: Site, item: InboxItem, definition: RecordType) -> Text | str:
    """The state it tells of, in the words of the side that is told."""
    name = str(item.values.get("state", ""))
    if not _is_of_record(item):
        flow = site.workflows.get(definition.applications.workflow)
        return flow.states[name].label if flow and name in flow.states else ""
    states = site.lifecycles[definition.lifecycle].shown_to(KINDS[item.kind].side).states
    return states[name].label if name in states else ""


def page_address(kind: Kind, item: InboxItem) -> str:
    """The path an item leads to."""
    values = {"label": item.subject.label, "id": item.subject.id, "job": item.values.get("job", "")}
    values["type"] = item.type
    return kind.page.format_map({name: quote(str(value), safe="") for name, value in values.items()})


def sentence(line: Line, language: Language) -> str:
    """What an item says."""
    return line.text(language)


# --- what is written ---------------------------------------------------------------------------------------


async def open_item(site: Site, actor: Actor, identifier: Id, *, reads: bool = True) -> str:
    """Mark one's own item as read, which is done so unless it is a task; the path it leads to. Where it is
    only fetched ahead (`reads` False) nothing is marked. Raises NotFound."""
    where = {**_own(actor), "_id": identifier}
    row = await InboxItem.raw().find_one(where)
    lines = await lines_of(site, actor, [InboxItem.model_validate(row)]) if row else []
    if not lines:
        raise NotFound
    if reads and lines[0].item.state == "unread":
        change = _read(site, task=lines[0].item.task)
        await update_where(InboxItem, {**where, "state": "unread"}, {"$set": change})
    return lines[0].page


async def mark_read(site: Site, actor: Actor, identifier: Id) -> None:
    """Mark one's own item as read; once. Raises NotFound."""
    await open_item(site, actor, identifier)


async def mark_all_read(site: Site, actor: Actor) -> int:
    """Mark everything unread of one's own as read; how much that was."""
    marked = 0
    for task in (True, False):
        where = {**_own(actor), "state": "unread", "task": task}
        done = await InboxItem.raw().update_many(where, {"$set": _read(site, task=task)})
        marked += int(done.modified_count)
    return marked


def _read(site: Site, *, task: bool) -> dict[str, Any]:
    read = {"read_at": site.now()}
    return {**read, "state": "read"} if task else {**read, **done_at(site.now())}
