"""One step for many applications: each in a transaction of its own, each with its own outcome."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from models.documents.application import Application
from models.errors import DatabaseUnavailable, RecordChanged, TorokuError, TransitionRefused
from models.language import Message
from models.permissions import Actor, require
from models.services.applications import find
from models.services.offers import for_many
from models.services.outcomes import outcome_of
from models.services.site import Site
from models.services.steps import Given, already_done, possible_steps, take_step
from models.workflow.definition import Transition

logger = logging.getLogger(__name__)

LONGEST_REASON = 2000
"""Longest reason (characters), as for one application."""

MOST = 100
"""Most applications of one go."""

DAMAGED = "The stored application is damaged and cannot be read."
NOT_TRIED = "Not tried: the database did not answer before."
TOO_MANY = "At most {count} applications can be decided on at once."
NONE = "Choose at least one application."
NO_REASON = "Write the reason."
LONG_REASON = "The reason has more than {count} characters."
ONE_BY_ONE = "This step is taken one application at a time."


@dataclass(frozen=True, slots=True)
class Intended:
    """What a step would do with one application: the application and the step, with what stands in its way as
    things are; or why it cannot be taken."""

    reference: str
    application: Application | None = None
    step: Transition | None = None
    hindrances: tuple[Message, ...] = ()
    refusal: TorokuError | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one application: as it is now, or why nothing was done."""

    reference: str
    application: Application | None = None
    refusal: TorokuError | None = None


def require_reason(reason: str) -> None:
    """Raise TransitionRefused for no reason at all."""
    if not reason:
        raise TransitionRefused(NO_REASON)


def require_few(references: Sequence[str]) -> None:
    """Raise TransitionRefused for none, or for more than MOST."""
    if not references:
        raise TransitionRefused(NONE)
    if len(references) > MOST:
        raise TransitionRefused(TOO_MANY, count=MOST)


async def intend(site: Site, actor: Actor, references: Sequence[str], name: str) -> list[Intended]:
    """What step `name` would do with each of these applications; nothing is changed. Raises NotAllowed, and
    TransitionRefused for none or too many."""
    require(actor, "application.view")
    require_few(references)
    return [await _intended(site, actor, reference, name) for reference in dict.fromkeys(references)]


async def _intended(site: Site, actor: Actor, reference: str, name: str) -> Intended:
    try:
        application = await find(site, actor, reference)
        step = _step(site, actor, application, name)
        found = await outcome_of(site, actor, application, name)
    except ValidationError:
        return Intended(reference, refusal=TransitionRefused(DAMAGED))
    except DatabaseUnavailable:
        raise
    except TorokuError as refusal:
        return Intended(reference, refusal=refusal)
    return Intended(application.reference, application, step, found.hindrances)


def _step(site: Site, actor: Actor, application: Application, name: str) -> Transition:
    found = dict(possible_steps(site, actor, application))
    if name not in found:
        raise TransitionRefused
    if not for_many([(name, found[name])]):
        raise TransitionRefused(ONE_BY_ONE)
    return found[name]


async def take(
    site: Site, actor: Actor, seen: Mapping[str, int], name: str, reason: str = ""
) -> list[Outcome]:
    """Take step `name` with every application of `seen`, each where it still has the revision seen; one after
    the other, each in its own transaction. Where the database stops answering, the rest is not tried.

    Raises NotAllowed, and TransitionRefused for none or too many, and for too long a reason."""
    require(actor, "application.view")
    require_few(list(seen))
    if len(reason) > LONGEST_REASON:
        raise TransitionRefused(LONG_REASON, count=LONGEST_REASON)
    outcomes: list[Outcome] = []
    for reference, revision in seen.items():
        if outcomes and isinstance(outcomes[-1].refusal, DatabaseUnavailable):
            outcomes.append(Outcome(reference, refusal=DatabaseUnavailable(NOT_TRIED)))
        else:
            outcomes.append(
                await _taken(site, actor, reference, name, Given(reason=reason, revision=revision))
            )
    return outcomes


async def _taken(site: Site, actor: Actor, reference: str, name: str, given: Given) -> Outcome:
    try:
        application = await find(site, actor, reference)
        if application.revision != given.revision:
            raise _moved(site, actor, application, name)
        _step(site, actor, application, name)
        return Outcome(reference, await take_step(site, actor, application, name, given))
    except ValidationError:
        return Outcome(reference, refusal=TransitionRefused(DAMAGED))
    except TorokuError as refusal:
        return Outcome(reference, refusal=refusal)
    except Exception:  # what became of the others is still told
        logger.exception("step %s of %s failed", name, reference)
        return Outcome(reference, refusal=TorokuError())


def _moved(site: Site, actor: Actor, application: Application, name: str) -> TorokuError:
    """Why an application that changed since it was looked at is left alone: who was faster, where the step is
    past."""
    if name not in dict(possible_steps(site, actor, application)):
        return already_done(site, actor, application, name)
    return RecordChanged("This application was changed in another window. Look at it again before you go on.")
