"""Client certificates: reading what was presented, keeping it, binding it to an operator."""

from typing import Any

from cryptography import x509

from models.documents.application import Application
from models.documents.base import Id
from models.documents.certificate import OPENS, STOPPED, Certificate
from models.documents.guarded import insert_new, update_where
from models.documents.store import Session
from models.errors import CertificateRefused, CertificateUnreadable
from models.services.presenting import document_of, examine, read_certificate
from models.services.site import Site

PEM_LIMIT = 32_768
"""Largest certificate file read (bytes)."""


async def present(site: Site, pem: bytes) -> Certificate:
    """Keep the certificate in a PEM file as presented; the same one is kept once.

    Raises CertificateRefused when it is not one certificate or may not be used (``examine``)."""
    certificate = read_file(pem)
    examine(site, certificate)
    document = document_of(site, certificate)
    if await insert_new(document):
        return document
    return await _usable(document.fingerprint)


def read_file(pem: bytes) -> x509.Certificate:
    """The certificate in a file somebody chose. Raises CertificateRefused, saying what the file is."""
    if len(pem) > PEM_LIMIT:
        raise CertificateUnreadable("The file is too large for a certificate.")
    if b"PRIVATE KEY" in pem:
        raise CertificateRefused(
            "This file holds a private key. Never hand it to anybody; choose the certificate only."
        )
    if b"-----BEGIN" not in pem:
        raise CertificateUnreadable("This file is not a certificate in PEM form.")
    return read_certificate(pem)


async def _usable(fingerprint: str) -> Certificate:
    known = await Certificate.find_one({"fingerprint": fingerprint})
    if known is None or known.state in STOPPED:
        raise CertificateRefused("The use of this certificate has been stopped.")
    return known


async def find(site: Site, fingerprint: str | None) -> Certificate | None:
    """The certificate with this fingerprint, when it may be used now; else None."""
    if fingerprint is None:
        return None
    known = await Certificate.find_one({"fingerprint": fingerprint})
    if known is None or known.state in STOPPED:
        return None
    return known if known.not_before <= site.now() < known.not_after else None


def opens(state: str, owner: Id | None, operator_id: Id | None) -> bool:
    """Whether a certificate in this state, of this `owner`, lets an account of `operator_id` in; its two ends
    and the list of its issuer are looked at besides."""
    return state in OPENS and owner is not None and owner == operator_id


def is_free_for(certificate: Certificate, operator_id: Id | None) -> bool:
    """Whether an application of `operator_id` (None: of nobody registered yet) may come with it. One that was
    only registered for another operator beforehand, and never used, is free: presenting it proves more."""
    claimed = certificate.state == "registered" and certificate.used_at is None
    return certificate.state not in STOPPED and (
        claimed or certificate.operator_id is None or certificate.operator_id == operator_id
    )


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


async def bind(
    site: Site, application: Application, operator_id: Id, session: Session, replaced: str | None = None
) -> None:
    """Bind the certificate an application came with to its operator; `replaced` is the fingerprint of the one
    that was registered before. Raises CertificateRefused when it is bound to another operator or stopped."""
    now = site.now()
    bound = await update_where(
        Certificate,
        {
            "fingerprint": application.certificate,
            "$or": [
                {"state": "presented", "operator_id": None},
                {"state": "registered", "used_at": None},
                {"state": {"$in": list(OPENS)}, "operator_id": operator_id},
            ],
        },
        {"$set": {"state": "bound", "operator_id": operator_id, "bound_at": now}, "$inc": {"revision": 1}},
        session,
    )
    if bound is None:
        raise CertificateRefused("This client certificate belongs to another operator or has been stopped.")
    if replaced is not None and replaced != bound.fingerprint:
        where = {"fingerprint": replaced, "operator_id": operator_id, "replaced_at": None}
        await update_where(
            Certificate, where, {"$set": {"replaced_by": bound.id, "replaced_at": now}}, session
        )
