"""``certificate``: an authority for trials of TLS, and a look into a file."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.authority import FolderAuthority
from app.cli.speech import say
from models.clock import system_clock
from models.errors import ConfigurationError
from models.services.presenting import read_certificate
from models.services.trust import fingerprint_of, read_lists

certificate = typer.Typer(help="Certificates for trials of TLS.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="The folder of the authority; serve --tls takes it.")]


@certificate.callback()
def _group() -> None:
    """Certificates for trials of TLS."""


@certificate.command("dev-ca")
def dev_ca(
    folder: Folder,
    client: Annotated[
        list[str] | None,
        typer.Option(help="A client to issue a certificate to; may be given more than once."),
    ] = None,
    password: Annotated[
        str | None, typer.Option(help="Password of the .p12 files; made and printed when left out.")
    ] = None,
) -> None:
    """Make an authority, a server certificate for this machine, and client certificates. Never for
    production: whoever reads the folder can issue."""
    chosen = password or secrets.token_urlsafe(9)
    authority = FolderAuthority(folder, system_clock(), chosen)
    authority.prepare()
    for name in client or ():
        if authority.file(name).exists():
            raise ConfigurationError((), "{file} is there already.", file=str(authority.file(name)))
        authority.issue(name, "Toroku Trial")
        say("{file} (password: {password})", file=authority.file(name), password=chosen)
    say("Import {file} in the browser as an authority for web sites.", file=authority.files.authorities)


@certificate.command()
def revoke(
    folder: Folder, name: Annotated[str, typer.Argument(help="The client whose certificate is revoked.")]
) -> None:
    """Put a client's certificate on the revocation list; a running server follows within seconds."""
    count = FolderAuthority(folder, system_clock(), "").revoke(name)
    say("The certificate of {name} is revoked; {count} are on the list.", name=name, count=count)


@certificate.command()
def show(
    file: Annotated[Path, typer.Argument(help="A certificate or a revocation list (PEM or DER).")],
) -> None:
    """What a certificate or a revocation list says."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigurationError((), "{file} cannot be read.", file=str(file)) from error
    if _shows_lists(data):
        return
    found = read_certificate(data)
    say("Subject: {subject}", subject=found.subject.rfc4514_string())
    say("Issuer: {issuer}", issuer=found.issuer.rfc4514_string())
    say("Serial number: {serial}", serial=f"{found.serial_number:X}")
    begins, ends = _moment(found.not_valid_before_utc), _moment(found.not_valid_after_utc)
    say("Valid from {begins} to {ends}", begins=begins, ends=ends)
    say("SHA-256: {fingerprint}", fingerprint=fingerprint_of(found))


def _shows_lists(data: bytes) -> bool:
    try:
        lists = read_lists(data)
    except ValueError:
        return False
    for found in lists:
        say("Issuer: {issuer}", issuer=found.issuer.rfc4514_string())
        until = _moment(found.next_update_utc) if found.next_update_utc else "-"
        say("Valid from {begins} to {ends}", begins=_moment(found.last_update_utc), ends=until)
        say("Revoked certificates: {count}", count=len(found))
    return bool(lists)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
