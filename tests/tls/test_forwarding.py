"""What proxies say, and who may say it (RFC 9440), without a proxy in between."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.main import create_app
from app.middleware.proxies import MOST, Proxies, read_bytes
from app.settings import Settings
from models.errors import ForwardingRefused
from models.services.presenting import LONGEST
from tests.tls.test_front import header_of
from tests.tls.ways import NEW, OWN, Served

Lines = Sequence[tuple[str, str]]


async def ask(served: Served, lines: Lines, address: str = "127.0.0.1") -> httpx.Response:
    """Ask the server behind proxies from one of the addresses of this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=address)
    url = f"http://127.0.0.1:{served.ports['behind']}"
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        return await client.get("/certificate", headers=[("accept-language", "en"), *lines])


async def test_a_header_from_somebody_else_is_refused_and_written_down(served: Served) -> None:
    answer = await ask(served, [("Client-Cert", header_of(served, OWN))], "127.0.0.2")
    assert answer.status_code == 400
    assert "T-C108" in answer.text
    assert OWN not in answer.text
    newest = (await served.events("certificate.refused"))[0]
    assert (newest.details["code"], newest.address) == ("T-C108", "127.0.0.2")


async def test_its_chain_alone_is_refused_too(served: Served) -> None:
    lines = [("Client-Cert-Chain", header_of(served, OWN))]
    assert (await ask(served, lines, "127.0.0.2")).status_code == 400
    assert (await ask(served, lines)).status_code == 400


async def test_without_the_header_anybody_may_read(served: Served) -> None:
    assert (await ask(served, [], "127.0.0.2")).status_code == 200


async def test_control_a_proxy_of_the_site_is_believed(served: Served) -> None:
    answer = await ask(served, [("Client-Cert", header_of(served, NEW))])
    assert f"CN={NEW}" in answer.text


@pytest.mark.parametrize("way", ["strict", "lenient"])
async def test_over_tls_of_the_servers_own_no_header_is_believed(served: Served, way: str) -> None:
    async with served.client(way, NEW) as client:
        answer = await client.get("/certificate", headers={"Client-Cert": header_of(served, OWN)})
    assert answer.status_code == 400


GARBLED = {
    "empty": "",
    "no colons": "MAo=",
    "one colon": ":MAo=",
    "nothing between": "::",
    "not Base64": ":a b:",
    "wrong padding": ":MAo:",
    "a parameter": "{cert};a=1",
    "two in one": "{cert},{cert}",
    "PEM, escaped": "-----BEGIN%20CERTIFICATE-----",
    "too large": f":{'A' * LONGEST}:",
}


@pytest.mark.parametrize("how", GARBLED)
async def test_a_garbled_header_is_refused(served: Served, how: str) -> None:
    value = GARBLED[how].format(cert=header_of(served, OWN))
    assert (await ask(served, [("Client-Cert", value)])).status_code == 400


async def test_a_doubled_header_is_refused(served: Served) -> None:
    own, new = header_of(served, OWN), header_of(served, NEW)
    assert (await ask(served, [("Client-Cert", own), ("client-cert", new)])).status_code == 400


async def test_a_chain_longer_than_any_is_refused(served: Served) -> None:
    own = header_of(served, OWN)
    lines = [("Client-Cert", own), ("Client-Cert-Chain", ", ".join([":MAo=:"] * (MOST + 1)))]
    assert (await ask(served, lines)).status_code == 400


async def test_bytes_that_are_no_certificate_are_told_as_such(served: Served) -> None:
    answer = await ask(served, [("Client-Cert", f":{b64encode(b'0' * 99).decode()}:")])
    assert answer.status_code == 200
    assert "cannot be read" in answer.text


@given(st.binary(max_size=300))
def test_whatever_bytes_are_sent_are_read_as_they_are(sent: bytes) -> None:
    value = b":" + b64encode(sent) + b":"
    if sent:
        assert read_bytes(value) == sent
    else:
        with pytest.raises(ForwardingRefused):
            read_bytes(value)


@given(st.binary(max_size=60))
def test_whatever_is_sent_is_read_or_refused(sent: bytes) -> None:
    with suppress(ForwardingRefused):
        assert read_bytes(sent)


FORWARDED = [
    ([("x-forwarded-for", "198.51.100.7")], "127.0.0.1", "198.51.100.7"),
    ([("x-forwarded-for", "198.51.100.7")], "192.0.2.1", "192.0.2.1"),
    ([("x-forwarded-for", "8.8.8.8, 198.51.100.7, 10.1.2.3")], "127.0.0.1", "198.51.100.7"),
    ([("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "198.51.100.7")], "127.0.0.1", "198.51.100.7"),
    ([("x-forwarded-for", "unknown")], "127.0.0.1", "127.0.0.1"),
    ([("x-forwarded-for", "198.51.100.7, junk")], "127.0.0.1", "127.0.0.1"),
    ([("x-forwarded-for", "2001:db8::5")], "127.0.0.1", "2001:db8::5"),
    ([("x-forwarded-for", "198.51.100.7")], "::ffff:127.0.0.1", "198.51.100.7"),
    ([], "127.0.0.1", "127.0.0.1"),
]


@pytest.mark.parametrize(("lines", "peer", "expected"), FORWARDED)
async def test_the_visitors_address_is_the_last_that_is_no_proxy(
    lines: Lines, peer: str, expected: str
) -> None:
    scope = await passed_on(lines, peer)
    assert scope["client"][0] == expected


@pytest.mark.parametrize(
    ("value", "peer", "expected"),
    [
        ("https", "127.0.0.1", "https"),
        ("https", "192.0.2.1", "http"),
        ("gopher", "127.0.0.1", "http"),
    ],
)
async def test_the_scheme_is_what_a_proxy_of_the_site_says(value: str, peer: str, expected: str) -> None:
    assert (await passed_on([("x-forwarded-proto", value)], peer))["scheme"] == expected


async def passed_on(lines: Lines, peer: str) -> Any:
    """The scope as it reaches the program."""
    seen: list[Any] = []

    async def program(scope: object, receive: object, send: object) -> None:
        seen.append(scope)

    headers = [(name.encode(), value.encode()) for name, value in lines]
    scope = {"type": "http", "client": (peer, 1), "scheme": "http", "headers": headers}
    proxies = Proxies(program, proxies=("127.0.0.1", "10.0.0.0/8"), certificates=True)
    await proxies(scope, None, None)  # type: ignore[arg-type]
    return seen[0]


async def test_where_a_certificate_is_required_no_page_opens_without_but_the_health_does(
    served: Served, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(
        data=tmp_path_factory.mktemp("required"),
        certificate_source="proxy",
        proxies=("127.0.0.1",),
        client_ca=served.authority.files.authorities,
        base_url="https://localhost",
        smtp_url=None,
    )
    app = create_app(settings, served.site.configuration)
    app.state.site = served.site
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://localhost") as client:
        found = {path: (await client.get(path)).status_code for path in ("/", "/terms", "/admin/login")}
        health = await client.get("/healthz")
        shown = await client.get("/", headers={"Client-Cert": header_of(served, NEW)})
    assert set(found.values()) == {403}
    assert (health.status_code, shown.status_code) == (200, 200)
