"""Whom client certificates have to come from, and which were taken back: files, read when they change."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.verification import (
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from models.errors import (
    CertificateRefused,
    CertificateRevoked,
    CertificateUnknown,
    ConfigurationError,
    RevocationUnknown,
)

RECHECK = 0.5
"""Seconds after which the files are looked at again."""

UNREADABLE = "The authorities of client certificates cannot be read: {file}: {why}"

log = logging.getLogger(__name__)

Chain = tuple[x509.Certificate, ...]
Lists = tuple[x509.CertificateRevocationList, ...]


class Stamp(NamedTuple):
    """By which a changed file is told."""

    changed: int
    size: int
    inode: int


@dataclass(frozen=True)
class Anchors:
    """The authorities and their lists, as the files said when they were read last."""

    authorities: Chain
    lists: Lists

    def trace(self, certificate: x509.Certificate, between: Chain, moment: datetime) -> Chain:
        """The chain from `certificate` to an authority (RFC 5280, 6). Raises CertificateUnknown."""
        builder = PolicyBuilder().store(Store(list(self.authorities))).time(moment)
        # What a client certificate is for, models.services.presenting checks; none needs a host's name.
        policies = {
            "ca_policy": ExtensionPolicy.webpki_defaults_ca(),
            "ee_policy": ExtensionPolicy.permit_all(),
        }
        verifier = builder.extension_policies(**policies).build_client_verifier()
        try:
            return tuple(verifier.verify(certificate, list(between)).chain)
        except (VerificationError, ValueError) as error:
            raise CertificateUnknown from error

    def check_lists(self, chain: Chain, moment: datetime) -> None:
        """Where there are lists, look for everyone of `chain` on that of its issuer; the client's own issuer
        has to have one. Raises CertificateRevoked, RevocationUnknown."""
        if not self.lists:
            return
        for number, (certificate, issuer) in enumerate(pairwise(chain)):
            found = self._list_of(issuer, moment)
            if found is None and number == 0:
                raise RevocationUnknown
            if found and found.get_revoked_certificate_by_serial_number(certificate.serial_number):
                raise CertificateRevoked

    def _list_of(self, issuer: x509.Certificate, moment: datetime) -> x509.CertificateRevocationList | None:
        """The list `issuer` signed that holds at `moment` (RFC 5280, 5.1.2)."""
        for found in self.lists:
            until = found.next_update_utc
            current = found.last_update_utc <= moment and (until is None or moment < until)
            if current and found.issuer == issuer.subject and _has_signed(issuer, found):
                return found
        return None


def _has_signed(issuer: x509.Certificate, found: x509.CertificateRevocationList) -> bool:
    try:
        return found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # others raise
    except TypeError:
        return False


class Outcome(NamedTuple):
    """What looking at one certificate came to, and until when that holds; refused by none: it may be used."""

    at: datetime
    until: datetime
    anchors: Anchors | None
    refused: CertificateRefused | None


class Trust:
    """The authorities in one PEM file and the revocation lists in another, as they are now.

    The file of lists may appear later unless `list_required`; from then on every certificate is looked up. A
    file that is gone or cannot be read changes nothing: what it said holds until its lists are out of date.
    Raises ConfigurationError where the files cannot be read at the start."""

    def __init__(
        self,
        authorities: Path,
        revoked: Path | None = None,
        *,
        list_required: bool = True,
        watch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._authorities, self._revoked, self._watch = authorities, revoked, watch
        self._looked, self._seen = watch(), self._stamps()
        try:
            if list_required and revoked is not None:
                revoked.stat()
            self._anchors = self._read()
        except (OSError, ValueError) as error:
            raise ConfigurationError((), UNREADABLE, file=str(authorities), why=str(error)) from error

    @property
    def anchors(self) -> Anchors:
        """What the files say; they are looked at every RECHECK seconds."""
        if self._watch() - self._looked >= RECHECK:
            self._looked = self._watch()
            stamps = self._stamps()
            if stamps != self._seen:
                self._seen = stamps
                self._renew()
        return self._anchors

    def _renew(self) -> None:
        try:
            fresh = self._read()
            if self._anchors.lists and not fresh.lists:
                raise FileNotFoundError(self._revoked)
        except (OSError, ValueError) as error:
            log.error("the authorities of client certificates could not be read again: %s", error)
            return
        self._anchors = fresh

    def _stamps(self) -> tuple[Stamp | None, ...]:
        return tuple(stamp_of(path) for path in (self._authorities, self._revoked))

    def _read(self) -> Anchors:
        authorities = tuple(x509.load_pem_x509_certificates(self._authorities.read_bytes()))
        there = self._revoked is not None and self._revoked.exists()
        return Anchors(authorities, read_lists(self._revoked.read_bytes()) if there and self._revoked else ())


def stamp_of(path: Path | None) -> Stamp | None:
    """How the file is now; None where it is not there."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino) if found else None


BEGIN = b"-----BEGIN X509 CRL-----"


def read_lists(data: bytes) -> Lists:
    """The revocation lists in a file: any number in PEM form, or one in DER. Raises ValueError."""
    if BEGIN not in data:
        return (x509.load_der_x509_crl(data),)
    return tuple(x509.load_pem_x509_crl(BEGIN + part) for part in data.split(BEGIN)[1:])


def fingerprint_of(certificate: x509.Certificate) -> str:
    """By which a certificate is known here: SHA-256 of its DER form, in hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()
