"""What a step asks of the person who takes it: remarks, reasons, a checklist."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.access import found_at
from models.documents.application import Application, Remark
from models.errors import TransitionRefused
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import reasons
from models.services.applications import form_of
from models.services.seeing import seen_of
from models.services.site import Site
from models.workflow.definition import Transition


@dataclass(frozen=True)
class Given:
    """What the person taking a step brings along."""

    remarks: Mapping[str, str] | None = None
    """What to correct, by field."""
    reasons: Mapping[str, str] | None = None
    """The reason code of each remark, by field. A code with a standard sentence needs no typed remark."""
    checklist: tuple[str, ...] = ()
    reason: str = ""
    """Why, in words."""
    code: str = ""
    """Why, by the reason code of the whole decision."""
    revision: int | None = None
    """The revision the person was looking at, where it matters."""
    summed: bool = False
    """Whether one mail tells its applicant of this and many others later (``summaries``)."""


TEXT_LIMIT = 2000
"""Longest remark or reason (characters)."""


def require_needs(
    site: Site, actor: Actor, application: Application, transition: Transition, given: Given
) -> None:
    """Raise TransitionRefused, naming the first thing the step asks for that is not `given`, or that it has
    no use for."""
    definition = seen_of(site, actor, application)
    reasons.require_known(definition, [given.code, *(given.reasons or {}).values()])
    written = remarks_of(site, actor, application, given)
    if "remarks" not in transition.needs:
        if written:
            raise TransitionRefused(
                "This step hands no remarks over. Return the application, or clear them first."
            )
    elif not written:
        raise TransitionRefused("Write at least one remark at a field.")
    elif any(not _is_seen(definition, remark.field) for remark in written):
        raise TransitionRefused("A remark names a field that does not exist.")
    if "reason" in transition.needs and not note_of(site, application, given):
        raise TransitionRefused("Write the reason.")
    if "checklist" in transition.needs:
        missing = {item.name for item in definition.review.checklist} - set(given.checklist)
        if missing:
            raise TransitionRefused("Confirm every item of the checklist first.")


def _is_seen(seen: RecordType, path: str) -> bool:
    """Whether a remark at `path` is at a field its writer may read; what follows a field without parts is
    left to the page that wrote it."""
    words = path.split(".")
    if words[0] not in seen.by_name:
        return False
    return not seen.by_name[words[0]].parts or len(words) == 1 or bool(found_at(seen, path))


def remarks_of(site: Site, actor: Actor, application: Application, given: Given) -> list[Remark]:
    """The remarks as they are stored, in the order they were given."""
    definition, codes, typed = form_of(site, application), given.reasons or {}, given.remarks or {}
    fields = {**typed, **{field: "" for field in codes if field not in typed}}
    told = {
        field: reasons.words(definition, text, codes.get(field), application.language)
        for field, text in fields.items()
    }
    return [
        Remark(
            field=field,
            text=text[:TEXT_LIMIT],
            reason=codes.get(field) or None,
            by=actor.person,
            at=site.now(),
            round=application.round,
        )
        for field, text in told.items()
        if text
    ]


def note_of(site: Site, application: Application, given: Given) -> str:
    """The reason of the whole decision as it is kept in the history."""
    definition = form_of(site, application)
    return reasons.words(definition, given.reason, given.code, application.language)[:TEXT_LIMIT]
