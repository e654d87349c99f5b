"""What a proxy in front tells of a connection: believed from the proxies of this site, from nobody else.

``X-Forwarded-For`` and ``-Proto`` of others are left aside, as any client may send them by habit.
``Client-Cert`` and ``Client-Cert-Chain`` (RFC 9440) say who somebody is: whoever else sends them is
refused."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import ForwardingRefused
from models.permissions import Actor
from models.services.presenting import LONGEST, tell_refusal

CLIENT, CHAIN = b"client-cert", b"client-cert-chain"

MOST = 8
"""Certificates of one chain that are read."""

KNOWN = 4_096
"""Addresses remembered as those of proxies, or of others."""

_BYTES = re.compile(rb":([A-Za-z0-9+/]*={0,2}):")
"""A byte sequence of a structured field (RFC 8941, 3.3.5)."""


class Proxies:
    """Pure ASGI: puts the visitor's own address and scheme into the scope and, where `certificates` come that
    way, what was presented into ``scope["state"]["presented"]`` (DER, the client's own first)."""

    def __init__(self, app: ASGIApp, *, proxies: Sequence[str], certificates: bool) -> None:
        self.app, self.certificates = app, certificates
        self.networks = tuple(ip_network(each) for each in proxies)
        self._is_ours = lru_cache(maxsize=KNOWN)(self._is_within)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            trusted = self._is_ours(scope["client"][0] if scope.get("client") else "")
            told = values_of(scope, CLIENT), values_of(scope, CHAIN)
            try:
                scope.setdefault("state", {})["presented"] = self._presented(*told, trusted)
            except ForwardingRefused as error:
                await self._tell(scope, error)
                raise
            if trusted:
                self._forward(scope)
        await self.app(scope, receive, send)

    def _presented(self, own: Sequence[bytes], chain: Sequence[bytes], trusted: bool) -> tuple[bytes, ...]:
        """What the headers say. Raises ForwardingRefused where somebody else says it, twice, or garbled."""
        if not own and not chain:
            return ()
        if not (trusted and self.certificates) or len(own) != 1:
            raise ForwardingRefused
        joined = b",".join(chain)
        if len(joined) > MOST * LONGEST:
            raise ForwardingRefused
        between = [read_bytes(part.strip(b" \t")) for part in joined.split(b",")] if chain else []
        if len(between) > MOST:
            raise ForwardingRefused
        return (read_bytes(own[0]), *between)

    def _forward(self, scope: Scope) -> None:
        """The last address that is none of the site's proxies, and how the first of these was reached."""
        hops = b",".join(values_of(scope, b"x-forwarded-for")).decode("latin-1").split(",")
        for hop in (each.strip() for each in reversed(hops)):
            if _address(hop) is None:
                break
            scope["client"] = (hop, 0)
            if not self._is_ours(hop):
                break
        if values_of(scope, b"x-forwarded-proto") in ([b"https"], [b"http"]):
            scope["scheme"] = values_of(scope, b"x-forwarded-proto")[0].decode()

    def _is_within(self, address: str) -> bool:
        """Whether an address is one of the proxies': for one text always the same."""
        found = _address(address) if self.networks else None
        return found is not None and any(found in network for network in self.networks)

    async def _tell(self, scope: Scope, error: ForwardingRefused) -> None:
        address = scope["client"][0] if scope.get("client") else ""
        await tell_refusal(scope["app"].state.site, Actor(kind="visitor", address=address), error)


def values_of(scope: Scope, name: bytes) -> list[bytes]:
    """Every value a request has of the header `name` (in small letters)."""
    return [value for known, value in scope["headers"] if known == name]


def read_bytes(value: bytes) -> bytes:
    """The bytes of a structured field's byte sequence; nothing may stand beside it. Raises
    ForwardingRefused."""
    found = _BYTES.fullmatch(value) if 2 < len(value) <= LONGEST else None
    try:
        if found is None:
            raise ForwardingRefused
        return b64decode(found[1], validate=True)
    except Error as error:
        raise ForwardingRefused from error


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
