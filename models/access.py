"""Who may see which records and which of their fields: what a definition says, asked by every door.

``models.permissions`` says who may see records at all; this narrows it, per row and per field."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache, reduce
from typing import Any

from models.language import Message, Text
from models.permissions import Actor, may_use
from models.schema.database_query import for_database
from models.schema.definition import RecordType, walk
from models.schema.fields import BaseField
from models.schema.fields.base import Access

NOTHING: Mapping[str, Any] = {"_id": {"$in": []}}
"""A condition no record fulfils."""

HOLDERS: Mapping[str, Text] = {
    "applicant": Text(ja="アカウントのない申請者", en="applicants without an account"),
    "operator": Text(ja="事業者", en="operators"),
    "operator_administrator": Text(ja="事業者の管理者", en="administrators of an operator"),
    "operator_user": Text(ja="事業者のユーザー", en="users of an operator"),
    "staff": Text(ja="職員", en="staff"),
    "reviewer": Text(ja="審査担当者", en="reviewers"),
    "approver": Text(ja="承認者", en="approvers"),
    "steward": Text(ja="データ管理者", en="data stewards"),
    "auditor": Text(ja="監査担当者", en="auditors"),
    "system_administrator": Text(ja="システム管理者", en="system administrators"),
}
"""Every word ``access`` may use, and whom it means; besides further roles of the site."""


def words_of(actor: Actor) -> frozenset[str]:
    """What `actor` is, in the words of ``access``. Somebody without an account is an applicant."""
    return actor.holders | ({"applicant"} if actor.kind == "visitor" else frozenset())


def may_read(actor: Actor, field: BaseField) -> bool:
    """Whether `actor` may see the answers of `field`, on records they may see. What is confidential is for
    the staff, whatever ``access`` says."""
    if field.classification == "confidential" and actor.kind not in ("staff", "system"):
        return False
    return field.access is None or _is_in(actor, field.access.read)


def may_write(actor: Actor, field: BaseField) -> bool:
    """Whether `actor` may answer `field`; what one may not read one may not write."""
    return may_read(actor, field) and (field.access is None or _is_in(actor, field.access.write))


def _is_in(actor: Actor, allowed: Iterable[str] | None) -> bool:
    return allowed is None or actor.kind == "system" or not words_of(actor).isdisjoint(allowed)


def why_not(actor: Actor, field: BaseField) -> Message | None:
    """Why `actor` may not see or answer `field`, in words; None where they may."""
    access = field.access
    if access is None or may_write(actor, field):
        return None
    if not may_read(actor, field):
        return Message("{label} may be read only by: {who}.", _named(field, access.read))
    return Message("{label} may be changed only by: {who}.", _named(field, access.write))


def _named(field: BaseField, words: Iterable[str] | None) -> dict[str, Any]:
    people = [HOLDERS.get(word, Text(ja=word, en=word)) for word in words or ()]
    who = Text(ja="、".join(p.ja for p in people), en=", ".join(p("en") for p in people))
    return {"label": field.label, "who": who}


def may_answer(actor: Actor, field: BaseField) -> bool:
    """Whether `actor` may answer `field` with what is in it. Rows come whole, so a table with a column one
    may not answer is not answered at all; of a group each part is asked for itself."""
    if not may_write(actor, field):
        return False
    return not field.repeats or all(may_write(actor, part) for _, part in walk(field.parts))


@lru_cache(maxsize=512)
def is_open(definition: RecordType) -> bool:
    """Whether every field of `definition` may be read and answered by everybody."""
    fields = [field for _, field in walk(definition.fields)]
    return all(field.access is None and field.classification != "confidential" for field in fields)


def seen_by(actor: Actor, definition: RecordType) -> RecordType:
    """`definition` with only the fields `actor` may read, those inside tables and groups included. Doors draw
    columns, filters, sorts, answers and histories from it, so that what is not in it cannot come out."""
    if actor.kind == "system" or is_open(definition):
        return definition
    return _seen(definition, words_of(actor))


@lru_cache(maxsize=512)
def _seen(definition: RecordType, words: frozenset[str]) -> RecordType:
    fields = tuple(_narrowed(definition.fields, words))
    names = {field.name for field in fields}
    pages = (
        page.model_copy(update={"fields": tuple(name for name in page.fields if name in names)})
        for page in definition.laid_out
    )
    return definition.model_copy(
        update={"fields": fields, "pages": tuple(page for page in pages if page.fields)}
    )


def _narrowed(fields: Iterable[BaseField], words: frozenset[str]) -> Iterator[BaseField]:
    """Those of `fields` these people may read, each with what they may read inside it; what holds nothing
    for them is left out."""
    for field in fields:
        if not _reads(field, words):
            continue
        kept = tuple(_narrowed(field.parts, words))
        if kept == field.parts:
            yield field
        elif kept:
            yield field.with_parts(kept)


def _reads(field: BaseField, words: frozenset[str]) -> bool:
    if field.classification == "confidential" and "staff" not in words:
        return False
    allowed = field.access.read if field.access else None
    return allowed is None or bool(words & frozenset(allowed))


Places = tuple[tuple[str, tuple[str, ...]], ...]
"""The paths of an earlier definition, each with those of today that hold something of its value."""


def governed(pinned: RecordType, current: RecordType, places: Places = ()) -> RecordType:
    """`pinned`, an earlier definition, with the access the one in force asks for: a restriction holds for
    what was written before it too. `places` are the paths of `pinned` with where their values are now, where
    that may differ: what became several is restricted like all of them. What is gone keeps its own."""
    if is_open(pinned) and is_open(current):
        return pinned
    return _governed(pinned, current, places)


@lru_cache(maxsize=256)
def _governed(pinned: RecordType, current: RecordType, places: Places) -> RecordType:
    rules, spread = dict(_rules(current.fields)), dict(places)

    def over(fields: Iterable[BaseField], inside: str) -> Iterator[BaseField]:
        for field in fields:
            path = f"{inside}{field.name}"
            asked = [rules[each] for each in spread.get(path, (path,)) if each in rules]
            access = reduce(_both, asked) if asked else field.access
            parts = tuple(over(field.parts, f"{path}."))
            kept = field if parts == field.parts else field.with_parts(parts)
            yield kept.model_copy(update={"access": access})

    return pinned.model_copy(update={"fields": tuple(over(pinned.fields, ""))})


def _rules(
    fields: Iterable[BaseField], inside: str = "", around: Access | None = None
) -> Iterator[tuple[str, Access | None]]:
    """What each path asks for, what is around it included."""
    for field in fields:
        access = _both(around, field.access)
        yield f"{inside}{field.name}", access
        yield from _rules(field.parts, f"{inside}{field.name}.", access)


def _both(one: Access | None, other: Access | None) -> Access | None:
    """What two rules ask for together; where nobody is named in both, nobody is left."""
    if one is None or other is None:
        return one or other
    return Access(read=_common(one.read, other.read), write=_common(one.write, other.write))


def _common(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(word for word in one if word in other)


def is_for_all(definition: RecordType, path: str) -> bool:
    """Whether everybody who may see a record may read what is at `path`."""
    found = found_at(definition, path)
    closed = any(field.classification == "confidential" for field in found)
    return not closed and all(field.access is None or field.access.read is None for field in found)


def told(seen: RecordType, data: Mapping[str, Any]) -> dict[str, Any]:
    """Of `data` what the fields of `seen` hold, inside tables and groups too."""
    return _told(seen.fields, data)


def _told(fields: Iterable[BaseField], data: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: value_told(field, data[field.name]) for field in fields if field.name in data}


def value_told(field: BaseField, value: Any) -> Any:
    """Of the `value` of `field` what its parts hold; a value without parts as it is."""
    if isinstance(value, list) and field.parts:
        return [_told(field.parts, row) if isinstance(row, Mapping) else row for row in value]
    return _told(field.parts, value) if isinstance(value, Mapping) and field.parts else value


def with_kept(actor: Actor, field: BaseField, sent: Any, stored: Any) -> Any:
    """What was `sent` for a group, with what is `stored` in the parts `actor` may not answer; anything else
    as it was sent."""
    if not field.parts or field.repeats or not isinstance(sent, Mapping):
        return sent
    old = stored if isinstance(stored, Mapping) else {}
    kept = dict(sent)
    for part in field.parts:
        if may_answer(actor, part):
            kept |= {n: with_kept(actor, part, sent[n], old.get(n)) for n in sent.keys() & {part.name}}
        else:
            kept.pop(part.name, None)
            kept |= {n: old[n] for n in old.keys() & {part.name}}
    return kept


def found_at(definition: RecordType, path: str) -> tuple[BaseField, ...]:
    """The fields a path of answers leads through (``units.0.name``: the table, its column); () for a path
    that leads nowhere."""
    found: list[BaseField] = []
    level: Iterable[BaseField] = definition.fields
    for word in path.split("."):
        if word.isdecimal() and found and found[-1].repeats:
            continue
        field = next((field for field in level if field.name == word), None)
        if field is None:
            return ()
        found.append(field)
        level = field.parts
    return tuple(found)


def _is_kept_from(actor: Actor, definition: RecordType) -> bool:
    """Whether records of a type are the organisation's own, and `actor` is neither of its staff nor named by
    the rules of the type."""
    if not definition.is_ours or actor.kind in ("staff", "system"):
        return False
    words = words_of(actor)
    return not any(words & frozenset(rule.by) for rule in definition.access)


def sees_type(actor: Actor, definition: RecordType) -> bool:
    """Whether the rules of a type leave `actor` any record of it: what is kept from somebody altogether is
    not even named to them."""
    if _is_kept_from(actor, definition):
        return False
    if not definition.access or actor.kind == "system":
        return True
    words = words_of(actor)
    return any(words & frozenset(rule.by) for rule in definition.access)


def in_scope(actor: Actor, definition: RecordType) -> bool:
    """Whether a type is within the scope of who asks; what the organisation opens to operators is in all."""
    return definition.is_ours or may_use(actor, definition.name)


def rows_for(actor: Actor, definition: RecordType, today: date) -> dict[str, Any]:
    """The records of a type `actor` may see, as a query to be added to what ``models.services.records.scope``
    says; {} for all. Where the definition has rules and none is theirs, none, and none of a type outside the
    scope of a delegate. What belongs to the organisation itself is for its staff, and for operators where the
    rules name them, whatever a delegate's scope is."""
    if not in_scope(actor, definition) or _is_kept_from(actor, definition):
        return dict(NOTHING)
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
