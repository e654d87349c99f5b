"""What tells a mail that comes back from one that somebody made up: a signed mark, on its envelope.

It stands in the address mails come back to (``bounces+MARK@…``, where that is so configured) and in the
envelope id (RFC 3461)."""

import hmac
import re
from collections.abc import Iterator

from models.documents.base import Id, read_id
from models.services.site import Site

LENGTH = 16
"""Length of the signature (hex digits, 64 bits): it only has to outlast guessing by mail."""

_MARK = re.compile(r"(?<![0-9a-f])([0-9a-f]{24})-([0-9a-f]{16})(?![0-9a-f])")

MARKS = 20
"""Most marks of one mail that are looked at."""


def message_id_of(site: Site, identity: Id, domain: str) -> str:
    """The Message-ID of a mail (RFC 5322, 3.6.4), the same however often it is sent. Ids follow one another,
    so part of it is signed: who gets one mail cannot tell what another one's is, and make up that it came
    back. It is no mark: replies name it too."""
    return f"<{identity}.{site.sign('message id', str(identity))[:LENGTH]}@{domain}>"


def mark_of(site: Site, message_id: Id) -> str:
    """The mark of one message: its id, signed."""
    return f"{message_id}-{_signature(site, str(message_id))}"


def marked(site: Site, text: str) -> Iterator[Id]:
    """The messages whose marks stand in `text`; those that are not ours are passed over."""
    for identity, signature in list(dict.fromkeys(_MARK.findall(text)))[:MARKS]:
        if hmac.compare_digest(_signature(site, identity), signature):
            yield read_id(identity)


def _signature(site: Site, identity: str) -> str:
    return site.sign("bounce", identity)[:LENGTH]
