"""What every service works with: one site's configuration, database, clock and secrets."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256

from models.clock import Clock, Entropy
from models.configuration.calendar import Calendar
from models.configuration.load import Configuration
from models.documents.records import Records
from models.documents.store import Store
from models.services.registry import Registry


@dataclass(frozen=True)
class Site:
    """One running site. `secret` keys every derived token; `base_url` is what mails link to."""

    configuration: Configuration
    registry: Registry
    store: Store
    clock: Clock
    entropy: Entropy
    calendar: Calendar
    secret: bytes
    base_url: str
    production: bool = False

    def sign(self, purpose: str, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) of `text` for one purpose."""
        return hmac.new(self.secret, f"{purpose}\x00{text}".encode(), sha256).hexdigest()

    def now(self) -> datetime:
        return self.clock()

    def today(self) -> date:
        """The calendar day in the site's time zone."""
        return self.now().astimezone(self.calendar.zone).date()

    @cached_property
    def records(self) -> Mapping[str, Records]:
        """The records of every type, by the type's name."""
        kinds = self.configuration.record_types.values()
        return {kind.name: Records(self.store, kind.collection) for kind in kinds}
