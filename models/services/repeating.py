"""Applying again with the answers of an application that came to nothing."""

from collections.abc import Mapping
from typing import Any

from models.documents.application import Application
from models.errors import NotFound
from models.language import Language
from models.permissions import Actor, is_applicant
from models.services.applications import may_begin, read
from models.services.beginning import Start, begin
from models.services.bringing import Brought, Earlier, bring, came_to_nothing
from models.services.carrying import carry
from models.services.seeing import require_in_reach
from models.services.site import Site
from models.services.upgrading import carried_answers


def may_repeat(site: Site, actor: Actor, application: Application) -> bool:
    """Whether `actor` may apply again with these answers: the application is theirs, for a registration, is
    over and came to nothing."""
    definition = site.registry.current(application.type).definition
    return (
        came_to_nothing(site, application)
        and application.kind == "register"
        and bool(application.answers)
        and is_applicant(actor, application)
        and definition.enabled
        and may_begin(site, actor, definition, "register")
    )


async def taken_from(site: Site, actor: Actor, application: Application) -> Brought:
    """What would be taken over into the form in force, as it was typed, and what not. Raises NotFound unless
    ``may_repeat``."""
    if not may_repeat(site, actor, application):
        raise NotFound
    await require_in_reach(site, actor, application)
    earlier = Earlier(application.type, application.schema_version, application.answers, spent=False)
    return bring(site, actor, earlier, await _carried(site, application))


async def _carried(site: Site, application: Application) -> Mapping[str, Any] | None:
    """The answers as they would be typed in the form in force; None where they cannot be carried there."""
    version = site.registry.current(application.type).version
    if application.schema_version == version:
        return application.answers
    reading = await read(site, application)
    carried = carry(site, application.type, reading.data, application.schema_version)
    return carried_answers(site, application, carried) if carried.version == version else None


async def repeat(
    site: Site,
    actor: Actor,
    application: Application,
    *,
    language: Language,
    terms_version: str | None,
) -> Application:
    """Begin a new registration filled from `application`. Raises as ``beginning.begin``, and NotFound unless
    ``may_repeat``."""
    taken = await taken_from(site, actor, application)
    return await begin(
        site,
        actor,
        application.type,
        language=language,
        terms_version=terms_version,
        start=Start(taken.answers, application.reference),
    )
