"""What we touch of starlette-admin beyond its public interface, one test for each name. Pinned to 1.0.3."""

import importlib
import inspect
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
import starlette_admin
from starlette.middleware import Middleware
from starlette.types import Receive, Scope, Send
from starlette_admin import BaseAdmin, i18n
from starlette_admin.auth import AuthProvider
from starlette_admin.security.csrf import CSRFMiddleware
from starlette_admin.views import BaseView, CustomView

from admin import notices as shown_once
from admin import site
from tests.admin.conftest import Visitor
from tests.admin.sample import Collection, Door, sample_admin

Visit = Callable[..., Visitor]
THEIRS = Path(starlette_admin.__file__).parent


def parameters(function: Callable[..., object]) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_one_these_names_were_read_in() -> None:
    assert version("starlette-admin") == "1.0.3"


def test_template_response_is_the_door_of_every_stock_page() -> None:
    source = inspect.getsource(BaseAdmin)
    assert parameters(BaseAdmin._template_response) == ["self", "request", "name", "context", "status_code"]
    assert source.count(".TemplateResponse(") == 1


def test_render_error_handles_http_exceptions() -> None:
    assert parameters(BaseAdmin._render_error) == ["self", "request", "exc"]
    assert "exception_handlers={HTTPException: self._render_error}" in inspect.getsource(BaseAdmin.mount_to)


def test_views_holds_what_add_view_was_given(rows: Collection, notices: Collection, door: Door) -> None:
    admin = sample_admin(rows, notices, door)
    assert [view.menu_label for view in admin._views] == ["審査キュー", "台帳", "運用"]


def test_admin_is_stamped_on_every_view(rows: Collection, notices: Collection, door: Door) -> None:
    admin = sample_admin(rows, notices, door)
    assert BaseView._admin is None
    assert all(view._admin is admin for view in admin._views)


def test_custom_views_are_wrapped_with_is_accessible() -> None:
    assert "is_accessible" in inspect.getsource(BaseAdmin._wrap_extra_route)
    assert parameters(CustomView.__init__)[1:] == [
        "menu_label",
        "icon",
        "path",
        "widget",
        "route_name",
        "add_to_menu",
    ]


def test_middlewares_are_read_when_the_admin_is_mounted(
    rows: Collection, notices: Collection, door: Door
) -> None:
    admin = sample_admin(rows, notices, door)
    assert all(isinstance(middleware, Middleware) for middleware in admin.middlewares)
    assert "middleware=self.middlewares" in inspect.getsource(BaseAdmin.mount_to)


def test_the_form_guard_signs_what_it_gives_and_knows_these_names() -> None:
    assert CSRFMiddleware.field_name == "csrftoken"
    assert CSRFMiddleware.header_name == "X-CSRFToken"
    signer = CSRFMiddleware(asgi, "s" * 32)._signer
    assert signer.loads(signer.dumps("token")) == "token"
    assert "request.state.csrf_token" in inspect.getsource(CSRFMiddleware.dispatch)


def test_flash_messages_wait_in_this_cookie_and_this_state() -> None:
    flashing = importlib.import_module("starlette_admin.flash")
    assert flashing._FLASH_COOKIE == shown_once.FLASH_COOKIE
    assert "admin_flash_pending" in inspect.getsource(flashing.flash)
    assert "admin_flash_consumed" in inspect.getsource(flashing.get_flashed_messages)
    assert flashing.FlashMiddleware(asgi, "s" * 32)._cookie.loads("forged") is None


async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says nothing."""


def test_catalogues_are_a_dictionary_by_locale() -> None:
    assert isinstance(i18n.translations, dict)
    assert isinstance(i18n.SUPPORTED_LOCALES, list)


def test_the_sign_in_page_is_asked_with_templates() -> None:
    assert parameters(AuthProvider.render_login) == ["self", "request", "templates"]
    assert parameters(AuthProvider.render_logout) == ["self", "request"]


def test_only_two_inline_handlers_are_shipped_and_both_are_bound_again() -> None:
    shipped = {
        handler
        for path in (THEIRS / "templates").rglob("*.html")
        for handler in re.findall(r'\son[a-z]+="[^"]*"', path.read_text())
    }
    assert shipped == {' onchange="window.location = this.value"', ' onclick="applyColumnVisibility()"'}
    ours = (Path(site.__file__).parent / "static/stock.js").read_text()
    assert all(f"data-{handler.strip()}" in ours for handler in shipped)


def test_the_stock_layout_has_no_block_ours_lacks() -> None:
    ours = "".join(
        (Path(site.__file__).parent / "templates" / name).read_text() for name in ("base.html", "layout.html")
    )
    filled = {
        block
        for page in ("list", "create", "edit", "detail", "index")
        for block in re.findall(r"{% block (\w+)", (THEIRS / f"templates/{page}.html").read_text())
    }
    outer = {"header", "content", "modal", "head_css", "script"}
    assert outer <= filled
    assert all(f"{{% block {block} %}}" in ours for block in outer)


@pytest.mark.usefixtures("filled")
async def test_a_status_set_by_a_refusal_reaches_the_stock_form(visit: Visit) -> None:
    answer = await visit().post_form("/admin/notices/edit?pk=n1", {"title": "x", "_revision": "9"})
    assert answer.status_code == 409
