"""How mails travel: TLS that is what it says, signatures, what is asked of reports, odd names."""

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import dkim
import pytest
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from app import sending
from app.certificates import Authority
from app.dkim import Signer, signer_of
from app.mail import MailServer, SendBlocked, on_the_wire, sort_failure
from app.sending import Connection, Postman
from models.clock import system_clock
from models.documents.base import read_id
from models.errors import ConfigurationError
from models.services.mail_alarms import ringing, watch
from models.services.return_paths import mark_of
from models.services.site import Site
from tests.clock import Hands
from tests.faults.mailing import again, drain, mail_to, postman_on
from tests.faults.postbox import Postbox
from tests.journey.mailbox import Mailbox, free_port

# --- TLS ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(system_clock() - timedelta(days=1))


@asynccontextmanager
async def secured(
    site: Site, authority: Authority, folder: Path, *, name: str = "localhost", trusted: bool = True
) -> AsyncIterator[tuple[Mailbox, Postman]]:
    """A mail server that asks for STARTTLS with a certificate for `name`, and who hands mails over to it."""
    issued = authority.server([name], system_clock() - timedelta(hours=1))
    (folder / "tls.pem").write_bytes(issued.pem + issued.key_pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls.pem")
    box, trust = Mailbox(), ssl.create_default_context()
    if trusted:
        trust.load_verify_locations(cadata=authority.own.pem.decode())
    controller = Controller(
        box, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True
    )
    controller.start()
    postman = Postman(site, Connection(AsRemote("localhost", controller.port, None, None, False), trust))
    try:
        yield box, postman
    finally:
        postman.close()
        controller.stop()


class AsRemote(MailServer):
    """A server of this machine, treated like any other."""

    local = False


async def test_mails_go_by_tls_to_the_server_that_is_meant(
    site: Site, authority: Authority, tmp_path: Path
) -> None:
    message = await mail_to(site, "a@example.jp")
    async with secured(site, authority, tmp_path) as (box, postman):
        assert await drain(postman) == 1
        assert len(box.mails) == 1
    assert (await again(message)).status(site.now()) == "sent"


@pytest.mark.parametrize("wrong", [{"name": "elsewhere.example.jp"}, {"trusted": False}])
async def test_nothing_goes_to_a_server_whose_certificate_is_another_ones_or_nobodys(
    site: Site, authority: Authority, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    message = await mail_to(site, "a@example.jp")
    async with secured(site, authority, tmp_path, **wrong) as (box, postman):
        assert await drain(postman) == 1
        assert box.mails == []
    found = await again(message)
    assert (found.status(site.now()), found.last_error, found.deferrals) == ("retrying", "TlsFailed", 0)
    assert [alarm.id for alarm in await ringing()] == ["refused"]


async def test_nothing_goes_where_starttls_was_taken_out_of_the_answers(site: Site, postbox: Postbox) -> None:
    message = await mail_to(site, "a@example.jp")
    postman = Postman(site, Connection(AsRemote("127.0.0.1", postbox.port, "user", "secret", False)))
    assert await drain(postman) == 1
    assert (postbox.mails, postbox.said("MAIL"), postbox.said("AUTH")) == ([], [], [])
    assert (await again(message)).status(site.now()) == "retrying"


# --- The server refuses us: nothing is lost, and somebody is told -------------------------------------------


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("connect", "554 5.7.1 blocked"),
        ("MAIL", "530 5.7.0 authenticate first"),
        pytest.param("MAIL", "553 5.7.1 not your address", marks=pytest.mark.slow),
        ("RCPT", "554 5.7.1 <a@example.jp>: Relay access denied"),
    ],
)
async def test_a_server_that_does_not_want_us_loses_no_mail_and_raises_the_alarm_once(
    site: Site, hands: Hands, postbox: Postbox, at: str, answer: str
) -> None:
    message, postman = await mail_to(site, "a@example.jp"), postman_on(site, postbox.port)
    postbox.answers[at] = answer
    for _ in range(3):
        assert await drain(postman) == 1
        hands.forward(seconds=sending.REFUSED.total_seconds())
    found = await again(message)
    assert (found.status(site.now()), found.deferrals, found.attempts) == ("retrying", 0, 3)
    assert len(await ringing()) == 1
    postbox.answers.clear()
    hands.forward(minutes=5)
    assert await drain(postman) == 1
    hands.forward(seconds=1)
    assert await watch(site)
    assert await ringing() == []


def test_too_long_a_mail_and_a_reader_who_blocks_us_are_that_mails_own_affair() -> None:
    import aiosmtplib

    long = aiosmtplib.SMTPSenderRefused(552, "5.3.4 too big", "x")
    blocked = aiosmtplib.SMTPRecipientRefused(550, "5.7.1 spam", "x")
    assert not isinstance(sort_failure(long, "mail"), SendBlocked)
    assert not isinstance(sort_failure(blocked, "rcpt"), SendBlocked)


# --- Signatures ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signer(key: rsa.RSAPrivateKey, folder: Path) -> Signer:
    """The signer with this key."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    (folder / "dkim.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    made = signer_of(folder / "dkim.pem", "2026", "example.jp")
    assert made is not None
    return made


def names(key: rsa.RSAPrivateKey) -> Callable[..., bytes]:
    """DNS that holds the public half of this key."""
    from base64 import b64encode

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = b64encode(key.public_key().public_bytes(serialization.Encoding.DER, form))
    return lambda name, **_: b"v=DKIM1; k=rsa; p=" + public if b"2026._domainkey" in name else b""


async def test_a_signed_mail_verifies_as_it_arrived_and_control_not_with_another_word_or_header(
    site: Site, postbox: Postbox, key: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    await mail_to(site, "a@example.jp", body=".dots\n\n..も\n" + "長い行" * 500)
    connection = Connection(MailServer.from_url(f"smtp://127.0.0.1:{postbox.port}"))
    postman = Postman(site, connection, signer=signer(key, tmp_path))
    assert await drain(postman) == 1
    postman.close()
    [raw] = postbox.raw
    assert dkim.verify(raw, dnsfunc=names(key))
    assert not dkim.verify(raw.replace(b"Subject: ", b"Subject: x"), dnsfunc=names(key))
    assert not dkim.verify(b"Subject: another one\r\n" + raw, dnsfunc=names(key))
    signed = raw.split(b"h=")[1].split(b";")[0].replace(b"\r\n", b"").replace(b" ", b"").lower().split(b":")
    assert {b"from", b"to", b"subject", b"date", b"message-id", b"content-type"} <= set(signed)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()


def test_a_key_that_cannot_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no key")
    for path in (tmp_path / "no.pem", tmp_path / "missing.pem"):
        with pytest.raises(ConfigurationError):
            signer_of(path, "2026", "example.jp")
    assert signer_of(None, "2026", "example.jp") is None


# --- The envelope -------------------------------------------------------------------------------------------


async def test_reports_are_asked_for_with_the_id_of_the_mail_where_the_server_offers_them(
    site: Site, postbox: Postbox
) -> None:
    message = await mail_to(site, "a+b@example.jp")
    postbox.extensions = ("DSN", "SIZE 1000000")
    postman = postman_on(site, postbox.port)
    postman.bounces = "bounces+{id}@example.jp"
    assert await drain(postman) == 1
    [mail], [rcpt] = postbox.said("MAIL"), postbox.said("RCPT")
    assert mail.startswith(f"MAIL FROM:<bounces+{mark_of(site, read_id(message.id))}@example.jp>")
    assert f"RET=HDRS ENVID={message.id}" in mail
    assert f"SIZE={len(postbox.raw[0])}" in mail
    assert rcpt.endswith("NOTIFY=FAILURE,DELAY ORCPT=rfc822;a+2Bb@example.jp")


async def test_nothing_is_asked_of_a_server_that_does_not_know_it(site: Site, postbox: Postbox) -> None:
    await mail_to(site, "a@example.jp")
    assert await drain(postman_on(site, postbox.port)) == 1
    assert postbox.said("RCPT") == ["RCPT TO:<a@example.jp>"]
    assert postbox.said("MAIL") == [f"MAIL FROM:<{site.configuration.site.sender.address}>"]


# --- Odd names and addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("港区\r\nBcc: x@example.jp", "港区 Bcc: x@example.jp"),
        ("x" * 3000, "x" * 120),
        ("電力" * 500, "電力" * 60),
        ('"quoted", <a@b.jp>', '"quoted", <a@b.jp>'),
    ],
)
async def test_a_name_stays_one_name_in_one_header(
    site: Site, postbox: Postbox, name: str, shown: str
) -> None:
    await mail_to(site, "a@example.jp", to_name=name, subject=f"件名\r\nBcc: y@example.jp {name}")
    assert await drain(postman_on(site, postbox.port)) == 1
    [mail], [raw] = postbox.mails, postbox.raw
    [to] = mail["To"].addresses
    # Python reads a space between two encoded words of a name, where RFC 2047 (6.2) says there is none.
    assert (to.display_name.replace(" ", ""), to.addr_spec) == (shown.replace(" ", ""), "a@example.jp")
    assert mail["Bcc"] is None
    assert max(map(len, raw.split(b"\r\n"))) <= 998


async def test_a_domain_in_letters_of_its_own_travels_in_ascii(site: Site, postbox: Postbox) -> None:
    await mail_to(site, "a@例え.jp")
    assert await drain(postman_on(site, postbox.port)) == 1
    assert postbox.said("RCPT") == ["RCPT TO:<a@xn--r8jz45g.jp>"]
    assert on_the_wire("a@例え.jp") == "a@xn--r8jz45g.jp"


@pytest.mark.parametrize("offered", [True, False])
async def test_a_person_beyond_ascii_is_reached_where_the_server_can_and_fails_clearly_where_not(
    site: Site, postbox: Postbox, offered: bool
) -> None:
    message = await mail_to(site, "担当@例え.jp")
    postbox.extensions = ("SMTPUTF8",) if offered else ()
    assert await drain(postman_on(site, postbox.port)) == 1
    found = await again(message)
    assert found.status(site.now()) == ("sent" if offered else "failed")
    assert found.last_error == ("" if offered else "SMTPUTF8")
    assert postbox.said("RCPT") == (["RCPT TO:<担当@xn--r8jz45g.jp>"] if offered else [])


@pytest.mark.parametrize(
    "address", ["", "a", "@example.jp", "a@", "a b@example.jp", "a@b.jp\r\nRCPT TO:<x@y.jp>"]
)
def test_what_is_no_address_never_comes_near_the_server(address: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        on_the_wire(address)
