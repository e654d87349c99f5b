"""A real mail server on loopback that keeps what it is given."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from app.mail import text_of


class Mailbox:
    """Keeps every mail; ``answer`` is what the server says to DATA (250, or a refusal)."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            mail = message_from_bytes(envelope.content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.answer

    def wait_for(
        self, address: str, subject_part: str = "", *, count: int = 1, seconds: float = 30
    ) -> EmailMessage:
        """The newest mail to `address` whose subject holds `subject_part`; fails after `seconds`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [
                mail
                for mail in self.mails
                if address in str(mail["To"]) and subject_part in str(mail["Subject"])
            ]
            if len(found) >= count:
                return found[-1]
            time.sleep(0.1)
        told = [(str(mail["To"]), str(mail["Subject"])) for mail in self.mails]
        raise AssertionError(f"no mail to {address} about {subject_part!r}; there are {told}")


def link_in(mail: EmailMessage) -> str:
    """The one-time link in a mail."""
    found = re.search(r"https?://\S+/links/[0-9a-f.]+", text_of(mail))
    assert found is not None, text_of(mail)
    return found[0]


@contextmanager
def serving(mailbox: Mailbox, port: int = 0) -> Iterator[int]:
    """The mail server, listening; yields its port."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield int(controller.port)
    finally:
        controller.stop()


def free_port() -> int:
    """A port nobody listens on now."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
