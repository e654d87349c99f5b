"""The client of the virus scanner, against sockets that speak its protocol, are silent, or talk nonsense."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.scanner import Clamd, is_address, scanner_for
from app.settings import Settings
from models.errors import ScannerUnavailable, UploadRefused
from tests.eicar import EICAR, MARK

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

MOST = 300_000
"""The StreamMaxLength of the clamd of these tests (bytes)."""


async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What clamd does with INSTREAM."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    content = b""
    while size := struct.unpack("!L", await reader.readexactly(4))[0]:
        content += await reader.readexactly(size)
        if len(content) > MOST:
            writer.write(b"INSTREAM size limit exceeded. ERROR\0")
            await writer.drain()
            writer.close()
            return
    writer.write(b"stream: Eicar-Signature FOUND\0" if MARK in content else b"stream: OK\0")
    writer.close()


def saying(answer: bytes) -> Serve:
    """A server that says this to everything, and hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\0")
        writer.write(answer)
        writer.close()

    return serve


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


class Served:
    """Answers connections, and ends them all when it is closed."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: asyncio.Task[None] = asyncio.current_task()  # type: ignore[assignment]
        self._open[task] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await self._serve(reader, writer)
        writer.close()

    async def close(self, server: asyncio.Server) -> None:
        """Nothing is left to be collected while another test runs."""
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        for writer in self._open.values():
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


@asynccontextmanager
async def listening(serve: Serve) -> AsyncIterator[Clamd]:
    """A server on a free port, and a client that waits for it no longer than a test may."""
    served = Served(serve)
    server = await asyncio.start_server(served, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Clamd(lambda: asyncio.open_connection("127.0.0.1", port, limit=1000), answering=0.3)
    finally:
        await served.close(server)


async def test_the_scanner_tells_what_is_infected_from_what_is_clean() -> None:
    async with listening(speak) as clamd:
        assert await clamd.scan(b"%PDF-1.7 harmless") == ""
        assert await clamd.scan(b"") == ""
        assert await clamd.scan(b"a" * (MOST - 100) + EICAR) == "Eicar-Signature"
        found = await asyncio.gather(*(clamd.scan(each) for each in (b"clean", EICAR) * 6))
        assert found == ["", "Eicar-Signature"] * 6


async def test_a_file_the_scanner_does_not_take_is_refused_in_words() -> None:
    async with listening(speak) as clamd:
        with pytest.raises(UploadRefused, match="too large to be checked") as refusal:
            await clamd.scan(b"a" * (MOST * 20))
        assert refusal.value.status == 422


@pytest.mark.parametrize(
    "serve",
    [
        hang,
        saying(b""),
        saying(b"stream: OK"),
        saying(b"stream: FOUND nothing\0"),
        saying(b"HTTP/1.1 400 Bad Request\r\n\r\n\0"),
        saying(b"\xff\xfe" * 2000),
        saying(b"stream: Can't allocate memory ERROR\0"),
        saying(b"OK\0"),
    ],
    ids=["silent", "gone", "cut short", "odd", "another", "endless", "error", "not about the stream"],
)
async def test_no_plain_answer_is_no_permission(serve: Serve) -> None:
    async with listening(serve) as clamd:
        with pytest.raises(ScannerUnavailable):
            await clamd.scan(b"anything")


async def test_nobody_listening_is_no_permission(tmp_path: Path) -> None:
    for address in ("clamd://127.0.0.1:1", f"clamd://{tmp_path}/none.sock"):
        scanner = scanner_for(address)
        assert scanner is not None
        with pytest.raises(ScannerUnavailable):
            await scanner.scan(b"anything")


async def test_a_local_socket_is_spoken_to_as_well(tmp_path: Path) -> None:
    place = tmp_path / "clamd.sock"
    served = Served(speak)
    server = await asyncio.start_unix_server(served, place)
    scanner = scanner_for(f"clamd://{place}")
    assert scanner is not None
    assert await scanner.scan(EICAR) == "Eicar-Signature"
    await served.close(server)


@pytest.mark.parametrize(
    "address",
    ["clamd", "http://host:3310", "clamd://", "clamd://host/path", "clamd://host:x", "clamd://host:0", ""],
)
def test_an_address_that_is_none_is_refused_at_the_start(address: str, tmp_path: Path) -> None:
    assert not is_address(address)
    with pytest.raises(ValidationError, match="clamd://host:3310"):
        Settings(data=tmp_path, scanner=address)


def test_without_the_setting_there_is_no_scanner() -> None:
    assert scanner_for(None) is None
    assert scanner_for("clamd://scanner.example.jp") is not None
