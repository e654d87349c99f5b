"""Client certificates: reading what was presented, keeping it, binding it to an operator."""

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from models.documents.application import Application
from models.documents.base import Id
from models.documents.certificate import Certificate
from models.documents.guarded import insert_new, update_where
from models.documents.store import Session
from models.errors import CertificateRefused
from models.services.site import Site

PEM_LIMIT = 32_768
"""Largest certificate file read (bytes)."""


async def present(site: Site, pem: bytes) -> Certificate:
    """Keep the certificate in a PEM file as presented; the same one is kept once.

    Raises CertificateRefused when it is not one certificate, not valid today, or not for clients."""
    certificate = _read(pem)
    now = site.now()
    if now < certificate.not_valid_before_utc:
        raise CertificateRefused("This client certificate is not valid yet.")
    if now >= certificate.not_valid_after_utc:
        raise CertificateRefused("This client certificate has expired.")
    document = _document(certificate, site)
    if await insert_new(document):
        return document
    return await _usable(document.fingerprint)


def _read(pem: bytes) -> x509.Certificate:
    if len(pem) > PEM_LIMIT:
        raise CertificateRefused("The file is too large for a certificate.")
    if b"PRIVATE KEY" in pem:
        raise CertificateRefused(
            "This file holds a private key. Never hand it to anybody; choose the certificate only."
        )
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateRefused("This file is not a certificate in PEM form.") from error
    _must_be_for_clients(found[0])
    return found[0]


def _must_be_for_clients(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    except ValueError as error:
        raise CertificateRefused from error
    if x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise CertificateRefused("This certificate is not for client authentication.")


def _document(certificate: x509.Certificate, site: Site) -> Certificate:
    return Certificate(
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        serial=f"{certificate.serial_number:X}",
        subject=certificate.subject.rfc4514_string()[:500],
        issuer=certificate.issuer.rfc4514_string()[:500],
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        first_seen_at=site.now(),
    )


async def _usable(fingerprint: str) -> Certificate:
    known = await Certificate.find_one({"fingerprint": fingerprint})
    if known is None or known.state in ("suspended", "revoked"):
        raise CertificateRefused("The use of this certificate has been stopped.")
    return known


async def find(site: Site, fingerprint: str | None) -> Certificate | None:
    """The certificate with this fingerprint, when it may be used now; else None."""
    if fingerprint is None:
        return None
    known = await Certificate.find_one({"fingerprint": fingerprint})
    if known is None or known.state in ("suspended", "revoked"):
        return None
    return known if known.not_before <= site.now() < known.not_after else None


def facts(certificate: Certificate) -> dict[str, Any]:
    """What a field of type ``certificate`` stores."""
    return {
        "serial": certificate.serial,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before.date().isoformat(),
        "not_after": certificate.not_after.date().isoformat(),
        "fingerprint": certificate.fingerprint,
    }


async def bind(site: Site, application: Application, operator_id: Id, session: Session) -> None:
    """Bind the certificate an application came with to its operator. Raises CertificateRefused when it is
    bound to another operator or stopped."""
    bound = await update_where(
        Certificate,
        {
            "fingerprint": application.certificate,
            "$or": [
                {"state": "presented", "operator_id": None},
                {"state": "bound", "operator_id": operator_id},
            ],
        },
        {"$set": {"state": "bound", "operator_id": operator_id, "bound_at": site.now()}},
        session,
    )
    if bound is None:
        raise CertificateRefused("This client certificate belongs to another operator or has been stopped.")
