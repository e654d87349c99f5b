"""Pages drawn by hand (the queue, a review) inside the admin's frame."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin import CustomView, flash, route

from admin.language import say
from admin.links import root_of
from admin.posted import LARGEST_FIELD, MOST_FIELDS, read_form
from admin.refusals import problems_of
from admin.views.crumbs import Crumb
from models.errors import ConfirmationRequired, TorokuError

if TYPE_CHECKING:
    from admin.site import SafeAdmin

__all__ = ["Crumb", "PageView", "route"]


class PageView(CustomView):
    """A page, or a family of pages under `path`, drawn from our own templates.

    Handlers are methods marked ``@route("", methods=["GET"])`` or ``@route("/{number}/approve",
    methods=["POST"])``; they answer with ``self.page(...)`` or ``self.back(...)``. Every handler is behind
    ``is_accessible``; every POST behind the form guard. A ``TorokuError`` a handler lets go becomes an
    error page with its own status; one it catches goes to ``self.page(..., refusal=error)`` and appears in
    the page's error summary.
    """

    scripts: ClassVar[Sequence[str]] = ()
    styles: ClassVar[Sequence[str]] = ()

    def __init__(
        self,
        *,
        menu_label: Any = None,
        icon: str | None = None,
        path: str | None = None,
        allowed: Callable[[Request], bool] | None = None,
        add_to_menu: bool | None = None,
        route_name: str | None = None,
    ) -> None:
        super().__init__(
            menu_label=menu_label, icon=icon, path=path, add_to_menu=add_to_menu, route_name=route_name
        )
        self._allowed = allowed

    @property
    def site(self) -> "SafeAdmin":
        """The admin this page belongs to."""
        return cast("SafeAdmin", self._admin)

    def is_accessible(self, request: Request) -> bool:
        """Whether this person may open the page (and sees it in the menu)."""
        return self._allowed is None or self._allowed(request)

    def is_active(self, request: Request) -> bool:
        """Whether the page being drawn is this one or lies beneath it."""
        path: str = request.scope["path"]
        here = path.removeprefix(root_of(request))
        return here == self.path or (self.path != "/" and here.startswith(f"{self.path}/"))

    def url(self, request: Request, rest: str = "", **query: Any) -> str:
        """An address under this page, as a path; `query` values that are None are left out."""
        asked = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
        return f"{root_of(request)}{self.path}{rest}" + (f"?{asked}" if asked else "")

    def crumbs(self, request: Request) -> list[Crumb]:
        """The way here: the admin's first page, then this one. Pages beneath add theirs."""
        return [Crumb(say("Home"), f"{root_of(request)}/"), Crumb(self.menu_label, self.url(request))]

    def page(
        self,
        request: Request,
        template: str,
        *,
        title: Any = None,
        crumbs: Sequence[Crumb] = (),
        refusal: TorokuError | None = None,
        status: int | None = None,
        **context: Any,
    ) -> Response:
        """Draws `template` (it extends ``page.html``).

        `crumbs` are the steps beneath this page. A `refusal` fills ``problems`` and sets the status, unless
        `status` is given; ConfirmationRequired goes on to the page that asks.
        """
        if isinstance(refusal, ConfirmationRequired):
            raise refusal
        way = [*self.crumbs(request), *crumbs]
        drawn = {
            "view": self,
            "title": title or self.menu_label,
            "crumbs": [*way[:-1], Crumb(way[-1].label)],
            "problems": problems_of(refusal) if refusal else (),
            "refusal_code": refusal.code if refusal else "",
            **context,
        }
        return self.site.render(request, template, drawn, status or (refusal.status if refusal else 200))

    async def form(
        self, request: Request, *, files: int = 0, fields: int = MOST_FIELDS, field_bytes: int = LARGEST_FIELD
    ) -> FormData:
        """The posted form, within limits; see ``admin.posted.read_form``."""
        return await read_form(request, files=files, fields=fields, field_bytes=field_bytes)

    def back(
        self, request: Request, rest: str = "", *, done: str = "", values: Mapping[str, Any] | None = None
    ) -> Response:
        """After a POST: on to a page under this one (303), with `done` (a message id) shown there once."""
        if done:
            self.tell(request, done, values)
        return RedirectResponse(self.url(request, rest), status_code=303)

    def tell(
        self, request: Request, msgid: str, values: Mapping[str, Any] | None = None, kind: str = "success"
    ) -> None:
        """Shows `msgid` once on the next page drawn; `kind` is success, info, warning or error."""
        flash(request, say(msgid, values), kind)
