"""Settings of the ways a certificate comes, and the authority for trials on the command line."""

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from typer.testing import CliRunner

from app.authority import FolderAuthority
from app.cli import program
from app.demo import PASSWORD
from app.opening import trust_of
from app.settings import Settings
from models.clock import system_clock
from models.errors import ConfigurationError


def test_a_folder_for_tls_makes_the_address_one_of_https_and_the_cookies_secure() -> None:
    settings = Settings(tls=Path("tls"), port=8443)
    assert (settings.certificate_source, settings.base_url) == ("tls", "https://localhost:8443")
    assert (settings.client_certificates, settings.secure) == ("required", True)


def test_an_address_that_is_given_is_kept() -> None:
    assert Settings(tls=Path("tls"), base_url="https://toroku.example.jp").base_url.endswith("example.jp")


def test_people_reach_a_site_at_its_own_port_unless_something_else_is_said() -> None:
    assert Settings(port=8123).base_url == "http://127.0.0.1:8123"
    assert Settings(port=8123, base_url="https://site.example").base_url == "https://site.example"


WRONG: dict[str, dict[str, Any]] = {
    "tls without a folder": {"certificate_source": "tls", "base_url": "https://localhost"},
    "a folder without tls": {"tls": Path("tls"), "certificate_source": "proxy"},
    "tls over http": {"tls": Path("tls"), "base_url": "http://localhost"},
    "nobody to believe": {
        "certificate_source": "proxy",
        "client_ca": Path("ca.pem"),
        "base_url": "https://localhost",
    },
    "no authority": {
        "certificate_source": "proxy",
        "proxies": "127.0.0.1",
        "base_url": "https://localhost",
    },
    "a proxy over http": {
        "certificate_source": "proxy",
        "proxies": "127.0.0.1",
        "client_ca": Path("ca.pem"),
    },
    "a proxy by name": {"proxies": "proxy.example.jp"},
    "a network with bits of a host": {"proxies": "10.0.0.1/8"},
}


@pytest.mark.parametrize("how", WRONG)
def test_settings_that_would_believe_the_wrong_are_refused(how: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Settings(**WRONG[how])


def test_control_a_proxy_with_all_it_takes_is_accepted() -> None:
    settings = Settings(
        certificate_source="proxy",
        proxies=("127.0.0.1", "10.0.0.0/8"),
        client_ca=Path("ca.pem"),
        base_url="https://localhost",
    )
    assert settings.connects_with_certificates


def test_without_the_files_of_its_settings_the_site_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        trust_of(Settings(tls=tmp_path))


def run(*arguments: object) -> str:
    """What a command says; it has to succeed."""
    done = CliRunner().invoke(program, ["certificate", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_an_authority_is_made_with_clients_revoked_and_shown(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    assert "alice.p12" in run("dev-ca", folder, "--client", "alice", "--password", PASSWORD)
    key, certificate, around = pkcs12.load_key_and_certificates(
        (folder / "clients" / "alice.p12").read_bytes(), PASSWORD.encode()
    )
    assert key is not None
    assert certificate is not None
    assert len(around) == 1
    assert "CN=alice,O=Toroku Trial,C=JP" in run("show", folder / "clients" / "alice.pem")
    run("revoke", folder, "alice")
    listed = x509.load_pem_x509_crl((folder / "clients.crl").read_bytes())
    assert listed.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    assert "Toroku Development CA" in run("show", folder / "clients.crl")


def test_nothing_is_made_over_what_is_there(tmp_path: Path) -> None:
    run("dev-ca", tmp_path, "--client", "alice")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    run("dev-ca", tmp_path)
    with pytest.raises(ConfigurationError, match="is there already"):
        run("dev-ca", tmp_path, "--client", "alice")
    assert {path: path.read_bytes() for path in before} == before


def test_keys_are_read_by_their_owner_only(tmp_path: Path) -> None:
    run("dev-ca", tmp_path, "--client", "alice")
    secret = [path for path in tmp_path.rglob("*") if path.suffix in (".key", ".p12")]
    assert len(secret) == 4
    assert {path.stat().st_mode & 0o077 for path in secret} == {0}


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "x" * 65])
def test_a_client_is_not_named_so_that_its_files_lie_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a client"):
        FolderAuthority(tmp_path, system_clock(), PASSWORD).file(name)


def test_a_strangers_authority_issues_nothing_here(tmp_path: Path) -> None:
    (tmp_path / "clients-ca.pem").write_bytes(b"of somebody else")
    with pytest.raises(ConfigurationError, match="not its key"):
        FolderAuthority(tmp_path, system_clock(), PASSWORD).prepare()
