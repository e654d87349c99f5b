"""Every answer is under a strict policy, and no page needs more than it allows."""

import re
from collections.abc import Callable

import pytest
from jinja2 import DictLoader, Environment

from admin.headers import NONCE
from admin.loader import NonceLoader, without_inline
from tests.admin.conftest import Visitor

Visit = Callable[..., Visitor]
STOCK = ["/notices/list", "/notices/create", "/notices/edit?pk=n1", "/notices/detail?pk=n1"]
OWN = ["/", "/queue", "/applications/list", "/applications/detail?pk=id1", "/nothing-here"]

pytestmark = pytest.mark.usefixtures("filled")


def nonce_of(policy: str) -> str:
    found = re.search(r"script-src 'self' 'nonce-([\w-]{22})'", policy)
    assert found
    return found[1]


def unguarded(html: str, nonce: str) -> list[str]:
    """Scripts without the nonce, inline handlers, and addresses of other hosts that load something."""
    scripts = [tag for tag in re.findall(r"<script[^>]*>", html) if f'nonce="{nonce}"' not in tag]
    handlers = re.findall(r"<[^>]+\son[a-z]+\s*=[^>]*>", html)
    return scripts + handlers + re.findall(r"""(?:src|@import)\s*=?\s*(?:url\()?['"]https?:[^'"]*""", html)


@pytest.mark.parametrize("address", STOCK + OWN)
async def test_a_page_has_no_script_without_its_nonce(visit: Visit, address: str) -> None:
    answer = await visit().get(f"/admin{address}")
    policy = answer.headers["content-security-policy"]
    assert "<html" in answer.text
    assert unguarded(answer.text, nonce_of(policy)) == []


async def test_the_sign_in_page_has_no_script_without_its_nonce(visit: Visit) -> None:
    answer = await visit("").get("/admin/login")
    assert unguarded(answer.text, nonce_of(answer.headers["content-security-policy"])) == []


def test_the_check_finds_what_starlette_admin_ships() -> None:
    shipped = '<script>x()</script><select onchange="window.location = this.value">'
    assert len(unguarded(shipped, "n" * 22)) == 2


async def test_each_answer_has_a_nonce_of_its_own(visit: Visit) -> None:
    visitor = visit()
    answers = [await visitor.get("/admin/applications/list") for _ in range(3)]
    assert len({nonce_of(answer.headers["content-security-policy"]) for answer in answers}) == 3


@pytest.mark.parametrize("address", OWN)
async def test_our_own_pages_allow_no_inline_style(visit: Visit, address: str) -> None:
    answer = await visit().get(f"/admin{address}")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not re.search(r"<style|\sstyle=", answer.text)


@pytest.mark.parametrize("address", STOCK)
async def test_stock_pages_allow_inline_styles_but_no_inline_script(visit: Visit, address: str) -> None:
    policy = (await visit().get(f"/admin{address}")).headers["content-security-policy"]
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "'unsafe-inline'" not in policy.partition("style-src")[0]


@pytest.mark.parametrize("address", [*OWN, *STOCK, "/login", "/_api/notices/relation-lookup"])
async def test_every_answer_is_guarded_and_never_stored(visit: Visit, address: str) -> None:
    headers = (await visit().get(f"/admin{address}")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "base-uri 'none'" in headers["content-security-policy"]


async def test_a_broken_handler_answers_under_the_same_policy(visit: Visit) -> None:
    answer = await visit().post_form("/admin/queue/claim", {"number": "broken"})
    assert answer.status_code == 500
    assert unguarded(answer.text, nonce_of(answer.headers["content-security-policy"])) == []
    assert answer.headers["cache-control"] == "no-store"


async def test_versioned_files_may_be_kept_and_others_are_asked_for(visit: Visit) -> None:
    visitor = visit("")
    page = await visitor.get("/admin/login")
    address = re.search(r'href="(/admin/static/admin\.css\?v=\w+)"', page.text)
    assert address
    assert "immutable" in (await visitor.get(address[1])).headers["cache-control"]
    assert (await visitor.get("/admin/static/admin.css")).headers["cache-control"] == "no-cache"
    assert "immutable" not in (await visitor.get("/admin/static/gone.css?v=1")).headers["cache-control"]


def test_a_template_gets_its_nonce_once_it_is_loaded() -> None:
    env = Environment(loader=NonceLoader(DictLoader({"a": "<script src='x'></script>"})), autoescape=True)
    env.globals["csp_nonce"] = NONCE.get
    NONCE.set("drawn")
    assert env.get_template("a").render() == """<script nonce="drawn" src='x'></script>"""


def test_handlers_become_data_and_words_stay() -> None:
    source = '<a onclick="go()" data-on="1" title="on=off">on="x"</a>'
    assert without_inline(source) == '<a data-onclick="go()" data-on="1" title="on=off">on="x"</a>'
