"""Real HAProxy and nginx in front of the program, as the examples of ``deploy`` set them up."""

import asyncio
import ssl
from base64 import b64encode
from datetime import timedelta

import pytest

from app.authority import FolderAuthority
from app.demo import PASSWORD
from models.clock import system_clock
from tests.tls.front import Front
from tests.tls.ways import NEW, OTHER, OWN, Served, browser


def der_of(served: Served, name: str) -> bytes:
    pem = (served.authority.clients / f"{name}.pem").read_text(encoding="ascii")
    return ssl.PEM_cert_to_DER_cert(pem)


def header_of(served: Served, name: str) -> str:
    """What a proxy would say of this client."""
    return f":{b64encode(der_of(served, name)).decode()}:"


async def seen(served: Served, front: Front, name: str = "", **headers: str) -> str:
    """What the program says of the certificate it was told of."""
    async with browser(front.url, served.authority, name) as client:
        answer = await client.get("/certificate", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_certificate_of_the_connection_arrives(served: Served, front: Front) -> None:
    assert f"CN={NEW},O=New Operator,C=JP" in await seen(served, front, NEW)


async def test_without_one_the_public_pages_are_open(served: Served, front: Front) -> None:
    assert "No client certificate has been presented." in await seen(served, front)


@pytest.mark.parametrize("spelled", ["Client-Cert", "client-cert", "CLIENT-CERT"])
async def test_a_header_the_client_forges_does_not_get_through(
    served: Served, front: Front, spelled: str
) -> None:
    forged = {spelled: header_of(served, OTHER), "Client-Cert-Chain": header_of(served, OTHER)}
    assert f"CN={OWN}" in await seen(served, front, OWN, **forged)
    assert "No client certificate has been presented." in await seen(served, front, **forged)


async def test_a_client_does_not_choose_its_address(served: Served, front: Front) -> None:
    served.authority.issue(f"far-{front.program}", "Example", ends=system_clock() - timedelta(hours=1))
    await seen(served, front, f"far-{front.program}", **{"X-Forwarded-For": "203.0.113.9"})
    events = await served.events("certificate.refused")
    assert {event.address for event in events if event.address} <= {"127.0.0.1", "127.0.0.2"}


SMUGGLED = {
    "a space before the colon": "Client-Cert : {cert}",
    "a folded line": "X-Note: a\r\n Client-Cert: {cert}",
    "two lengths": "Content-Length: 0\r\nContent-Length: 5\r\nClient-Cert: {cert}",
    "length and chunks": "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nClient-Cert: {cert}",
    "named as hop by hop": "Connection: close, Client-Cert\r\nClient-Cert: {cert}",
    "with underscores": "Client_Cert: {cert}",
    "a bare line feed": "X-Note: a\nClient-Cert: {cert}",
    "twice": "Client-Cert: {cert}\r\nClient-Cert: {cert}",
}


@pytest.mark.parametrize("how", SMUGGLED)
async def test_no_header_is_smuggled_past(served: Served, front: Front, how: str) -> None:
    lines = SMUGGLED[how].format(cert=header_of(served, OTHER))
    reached = await raw(served, front, f"GET /certificate HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n")
    assert f"CN={OTHER}" not in reached
    assert reached[:12] in ("HTTP/1.1 200", "HTTP/1.1 400", "HTTP/1.0 400", "")


async def raw(served: Served, front: Front, text: str) -> str:
    """What comes back for these very bytes."""
    context = ssl.create_default_context(cafile=str(served.authority.files.authorities))
    reader, writer = await asyncio.open_connection("localhost", front.port, ssl=context)
    writer.write(text.encode())
    await writer.drain()
    found = b""
    try:
        async with asyncio.timeout(0.3):
            while part := await reader.read(65536):
                found += part
    except (TimeoutError, ConnectionError, ssl.SSLError):
        pass
    writer.close()
    return found.decode("utf-8", "replace")


async def test_control_said_by_the_proxy_itself_it_is_believed(served: Served) -> None:
    async with served.client("behind") as client:
        answer = await client.get("/certificate", headers={"Client-Cert": header_of(served, OTHER)})
    assert f"CN={OTHER}" in answer.text


async def test_every_fault_of_a_certificate_is_told_on_a_page(
    served: Served, front: Front, tmp_path_factory: pytest.TempPathFactory
) -> None:
    now, authority = served.site.now(), served.authority
    other = FolderAuthority(tmp_path_factory.mktemp("unknown"), system_clock(), PASSWORD)
    other.prepare()
    other.issue("unknown", "Example")
    authority.issue("late", "Example", now - timedelta(days=2), now - timedelta(days=1))
    authority.issue("soon", "Example", now + timedelta(days=1), now + timedelta(days=2))
    authority.issue(f"lost-{front.program}", "Example")
    authority.revoke(f"lost-{front.program}")
    await asyncio.sleep(0.6)
    faults = {
        "late": "This client certificate has expired.",
        "soon": "This client certificate is not valid yet.",
        f"lost-{front.program}": "This client certificate has been revoked by its issuer.",
    }
    for name, said in faults.items():
        assert said in await seen(served, front, name)
    async with browser(front.url, authority, "unknown", other.clients) as client:
        answer = await client.get("/certificate")
    assert "was not issued by an authority this site accepts" in answer.text


async def test_the_operator_signs_in_over_its_own_certificate_only(served: Served, front: Front) -> None:
    typed = {"login": "minato-admin", "password": PASSWORD}
    async with browser(front.url, served.authority, OWN) as client:
        signed = await client.post("/login", data=typed)
        assert signed.status_code == 303, signed.text
        assert (await client.get("/portal")).status_code in (200, 303)
        cookies = dict(client.cookies)
    for name in (OTHER, ""):
        async with browser(front.url, served.authority, name) as client:
            assert (await client.post("/login", data=typed)).status_code == 401
    assert "__Host-session" in cookies
