"""Handing over and taking back: the applicant's own steps."""

from collections.abc import Iterable

from models.documents.application import Application
from models.errors import RecordChanged, TransitionRefused
from models.language import Text
from models.permissions import Actor, is_applicant
from models.schema.definition import RecordType
from models.services.applications import CHANGED_ELSEWHERE, is_with_applicant, require_applicant, workflow_of
from models.services.site import Site
from models.services.steps import Given, is_submission, possible_steps, take_step
from models.workflow.definition import Transition


def submission_step(site: Site, actor: Actor, application: Application) -> str | None:
    """The step that hands the answers over, if it may be taken now."""
    workflow = workflow_of(site, application)
    found = possible_steps(site, actor, application)
    return next((name for name, step in found if is_submission(workflow, application, step)), None)


def filed_by(site: Site, definition: RecordType) -> Transition | None:
    """The step with which an application for this type is handed over, where that registers it at once: such
    a thing is not applied for, and is called as its step is."""
    workflow = site.workflows[definition.applications.workflow]
    steps = workflow.submissions[workflow.first]
    return steps[0] if steps and all(workflow.states[step.to].final for step in steps) else None


def filings(site: Site, definitions: Iterable[RecordType]) -> dict[str, Text]:
    """What one does with each of these types that is registered at once (``filed_by``), by its name."""
    found = ((each.name, filed_by(site, each)) for each in definitions)
    return {name: step.label for name, step in found if step is not None}


def filing_step(site: Site, actor: Actor, application: Application) -> Transition | None:
    """The step that hands the answers over, where it may be taken now and registers them at once."""
    workflow, name = workflow_of(site, application), submission_step(site, actor, application)
    step = workflow.transitions[name] if name else None
    return step if step is not None and workflow.states[step.to].final else None


def withdrawal_step(site: Site, actor: Actor, application: Application) -> str | None:
    """The step that takes the application back for good, if it may be taken now."""
    workflow = workflow_of(site, application)
    if not is_applicant(actor, application):
        return None
    found = possible_steps(site, actor, application)
    over = ((name, step) for name, step in found if workflow.states[step.to].final)
    return next((name for name, step in over if not is_submission(workflow, application, step)), None)


async def submit(
    site: Site, actor: Actor, application: Application, *, revision: int, summed: bool = False
) -> Application:
    """Hand the answers over. Doing it twice makes one submission: the second call returns it. Where many are
    `summed` up in one mail, its applicant gets none of its own.

    Raises AnswersInvalid with every error, RecordChanged when another window changed the draft."""
    if not is_with_applicant(site, application) and is_applicant(actor, application) and application.round:
        return application
    require_applicant(site, actor, application)
    if revision != application.revision:
        raise RecordChanged(CHANGED_ELSEWHERE)
    name = submission_step(site, actor, application)
    if name is None:
        raise TransitionRefused
    return await take_step(site, actor, application, name, Given(revision=revision, summed=summed))


async def withdraw(site: Site, actor: Actor, application: Application) -> Application:
    """Take the application back for good. Raises TransitionRefused when it is too late."""
    name = withdrawal_step(site, actor, application)
    if name is None:
        raise TransitionRefused
    return await take_step(site, actor, application, name)
