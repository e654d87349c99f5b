"""Record types published while the admin runs: their lists appear, and change, with the next request."""

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_admin import DropDown

from admin.language import lazy_gettext as _
from admin.site import SafeAdmin
from admin.views.record_list import RecordsView
from models.services.site import Site


class LiveRecords:
    """The menu's section of record types, kept in step with the registry."""

    def __init__(self) -> None:
        self.section = DropDown(_("Registered information"), views=[])
        self.admin: SafeAdmin | None = None
        self._views: dict[str, RecordsView] = {}
        self._seen: tuple[int, int] | None = None

    def follow(self, site: Site) -> None:
        """Take over what was published since; costs a comparison where nothing was."""
        now = id(site.registry), site.registry.revision
        if now == self._seen or self.admin is None:
            return
        for name, published in site.registry.all_current().items():
            states = site.lifecycles[published.definition.lifecycle].states
            if name in self._views:
                self._views[name].adopt(published.definition, states)
            else:
                self._views[name] = RecordsView(published.definition, states)
                self.admin.include(self._views[name], self.section)
        self.admin.redraw_menu()
        self._seen = now


class FollowTypes:
    """Middleware: before a request is answered, the record types are made current."""

    def __init__(self, app: ASGIApp, live: LiveRecords) -> None:
        self.app, self.live = app, live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site = scope.get("state", {}).get("site")
        if scope["type"] == "http" and site is not None:
            self.live.follow(site)
        await self.app(scope, receive, send)
