"""What stands on the page of a record that two sides work on, as one of them sees it: whose turn it is, what
can be done, consents, times. Both doors draw from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.documents.application import Application
from models.documents.record import Record, RecordVersion
from models.language import Language, Text, translate
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import consents, lifecycles, measures, step_answers, waiting
from models.services.consents import ConsentOffer
from models.services.leading import LeadOffer, leads_of
from models.services.lifecycle_mails import flow_of
from models.services.measures import Measured
from models.services.seeing import seen
from models.services.sides import named, side_of
from models.services.site import Site
from models.services.waiting import Waits
from models.workflow.definition import Lifecycle, Transition

VERSIONS = 1000
"""Most versions measured times are worked out of."""


@dataclass(frozen=True, slots=True)
class StepOffer:
    """A step one may take now: whether it asks for answers, and those one's side has begun to write."""

    name: str
    transition: Transition
    asks: bool
    draft: Application | None


@dataclass(frozen=True, slots=True)
class Desk:
    """A record, for one side: ``left`` are answers begun for steps that cannot be taken now."""

    waits: Waits
    steps: Sequence[StepOffer]
    left: Sequence[Application]
    consents: Sequence[ConsentOffer]
    leads: Sequence[LeadOffer]
    measured: Sequence[Measured]


async def desk_of(site: Site, actor: Actor, record: Record) -> Desk:
    """The desk of a record for `actor`. Raises NotFound for a record that is not for them."""
    drafts = await step_answers.open_for(actor, record)
    steps = [
        StepOffer(name, step, step_answers.asked_by(site, record, name) is not None, drafts.get(name))
        for name, step in lifecycles.possible_actions(site, actor, record)
    ]
    taken = {offer.name for offer in steps}
    return Desk(
        waiting.of_record(site, actor, record),
        steps,
        [each for name, each in drafts.items() if name not in taken],
        await consents.standing_for(site, actor, record),
        leads_of(site, actor, record),
        await measured_of(site, record),
    )


async def measured_of(site: Site, record: Record) -> Sequence[Measured]:
    """The times its lifecycle tells of a record."""
    if not flow_of(site, record).measures:
        return ()
    shown = {"lifecycle": 1, "revision": 1, "at": 1}
    rows = RecordVersion.raw().find({"record_id": record.id}, shown).sort("revision", 1).limit(VERSIONS)
    return measures.of_record(site, record, [RecordVersion.model_construct(**row) async for row in rows])


def flow_for(site: Site, actor: Actor, definition: RecordType) -> Lifecycle:
    """The lifecycle of a type, its states called as the side of `actor` has them."""
    return site.lifecycles[definition.lifecycle].shown_to(side_of(actor))


def form_for(site: Site, actor: Actor, type_name: str, version: int) -> RecordType:
    """A version of a type as records of it are read: only what `actor` may read, and what steps asked for on
    pages called as the step."""
    definition = seen(site, actor, type_name, version)
    flow = site.lifecycles.get(definition.lifecycle)
    return definition.told({n: step.label for n, step in flow.transitions.items()} if flow else {})


def happened(site: Site, record: Record, version: RecordVersion, language: Language) -> str:
    """What a version of a record came of, where that was a step or a consent; "" for anything else."""
    flow = flow_of(site, record)
    step = flow.transitions.get(version.transition)
    if step is None:
        return ""
    if not version.consent:
        return step.label(language)
    party = named(site, version.party, record)
    return translate(
        CONSENTED if version.consent == "given" else WITHDRAWN, language, step=step.label, party=party
    )


CONSENTED = "Consented to “{step}” ({party})"
WITHDRAWN = "Took back the consent to “{step}” ({party})"


def party_named(site: Site, record: Record) -> Text | None:
    """Which side began a record, in words; None where nobody knows."""
    return named(site, "originator", record) if record.origin else None
