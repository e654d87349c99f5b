"""What is sent is small where that tells nobody anything, and otherwise as it is."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from app.middleware.compression import Compression, pack_file
from forms.assets import FOLDER, asset
from tests.app.conftest import Inside

LONG = "登録 " * 1_000
FROM_US = {"accept-encoding": "gzip", "sec-fetch-site": "same-origin"}


async def _page(request: Request) -> Response:
    return HTMLResponse(request.query_params.get("text", LONG))


async def _stream(_: Request) -> Response:
    return StreamingResponse((part for part in (LONG, LONG)), media_type="text/html")


async def _packed(_: Request) -> Response:
    return HTMLResponse(gzip.compress(LONG.encode()), headers={"content-encoding": "gzip"})


async def _pdf(_: Request) -> Response:
    return Response(LONG, media_type="application/pdf")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    pages = {"/page": _page, "/stream": _stream, "/packed": _packed, "/pdf": _pdf}
    app = Compression(Starlette(routes=[Route(path, page) for path, page in pages.items()]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site") as opened:
        yield opened


@pytest.mark.parametrize("site", ["same-origin", "none"])
async def test_a_page_asked_for_from_our_own_or_typed_is_small(client: httpx.AsyncClient, site: str) -> None:
    answer = await client.get("/page", headers={**FROM_US, "sec-fetch-site": site})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(LONG)
    assert answer.text == LONG


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "anything"])
async def test_a_page_another_site_asks_for_never_is(client: httpx.AsyncClient, site: str) -> None:
    answer = await client.get("/page", headers={**FROM_US, "sec-fetch-site": site})
    assert "content-encoding" not in answer.headers
    assert int(answer.headers["content-length"]) == len(LONG.encode())


async def test_lengths_tell_another_site_nothing_that_they_would_tell_us(client: httpx.AsyncClient) -> None:
    secret = "9A01 みなと発電" * 200
    texts = [secret + guess * 30 for guess in ("9A01 みなと発電", "7C93 やまと送電")]

    async def lengths(site: str) -> set[str]:
        headers = {**FROM_US, "sec-fetch-site": site}
        answers = [await client.get("/page", params={"text": text}, headers=headers) for text in texts]
        return {answer.headers["content-length"] for answer in answers}

    assert len(await lengths("cross-site")) == 1
    assert len(await lengths("same-origin")) == 2  # the control: made small, a right guess shows


@pytest.mark.parametrize("offer", ["", "br", "gzip;q=0", "gzip; q=0.000", "identity"])
async def test_a_browser_that_does_not_take_gzip_gets_none(client: httpx.AsyncClient, offer: str) -> None:
    answer = await client.get("/page", headers={**FROM_US, "accept-encoding": offer})
    assert "content-encoding" not in answer.headers
    assert answer.text == LONG


@pytest.mark.parametrize("path", ["/stream", "/pdf", "/page?text=short"])
async def test_what_is_streamed_short_or_no_text_stays_as_it_is(client: httpx.AsyncClient, path: str) -> None:
    assert "content-encoding" not in (await client.get(path, headers=FROM_US)).headers


async def test_what_is_packed_already_is_not_packed_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/packed", headers=FROM_US)).text == LONG


async def test_files_of_the_program_are_packed_once_whoever_asks_and_pages_are_whole(inside: Inside) -> None:
    browser, taken = inside.browser(), pack_file.cache_info().misses
    for _ in range(2):
        answer = await browser.get(asset("toroku.css"), headers={"accept-encoding": "gzip"})
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "accept-encoding"
        assert answer.content == (FOLDER / "toroku.css").read_bytes()
    assert pack_file.cache_info().misses <= taken + 1
    again = {"accept-encoding": "gzip", "if-none-match": answer.headers["etag"]}
    assert (await browser.get(asset("toroku.css"), headers=again)).status_code == 304
    small = await browser.get("/", headers=FROM_US)
    plain = await browser.get("/", headers={"accept-encoding": "identity"})
    assert small.headers["content-encoding"] == "gzip"
    assert small.text == plain.text
    missing = await browser.get("/nothing-here", headers=FROM_US)
    assert missing.status_code == 404
    assert "content-security-policy" in missing.headers
