"""What the steps of an application put into inboxes: whoever has it now, and whoever waited for it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.comment import Comment
from models.documents.event import Subject
from models.documents.store import Session
from models.permissions import Actor, is_applicant
from models.services import inbox_readers
from models.services.applications import workflow_of
from models.services.inbox_writing import Told, cause_of, settle, tell
from models.services.site import Site

ANSWERS = dict.fromkeys(("answers", "submissions", "remarks", "attic", "grams", "keys"), 0)
"""What of an application nobody asks for here."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it has been taken: by whom, on what, with what the event says of it."""

    site: Site
    actor: Actor
    application: Application
    details: Mapping[str, Any]
    session: Session

    @property
    def subject(self) -> Subject:
        return Subject(kind="application", id=self.application.id, label=self.application.reference)

    def cause(self, side: str) -> str:
        return cause_of(self.subject, side)

    async def tell(self, kind: str, actors: Iterable[Actor], side: str = "turn", **values: Any) -> None:
        """Tell these people, but for who took the step."""
        acted = self.actor.account_id
        readers = [a.account_id for a in actors if a.account_id is not None and a.account_id != acted]
        application = self.application
        told = Told(
            kind=kind,
            key=f"{kind}:{application.id}:{values.pop('occasion', application.revision)}",
            cause=self.cause(side),
            subject=self.subject,
            type=application.type,
            operator_id=application.operator_id,
            values={"state": application.state, **values},
            due=application.due,
        )
        await tell(self.site, told, readers, self.session)


async def follow_step(
    site: Site,
    actor: Actor,
    action: str,
    subject: Subject,
    details: Mapping[str, Any],
    session: Session,
) -> None:
    """Put into inboxes what one step of the application `subject` tells, and settle what it settles."""
    row = await Application.raw().find_one({"_id": subject.id}, ANSWERS, session=session)
    if row is None:
        return
    step = Step(site, actor, Application.model_validate(row), details, session)
    await STEPS.get(action, _moved)(step)


async def _moved(step: Step) -> None:
    """It has come to another state: what was told of its turn before is settled."""
    site, application = step.site, step.application
    await settle(site, [step.cause("turn")], step.session)
    state = workflow_of(site, application).states[application.state]
    if state.final:
        await _over(step)
    elif state.held_by == "applicant":
        kind = "case_returned" if application.by_staff else "returned"
        if not is_applicant(step.actor, application):
            await step.tell(kind, await inbox_readers.applicants(site, application))
    else:
        await _with_staff(step)


async def _over(step: Step) -> None:
    """Whoever applied is told the outcome; of one taken back, whoever had it in charge."""
    await settle(step.site, [step.cause("words")], step.session)
    if is_applicant(step.actor, step.application):
        await step.tell("over", await inbox_readers.in_charge(step.site, step.application))
        return
    kind = "case_decided" if step.application.by_staff else "decided"
    await step.tell(kind, await inbox_readers.applicants(step.site, step.application))


async def _with_staff(step: Step) -> None:
    """Whoever was in charge when it was returned hears of the answer; who is next to act, that it waits."""
    site, application = step.site, step.application
    charge = application.assignee.id if application.assignee else None
    told: set[Id | None] = set()
    if step.details.get("round", 0) > 1 and is_applicant(step.actor, application):
        found = await inbox_readers.in_charge(site, application)
        told = {actor.account_id for actor in found}
        await step.tell("answered", found)
    waiting = [a for a in await inbox_readers.next_to_act(site, application) if a.account_id not in told]
    await step.tell("sent_back", [actor for actor in waiting if actor.account_id == charge])
    await step.tell("waits", [actor for actor in waiting if actor.account_id != charge])


async def _asked(step: Step) -> None:
    """An operator is asked to fill it in."""
    await step.tell("asked", await inbox_readers.applicants(step.site, step.application))


async def _handed_over(step: Step) -> None:
    """The charge went from one colleague to another, and what waited for the one waits for the other."""
    site, application = step.site, step.application
    if not application.handovers:
        return
    last = application.handovers[-1]
    await settle(site, [step.cause("turn")], step.session, reader=last.origin.id)
    await step.tell("handed_over", await inbox_readers.in_charge(site, application), who=last.by.name)
    await step.tell(
        "taken", await inbox_readers.one(site, last.origin.id, "application.view"), who=last.by.name
    )


async def _commented(step: Step) -> None:
    """Those named are told, and whoever has it in charge."""
    comment = await _comment(step)
    if comment is None:
        return
    named = {person.id for person in comment.mentions}
    people = [each for one in named for each in await inbox_readers.one(step.site, one, "application.view")]
    told: dict[str, Any] = {"who": comment.by.name, "occasion": comment.id}
    seen = await inbox_readers.who_see(step.site, people, step.application)
    await step.tell("mentioned", seen, "comments", **told)
    charge = await inbox_readers.in_charge(step.site, step.application)
    await step.tell("commented", [a for a in charge if a.account_id not in named], "comments", **told)


async def _comment(step: Step) -> Comment | None:
    where = {"application_id": step.application.id}
    row = await Comment.raw().find_one(where, sort=[("_id", -1)], session=step.session)
    found = Comment.model_validate(row) if row else None
    return found if found is not None and str(found.id) == step.details.get("comment") else None


async def _wrote(step: Step) -> None:
    """One side wrote to the other about what the operator was asked for; an answer settles it."""
    await settle(step.site, [step.cause("words")], step.session)
    application, occasion = step.application, new_id()
    if step.actor.kind == "staff":
        found = await inbox_readers.applicants(step.site, application)
        await step.tell("staff_wrote", found, "words", occasion=occasion)
    elif application.asked is not None:
        found = await inbox_readers.one(step.site, application.asked.by.id, "request.view")
        await step.tell("operator_wrote", found, "words", occasion=occasion)


async def _gone(step: Step) -> None:
    """Its answers were erased: nothing about it waits for anybody."""
    await settle(step.site, [step.cause("turn"), step.cause("words")], step.session)


STEPS: Mapping[str, Callable[[Step], Awaitable[None]]] = {
    "application.asked": _asked,
    "application.hand_over": _handed_over,
    "application.commented": _commented,
    "application.message_posted": _wrote,
    "application.erased": _gone,
}
"""What is told otherwise than a step of a workflow is, by the name of the event."""
