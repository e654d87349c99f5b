"""My inbox: what waits for a member of staff, what is new, what is done."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.page import PageView, route
from models.documents.base import read_id
from models.services import inbox
from models.services.inbox import MOST_UNREAD, Tab

TABS: dict[Tab, object] = {"open": _("To do and new"), "unread": _("Not read"), "done": _("Done")}


class InboxPage(PageView):
    """``/inbox``: one's own, in the menu with how much is unread."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Inbox"),
            icon="mail",
            path="/inbox",
            route_name="inbox",
            allowed=lambda request: may(request, "admin.enter"),
        )

    def unread(self, request: Request) -> str:
        """How much is unread, as far as it was counted; "" for nothing."""
        found = int(getattr(request.state, "unread", 0))
        return "" if not found else str(found) if found <= MOST_UNREAD else f"{MOST_UNREAD}+"

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """A page of one's own inbox."""
        site, actor, asked = site_of(request), actor_of(request), request.query_params
        tab = next((known for known in inbox.TABS if known == asked.get("show")), inbox.TABS[0])
        found = await inbox.page_of(
            site, actor, tab, after=asked.get("after", ""), before=asked.get("before", "")
        )
        return self.page(
            request,
            "inbox.html",
            found=found,
            tab=tab,
            tabs=[(self.url(request, show=name), TABS[name], name == tab) for name in inbox.TABS],
            earlier=self.url(request, show=tab, before=found.previous) if found.previous else "",
            later=self.url(request, show=tab, after=found.following) if found.following else "",
            today=site.today(),
            said=lambda text: text(language()) if callable(text) else text,
        )

    @route("/{id}", methods=["GET"])
    async def open(self, request: Request) -> Response:
        """Go where an item leads; it is read then. A browser that only fetches ahead reads nothing."""
        identifier = read_id(request.path_params["id"])
        ahead = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
        reads = "prefetch" not in ahead and "prerender" not in ahead
        target = await inbox.open_item(site_of(request), actor_of(request), identifier, reads=reads)
        return RedirectResponse(target, status_code=303)

    @route("/read", methods=["POST"])
    async def mark_read(self, request: Request) -> Response:
        """Mark one item as read, or all."""
        chosen = text_of(await self.form(request, fields=10), "item")
        if chosen:
            await inbox.mark_read(site_of(request), actor_of(request), read_id(chosen))
        else:
            await inbox.mark_all_read(site_of(request), actor_of(request))
        return self.back(request, done=N_("Marked as read."))
