"""The automatic checks of an application: each rule by its name, whether it holds, and what was found."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.access import found_at, is_open, seen_by
from models.documents.application import Application
from models.documents.certificate import STOPPED
from models.errors import TorokuError
from models.language import Message
from models.permissions import SYSTEM, Actor, allowed
from models.schema.definition import RecordType, singles
from models.schema.fault import AnswerError
from models.schema.fields import BaseField
from models.schema.fields.base import UniqueRule
from models.schema.fields.text import TextField
from models.schema.formats import FORMATS
from models.schema.reading import Reading, read_answers
from models.schema.values import MISSING, value_at
from models.services.applications import compiled, form_of
from models.services.certificates import is_free_for
from models.services.looking import Look, look_at
from models.services.picking import check_picks, pickers
from models.services.seeing import is_read, rows
from models.services.side_words import side_words
from models.services.site import Site
from models.services.spanning import spanned
from models.services.variables import variables_with
from models.workflow.engine import holds

logger = logging.getLogger(__name__)

UNSEEN = "A rule does not hold about something you may not see."
DAMAGED = "What is stored beside this application is damaged: {name}."
NOT_MADE = "This check could not be made. Look at this point yourself."


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One automatic check: the rule's name, whether it holds, what was found, and at which answer ("" for
    none)."""

    rule: str
    ok: bool
    message: Message
    path: str = ""


Pure = Callable[[Look, RecordType, Reading], Iterable[CheckResult]]
"""A check of what was read already."""

Asking = Callable[[Look, RecordType, Reading], Awaitable[Iterable[CheckResult]]]
"""A check that asks the database."""


async def automatic_checks(
    site: Site, actor: Actor, application: Application, look: Look | None = None
) -> list[CheckResult]:
    """The applicant's own rules once more, and what only the registered records can tell; of what `actor` may
    not read only that something is wrong. A check that breaks is told as one that could not be made."""
    look = look or await look_at(site, actor, application)
    seen = seen_by(actor, form_of(site, application))
    begun = [CheckResult(name, False, Message(DAMAGED, {"name": name})) for name in look.damaged]
    pure = [(name, check) for name, check in PURE if name not in look.damaged]
    try:
        variables = variables_with(site, application, look.operator, look.record)
        reading = read_answers(compiled(site, application), application.answers, variables)
    except Exception:
        reading, pure = Reading(application.data or {}), pure[1:]
        begun.append(_broken("rules", application))
    asked = await asyncio.gather(*(_asked(name, check, look, seen, reading) for name, check in ASKING))
    known = (_made(name, check, look, seen, reading) for name, check in pure)
    return [*begun, *(result for results in (*known, *asked) for result in results)]


def _made(name: str, check: Pure, look: Look, seen: RecordType, reading: Reading) -> list[CheckResult]:
    """What a check found; whatever else happens in it, the page is drawn and says so."""
    try:
        return list(check(look, seen, reading))
    except Exception:
        return [_broken(name, look.application)]


async def _asked(
    name: str, check: Asking, look: Look, seen: RecordType, reading: Reading
) -> list[CheckResult]:
    """The same for one that asks the database; that it does not answer is told for the whole page."""
    try:
        return list(await check(look, seen, reading))
    except TorokuError:
        raise
    except Exception:
        return [_broken(name, look.application)]


def _broken(name: str, application: Application) -> CheckResult:
    logger.exception("check %s of %s could not be made", name, application.reference)
    return CheckResult(name, False, Message(NOT_MADE))


def _rules(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """The rules of the form, as the applicant met them."""
    form = form_of(look.site, look.application)
    read_by = [error for error in reading.errors if _is_told(look.actor, form, error)]
    results = [_failed(error) for error in read_by]
    if len(read_by) < len(reading.errors):
        results.append(CheckResult("rules", False, Message(UNSEEN)))
    if not reading.errors:
        results.append(CheckResult("rules", True, Message("Every rule of the form holds.")))
    return results


def _failed(error: AnswerError) -> CheckResult:
    return CheckResult(f"{error.path}.{error.key}", False, error.message, error.path)


def _is_told(actor: Actor, form: RecordType, error: AnswerError) -> bool:
    """Whether everything an error is about may be read."""
    return is_open(form) or all(is_read(actor, form, path) for path in (error.path, *error.reads))


def _codes(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Which codes were checked by their format; those that are wrong are among the rules."""
    wrong = {error.path for error in reading.errors}
    data = look.application.data or {}
    return [
        CheckResult(f"{path}.format", True, Message("{label}: a valid {format}.", _codes_told(field)), path)
        for path, field in _coded(seen)
        if path not in wrong and value_at(data, path.split(".")) not in (None, MISSING)
    ]


def _codes_told(field: TextField) -> dict[str, object]:
    return {"label": field.label, "format": Message(FORMATS[field.format_name or ""].label)}


@lru_cache(maxsize=256)
def _coded(definition: RecordType) -> tuple[tuple[str, TextField], ...]:
    """The questions whose answers a format checks, with their paths."""
    return tuple(
        (".".join(path), field)
        for path, field in singles(definition.fields)
        if isinstance(field, TextField) and field.format_name in FORMATS
    )


async def _duplicates(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Whether values that must be unique are registered already."""
    data = look.application.data or {}
    asked = [field for field in seen.fields if field.unique and data.get(field.name) is not None]
    return await asyncio.gather(*(_duplicate(look, field) for field in asked))


async def _duplicate(look: Look, field: BaseField) -> CheckResult:
    site, application = look.site, look.application
    data = application.data or {}
    definition = compiled(site, application).definition
    rule = field.unique if isinstance(field.unique, UniqueRule) else UniqueRule()
    where: dict[str, Any] = {
        f"data.{name}": {"$eq": data.get(name)} for name in (field.name, *rule.with_fields)
    }
    if application.schema_version == site.registry.current(application.type).version:
        where = spanned(site, application.type, where)
    where |= {"lifecycle": {"$in": _among(site, definition, rule)}, "_id": {"$ne": application.record_id}}
    found = await site.records[application.type].rows(where, {"number": 1}, [("_id", 1)], 0, 1)
    name = f"{field.name}.unique"
    if not found:
        fresh = Message("{label}: not registered before.", {"label": field.label})
        return CheckResult(name, True, fresh, field.name)
    if not _may_tell(look):
        taken = Message("{label}: the same value is already registered.", {"label": field.label})
        return CheckResult(name, False, taken, field.name)
    values = {"label": field.label, "number": str(found[0].get("number", ""))}
    told = Message("{label}: the same value is already registered under the number {number}.", values)
    return CheckResult(name, False, told, field.name)


def _may_tell(look: Look) -> bool:
    """Whether this person sees every record of the type, so that one may be named."""
    if not allowed(look.actor, "record.view"):
        return False
    return not rows(look.site, look.actor, look.application.type)


def _among(site: Site, definition: RecordType, rule: UniqueRule) -> list[str]:
    states = site.lifecycles[definition.lifecycle].states
    return [name for name in states if rule.among is None or holds(rule.among, {"lifecycle": name})]


async def _others(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Whether another open application holds a value that must be unique. The program, which keeps what fails
    when answers are handed over, does not ask: it would be old tomorrow."""
    application = look.application
    if look.actor.kind == "system" or not application.open or not application.keys:
        return ()
    where = {"_id": {"$ne": application.id}, "open": True, "keys": {"$in": application.keys}}
    cursor = Application.raw().find(where, {"keys": 1, "reference": 1}).sort("_id", 1).limit(MOST_OTHERS)
    others = await cursor.to_list(None)
    names = [name for name in (key.partition(":")[0] for key in application.keys) if name in seen.by_name]
    held = {name: [row["reference"] for row in others if _shares(row, application, name)] for name in names}
    return [_told_other(look, seen.by_name[name], held[name]) for name in names]


MOST_OTHERS = 20
"""Most other open applications looked at."""


def _shares(row: Mapping[str, Any], application: Application, name: str) -> bool:
    """Whether another application holds the same value of the field `name`."""
    return any(key.partition(":")[0] == name for key in {*row["keys"]} & {*application.keys})


def _told_other(look: Look, field: BaseField, references: Sequence[str]) -> CheckResult:
    values = {"label": field.label, "references": ", ".join(references)}
    if not references:
        return CheckResult(f"{field.name}.open", True, Message(NO_OTHER, values), field.name)
    ruled = rows(look.site, look.actor, look.application.type)
    told = Message(OTHER_UNTOLD if ruled else OTHER, values)
    return CheckResult(f"{field.name}.open", False, told, field.name)


NO_OTHER = "{label}: in no other open application."
OTHER = "{label}: the same value is in another open application: {references}."
OTHER_UNTOLD = "{label}: the same value is in another open application."


async def _references(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Whether what was picked is still there and in force. Asked for the program itself: a reviewer whose
    rows are narrower than the applicant's is told no different."""
    asked = [path for path, _ in pickers(seen)]
    if not asked:
        return ()
    errors = await check_picks(look.site, SYSTEM, look.application, reading)
    told = [_failed(error) for error in errors if found_at(seen, error.path)]
    if len(told) < len(errors):
        told.append(CheckResult("references", False, Message(UNSEEN)))
    if not errors and any(value_at(reading.data, path.split(".")) not in (None, MISSING) for path in asked):
        return [CheckResult("references", True, Message("Everything picked is registered and in force."))]
    return told


def _operator(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Whether the operator who applies is registered and in force, and fulfils what the type asks."""
    application = look.application
    if application.operator_id is None:
        return ()
    if look.operator is None:
        said = Message("The {operator} who applies is not registered.", side_words(look.site))
        return [CheckResult("operator", False, said)]
    kind = look.site.registry.current(look.operator.type).definition
    state = look.site.lifecycles[kind.lifecycle].states.get(look.operator.lifecycle)
    told = {"state": state.label if state else look.operator.lifecycle, **side_words(look.site)}
    if state is None or not state.live:
        return [CheckResult("operator", False, Message("The {operator}'s state now: {state}.", told))]
    facts = {"operator": {**look.operator.data, "lifecycle": look.operator.lifecycle}}
    needs = compiled(look.site, application).definition.applications.needs
    if needs and not holds(needs, facts):
        return [CheckResult("applications.needs", False, Message(NEEDS, side_words(look.site)))]
    return [CheckResult("operator", True, Message("The {operator}'s state now: {state}.", told))]


NEEDS = "What this application needs of its {operator} does not hold now."


def _still_current(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """Whether the record in force is still the one the application began from."""
    application = look.application
    if application.kind == "register":
        return ()
    current = look.record is not None and look.record.revision == application.base_revision
    msgid = (
        "The registered information has not changed since the application began."
        if current
        else "The registered information has changed since this application began."
    )
    return [CheckResult("record.revision", current, Message(msgid))]


def _certificate(look: Look, seen: RecordType, reading: Reading) -> Iterable[CheckResult]:
    """The client certificate the application came with."""
    asked = compiled(look.site, look.application).definition.applications.certificate
    if not look.application.certificate or not asked:
        return ()
    ok, message = _judged(look)
    return [CheckResult("certificate", ok, message, asked if asked in seen.by_name else "")]


def _judged(look: Look) -> tuple[bool, Message]:
    known = look.certificate
    if known is None or known.state in STOPPED:
        return False, Message("The use of this certificate has been stopped.")
    if known.not_after <= look.site.now():
        return False, Message("This client certificate has expired.")
    if not is_free_for(known, look.application.operator_id):
        return False, Message("The client certificate is bound to another {operator}.", side_words(look.site))
    values = {"date": known.not_after.date().isoformat()}
    return True, Message("The client certificate is valid until {date}.", values)


PURE: Sequence[tuple[str, Pure]] = (
    ("rules", _rules),
    ("record", _still_current),
    ("operator", _operator),
    ("certificate", _certificate),
    ("formats", _codes),
)
"""Every check of what was read, by the name it is told by when it cannot be made; the rules first."""

ASKING: Sequence[tuple[str, Asking]] = (
    ("unique", _duplicates),
    ("open", _others),
    ("references", _references),
)
