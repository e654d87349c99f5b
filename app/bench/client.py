"""A small HTTP/1.1 client: one kept-alive connection, nothing between the clock and the socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from models.errors import ConfigurationError

HEAD_LIMIT = 64 * 1024
"""Longest answer head read (bytes)."""

BOUNDARY = "toroku-bench-2f8c"
"""Between the parts of a multipart post."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the address it leads to, the size of the body in bytes."""

    status: int
    location: str
    size: int


class Connection:
    """One connection that stays open; requests go one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to this machine. Raises OSError."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=HEAD_LIMIT))

    async def ask(self, request: bytes) -> Answer:
        """Send one request and read its whole answer. Raises ConnectionError, ConfigurationError."""
        self._writer.write(request)
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
            answer = read_head(head)
            await self._reader.readexactly(answer.size)
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server ended the connection") from error
        return answer

    async def close(self) -> None:
        """Close it and wait until it is closed."""
        self._writer.close()
        await self._writer.wait_closed()


def read_head(head: bytes) -> Answer:
    """Status, ``Location`` and ``Content-Length`` of an answer (RFC 9112 §2, §6.2).

    Raises ConfigurationError for an answer without a length: such a page cannot be measured here."""
    status, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" not in fields:
        raise ConfigurationError(message=f"{status}: without Content-Length it cannot be measured.")
    return Answer(int(status.split(" ", 2)[1]), fields.get("location", ""), int(fields["content-length"]))


def get(path: str, token: str = "") -> bytes:
    """A GET request as bytes; `token` is the session's cookie."""
    return _request("GET", path, token, "", b"")


def post(path: str, token: str, fields: Mapping[str, str | list[str]]) -> bytes:
    """A POST of a multipart form as bytes, as browsers send the forms of the site (RFC 7578)."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, value in fields.items()
        for text in (value if isinstance(value, list) else [value])
    ]
    body = ("".join(parts) + f"--{BOUNDARY}--\r\n").encode()
    return _request("POST", path, token, f"multipart/form-data; boundary={BOUNDARY}", body)


def _request(method: str, path: str, token: str, kind: str, body: bytes) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept-Language: ja",
        *([f"Cookie: session={token}"] if token else []),
        *([f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if body else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
