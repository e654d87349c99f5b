"""Beginning an application: what must hold first, and what the draft starts from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.configuration.terms import TermsText
from models.documents.application import AcceptedTerms, Applicant, Application
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import Certificate
from models.documents.counter import draw
from models.documents.guarded import insert_or
from models.documents.record import Record
from models.documents.store import Session
from models.errors import AlreadyOpen, CertificateRefused, NotAllowed, NotFound, TransitionRefused
from models.language import Language
from models.permissions import Actor
from models.schema.definition import Kind, RecordType
from models.schema.reading import read_data
from models.services import certificates, terms
from models.services.applications import may_begin, operator_of, subject_of
from models.services.carrying import carry
from models.services.events import record_event
from models.services.limits import require_room
from models.services.registry import Published
from models.services.rosters import with_rosters
from models.services.seeing import is_in_reach
from models.services.site import Site
from models.services.switches import require_writing
from models.services.windows import require_beginning
from models.workflow.engine import holds


@dataclass(frozen=True, slots=True)
class Start:
    """What a new registration is filled with: answers as they are typed, what they come from, and what it is
    called meanwhile."""

    answers: Mapping[str, Any]
    reference: str
    title: str = ""


async def begin(
    site: Site,
    actor: Actor,
    type_name: str,
    kind: Kind = "register",
    *,
    record_id: Id | None = None,
    language: Language = "ja",
    terms_version: str | None = None,
    start: Start | None = None,
) -> Application:
    """Begin an application: an empty draft, or one filled from the version in force or from `start`.

    Raises NotFound, NotAllowed, SendingClosed (outside its window), TransitionRefused (terms not accepted,
    needs not met), CertificateRefused, AlreadyOpen."""
    published = site.registry.current(type_name)
    definition = published.definition
    await _require_beginning(site, actor, definition, kind)
    text = _accepted(site, definition, terms_version)
    operator = await operator_of(site, actor.operator_id)
    require_needs(definition, operator)
    certificate = await _presented(site, actor, definition)
    record = await _subject(site, actor, definition, kind, record_id)
    published, data = starting_point(site, published, record, operator)
    application = draft_about(site, actor, published, await next_reference(site), operator, record)
    application.kind, application.language = kind, language
    application.answers = prefilled(published.definition, data, certificate)
    if start is not None:
        application.answers |= start.answers
        application.title = start.title
    owner, answers = application.operator_id, application.answers
    application.answers = await with_rosters(site, published.definition, owner, answers)
    application.terms = _acceptance(site, actor, text, certificate)
    told = {"filled_from": start.reference} if start else {}

    async def body(session: Session) -> None:
        await keep_begun(site, actor, application, text, session, **told)

    await site.store.transaction(body)
    return application


def _acceptance(
    site: Site, actor: Actor, text: TermsText | None, certificate: Certificate | None
) -> AcceptedTerms | None:
    """That the terms were accepted, by whom as far as they are known."""
    if text is None:
        return None
    known_as = actor.name or (certificate.subject if certificate else "")
    return AcceptedTerms(version=text.version, at=site.now(), by=known_as)


async def _require_beginning(site: Site, actor: Actor, definition: RecordType, kind: Kind) -> None:
    """Raise unless `actor` may begin an application of this kind now."""
    await require_writing(site, actor)
    if not definition.enabled:
        raise NotFound
    if not may_begin(site, actor, definition, kind):
        raise NotAllowed(rule="application.begin")
    require_beginning(site, definition, kind)
    await require_room(site, actor)


async def keep_begun(
    site: Site, actor: Actor, application: Application, text: TermsText | None, session: Session, **told: Any
) -> None:
    """Store an application just begun, with the terms accepted for it (`text`) and the event. Raises
    AlreadyOpen."""
    await keep_draft(site, actor, application, "application.begun", session, **told)
    if application.terms is not None and text is not None:
        await terms.accept(site, actor, application.terms.by, text, read_id(application.id), session)


async def keep_draft(
    site: Site, actor: Actor, application: Application, action: str, session: Session, **told: Any
) -> None:
    """Store what somebody began to write, with the event `action`. Raises AlreadyOpen."""
    await insert_or(AlreadyOpen(), application, session)
    subject, operator = subject_of(application), application.operator_id
    await record_event(site, actor, action, subject, session, operator_id=operator, **told)


def draft_about(
    site: Site,
    actor: Actor,
    published: Published,
    reference: str,
    operator: Record | None,
    record: Record | None,
) -> Application:
    """An empty registration in the workflow's first state, about `record` where there is one; the applicant
    is `actor`. What staff begin is theirs, and rests on no certificate."""
    workflow = site.workflows[published.definition.applications.workflow]
    expires = workflow.states[workflow.first].expires
    return Application(
        id=new_id(),
        reference=reference,
        type=published.definition.name,
        kind="register",
        schema_version=published.version,
        state=workflow.first,
        due=site.calendar.due(site.now(), expires) if expires else None,
        record_id=record.id if record else None,
        base_revision=record.revision if record else None,
        operator_id=record.operator_id if record else actor.operator_id,
        operator_name=operator.title if operator else "",
        applicant=Applicant(
            account_id=actor.account_id, name=actor.name, email=actor.email, delegate=actor.delegate
        ),
        title=record.title if record else "",
        certificate=actor.certificate if actor.kind != "staff" else None,
        by_staff=actor.kind == "staff",
        created_at=site.now(),
        updated_at=site.now(),
    )


def _accepted(site: Site, definition: RecordType, version: str | None) -> TermsText | None:
    text = terms.in_force(site) if definition.applications.terms else None
    if text is not None and version != text.version:
        raise TransitionRefused("Read and accept the terms of use in force first.")
    return text


def require_needs(definition: RecordType, operator: Record | None) -> None:
    """Raise TransitionRefused unless what this application needs of its operator is there."""
    facts = {"operator": {**operator.data, "lifecycle": operator.lifecycle} if operator else {}}
    if definition.applications.needs and not holds(definition.applications.needs, facts):
        raise TransitionRefused("What this application needs is not registered yet.")


async def _presented(site: Site, actor: Actor, definition: RecordType) -> Certificate | None:
    if definition.applications.certificate is None:
        return None
    certificate = await certificates.find(site, actor.certificate)
    if certificate is None:
        raise CertificateRefused("Present a client certificate first.")
    if not certificates.is_free_for(certificate, actor.operator_id):
        raise CertificateRefused("This client certificate belongs to another operator or has been stopped.")
    return certificate


async def _subject(
    site: Site, actor: Actor, definition: RecordType, kind: Kind, record_id: Id | None
) -> Record | None:
    if kind == "register":
        return None
    record = await site.records[definition.name].get(record_id)
    lifecycle = site.lifecycles[definition.lifecycle]
    if (
        record is None
        or not await is_in_reach(site, actor, definition.name, record.id)
        or record.operator_id != actor.operator_id
        or not lifecycle.states[record.lifecycle].live
    ):
        raise NotFound
    return record


def starting_point(
    site: Site, published: Published, record: Record | None, operator: Record | None
) -> tuple[Published, dict[str, Any] | None]:
    """The version an application begins on, and what it starts from.

    A record written under an earlier version is carried to the one in force. Where that would bring up errors
    its owner did not make (a change published without the step it needed), the application stays on the
    record's own version, so that a title can be corrected without answering for the schema."""
    if record is None:
        return published, None
    carried = carry(site, record.type, record.data, record.schema_version)
    pinned = site.registry.at(record.type, record.schema_version)
    variables = {
        "TODAY": site.today().isoformat(),
        "OPERATOR": {**operator.data, "lifecycle": operator.lifecycle} if operator else {},
        "BEFORE": record.data,
    }
    before = _errors(pinned, record.data, variables)
    if carried.version == published.version and _errors(published, carried.data, variables) <= before:
        return published, carried.data
    return pinned, record.data


def _errors(published: Published, data: Mapping[str, Any], variables: Mapping[str, Any]) -> set[str]:
    stored = {field.name for field in published.definition.fields if field.stored}
    known = {name: value for name, value in data.items() if name in stored}
    return {error.path for error in read_data(published.compiled, known, variables).errors}


def prefilled(
    definition: RecordType, data: Mapping[str, Any] | None, certificate: Certificate | None = None
) -> dict[str, Any]:
    """The answers a form begins with: `data` as it would be typed, or the form's defaults."""
    stored = [field for field in definition.fields if field.stored and field.asked]
    data = {field.name: field.initial() for field in stored} if data is None else data
    answers = {field.name: field.unparse(data.get(field.name)) for field in stored}
    if certificate is not None and definition.applications.certificate is not None:
        answers[definition.applications.certificate] = certificates.facts(certificate)
    return {name: value for name, value in answers.items() if value is not None}


async def next_reference(site: Site) -> str:
    """The next reference number; drawn outside any transaction, so gaps are possible."""
    year = site.today().year
    return site.configuration.site.reference.format(year=year, seq=await draw(f"applications:{year}"))
