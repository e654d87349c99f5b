"""The client certificates an operator signs in with, and what to do before they end."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, operator_visit, page
from models.documents.certificate import Certificate
from models.language import Message
from models.services import agenda, applications

STATES: Mapping[str, Message] = {
    "presented": Message("Presented"),
    "bound": Message("In use"),
    "suspended": Message("Stopped"),
    "revoked": Message("Revoked"),
}


async def list_certificates(request: Request) -> Response:
    """My operator's certificates: how long each is valid, its state, what to do."""
    visit = operator_visit(request)
    found = await agenda.certificates_of(visit.site, visit.actor)
    own = await applications.operator_of(visit.site, visit.actor.operator_id)
    definition = visit.site.registry.current(visit.site.configuration.site.operator_type).definition
    renewed = own is not None and applications.may_begin(visit.site, visit.actor, definition, "change")
    context = {
        "lines": [_line(visit, each) for each in found],
        "change": f"/portal/{definition.name}/{own.number}/change" if own is not None and renewed else "",
        "upload": visit.offers_certificate_upload,
    }
    return page(visit, "portal_certificates", context)


def _line(visit: Visit, certificate: Certificate) -> Mapping[str, Any]:
    """One certificate with its state and days in words."""
    days = agenda.days_left(visit.site, certificate)
    usable = certificate.state in ("presented", "bound")
    return {
        "certificate": certificate,
        "state": Message("Expired")(visit.language)
        if usable and days < 0
        else STATES[certificate.state](visit.language),
        "days": days,
        "warned": usable and days >= 0 and agenda.warned(days) is not None,
        "usable": usable and days >= 0,
        "here": certificate.fingerprint == visit.actor.certificate,
    }
