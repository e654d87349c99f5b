"""Passwords: how they are kept, and which are too easy to guess (ASVS 6.2, NIST SP 800-63B 5.1.1.2)."""

import asyncio
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import AnswersInvalid
from models.language import Message
from models.schema.reading import AnswerError

PASSWORD_LENGTH = range(12, 129)
"""Lengths a password may have (ASVS 6.2.1, 6.2.9)."""

COMMON = Path(__file__).parent.parent / "data" / "common_passwords.txt"
"""Passwords of published leaks, one a line; see the folder's README for where it comes from."""

OWN_LETTERS = 6
"""Characters that must be left when what everybody knows of a person is taken out of their password."""

ADDED = 10
"""Digits and signs around a common word that add nothing: ``password2026!``."""

LEAST_KINDS = 5
"""Different characters a password has at least."""

LENGTH = Message("Use a password of 12 to 128 characters.")
KNOWN = Message(
    "This password contains little besides your ID, your name or the name of the site. Choose another."
)
GUESSED = Message("This password is among those tried first by people who guess. Choose another.")

_LEET = str.maketrans("0134578@$!", "oleastbasi")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_WORD = re.compile(r"\w{3,}")

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """argon2id with the library's parameters (above the minimum of ASVS 11.4.2)."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """A hash to check against when there is no account, so that both take as long (ASVS 6.3.8)."""
    return hash_password("there is no such account")


async def verify(stored: str | None, password: str) -> bool:
    """Whether `password` is the one that was hashed. Without a hash it is not, and that takes as long."""
    known = stored or _nobody()
    return await asyncio.to_thread(_matches, known, password[: PASSWORD_LENGTH.stop]) and stored is not None


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check_password(password: str, around: Iterable[str] = ()) -> None:
    """Raise AnswersInvalid at ``password`` unless it is long enough and hard to guess. `around` is what
    everybody knows of its owner: the ID, the name, the organisation, the site."""
    flaw = _flaw(password, around)
    if flaw is not None:
        raise AnswersInvalid((AnswerError("password", "weak", flaw),))


def _flaw(password: str, around: Iterable[str]) -> Message | None:
    if len(password) not in PASSWORD_LENGTH:
        return LENGTH
    if _is_known(password, around):
        return KNOWN
    return GUESSED if _is_common(password) else None


def _is_known(password: str, around: Iterable[str]) -> bool:
    """Whether little is left of it without the words of `around`."""
    left = whole = _folded(password)
    for word in sorted({word for text in around for word in _words(text)}, key=len, reverse=True):
        left = left.replace(word, "")
    return left != whole and (len(re.sub(r"[\W\d_]", "", left)) < OWN_LETTERS or _is_common(left))


def _words(text: str) -> Iterable[str]:
    folded = _folded(text)
    return {folded, *_WORD.findall(folded)} - {""}


def _is_common(password: str) -> bool:
    """Whether it, or what is left of it without what is put around common words, is on the list."""
    folded = _folded(password)
    if len(set(folded)) < LEAST_KINDS or _is_run(folded):
        return True
    return any(_unit(form) in common_passwords() for form in _forms(folded))


def _forms(folded: str) -> Iterable[str]:
    """A password as it is typed, without digits and signs around it, and with letters for look-alikes."""
    for form in (folded, folded.translate(_LEET)):
        yield form
        bare = _AROUND.sub("", form)
        if len(form) - len(bare) <= ADDED:
            yield bare
    bare = _AROUND.sub("", folded)
    if len(folded) - len(bare) <= ADDED:
        yield bare.translate(_LEET)


def _unit(form: str) -> str:
    """What a text repeats: ``abcabc`` is ``abc``; else the text."""
    length = (form + form).find(form, 1)
    return form[:length] if 0 < length < len(form) else form


def _is_run(folded: str) -> bool:
    """Whether it is a walk along the alphabet, the digits or the keyboard, either way."""
    return any(folded in row * 3 or folded[::-1] in row * 3 for row in _ROWS)


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()


@cache
def common_passwords() -> frozenset[str]:
    """The list, read once."""
    return frozenset(COMMON.read_text(encoding="utf-8").split())
