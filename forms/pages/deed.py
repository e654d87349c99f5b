"""What comes with a step besides answers: reason, evidence, ground, a day to look again; drawn and received
for every page that takes one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.datastructures import FormData, UploadFile

from forms.pages.visit import Visit, text_of
from models.access import sees_type
from models.documents.record import Record
from models.errors import StepIncomplete
from models.services.deeds import FIELD, REASON_LIMIT, Deed, Evidence, bases, review_moment
from models.services.lifecycle_mails import facts_of
from models.services.lifecycles import EVIDENCE
from models.workflow.definition import Transition
from models.workflow.engine import holds

MEBIBYTE = 1_048_576


@dataclass(frozen=True, slots=True)
class Handed:
    """What was typed and chosen beside a step, as it was sent."""

    reason: str = ""
    ground: str = ""
    basis: str = ""
    review_on: str = ""
    evidence: Evidence | None = None

    def deed(self) -> Deed:
        """What it comes to. Raises StepIncomplete for a day that is none."""
        try:
            day = date.fromisoformat(self.review_on) if self.review_on else None
        except ValueError as error:
            raise StepIncomplete("Write the day like 2026-04-01.", field="review_on") from error
        return Deed(self.reason, self.evidence, self.ground, self.basis, day)


async def read_handed(form: FormData) -> Handed:
    """What a form sent of it; a file larger than is taken is cut, so that it is refused unkept."""
    chosen, evidence = form.get("evidence"), None
    if isinstance(chosen, UploadFile) and chosen.filename:
        evidence = Evidence(chosen.filename, await chosen.read(EVIDENCE.max_mb * MEBIBYTE + 1))
    return Handed(
        text_of(form, "reason", REASON_LIMIT + 1),
        text_of(form, "ground", 64),
        text_of(form, "basis", 200),
        text_of(form, "review_on", 40),
        evidence,
    )


async def asked_beside(visit: Visit, record: Record, step: Transition, handed: Handed) -> Mapping[str, Any]:
    """What ``deed_fields`` of ``step_parts.html`` asks for."""
    language = visit.language
    offered: dict[str, str] = {}
    for ground in step.grounds:
        async for basis in bases(visit.site, record, ground, language):
            if _is_seen(visit, basis.key):
                offered.setdefault(basis.key, basis.label)
    last = review_moment(visit.site, step, None)
    return {
        "typed": handed,
        "mails": any(holds(call.when, facts_of(visit.site, record)) for call in step.mail),
        "reason": "reason" in step.needs,
        "grounds": [(ground.code, ground.label(language)) for ground in step.grounds],
        "bases": list(offered.items()),
        "last_review": visit.site.calendar.due_day(last).isoformat() if last else "",
        "evidence": "evidence" in step.needs,
        "accept": ",".join(f".{kind}" for kind in EVIDENCE.accept),
        "kinds": ", ".join(EVIDENCE.accept),
        "most": EVIDENCE.max_mb,
        "limit": REASON_LIMIT,
    }


def _is_seen(visit: Visit, key: str) -> bool:
    """Whether what a ground may rest on is of a type the visitor may know of."""
    name = key.partition(":")[0]
    if name == FIELD or name not in visit.site.registry.all_current():
        return name == FIELD
    return sees_type(visit.actor, visit.site.registry.current(name).definition)
