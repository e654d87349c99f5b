"""Where bounces come from, as ``TOROKU_BOUNCES`` names it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

HERE = ("127.0.0.1", "::1", "localhost")
"""Hosts LMTP is spoken on: it knows nobody, so whoever reaches it is believed to be the mail server."""


@dataclass(frozen=True)
class Socket:
    """Where LMTP is spoken: a port of this machine, or a socket of its file system."""

    host: str = "127.0.0.1"
    port: int = 0
    path: Path | None = None


@dataclass(frozen=True)
class Source:
    """One source of bounces."""

    kind: Literal["mbox", "maildir", "lmtp"]
    path: Path | None = None
    socket: Socket | None = None


def read_source(text: str) -> Source:
    """Read ``mbox:/path``, ``maildir:/path``, ``lmtp://127.0.0.1:8024`` or ``lmtp:///path``. Raises
    ValueError."""
    parts = urlsplit(text)
    if parts.scheme in ("mbox", "maildir") and parts.path and not parts.netloc:
        return Source("mbox" if parts.scheme == "mbox" else "maildir", path=Path(parts.path))
    if parts.scheme == "lmtp" and parts.hostname in HERE and parts.port:
        return Source("lmtp", socket=Socket(parts.hostname or "", parts.port))
    if parts.scheme == "lmtp" and not parts.netloc and parts.path:
        return Source("lmtp", socket=Socket(path=Path(parts.path)))
    raise ValueError("mbox:/file, maildir:/folder, lmtp://127.0.0.1:8024 or lmtp:///socket")
