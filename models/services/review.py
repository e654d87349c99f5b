"""What a reviewer sees beside the answers: automatic checks, and what changed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from models.access import is_open, seen_by
from models.documents.account import Certificate
from models.documents.application import Application
from models.language import Language, Message
from models.permissions import Actor
from models.schema.compare import Difference, differences
from models.schema.definition import RecordType
from models.schema.fault import AnswerError
from models.schema.fields.base import UniqueRule
from models.services.applications import compiled, form_of, read
from models.services.seeing import is_read
from models.services.site import Site
from models.workflow.engine import holds


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One automatic check: the rule's name, whether it holds, and what was found."""

    rule: str
    ok: bool
    message: Message


UNSEEN = "A rule does not hold about something you may not see."


async def automatic_checks(site: Site, actor: Actor, application: Application) -> list[CheckResult]:
    """The applicant's own rules once more, and what only the registered records can tell; of what `actor` may
    not read only that something is wrong."""
    return [result async for result in _checks(site, actor, application)]


async def _checks(site: Site, actor: Actor, application: Application) -> AsyncIterator[CheckResult]:
    reading, form = await read(site, application), form_of(site, application)
    read_by = [error for error in reading.errors if _is_told(actor, form, error)]
    for error in read_by:
        yield CheckResult(f"{error.path}.{error.key}", False, error.message)
    if len(read_by) < len(reading.errors):
        yield CheckResult("rules", False, Message(UNSEEN))
    if not reading.errors:
        yield CheckResult("rules", True, Message("Every rule of the form holds."))
    async for result in _duplicates(site, application, seen_by(actor, form)):
        yield result
    if application.kind != "register":
        yield await _still_current(site, application)
    if application.certificate and compiled(site, application).definition.applications.certificate:
        yield await _certificate(site, application)


def _is_told(actor: Actor, form: RecordType, error: AnswerError) -> bool:
    """Whether everything an error is about may be read."""
    return is_open(form) or all(is_read(actor, form, path) for path in (error.path, *error.reads))


async def _duplicates(site: Site, application: Application, seen: RecordType) -> AsyncIterator[CheckResult]:
    definition, data = compiled(site, application).definition, application.data or {}
    for field in seen.fields:
        value = data.get(field.name)
        if not field.unique or value is None:
            continue
        rule = field.unique if isinstance(field.unique, UniqueRule) else UniqueRule()
        where = {f"data.{name}": data.get(name) for name in (field.name, *rule.with_fields)}
        where |= {"lifecycle": {"$in": _among(site, definition, rule)}, "_id": {"$ne": application.record_id}}
        taken = await site.records[application.type].taken(where)
        msgid = (
            "{label}: the same value is already registered." if taken else "{label}: not registered before."
        )
        yield CheckResult(f"{field.name}.unique", not taken, Message(msgid, {"label": field.label}))


def _among(site: Site, definition: RecordType, rule: UniqueRule) -> list[str]:
    states = site.lifecycles[definition.lifecycle].states
    return [name for name in states if rule.among is None or holds(rule.among, {"lifecycle": name})]


async def _still_current(site: Site, application: Application) -> CheckResult:
    record = await site.records[application.type].get(application.record_id)
    current = record is not None and record.revision == application.base_revision
    msgid = (
        "The registered information has not changed since the application began."
        if current
        else "The registered information has changed since this application began."
    )
    return CheckResult("record.revision", current, Message(msgid))


async def _certificate(site: Site, application: Application) -> CheckResult:
    known = await Certificate.find_one({"fingerprint": application.certificate})
    if known is None or known.state in ("suspended", "revoked"):
        return CheckResult("certificate", False, Message("The use of this certificate has been stopped."))
    if known.not_after <= site.now():
        return CheckResult("certificate", False, Message("This client certificate has expired."))
    if known.operator_id not in (None, application.operator_id):
        return CheckResult(
            "certificate", False, Message("The client certificate is bound to another operator.")
        )
    values = {"date": known.not_after.date().isoformat()}
    return CheckResult("certificate", True, Message("The client certificate is valid until {date}.", values))


async def changes(site: Site, actor: Actor, application: Application, language: Language) -> list[Difference]:
    """What changed of what `actor` may read: since the last submission for a resubmission, else against the
    version in force."""
    definition = seen_by(actor, form_of(site, application))
    after = application.data or {}
    if application.round > 1:
        return list(differences(definition, application.submissions[-2].data, after, language))
    if application.kind == "change":
        record = await site.records[application.type].get(application.record_id)
        return list(differences(definition, record.data, after, language)) if record else []
    return []
