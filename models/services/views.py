"""Saved views of lists: each person's own, and those shared with all staff."""

import unicodedata
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final

from pydantic import ValidationError

from models.documents.base import new_id, read_id
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.store import Session
from models.documents.view import SavedView, ShownView, rewrite_view, shown_views
from models.errors import DuplicateValue, NotFound, ViewRefused
from models.permissions import Actor, allowed, require
from models.services.events import record_event
from models.services.site import Site

MOST_VIEWS: Final = 50
"""Most views one person keeps."""

MOST_SHARED: Final = 200
"""Most shared views that are shown of one place."""

LONGEST_NAME: Final = 60
"""Longest name of a view (characters)."""

LONGEST_QUERY: Final = 8000
"""Longest query of a list that is kept (characters, as the address writes it)."""


async def views_of(actor: Actor, place: str) -> list[ShownView]:
    """The views `actor` sees of one place: their own by name, then what others share."""
    seen: dict[str, Any] = {"place": place, "$or": [{"owner": actor.account_id}, {"shared": True}]}
    return await _sorted(actor, seen)


async def all_views(actor: Actor, places: Collection[str]) -> list[ShownView]:
    """Their own views of every place, and those shared at `places`; whoever may take shared views away sees
    all that are shared."""
    require(actor, "admin.enter")
    shared: dict[str, Any] = {"shared": True}
    if not allowed(actor, "view.manage"):
        shared["place"] = {"$in": list(places)}
    return await _sorted(actor, {"$or": [{"owner": actor.account_id}, shared]})


async def _sorted(actor: Actor, where: Mapping[str, Any]) -> list[ShownView]:
    views = await shown_views(where, MOST_VIEWS + MOST_SHARED)
    return sorted(views, key=lambda view: (view.place, view.owner != actor.account_id, view.name))


def _read(row: Mapping[str, Any] | None) -> SavedView | None:
    """A stored view; None for one that is not there or cannot be used."""
    try:
        view: SavedView | None = None if row is None else SavedView.model_validate(row)
    except ValidationError:
        return None
    return view


async def find_view(actor: Actor, identifier: str) -> SavedView:
    """A view `actor` sees. Raises NotFound, also for the private view of somebody else."""
    require(actor, "admin.enter")
    view = _read(await SavedView.raw().find_one({"_id": read_id(identifier)}))
    if view is None or (view.owner != actor.account_id and not view.shared):
        raise NotFound
    return view


def may_change(actor: Actor, view: SavedView | ShownView) -> bool:
    """Whether `actor` may rename or remove `view`: their own, or a shared one by permission."""
    return view.owner == actor.account_id or (view.shared and allowed(actor, "view.manage"))


async def save_view(
    site: Site, actor: Actor, place: str, name: str, query: str, *, shared: bool = False
) -> SavedView:
    """Keep `query`, the state of the list at `place`, under a name.

    Raises ViewRefused, DuplicateValue for a name they have given there already, NotAllowed."""
    require(actor, "view.share" if shared else "admin.enter")
    if actor.account_id is None:
        raise NotFound
    view = SavedView(
        id=new_id(),
        place=place,
        name=_name(name),
        query=_query(query),
        owner=actor.account_id,
        owner_name=actor.name,
        shared=shared,
        created_at=site.now(),
        updated_at=site.now(),
    )

    async def write(session: Session) -> None:
        if await SavedView.raw().count_documents({"owner": view.owner}, session=session) >= MOST_VIEWS:
            raise ViewRefused("You keep {limit} views already. Remove one first.", limit=MOST_VIEWS)
        await insert_or(_taken(), view, session)
        await record_event(site, actor, "view.saved", _subject(view), session, shared=shared)

    await site.store.transaction(write)
    return view


async def change_view(
    site: Site,
    actor: Actor,
    identifier: str,
    *,
    name: str | None = None,
    query: str | None = None,
    shared: bool | None = None,
) -> SavedView:
    """Give a view another name, another state of the list, or share it or no longer.

    Raises as ``save_view``, and NotFound."""
    view = await changeable(actor, identifier)
    if shared and not view.shared:
        require(actor, "view.share")
    if view.owner != actor.account_id and query is not None:
        raise ViewRefused("Only {who} can change what this view shows.", who=view.owner_name)
    changes = {
        **({} if name is None else {"name": _name(name)}),
        **({} if query is None else {"query": _query(query)}),
        **({} if shared is None else {"shared": shared}),
    }
    changed = sorted(key for key, value in changes.items() if getattr(view, key) != value)
    if changed:
        await site.store.transaction(_writing(site, actor, view, {key: changes[key] for key in changed}))
    changed_view: SavedView = view.model_copy(update=changes)
    return changed_view


def _writing(
    site: Site, actor: Actor, view: SavedView, changes: Mapping[str, Any]
) -> Callable[[Session], Awaitable[None]]:
    async def write(session: Session) -> None:
        values = {**changes, "updated_at": site.now()}
        if not await rewrite_view(_as_seen(view), values, session, _taken()):
            raise NotFound
        told = {"name": changes["name"]} if "name" in changes else {}
        told |= {"shared": changes["shared"]} if "shared" in changes else {}
        await record_event(
            site, actor, "view.changed", _subject(view), session, changed=sorted(changes), **told
        )

    return write


async def remove_view(site: Site, actor: Actor, identifier: str) -> SavedView:
    """Remove a view. Raises NotFound, NotAllowed."""
    view = await changeable(actor, identifier)

    async def write(session: Session) -> None:
        done = await SavedView.raw().delete_one(_as_seen(view), session=session)
        if not done.deleted_count:
            raise NotFound
        await record_event(site, actor, "view.removed", _subject(view), session, owner=view.owner_name)

    await site.store.transaction(write)
    return view


async def changeable(actor: Actor, identifier: str) -> SavedView:
    """A view `actor` may rename or remove. Raises NotFound, NotAllowed."""
    view = await find_view(actor, identifier)
    if not may_change(actor, view):
        require(actor, "view.manage")
    return view


def _as_seen(view: SavedView) -> dict[str, Any]:
    """The view while it is still shared, or not, as it was when the right to change it was looked at."""
    return {"_id": view.id, "shared": view.shared}


def _taken() -> DuplicateValue:
    return DuplicateValue("You already have a view of this name here.", field="name")


def _subject(view: SavedView) -> Subject:
    return Subject(kind="view", id=view.id, label=f"{view.place}: {view.name}")


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ViewRefused("A view needs a name of at most {limit} characters.", limit=LONGEST_NAME)
    return name


def _query(text: str) -> str:
    if len(text) > LONGEST_QUERY or not text.isascii() or not text.isprintable():
        raise ViewRefused("What this list shows is too long to be kept as a view.")
    return text
