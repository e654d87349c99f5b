"""Who somebody is to a record, in the words of its lifecycle: ``by``, ``not_by``, ``all_of``, ``held_by``."""

from collections.abc import Iterable
from datetime import datetime

from models import permissions
from models.documents.base import Person
from models.documents.record import Record
from models.errors import ConsentMissing, NotFound
from models.language import Text
from models.permissions import Actor, allowed, may_use
from models.services.seeing import is_in_reach
from models.services.side_words import party_label
from models.services.site import Site
from models.workflow.definition import SIDES

RESERVED = permissions.RESERVED | frozenset(SIDES)
"""Words of a lifecycle that no role of the staff stands for, whatever a site calls its roles."""


def side_of(actor: Actor) -> str:
    """The side somebody is on, as ``Record.origin`` names it; "" for the program and for strangers."""
    return actor.kind if actor.kind in ("staff", "operator") else ""


def is_theirs(actor: Actor, record: Record) -> bool:
    """Whether `actor` acts for the operator the record belongs to, within its role and a delegate's scope."""
    own = actor.operator_id is not None and actor.operator_id == record.operator_id
    return actor.kind == "operator" and own and may_use(actor, record.type)


def persons_for(actor: Actor, record: Record) -> frozenset[str]:
    """Who `actor` is to `record`: staff with their roles, the program, people of its operator; and whether
    their side began it (``originator``) or the other did (``counterpart``). Nobody for anybody else; staff
    who only look, as auditors do, are their roles and no side."""
    if actor.kind == "system":
        return frozenset({"system"})
    if actor.kind == "staff":
        own = actor.roles - RESERVED
        return own | {"staff"} | _part("staff", record) if allowed(actor, "record.act") else own
    if is_theirs(actor, record) and allowed(actor, "record.act_own"):
        return actor.holders | _part("operator", record)
    return frozenset()


def _part(side: str, record: Record) -> frozenset[str]:
    if not record.origin:
        return frozenset()
    return frozenset({"originator" if side == record.origin else "counterpart"})


async def require_reach(site: Site, actor: Actor, record: Record) -> None:
    """Raise NotFound for a record that is not for `actor`: another operator's, or kept from them by the row
    rules of its type. The organisation's own are for operators as far as these say."""
    owned = record.operator_id is not None
    if owned and actor.kind not in ("staff", "system") and not is_theirs(actor, record):
        raise NotFound
    if not await is_in_reach(site, actor, record.type, record.id):
        raise NotFound


def side_named(word: str, record: Record | None) -> str:
    """The side a word of the lifecycle stands for on this record: ``staff`` or ``operator``, "" for the
    program, and where nobody knows which side began it. A role of the site is the staff's."""
    if word in ("originator", "counterpart"):
        origin = record.origin if record is not None else ""
        other = {"staff": "operator", "operator": "staff"}.get(origin, "")
        return origin if word == "originator" else other
    if word in ("operator", "operator_administrator", "applicant"):
        return "operator"
    return "" if word == "system" else "staff"


def named(site: Site, word: str, record: Record) -> Text:
    """What a party of a lifecycle is called on this record: the organisation, a role of it, the operator."""
    if word in ("originator", "counterpart"):
        word = side_named(word, record) or word
    if word == "staff":
        return site.configuration.site.organisation
    return party_label(site, word)


def told_as(site: Site, actor: Actor, person: Person) -> Text:
    """Who did something, as `actor` may know them: to operators and visitors, staff appear as the
    organisation."""
    if person.kind == "staff" and actor.kind not in ("staff", "system"):
        return site.configuration.site.organisation
    return Text(ja=person.shown, en=person.shown)


def told_when(site: Site, moment: datetime) -> str:
    """When something was done, by the site's clock."""
    return moment.astimezone(site.calendar.zone).strftime("%Y-%m-%d %H:%M")


def consent_missing(parties: Iterable[Text]) -> ConsentMissing:
    """That a step waits for consents, naming whose."""
    found = list(parties)
    told = Text(ja="、".join(party.ja for party in found), en=", ".join(party("en") for party in found))
    return ConsentMissing(parties=told)
