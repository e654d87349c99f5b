"""Every setting, one row each: name, default, what it does. The manual's table is made from this."""

import re
import secrets
from collections.abc import Sequence
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.bounce_source import read_source
from app.scanner import is_address
from models.errors import ConfigurationError
from models.services.sealing_keys import WeakKey, read_key

ROOT = Path(__file__).resolve().parent.parent
MIB = 1_048_576
FORM_MB = 1
"""What a request may hold besides an upload (MB): the form around it."""
SHORTEST_SECRET = 32
ENVELOPE = re.compile(r"[A-Za-z0-9._+-]{1,40}(\{id\})?@[A-Za-z0-9.-]{1,200}")


class Settings(BaseSettings):
    """Read from the environment once, at start; ``TOROKU_`` before each name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix="TOROKU_", frozen=True, extra="ignore", ignored_types=(cached_property,)
    )

    config: Annotated[tuple[Path, ...], NoDecode] = Field(
        (ROOT / "fixtures" / "capacity_market",),
        description="Module folders of the configuration, separated by commas; what the first says holds.",
    )
    database_url: SecretStr = Field(
        SecretStr("embedded:"),
        description="embedded: (a mongod of our own under the data folder), mongodb://… (a replica set), "
        "or memory:// (throw-away).",
    )
    data: Path = Field(
        ROOT / "var",
        description="Folder for what the program keeps: embedded database, secret, trial certificates.",
    )
    secret: SecretStr | None = Field(
        None,
        description="Key of sessions and one-time links, 32 characters or more; made and kept in the data "
        "folder when left out, required in production.",
    )
    sealing_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Keys of secret answers, the newest first, separated by commas: each 32 random bytes or "
        "more in base64 (`python -m app secrets key` makes one). Left out, one is derived from the secret.",
    )
    sealing_keys_file: Path | None = Field(
        None,
        description="File with these keys instead, the newest in its first line; read once, at start.",
    )
    base_url: str = Field(
        "http://127.0.0.1:8000",
        description="Where people reach the site; what mails link to. Left out, the server's own port.",
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Host names accepted besides the base URL's, separated by commas.",
    )
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the server listens on.")
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:587 or smtps://…; left out, mails are printed on the console.",
    )
    bounce_address: str = Field(
        "",
        description="Envelope sender of mails: where reports of failed delivery go. {id} in it becomes the "
        "id of the mail (bounces+{id}@example.jp); left out, the sender of site.yaml.",
    )
    bounces: str = Field(
        "",
        description="Where mails that come back arrive, for serve and worker to take them in: mbox:/file, "
        "maildir:/folder, lmtp://127.0.0.1:8024 or lmtp:///socket; left out, nobody reads them.",
    )
    mail_connections: int = Field(
        1,
        ge=1,
        le=20,
        description="Connections one worker sends mails over, side by side: more where the mail server is "
        "far away. Each has one mail under way.",
    )
    dkim_key: Path | None = Field(
        None,
        description="PEM file of the private key (RSA) mails are signed with (DKIM); left out, they are not "
        "signed here.",
    )
    dkim_selector: str = Field("toroku", description="Name of the key in DNS: SELECTOR._domainkey.DOMAIN.")
    dkim_domain: str = Field("", description="Domain that signs; left out, that of the sender of site.yaml.")
    production: bool = Field(
        False,
        description="Refuses demo data, uploaded certificates and other defaults meant for trials.",
    )
    certificate_source: Literal["tls", "proxy", "upload", "none"] = Field(
        "upload",
        description="Where a browser's client certificate comes from: tls (the connection itself; taken with "
        "TOROKU_TLS), proxy (the header Client-Cert of RFC 9440), upload (a PEM file; trials) or none.",
    )
    client_certificates: Literal["required", "optional"] = Field(
        "required",
        description="Whether the site opens without a client certificate, where tls or proxy is the source: "
        "required (R11), or optional, so that anybody may read the public pages.",
    )
    tls: Path | None = Field(
        None,
        description="Folder with server.pem, server.key, clients-ca.pem and, as soon as there is one, "
        "clients.crl: the server ends TLS itself.",
    )
    client_ca: Path | None = Field(
        None,
        description="PEM file of the authorities client certificates have to come from; required with proxy, "
        "clients-ca.pem of TOROKU_TLS with tls; left out with upload, anybody may have issued them.",
    )
    client_crl: Path | None = Field(
        None,
        description="File of the authorities' revocation lists; clients.crl of TOROKU_TLS with tls. Read "
        "again when it changes.",
    )
    proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Addresses or networks of the proxies in front, separated by commas: only theirs is "
        "believed what Client-Cert and X-Forwarded-For and -Proto say.",
    )
    hours: Literal["as_configured", "always"] = Field(
        "as_configured",
        description="Service hours: as_configured (site.yaml, the calendar), or always open (trials; what "
        "serve --demo takes when nothing is said).",
    )
    staff_codes: Literal["required", "optional"] = Field(
        "required",
        description="One-time codes of an authenticator app when staff sign in: required, or optional "
        "(trials; what serve --demo takes when nothing is said).",
    )
    limits: Literal["enforced", "watched"] = Field(
        "enforced",
        description="Limits of access: enforced (site.yaml), or watched: what goes over one is told and not "
        "refused (trials, measurements).",
    )
    scanner: str | None = Field(
        None,
        description="Virus scanner every upload is shown to first: clamd://host:3310 or "
        "clamd:///run/clamd.sock. While it does not answer, uploads are refused; none: nothing is scanned.",
    )
    worker: bool = Field(True, description="Whether serve also runs the background worker.")
    max_upload_mb: int = Field(
        20, ge=1, le=200, description="Largest upload accepted (MB); a request may hold 1 MB besides."
    )
    language: Literal["ja", "en"] = Field("ja", description="Language of the command line.")

    @field_validator("config", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        return tuple(map(Path, _parts(value))) if isinstance(value, str) else value

    @field_validator("hosts", "proxies", "sealing_keys", mode="before")
    @classmethod
    def _names(cls, value: object) -> object:
        return _parts(value) if isinstance(value, str) else value

    @field_validator("proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            ip_network(each)
        return value

    @model_validator(mode="before")
    @classmethod
    def _served_here(cls, values: Any) -> Any:
        """Where nothing else is said, people reach the site at its own port. With a folder for TLS,
        certificates come from the connection and the address is one of HTTPS."""
        if not isinstance(values, dict):
            return values
        port = values.get("port") or cls.model_fields["port"].default
        if values.get("tls"):
            return {"certificate_source": "tls", "base_url": f"https://localhost:{port}", **values}
        return {"base_url": f"http://127.0.0.1:{port}", **values}

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError("an address like https://toroku.example.jp, without a path")
        return value.rstrip("/")

    @field_validator("bounce_address")
    @classmethod
    def _envelope(cls, value: str) -> str:
        if value and not ENVELOPE.fullmatch(value):
            raise ValueError("an address like bounces@example.jp or bounces+{id}@example.jp")
        return value

    @field_validator("bounces")
    @classmethod
    def _source(cls, value: str) -> str:
        if value:
            read_source(value)
        return value

    @field_validator("scanner")
    @classmethod
    def _clamd(cls, value: str | None) -> str | None:
        if value is not None and not is_address(value):
            raise ValueError("an address like clamd://host:3310 or clamd:///run/clamd.sock")
        return value

    @model_validator(mode="after")
    def _certificates_have_a_way(self) -> "Settings":
        source = self.certificate_source
        if (self.tls is None) is (source == "tls"):
            raise ValueError("TOROKU_TLS and TOROKU_CERTIFICATE_SOURCE=tls go together")
        if source == "proxy" and not (self.proxies and self.client_ca):
            raise ValueError(
                "TOROKU_CERTIFICATE_SOURCE=proxy needs TOROKU_PROXIES, who is believed, and TOROKU_CLIENT_CA"
            )
        if source in ("tls", "proxy") and not self.secure:
            raise ValueError(
                "Client certificates come over TLS only: TOROKU_BASE_URL has to begin with https"
            )
        return self

    @model_validator(mode="after")
    def _safe_in_production(self) -> "Settings":
        if self.production and self.secret is None:
            raise ValueError("TOROKU_SECRET is required in production")
        if self.production and self.smtp_url is None:
            raise ValueError("TOROKU_SMTP_URL is required in production: mails carry one-time links")
        if self.production and self.certificate_source == "upload":
            raise ValueError(
                "TOROKU_CERTIFICATE_SOURCE=upload is for trials: an uploaded certificate proves nothing"
            )
        if self.production and self.hours == "always":
            raise ValueError("TOROKU_HOURS=always is for trials; instead, leave out service_hours")
        if self.production and self.limits == "watched":
            raise ValueError("TOROKU_LIMITS=watched is for trials; instead, write higher limits in site.yaml")
        if self.production and self.staff_codes == "optional":
            raise ValueError("TOROKU_STAFF_CODES=optional is for trials: staff need a second factor")
        if self.secret is not None and len(self.secret.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"TOROKU_SECRET needs {SHORTEST_SECRET} characters or more")
        return self

    @model_validator(mode="after")
    def _keys_are_keys(self) -> "Settings":
        if self.sealing_keys and self.sealing_keys_file is not None:
            raise ValueError("TOROKU_SEALING_KEYS and TOROKU_SEALING_KEYS_FILE: say one of them")
        _read_keys([each.get_secret_value() for each in self.sealing_keys], "TOROKU_SEALING_KEYS")
        return self

    @cached_property
    def sealing(self) -> tuple[bytes, ...]:
        """The keys of secret answers, the newest first. Raises ConfigurationError for a file that cannot be
        read or holds something else."""
        if self.sealing_keys_file is None:
            return _read_keys([each.get_secret_value() for each in self.sealing_keys], "")
        name = "TOROKU_SEALING_KEYS_FILE"
        try:
            lines = self.sealing_keys_file.read_text(encoding="ascii").split()
            found = _read_keys(lines, name)
        except OSError as error:
            raise ConfigurationError((), "{name} cannot be read.", name=name) from error
        except ValueError as error:
            raise ConfigurationError((), "{name}: {why}", name=name, why=str(error)) from error
        if not found:
            raise ConfigurationError((), "{name} holds no key.", name=name)
        return found

    @cached_property
    def key(self) -> bytes:
        """The secret, or the one kept in the data folder (made at first use, readable by its owner only)."""
        if self.secret is not None:
            return self.secret.get_secret_value().encode()
        return kept_secret(self.data / "secret")

    @property
    def max_upload_bytes(self) -> int:
        return (self.max_upload_mb + FORM_MB) * MIB

    @property
    def connects_with_certificates(self) -> bool:
        """Whether client certificates are presented by the connection, not by its pages."""
        return self.certificate_source in ("tls", "proxy")

    @property
    def secure(self) -> bool:
        """Whether people reach the site by HTTPS."""
        return self.base_url.startswith("https://")

    @property
    def allowed_hosts(self) -> list[str]:
        """Host names the site answers to."""
        return [urlsplit(self.base_url).hostname or "localhost", *self.hosts, "127.0.0.1", "localhost"]


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _read_keys(texts: Sequence[str], name: str) -> tuple[bytes, ...]:
    """The keys these texts spell. Raises ValueError, which says the place of the wrong one and nothing of
    what it holds."""
    found: list[bytes] = []
    for place, text in enumerate(texts, 1):
        try:
            key = read_key(text)
        except WeakKey as error:
            wanted = "32 random bytes or more in base64; python -m app secrets key makes one"
            raise ValueError(f"{name}: key {place} is {error}: {wanted}") from None
        if key in found:
            raise ValueError(f"{name}: key {place} is there twice")
        found.append(key)
    return tuple(found)


def kept_secret(path: Path) -> bytes:
    """The secret in `path`; made there the first time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            (), "The data folder cannot be written: {folder}", folder=str(path.parent)
        ) from error
