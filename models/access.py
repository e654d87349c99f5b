"""Who may see which records and which of their fields: what a definition says, asked by every door.

``models.permissions`` says who may see records at all; this narrows it, per row and per field."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from models.language import Message
from models.permissions import Actor
from models.schema.database_query import for_database
from models.schema.definition import RecordType
from models.schema.fields import BaseField

NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
"""A condition no record fulfils."""

HOLDERS = frozenset(
    {
        "applicant",
        "operator",
        "operator_administrator",
        "operator_user",
        "staff",
        "reviewer",
        "approver",
        "steward",
        "auditor",
        "system_administrator",
    }
)
"""Every word ``access`` may use, besides further roles of the site."""


def words_of(actor: Actor) -> frozenset[str]:
    """What `actor` is, in the words of ``access``. Somebody without an account is an applicant."""
    return actor.holders | ({"applicant"} if actor.kind == "visitor" else frozenset())


def may_read(actor: Actor, field: BaseField) -> bool:
    """Whether `actor` may see the answers of `field`, on records they may see."""
    return _is_in(words_of(actor), field.access.read if field.access else None, actor)


def may_write(actor: Actor, field: BaseField) -> bool:
    """Whether `actor` may answer `field`; what one may not read one may not write."""
    allowed = field.access.write if field.access else None
    return may_read(actor, field) and _is_in(words_of(actor), allowed, actor)


def _is_in(words: frozenset[str], allowed: Iterable[str] | None, actor: Actor) -> bool:
    return allowed is None or actor.kind == "system" or bool(words & frozenset(allowed))


def why_not(actor: Actor, field: BaseField) -> Message | None:
    """Why `actor` may not see or answer `field`, in words; None where they may."""
    access = field.access
    if access is None or may_write(actor, field):
        return None
    if not may_read(actor, field):
        return Message("{label} may be read only by: {who}.", _told(field, access.read))
    return Message("{label} may be changed only by: {who}.", _told(field, access.write))


def _told(field: BaseField, words: Iterable[str] | None) -> dict[str, Any]:
    return {"label": field.label, "who": ", ".join(words or ())}


def seen_by(actor: Actor, definition: RecordType) -> RecordType:
    """`definition` with only the fields `actor` may read, those inside tables and groups included. Doors draw
    columns, filters, sorts, answers and histories from it, so that what is not in it cannot come out."""
    if actor.kind == "system" or not _is_restricted(definition.fields):
        return definition
    return _seen(_Keyed(definition), words_of(actor))


def _is_restricted(fields: Iterable[BaseField]) -> bool:
    return any(
        (field.access and field.access.read is not None) or _is_restricted(field.parts) for field in fields
    )


class _Keyed:
    """A definition that hashes by its checksum."""

    def __init__(self, definition: RecordType) -> None:
        self.definition = definition

    def __hash__(self) -> int:
        return hash(self.definition.checksum)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Keyed) and other.definition.checksum == self.definition.checksum


@lru_cache(maxsize=512)
def _seen(keyed: _Keyed, words: frozenset[str]) -> RecordType:
    definition = keyed.definition
    fields = tuple(_narrowed(field, words) for field in definition.fields if _reads(field, words))
    names = {field.name for field in fields}
    pages = (
        page.model_copy(update={"fields": tuple(name for name in page.fields if name in names)})
        for page in definition.pages
    )
    return definition.model_copy(
        update={"fields": fields, "pages": tuple(page for page in pages if page.fields)}
    )


def _reads(field: BaseField, words: frozenset[str]) -> bool:
    allowed = field.access.read if field.access else None
    return allowed is None or bool(words & frozenset(allowed))


def _narrowed(field: BaseField, words: frozenset[str]) -> BaseField:
    if "fields" not in type(field).model_fields or not _is_restricted(field.parts):
        return field
    kept = tuple(_narrowed(part, words) for part in field.parts if _reads(part, words))
    return field.model_copy(update={"fields": kept})


def rows_for(actor: Actor, definition: RecordType, today: date) -> dict[str, Any]:
    """The records of a type `actor` may see, as a query to be added to what ``models.services.records.scope``
    says; {} for all. Where the definition has rules and none is theirs, none."""
    if not definition.access or actor.kind == "system":
        return {}
    words = words_of(actor)
    found = [rule.where for rule in definition.access if words & frozenset(rule.by)]
    if not found:
        return dict(NOTHING)
    if any(not where for where in found):
        return {}
    given = {"TODAY": today.isoformat(), "ACCOUNT": account_facts(actor)}
    return {"$or": [for_database(where, given, prefix="") for where in found]}


def account_facts(actor: Actor) -> dict[str, Any]:
    """What ``$$ACCOUNT`` stands for."""
    return {"login": actor.login, "name": actor.name, "email": actor.email, "roles": sorted(actor.roles)}
