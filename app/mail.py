"""Handing mails to a mail server, and what its answers mean."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
from pydantic import SecretStr

from models.errors import ConfigurationError

TIMEOUT = 30.0
"""Seconds any one answer of the mail server may take."""

IN_ALL = 90.0
"""Seconds one mail may take in all, however slowly the server goes on; well under the outbox lease."""


class SendLater(Exception):
    """The mail server could not take it now (4xx, network): try again."""


class SendNever(Exception):
    """The mail server refused it for good (5xx)."""


Sender = Callable[[EmailMessage], Awaitable[None]]
"""Sends one mail; returns when the server has taken it. Raises SendLater or SendNever."""


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
        return self.host in ("127.0.0.1", "::1", "localhost")

    async def send(self, mail: EmailMessage) -> None:
        """Hand one mail over. TLS with a verified certificate is required unless the server is local."""
        try:
            async with asyncio.timeout(IN_ALL):
                await aiosmtplib.send(
                    mail,
                    hostname=self.host,
                    port=self.port,
                    username=self.username,
                    password=self.password,
                    use_tls=self.implicit_tls,
                    start_tls=not (self.implicit_tls or self.local),
                    tls_context=None if self.local else ssl.create_default_context(),
                    timeout=TIMEOUT,
                )
        except Exception as error:
            raise sort_failure(error) from error


def sort_failure(error: Exception) -> SendLater | SendNever:
    """Whether it is worth trying again: 5xx answers are final, everything else may pass."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in error.recipients]
    elif isinstance(error, aiosmtplib.SMTPResponseException):
        codes = [error.code]
    else:
        return SendLater(type(error).__name__)
    kind = SendNever if all(500 <= code < 600 for code in codes) else SendLater
    return kind(" ".join(map(str, codes)))


def sender_for(url: SecretStr | None) -> Sender:
    """Where mails go: the configured server, or the console."""
    return print_mail if url is None else MailServer.from_url(url.get_secret_value()).send


async def print_mail(mail: EmailMessage) -> None:
    """Show a mail on the console instead of sending it, for trials."""
    from rich.console import Console
    from rich.panel import Panel

    text = f"To: {mail['To']}\nSubject: {mail['Subject']}\n\n{text_of(mail)}"
    Console().print(Panel(text.rstrip(), title="mail", expand=False), markup=False)


def text_of(mail: EmailMessage) -> str:
    """The words of a mail, from its text part."""
    part = mail.get_body(("plain",))
    return "" if part is None else str(part.get_content())
