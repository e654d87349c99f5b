"""What a reviewer compares an application with: any earlier round of it, or the version in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.access import seen_by
from models.documents.application import Application
from models.language import Language
from models.permissions import Actor
from models.schema.compare import Difference, differences
from models.services.applications import form_of
from models.services.carrying import carry
from models.services.looking import Look, look_at
from models.services.site import Site

FORCE = "force"
"""The name of the version in force among what one may compare with."""


@dataclass(frozen=True, slots=True)
class Base:
    """Something an application can be compared with: ``round-2``, ``force``."""

    name: str
    data: Mapping[str, Any]
    round: int | None = None
    """Which submission; None for the version in force."""
    revision: int | None = None
    at: datetime | None = None


def bases(look: Look) -> list[Base]:
    """What the answers can be compared with, the best first: for a resubmission the one before, for a change
    the version in force, then every earlier round."""
    application = look.application
    rounds = [
        Base(f"round-{each.round}", each.data, each.round, at=each.at)
        for each in reversed(application.submissions[:-1])
    ]
    return [*rounds[:1], *_in_force(look), *rounds[1:]]


def _in_force(look: Look) -> list[Base]:
    """The version in force, carried to the version of the form the application is on."""
    record, application = look.record, look.application
    if application.kind == "register" or record is None:
        return []
    data: Mapping[str, Any] = record.data
    if record.schema_version != application.schema_version:
        carried = carry(look.site, record.type, record.data, record.schema_version)
        data = carried.data if carried.version == application.schema_version else record.data
    return [Base(FORCE, data, revision=record.revision, at=record.updated_at)]


def chosen(look: Look, name: str) -> Base | None:
    """The base of this name; the best for a name that is none of them; None where there is nothing to compare
    with."""
    found = bases(look)
    return next((base for base in found if base.name == name), found[0] if found else None)


async def changes(site: Site, actor: Actor, application: Application, language: Language) -> list[Difference]:
    """What changed of what `actor` may read: since the last submission for a resubmission, else against the
    version in force."""
    base = chosen(await look_at(site, actor, application), "")
    definition = seen_by(actor, form_of(site, application))
    return list(differences(definition, base.data, application.data or {}, language)) if base else []
