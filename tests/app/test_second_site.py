"""Another body of rules is a site of its own: first pages of both doors, and no word of another trade."""

import re
from pathlib import Path

import httpx
import pytest

from app.database import Database
from app.demo import load_demo
from app.main import create_app
from app.opening import build_site, configuration_of
from app.settings import ROOT, Settings
from models.clock import system_clock, system_entropy
from tests.app.people import Member, Operator
from tests.clock import Hands
from tests.forms.reader import Document

pytestmark = pytest.mark.slow

WORDS = re.compile(r"容量|オークション|電源等|capacity|auction", re.IGNORECASE)
"""What only the market speaks of."""

LEFT = re.compile(r"logout|static|export|language|theme|\.csv|\.ics")
SITES = {
    "smart_meter": (("grid-reviewer", "grid-system", "grid-steward"), ("mirai-admin", "7M01")),
    "example_permits": (("desk", "chief"), ("mori", "")),
}


def words_of(html: str) -> list[str]:
    """The words of the market a reader sees."""
    body = next((e.text for e in Document(html).elements if e.tag == "body"), "")
    return WORDS.findall(body)


async def walk(client: httpx.AsyncClient, start: str) -> dict[str, str]:
    """The pages linked from a first page, by address, and itself."""
    found, first = {}, await client.get(start, follow_redirects=True)
    links = {link.get("href").partition("#")[0] for link in Document(first.text).all("a")}
    for address in sorted(
        {start, *(link for link in links if link.startswith("/") and not LEFT.search(link))}
    ):
        answer = await client.get(address, follow_redirects=True)
        assert answer.status_code == 200, address
        found[address] = answer.text
    return found


@pytest.mark.parametrize("module", SITES)
async def test_a_module_alone_is_a_site_that_speaks_of_itself(
    store: Database, tmp_path: Path, module: str
) -> None:
    config = (ROOT / "fixtures" / module,)
    settings = Settings(data=tmp_path, config=config, worker=False, smtp_url=None)
    app, hands = create_app(settings), Hands()
    hands.now = system_clock()
    app.state.site = await build_site(settings, configuration_of(settings), store, hands, system_entropy)
    await load_demo(app.state.site, tmp_path / "demo", applications=True)
    staff, (login, key) = SITES[module]
    pages: dict[str, str] = {}
    for person in ("", *staff, login):
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=settings.base_url) as client:
            if person in staff:
                await Member(client).sign_in(person)
            elif person and key:
                await Operator(client).sign_in(person, (tmp_path / "demo" / f"{key}.pem").read_bytes())
            elif person:
                await client.post("/login", data={"login": person, "password": "toroku-demo-2026"})
            pages |= await walk(client, "/admin/" if person in staff else "/portal" if person else "/")
    assert len(pages) > 30
    assert {address: found for address, html in pages.items() if (found := words_of(html))} == {}


def test_control_a_word_of_the_market_is_found() -> None:
    assert words_of("<html><body><p>容量市場の参加登録</p></body></html>") == ["容量"]
