"""Values that travel through a page without being trusted to it: signed, and bound to one application."""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from forms.render.names import pattern_of

Sign = Callable[[str, str], str]
"""A keyed hash of a text for one purpose (``Site.sign``)."""


class Hide(NamedTuple):
    """How a secret that was typed is hidden in a page, and found again."""

    hide: Callable[[str], str]
    typed_again: Callable[[str], str]


class Keeper:
    """Signs values for the fields of one application, and reads back only what it signed. Secrets that were
    typed it hides, where it is told how."""

    def __init__(self, sign: Sign, application: str, hide: Hide | None = None) -> None:
        self._sign, self._application, self._hide = sign, application, hide

    def hide(self, text: str) -> str:
        """The token of a secret that was typed; "" where it cannot be hidden."""
        return self._hide.hide(text) if self._hide else ""

    def typed_again(self, token: str) -> str:
        """The secret such a token stands for; "" for anything else."""
        return self._hide.typed_again(token) if self._hide and token else ""

    def hold(self, path: str, value: Any) -> str:
        """The token that stands for `value` at `path` (in any row of its table)."""
        body = urlsafe_b64encode(json.dumps(value, ensure_ascii=False).encode()).decode()
        return f"{body}.{self._seal(path, body)}"

    def release(self, path: str, token: str) -> Any:
        """The value a token stands for; None when it is not ours, or was made for another field."""
        body, _, seal = token.partition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(path, body).encode()):
            return None
        try:
            return json.loads(urlsafe_b64decode(body))
        except (ValueError, binascii.Error):
            return None

    def _seal(self, path: str, body: str) -> str:
        return self._sign("held", f"{self._application}\x00{pattern_of(path)}\x00{body}")


def is_upload(value: Any) -> bool:
    """Whether a held value describes an upload."""
    return isinstance(value, Mapping) and bool(value.get("id")) and bool(value.get("filename"))
