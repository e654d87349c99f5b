"""TLS ended by the server itself: who connects, by which certificate (RFC 8446, 4.4.2), told to the program
by the TLS extension of ASGI."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from cryptography import x509
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from models.errors import ConfigurationError
from models.services.trust import RECHECK, Stamp, stamp_of

log = structlog.get_logger("tls")

NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which ``ssl`` has no name for: what is out of date is told by a page
(``models.services.presenting``), not by a connection that ends."""

Refused = Callable[[str], None]
"""Told why a connection was refused, in OpenSSL's words."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a folder for TLS holds."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"

    @property
    def authorities(self) -> Path:
        return self.folder / "clients-ca.pem"

    @property
    def revoked(self) -> Path:
        return self.folder / "clients.crl"

    def stamps(self) -> tuple[Stamp | None, ...]:
        """How the files are now."""
        return tuple(map(stamp_of, (self.certificate, self.key, self.authorities, self.revoked)))


def context_of(files: Files, *, required: bool) -> ssl.SSLContext:
    """TLS 1.2 or newer that asks for a client certificate. Where one is `required`, none that is revoked
    connects; else it does, and is told so. Raises ConfigurationError.

    Nothing is resumed: every connection shows its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(files.authorities)
        if required and files.revoked.exists():
            context.load_verify_locations(files.revoked)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    except (OSError, ValueError) as error:
        message = "The files for TLS in {folder} cannot be read: {why}"
        raise ConfigurationError((), message, folder=str(files.folder), why=str(error)) from error
    return context


class Gate:
    """The context connections begin with; each goes on with one of the files as they are now, so that a
    renewed certificate or a new revocation list needs no restart."""

    def __init__(self, files: Files, *, required: bool, refused: Refused) -> None:
        self._files, self._required = files, required
        self._seen, self._looked = files.stamps(), time.monotonic()
        self._current = context_of(files, required=required)
        self.context = context_of(files, required=required)
        self.context.sni_callback = self._go_on
        self.context.sslobject_class = _watched(refused)

    def _go_on(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Called at every handshake, also of clients that name no host."""
        if time.monotonic() - self._looked >= RECHECK:
            self._looked = time.monotonic()
            self._look()
        connection.context = self._current

    def _look(self) -> None:
        stamps = self._files.stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            fresh = context_of(self._files, required=self._required)
        except ConfigurationError as error:
            log.error("unreadable", why=str(error))
            return
        self._current = fresh
        self.context.verify_flags |= fresh.verify_flags  # connections take them from where they begin


def _watched(refused: Refused) -> type[ssl.SSLObject]:
    """A connection's TLS that tells why it came to nothing because of the client's certificate."""

    class Watched(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                refused(error.verify_message)
                raise
            except ssl.SSLError as error:
                if error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
                    refused("no certificate")
                raise

    return Watched


class TlsProtocol(HttpToolsProtocol):
    """uvicorn's HTTP with the TLS extension of ASGI in the scope of every request."""

    _extensions: Mapping[str, Any] | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        self._extensions = {"tls": extension_of(connection)} if connection is not None else None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._extensions is not None:
            self.scope["extensions"] = dict(self._extensions)


def extension_of(connection: ssl.SSLObject) -> dict[str, Any]:
    """What the ASGI specification's TLS extension (version 0.2) tells of a connection. The chain is the
    client's own certificate: those between it and an authority are the server's to know."""
    der = connection.getpeercert(binary_form=True)
    name, version = connection.cipher(), connection.version()
    return {
        "server_cert": None,
        "client_cert_chain": [ssl.DER_cert_to_PEM_cert(der)] if der else [],
        "client_cert_name": _subject_of(der) if der else None,
        "client_cert_error": None,
        "tls_version": _VERSIONS.get(version or ""),
        "cipher_suite": _suites().get(name[0]) if name else None,
    }


_VERSIONS: Mapping[str, int] = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}


@cache
def _suites() -> Mapping[str, int]:
    """Numbers of the cipher suites (IANA) by OpenSSL's names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    return {each["name"]: int(each["id"]) & 0xFFFF for each in context.get_ciphers()}


def _subject_of(der: bytes) -> str | None:
    """The subject as RFC 4514 writes it; None where it cannot be read."""
    try:
        return x509.load_der_x509_certificate(der).subject.rfc4514_string()
    except ValueError:
        return None
