"""What the pages about notices say: rows of lists, facts, figures as a bar, articles as readers see them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from starlette.requests import Request

from admin import moments
from admin.actor import actor_of, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.refusals import public_message
from admin.views.columns import BADGE, Choice
from models.documents.application import Application
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import NotPublishable
from models.language import LANGUAGES, Language, Text
from models.schema.definition import RecordType
from models.services import noticeboard
from models.services.applications import workflow_of
from models.services.audiences import Reach
from models.services.freezing import Proof
from models.services.ledger import Figures
from models.services.noticeboard import Line
from models.services.seeing import seen
from models.services.site import Site
from models.workflow.definition import State

IMPORTANCE = {
    "normal": Choice(_("Normal"), "plain"),
    "high": Choice(_("Important"), "warn"),
    "urgent": Choice(_("Urgent"), "bad"),
}

NAMES: Mapping[Language, Any] = {"ja": _("In Japanese"), "en": _("In English")}


@dataclass(frozen=True, slots=True)
class Written:
    """One language of an edition, ready to be drawn."""

    language: Language
    name: Any
    title: str
    html: Markup


def written(edition: Publication) -> list[Written]:
    """The articles of an edition, one of each language it was written in."""
    return [
        Written(each, NAMES[each], edition.pages[each].title, Markup(edition.pages[each].html))  # noqa: S704
        for each in LANGUAGES
        if each in edition.pages
    ]


def refused(refusal: NotPublishable | None) -> str:
    """Why a notice cannot be published yet; "" where it can."""
    return public_message(refusal) if refusal else ""


def states_of(site: Site, definition: RecordType) -> Mapping[str, State]:
    """The states a notice can be in."""
    return site.lifecycles[definition.lifecycle].states


def badge_of(states: Mapping[str, State], name: str, shown: bool) -> Markup:
    """A notice's state: good while readers see it, over where nothing follows."""
    state = states.get(name)
    tone = "good" if shown else "info" if state is None or state.live else "done"
    return BADGE.format(tone, state.label(language()) if state else name)


# --- rows ---------------------------------------------------------------------------------------------------


def row(request: Request, definition: RecordType, line: Line, figures: Figures | None) -> dict[str, Any]:
    """One notice of the list."""
    site = site_of(request)
    shown = seen(site, actor_of(request), definition.name, line.schema_version)
    rule, edition = noticeboard.rule_of(definition), line.edition

    def say_answer(name: str | None) -> str:
        field = shown.by_name.get(name) if name else None
        return field.show(line.data.get(field.name), language()) if field else ""

    return {
        "id": line.id,
        "number": line.number,
        "title": line.title,
        "state": badge_of(states_of(site, definition), line.lifecycle, bool(edition and edition.shown)),
        "category": say_answer(rule.category),
        "importance": IMPORTANCE.get(
            str(line.data.get(rule.importance or "", "normal")), IMPORTANCE["normal"]
        ),
        "audience": say_answer(rule.audience),
        "period": period(say_answer(rule.starts), say_answer(rule.ends)),
        "published": edition.published_at if edition else None,
        "asked": bool(edition and edition.acknowledge),
        "figures": figures,
        "listing": bool(edition and edition.shown and edition.listed_at is None),
    }


def period(starts: str, ends: str) -> str:
    """From when to when; an open end is left open."""
    return f"{starts} – {ends}" if starts or ends else ""


def application_row(request: Request, application: Application) -> dict[str, Any]:
    """One notice, or one correction, that is being written or reviewed."""
    site = site_of(request)
    state = workflow_of(site, application).states[application.state]
    return {
        "reference": application.reference,
        "title": application.title or application.reference,
        "change": application.kind == "change",
        "state": state.label(language()),
        "mine": state.held_by == "applicant",
        "by": application.applicant.name,
        "updated": application.updated_at,
    }


# --- facts --------------------------------------------------------------------------------------------------


def facts(
    request: Request, definition: RecordType, record: Record, *, shown_now: bool
) -> list[tuple[Any, Any]]:
    """Where a notice stands, and what is said of it besides its text."""
    site = site_of(request)
    shown = seen(site, actor_of(request), record.type, record.schema_version)
    rule = noticeboard.rule_of(definition)
    told = (rule.audience, rule.category, rule.importance, rule.pinned, rule.starts, rule.ends)
    names = dict.fromkeys(name for name in (*told, rule.acknowledge, rule.acknowledge_by) if name)
    answers = [
        (field.label(language()), field.show(record.data.get(name), language()))
        for name in names
        if (field := shown.by_name.get(name)) is not None
    ]
    return [
        (say("Number"), record.number),
        (say("State"), badge_of(states_of(site, definition), record.lifecycle, shown_now)),
        *((label, value) for label, value in answers if value),
        (say("Updated"), moments.moment(record.updated_at)),
    ]


def edition_facts(edition: Publication) -> list[tuple[Any, Any]]:
    """When an edition was published and what became of it."""
    told: list[tuple[Any, Any]] = [
        (say("Published"), moments.moment(edition.published_at)),
        (say("Whom it is for"), edition.audience.label(language())),
        (say("Version of the record"), str(edition.revision)),
        (say("Schema version"), str(edition.schema_version)),
    ]
    ends = (
        (say("Replaced by a later edition"), edition.replaced_at),
        (say("Withdrawn"), edition.withdrawn_at),
        (say("Archived"), edition.archived_at),
    )
    told += [(label, moments.moment(at)) for label, at in ends if at is not None]
    if edition.withdrawn_because:
        told.append((say("Why it was withdrawn"), edition.withdrawn_because))
    return told


def proofs(edition: Publication, proof: Proof) -> list[tuple[bool, str]]:
    """What was looked at of an edition, and whether it is as it was published."""
    version = {"revision": edition.revision}
    return [
        (proof.unaltered, say("What is stored has the fingerprint it was published with.")),
        (
            proof.same,
            say("Made anew from version {revision} of the record it is the same to the byte.", version),
        ),
        (proof.witnessed, say("The chain of events names the same fingerprint.")),
    ]


def standing(edition: Publication) -> tuple[str, str]:
    """Where an edition stands, in words, and its tone."""
    if edition.withdrawn_at is not None:
        return say("Withdrawn"), "bad"
    if edition.archived_at is not None:
        return say("Archived"), "done"
    if edition.replaced_at is not None:
        return say("Replaced by a later edition"), "done"
    return say("Shown to its readers"), "good"


# --- figures ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar: how many, from where and how wide it is drawn (of WIDTH), and its colour."""

    label: Any
    count: int
    start: float
    width: float
    tone: str


WIDTH = 400
"""How wide a bar is drawn (SVG units)."""


def bar(figures: Figures, asked: bool) -> list[Piece]:
    """Who has acknowledged, only read, and not read yet, as the pieces of a bar; none for no readers."""
    counts: Sequence[tuple[Any, int, str]] = [
        (
            _("Read, not acknowledged yet") if asked else _("Has been read"),
            figures.read - figures.acknowledged,
            "f-s0",
        ),
        (_("Not read yet"), figures.listed - figures.read, "f-s2"),
    ]
    if asked or figures.acknowledged:
        counts = [(_("Has acknowledged"), figures.acknowledged, "f-s1"), *counts]
    return list(_pieces(counts, figures.listed))


def _pieces(counts: Sequence[tuple[Any, int, str]], total: int) -> Iterator[Piece]:
    start = 0.0
    for label, number, tone in counts if total else ():
        width = WIDTH * number / total
        yield Piece(label, number, round(start, 2), round(width, 2), tone)
        start += width


def reached(words: Mapping[str, Text], reach: Reach) -> list[tuple[Any, Any]]:
    """How many a notice is for, and how many of them are mailed."""
    told: list[tuple[Any, Any]] = [
        (say("Accounts"), f"{reach.accounts:,}"),
        (words["Operators"](language()), f"{reach.operators:,}"),
        (say("Mailed"), f"{reach.with_mail:,}"),
    ]
    return told + [(say(why), f"{number:,}") for why, number in sorted(reach.withheld.items())]
