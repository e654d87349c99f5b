"""Mails as they are handed over, and what a mail server's answers mean."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

from models.errors import ConfigurationError

Stage = Literal["connect", "mail", "rcpt", "data"]
"""How far a mail had come: ``connect`` until the server is ready (greeting, TLS, signing in), ``mail`` the
sender, ``rcpt`` the recipient, ``data`` the text."""

OURS = frozenset((530, 534, 535, 538))
"""Codes that say that we have to do something first, wherever they come (RFC 4954)."""

STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
"""A status code of RFC 3463 at the beginning of an answer."""


class Unsent(Exception):
    """A mail was not taken. `error` is short and alike for alike failures, `answer` the server's own words;
    `slow`: the recipient's domain finds us too fast; `lost`: the connection did not outlive it."""

    def __init__(self, error: str, answer: str = "", *, slow: bool = False, lost: bool = False) -> None:
        super().__init__(error)
        self.error, self.answer, self.slow, self.lost = error, answer, slow, lost


class SendSoon(Unsent):
    """The server as a whole did not work: try again soon, whatever mail it is."""


class SendBlocked(SendSoon):
    """The server does not want mails from us (or we do not trust it): the staff have to do something."""


class SendLater(Unsent):
    """The server said “later” to this very mail, or the connection was lost while it was handed over."""


class SendNever(Unsent):
    """The server refused this mail or its recipient for good."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A mail with what goes on its envelope; `content` is what is handed over, signed, `identity` comes back
    with reports about it (RFC 3461)."""

    mail: EmailMessage
    content: bytes
    sender: str
    recipient: str
    identity: str


class Sender(Protocol):
    """Hands mails over."""

    @property
    def is_committed(self) -> bool:
        """Whether a mail is being handed over that the server may have taken already."""
        ...

    async def send(self, parcel: Parcel) -> None:
        """Hand one mail over; returns when the server has taken it. Raises Unsent."""
        ...

    async def rest(self) -> None:
        """There is nothing to send for now."""
        ...

    def close(self) -> None:
        """There is nothing to send any more."""
        ...


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over: ``smtp://`` (STARTTLS unless on this machine) or ``smtps://``."""

    host: str
    port: int
    username: str | None
    password: str | None
    implicit_tls: bool

    @classmethod
    def from_url(cls, url: str) -> "MailServer":
        """Read ``smtp[s]://user:password@host:port``. Raises ConfigurationError."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ConfigurationError(message="TOROKU_SMTP_URL must look like smtp://user:password@host:587.")
        implicit = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if implicit else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            implicit_tls=implicit,
        )

    @property
    def local(self) -> bool:
        """Whether it is on this machine: no TLS is asked of it."""
        return self.host in ("127.0.0.1", "::1", "localhost")


def sort_failure(error: Exception, stage: Stage) -> Unsent:
    """What a failure means: try again soon, later or never, or that something is wrong on our side."""
    if isinstance(error, Unsent):
        return error
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _by_answer(error.code, str(error.message), stage)
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return SendBlocked("TlsFailed", str(error))
    if isinstance(error, aiosmtplib.SMTPException) and not isinstance(error, OSError):
        return SendBlocked(type(error).__name__.removeprefix("SMTP"), str(error))
    name = type(error).__name__.removeprefix("SMTP")
    return SendSoon(name) if stage in ("connect", "mail") else SendLater(name, lost=True)


def _by_answer(code: int, text: str, stage: Stage) -> Unsent:
    status = STATUS.match(text)
    error = f"{code} {status[1]}" if status else str(code)
    if code in OURS or _is_about_us(code, text, stage):
        return SendBlocked(error, text)
    if stage in ("connect", "mail") and not 500 <= code < 600:
        return SendSoon(error, text)
    if 500 <= code < 600:
        return SendNever(error, text)
    slow = code == 421 or (code == 450 and not re.search("gr[ea]y", text, re.IGNORECASE))
    return SendLater(error, text, slow=slow, lost=code == 421)


def _is_about_us(code: int, text: str, stage: Stage) -> bool:
    """Whether a refusal for good speaks of the sender: of no use to try another mail."""
    if not 500 <= code < 600:
        return False
    if stage == "mail":
        return code != 552  # too long a mail (RFC 1870)
    relaying = text.startswith("5.7.1") and "relay" in text.lower()
    return stage == "connect" or (stage == "rcpt" and relaying)


def on_the_wire(address: str) -> str:
    """An address as mail servers take it: its domain in ASCII (RFC 5891). Raises ValueError for what is
    none."""
    local, at, domain = address.strip().rpartition("@")
    if not (local and at and domain) or any(c.isspace() or not c.isprintable() for c in address.strip()):
        raise ValueError("not a mail address")
    return f"{local}@{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"


class Console:
    """Shows mails on the console instead of sending them, for trials."""

    is_committed = False

    async def send(self, parcel: Parcel) -> None:
        """Print one."""
        from rich.console import Console as Terminal
        from rich.panel import Panel

        mail = parcel.mail
        text = f"To: {mail['To']}\nSubject: {mail['Subject']}\n\n{text_of(mail)}"
        Terminal().print(Panel(text.rstrip(), title="mail", expand=False), markup=False)

    async def rest(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        """Nothing is open."""


def text_of(mail: EmailMessage) -> str:
    """The words of a mail, from its text part."""
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content())


def extensions_of(server: aiosmtplib.SMTP, parcel: Parcel) -> tuple[Mapping[str, list[str]], str]:
    """What is said with sender and recipient (by the name of the command) as far as the server knows it, and
    how addresses are written. Raises SendNever where the server cannot take the recipient."""
    international = not parcel.recipient.isascii()
    if international and not server.supports_extension("smtputf8"):
        raise SendNever("SMTPUTF8", "The server takes no addresses beyond ASCII (RFC 6531).")
    mail = [f"SIZE={len(parcel.content)}"] if server.supports_extension("size") else []
    mail += ["SMTPUTF8"] if international else []
    rcpt = []
    if server.supports_extension("dsn"):
        mail += ["RET=HDRS", f"ENVID={_xtext(parcel.identity)}"]
        rcpt = ["NOTIFY=FAILURE,DELAY"]
        rcpt += [] if international else [f"ORCPT=rfc822;{_xtext(parcel.recipient)}"]
    return {"mail": mail, "rcpt": rcpt}, "utf-8" if international else "ascii"


def _xtext(text: str) -> str:
    """A value as RFC 3461 (4) writes it."""
    return "".join(c if "!" <= c <= "~" and c not in "+=" else f"+{ord(c):02X}" for c in text)
