"""The keys secrets are sealed with: the newest seals, every one opens.

Tokens are Fernet's (AES-128-CBC and HMAC-SHA-256, https://github.com/fernet/spec), opened by MultiFernet.
Every key is derived from what is configured by HKDF-SHA-256 (RFC 5869); the last one from the site's secret,
so that what was sealed before there were keys stays readable."""

import binascii
import hmac
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES = 32
"""Fewest random bytes of a configured key."""

DISTINCT = 16
"""Fewest different bytes among a key's: 32 random ones have fewer once in 10¹⁴ times."""

FROM_SECRET = b"toroku sealed answers"
CONFIGURED = b"toroku sealing key"
NAMES = b"toroku sealing key: its name"

VERSION, BLOCK, HALF = b"\x80", 128, 16
"""Of a Fernet token: its first byte, the bits of a block, the bytes of each half of the key."""


class WeakKey(ValueError):
    """What is configured is no key: not base64, too short, or not random."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: ``name`` tells it apart and gives nothing of it away."""

    name: str
    material: bytes

    @property
    def fernet(self) -> Fernet:
        return Fernet(urlsafe_b64encode(self.material))


def read_key(text: str) -> bytes:
    """The bytes of a configured key, base64 of either alphabet. Raises WeakKey."""
    try:
        found = b64decode(text.strip().replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error) as error:
        raise WeakKey("not base64") from error
    if len(found) < KEY_BYTES:
        raise WeakKey("too short")
    if len(set(found)) < DISTINCT:
        raise WeakKey("not random")
    return found


@dataclass(frozen=True)
class Ring:
    """The keys of one site, the newest first."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        """The key that seals."""
        return self.keys[0]

    @property
    def is_derived(self) -> bool:
        """Whether there is no key but the one derived from the site's secret."""
        return len(self.keys) == 1

    @cached_property
    def _all(self) -> MultiFernet:
        return MultiFernet([key.fernet for key in self.keys])

    def seal(self, content: bytes) -> str:
        """A token of the newest key."""
        return self.newest.fernet.encrypt(content).decode()

    def open(self, token: str) -> bytes:
        """What was sealed, by whichever key. Raises InvalidToken."""
        return self._all.decrypt(token.encode())

    def key_of(self, token: str) -> Key | None:
        """The key that opens a token; None where none does."""
        return next((key for key in self.keys if _is_signed(key, token)), None)

    def renew(self, token: str) -> str | None:
        """The same under the newest key; None where that sealed it already. Equal tokens become equal ones,
        so that an answer nobody changed reads as unchanged: the initialisation vector is a keyed hash of the
        old token. Raises InvalidToken."""
        if _is_signed(self.newest, token):
            return None
        opened, moment = self._all.decrypt(token.encode()), self._all.extract_timestamp(token.encode())
        vector = hmac.digest(self.newest.material, b"renewed " + token.encode(), sha256)[:HALF]
        return _token(self.newest, opened, moment, vector)


def _is_signed(key: Key, token: str) -> bool:
    """Whether the signature of a token is this key's."""
    try:
        found = urlsafe_b64decode(token.encode())
    except (ValueError, binascii.Error):
        return False
    signed = hmac.digest(key.material[:HALF], found[:-KEY_BYTES], sha256)
    return hmac.compare_digest(signed, found[-KEY_BYTES:])


def _token(key: Key, content: bytes, moment: int, vector: bytes) -> str:
    """A Fernet token with this initialisation vector, as the specification composes it."""
    padder = PKCS7(BLOCK).padder()
    padded = padder.update(content) + padder.finalize()
    sealer = Cipher(AES(key.material[HALF:]), CBC(vector)).encryptor()
    body = VERSION + moment.to_bytes(8, "big") + vector + sealer.update(padded) + sealer.finalize()
    return urlsafe_b64encode(body + hmac.digest(key.material[:HALF], body, sha256)).decode()


@lru_cache(maxsize=8)
def ring_of(secret: bytes, keys: Sequence[bytes] = ()) -> Ring:
    """The configured keys, newest first, and the one derived from the site's secret at the end."""
    configured = [_key(material, CONFIGURED) for material in keys]
    return Ring((*configured, _key(secret, FROM_SECRET)))


def _key(material: bytes, purpose: bytes) -> Key:
    return Key(_derive(material, NAMES + purpose, 4).hex(), _derive(material, purpose, KEY_BYTES))


def _derive(material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(material)
