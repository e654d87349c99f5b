"""Record types published while the admin runs: their lists appear, and change, with the next request."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import DropDown

from admin.language import lazy_gettext as _
from admin.language import spoken
from admin.site import SafeAdmin
from admin.views.record_list import RecordsView
from models.configuration.load import Configuration
from models.language import Text
from models.schema.definition import RecordType
from models.services.site import Site
from models.workflow.definition import State


class LiveRecords:
    """The menu's sections of record types, kept in step with the registry: what operators keep up to date,
    and what is filed once (ends of use, consents, self-assessments, cases). Of several modules, those behind
    the first have a section each (`areas`: what the module of a type is called)."""

    def __init__(self, areas: Mapping[str, Text] | None = None) -> None:
        self.registered = DropDown(_("Registered information"), views=[])
        self.filed = DropDown(_("Filings and cases"), views=[])
        self._areas = areas or {}
        self._sections = {each: DropDown(spoken(each), views=[]) for each in self._areas.values()}
        self.admin: SafeAdmin | None = None
        self._views: dict[str, RecordsView] = {}
        self._seen: tuple[int, int] | None = None

    @property
    def sections(self) -> list[DropDown]:
        """The sections, in the order of the menu."""
        return [self.registered, self.filed, *self._sections.values()]

    def begin(self, admin: SafeAdmin, configuration: Configuration) -> None:
        """Show the record types of the files, until what is published is known."""
        self.admin = admin
        for definition in sorted(configuration.enabled_types, key=self._is_filed_apart):
            self._show(
                admin, definition, configuration.lifecycles[definition.lifecycle].shown_to("staff").states
            )
        admin.redraw_menu()

    def follow(self, site: Site) -> None:
        """Take over what was published since; costs a comparison where nothing was."""
        now = id(site.registry), site.registry.revision
        if now == self._seen or self.admin is None:
            return
        for published in site.registry.all_current().values():
            definition = published.definition
            self._show(self.admin, definition, site.lifecycles[definition.lifecycle].shown_to("staff").states)
        self.admin.redraw_menu()
        self._seen = now

    def _show(self, admin: SafeAdmin, definition: RecordType, states: Mapping[str, State]) -> None:
        if definition.name in self._views:
            self._views[definition.name].adopt(definition, states)
        elif definition.enabled:
            self._views[definition.name] = RecordsView(definition, states)
            admin.include(self._views[definition.name], self._section(definition))

    def _section(self, definition: RecordType) -> DropDown:
        area = self._areas.get(definition.name)
        if area is not None:
            return self._sections[area]
        return self.registered if _is_kept(definition) else self.filed

    def _is_filed_apart(self, definition: RecordType) -> bool:
        """Whether it comes last: what is filed once stands behind what is kept in a section of both."""
        return definition.name in self._areas and not _is_kept(definition)


def _is_kept(definition: RecordType) -> bool:
    return "change" in definition.applications.kinds


class FollowTypes:
    """Middleware: before a request is answered, the record types are made current."""

    def __init__(self, app: ASGIApp, live: LiveRecords) -> None:
        self.app, self.live = app, live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = scope.get("state", {}).get("site")
        if scope["type"] == "http" and site is not None:
            self.live.follow(site)
        await self.app(scope, receive, send)
