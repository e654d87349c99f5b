"""Handing over and taking back: the applicant's own steps."""

from models.documents.application import Application
from models.errors import RecordChanged, TransitionRefused
from models.permissions import Actor, is_applicant
from models.services.applications import CHANGED_ELSEWHERE, is_with_applicant, require_applicant, workflow_of
from models.services.site import Site
from models.services.steps import Given, is_submission, possible_steps, take_step


def submission_step(site: Site, actor: Actor, application: Application) -> str | None:
    """The step that hands the answers over, if it may be taken now."""
    workflow = workflow_of(site, application)
    found = possible_steps(site, actor, application)
    return next((name for name, step in found if is_submission(workflow, application, step)), None)


def withdrawal_step(site: Site, actor: Actor, application: Application) -> str | None:
    """The step that takes the application back for good, if it may be taken now."""
    states = workflow_of(site, application).states
    if not is_applicant(actor, application):
        return None
    found = possible_steps(site, actor, application)
    return next((name for name, step in found if states[step.to].final), None)


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
