"""What every page shows around its content, prepared once so that drawing it costs microseconds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any, Protocol, Self, cast

from starlette.requests import Request
from starlette_admin import BaseModelView, CustomView, DropDown, Link
from starlette_admin.views import BaseView

from admin.actor import site_of
from admin.language import language
from admin.links import here, root_of
from models.services.side_words import side_words

STOCK = version("starlette-admin")

THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
"""How pages may look: as the reader's system has it, or always light, or always dark."""


class Counting(Protocol):
    """A view that says in the menu how much there is new."""

    def unread(self, request: Request) -> str:
        """How much, as it is shown; "" for nothing."""
        ...


class Choosing(Protocol):
    """A view that stands in the menu only where there is something for it."""

    def is_listed(self, request: Request) -> bool:
        """Whether it does."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: its view, its address under the admin's root (or a whole address of a link)."""

    view: BaseView
    path: str
    icon: str
    outside: bool = False
    counts: Counting | None = None
    chooses: Choosing | None = None

    @classmethod
    def of(cls, view: BaseView, path: str, icon: str, *, outside: bool = False) -> Self:
        """What the view has to say of its line is looked up here, once: Python takes long to tell whether
        something fulfils a protocol."""
        counts = cast("Counting", view) if hasattr(view, "unread") else None
        chooses = cast("Choosing", view) if hasattr(view, "is_listed") else None
        return cls(view, path, icon, outside, counts, chooses)


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under one heading; the first has none."""

    heading: Any
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """An entry as one person sees it now."""

    href: str
    label: Any
    icon: str
    current: bool
    unread: str = ""
    """How much there is new behind it, where its view says so; "" for nothing."""


def prepare(views: Iterable[BaseView]) -> tuple[Section, ...]:
    """The menu of `views`: those outside a ``DropDown`` first, then one section for each ``DropDown``."""
    loose: list[Entry] = []
    sections: list[Section] = []
    for view in views:
        if isinstance(view, DropDown):
            sections.append(Section(view.menu_label, tuple(_entries(view.views))))
        else:
            loose += _entries([view])
    return (Section("", tuple(loose)), *sections) if loose else tuple(sections)


def _entries(views: Iterable[BaseView]) -> Iterable[Entry]:
    for view in views:
        if isinstance(view, BaseModelView) and getattr(view, "in_menu", True):
            yield Entry.of(view, f"/{view.key}/list", view.icon or "records")
        elif isinstance(view, CustomView) and view.add_to_menu:
            yield Entry.of(view, view.path, view.icon or "page")
        elif isinstance(view, Link):
            yield Entry.of(view, view.url, view.icon or "link", outside=True)


class Frame:
    """The surroundings of one answer; templates know it as ``frame``. Costs nothing until it is drawn."""

    def __init__(self, request: Request, sections: Sequence[Section], assets: dict[str, str]) -> None:
        self.request = request
        self.sections = sections
        self.assets = assets
        self.root = root_of(request)

    @cached_property
    def person(self) -> Any:
        """Who is signed in, or None."""
        return getattr(self.request.state, "admin_user", None)

    @cached_property
    def unreachable(self) -> bool:
        """Whether mails to who is signed in come back and are not sent."""
        return self.person is not None and bool(getattr(self.request.scope.get("user"), "unreachable", False))

    @cached_property
    def words(self) -> dict[str, str]:
        """What the site calls its operators (``models.services.side_words``), in the reader's language."""
        return {name: word(language()) for name, word in side_words(site_of(self.request)).items()}

    @cached_property
    def language(self) -> str:
        return language()

    @cached_property
    def theme(self) -> str:
        """How the reader wants pages to look."""
        chosen = self.request.cookies.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else "auto"

    @cached_property
    def here(self) -> str:
        """Where to come back to after the language changed."""
        return here(self.request)

    def menu(self) -> list[tuple[Any, list[Item]]]:
        """Headings with the items this person may open; empty sections are left out."""
        drawn = ((section.heading, self._items(section)) for section in self.sections)
        return [(heading, items) for heading, items in drawn if items]

    def _items(self, section: Section) -> list[Item]:
        request = self.request
        return [
            Item(
                entry.path if entry.outside else self.root + entry.path,
                entry.view.menu_label,
                entry.icon,
                entry.view.is_active(request),
                entry.counts.unread(request) if entry.counts else "",
            )
            for entry in section.entries
            if entry.view.is_accessible(request)
            and (entry.chooses is None or entry.chooses.is_listed(request))
        ]

    def asset(self, name: str) -> str:
        """The address of a static file of ours, with its version; raises ``KeyError`` for an unknown one."""
        return self.root + self.assets[name]

    def stock(self, name: str) -> str:
        """The address of a static file starlette-admin ships."""
        return f"{self.root}/static/{name}?v={STOCK}"
