"""How fast mails leave for each domain: configured rates, and domains whose server says we are too fast."""

from datetime import datetime, timedelta

from models.documents.mail_lane import ease, slow_domains, strike, take_slot
from models.documents.message import Message
from models.services.site import Site

PUNCTUAL = timedelta(seconds=5)
"""How late a mail may take the slot that was kept for it; later, it asks for another one."""

FRESH = timedelta(seconds=1)
"""How long a worker believes what it knows of slow domains."""


def domain_of(address: str) -> str:
    """The domain an address belongs to, in lower case; "" for none."""
    return address.rpartition("@")[2].strip().lower().rstrip(".")


class Lanes:
    """What one worker knows of the pace to domains; the slots themselves are in the database."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._slow: frozenset[str] = frozenset()
        self._read_at: datetime | None = None

    async def slot(self, message: Message) -> datetime | None:
        """The moment a claimed message may leave; None for at once."""
        now, domain = self.site.now(), domain_of(message.to_address)
        kept = message.slot_at
        if kept is not None and kept <= now <= kept + PUNCTUAL:
            return None
        apart = self._apart(domain)
        if apart is None and not await self._is_slow(domain):
            return None
        slot = await take_slot(domain, now, apart or timedelta(0))
        return slot if slot > now else None

    async def too_fast(self, message: Message) -> None:
        """The server of the message's domain said so: that domain alone goes slower."""
        domain = domain_of(message.to_address)
        await strike(domain, self.site.now())
        self._slow |= {domain}

    async def taken(self, message: Message) -> None:
        """A mail to this domain was taken."""
        domain = domain_of(message.to_address)
        if domain in self._slow:
            await ease(domain)

    def _apart(self, domain: str) -> timedelta | None:
        rate = self.site.configuration.site.mail.rate(domain)
        return None if rate is None else timedelta(seconds=rate.seconds / rate.amount)

    async def _is_slow(self, domain: str) -> bool:
        now = self.site.now()
        if self._read_at is None or not self._read_at <= now < self._read_at + FRESH:
            self._slow, self._read_at = frozenset(await slow_domains()), now
        return domain in self._slow
