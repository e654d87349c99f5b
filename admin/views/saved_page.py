"""The page of saved views: keep a list as it is, rename, share, remove."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.crumbs import Crumb
from admin.views.filters import (
    PARAMETER,
    Place,
    build_href,
    place_of,
    places,
    read_at,
    said_label,
    without_position,
)
from admin.views.page import PageView, route
from admin.views.saved import SavedTab, query_of, restricted_in, tab_of, words_of_list
from models.documents.view import SavedView, ShownView
from models.errors import TorokuError, ViewRefused
from models.services import views
from models.services.views import LONGEST_NAME, LONGEST_QUERY


class SavedViewsPage(PageView):
    """``/views``: one's own views and those shared, place by place."""

    styles = ("filters.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Saved views"),
            path="/views",
            route_name="views",
            allowed=lambda request: may(request, "admin.enter"),
            add_to_menu=False,
        )

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Every view this person sees; ``for`` begins with one place."""
        known = {place.name: place for place in places(request)}
        found = await views.all_views(actor_of(request), known)
        wanted = request.query_params.get("for") or ""
        here = known.get(wanted)
        groups = [
            (said_label(place), [self._line(request, place, view) for view in found if view.place == name])
            for name, place in sorted(known.items(), key=lambda pair: pair[0] != wanted)
        ]
        return self.page(
            request,
            "saved_views.html",
            groups=[(label, lines) for label, lines in groups if lines],
            closed=[self._closed(request, view) for view in found if view.place not in known],
            back=f"{root_of(request)}{here.list_path}" if here else "",
            back_label=said_label(here) if here else "",
        )

    def _line(self, request: Request, place: Place, view: ShownView) -> tuple[SavedTab, str, str]:
        """A view, the address where it is changed and that where its filter is repaired; "" for neither."""
        tab = tab_of(request, place, view)
        change = self.url(request, f"/{view.id}/change") if views.may_change(actor_of(request), view) else ""
        text, others = query_of(view.query)
        repair = build_href(request, place, text, others) if tab.problems and tab.mine else ""
        return tab, change, repair

    def _closed(self, request: Request, view: ShownView) -> tuple[str, str, str]:
        """A view of a place that is gone, or not for this person to see: its name and where to change it."""
        change = self.url(request, f"/{view.id}/change") if views.may_change(actor_of(request), view) else ""
        return view.name, view.owner_name, change

    @route("/new", methods=["GET"])
    async def new(self, request: Request) -> Response:
        """The form that keeps a list as it is."""
        place = place_of(request, request.query_params.get("for") or "")
        return await self._form(request, place, _kept(request.query_params.get("query") or ""))

    @route("", methods=["POST"])
    async def save(self, request: Request) -> Response:
        """Keep a list as it is under a new name, or in place of a view of one's own."""
        form = await self.form(request, fields=10, field_bytes=4 * LONGEST_QUERY)
        place = place_of(request, text_of(form, "for"))
        query = _kept(text_of(form, "query", longest=4 * LONGEST_QUERY))
        name, instead = text_of(form, "name"), text_of(form, "instead", longest=40)
        shared = bool(form.get("shared"))
        try:
            view = await self._save(request, place, query, name, instead, shared)
        except TorokuError as refusal:
            typed = {"name": name, "shared": shared, "instead": instead}
            return await self._form(request, place, query, refusal=refusal, **typed)
        self.tell(request, N_("The view “{name}” is saved."), {"name": view.name})
        return RedirectResponse(f"{root_of(request)}{place.list_path}?{view.query}", status_code=303)

    async def _save(
        self, request: Request, place: Place, query: str, name: str, instead: str, shared: bool
    ) -> SavedView:
        site, actor = site_of(request), actor_of(request)
        if not instead:
            _may_share(request, place, query, shared)
            return await views.save_view(site, actor, place.name, name, query, shared=shared)
        view = await views.find_view(actor, instead)
        _may_share(request, place, query, view.shared)
        if view.place != place.name:
            raise ViewRefused
        return await views.change_view(site, actor, instead, query=query)

    async def _form(
        self,
        request: Request,
        place: Place,
        query: str,
        refusal: TorokuError | None = None,
        **typed: Any,
    ) -> Response:
        found, _flaws = read_at(request, place, query_of(query)[0])
        kept = await views.views_of(actor_of(request), place.name)
        label = said_label(place)
        return self.page(
            request,
            "saved_view.html",
            title=say("Save this view of {place}", {"place": label}),
            crumbs=[Crumb(say("Save"))],
            refusal=refusal,
            place=place,
            query=query,
            words=words_of_list(query, found),
            mine=[(str(view.id), view.name) for view in kept if _is_mine(request, view)],
            typed=typed,
            may_share=may(request, "view.share"),
            cancel=f"{root_of(request)}{place.list_path}?{query}",
            longest=LONGEST_NAME,
            view_id="",
            owner="",
        )

    @route("/{id}/change", methods=["GET"])
    async def one(self, request: Request) -> Response:
        """The form that renames, shares or removes a view."""
        return self._change_form(request, await self._changeable(request))

    @route("/{id}/change", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Rename a view, share it or no longer."""
        view = await self._changeable(request)
        form = await self.form(request, fields=5)
        name, shared = text_of(form, "name"), bool(form.get("shared"))
        try:
            if shared and not view.shared:
                _may_share(request, place_of(request, view.place), view.query, True)
            await views.change_view(
                site_of(request), actor_of(request), str(view.id), name=name, shared=shared
            )
        except TorokuError as refusal:
            return self._change_form(request, view, refusal, name=name, shared=shared)
        return self.back(request, f"?{urlencode({'for': view.place})}", done=N_("The view is changed."))

    @route("/{id}/remove", methods=["POST"])
    async def remove(self, request: Request) -> Response:
        """Remove a view."""
        await self.form(request, fields=5)
        view = await views.remove_view(site_of(request), actor_of(request), request.path_params["id"])
        self.tell(request, N_("The view “{name}” is removed."), {"name": view.name})
        return self.back(request, f"?{urlencode({'for': view.place})}")

    async def _changeable(self, request: Request) -> SavedView:
        return await views.changeable(actor_of(request), request.path_params["id"])

    def _change_form(
        self, request: Request, view: SavedView, refusal: TorokuError | None = None, **typed: Any
    ) -> Response:
        mine = _is_mine(request, view)
        return self.page(
            request,
            "saved_view.html",
            title=view.name,
            crumbs=[Crumb(view.name)],
            refusal=refusal,
            typed=typed or {"name": view.name, "shared": view.shared},
            may_share=view.shared or (mine and may(request, "view.share")),
            cancel=self.url(request),
            longest=LONGEST_NAME,
            view_id=str(view.id),
            owner="" if mine else view.owner_name,
        )


def _is_mine(request: Request, view: SavedView | ShownView) -> bool:
    return view.owner == actor_of(request).account_id


def _kept(query: str) -> str:
    """A list's query as it is kept: its parameters written anew, without where in the list one was."""
    text, others = query_of(without_position(query.removeprefix("?")))
    return "&".join(part for part in (others, urlencode({PARAMETER: text}) if text else "") if part)


def _may_share(request: Request, place: Place, query: str, shared: bool) -> None:
    """Raise ViewRefused when a view to be shared asks what not everybody may see."""
    if not shared:
        return
    askable = place.askable(request)
    found, _flaws = read_at(request, place, query_of(query)[0])
    labels: Sequence[Any] = restricted_in(query, found, askable)
    if labels:
        raise ViewRefused(
            N_("This view asks for “{label}”, which not everybody may see. It cannot be shared."),
            label=labels[0],
        )
