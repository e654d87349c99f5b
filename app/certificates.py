"""Certificates for trials: an authority of our own and what it signs. Never for production."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID = timedelta(days=730)
"""Two years, as the market's issuer gives."""

AUTHORITY_VALID = timedelta(days=3650)

EARLIER = timedelta(days=1)
"""How long before its making a certificate begins: clocks differ."""


class Issued(NamedTuple):
    """A certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key, not encrypted (PKCS #8)."""
        plain = serialization.NoEncryption()
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


@dataclass(frozen=True)
class Authority:
    """Signs certificates of clients and servers, and the list of those it took back (RFC 5280)."""

    own: Issued

    @classmethod
    def make(cls, now: datetime, name: str = "Toroku Trial Client CA") -> "Authority":
        """A new authority, signed by itself."""
        key, subject = ec.generate_private_key(ec.SECP256R1()), _name(name, "Toroku")
        builder = _begin(subject, subject, key, now - EARLIER, now + AUTHORITY_VALID)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        return cls(Issued(builder.add_extension(own, critical=False).sign(key, hashes.SHA256()), key))

    def client(
        self, common_name: str, organisation: str, begins: datetime, ends: datetime | None = None
    ) -> Issued:
        """A client certificate, valid for VALID where no end is given."""
        subject = _name(common_name, organisation)
        return self._sign(subject, ExtendedKeyUsageOID.CLIENT_AUTH, (), begins, ends or begins + VALID)

    def server(self, hosts: Sequence[str], begins: datetime) -> Issued:
        """A server certificate for these host names and addresses."""
        subject = _name(hosts[0], "Toroku")
        return self._sign(subject, ExtendedKeyUsageOID.SERVER_AUTH, hosts, begins, begins + VALID)

    def take_back(
        self, serials: Sequence[int], now: datetime, until: datetime, number: int = 1
    ) -> x509.CertificateRevocationList:
        """The list of revoked certificates (RFC 5280, 5), good until another is due."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.own.certificate.subject)
        builder = builder.last_update(now).next_update(until)
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
        for serial in serials:
            revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
            builder = builder.add_revoked_certificate(revoked)
        return builder.sign(self.own.key, hashes.SHA256())

    def _sign(
        self,
        subject: x509.Name,
        purpose: x509.ObjectIdentifier,
        hosts: Sequence[str],
        begins: datetime,
        ends: datetime,
    ) -> Issued:
        key, issuer = ec.generate_private_key(ec.SECP256R1()), self.own.certificate
        builder = _begin(subject, issuer.subject, key, begins, ends)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.own.key.public_key())
        builder = builder.add_extension(known, critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_host(each) for each in hosts])
            builder = builder.add_extension(names, critical=False)
        return Issued(builder.sign(self.own.key, hashes.SHA256()), key)


class TrialAuthority:
    """A certificate authority that exists for one run of demo data; its key is never stored."""

    def __init__(self, now: datetime) -> None:
        self._now, self._authority = now, Authority.make(now)

    def issue(self, common_name: str, organisation: str) -> bytes:
        """A client certificate in PEM form."""
        return self._authority.client(common_name, organisation, self._now - EARLIER, self._now + VALID).pem


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    return builder.not_valid_before(begins).not_valid_after(ends)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common_name: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def write_certificate(folder: Path, name: str, pem: bytes) -> Path:
    """Keep a certificate where a person can pick it from a file dialog."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.pem"
    path.write_bytes(pem)
    return path
