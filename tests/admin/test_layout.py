"""The frame of every page: landmarks, one heading, where one is, who one is."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from tests.admin.conftest import Visitor

Visit = Callable[..., Visitor]
PAGES = [
    "/",
    "/queue",
    "/applications/list",
    "/applications/detail?pk=id1",
    "/notices/list",
    "/notices/create",
    "/notices/edit?pk=n1",
    "/notices/detail?pk=n1",
    "/nothing",
]

pytestmark = pytest.mark.usefixtures("filled")


class Outline(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


async def outline(visitor: Visitor, address: str) -> Outline:
    return Outline((await visitor.get(f"/admin{address}")).text)


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_has_its_landmarks_and_one_heading(visit: Visit, address: str) -> None:
    page = await outline(visit(), address)
    assert page.all("html")[0]["lang"] == "ja"
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1
    assert len(page.all("header")) == 1
    assert page.all("main")[0]["id"] == "content"
    links = page.all("a")
    assert (links[0]["href"], links[0]["class"]) == ("#content", "a-skip")
    names = [nav.get("aria-label") for nav in page.all("nav")]
    assert "メインメニュー" in names
    assert all(names)
    assert len(names) == len(set(names))


@pytest.mark.parametrize("address", PAGES)
async def test_ids_are_unique(visit: Visit, address: str) -> None:
    page = await outline(visit(), address)
    ids = [attributes["id"] for _, attributes in page.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))


async def test_the_sign_in_page_has_no_menu(visit: Visit) -> None:
    page = await outline(visit(""), "/login")
    assert page.all("nav") == []
    assert len(page.all("h1")) == 1
    assert len(page.all("main")) == 1


@pytest.mark.parametrize(
    ("address", "current"),
    [
        ("/queue", "/admin/queue"),
        ("/applications/list?page=2", "/admin/applications/list"),
        ("/applications/detail?pk=id1", "/admin/applications/list"),
        ("/notices/edit?pk=n1", "/admin/notices/list"),
    ],
)
async def test_the_menu_says_where_one_is(visit: Visit, address: str, current: str) -> None:
    page = await outline(visit(), address)
    menu = [
        link
        for link in page.all("a")
        if (link.get("href") or "").startswith("/admin/") and "class" not in link
    ]
    here = [
        link["href"] for link in menu if link.get("aria-current") == "page" and "?" not in str(link["href"])
    ]
    assert here == [current]


async def test_the_menu_shows_only_what_one_may_open(visit: Visit) -> None:
    html = (await visit("visitor").get("/admin/")).text
    assert "/admin/notices/list" in html
    assert "/admin/notices/create" not in (await visit("visitor").get("/admin/notices/list")).text
    assert (await visit("visitor").get("/admin/notices/create")).status_code == 403


async def test_one_sees_who_one_is_and_can_leave(visit: Visit) -> None:
    visitor = visit()
    html = (await visitor.get("/admin/")).text
    assert "山田 花子" in html
    assert '<form class="a-leave" method="post" action="/admin/logout">' in html
    answer = await visitor.post_form("/admin/logout", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/login")
    assert (await visitor.get("/admin/")).status_code == 303


async def test_every_input_of_the_list_has_a_label(visit: Visit) -> None:
    page = await outline(visit(), "/applications/list")
    labels = {label.get("for") for label in page.all("label")}
    shown = [one for tag in ("input", "select") for one in page.all(tag) if one.get("type") != "hidden"]
    assert shown
    assert [one for one in shown if one.get("id") not in labels] == []


async def test_a_title_of_the_configuration_follows_the_language(visit: Visit) -> None:
    assert "<title>審査キュー – 系統接続 登録システム</title>" in (await visit().get("/admin/queue")).text
    assert "Grid registration</title>" in (await visit(accept_language="en").get("/admin/queue")).text
