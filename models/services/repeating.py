"""Applying again with the answers of an application that came to nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.access import may_answer
from models.documents.application import Application
from models.errors import NotFound
from models.language import Language, Text
from models.permissions import Actor, is_applicant
from models.schema.fields import BaseField
from models.schema.fields.file import CertificateField, UploadField
from models.services.applications import (
    compiled,
    form_of,
    may_begin,
    may_type,
    read,
    workflow_of,
)
from models.services.beginning import Start, begin
from models.services.carrying import carry
from models.services.seeing import governed, require_in_reach
from models.services.site import Site
from models.services.upgrading import carried_answers

ANEW = ("declaration",)
"""Controls that are answered anew every time: somebody affirms something now."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a new application takes over from an earlier one, and the labels of what it does not."""

    answers: Mapping[str, Any]
    left: tuple[Text, ...]


def may_repeat(site: Site, actor: Actor, application: Application) -> bool:
    """Whether `actor` may apply again with these answers: the application is theirs, for a registration, is
    over and came to nothing."""
    definition = site.registry.current(application.type).definition
    ended = workflow_of(site, application).states[application.state].final and application.record_id is None
    return (
        ended
        and application.kind == "register"
        and bool(application.answers)
        and is_applicant(actor, application)
        and definition.enabled
        and may_begin(site, actor, definition, "register")
    )


async def taken_from(site: Site, actor: Actor, application: Application) -> Taken:
    """What would be taken over into the form in force. Files, certificates and declarations are given anew;
    what has no place in it any more is left. Raises NotFound unless ``may_repeat``."""
    if not may_repeat(site, actor, application):
        raise NotFound
    await require_in_reach(site, actor, application)
    answers, left = await _answers(site, application), []
    current = site.registry.current(application.type)
    form = governed(site, application.type, current.version)
    kept: dict[str, Any] = {}
    for field in form.fields:
        value = answers.get(field.name)
        if value in (None, "", [], {}):
            continue
        if _given_anew(field) or not may_answer(actor, field) or not may_type(actor, field, application):
            left.append(field.label)
        else:
            kept[field.name] = _without_files(field, value)
    gone = (field.label for name, field in form_of(site, application).by_name.items() if name in answers)
    left += [label for label in gone if label not in {field.label for field in form.fields}]
    return Taken(kept, tuple(left))


async def _answers(site: Site, application: Application) -> Mapping[str, Any]:
    """The answers as they would be typed in the form in force; those of the same name where they cannot be
    carried there."""
    current = site.registry.current(application.type)
    if application.schema_version == current.version:
        return application.answers
    reading = await read(site, application)
    carried = carry(site, application.type, reading.data, application.schema_version)
    if carried.version == current.version:
        return carried_answers(site, application, carried)
    pinned = compiled(site, application).definition.by_name
    known = current.definition.by_name
    same = {name for name in known if name in pinned and known[name].type == pinned[name].type}
    return {name: value for name, value in application.answers.items() if name in same}


def _given_anew(field: BaseField) -> bool:
    return isinstance(field, UploadField | CertificateField) or field.control in ANEW


def _without_files(field: BaseField, value: Any) -> Any:
    """An answer without the files, certificates and declarations inside it."""
    if field.parts and isinstance(value, list):
        return [_parts(field.parts, row) if isinstance(row, Mapping) else row for row in value]
    return _parts(field.parts, value) if field.parts and isinstance(value, Mapping) else value


def _parts(parts: Iterable[BaseField], row: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {part.name: part for part in parts if not _given_anew(part)}
    other = {name: value for name, value in row.items() if name not in {part.name for part in parts}}
    return {**other, **{n: _without_files(p, row[n]) for n, p in wanted.items() if n in row}}


async def repeat(
    site: Site,
    actor: Actor,
    application: Application,
    *,
    language: Language,
    terms_version: str | None,
) -> Application:
    """Begin a new registration filled from `application`. Raises as ``beginning.begin``, and NotFound unless
    ``may_repeat``."""
    taken = await taken_from(site, actor, application)
    return await begin(
        site,
        actor,
        application.type,
        language=language,
        terms_version=terms_version,
        start=Start(taken.answers, application.reference),
    )
