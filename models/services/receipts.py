"""The applicant's copy of an application: what was handed over, when, on which form and terms, and the
fingerprint all of it has."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from models.documents.application import Application
from models.permissions import Actor
from models.schema.fields import BaseField
from models.schema.fields.secret import DOTS
from models.services.applications import compiled
from models.services.seeing import seen_of
from models.services.site import Site


@dataclass(frozen=True, slots=True)
class Receipt:
    """``content`` is ready for JSON; ``sha256`` is the fingerprint of its canonical form."""

    content: Mapping[str, Any]
    sha256: str

    @property
    def document(self) -> dict[str, Any]:
        """The content with its fingerprint, as the file holds it."""
        return {**self.content, "sha256": self.sha256}


def receipt_of(site: Site, actor: Actor, application: Application, data: Mapping[str, Any]) -> Receipt:
    """The copy of `data`, the answers handed over last or, before that, what the draft comes to. Holds what
    `actor` may read; secrets are dots."""
    definition = compiled(site, application).definition
    content = {
        "site": site.configuration.site.name.ja,
        "reference": application.reference,
        "record_type": application.type,
        "kind": application.kind,
        "number": application.number,
        "round": application.round,
        "begun_at": moment(site, application.created_at),
        "submitted_at": [moment(site, each.at) for each in application.submissions],
        "decided_at": moment(site, application.decided_at),
        "form": {"version": application.schema_version, "checksum": definition.checksum},
        "terms": {"version": application.terms.version, "accepted_at": moment(site, application.terms.at)}
        if application.terms
        else None,
        "answers": _open(seen_of(site, actor, application).fields, data),
    }
    return Receipt(content, fingerprint(content))


def moment(site: Site, at: datetime | None) -> str | None:
    """A moment in the site's time zone, to the second (RFC 3339)."""
    return at.astimezone(site.calendar.zone).isoformat(timespec="seconds") if at else None


def fingerprint(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of `content` as JSON in UTF-8: keys sorted, no blanks between; what JSON has no word for
    (exact decimals, moments) as a string."""
    written = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return sha256(written.encode()).hexdigest()


def handed_over(application: Application) -> Mapping[str, Any] | None:
    """The answers as they were handed over last; None for a draft."""
    return application.submissions[-1].data if application.submissions else application.data


def _open(fields: Iterable[BaseField], data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers these fields hold, parts and rows too, with dots for what is confidential."""
    return {
        field.name: _value(field, data[field.name]) for field in fields if field.stored and field.name in data
    }


def _value(field: BaseField, value: Any) -> Any:
    if field.confidential:
        return DOTS if value else None
    if field.parts and isinstance(value, list):
        return [_open(field.parts, row) if isinstance(row, Mapping) else row for row in value]
    return _open(field.parts, value) if field.parts and isinstance(value, Mapping) else value
