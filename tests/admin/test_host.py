"""A forged Host header reaches neither a page nor a redirect."""

import re
from collections.abc import Callable

import pytest
from httpx import ASGITransport, AsyncClient

from tests.admin.conftest import SITE, Visitor
from tests.admin.sample import Collection, EveryoneIn, sample_admin, sample_app

PAGES = [
    "/",
    "/applications/list",
    "/applications/list?sort=number__asc",
    "/notices/list",
    "/notices/create",
    "/notices/edit?pk=n1",
    "/notices/detail?pk=n1",
]

pytestmark = pytest.mark.usefixtures("filled")


@pytest.mark.parametrize("address", PAGES)
async def test_no_page_loads_or_links_the_forged_host(visit: Callable[..., Visitor], address: str) -> None:
    html = (await visit(host="evil.test").get(f"/admin{address}")).text
    assert "evil.test" not in html
    assert re.findall(r"""(?:href|src|action|Url)["']?\s*[=:]\s*["']\w+:[^"']*""", html) == []


async def test_the_next_visitor_sees_nothing_of_it(visit: Callable[..., Visitor]) -> None:
    for _ in range(3):
        await visit(host="evil.test").get("/admin/notices/create")
    assert "evil.test" not in (await visit().get("/admin/notices/create")).text


async def test_a_stranger_is_led_to_the_door_by_path(visit: Callable[..., Visitor]) -> None:
    answer = await visit("", host="evil.test").get("/admin/notices/list?q=a&page=2")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/admin/login?next=%2Fadmin%2Fnotices%2Flist%3Fq%3Da%26page%3D2"


async def test_with_allowed_hosts_a_forged_one_is_refused(rows: Collection, notices: Collection) -> None:
    app = sample_app(sample_admin(rows, notices, EveryoneIn(), allowed_hosts=["admin.test"]))
    async with AsyncClient(transport=ASGITransport(app=app), base_url=SITE) as visitor:
        assert (await visitor.get("/admin/")).status_code == 200
        assert (await visitor.get("/admin/", headers={"host": "evil.test"})).status_code == 400


async def test_a_redirect_after_a_form_is_a_path(visit: Callable[..., Visitor]) -> None:
    visitor = visit(host="evil.test")
    for address in (
        "/notices/edit?pk=n1",
        "/notices/edit?pk=n1&_origin=https://evil.test/admin/notices/list",
    ):
        answer = await visitor.post_form(f"/admin{address}", {"title": "x", "_revision": "1"})
        assert answer.headers.get("location", "/admin/notices/list") == "/admin/notices/list"
