"""Templates made fit for a strict Content-Security-Policy while they are loaded, once each."""

import re
from collections.abc import Callable

from jinja2 import BaseLoader, Environment

Source = tuple[str, str | None, Callable[[], bool] | None]
SCRIPT = re.compile(r"<script(?=[\s>])", re.IGNORECASE)
HANDLER = re.compile(
    r"(?<=\s)on(click|change|input|submit|load|key\w+|mouse\w+|focus|blur)=(?=[\"'])", re.IGNORECASE
)


class NonceLoader(BaseLoader):
    """Wraps a loader: every ``<script`` gets the nonce, every inline handler becomes inert data.

    The two handlers starlette-admin 1.0.3 draws (page size, column choice) are bound again by ``stock.js``.
    """

    def __init__(self, inner: BaseLoader) -> None:
        self.inner = inner

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, filename, is_current = self.inner.get_source(environment, template)
        return without_inline(source), filename, is_current

    def list_templates(self) -> list[str]:
        return self.inner.list_templates()


def without_inline(source: str) -> str:
    """`source` with nonces on its scripts and its inline handlers renamed to ``data-on…``."""
    return HANDLER.sub(r"data-on\1=", SCRIPT.sub('<script nonce="{{ csp_nonce() }}"', source))
