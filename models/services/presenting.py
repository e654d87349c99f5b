"""What a presented client certificate must fulfil, whichever way it came: file, TLS connection or proxy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from models.documents.certificate import Certificate
from models.documents.event import Subject
from models.documents.guarded import insert_new
from models.documents.store import Session
from models.errors import (
    CertificateExpired,
    CertificateNotForClients,
    CertificateNotYetValid,
    CertificateRefused,
    CertificateUnreadable,
    TorokuError,
)
from models.permissions import Actor
from models.services.events import record_event
from models.services.site import Site
from models.services.trust import Chain, Outcome, fingerprint_of

LONGEST = 32_768
"""Largest certificate read (bytes)."""

REMEMBERED = timedelta(seconds=5)
"""How long what a look at a certificate came to holds; a changed revocation list ends it at once."""

MOST = 10_000
"""Most certificates remembered; beyond, all are looked at again."""

CLIENTS = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


def read_certificate(data: bytes) -> x509.Certificate:
    """The first certificate of a PEM text, or the one in DER form. Raises CertificateUnreadable."""
    with _readable():
        if len(data) > LONGEST:
            raise ValueError("too large")
        if b"-----BEGIN" in data:
            return x509.load_pem_x509_certificates(data)[0]
        return x509.load_der_x509_certificate(data)


def examine(site: Site, certificate: x509.Certificate, between: Chain = ()) -> None:
    """Whether `certificate` may be used now: for clients, within its time, from an authority of the site and
    not taken back. Without authorities (trials by upload) anybody may have issued it; `between` are the
    certificates that lead to an authority. Raises CertificateNotForClients, CertificateNotYetValid,
    CertificateExpired, CertificateUnknown, CertificateRevoked, RevocationUnknown, CertificateUnreadable."""
    with _readable():
        _must_be_for_clients(certificate.extensions)
    now = site.now()
    if now < certificate.not_valid_before_utc:
        raise CertificateNotYetValid
    if now >= certificate.not_valid_after_utc:
        raise CertificateExpired
    if site.trust is not None:
        anchors = site.trust.anchors
        anchors.check_lists(anchors.trace(certificate, between, now), now)


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise CertificateUnreadable from error


def _must_be_for_clients(extensions: x509.Extensions) -> None:
    """RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.12: what is not said is allowed."""
    for extension in extensions:
        found = extension.value
        signs = not isinstance(found, x509.KeyUsage) or found.digital_signature or found.key_agreement
        serves = isinstance(found, x509.ExtendedKeyUsage) and not CLIENTS & set(found)
        issues = isinstance(found, x509.BasicConstraints) and found.ca
        if not signs or serves or issues:
            raise CertificateNotForClients


async def recognise(site: Site, presented: Sequence[bytes], address: str) -> str:
    """The fingerprint of the certificate a connection presented (DER, the client's own first), examined and
    kept in the register. What that came to is remembered for seconds.

    Raises CertificateRefused, as ``examine``, with the values ``subject``, ``begins`` and ``ends`` where it
    can be read; a refusal is an event, at most one of a kind a minute."""
    fingerprint = sha256(presented[0]).hexdigest()
    known = _remembered(site, fingerprint)
    if known is not None and known.refused is None and fingerprint in site.presented:
        return fingerprint
    actor = Actor(kind="visitor", address=address)
    try:
        certificate, *between = map(read_certificate, presented)
    except CertificateUnreadable as error:
        await tell_refusal(site, actor, error)
        raise
    refused = (known or _look(site, certificate, tuple(between), fingerprint)).refused
    if refused is not None:
        await tell_refusal(site, actor, refused, _subject(certificate))
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        raise type(refused)(subject=_subject(certificate), begins=begins, ends=ends)
    await insert_new(document_of(site, certificate))
    site.presented.add(fingerprint)
    return fingerprint


def _remembered(site: Site, fingerprint: str) -> Outcome | None:
    """What the last look came to, while neither the time nor the authorities can tell otherwise."""
    found = site.examined.get(fingerprint)
    anchors = site.trust.anchors if site.trust is not None else None
    fresh = found is not None and found.anchors is anchors and found.at <= site.now() < found.until
    return found if fresh else None


def _look(site: Site, certificate: x509.Certificate, between: Chain, fingerprint: str) -> Outcome:
    """What ``examine`` comes to now, remembered."""
    now, anchors = site.now(), site.trust.anchors if site.trust is not None else None
    ends = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    until = min([now + REMEMBERED, *(end for end in ends if end > now)])
    found = Outcome(now, until, anchors, _refusal(site, certificate, between))
    if len(site.examined) >= MOST:
        site.examined.clear()
        site.presented.clear()
    site.examined[fingerprint] = found
    return found


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()[:200]


def _refusal(site: Site, certificate: x509.Certificate, between: Chain) -> CertificateRefused | None:
    try:
        examine(site, certificate, between)
    except CertificateRefused as error:
        return error
    return None


def document_of(site: Site, certificate: x509.Certificate) -> Certificate:
    """A certificate as the register keeps it, just presented."""
    return Certificate(
        fingerprint=fingerprint_of(certificate),
        serial=f"{certificate.serial_number:X}",
        subject=certificate.subject.rfc4514_string()[:500],
        issuer=certificate.issuer.rfc4514_string()[:500],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        first_seen_at=site.now(),
    )


def is_listed(site: Site, certificate: Certificate) -> bool:
    """Whether the issuer of a certificate of the register has taken it back."""
    lists = site.trust.anchors.lists if site.trust is not None else ()
    return any(
        found.get_revoked_certificate_by_serial_number(int(certificate.serial, 16)) is not None
        for found in lists
        if found.issuer.rfc4514_string()[:500] == certificate.issuer
    )


async def tell_refusal(site: Site, actor: Actor, error: TorokuError, label: str = "") -> None:
    """Write the event of a certificate or header that was refused, as far as the pace of such allows."""
    await _tell(site, actor, label, f"{error.code} {actor.address}", code=error.code)


async def tell_handshake(site: Site, why: str) -> None:
    """Write the event of a connection that TLS itself refused; nothing is known of whose it was."""
    await _tell(site, Actor(kind="visitor"), "", why, why=why)


async def _tell(site: Site, actor: Actor, label: str, kind: str, **said: Any) -> None:
    left_out = site.pace.admit(kind)
    if left_out is None:
        return
    subject = Subject(kind="certificate", label=label)
    told: dict[str, Any] = {**said, "left_out": left_out}

    async def body(session: Session) -> None:
        await record_event(site, actor, "certificate.refused", subject, session, **told)

    await site.store.transaction(body)
