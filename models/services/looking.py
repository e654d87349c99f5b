"""What is read beside an application to review it, once for everything that asks."""

import asyncio
from dataclasses import dataclass

from models.documents.account import Certificate
from models.documents.application import Application
from models.documents.guarded import find_document
from models.documents.record import Record
from models.permissions import Actor
from models.services.applications import operator_of
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Look:
    """An application with the record it is about, its operator's record and its certificate; None for what
    is not there."""

    site: Site
    actor: Actor
    application: Application
    record: Record | None = None
    operator: Record | None = None
    certificate: Certificate | None = None


async def look_at(site: Site, actor: Actor, application: Application) -> Look:
    """Read what stands beside an application."""
    return Look(
        site,
        actor,
        application,
        *await asyncio.gather(
            site.records[application.type].get(application.record_id),
            operator_of(site, application.operator_id),
            _certificate(application.certificate),
        ),
    )


async def _certificate(fingerprint: str | None) -> Certificate | None:
    return await find_document(Certificate, {"fingerprint": fingerprint}) if fingerprint else None
