"""Filters and saved views through the admin's doors: built without scripts, kept, shared, and never told to
those who may not read."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, quote, urlsplit
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.database import Database, open_database
from app.opening import build_site
from app.settings import Settings
from models.clock import system_clock, system_entropy
from models.configuration.load import Configuration
from models.documents.view import SavedView, ShownView
from models.services import views
from tests.app.conftest import Inside
from tests.app.people import Member
from tests.app.vault import NAME, Vault, fill, marked
from tests.clock import Hands
from tests.forms.reader import Document

LIST = f"/admin/{NAME}/list"
BUILD = f"/admin/filters?for={NAME}"
FOUND = marked("title")
PRICE = '{"data.price":"' + marked("price") + '"}'
NOBODY = '{"number":"V0"}'


@pytest_asyncio.fixture(scope="module")
async def filled(
    mongod: Database,
    wired: tuple[Starlette, Settings],
    configuration: Configuration,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Vault]:
    """The vault, filled once for this module."""
    app, settings = wired
    url = mongod.address.replace("/toroku?", f"/test-{uuid4().hex[:12]}?")
    hands = Hands()
    hands.now = system_clock()
    opened: list[httpx.AsyncClient] = []

    def browser() -> httpx.AsyncClient:
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.base_url))
        return opened[-1]

    async with open_database(url, data_dir=tmp_path_factory.mktemp("filters"), owner=False) as store:
        app.state.site = await build_site(settings, configuration, store, hands, system_entropy)
        yield await fill(Inside(app, app.state.site, hands, settings, browser))
        for client in opened:
            await client.aclose()
        await store.mongo.client.drop_database(store.mongo.name)


@pytest_asyncio.fixture
async def vault(filled: Vault) -> AsyncIterator[Vault]:
    filled.app.state.site = filled.site
    yield filled
    await SavedView.raw().delete_many({})


def listed(text: str) -> str:
    return f"{LIST}?filter={quote(text)}"


async def press(client: httpx.AsyncClient, page: httpx.Response, deed: str, **typed: str) -> httpx.Response:
    """Press a button of the builder: what the form has is sent, with what was typed into it."""
    document = Document(page.text)
    form = document.by_id("builder")
    values = [(name, typed.pop(name, value)) for name, value in document.sent(form)]
    assert not typed, f"the form has no {typed}"
    return await client.get("/admin/filters", params=[*values, ("do", deed)])


async def test_a_filter_is_built_without_scripts(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    page = await client.get(f"{BUILD}&back=q%3Dx%26page%3D3%26sort%3Ddata.price__asc")
    page = await press(client, page, "add:0", add0="data.price")
    page = await press(client, page, "group:0")
    page = await press(client, page, "add:0.1", **{"add0.1": "lifecycle"})
    unfinished = await press(client, page, "apply", **{"v0.0": ""})
    assert unfinished.status_code == 422
    assert 'href="#v0.0"' in unfinished.text
    page = await press(client, unfinished, "show", **{"o0.0": "begins", "v0.0": "MARK", "o0.1.0": "in"})
    boxes = [e.get("value") for e in Document(page.text).all("input") if e.get("name") == "v0.1.0"]
    assert "active" in boxes
    page = await press(client, page, "show", **{"o0.1.0": "eq"})
    done = await press(client, page, "apply", **{"v0.1.0": "active"})
    assert done.status_code == 303
    went = urlsplit(done.headers["location"])
    assert went.path == LIST
    assert parse_qs(went.query) == {
        "q": ["x"],
        "sort": ["data.price__asc"],
        "filter": ['{"data.price":{"$regex":"^MARK"},"lifecycle":"active"}'],
    }


async def test_the_builder_removes_and_speaks_text(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    page = await client.get(f"{BUILD}&filter={quote(PRICE[:-1] + ',' + NOBODY[1:])}")
    page = await press(client, page, "remove:0.0")
    text = await press(client, page, "text")
    assert '"number": "V0"' in next(e.text for e in Document(text.text).all("textarea"))
    typed = {"for": NAME, "text": "lifecycle: active"}
    done = await client.get("/admin/filters", params={**typed, "do": "apply"})
    assert parse_qs(urlsplit(done.headers["location"]).query) == {"filter": ['{"lifecycle":"active"}']}
    wrong = await client.get("/admin/filters", params={**typed, "text": "lifecycle: gone", "do": "apply"})
    assert wrong.status_code == 422
    assert "lifecycle: gone" in wrong.text


async def test_a_list_shows_what_its_filter_leaves(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    for text, shown in ((PRICE, True), (NOBODY, False), ("", True)):
        page = await client.get(listed(text))
        assert (page.status_code, FOUND in page.text) == (200, shown), text
    for text, shown in ((NOBODY, False), ('{"lifecycle":"active"}', True)):
        file = await exported(vault, text)
        assert (file.status_code, FOUND in file.text) == (200, shown), text


async def exported(vault: Vault, text: str) -> httpx.Response:
    """The file a steward gets of the list with a filter, or the page that refuses it."""
    typed = {"profile": "all", "format": "csv", "heads": "labels", "purpose": "照会への回答"}
    steward = Member(vault.clients["steward"])
    answer = await steward.post(f"/admin/{NAME}/export?filter={quote(text)}", typed)
    return await steward.client.get(answer.headers["location"]) if answer.status_code == 303 else answer


@pytest.mark.parametrize(
    "text",
    [
        '{"$where":"1"}',
        '{"title":{"$regex":".*"}}',
        '{"data.pin":"x"}',
        '{"data.paper":{"$ne":null}}',
        '{"operator_id":"x"}',
        "[",
        "(" * 10_000,
        "\x00",
    ],
)
async def test_a_filter_that_cannot_be_used_shows_nothing_and_says_so(vault: Vault, text: str) -> None:
    client = vault.clients["reviewer"]
    page = await client.get(listed(text))
    assert page.status_code == 422
    assert FOUND not in page.text
    assert "/admin/filters?for=" in page.text
    assert (await exported(vault, text)).status_code == 422
    for address in (f"{BUILD}&filter={quote(text)}", f"{BUILD}&as=text&filter={quote(text)}"):
        assert (await client.get(address)).status_code in (200, 422)


async def test_a_filter_no_index_serves_is_told_what_would_help(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    for text, told in (('{"title":"a"}', True), ('{"title":"a","reference":"A1"}', False), ("", False)):
        page = await client.get("/admin/filters", params={"for": "queue", "filter": text})
        assert ("索引を使えない" in page.text) == told, text


async def test_what_one_may_not_read_one_cannot_ask(vault: Vault) -> None:
    """Or a filter would tell it, one question at a time."""
    assert FOUND in (await vault.clients["reviewer"].get(listed(PRICE))).text
    refused = await vault.clients["approver"].get(listed(PRICE))
    assert (refused.status_code, FOUND in refused.text) == (422, False)
    builder = await vault.clients["approver"].get(BUILD)
    assert "data.price" not in builder.text
    assert "data.grade" in builder.text


async def test_a_place_one_may_not_see_has_no_builder(vault: Vault) -> None:
    client = vault.clients["system_administrator"]
    for place, expected in ((NAME, 404), ("resource", 404), ("../", 404), ("", 404), ("queue", 200)):
        assert (await client.get("/admin/filters", params={"for": place})).status_code == expected
        assert (await client.get("/admin/views/new", params={"for": place})).status_code == expected


async def test_the_way_back_never_leads_elsewhere(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    for back in ("//evil.example/", "https://evil.example/?a=b", "\r\nSet-Cookie: a=b", "&" * 500):
        answer = await client.get(
            "/admin/filters", params={"for": NAME, "text": NOBODY, "do": "apply", "back": back}
        )
        assert answer.headers["location"].startswith(f"{LIST}?")
        assert "set-cookie: a=b" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    "sent",
    [
        {"g0": "all", "f0.0": "$where", "o0.0": "eq", "v0.0": "1", "do": "apply"},
        {"g0": "x", "f0.0": "number", "o0.0": "$where", "v0.0": "1", "do": "apply"},
        {"g0": "all", "f0.0": "lifecycle", "o0.0": "begins", "v0.0": "act", "do": "apply"},
        {"g0": "all", "f0.0": "number", "o0.0": "eq", "v0.0": "a" * 10_000, "do": "apply"},
        {"g0": "all", "g0.0": "any", "g0.0.0": "any", "g0.0.0.0.0.0.0.0": "any", "do": "group:0.0.0.0.0.0"},
        {"g0": "all", "do": "remove:0"},
        {"g0": "all", "do": "add:99.99"},
        {"g0": "all", "do": "add:0", "add0": "data.pin"},
        {f"g{n}": "all" for n in range(200)},
    ],
)
async def test_a_forged_form_does_nothing(vault: Vault, sent: dict[str, str]) -> None:
    answer = await vault.clients["reviewer"].get("/admin/filters", params={"for": NAME, **sent})
    assert answer.status_code in (200, 422) or answer.headers["location"] == LIST


# --- saved views --------------------------------------------------------------------------------------------


async def kept(client: httpx.AsyncClient, name: str, text: str = PRICE, **typed: str) -> httpx.Response:
    """Save a list as a view."""
    form = {"for": NAME, "query": f"page=3&filter={quote(text)}", "name": name, **typed}
    return await Member(client).post("/admin/views", form)


async def test_a_list_is_kept_found_again_and_removed(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    done = await kept(client, "高い電源")
    assert done.headers["location"] == f"{LIST}?filter={quote(PRICE)}"
    page = await client.get(done.headers["location"])
    tab = next(a for a in Document(page.text).all("a") if a.text.strip() == "高い電源")
    assert tab.get("aria-current") == "page"
    assert (await kept(client, "高い電源", NOBODY)).status_code == 422
    (view,) = await views.views_of(vault.actors["reviewer"], NAME)
    await kept(client, "", NOBODY, instead=str(view.id))
    assert FOUND not in (await client.get(f"{LIST}?{(await reread(vault, view)).query}")).text
    address = f"/admin/views/{view.id}"
    assert "高い電源" in (await client.get(f"{address}/change")).text
    assert (await Member(client).post(f"{address}/change", {"name": ""})).status_code == 422
    assert (await Member(client).post(f"{address}/change", {"name": "別の名前"})).status_code == 303
    assert "別の名前" in (await client.get("/admin/views")).text
    assert (await Member(client).post(f"{address}/remove")).status_code == 303
    assert (await Member(client).post(f"{address}/remove")).status_code == 404


async def reread(vault: Vault, view: ShownView) -> SavedView:
    return await views.find_view(vault.actors["reviewer"], str(view.id))


async def test_a_private_view_is_nobody_elses(vault: Vault) -> None:
    await kept(vault.clients["reviewer"], "秘密の表示", NOBODY)
    (view,) = await views.views_of(vault.actors["reviewer"], NAME)
    for who in ("approver", "system_administrator"):
        member = Member(vault.clients[who])
        assert (await member.client.get(f"/admin/views/{view.id}/change")).status_code == 404
        assert (await member.post(f"/admin/views/{view.id}/change", {"name": "x"})).status_code == 404
        assert (await member.post(f"/admin/views/{view.id}/remove")).status_code == 404
        assert "秘密の表示" not in (await member.client.get("/admin/views")).text
    assert (await reread(vault, view)).name == "秘密の表示"


async def test_a_view_that_asks_what_not_everybody_may_see_is_not_shared(vault: Vault) -> None:
    client = vault.clients["reviewer"]
    assert (await kept(client, "A", PRICE, shared="1")).status_code == 422
    sorted_by = {"query": "sort=data.price__asc", "name": "B", "for": NAME, "shared": "1"}
    assert (await Member(client).post("/admin/views", sorted_by)).status_code == 422
    await kept(client, "A", PRICE)
    (view,) = await views.views_of(vault.actors["reviewer"], NAME)
    change = await Member(client).post(f"/admin/views/{view.id}/change", {"name": "A", "shared": "1"})
    assert change.status_code == 422
    assert (await kept(client, "C", NOBODY, shared="1")).status_code == 303
    assert [v.name for v in await views.views_of(vault.actors["approver"], NAME)] == ["C"]


async def test_a_view_shared_before_its_field_was_closed_tells_others_nothing(vault: Vault) -> None:
    """As if it had been shared while everybody might see the price."""
    shared = await views.save_view(
        vault.site, vault.actors["reviewer"], NAME, "安い", f"filter={quote(PRICE)}", shared=True
    )
    for address in (LIST, "/admin/views"):
        page = await vault.clients["approver"].get(address)
        assert page.status_code == 200
        assert "安い" in page.text
        assert f"#v-{shared.id}" in page.text or f'id="v-{shared.id}"' in page.text
        assert "MARKERprice" not in page.text
    assert "MARKERprice" in (await vault.clients["reviewer"].get(LIST)).text


async def test_a_view_whose_field_is_gone_offers_repair(vault: Vault) -> None:
    gone = '{"data.gone":1,"number":"V0"}'
    query = f"filter={quote(gone)}&data.lost__eq=1"
    await views.save_view(vault.site, vault.actors["reviewer"], NAME, "古い表示", query)
    page = await vault.clients["reviewer"].get("/admin/views")
    assert page.status_code == 200
    assert "data.gone" in page.text
    assert "data.lost" in page.text
    repair = next(a for a in Document(page.text).all("a") if a.text.startswith("絞り込みを直す"))
    builder = await vault.clients["reviewer"].get(repair.get("href"))
    assert builder.status_code == 200
    fixed = await press(vault.clients["reviewer"], builder, "apply")
    assert parse_qs(urlsplit(fixed.headers["location"]).query)["filter"] == [NOBODY]
    assert (await vault.clients["reviewer"].get(LIST)).status_code == 200
