"""TLS ended by the server itself: who connects, who is told what, and how soon a revocation counts."""

import asyncio
import ssl
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn

from app.authority import FolderAuthority
from app.demo import PASSWORD
from app.tls import Files, Gate, TlsProtocol, context_of
from models.clock import system_clock
from models.errors import ConfigurationError
from models.services.terms import in_force
from tests.tls.ways import NEW, OWN, Served, browser, listening

REFUSED = (httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)
"""What a client sees of a handshake the server ends: by the version of TLS, while connecting or reading."""


async def test_who_presents_a_certificate_is_shown_it(served: Served) -> None:
    async with served.client("strict", NEW) as client:
        answer = await client.get("/certificate")
    assert answer.status_code == 200
    assert f"CN={NEW},O=New Operator,C=JP" in answer.text


async def test_without_a_certificate_nobody_connects_where_one_is_required(served: Served) -> None:
    async with served.client("strict") as client:
        with pytest.raises(REFUSED):
            await client.get("/")
    assert await told(served, "no certificate")


async def test_where_it_is_optional_the_public_pages_are_open_without(served: Served) -> None:
    async with served.client("lenient") as client:
        assert (await client.get("/")).status_code == 200
        assert (await client.get("/terms")).status_code == 200
        gate = await client.get("/apply/operator")
        assert "No client certificate has been presented. It is needed to apply." in gate.text
        assert (await client.post("/certificate", data={"text": "x"})).status_code == 404


@pytest.mark.parametrize("way", ["strict", "lenient"])
async def test_an_authority_nobody_named_is_refused_by_tls(
    served: Served, way: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = FolderAuthority(tmp_path_factory.mktemp("other"), system_clock(), PASSWORD)
    other.prepare()
    other.issue(OWN, "Example")
    async with browser(served.url(way), served.authority, OWN, other.clients) as client:
        with pytest.raises(REFUSED):
            await client.get("/")
    assert await told(served, "unable to get local issuer certificate")


async def told(served: Served, why: str) -> bool:
    """Whether the event of such a refusal is written, which is done beside the connection."""
    for _ in range(100):
        if any(event.details.get("why") == why for event in await served.events("certificate.refused")):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_an_expired_one_gets_a_page_that_says_what_to_do(served: Served) -> None:
    served.hands.forward(minutes=1)  # what was refused before this test is told no more than once a minute
    now = served.site.now()
    served.authority.issue("expired", "Example", now - timedelta(days=9), now - timedelta(seconds=1))
    async with served.client("strict", "expired") as client:
        assert (await client.get("/")).status_code == 200
        answers = [await client.get(path) for path in ("/certificate", "/login", "/apply/operator")]
    for answer in answers:
        assert "This client certificate has expired." in answer.text
        assert "Obtain a new certificate from your certification authority" in answer.text
        assert "CN=expired,O=Example,C=JP" in answer.text
    refused = await served.events("certificate.refused")
    written = [event for event in refused if event.details.get("code") == "T-C102" and event.at >= now]
    assert [event.subject.label for event in written] == ["CN=expired,O=Example,C=JP"]
    assert [event.address for event in written] == ["127.0.0.1"]


async def test_with_one_that_is_not_valid_yet_nobody_applies(served: Served) -> None:
    now = served.site.now()
    served.authority.issue("early", "Example", now + timedelta(hours=1), now + timedelta(days=9))
    async with served.client("strict", "early") as client:
        page = await client.get("/certificate")
        gate = await client.post("/apply/operator", data={"accept": "yes", "terms_version": version(served)})
    assert "This client certificate is not valid yet." in page.text
    assert gate.status_code == 422
    assert "Present a client certificate first." in gate.text


def version(served: Served) -> str:
    """The terms in force."""
    text = in_force(served.site)
    assert text is not None
    return text.version


async def test_it_ends_with_the_second_it_says(served: Served) -> None:
    ends = (served.site.now() + timedelta(hours=1)).replace(microsecond=0)
    served.authority.issue("short", "Example", ends - timedelta(days=1), ends)
    start, seen = served.hands.now, []
    async with served.client("strict", "short") as client:
        for seconds in (-1, 0, 1):
            served.hands.now = ends + timedelta(seconds=seconds)
            seen.append("has expired" in (await client.get("/certificate")).text)
    served.hands.now = start
    assert seen == [False, True, True]


async def test_a_revocation_counts_within_a_second_on_new_and_on_open_connections(served: Served) -> None:
    served.authority.issue("stolen", "Example")
    async with served.client("strict", "stolen") as standing, served.client("lenient", "stolen") as asked:
        assert "CN=stolen" in (await standing.get("/certificate")).text
        served.authority.revoke("stolen")
        await asyncio.sleep(0.6)
        assert "has been revoked by its issuer" in (await standing.get("/certificate")).text
        assert "If nobody in your organisation asked" in (await asked.get("/login")).text
    async with served.client("strict", "stolen") as fresh:
        with pytest.raises(REFUSED):
            await fresh.get("/")
    assert await told(served, "certificate revoked")


async def test_control_others_still_connect(served: Served) -> None:
    async with served.client("strict", OWN) as client:
        assert (await client.get("/certificate")).status_code == 200


async def test_cookies_are_bound_to_the_host(served: Served) -> None:
    async with served.client("strict", NEW) as client:
        await client.post("/apply/operator", data={"accept": "yes", "terms_version": version(served)})
        [cookie] = [cookie for cookie in client.cookies.jar if "session" in cookie.name]
    assert cookie.name == "__Host-session"
    assert cookie.secure


async def test_the_program_is_told_of_the_connection_as_asgi_says(authority: FolderAuthority) -> None:
    seen: list[Any] = []

    async def program(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["extensions"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    async with listening(config(authority, program)) as port:
        for name in ("", "told"):
            if name:
                authority.issue(name, "Example")
            async with browser(f"https://localhost:{port}", authority, name) as client:
                await client.get("/")
    none, one = [extension["tls"] for extension in seen]
    assert none["client_cert_chain"] == []
    assert none["client_cert_name"] is None
    assert one["client_cert_chain"][0].startswith("-----BEGIN CERTIFICATE-----")
    assert one["client_cert_name"] == "CN=told,O=Example,C=JP"
    assert one["tls_version"] == 0x0304
    assert one["cipher_suite"] in range(0x1301, 0x1306)


def config(authority: FolderAuthority, program: Any) -> uvicorn.Config:
    gate = Gate(authority.files, required=False, refused=lambda _: None)
    return uvicorn.Config(
        program,
        port=0,
        http=TlsProtocol,
        lifespan="off",
        log_config=None,
        ssl_context_factory=lambda *_: gate.context,
    )


async def test_a_renewed_server_certificate_is_shown_without_a_restart(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    authority = FolderAuthority(tmp_path_factory.mktemp("renewed"), system_clock(), PASSWORD)
    authority.prepare()
    async with listening(config(authority, None)) as port:
        before = await serial_of(port)
        authority.files.certificate.unlink()
        authority.files.key.unlink()
        authority.prepare()
        await asyncio.sleep(0.6)
        assert await serial_of(port) != before


async def serial_of(port: int) -> str:
    """The server certificate shown to who names no host."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return str(shown)


def test_older_tls_is_not_spoken_and_nothing_is_resumed(authority: FolderAuthority) -> None:
    context = context_of(authority.files, required=True)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.num_tickets == 0
    assert context.options & ssl.OP_NO_TICKET


def test_a_folder_without_its_files_is_no_folder_for_tls(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        context_of(Files(tmp_path_factory.mktemp("empty")), required=True)
