"""Drafts begun on an earlier version: finished as they are, or taken to the one in force."""

from collections.abc import Iterable, Mapping
from typing import Any

from models.documents.application import Application
from models.documents.guarded import update_where
from models.errors import RecordChanged, TransitionRefused
from models.permissions import Actor
from models.schema.changes import Change, compare_definitions
from models.schema.definition import RecordType
from models.schema.evolution import Steps, settled
from models.schema.fields import BaseField
from models.services.applications import (
    CHANGED_ELSEWHERE,
    compiled,
    is_with_applicant,
    read,
    require_applicant,
)
from models.services.carrying import Carried, carry
from models.services.registry import Published
from models.services.routes import route_to
from models.services.site import Site
from models.services.switches import require_writing


def newer(site: Site, application: Application) -> Published | None:
    """The version in force, where the draft was begun on an earlier one and may still be taken there.

    Once handed over, an application is finished on the version it was submitted under; the answers of a step
    go on in the form in force by themselves (``step_renewing``)."""
    current = site.registry.current(application.type)
    if application.step or application.round or not is_with_applicant(site, application):
        return None
    return current if current.version > application.schema_version else None


def differences_to(site: Site, application: Application, current: Published) -> tuple[Change, ...]:
    """What is different in the newer form."""
    pinned = site.registry.at(application.type, application.schema_version)
    return compare_definitions(pinned.definition, current.definition, pinned.version)


async def upgrade(site: Site, actor: Actor, application: Application, *, revision: int) -> Application:
    """Take a draft to the version in force. Every page is asked for again; every answer is kept, what has no
    place any more in its attic. Raises TransitionRefused where nothing is newer or the answers do not fit."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    current = newer(site, application)
    if current is None:
        raise TransitionRefused("This form is already the newest.")
    reading = await read(site, application)
    carried = carry(site, application.type, reading.data, application.schema_version, application.attic)
    if carried.version != current.version:
        raise TransitionRefused("The answers do not fit the new form. Finish the application as it is.")
    kept = await update_where(
        Application,
        {"_id": application.id, "revision": revision, "state": application.state},
        {"$set": taken_on(site, application, carried), "$inc": {"revision": 1}},
    )
    if kept is None:
        raise RecordChanged(CHANGED_ELSEWHERE)
    return kept


def taken_on(site: Site, application: Application, carried: Carried) -> dict[str, Any]:
    """What changes of an application that goes on in the form its answers were `carried` to."""
    return {
        "schema_version": carried.version,
        "answers": carried_answers(site, application, carried),
        "attic": carried.attic,
        "pages_done": [],
        "consents": [],
        "updated_at": site.now(),
    }


def carried_answers(site: Site, application: Application, carried: Carried) -> dict[str, Any]:
    """The answers of an application as they would be typed in the newer form `carried` led to."""
    pinned = compiled(site, application).definition
    route = route_to(
        site, application.type, application.schema_version, carried.version - 1, carried.definition
    )
    moved = frozenset(path.split(".")[0] for path in settled(route.steps))
    kept = {name: value for name, value in application.answers.items() if name not in moved}
    answers = _answers(pinned, carried.definition, kept, carried.data)
    for name, before in _renamed(route.steps).items():
        field, typed = carried.definition.by_name.get(name), application.answers.get(before)
        if field is not None and typed is not None and is_same_question(pinned.by_name.get(before), field):
            answers.setdefault(name, typed)
    return answers


def _renamed(steps: Iterable[Steps]) -> dict[str, str]:
    """The names questions had before, by those they have now: what is wrong with an answer is in no data that
    steps lead on, and is not lost for that."""
    found: dict[str, str] = {}
    for entry in steps:
        for old, new in entry.rename.items():
            found[new] = found.pop(old, old)
    return found


def _answers(
    old: RecordType, new: RecordType, typed: Mapping[str, Any], data: Mapping[str, Any]
) -> dict[str, Any]:
    """As `typed` where the question is the same (what was wrong too), else what the steps made of it."""
    answers: dict[str, Any] = {}
    for field in new.fields:
        if not (field.stored and field.asked):
            continue
        same = field.name in typed and is_same_question(old.by_name.get(field.name), field)
        value = typed[field.name] if same else field.unparse(data.get(field.name))
        if value is not None:
            answers[field.name] = value
    return answers


def is_same_question(old: BaseField | None, new: BaseField) -> bool:
    """Whether two versions ask a question in the same way, so that what was typed fits both."""
    return old is not None and old.type == new.type and old.parts == new.parts
