"""A certificate authority in a folder, for trials and tests of TLS. Never for production.

The folder is one for ``serve --tls``: ``server.pem``, ``server.key``, ``clients-ca.pem``, ``clients.crl``.
Besides, ``ca.key`` and, in ``clients``, each client's certificate, key and both as one file (PKCS #12)."""

import os
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from app.certificates import EARLIER, VALID, Authority, Issued
from app.tls import Files
from models.errors import ConfigurationError

HOSTS = ("localhost", "127.0.0.1", "::1")
"""What the server certificate is for: this machine."""

LIST_VALID = timedelta(days=365)
"""How long a revocation list holds; commands write it anew."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class FolderAuthority:
    """The authority in `folder`; `password` protects the PKCS #12 files."""

    folder: Path
    now: datetime
    password: str

    @property
    def clients(self) -> Path:
        return self.folder / "clients"

    @property
    def key(self) -> Path:
        return self.folder / "ca.key"

    @cached_property
    def files(self) -> Files:
        return Files(self.folder)

    def prepare(self) -> None:
        """Make what is missing: authority, server certificate, revocation list; nothing is written over."""
        if not self.key.exists() and self.files.authorities.exists():
            message = "{folder} holds an authority's certificate, not its key: nothing can be issued."
            raise ConfigurationError((), message, folder=str(self.folder))
        self.clients.mkdir(parents=True, exist_ok=True)
        if not self.key.exists():
            made = Authority.make(self.now, "Toroku Development CA")
            _write(self.files.authorities, made.own.pem)
            _write(self.key, made.own.key_pem, secret=True)
        if not self.files.certificate.exists():
            server = self.authority.server(HOSTS, self.now - EARLIER)
            _write(self.files.key, server.key_pem, secret=True)
            _write(self.files.certificate, server.pem)
        if not self.files.revoked.exists():
            self._write_list(())

    @cached_property
    def authority(self) -> Authority:
        """The authority as it is stored. Raises ConfigurationError."""
        try:
            key = serialization.load_pem_private_key(self.key.read_bytes(), None)
            own = x509.load_pem_x509_certificate(self.files.authorities.read_bytes())
        except (OSError, ValueError) as error:
            message = "There is no authority in {folder}: make one with “certificate dev-ca”."
            raise ConfigurationError((), message, folder=str(self.folder)) from error
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 - this class wrote it
        return Authority(Issued(own, key))

    def issue(
        self,
        common_name: str,
        organisation: str,
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> bytes:
        """A client certificate in PEM form; the files a browser needs are in ``clients``."""
        begins = begins or self.now - EARLIER
        issued = self.authority.client(common_name, organisation, begins, ends or begins + VALID)
        place = self.file(common_name)
        _write(place.with_name(f"{common_name}.key"), issued.key_pem, secret=True)
        _write(place.with_name(f"{common_name}.pem"), issued.pem)
        sealed = serialization.BestAvailableEncryption(self.password.encode())
        around = [self.authority.own.certificate]
        bundle = pkcs12.serialize_key_and_certificates(
            common_name.encode(), issued.key, issued.certificate, around, sealed
        )
        _write(place, bundle, secret=True)
        return issued.pem

    def file(self, common_name: str) -> Path:
        """Where the PKCS #12 file of a client is. Raises ConfigurationError for what is no file's name."""
        if not _NAME.fullmatch(common_name):
            message = "“{name}” cannot name a client: use letters, digits, dots, hyphens."
            raise ConfigurationError((), message, name=common_name)
        return self.clients / f"{common_name}.p12"

    def revoke(self, common_name: str) -> int:
        """Put a client's certificate on the list; how many are on it. Raises ConfigurationError."""
        path = self.file(common_name).with_suffix(".pem")
        try:
            serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
        except (OSError, ValueError) as error:
            raise ConfigurationError((), "There is no certificate {file}.", file=str(path)) from error
        stood = x509.load_pem_x509_crl(self.files.revoked.read_bytes())
        serials = {*(each.serial_number for each in stood), serial}
        self._write_list(tuple(sorted(serials)), stood)
        return len(serials)

    def _write_list(
        self, serials: tuple[int, ...], before: x509.CertificateRevocationList | None = None
    ) -> None:
        number = before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number if before else 0
        fresh = self.authority.take_back(serials, self.now, self.now + LIST_VALID, number + 1)
        _write(self.files.revoked, fresh.public_bytes(serialization.Encoding.PEM))


def _write(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Put `content` in the place of `path` at once: a server may be reading it."""
    handle, name = tempfile.mkstemp(dir=path.parent)  # readable by its owner only
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    if not secret:
        Path(name).chmod(0o644)
    Path(name).replace(path)
