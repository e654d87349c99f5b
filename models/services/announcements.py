"""The words of mails that announce something: a notice, its withdrawal, a reminder, a change of the terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from models.documents.account import Account
from models.documents.mailing import Mailing
from models.documents.publication import Publication
from models.language import Language, Message
from models.services.day_words import day_text, day_words, due_words
from models.services.messages import Letter, Recipient
from models.services.site import Site

REMINDER, WITHDRAWAL = "notice_unacknowledged", "notice_withdrawn"
"""Templates of the mails about a notice that follow its first."""


@dataclass(frozen=True)
class Words:
    """A mail to many about one announcement. ``cause`` is its own, so that every address gets it once;
    of changed terms everybody gets their own, for each account has duties of its own."""

    site: Site
    source: Publication | Mailing
    template: str
    cause: str
    required: bool = False

    def letter(self, account: Account, operator_name: str) -> Letter:
        """The letter to one account."""
        own = "" if isinstance(self.source, Publication) else f":{account.id}"
        values = self._values[account.kind, account.language]
        return Letter(
            template=self.template,
            recipient=Recipient(account.email, account.name, account.language),
            cause=f"{self.cause}{own}",
            to=account.kind,
            values={**values, "operator_name": operator_name},
            operator_id=account.operator_id,
            account_id=account.id,
        )

    @cached_property
    def _values(self) -> "_Values":
        return _Values(self)


class _Values(dict[tuple[str, Language], Mapping[str, str]]):
    """What the mail says, by the side and the language of who reads it; made when first asked for."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def __missing__(self, key: tuple[str, Language]) -> Mapping[str, str]:
        kind, language = key
        source, site = self.words.source, self.words.site
        if isinstance(source, Publication):
            self[key] = notice_values(site, source, kind, language)
        else:
            self[key] = terms_values(site, source, language)
        return self[key]


def words_of(site: Site, source: Publication | Mailing) -> Words:
    """The first mail about an announcement; without a template where there is none."""
    if isinstance(source, Publication):
        return Words(site, source, source.mail, f"publication:{source.id}", source.required)
    return Words(site, source, site.configuration.site.terms.mail, f"terms:{source.id}", required=True)


def notice_values(site: Site, notice: Publication, kind: str, language: Language) -> dict[str, str]:
    """What a mail says of a notice to somebody of the operators' side or of the staff."""
    side = f"{site.base_url}/{'admin' if kind == 'staff' else 'portal'}"
    return {
        "title": notice.page(language).title,
        "kind": notice.category_label(language),
        "record_number": notice.number,
        "effective_day": _day(site, notice.published_at, language),
        "acknowledge": acknowledge_sentence(site, notice, language),
        "due_date": due_words(site, notice.acknowledge_by, language),
        "reason": notice.withdrawn_because,
        "page": page_of(site, notice, kind),
        "preferences_page": f"{side}/account",
    }


def page_of(site: Site, notice: Publication, kind: str) -> str:
    """Where somebody of this side reads a notice."""
    if kind == "staff":
        return f"{site.base_url}/notices/{notice.id}"
    return f"{site.base_url}/portal/notices/{notice.id}"


def acknowledge_sentence(site: Site, notice: Publication, language: Language) -> str:
    """That a notice is to be acknowledged, and by when; "" where it is not."""
    if not notice.acknowledge:
        return ""
    if notice.acknowledge_by is None:
        return Message("Please confirm on the page that you have read it.")(language)
    day = due_words(site, notice.acknowledge_by, language)
    return Message("Please confirm on the page by {day} that you have read it.", {"day": day})(language)


def terms_values(site: Site, mailing: Mailing, language: Language) -> dict[str, str]:
    """What a mail says of a version of the terms."""
    return {
        "terms_title": mailing.title(language),
        "terms_version": mailing.version,
        "terms_change": mailing.change(language),
        "effective_day": day_words(mailing.effective_from, language),
        "page": f"{site.base_url}/terms/{mailing.version}",
    }


def _day(site: Site, moment: datetime, language: Language) -> str:
    return day_text(moment.astimezone(site.calendar.zone).date())(language)
