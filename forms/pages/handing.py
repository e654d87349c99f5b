"""Files handed to a browser: always as a download, nothing in them is opened as a page here."""

from collections.abc import AsyncIterable
from typing import Protocol
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

SHUT = ("default-src", "script-src", "frame-ancestors", "base-uri", "object-src")
POLICY = "; ".join([*(f"{name} 'none'" for name in SHUT), "sandbox"])
"""A file that is opened here all the same can do nothing."""


class Kept(Protocol):
    """What is known of a file that is kept."""

    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...


def hand_over(kept: Kept, content: AsyncIterable[bytes]) -> Response:
    """A kept file with its name, in parts (ASVS 3.2.1, RFC 6266)."""
    headers = {**headers_of(kept.filename), "content-length": str(kept.size)}
    return StreamingResponse(content, media_type=kept.content_type, headers=headers)


def headers_of(filename: str) -> dict[str, str]:
    """The headers of a download of this name; it is kept by no cache and runs nothing."""
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(filename, safe='')}",
        "content-security-policy": POLICY,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
