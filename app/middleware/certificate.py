"""The client certificate of a connection: examined at every request, and refused in words."""

import ssl

from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import CertificateRefused, CertificateRequired
from models.services.presenting import recognise
from models.services.site import Site

OPEN = frozenset({"/healthz", "/readyz"})
"""Addresses for machines that watch the process, which present nothing."""


class Certificates:
    """Pure ASGI: puts into ``scope["state"]`` the ``certificate`` (fingerprint, or None) that may be used
    and the ``refusal`` of one that may not. With a refused one the public pages stay open; without any, only
    where none is `required`. Raises CertificateRequired."""

    def __init__(self, app: ASGIApp, *, tls: bool, required: bool) -> None:
        self.app, self.tls, self.required = app, tls, required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._look(scope)
        await self.app(scope, receive, send)

    async def _look(self, scope: Scope) -> None:
        state, site = scope["state"], scope["app"].state.site
        presented = _chain_of(scope) if self.tls else state["presented"]
        if not presented and self.required and scope["path"] not in OPEN:
            raise CertificateRequired
        state["certificate"] = state["refusal"] = None
        if presented:
            await self._recognise(scope, site, presented)

    async def _recognise(self, scope: Scope, site: Site, presented: tuple[bytes, ...]) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        try:
            scope["state"]["certificate"] = await recognise(site, presented, address)
        except CertificateRefused as refusal:
            scope["state"]["refusal"] = refusal


def _chain_of(scope: Scope) -> tuple[bytes, ...]:
    """What the TLS extension of ASGI says was presented."""
    told = scope.get("extensions", {}).get("tls", {})
    return tuple(ssl.PEM_cert_to_DER_cert(pem) for pem in told.get("client_cert_chain", ()))
