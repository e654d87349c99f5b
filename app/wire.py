"""How mails are written on the wire: most headers are as in the mail before, and are read and folded once."""

from email.headerregistry import HeaderRegistry
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

REMEMBERED = 2_000
"""Headers that are kept, as read and as folded."""


class Registry(HeaderRegistry):
    """The standard library's headers; the class of each is made once, not for each mail."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        kind = name.lower()
        if kind not in self._made:
            self._made[kind] = super().__getitem__(name)
        return self._made[kind]


class WirePolicy(EmailPolicy):
    """The standard library's policy for SMTP; what it makes of a header is kept for the next mail."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """The header as a mail holds it. Raises ValueError for one of several lines."""
        return _read(self, name, value) if type(value) is str else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The lines of a header."""
        return _folded(self, name, value)


@lru_cache(maxsize=REMEMBERED)
def _read(policy: WirePolicy, name: str, value: str) -> tuple[str, Any]:
    return EmailPolicy.header_store_parse(policy, name, value)


@lru_cache(maxsize=REMEMBERED)
def _folded(policy: WirePolicy, name: str, value: Any) -> bytes:
    return EmailPolicy.fold_binary(policy, name, value)


SEVEN_BIT = WirePolicy(linesep="\r\n", cte_type="7bit", header_factory=Registry())
"""For mails of ASCII alone in headers and addresses."""

INTERNATIONAL = WirePolicy(linesep="\r\n", utf8=True, header_factory=Registry())
"""For mails to addresses beyond ASCII (RFC 6532)."""
