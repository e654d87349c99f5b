"""A small HTTP/1.1 client: one kept-alive connection, nothing between the clock and the socket."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode

from models.errors import ConfigurationError

HEAD_LIMIT = 64 * 1024
"""Longest answer head read (bytes)."""

BOUNDARY = "toroku-bench-2f8c"
"""Between the parts of a multipart post."""

PLAIN = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the address it leads to, the size of the body in bytes, the cookies set."""

    status: int
    location: str
    size: int
    cookies: Mapping[str, str] = field(default_factory=dict)


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
    told = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    fields, made = dict(told), [value.partition(";")[0] for name, value in told if name == "set-cookie"]
    if "content-length" not in fields:
        raise ConfigurationError(message=f"{status}: without Content-Length it cannot be measured.")
    cookies = {name: value for name, _, value in (pair.partition("=") for pair in made)}
    length = int(fields["content-length"])
    return Answer(int(status.split(" ", 2)[1]), fields.get("location", ""), length, cookies)


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


def post_plain(path: str, token: str, fields: Sequence[tuple[str, str]], cookies: Mapping[str, str]) -> bytes:
    """A POST of a form without uploads as bytes, as browsers send the forms of the staff's site."""
    return _request("POST", path, token, PLAIN, urlencode(fields).encode(), cookies)


def _request(
    method: str, path: str, token: str, kind: str, body: bytes, cookies: Mapping[str, str] | None = None
) -> bytes:
    told = {**({"session": token} if token else {}), **(cookies or {})}
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Accept-Language: ja",
        *([f"Cookie: {'; '.join(f'{name}={value}' for name, value in told.items())}"] if told else []),
        *([f"Content-Type: {kind}", f"Content-Length: {len(body)}"] if body else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
