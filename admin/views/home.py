"""The admin's first page: where one can go from here."""

from starlette.requests import Request
from starlette.responses import Response

from admin.language import lazy_gettext as _
from admin.views.page import Crumb, PageView, route


class HomePage(PageView):
    """Lists the menu with its sections; asks the database nothing."""

    def __init__(self) -> None:
        super().__init__(menu_label=_("Home"), icon="home", path="/", route_name="index", add_to_menu=False)

    def crumbs(self, request: Request) -> list[Crumb]:
        return [Crumb(self.menu_label)]

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        return self.page(request, "home.html")
