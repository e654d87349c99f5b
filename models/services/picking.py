"""Answers picked among what is registered: the operator's own records and accounts."""

import asyncio
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.access import NOTHING
from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id
from models.errors import NotFound
from models.permissions import Actor, is_applicant, may_view
from models.schema.database_query import for_database
from models.schema.definition import RecordType, walk
from models.schema.fault import AnswerError, say
from models.schema.fields import BaseField
from models.schema.fields.structure import AccountField, ReferenceField
from models.schema.levels import inside
from models.schema.patterns import literally
from models.schema.reading import Reading
from models.schema.values import MISSING, value_at
from models.services import rosters
from models.services.seeing import rows
from models.services.site import Site
from models.services.spanning import led_on, spanned
from models.services.variables import compiled, variables_of

PICK_LIMIT = 200
"""Most records or accounts offered at once; one more tells that there are more."""

SOUGHT_LIMIT = 20
"""Most of them found by one search; one more tells that there are more."""

Options = tuple[tuple[str, str], ...]
Query = dict[str, Any]
Picker = ReferenceField | AccountField


async def picks(site: Site, actor: Actor, application: Application, reading: Reading) -> dict[str, Options]:
    """What may be picked, (code, label), for every field that picks, by its path in the definition
    (``units.plant``); hidden fields at the top are left out. Raises NotFound for who may not see the
    application."""
    if not (may_view(actor, application) or is_applicant(actor, application)):
        raise NotFound
    definition = compiled(site, application).definition
    asking = {path: field for path, field in pickers(definition) if path not in reading.hidden}
    if not asking:
        return {}
    variables = await variables_of(site, application)
    found = await asyncio.gather(
        *(_offered(site, actor, application, field, variables) for field in asking.values())
    )
    return dict(zip(asking, found, strict=True))


@lru_cache(maxsize=512)
def pickers(definition: RecordType) -> tuple[tuple[str, Picker], ...]:
    """The fields that pick, with their paths in the definition."""
    found = ((".".join(path), field) for path, field in walk(definition.fields))
    return tuple((path, field) for path, field in found if isinstance(field, ReferenceField | AccountField))


async def sought(
    site: Site,
    actor: Actor,
    application: Application,
    reading: Reading,
    among: Collection[str],
    needles: Mapping[str, str],
) -> dict[str, Options]:
    """Of the fields `among` (paths of the definition) that have more to pick from than is offered at once:
    what is picked and what fits the `needles` (by the path of the answer), by the path of the answer. What
    fits holds the text in its number or title, its login or name, whatever the case and the width."""
    definition = compiled(site, application).definition
    asking = dict(pickers(definition))
    answered = {each.path: each.value for each in _picked(definition.fields, reading.data)}
    paths = [path for path in {**answered, **needles} if (where := _place(path)) in among and where in asking]
    variables = await variables_of(site, application)

    async def found(path: str) -> Options:
        field, answer, needle = asking[_place(path)], answered.get(path, ""), needles.get(path, "")
        where = _reachable(site, actor, application, field, variables)
        given = await _told(site, field, {"$and": [where, {_keys(field)[0]: answer}]}, 1) if answer else ()
        fits = {"$and": [where, _holding(field, needle)]}
        rest = await _told(site, field, fits, SOUGHT_LIMIT + 1) if needle else ()
        return (*given, *(each for each in rest if each not in given))

    return dict(zip(paths, await asyncio.gather(*map(found, paths)), strict=True))


def _place(path: str) -> str:
    """The path of a field in the definition, of one among answers: without the numbers of rows."""
    return ".".join(word for word in path.split(".") if not word.isdecimal())


def _keys(field: Picker) -> tuple[str, str]:
    """What is stored of a pick, and what it is called."""
    return ("login", "name") if isinstance(field, AccountField) else ("number", "title")


def _holding(field: Picker, needle: str) -> Query:
    """That a text stands anywhere in what is stored or in the name, as it is and in NFKC."""
    texts = dict.fromkeys((needle.strip(), unicodedata.normalize("NFKC", needle).strip()))
    patterns = [{"$regex": literally(text), "$options": "i"} for text in texts]
    return {"$or": [{key: pattern} for key in _keys(field) for pattern in patterns]}


async def _offered(
    site: Site, actor: Actor, application: Application, field: Picker, variables: Mapping[str, Any]
) -> Options:
    where = _reachable(site, actor, application, field, variables)
    return await _told(site, field, where, PICK_LIMIT + 1)


async def _told(site: Site, field: Picker, where: Query, limit: int) -> Options:
    """What fulfils `where`, in order: what is stored of it, and the text it is picked by."""
    if isinstance(field, AccountField):
        rows = Account.raw().find(where, {"login": 1, "name": 1}).sort("login", 1).limit(limit)
        return tuple([(row["login"], f"{row['login']} {row['name']}".strip()) async for row in rows])
    if field.to not in site.records:
        return ()
    found = await site.records[field.to].rows(where, _TOLD, [("number", 1)], 0, limit)
    return tuple((row["number"], f"{row['number']} {row.get('title', '')}".strip()) for row in found)


_TOLD = {"number": 1, "title": 1}
_HELD = {"data": 1, "schema_version": 1}


def _reachable(
    site: Site, actor: Actor, application: Application, field: Picker, variables: Mapping[str, Any]
) -> Query:
    """What may be picked, as a query: the operator's own or the organisation's, in use, left to `actor` by
    the row rules, and as the field's ``where`` asks."""
    definition = _target(site, field)
    ours = definition is not None and definition.is_ours
    if not ours and application.operator_id is None:
        return dict(NOTHING)
    own: Query = {"operator_id": None if ours else application.operator_id}
    if definition is None:
        own |= {"kind": "operator", "status": "active"}
    else:
        own |= {"lifecycle": {"$in": site.lifecycles[definition.lifecycle].live_states}}
        own |= rows(site, actor, definition.name)
    if not field.where:
        return own
    asked = for_database(field.where, variables, prefix="")
    return {"$and": [own, asked if definition is None else spanned(site, definition.name, asked)]}


def _target(site: Site, field: Picker) -> RecordType | None:
    """The type a reference leads to; None for accounts, and for a type that is not there."""
    if isinstance(field, AccountField) or field.to not in site.records:
        return None
    return site.registry.current(field.to).definition


@dataclass(frozen=True, slots=True)
class Picked:
    """One answer that was picked."""

    path: str
    field: Picker
    value: str

    @property
    def where(self) -> str:
        """The path of its field in the definition, without the numbers of rows."""
        return _place(self.path)


def _picked(
    fields: tuple[BaseField, ...],
    data: Mapping[str, Any],
    hidden: Collection[str] = (),
    prefix: str = "",
) -> Iterator[Picked]:
    """The picks among these answers, those left out that are `hidden`."""
    for field in fields:
        value = data.get(field.name)
        if prefix + field.name in hidden:
            continue
        if isinstance(field, ReferenceField | AccountField) and isinstance(value, str) and value.strip():
            yield Picked(prefix + field.name, field, value.strip())
        if field.parts:
            for begun, here in inside(field.name, value):
                yield from _picked(field.parts, here, hidden, prefix + begun)


async def check_picks(
    site: Site, actor: Actor, application: Application, reading: Reading
) -> tuple[AnswerError, ...]:
    """Errors at the answers that name nothing this operator may pick: unknown, somebody else's, no longer in
    force, or against the field's ``where``; and at tables that leave out accounts they need a row for."""
    left_out = await rosters.check_rosters(site, application, reading)
    return (*await _refused(site, actor, application, reading), *left_out)


async def _refused(
    site: Site, actor: Actor, application: Application, reading: Reading
) -> tuple[AnswerError, ...]:
    definition = compiled(site, application).definition
    answered = list(_picked(definition.fields, reading.data))
    if not answered:
        return ()
    variables = await variables_of(site, application)
    fields = {each.where: each.field for each in answered}
    codes = {where: {each.value for each in answered if each.where == where} for where in fields}
    found = await asyncio.gather(
        *(_existing(site, actor, application, fields[where], codes[where], variables) for where in fields)
    )
    known = dict(zip(fields, found, strict=True))
    return tuple(refused(each) for each in answered if each.value not in known[each.where])


async def _existing(
    site: Site,
    actor: Actor,
    application: Application,
    field: Picker,
    codes: set[str],
    variables: Mapping[str, Any],
) -> frozenset[str]:
    """Those of `codes` that may be picked."""
    where, among = _reachable(site, actor, application, field, variables), {"$in": sorted(codes)}
    if isinstance(field, AccountField):
        rows = Account.raw().find({"$and": [where, {"login": among}]}, {"login": 1})
        return frozenset([row["login"] async for row in rows])
    if field.to not in site.records:
        return frozenset()
    query = {"$and": [where, {"number": among}]}
    found = await site.records[field.to].rows(query, _TOLD, [("number", 1)], 0, len(codes))
    return frozenset(row["number"] for row in found)


def picked_in(definition: RecordType, data: Mapping[str, Any]) -> Iterator[Picked]:
    """The picks among the answers of a record."""
    return _picked(definition.fields, data)


async def pickable(
    site: Site,
    actor: Actor,
    operator_id: Id,
    field: Picker,
    codes: set[str],
    variables: Mapping[str, Any],
) -> frozenset[str]:
    """Those of `codes` that `actor` may pick for an operator."""
    about = Application.model_construct(operator_id=operator_id)
    return await _existing(site, actor, about, field, codes, variables)


def refused(picked: Picked) -> AnswerError:
    """What is said of a pick that names nothing one may pick."""
    if isinstance(picked.field, AccountField):
        return AnswerError(picked.path, "account", say("Choose {label} from the accounts.", picked.field))
    return AnswerError(
        picked.path, "reference", say("Choose {label} from the registered records.", picked.field)
    )


async def copied(
    site: Site,
    actor: Actor,
    application: Application,
    definition: RecordType,
    answers: Mapping[str, Any],
    hidden: Collection[str] = (),
) -> dict[str, Any]:
    """`answers` with what references take over (``copy``) put in, as a form would have sent it: whatever was
    typed there gives way. A reference that is `hidden` or may not be picked takes nothing over."""
    copying = [each for each in _picked(definition.fields, answers, hidden) if _copies(each)]
    if not copying:
        return dict(answers)
    variables = await variables_of(site, application)
    sources = await asyncio.gather(*(_source(site, actor, application, each, variables) for each in copying))
    taken = {each.path: source for each, source in zip(copying, sources, strict=True) if source is not None}
    return _with_copies(definition.fields, answers, taken)


def _copies(picked: Picked) -> bool:
    return isinstance(picked.field, ReferenceField) and bool(picked.field.copied)


async def _source(
    site: Site, actor: Actor, application: Application, picked: Picked, variables: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The data of the record picked, or None."""
    if not isinstance(picked.field, ReferenceField) or picked.field.to not in site.records:
        return None
    where = _reachable(site, actor, application, picked.field, variables)
    query = {"$and": [where, {"number": picked.value}]}
    found = await site.records[picked.field.to].rows(query, _HELD, [("number", 1)], 0, 1)
    return led_on(site, picked.field.to, found[0])["data"] if found else None


def _with_copies(
    fields: tuple[BaseField, ...],
    answers: Mapping[str, Any],
    taken: Mapping[str, Mapping[str, Any]],
    prefix: str = "",
) -> dict[str, Any]:
    """`answers` of one level, each reference's values put beside it, and so on further in."""
    put, by_name = dict(answers), {field.name: field for field in fields}
    for field in fields:
        value, source = answers.get(field.name), taken.get(prefix + field.name)
        if isinstance(field, ReferenceField) and source is not None:
            for target, path in field.copied.items():
                found = value_at(source, path.split("."))
                put[target] = by_name[target].unparse(None if found is MISSING else found)
        elif field.parts and isinstance(value, list):
            put[field.name] = [
                _with_copies(field.parts, row, taken, f"{prefix}{field.name}.{index}.")
                if isinstance(row, dict)
                else row
                for index, row in enumerate(value)
            ]
        elif field.parts and isinstance(value, dict):
            put[field.name] = _with_copies(field.parts, value, taken, f"{prefix}{field.name}.")
    return put


def locked(definition: RecordType, reading: Reading) -> frozenset[str]:
    """The paths of the answers that cannot be typed now, as a reference beside them is answered and takes
    its record's value over."""
    return frozenset(
        each.path.removesuffix(each.field.name) + target
        for each in _picked(definition.fields, reading.data)
        if isinstance(each.field, ReferenceField)
        for target in each.field.copied
    )
