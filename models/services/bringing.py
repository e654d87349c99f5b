"""What of earlier answers comes along into a new registration, and why the rest does not.

Every door that begins with earlier answers asks here (``copying``, ``repeating``)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from models import access
from models.documents.application import Application
from models.language import Message, Text
from models.permissions import Actor
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.services.applications import workflow_of
from models.services.seeing import governed
from models.services.site import Site
from models.services.upgrading import is_same_question

FILE = Message("Files are handed in anew.")
ANEW = Message("It is confirmed anew each time.")
SINGLE = Message("It may be registered only once.")
FIXED = Message("It cannot be changed later, so it is answered anew.")
GIVEN = Message("It is given by the system.")
SECRET = Message("It is confidential and answered anew.")
BARRED = Message("Somebody else answers it.")
GONE = Message("The form in force does not ask it.")
OTHERWISE = Message("The form in force asks it in another way.")


@dataclass(frozen=True, slots=True)
class Earlier:
    """Answers given before, under a `version` of a type, typed or as they are stored. ``spent`` where a
    registration holds them, or may yet come to."""

    type: str
    version: int
    answers: Mapping[str, Any]
    spent: bool


@dataclass(frozen=True, slots=True)
class Left:
    """An answer that does not come along, and why."""

    label: Text
    why: Message


@dataclass(frozen=True, slots=True)
class Brought:
    """What comes along, by the form in force, and what does not."""

    answers: Mapping[str, Any]
    left: tuple[Left, ...]


def came_to_nothing(site: Site, application: Application) -> bool:
    """Whether an application is over and no registration came of it."""
    ended = workflow_of(site, application).states[application.state].final
    return ended and application.record_id is None


def bring(site: Site, actor: Actor, earlier: Earlier, carried: Mapping[str, Any] | None) -> Brought:
    """What `actor` begins with. `carried` are the answers as the form in force has them; where they cannot be
    carried there (None), those to the same questions are taken."""
    form = governed(site, earlier.type, site.registry.current(earlier.type).version)
    before = governed(site, earlier.type, earlier.version)
    answers = _alike(before, form, earlier.answers) if carried is None else carried
    kept: dict[str, Any] = {}
    left: list[Left] = []
    for field in form.fields:
        value = answers.get(field.name)
        if not field.stored or not field.asked or field.is_empty(value):
            continue
        why = _why_not(actor, form, field, spent=earlier.spent)
        if why is None:
            kept[field.name] = _bare(actor, field, value)
        else:
            left.append(Left(field.label, why))
    told = access.told(access.seen_by(actor, before), earlier.answers)
    return Brought(kept, (*left, *_lost(before, form, told, answers)))


def _why_not(actor: Actor, form: RecordType, field: BaseField, *, spent: bool) -> Message | None:
    """Why an answer does not come along; None where it does."""
    why = _why_anew(actor, field)
    if why is not None:
        return why
    if field.read_only or field.name == form.number.field:
        return GIVEN
    if not spent:
        return None
    if field.unique:
        return SINGLE
    return FIXED if field.set_once else None


def _why_anew(actor: Actor, field: BaseField) -> Message | None:
    """Why an answer is given anew wherever it stands, in groups and rows too."""
    if isinstance(field, UploadField):
        return FILE
    if isinstance(field, CertificateField) or field.control == "declaration":
        return ANEW
    if field.confidential:
        return SECRET
    return None if access.may_answer(actor, field) else BARRED


def _bare(actor: Actor, field: BaseField, value: Any) -> Any:
    """An answer without what is given anew inside it."""
    if not field.parts:
        return value
    if isinstance(value, list):
        return [_parts(actor, field.parts, row) for row in value if isinstance(row, Mapping)]
    return _parts(actor, field.parts, value) if isinstance(value, Mapping) else value


def _parts(actor: Actor, parts: Iterable[BaseField], row: Mapping[str, Any]) -> dict[str, Any]:
    wanted = (part for part in parts if part.name in row and _why_anew(actor, part) is None)
    return {part.name: _bare(actor, part, row[part.name]) for part in wanted}


def _alike(before: RecordType, form: RecordType, answers: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answers to questions both forms ask in the same way."""
    known, asked = before.by_name, form.by_name
    return {
        name: value
        for name, value in answers.items()
        if name in asked and is_same_question(known.get(name), asked[name])
    }


def _lost(
    before: RecordType, form: RecordType, told: Mapping[str, Any], answers: Mapping[str, Any]
) -> Iterator[Left]:
    """What was answered and has no place in the form in force, or not as it was answered."""
    labels, asked = {field.label for field in form.fields}, form.by_name
    for field in before.fields:
        if not field.asked or field.is_empty(told.get(field.name)):
            continue
        if field.name in asked and asked[field.name].is_empty(answers.get(field.name)):
            yield Left(field.label, OTHERWISE)
        elif field.name not in asked and field.label not in labels:
            yield Left(field.label, GONE)
