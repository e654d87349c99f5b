"""Bounces by LMTP (RFC 2033): the mail server of this machine hands them over, and hears at once whether each
was taken in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.bounce_mailbox import LARGEST
from app.bounce_source import Socket
from app.database import honest
from models.errors import BounceMailboxBroken, TorokuError
from models.services.bounces import take_in
from models.services.site import Site

TIMEOUT = 60.0
"""Seconds a client may take for one command."""

CLIENTS = 20
"""Most connections at a time."""

RECIPIENTS = 50

LINE = 1024 * 1024
"""Octets of one line: what comes back need not keep to the 998 of RFC 5322."""

NOT_OURS = "550 5.1.1 No such address here"
TOO_MANY = "452 4.5.3 Too many recipients"
TAKEN = "250 2.6.0 Taken in"
LATER = "451 4.3.0 Cannot be kept now, try again later"
BUSY = "421 4.3.2 Too many connections, try again later"

log = structlog.get_logger("bounces")


class Receiver:
    """Answers for each recipient. With an `address`, only mails to it are taken: with or without something
    after a plus sign, and whatever stands there instead of ``{id}``."""

    def __init__(self, site: Site, address: str = "") -> None:
        self.site = site
        local, _, domain = address.casefold().rpartition("@")
        self._wanted = (local.partition("+")[0], domain) if address else None

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Whether mails to this address are taken."""
        local, _, domain = address.casefold().rpartition("@")
        if self._wanted is not None and (local.partition("+")[0], domain) != self._wanted:
            return NOT_OURS
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Known"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take the mail in, with the addresses it was handed over for; later, where that cannot be kept."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        head = "".join(f"Delivered-To: {address}\r\n" for address in sorted(envelope.rcpt_tos))
        try:
            with honest():
                await take_in(self.site, head.encode("utf-8", "replace") + raw, "lmtp")
        except TorokuError as error:
            log.warning("not taken in", code=error.code)
            return LATER
        except Exception:
            log.exception("unexpected")
            return LATER
        return TAKEN


class Conversation(LMTP):
    """One connection. LMTP answers a mail once for each recipient (RFC 2033, 4.2); aiosmtpd once in all."""

    line_length_limit = LINE
    _answers = 1

    def __init__(self, receiver: Receiver, others: "set[Conversation]") -> None:
        super().__init__(
            receiver,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="toroku",
            ident="LMTP",
            timeout=TIMEOUT,
        )
        self._others = others

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to talk."""
        self._others.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Make room for others."""
        self._others.discard(self)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:
        """Take a mail, and answer for every recipient it was accepted for."""
        self._answers = max(1, len(self.envelope.rcpt_tos)) if self.envelope and not arg else 1
        try:
            await super().smtp_DATA(arg)
        finally:
            self._answers = 1

    async def push(self, status: str | bytes) -> None:
        """Send an answer; that to a mail as often as it has recipients."""
        said = status.decode("ascii") if isinstance(status, bytes) else status
        times = 1 if said.startswith("354") else self._answers
        await super().push("\r\n".join([said] * times))


class Refusal(asyncio.Protocol):
    """The conversation with a client too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say so, and end."""
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(f"{BUSY}\r\n".encode())
        transport.close()


@asynccontextmanager
async def listening(receiver: Receiver, socket: Socket) -> AsyncIterator[asyncio.Server]:
    """Take bounces at this socket while the block lasts. Raises BounceMailboxBroken where it is taken."""
    talking: set[Conversation] = set()

    def talk() -> asyncio.Protocol:
        return Conversation(receiver, talking) if len(talking) < CLIENTS else Refusal()

    server = await _open(talk, socket)
    try:
        yield server
    finally:
        server.close()
        for conversation in talking:
            if conversation.transport is not None:
                conversation.transport.close()


async def _open(talk: Callable[[], asyncio.Protocol], socket: Socket) -> asyncio.Server:
    loop, place = asyncio.get_running_loop(), str(socket.path or f"{socket.host}:{socket.port}")
    try:
        if socket.path is None:
            return await loop.create_server(talk, socket.host, socket.port)
        if await _is_served(socket.path):
            raise BounceMailboxBroken(place=place)
        server = await loop.create_unix_server(talk, str(socket.path))
        socket.path.chmod(0o660)
    except OSError as error:
        raise BounceMailboxBroken(place=place) from error
    return server


async def _is_served(path: Path) -> bool:
    """Whether somebody listens there already: asyncio would take the socket away from them."""
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return False
    writer.close()
    return True
