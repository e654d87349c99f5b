"""What is read beside an application to review it, once for everything that asks."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from models.documents.application import Application
from models.documents.certificate import Certificate
from models.documents.guarded import find_document
from models.documents.record import Record
from models.permissions import Actor
from models.services.applications import operator_of
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Look:
    """An application with the record it is about, its operator's record and its certificate; None for what
    is not there, and for what is stored so that it cannot be read: `damaged` names it."""

    site: Site
    actor: Actor
    application: Application
    record: Record | None = None
    operator: Record | None = None
    certificate: Certificate | None = None
    damaged: tuple[str, ...] = ()


T = TypeVar("T")


async def look_at(site: Site, actor: Actor, application: Application) -> Look:
    """Read what stands beside an application."""
    damaged: list[str] = []
    record, operator, certificate = await asyncio.gather(
        _sound("record", site.records[application.type].get(application.record_id), damaged),
        _sound("operator", operator_of(site, application.operator_id), damaged),
        _sound("certificate", _certificate(application.certificate), damaged),
    )
    return Look(site, actor, application, record, operator, certificate, tuple(damaged))


async def _sound(name: str, read: Awaitable[T | None], damaged: list[str]) -> T | None:
    """What was read; None for what is damaged, whose name goes to `damaged`."""
    try:
        return await read
    except ValidationError:
        damaged.append(name)
        return None


async def _certificate(fingerprint: str | None) -> Certificate | None:
    return await find_document(Certificate, {"fingerprint": fingerprint}) if fingerprint else None
