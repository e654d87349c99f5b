"""Whom certificates have to come from, and the lists of those taken back."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.certificates import Authority, Issued
from models.errors import (
    CertificateRevoked,
    CertificateUnknown,
    ConfigurationError,
    RevocationUnknown,
)
from models.services.pace import EVERY, MOST, Pace
from models.services.trust import RECHECK, Trust, read_lists
from tests.clock import START, Hands

NOW = START
SOON = NOW + timedelta(days=30)


class Watch:
    """Shows seconds that only a test moves on."""

    def __init__(self) -> None:
        self.seconds = time.monotonic()

    def __call__(self) -> float:
        return self.seconds

    def later(self) -> None:
        self.seconds += RECHECK


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(NOW)


@pytest.fixture(scope="module")
def client(authority: Authority) -> x509.Certificate:
    return authority.client("client", "Example", NOW).certificate


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def folder(tmp_path: Path, authority: Authority) -> Path:
    (tmp_path / "ca.pem").write_bytes(authority.own.pem)
    return tmp_path


def trust_in(folder: Path, watch: Watch) -> Trust:
    return Trust(folder / "ca.pem", folder / "list.crl", list_required=False, watch=watch)


def put_list(folder: Path, authority: Authority, *serials: int, until: datetime = SOON) -> None:
    made = authority.take_back(serials, NOW, until)
    (folder / "list.crl").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def check(trust: Trust, certificate: x509.Certificate, moment: datetime = NOW) -> None:
    anchors = trust.anchors
    anchors.check_lists(anchors.trace(certificate, (), moment), moment)


def test_without_a_list_the_authority_is_enough(folder: Path, watch: Watch, client: x509.Certificate) -> None:
    check(trust_in(folder, watch), client)


def test_an_authority_of_the_same_name_is_another(folder: Path, watch: Watch) -> None:
    forged = Authority.make(NOW).client("client", "Example", NOW).certificate
    with pytest.raises(CertificateUnknown):
        check(trust_in(folder, watch), forged)


def test_a_certificate_between_is_followed_where_it_comes_along(tmp_path: Path, watch: Watch) -> None:
    root = ec.generate_private_key(ec.SECP256R1())
    top = signed(root, root, "Root", "Root", 1)
    middle_key = ec.generate_private_key(ec.SECP256R1())
    middle = signed(middle_key, root, "Middle", "Root", 0)
    leaf = Authority(Issued(middle, middle_key)).client("leaf", "Example", NOW).certificate
    (tmp_path / "ca.pem").write_bytes(Issued(top, root).pem)
    anchors = trust_in(tmp_path, watch).anchors
    assert len(anchors.trace(leaf, (middle,), NOW)) == 3
    with pytest.raises(CertificateUnknown):
        anchors.trace(leaf, (), NOW)


def signed(
    key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, name: str, issuer: str, below: int
) -> x509.Certificate:
    """The certificate of an authority."""
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in (name, issuer)]
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
         "key_agreement", "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key())
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1])
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=900))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
    builder = builder.add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(own, critical=False).add_extension(known, critical=False)
    return builder.sign(by, hashes.SHA256())


def test_who_is_on_the_list_is_refused_and_others_are_not(
    folder: Path, watch: Watch, authority: Authority, client: x509.Certificate
) -> None:
    put_list(folder, authority, client.serial_number)
    with pytest.raises(CertificateRevoked):
        check(trust_in(folder, watch), client)
    put_list(folder, authority, client.serial_number + 1)
    check(trust_in(folder, watch), client)


def test_a_list_that_appears_counts_at_the_next_look(
    folder: Path, watch: Watch, authority: Authority, client: x509.Certificate
) -> None:
    trust = trust_in(folder, watch)
    put_list(folder, authority, client.serial_number)
    check(trust, client)
    watch.later()
    with pytest.raises(CertificateRevoked):
        check(trust, client)


def test_a_list_holds_until_the_second_the_next_is_due(
    folder: Path, watch: Watch, authority: Authority, client: x509.Certificate
) -> None:
    put_list(folder, authority)
    trust = trust_in(folder, watch)
    check(trust, client, SOON - timedelta(seconds=1))
    for late in (SOON, SOON + timedelta(seconds=1)):
        with pytest.raises(RevocationUnknown):
            check(trust, client, late)


def test_a_list_somebody_else_signed_is_none(folder: Path, watch: Watch, client: x509.Certificate) -> None:
    put_list(folder, Authority.make(NOW))
    with pytest.raises(RevocationUnknown):
        check(trust_in(folder, watch), client)


@pytest.mark.parametrize("harm", ["broken", "gone"])
def test_what_a_list_said_holds_when_its_file_is_no_good_any_more(
    folder: Path, watch: Watch, authority: Authority, client: x509.Certificate, harm: str
) -> None:
    put_list(folder, authority, client.serial_number)
    trust, path = trust_in(folder, watch), folder / "list.crl"
    if harm == "broken":
        path.write_bytes(b"-----BEGIN X509 CRL-----\n?")
    else:
        path.unlink()
    watch.later()
    with pytest.raises(CertificateRevoked):
        check(trust, client)


def test_lists_of_several_authorities_stand_in_one_file(authority: Authority) -> None:
    lists = [each.take_back((), NOW, SOON) for each in (authority, Authority.make(NOW))]
    data = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in lists)
    assert len(read_lists(data)) == 2
    assert len(read_lists(lists[0].public_bytes(serialization.Encoding.DER))) == 1


def test_files_that_are_configured_have_to_be_there(folder: Path) -> None:
    with pytest.raises(ConfigurationError):
        Trust(folder / "ca.pem", folder / "list.crl")
    with pytest.raises(ConfigurationError):
        Trust(folder / "nothing.pem")
    (folder / "ca.pem").write_bytes(b"no certificate")
    with pytest.raises(ConfigurationError):
        Trust(folder / "ca.pem")


def test_the_same_is_written_down_once_a_minute_with_how_many_were_left_out() -> None:
    hands = Hands()
    pace = Pace(hands)
    assert [pace.admit("a") for _ in range(4)] == [0, None, None, None]
    assert pace.admit("b") == 3
    hands.now += EVERY - timedelta(seconds=1)
    assert pace.admit("a") is None
    hands.now += timedelta(seconds=1)
    assert pace.admit("a") == 1


def test_however_many_kinds_there_are_few_are_written_down() -> None:
    pace = Pace(Hands())
    admitted = [kind for kind in range(10 * MOST) if pace.admit(str(kind)) is not None]
    assert len(admitted) == MOST
