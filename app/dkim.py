"""Signing mails (DKIM, RFC 6376), so that receivers know that they come from the organisation's domain."""

from dataclasses import dataclass
from pathlib import Path

import dkim

from models.errors import ConfigurationError

SIGNED = (
    b"From",
    b"To",
    b"Subject",
    b"Date",
    b"Message-ID",
    b"MIME-Version",
    b"Content-Type",
    b"Content-Transfer-Encoding",
    b"Content-Language",
    b"Auto-Submitted",
    b"List-Id",
    b"List-Unsubscribe",
)
"""Headers a signature covers, where a mail has them (RFC 6376, 5.4.1)."""

ONCE = (b"From", b"To", b"Subject", b"Date", b"Message-ID")
"""Headers nobody may add another one of: they are signed once more than they are there."""

PROBE = b"From: probe@example.jp\r\nTo: probe@example.jp\r\n\r\nprobe\r\n"


@dataclass(frozen=True)
class Signer:
    """A private key (RSA, PEM), its domain and the name its public half has in DNS."""

    domain: str
    selector: str
    key: bytes

    def sign(self, content: bytes) -> bytes:
        """`content` (a whole mail, CRLF) with its signature in front. Raises dkim.DKIMException."""
        present = {line.split(b":")[0].strip().lower() for line in _head(content).split(b"\r\n")}
        names = [name for name in SIGNED if name.lower() in present]
        signature: bytes = dkim.sign(
            content,
            self.selector.encode("ascii"),
            self.domain.encode("idna"),
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*names, *(name for name in ONCE if name in names)],
        )
        return signature + content


def _head(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0]


def signer_of(path: Path | None, selector: str, domain: str) -> Signer | None:
    """The signer with the key in `path`; None without one. Raises ConfigurationError for a key that cannot be
    read or used: mails are not sent unsigned by mistake."""
    if path is None:
        return None
    try:
        signer = Signer(domain, selector, path.read_bytes())
        signer.sign(PROBE)
    except Exception as error:
        raise ConfigurationError(
            (), "The key that signs mails cannot be used: {file}", file=str(path)
        ) from error
    return signer
