"""What an operator declared: how each declaration stands, the answers to it, and the rule of confidentiality
that follows (R81, R86)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.configuration.declarations import ConfidentialityRule, DeclarationRule
from models.documents.base import Id
from models.documents.declaration import Confirmation, Declaration, DeclarationAnswer
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AnswersInvalid, DeclarationMoved, NotAllowed, NotFound
from models.language import Message, Text
from models.permissions import Actor, require
from models.schema.fields.choice import DeclarationField
from models.schema.reading import AnswerError
from models.services.carrying import as_carried
from models.services.events import record_event
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_role
from models.services.side_words import side_words
from models.services.site import Site
from models.services.switches import require_writing
from models.services.windows import require_hours
from models.workflow.engine import holds

NOTE_LIMIT = 1000
"""Longest note with an answer (characters)."""

HISTORY = 50
"""Answers shown of one declaration."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is declared: the text, and the version it has."""

    text: Text
    version: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How one declaration stands for one operator. ``state`` is ``none`` where nothing was ever said;
    ``registered`` tells that it was declared with the registration; ``sequence`` is that of the last
    answer."""

    name: str
    rule: DeclarationRule
    words: Words
    state: str = "none"
    text_version: str = ""
    at: datetime | None = None
    by: str = ""
    note: str = ""
    registered: bool = False
    sequence: int = 0
    asked: Confirmation | None = None

    @property
    def outdated(self) -> bool:
        """Whether what was confirmed had other words than today's."""
        return self.state == "confirmed" and self.text_version != self.words.version


def rules(site: Site) -> Mapping[str, DeclarationRule]:
    """Every declaration there is, by name."""
    return site.configuration.site.declarations


def rule_of(site: Site, name: str) -> DeclarationRule:
    """One declaration. Raises NotFound."""
    found = rules(site).get(name)
    if found is None:
        raise NotFound
    return found


def words_of(site: Site, rule: DeclarationRule) -> Words:
    """The words of a declaration in force: those of the operator's form, or its own."""
    fields = site.registry.current(site.configuration.site.operator_type).definition.by_name
    field = fields.get(rule.field or "")
    if isinstance(field, DeclarationField):
        return Words(field.text, field.text_version)
    return Words(rule.text or rule.label, rule.text_version)


async def operator_record(site: Site, identifier: Id | None) -> Record:
    """The record of an operator by the names of the version in force, for looking at. Raises NotFound."""
    records = site.records[site.configuration.site.operator_type]
    found = await records.get(identifier) if identifier is not None else None
    if found is None:
        raise NotFound
    return as_carried(site, found)


async def own_standings(site: Site, actor: Actor) -> list[Standing]:
    """How the declarations of this actor's operator stand. Raises NotAllowed, NotFound."""
    require(actor, "declaration.view_own")
    return await standings(site, await operator_record(site, actor.operator_id))


async def standings(site: Site, operator: Record) -> list[Standing]:
    """How every declaration of an operator stands, in the order they are configured."""
    last, asked = await last_answers([operator.id]), await _asked(operator.id)
    return [
        standing(site, name, operator.data, last.get((operator.id, name)), asked.get(name))
        for name in rules(site)
    ]


async def last_answers(operators: Collection[Id]) -> dict[tuple[Id, str], Declaration]:
    """The last answer of each of these operators about each declaration."""
    steps: list[Mapping[str, Any]] = [
        {"$match": {"operator_id": {"$in": list(operators)}}},
        {"$sort": {"operator_id": 1, "name": 1, "sequence": 1}},
        {"$group": {"_id": {"o": "$operator_id", "n": "$name"}, "last": {"$last": "$$ROOT"}}},
    ]
    cursor = await Declaration.raw().aggregate(steps)
    found = [Declaration.model_validate(row["last"]) for row in await cursor.to_list(None)]
    return {(each.operator_id, each.name): each for each in found}


async def _asked(operator_id: Id) -> dict[str, Confirmation]:
    rows = await Confirmation.raw().find({"operator_id": operator_id, "state": "open"}).to_list(None)
    return {row["name"]: Confirmation.model_validate(row) for row in rows}


def standing(
    site: Site,
    name: str,
    data: Mapping[str, Any],
    last: Declaration | None,
    asked: Confirmation | None = None,
) -> Standing:
    """How one declaration stands by the last answer and by what was declared with the registration,
    whichever is the later."""
    rule = rule_of(site, name)
    words, given = words_of(site, rule), registered_at(rule, data)
    sequence = last.sequence if last else 0
    if last is not None and (given is None or given[0] is None or last.at >= given[0]):
        return Standing(
            *(name, rule, words, last.answer, last.text_version, last.at, last.by.name, last.note),
            sequence=sequence,
            asked=asked,
        )
    if given is None:
        return Standing(name, rule, words, sequence=sequence, asked=asked)
    moment, version = given
    return Standing(
        *(name, rule, words, "confirmed", version, moment), registered=True, sequence=sequence, asked=asked
    )


def registered_at(rule: DeclarationRule, data: Mapping[str, Any]) -> tuple[datetime | None, str] | None:
    """When a declaration was affirmed with the registration, and the version of its words; None where it was
    not."""
    value = data.get(rule.field or "")
    if not isinstance(value, Mapping) or value.get("affirmed") is not True:
        return None
    return _moment(value.get("at")), str(value.get("text_version") or "")


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return found if isinstance(found, datetime) and found.tzinfo is not None else None


async def history(operator_id: Id, name: str) -> list[Declaration]:
    """The answers of an operator about one declaration, the last first (at most HISTORY)."""
    where = {"operator_id": operator_id, "name": name}
    rows = await Declaration.raw().find(where).sort("sequence", -1).limit(HISTORY).to_list(None)
    return [Declaration.model_validate(row) for row in rows]


def governing(site: Site, operator: Record, found: Sequence[Standing]) -> ConfidentialityRule | None:
    """The rule by which the operator keeps what it learns confidential (R81): the first whose condition
    holds; None where the site has none."""
    facts = {
        **operator.data,
        "lifecycle": operator.lifecycle,
        "declared": {each.name: each.state for each in found},
    }
    rows = site.configuration.site.confidentiality
    return next((row for row in rows if not row.when or holds(row.when, facts)), None)


async def governing_for(site: Site, operator_id: Id | None) -> ConfidentialityRule | None:
    """The rule that governs an operator, by its id; None where the site has none, or the operator is none."""
    if not site.configuration.site.confidentiality or operator_id is None:
        return None
    found = await site.records[site.configuration.site.operator_type].get(operator_id)
    if found is None:
        return None
    operator = as_carried(site, found)
    return governing(site, operator, await standings(site, operator))


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it is typed, with what its reader saw: the version of the words, the last answer."""

    answer: DeclarationAnswer
    text_version: str
    sequence: int
    note: str = ""


async def answer(site: Site, actor: Actor, name: str, given: Given) -> None:
    """Confirm or decline a declaration of one's own operator; who declines says why, and staff are told at
    once.

    Raises NotAllowed, NotFound, WritingStopped, SendingClosed (outside the service hours), AnswersInvalid
    (paths ``answer``, ``note``), DeclarationMoved."""
    require(actor, "declaration.answer")
    if actor.delegate:
        said = "A delegate cannot declare this for the {operator}."
        raise NotAllowed(said, rule="declaration.answer", **side_words(site))
    await require_writing(site, actor)
    require_hours(site, actor)
    rule = rule_of(site, name)
    if "operator" not in rule.by:
        raise NotFound
    _check(given, ("confirmed", "declined"), noted=given.answer == "declined")
    await _keep(site, actor, await operator_record(site, actor.operator_id), rule, name, given)


async def record(site: Site, actor: Actor, operator: Record, name: str, given: Given) -> None:
    """Record that an operator filed a declaration, or withdrew it; the note says by which document.

    Raises NotAllowed, NotFound, AnswersInvalid (paths ``answer``, ``note``), DeclarationMoved."""
    require(actor, "declaration.record")
    rule = rule_of(site, name)
    if "staff" not in rule.by:
        raise NotFound
    _check(given, ("confirmed", "withdrawn"), noted=True)
    await _keep(site, actor, operator, rule, name, given)


def _check(given: Given, possible: Collection[str], *, noted: bool) -> None:
    errors = []
    if given.answer not in possible:
        errors.append(AnswerError("answer", "choice", Message("Choose an answer.")))
    if len(given.note.strip()) > NOTE_LIMIT or (noted and not given.note.strip()):
        said = Message("Say why, in at most {limit} characters.", {"limit": NOTE_LIMIT})
        errors.append(AnswerError("note", "required", said))
    if errors:
        raise AnswersInvalid(tuple(errors))


async def _keep(
    site: Site, actor: Actor, operator: Record, rule: DeclarationRule, name: str, given: Given
) -> None:
    words = words_of(site, rule)
    if words.version != given.text_version:
        raise DeclarationMoved

    async def body(session: Session) -> None:
        asked = await _close(site, actor, operator, name, given, session)
        kept = Declaration(
            name=name,
            operator_id=operator.id,
            operator_name=operator.title,
            sequence=given.sequence + 1,
            answer=given.answer,
            text=words.text,
            text_version=words.version,
            note=given.note.strip(),
            by=actor.person,
            at=site.now(),
            confirmation_id=asked.id if asked else None,
        )
        await insert_or(DeclarationMoved(), kept, session)
        subject = Subject(kind="declaration", id=kept.id, label=name)
        await record_event(
            *(site, actor, f"declaration.{given.answer}", subject, session),
            operator_id=operator.id,
            text_version=words.version,
        )
        if given.answer == "declined":
            await _tell(site, rule, kept, session)

    await site.store.transaction(body)


async def _close(
    site: Site, actor: Actor, operator: Record, name: str, given: Given, session: Session
) -> Confirmation | None:
    """End what the operator was asked, if it was."""
    values = {
        "state": given.answer,
        "answered_by": actor.person.model_dump(),
        "answered_at": site.now(),
        "remind_at": None,
    }
    where = {"operator_id": operator.id, "name": name, "state": "open"}
    return await update_where(Confirmation, where, {"$set": values}, session)


DECLINED = "declaration_declined"
"""Template of the mail that tells staff at once."""


async def _tell(site: Site, rule: DeclarationRule, kept: Declaration, session: Session) -> None:
    if (DECLINED, site.configuration.site.languages[0]) not in site.mail:
        return
    for person in await people_of_role(rule.told):
        letter = Letter(
            template=DECLINED,
            recipient=person,
            cause=f"declined:{kept.operator_id}:{kept.name}:{kept.sequence}",
            to=rule.told,
            values={
                "operator_name": kept.operator_name,
                "declaration": rule.label(person.language),
                "page": f"{site.base_url}/admin/declarations/of/{kept.operator_id}",
            },
        )
        await queue_letter(site, letter, session)
