"""Values that travel through a page without being trusted to it: signed, and bound to one application."""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from forms.render.names import pattern_of

Sign = Callable[[str, str], str]
"""A keyed hash of a text for one purpose (``Site.sign``)."""


class Keeper:
    """Signs values for the fields of one application, and reads back only what it signed."""

    def __init__(self, sign: Sign, application: str) -> None:
        self._sign, self._application = sign, application

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
