"""Applications a record leads to (``RecordType.leads_to``): offered to who may begin them, with answers taken
over."""

from dataclasses import dataclass

from models.access import told
from models.documents.application import Application
from models.documents.record import Record
from models.errors import NotFound
from models.language import Language
from models.permissions import Actor
from models.schema.definition import Lead, RecordType
from models.services import requesting
from models.services.another import taken_over
from models.services.applications import may_begin, may_type
from models.services.beginning import Start, begin
from models.services.carrying import as_carried
from models.services.lifecycle_mails import facts_of
from models.services.seeing import governed, seen
from models.services.sides import require_reach
from models.services.site import Site
from models.workflow.engine import holds


@dataclass(frozen=True, slots=True)
class LeadOffer:
    """One application a record leads to: its place among the type's, what is written of it, its type."""

    index: int
    lead: Lead
    target: RecordType


def leads_of(site: Site, actor: Actor, record: Record) -> list[LeadOffer]:
    """The applications this record leads `actor` to now."""
    definition = site.registry.current(record.type).definition
    known = site.registry.all_current()
    found = [
        LeadOffer(index, lead, known[lead.type].definition)
        for index, lead in enumerate(definition.leads_to)
        if lead.type in known and holds(lead.when, facts_of(site, record))
    ]
    return [offer for offer in found if _may_begin(site, actor, offer.target)]


def _may_begin(site: Site, actor: Actor, target: RecordType) -> bool:
    if actor.kind == "staff":
        return requesting.may_begin_case(actor, target)
    return target.enabled and may_begin(site, actor, target, "register")


async def offer_at(site: Site, actor: Actor, record: Record, index: int) -> LeadOffer:
    """The offer at this place among the type's. Raises NotFound where it is none for `actor` now."""
    await require_reach(site, actor, record)
    found = next((each for each in leads_of(site, actor, record) if each.index == index), None)
    if found is None:
        raise NotFound
    return found


def start_of(site: Site, actor: Actor, record: Record, offer: LeadOffer) -> Start:
    """What the application begins with: constants, and what `actor` may read of the record, in the fields
    they may answer."""
    version = site.registry.current(offer.target.name).version
    form = governed(site, offer.target.name, version)
    blank = Application.model_construct(kind="register", by_staff=actor.kind == "staff", step="")
    record = as_carried(site, record)
    data = told(seen(site, actor, record.type, record.schema_version), record.data)
    answers = {}
    for name, value in offer.lead.answers.items():
        field = form.by_name.get(name)
        if field is not None and may_type(actor, field, blank):
            answers[name] = field.unparse(taken_over(record, data, value))
    return Start({n: value for n, value in answers.items() if value is not None}, record.number)


async def follow(
    site: Site, actor: Actor, record: Record, index: int, language: Language, terms_version: str | None = None
) -> Application:
    """Begin the application at this place: an application of the record's operator, or a case about it.
    Raises as ``beginning.begin`` or ``requesting.begin_case`` does."""
    offer = await offer_at(site, actor, record, index)
    start, name = start_of(site, actor, record, offer), offer.target.name
    if actor.kind == "staff":
        owner = record.operator_id
        return await requesting.begin_case(site, actor, name, owner, start.answers, language=language)
    return await begin(site, actor, name, language=language, terms_version=terms_version, start=start)
