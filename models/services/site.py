"""What every service works with: one site's configuration, database, clock and secrets."""

import hmac
from collections import ChainMap
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, partial
from hashlib import sha256
from typing import Any

from models.clock import Clock, Entropy
from models.configuration.calendar import Calendar
from models.configuration.load import Configuration
from models.configuration.mail import MailTemplate
from models.documents.base import Id
from models.documents.event import Subject
from models.documents.limiting import LimitCounts
from models.documents.records import Records
from models.documents.store import Session, Store
from models.documents.switchboard import Switchboard
from models.documents.terms import TermsBoard
from models.documents.together import Ask, Together
from models.language import Language
from models.permissions import Actor
from models.scanner import Scanner
from models.services.keeping import Kept
from models.services.pace import Pace
from models.services.registry import Registry
from models.services.sealing_keys import Ring, ring_of
from models.services.tally import Tally
from models.services.trust import Outcome, Trust
from models.workflow.definition import Lifecycle, Workflow


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it is being recorded: by whom, what, on what, about which operator, with what details."""

    actor: Actor
    action: str
    subject: Subject
    operator_id: Id | None
    details: Mapping[str, Any]


Follower = Callable[["Site", Happened, Session], Awaitable[None]]
"""What also happens when something is recorded, in its transaction."""


@dataclass(frozen=True, repr=False)
class Site:
    """One running site. `secret` keys every derived token; `base_url` is what mails link to. It names none of
    its contents in tracebacks and logs: keys are among them."""

    configuration: Configuration
    registry: Registry
    store: Store
    clock: Clock
    entropy: Entropy
    calendar: Calendar
    secret: bytes
    base_url: str
    production: bool = False
    scanner: Scanner | None = None
    """Looks into every upload before it is kept; None where the site has none."""
    always_open: bool = False
    """Whether the service hours are left out of account, as in trials."""
    limits_watched: bool = False
    """Whether what goes over a limit is only told and not refused, as in trials and measurements."""
    trust: Trust | None = None
    """The authorities client certificates have to come from; None where anybody may have issued them."""
    staff_codes: bool = False
    """Whether staff sign in with a one-time code besides the password."""
    followers: tuple[Follower, ...] = ()
    """What follows from events: the inboxes of whom they concern."""
    sealing_keys: tuple[bytes, ...] = ()
    """Keys of secret answers, the newest first; without any, one is derived from `secret`."""

    def sign(self, purpose: str, text: str) -> str:
        """A keyed hash (HMAC-SHA-256, hex) of `text` for one purpose."""
        return hmac.new(self.secret, f"{purpose}\x00{text}".encode(), sha256).hexdigest()

    @property
    def ring(self) -> Ring:
        """The keys secret answers are sealed with and opened by."""
        return ring_of(self.secret, self.sealing_keys)

    def now(self) -> datetime:
        return self.clock()

    def today(self) -> date:
        """The calendar day in the site's time zone."""
        return self.now().astimezone(self.calendar.zone).date()

    @cached_property
    def switchboard(self) -> Switchboard:
        """What is stopped, as this process knows it."""
        return Switchboard(self.clock)

    @cached_property
    def terms_board(self) -> TermsBoard:
        """The published versions of the terms, as this process knows them."""
        return TermsBoard()

    @cached_property
    def limit_counts(self) -> LimitCounts:
        """What limits count, in the database."""
        return LimitCounts(self.clock, partial(self.sign, "limit"), bulk=self.store.transactional)

    @cached_property
    def tally(self) -> Tally:
        """The requests there were, as this process knows them."""
        return Tally(self.limit_counts, self.clock)

    def together(self, ask: Ask) -> Together:
        """One kind of question, put to the database for all requests that wait for it."""
        if ask not in self._together:
            self._together[ask] = Together(ask)
        return self._together[ask]

    @cached_property
    def _together(self) -> dict[Ask, Together]:
        return {}

    @cached_property
    def drawn(self) -> dict[Any, Any]:
        """What doors keep of the pages of this site that they drew, without anything of anybody."""
        return {}

    @cached_property
    def formers(self) -> dict[str, Any]:
        """How records of earlier versions are asked, by their type (``models.services.spanning``)."""
        return {}

    @cached_property
    def followed(self) -> dict[str, datetime]:
        """Up to which moment this process has followed what others write, by what that is."""
        return {}

    @cached_property
    def pace(self) -> Pace:
        """How often refusals are written down, which anybody can bring about."""
        return Pace(self.clock)

    @cached_property
    def examined(self) -> dict[str, Outcome]:
        """What client certificates were found to be a moment ago, by fingerprint."""
        return {}

    @cached_property
    def presented(self) -> set[str]:
        """Fingerprints known to stand in the register of certificates."""
        return set()

    @cached_property
    def kept(self) -> Kept:
        """Figures made a moment ago."""
        return Kept(self.clock)

    @cached_property
    def records(self) -> Mapping[str, Records]:
        """The records of every published type, by the type's name; types published later appear too."""
        return _RecordsByType(self.store, self.registry)

    @cached_property
    def workflows(self) -> Mapping[str, Workflow]:
        """Every workflow by name: those of the files, then those that came with a published version."""
        return ChainMap({**self.configuration.workflows}, self.registry.companions.workflows)

    @cached_property
    def lifecycles(self) -> Mapping[str, Lifecycle]:
        """Every lifecycle by name, as ``workflows``."""
        return ChainMap({**self.configuration.lifecycles}, self.registry.companions.lifecycles)

    @cached_property
    def mail(self) -> Mapping[tuple[str, Language], MailTemplate]:
        """Every mail template by name and language, as ``workflows``."""
        return ChainMap({**self.configuration.mail}, self.registry.companions.mail)


class _RecordsByType(Mapping[str, Records]):
    """Collections of records by the name of their type, made when first asked for."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry
        self._made: dict[str, Records] = {}

    def __getitem__(self, name: str) -> Records:
        if name not in self._made:
            published = self._registry.all_current().get(name)
            if published is None:
                raise KeyError(name)
            self._made[name] = Records(self._store, published.definition.collection)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.all_current())

    def __len__(self) -> int:
        return len(self._registry.all_current())
