"""Record types published while the admin runs: their lists appear, and change, with the next request."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import DropDown

from admin.language import lazy_gettext as _
from admin.site import SafeAdmin
from admin.views.record_list import RecordsView
from models.configuration.load import Configuration
from models.schema.definition import RecordType
from models.services.site import Site
from models.workflow.definition import State


class LiveRecords:
    """The menu's sections of record types, kept in step with the registry: what operators keep up to date,
    and what is filed once (ends of use, consents, self-assessments, cases)."""

    def __init__(self) -> None:
        self.registered = DropDown(_("Registered information"), views=[])
        self.filed = DropDown(_("Filings and cases"), views=[])
        self.admin: SafeAdmin | None = None
        self._views: dict[str, RecordsView] = {}
        self._seen: tuple[int, int] | None = None

    def begin(self, admin: SafeAdmin, configuration: Configuration) -> None:
        """Show the record types of the files, until what is published is known."""
        self.admin = admin
        for definition in configuration.enabled_types:
            self._show(admin, definition, configuration.lifecycles[definition.lifecycle].states)
        admin.redraw_menu()

    def follow(self, site: Site) -> None:
        """Take over what was published since; costs a comparison where nothing was."""
        now = id(site.registry), site.registry.revision
        if now == self._seen or self.admin is None:
            return
        for published in site.registry.all_current().values():
            definition = published.definition
            self._show(self.admin, definition, site.lifecycles[definition.lifecycle].states)
        self.admin.redraw_menu()
        self._seen = now

    def _show(self, admin: SafeAdmin, definition: RecordType, states: Mapping[str, State]) -> None:
        if definition.name in self._views:
            self._views[definition.name].adopt(definition, states)
        elif definition.enabled:
            self._views[definition.name] = RecordsView(definition, states)
            kept = "change" in definition.applications.kinds
            admin.include(self._views[definition.name], self.registered if kept else self.filed)


class FollowTypes:
    """Middleware: before a request is answered, the record types are made current."""

    def __init__(self, app: ASGIApp, live: LiveRecords) -> None:
        self.app, self.live = app, live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = scope.get("state", {}).get("site")
        if scope["type"] == "http" and site is not None:
            self.live.follow(site)
        await self.app(scope, receive, send)
