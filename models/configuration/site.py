"""``site.yaml``: whose site this is, when it is open, how it counts and speaks."""

from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from models.configuration.audiences import USUAL, AudienceRule
from models.configuration.declarations import ConfidentialityRule, DeclarationRule
from models.configuration.limits import Limits
from models.configuration.outgoing import MailRules
from models.configuration.periods import SitePeriod
from models.configuration.routes import MailRoute
from models.configuration.terms import TermsRules
from models.language import Language, Text
from models.schema.definition import Part
from models.workflow.definition import Duration, WrittenDuration
from models.workflow.people import OPERATOR, OPERATORS


class Sender(Part):
    """Who the mails come from."""

    name: Text | str
    address: str


def _clock_time(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value // 60:02}:{value % 60:02}"
    return value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class ServiceHours(Part):
    """When operators may write (R15); `until` is exclusive."""

    days: Literal["weekdays", "every_day"] = "weekdays"
    begin: ClockTime = Field(alias="from")
    end: ClockTime = Field(alias="to")


class ClosedDays(Part):
    """Days that are not business days besides Saturdays and Sundays: a country's holidays, and days of the
    year written ``MM-DD``."""

    holidays: str | None = "JP"
    extra: tuple[str, ...] = ()


Table = Literal["accounts", "certificates", "messages", "events"]


class Retention(Part):
    """How long a class of data is kept after it is no longer in force, and what happens then (R49). Record
    types name their class themselves; ``covers`` are the other tables of an operator that belong to it."""

    label: Text
    years: int = Field(ge=0, le=100)
    then: Literal["keep", "anonymise", "erase"] = "keep"
    covers: tuple[Table, ...] = ()


class Drafts(Part):
    """What becomes of drafts that were never submitted: what was typed is erased so long after
    they ended."""

    erase_after: WrittenDuration = Duration(count=30, unit="days")


class RecordFigures(Part):
    """Records the dashboard counts, and the choice fields it counts them by."""

    records: str
    by: tuple[str, ...] = Field(min_length=1, max_length=6)


class OperatorRole(Part):
    """One role on the operator's side: what of the permissions that operators have is left to it; None:
    all."""

    label: Text
    note: Text | None = None
    may: tuple[str, ...] | None = Field(None, min_length=1)


class DutiesText(Part):
    """What an operator's administrator confirms when naming a delegate; a new text is a new version."""

    version: str = Field(max_length=20)
    text: Text


class Delegates(Part):
    """Who may act for an operator without being of it: the roles they may have, for how long at most, and
    what the administrator confirms of them."""

    roles: tuple[str, ...] = Field(min_length=1)
    months: int = Field(12, ge=1, le=120)
    duties: DutiesText


class Certificates(Part):
    """Whether operators sign in over a client certificate of theirs (`needed`), and how many days before the
    end of one its operator is reminded, furthest first."""

    needed: bool = True
    remind: tuple[Annotated[int, Field(ge=1, le=365)], ...] = Field((60, 30, 14, 7, 1), max_length=12)


class Losses(Part):
    """Who of the staff is told of a loss or theft, and within how many hours they answer: reports are taken
    day and night, so these are hours of the clock."""

    to: tuple[str, ...] = Field(("system_administrator",), min_length=1, max_length=8)
    answer_within: int = Field(4, ge=1, le=240)


class SideWords(Part):
    """What the site calls those who get accounts of their own, one and several of them. English is written as
    it stands at the beginning of a sentence."""

    operator: Text = OPERATOR
    operators: Text | None = None

    @property
    def several(self) -> Text:
        """What several are called: where that is not written, as one is in Japanese, and with an s in
        English."""
        one = self.operator
        if self.operators is not None or one == OPERATOR:
            return self.operators or OPERATORS
        return Text(ja=one.ja, en=f"{one.en}s" if one.en else "")


class SiteDefinition(Part):
    """One site, out of the site.yaml of all modules: what the first says holds (``merging``)."""

    name: Text
    organisation: Text
    intro: Text = Text(ja="", en="")
    languages: tuple[Language, ...] = ("ja", "en")
    time_zone: str = "Asia/Tokyo"
    operator_type: str
    words: SideWords = SideWords()
    sender: Sender
    mail: MailRules = MailRules()
    contact: Text = Text(ja="", en="")
    reference: str = "A{year}-{seq:06}"
    fiscal_year_starts: int = Field(4, ge=1, le=12)
    service_hours: ServiceHours | None = None
    closed_days: ClosedDays = ClosedDays()
    roles: Mapping[str, Text] = {}
    operator_roles: Mapping[str, OperatorRole] = {}
    delegates: Delegates | None = None
    certificates: Certificates = Certificates()
    losses: Losses = Losses()
    limits: Limits = Limits()
    retention: Mapping[str, Retention] = {}
    drafts: Drafts = Drafts()
    dashboard: tuple[RecordFigures, ...] = Field((), max_length=6)
    terms: TermsRules = TermsRules()
    declarations: Mapping[str, DeclarationRule] = Field({}, max_length=20)
    confidentiality: tuple[ConfidentialityRule, ...] = Field((), max_length=20)
    periods: Mapping[str, SitePeriod] = Field({}, max_length=50)
    routes: Mapping[str, MailRoute] = Field({}, max_length=50)
    audiences: Mapping[str, AudienceRule] = Field(USUAL, min_length=1, max_length=50)
    copyright: Text = Text(ja="", en="")
    works: Text = Text(ja="", en="")


class SiteFile(Part):
    """The file itself: one key, ``site``."""

    site: SiteDefinition
