"""The loop that sends the outbox: one connection that stays open, one mail at a time."""

import asyncio
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from time import monotonic

import aiosmtplib
import structlog

from app.composing import compose
from app.dkim import Signer, signer_of
from app.mail import (
    Console,
    MailServer,
    Parcel,
    SendBlocked,
    Sender,
    SendLater,
    SendNever,
    SendSoon,
    Stage,
    Unsent,
    extensions_of,
    on_the_wire,
    sort_failure,
)
from app.settings import Settings
from app.wire import INTERNATIONAL, SEVEN_BIT
from models.documents.base import read_id
from models.documents.message import Message
from models.services.bounces import note_refusal
from models.services.delivery import Envelope, claim_due, mark_failed, mark_later, mark_sent, mark_soon
from models.services.mail_alarms import raise_refused
from models.services.rates import Lanes, domain_of
from models.services.return_paths import mark_of
from models.services.site import Site

TIMEOUT = 30.0
"""Seconds any one answer of the mail server may take."""

IN_ALL = 90.0
"""Seconds one mail may take in all, however slowly the server goes on; well under the outbox lease."""

MOST = 100
"""Mails of one connection."""

IDLE = 10.0
"""Seconds a connection is kept open without a mail."""

LONGEST = 15
"""Seconds between two attempts while the server does not work."""

REFUSED = timedelta(minutes=5)
"""Time between two attempts while the server does not want our mails."""

IN_A_ROW = 3
"""Mails in a row during which the connection was lost: then it is the server and not the mails."""

FAREWELL = 5.0
"""Seconds a stopping worker waits for the answer to a mail the server may have taken already."""

log = structlog.get_logger("mail")


class Connection:
    """A connection to the mail server, opened when it is needed. TLS with a verified certificate is required
    unless the server is on this machine."""

    def __init__(self, server: MailServer, trusted: ssl.SSLContext | None = None) -> None:
        self.server, self._trusted = server, trusted
        self.stage: Stage = "connect"
        self._smtp: aiosmtplib.SMTP | None = None
        self._used, self._last = 0, 0.0

    @property
    def is_committed(self) -> bool:
        """Whether the text of a mail is under way."""
        return self.stage == "data"

    async def send(self, parcel: Parcel) -> None:
        """Hand one mail over. Raises Unsent."""
        try:
            async with asyncio.timeout(IN_ALL):
                await self._hand_over(parcel)
        except asyncio.CancelledError:
            self._drop()
            raise
        except Exception as error:
            unsent = sort_failure(error, self.stage)
            await self._tidy(error, unsent)
            raise unsent from error
        finally:
            self.stage, self._last = "connect", monotonic()

    async def rest(self) -> None:
        """Close the connection when it was not needed for a while."""
        if self._smtp is not None and monotonic() - self._last > IDLE:
            await self._leave()

    def close(self) -> None:
        """End the connection at once."""
        self._drop()

    async def _hand_over(self, parcel: Parcel) -> None:
        smtp = await self._begin(parcel)
        options, encoding = extensions_of(smtp, parcel)
        self.stage = "rcpt"
        await smtp.rcpt(parcel.recipient, options=options["rcpt"], encoding=encoding)
        self.stage = "data"
        await smtp.data(parcel.content)
        self._used += 1

    async def _begin(self, parcel: Parcel) -> aiosmtplib.SMTP:
        """A connection on which the sender was accepted. One that was left open may have ended meanwhile:
        then another one."""
        if self._used >= MOST:
            await self._leave()
        if self._smtp is not None:
            try:
                return await self._say_sender(self._smtp, parcel)
            except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPSenderRefused) as error:
                if getattr(error, "code", 421) != 421:
                    raise
                self._drop()
        return await self._say_sender(await self._open(), parcel)

    async def _say_sender(self, smtp: aiosmtplib.SMTP, parcel: Parcel) -> aiosmtplib.SMTP:
        self.stage = "mail"
        options, encoding = extensions_of(smtp, parcel)
        await smtp.mail(parcel.sender, options=options["mail"], encoding=encoding)
        return smtp

    async def _open(self) -> aiosmtplib.SMTP:
        self.stage = "connect"
        server = self.server
        smtp = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.implicit_tls,
            start_tls=not (server.implicit_tls or server.local),
            tls_context=None if server.local else self._context(),
            timeout=TIMEOUT,
        )
        try:
            await smtp.connect()
            if smtp.is_ehlo_or_helo_needed:
                await smtp.ehlo()
        except BaseException:
            smtp.close()
            raise
        self._smtp, self._used = smtp, 0
        return smtp

    def _context(self) -> ssl.SSLContext:
        if self._trusted is None:
            self._trusted = ssl.create_default_context()
        return self._trusted

    async def _tidy(self, error: Exception, unsent: Unsent) -> None:
        """Make the connection ready for the next mail, or give it up where that is in doubt."""
        answered = isinstance(error, aiosmtplib.SMTPResponseException | SendNever)
        if self._smtp is None or not answered or unsent.lost or isinstance(unsent, SendSoon):
            self._drop()
            return
        try:
            await self._smtp.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()

    async def _leave(self) -> None:
        smtp, self._smtp, self._used = self._smtp, None, 0
        if smtp is not None:
            try:
                await smtp.quit(timeout=1)
            except (aiosmtplib.SMTPException, OSError):
                smtp.close()

    def _drop(self) -> None:
        smtp, self._smtp, self._used = self._smtp, None, 0
        if smtp is not None:
            smtp.close()


class Breaker:
    """Keeps a worker from hammering on a server that does not work: each failure doubles the wait."""

    def __init__(self) -> None:
        self.failures = self.lost = 0
        self.until: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the server is left in peace for now."""
        return self.until is not None and now < self.until

    def fail(self, now: datetime, least: timedelta = timedelta(0)) -> timedelta:
        """The server did not work; how long to wait."""
        self.failures += 1
        wait = max(least, timedelta(seconds=min(LONGEST, 2 ** (self.failures - 1))))
        self.until = now + wait
        return wait

    def lose(self, now: datetime) -> None:
        """The connection was lost during a mail."""
        self.lost += 1
        if self.lost >= IN_A_ROW:
            self.fail(now)

    def work(self) -> None:
        """The server answered as it should."""
        self.failures = self.lost = 0
        self.until = None


class Postman:
    """Sends what is due, as long as the server works. `bounces` is the address reports of failure go to;
    ``{id}`` in it stands for the signed id of the message."""

    def __init__(
        self, site: Site, sender: Sender, *, bounces: str = "", signer: Signer | None = None
    ) -> None:
        self.site, self.sender, self.bounces, self.signer = site, sender, bounces, signer
        self.lanes, self.breaker = Lanes(site), Breaker()
        self._marking = False

    @property
    def is_committed(self) -> bool:
        """Whether a mail the server may have taken is not marked yet."""
        return self._marking or self.sender.is_committed

    async def send_one(self) -> bool:
        """Send the message that has waited longest; False when none is due, or the server is left in
        peace."""
        if self.breaker.is_open(self.site.now()):
            return False
        envelope = await claim_due(self.site, self.lanes)
        if envelope is None:
            await self.sender.rest()
            return False
        await self._finish(asyncio.ensure_future(self.deliver(envelope)))
        return True

    async def _finish(self, delivery: "asyncio.Future[None]") -> None:
        """See a delivery through. Who is stopped while the server may have taken the mail waits a moment for
        its answer: else it would be sent twice."""
        try:
            await asyncio.shield(delivery)
        except asyncio.CancelledError:
            end = monotonic() + FAREWELL
            while not delivery.done() and self.is_committed and monotonic() < end:
                try:
                    await asyncio.wait([delivery], timeout=0.1)
                except asyncio.CancelledError:
                    continue
            delivery.cancel()
            raise

    def close(self) -> None:
        """End the connection, where one is open."""
        self.sender.close()

    async def deliver(self, envelope: Envelope) -> None:
        """Hand one message over and mark what came of it. A message that cannot be composed never will be."""
        message = envelope.message
        try:
            parcel = self.pack(envelope)
        except Exception as error:
            if not isinstance(error, ValueError):  # those speak of what is in the mail
                log.exception("cannot be written", message_id=message.message_id)
            await mark_failed(self.site, message, type(error).__name__)
            return
        try:
            await self.sender.send(parcel)
        except Unsent as unsent:
            await self._mark_unsent(message, unsent)
            return
        self._marking = True
        try:
            await self._mark_sent(message)
        finally:
            self._marking = False

    async def _mark_sent(self, message: Message) -> None:
        self.breaker.work()
        if not await mark_sent(self.site, message):
            log.warning("sent without holding it any more", message_id=message.message_id)
        await self.lanes.taken(message)

    def pack(self, envelope: Envelope) -> Parcel:
        """A message as it is handed over. Raises ValueError for what cannot be written."""
        site, message = self.site.configuration.site, envelope.message
        mark = mark_of(self.site, read_id(message.id))
        mail, recipient = compose(envelope, site), on_the_wire(message.to_address)
        content = _bytes_of(mail, recipient)
        return Parcel(
            mail,
            self.signer.sign(content) if self.signer else content,
            (self.bounces or site.sender.address).replace("{id}", mark),
            recipient,
            mark,
        )

    async def _mark_unsent(self, message: Message, unsent: Unsent) -> None:
        site, error, answer = self.site, unsent.error, unsent.answer
        log.warning(
            "not sent", outcome=type(unsent).__name__, error=error, domain=domain_of(message.to_address)
        )
        if isinstance(unsent, SendSoon):
            blocked = isinstance(unsent, SendBlocked)
            wait = self.breaker.fail(site.now(), REFUSED if blocked else timedelta(0))
            if blocked:
                await raise_refused(site, error)
            await mark_soon(site, message, error, wait, answer)
            return
        if unsent.lost:
            self.breaker.lose(site.now())
        else:
            self.breaker.work()
        if unsent.slow:
            await self.lanes.too_fast(message)
        mark = mark_later if isinstance(unsent, SendLater) else mark_failed
        await mark(site, message, error, answer)
        if isinstance(unsent, SendNever):
            await note_refusal(site, message, _whole(error, answer))


def _whole(error: str, answer: str) -> str:
    """What the server said in one line: its code, and the enhanced one (RFC 3463) once."""
    code, _, enhanced = error.partition(" ")
    return f"{code if enhanced and answer.startswith(enhanced) else error} {answer}"


def _bytes_of(mail: EmailMessage, recipient: str) -> bytes:
    return mail.as_bytes(policy=SEVEN_BIT if recipient.isascii() else INTERNATIONAL)


def postmen_of(site: Site, settings: Settings) -> list[Postman]:
    """The postmen of the settings, one for each connection to the configured server, or one who prints on the
    console. Raises ConfigurationError."""
    own = site.configuration.site.sender.address.rpartition("@")[2]
    signer = signer_of(settings.dkim_key, settings.dkim_selector, settings.dkim_domain or own)
    url, bounces = settings.smtp_url, settings.bounce_address
    if url is None:
        return [Postman(site, Console(), bounces=bounces, signer=signer)]
    server = MailServer.from_url(url.get_secret_value())
    return [
        Postman(site, Connection(server), bounces=bounces, signer=signer)
        for _ in range(settings.mail_connections)
    ]
