"""What stands around every page: the site's name, where one can go, what was just done."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote
from zoneinfo import ZoneInfo

from models.access import in_scope, sees_type
from models.configuration.terms import TermsText
from models.documents.stop import Stop
from models.language import Language, Message, Text, translate
from models.permissions import allowed
from models.schema.definition import in_order
from models.services.accepting import untold
from models.services.duty_board import columns
from models.services.inbox import MOST_UNREAD
from models.services.reading import NO_NEWS, News
from models.services.side_words import side_words
from models.services.switches import ground_of, stops_of
from models.services.terms import versions

if TYPE_CHECKING:
    from forms.pages.visit import Visit

DONE: Mapping[str, Message] = {
    "saved": Message("Your answers have been saved."),
    "withdrawn": Message("The application has been withdrawn."),
    "password_set": Message("Your password has been set. You can sign in now."),
    "begin_again": Message("Signing in could not be finished. Please begin again."),
    "password_changed": Message("Your password has been changed. Everywhere else you have been signed out."),
    "session_ended": Message("That session has been ended."),
    "others_ended": Message("All other sessions have been ended."),
    "code_removed": Message("One-time codes have been removed. Your password alone signs you in again."),
    "choices_kept": Message("Your choice has been kept."),
    "calendar_ended": Message("The address has been ended. Nothing can be read from it any more."),
    "inbox_read": Message("Marked as read."),
    "language_kept": Message("Your language has been kept: mails come in it too."),
    "signed_out": Message("You have signed out."),
    "presented": Message("The client certificate was accepted."),
    "not_added": Message("It has been handed over. What was typed on that page is not part of it."),
    "not_asked": Message("Your other answers do not lead to that page. What was typed there was left aside."),
    "declared": Message("Your answer has been kept."),
    "account_change": Message("The account has been changed; its owner is told by e-mail."),
    "account_address": Message(
        "A link has been sent to the new address. Until it is opened there, the present address counts."
    ),
    "account_suspend": Message("The account has been stopped, and every session of it has ended."),
    "account_resume": Message("The account can be used again."),
    "account_unlock": Message("The account has been unlocked."),
    "account_reissue": Message(
        "The password has been taken away, and a link to set another has been sent by e-mail."
    ),
    "account_remove": Message("The account has been removed."),
    "account_revoke": Message("What the delegate may do has ended."),
    "account_end": Message("Every session of this account has been ended."),
    "account_scope": Message("What the delegate may do has been changed."),
    "account_hand-over": Message("The administration has been handed over. You are a user now."),
    "address_checked": Message(
        "A link has been sent. Once you open it, mails are sent to that address again."
    ),
    "address_confirmed": Message("Your e-mail address has been confirmed."),
    "delegate_named": Message("The delegate has been registered and is told by e-mail."),
    "review_kept": Message("The accounts have been confirmed."),
    "review_stopped": Message("The accounts have been stopped."),
    "certificate_registered": Message(
        "The certificate has been registered. It can be used to sign in from now on."
    ),
    "certificate_described": Message("The change has been kept."),
    "certificate_retired": Message("The certificate has been retired. Nobody can sign in with it any more."),
    "loss_reported": Message("The report has arrived. Our staff were told at once."),
    "message_sent": Message("Your message has been sent."),
    "user_issued": Message("The user has been issued and is told by e-mail."),
    "user_invited": Message("The invitation has been sent once more."),
    "copied": Message("The answers have been taken over. Please check them page by page."),
    "acknowledged": Message("Thank you. It has been kept that you confirmed having read this notice."),
    "step_taken": Message("Done. Below you see where it stands and whose turn it is."),
    "given_up": Message("What was written has been given up. The record stays as it is."),
    "consented": Message("Your consent has been kept."),
    "consent_withdrawn": Message("Your consent has been taken back."),
    "renewed": Message("Your application now stands on what is registered. Please check the pages shown."),
}
"""What ``?done=`` may say; anything else says nothing."""


INBOX = "/portal/inbox"

ANNOUNCED = 3
"""Stops ahead that are told on every page; the others stand on the page of the service."""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    path: str
    label: str
    current: bool
    waiting: str = ""
    """How many there are that are new to the reader; "" for none."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What is told of a stop: on which ground, in words, from when until when, whether nothing can be read
    either, whether it is for the reader's operator alone."""

    ground: str
    text: str
    since: datetime
    until: datetime | None
    closed: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of one page."""

    language: Language
    name: str
    organisation: str
    contact: str
    places: tuple[Place, ...]
    person: str
    here: str
    done: str
    zone: ZoneInfo
    stopped: Stopped | None = None
    ahead: tuple[Stopped, ...] = ()
    trial: bool = False
    """Whether the service hours are not looked at."""
    new_terms: TermsText | None = None
    """The version of the terms the reader's account was not told of yet."""
    copyright: str = ""
    news: News = NO_NEWS
    """Notices the reader has not read yet."""
    unreachable: bool = False
    """Whether mails to the reader come back and are not sent."""
    words: Mapping[str, str] = field(default_factory=dict)
    """What the site calls its operators (``models.services.side_words``)."""
    has_terms: bool = False
    """Whether the site has terms of use."""

    def month(self, day: date) -> str:
        """The month of a day in words."""
        return f"{day.year}年{day.month}月" if self.language == "ja" else f"{day:%B} {day.year}"

    def date(self, day: date) -> str:
        """A calendar day in words."""
        return (
            f"{day.year}年{day.month}月{day.day}日"
            if self.language == "ja"
            else f"{day.day} {day:%B} {day.year}"
        )

    def day(self, moment: datetime) -> str:
        """The day of a moment, in the site's time zone."""
        return self.date(moment.astimezone(self.zone).date())

    def last_day(self, end: datetime) -> str:
        """The last day before a moment at which something ends."""
        return self.day(end - timedelta(microseconds=1))

    def until(self, end: datetime) -> str:
        """The end of a term: its last day, and the time of that day where it does not end with it."""
        local = end.astimezone(self.zone)
        return self.moment(end) if (local.hour, local.minute) != (0, 0) else self.last_day(end)

    def period(self, begin: datetime | None, end: datetime | None) -> str:
        """From which day until which something is shown; "" where neither is known."""
        begins, ends = self.day(begin) if begin else "", self.last_day(end) if end else ""
        if begins and ends:
            return Message("Shown from {begin} to {end}", {"begin": begins, "end": ends})(self.language)
        if begins:
            return Message("Shown from {begin}", {"begin": begins})(self.language)
        return Message("Shown until {end}", {"end": ends})(self.language) if ends else ""

    def moment(self, moment: datetime) -> str:
        """A moment to the minute, in the site's time zone."""
        local = moment.astimezone(self.zone)
        return f"{self.date(local.date())} {local:%H:%M}"


def here_of(visit: "Visit") -> str:
    """The address asked for, as it may stand in a page."""
    path, query = visit.request.scope["path"], visit.request.scope["query_string"].decode("latin-1")
    return quote(f"{path}?{query}" if query else path, safe="/?&=%#-_.~")


def person_of(visit: "Visit") -> str:
    """Who is signed in; "" for visitors."""
    return visit.actor.person.shown if visit.actor.kind == "operator" else ""


def frame_shape(visit: "Visit") -> Hashable:
    """Everything ``frame_of`` looks at besides the address and who it is: two visits of one shape have frames
    that differ in nothing else. Of the addresses of applications no place of the frame is one."""
    site, scope = visit.site, visit.request.scope
    done = visit.request.query_params.get("done", "") if b"done=" in scope["query_string"] else ""
    return (
        *(visit.language, visit.actor.kind, visit.actor.roles, site.registry.revision, site.always_open),
        *(visit.actor.may, visit.actor.types, visit.actor.unreachable),
        "/applications/" if scope["path"].startswith("/applications/") else scope["path"],
        done if done in DONE else "",
        *_stops(visit),
        _told_of(visit),
        bool(versions(visit.site)),
        news_of(visit),
        unread_of(visit),
    )


def news_of(visit: "Visit") -> News:
    """What waits to be read, as it was looked up for this visit: on the pages of the portal."""
    found: News = getattr(visit.request.state, "news", NO_NEWS)
    return found


def _told_of(visit: "Visit") -> str:
    """The version of the terms that is told on every page until its reader closes the line."""
    text = untold(visit.site, visit.actor)
    return text.version if text else ""


def unread_of(visit: "Visit") -> str:
    """How much is unread in the inbox, as far as it was counted; "" where it was not, and for nothing."""
    found = int(getattr(visit.request.state, "unread", 0))
    return "" if not found else str(found) if found <= MOST_UNREAD else f"{MOST_UNREAD}+"


def frame_of(visit: "Visit") -> Frame:
    """The frame around the page a visit asks for."""
    site = visit.site.configuration.site
    done = DONE.get(visit.request.query_params.get("done", ""))
    return Frame(
        visit.language,
        site.name(visit.language),
        site.organisation(visit.language),
        site.contact(visit.language),
        tuple(_places(visit)),
        person_of(visit),
        here_of(visit),
        done(visit.language) if done else "",
        visit.site.calendar.zone,
        *_stops(visit),
        trial=visit.site.always_open,
        new_terms=untold(visit.site, visit.actor),
        copyright=site.copyright(visit.language),
        news=news_of(visit),
        unreachable=visit.actor.unreachable,
        words={name: word(visit.language) for name, word in side_words(visit.site).items()},
        has_terms=bool(versions(visit.site)),
    )


def _stops(visit: "Visit") -> tuple[Stopped | None, tuple[Stopped, ...]]:
    """What stands for this visit, and what is announced to it."""
    board, keys = visit.site.switchboard, stops_of(visit.actor)
    stops = board.all(keys)
    if not stops:
        return None, ()
    standing, now = board.last(keys), visit.site.now()
    ahead = tuple(_told(stop, visit.language) for stop in stops if stop.is_planned(now))
    return standing and _told(standing, visit.language), ahead[:ANNOUNCED]


def _told(stop: Stop, language: Language) -> Stopped:
    own = not stop.for_everybody
    return Stopped(ground_of(stop)(language), stop.text, stop.starts, stop.until, stop.level == "closed", own)


def _places(visit: "Visit") -> Iterator[Place]:
    path, language = visit.request.url.path, visit.language
    if visit.actor.kind == "operator":
        for address, label in _own_places(visit):
            within = address != "/portal" and path.startswith(f"{address}/")
            yield Place(address, label, path == address or within, waiting=_waiting(visit, address))
        return
    yield Place("/", translate("Home", language), path == "/")
    yield Place("/status", translate("Check an application", language), path == "/status")
    if visit.site.configuration.windows:
        yield Place("/windows", translate("Application periods", language), path == "/windows")
    yield Place("/notices", translate("Notices", language), path.startswith("/notices"))
    if versions(visit.site):
        yield Place("/terms", translate("Terms of use", language), path == "/terms")


def _waiting(visit: "Visit", address: str) -> str:
    """How many there are behind an address that are new to the reader, where that is told."""
    if address == INBOX:
        return unread_of(visit)
    return news_of(visit).told if address == "/portal/notices" else ""


def _own_places(visit: "Visit") -> Iterator[tuple[str, str]]:
    """Where an operator can go, most wanted first."""
    language = visit.language
    yield "/portal", translate("My page", language)
    yield INBOX, translate("Inbox", language)
    yield "/portal/applications", translate("Applications", language)
    yield from ((address, label(language)) for address, label in _own_types(visit))
    if allowed(visit.actor, "application.view_own") and columns(visit.site, visit.actor):
        yield "/portal/duties", translate("Duties", language)
    if visit.site.configuration.site.certificates.needed:
        yield "/portal/certificates", translate("Certificates", language)
    if allowed(visit.actor, "account.view_own"):
        yield "/portal/users", translate("Users", language)
    if visit.site.configuration.site.declarations and allowed(visit.actor, "declaration.view_own"):
        yield "/portal/declarations", translate("Declarations", language)
    yield "/portal/notices", translate("Notices", language)


def _own_types(visit: "Visit") -> Iterator[tuple[str, Text]]:
    """The record types an operator has records of, its own record first."""
    current = (published.definition for published in visit.site.registry.all_current().values())
    for definition in in_order(current, visit.site.configuration.site.operator_type):
        shown = definition.enabled and sees_type(visit.actor, definition)
        if shown and in_scope(visit.actor, definition):
            yield f"/portal/{definition.name}", definition.label
