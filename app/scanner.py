"""A client of ClamAV's daemon: one file, one connection, the protocol's INSTREAM command (clamd(8))."""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import structlog

from models.errors import ScannerUnavailable, UploadRefused

PORT = 3310
"""Where clamd listens when its address names no port."""

CONNECTING = 3.0
"""Seconds to wait for a connection."""

ANSWERING = 30.0
"""Seconds to wait for the answer, sending included."""

PIECE = 65_536
"""Bytes sent at once."""

ANSWER_LIMIT = 1_000
"""Longest answer read (bytes): a name and a word."""

AT_ONCE = 4
"""Files looked into at the same time; others wait for their turn."""

log = structlog.get_logger("scanner")

Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Clamd:
    """Asks a clamd over TCP or a local socket. Whatever is not a plain "OK" or "FOUND" is no answer: a file
    nobody could look into is not kept."""

    def __init__(
        self,
        dial: Callable[[], Awaitable[Opened]],
        *,
        connecting: float = CONNECTING,
        answering: float = ANSWERING,
    ) -> None:
        self._dial, self._connecting, self._answering = dial, connecting, answering
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def scan(self, content: bytes) -> str:
        """What clamd found in `content`, "" for nothing. Raises ScannerUnavailable, and UploadRefused for
        what is larger than clamd looks into (its StreamMaxLength)."""
        async with self._turns:
            try:
                answer = await self._asked(content)
            except (OSError, EOFError, ValueError, TimeoutError) as error:
                log.warning("unavailable", problem=type(error).__name__)
                raise ScannerUnavailable from error
        return _read(answer)

    async def _asked(self, content: bytes) -> bytes:
        async with asyncio.timeout(self._connecting):
            reader, writer = await self._dial()
        try:
            async with asyncio.timeout(self._answering):
                answering = asyncio.create_task(_answer(reader))
                try:
                    return await self._spoken(writer, content, answering)
                finally:
                    answering.cancel()
        finally:
            await _hang_up(writer)

    async def _spoken(
        self, writer: asyncio.StreamWriter, content: bytes, answering: "asyncio.Task[bytes]"
    ) -> bytes:
        """Send until clamd answers: it does so early where the file is too large for it, and hangs up."""
        try:
            for piece in _pieces(content):
                if answering.done():
                    break
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass  # what it said before it hung up counts
        return await answering


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection; what was not sent any more is given up."""
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


def _pieces(content: bytes) -> Iterator[bytes]:
    """The command as it goes over the wire: pieces with their length before them, ended by one of none."""
    yield b"zINSTREAM\0"
    for start in range(0, len(content), PIECE):
        piece = content[start : start + PIECE]
        yield struct.pack("!L", len(piece)) + piece
    yield struct.pack("!L", 0)


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """The answer without its NUL. Raises EOFError, ValueError for one that does not end."""
    try:
        return (await reader.readuntil(b"\0"))[:-1]
    except asyncio.LimitOverrunError as error:
        raise ValueError("no answer of clamd's") from error


def _read(answer: bytes) -> str:
    """What an answer says: ``stream: OK``, ``stream: Eicar-Signature FOUND``, or an error."""
    text = answer.decode("utf-8", "replace").strip()
    said = text.removeprefix("stream:").strip()
    if text.startswith("stream:") and said == "OK":
        return ""
    if text.startswith("stream:") and said.endswith(" FOUND"):
        return said.removesuffix(" FOUND").strip() or "unnamed"
    log.warning("unavailable", problem=text[:200])
    if text.startswith("INSTREAM size limit exceeded"):
        raise UploadRefused("The file is too large to be checked for viruses. Please choose a smaller one.")
    raise ScannerUnavailable


def is_address(text: str) -> bool:
    """Whether `text` names a clamd: ``clamd://host``, ``clamd://host:3310`` or ``clamd:///path/of/a.sock``."""
    try:
        parts = urlsplit(text)
        places = bool(parts.hostname), len(parts.path.strip("/")) > 0
        return parts.scheme == "clamd" and places[0] != places[1] and parts.port != 0 and not parts.query
    except ValueError:
        return False


def scanner_for(address: str | None) -> Clamd | None:
    """The scanner a setting names; None for none. The address is one ``is_address`` takes."""
    if address is None:
        return None
    parts = urlsplit(address)
    host, port, path = parts.hostname, parts.port or PORT, parts.path
    if host:
        return Clamd(lambda: asyncio.open_connection(host, port, limit=ANSWER_LIMIT))
    return Clamd(lambda: asyncio.open_unix_connection(path, limit=ANSWER_LIMIT))
