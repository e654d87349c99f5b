"""A mail server on loopback, spoken to by hand, that can behave as badly as real ones do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal

Manner = Literal[
    "polite",
    "busy",
    "refusing the mail",
    "refusing the reader",
    "closing",
    "dying",
    "hanging",
    "hanging in the mail",
    "slow",
    "dripping",
]


class Postbox:
    """Keeps what it accepted. `manner` may be changed at any time, and so may `answers`: what is said to a
    command instead of “250”, by its first word, or by the whole line. `on_connect` is called when somebody
    connects, `on_line` with each command before it is answered, `on_accept` right before the answer that a
    mail was accepted leaves."""

    def __init__(self, manner: Manner = "polite") -> None:
        self.manner: Manner = manner
        self.answers: dict[str, str] = {}
        self.extensions: tuple[str, ...] = ()
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.lines: list[str] = []
        self.connections = 0
        self.on_connect: Callable[[], None] | None = None
        self.on_line: Callable[[str], None] | None = None
        self.on_accept: Callable[[], None] | None = None
        self.port = 0
        self._news, self._closed = asyncio.Condition(), asyncio.Event()

    def copies(self, message_id: str) -> int:
        """How many mails with this Message-ID were accepted."""
        return [str(mail["Message-ID"]) for mail in self.mails].count(message_id)

    def said(self, word: str) -> list[str]:
        """The commands that began with this word."""
        return [line for line in self.lines if line.startswith(word)]

    async def wait_for(self, message_id: str, copies: int = 1, seconds: float = 20) -> None:
        """Until so many copies have come."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: self.copies(message_id) >= copies)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from the greeting on."""
        self.connections += 1
        if self.on_connect is not None:
            self.on_connect()
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.manner == "hanging":
            await self._closed.wait()
        await self._say(writer, self.answers.get("connect", "220 postbox"))
        while line := (await reader.readline()).decode().strip():
            self.lines.append(line)
            if self.on_line is not None:
                self.on_line(line)
            if line == "DATA" and "DATA" not in self.answers:
                if await self._data(reader, writer):
                    return
            else:
                await self._say(writer, self._answer(line))

    def _answer(self, line: str) -> str:
        verb = line.partition(" ")[0].upper()
        own = self.answers.get(line.partition(">")[0] + ">")
        if answer := own or self.answers.get(verb):
            return answer
        if verb == "EHLO" and self.extensions:
            return "\r\n".join(["250-postbox", *(f"250-{name}" for name in self.extensions), "250 HELP"])
        if verb == "RCPT" and self.manner == "refusing the reader":
            return "550 5.1.1 nobody here"
        return "221 bye" if verb == "QUIT" else "250 postbox"

    async def _data(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """The text of a mail; whether the connection is over with it."""
        await self._say(writer, "354 go on")
        if self.manner == "closing":
            await reader.readexactly(40)
            writer.transport.abort()
            return True
        content = await reader.readuntil(b"\r\n.\r\n")
        if self.manner == "hanging in the mail":
            await self._closed.wait()
        await self._take(content, writer)
        if self.manner == "dying":
            writer.transport.abort()
        return self.manner == "dying"

    async def _take(self, content: bytes, writer: asyncio.StreamWriter) -> None:
        if self.manner == "busy":
            await self._say(writer, "451 4.3.0 later")
        elif self.manner == "refusing the mail":
            await self._say(writer, "550 5.7.1 never")
        else:
            mail = message_from_bytes(content, policy=default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.raw.append(content.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n."))
            if self.on_accept is not None:
                self.on_accept()
            await self._say(writer, "250 2.0.0 accepted")
            async with self._news:
                self._news.notify_all()

    async def _say(self, writer: asyncio.StreamWriter, words: str) -> None:
        await asyncio.sleep({"slow": 0.1, "dripping": 0.5}.get(self.manner, 0))
        writer.write(f"{words}\r\n".encode())
        await writer.drain()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["Postbox"]:
        """Listening on `port`, or on one that is free."""
        server = await asyncio.start_server(self.talk, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self._closed.set()
            server.close()
            await server.wait_closed()
