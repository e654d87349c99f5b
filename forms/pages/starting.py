"""What every page that begins an application has in common: the terms, the certificate, what is missing."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import Response

from forms.pages.draft import draft_of
from forms.pages.visit import Summary, Visit, go, text_of
from models.documents.application import Application
from models.errors import CertificateRefused, SendingClosed, TorokuError, TransitionRefused
from models.language import translate
from models.schema.definition import RecordType
from models.services import certificates, terms
from models.services.bringing import Left


async def starting(
    visit: Visit, definition: RecordType, error: TorokuError | None = None
) -> Mapping[str, Any]:
    """What ``certificate_needed.html`` and ``terms_accepted.html`` show, and what was missing, as the summary
    of the page."""
    wanted = definition.applications.certificate is not None
    return {
        "terms": terms.in_force(visit.site) if definition.applications.terms else None,
        "wants_certificate": wanted,
        "certificate": await certificates.find(visit.site, visit.actor.certificate) if wanted else None,
        "upload": visit.offers_certificate_upload,
        "errors": _problem(visit, definition, error) if error else (),
    }


def _problem(visit: Visit, definition: RecordType, error: TorokuError) -> Summary:
    said = translate(error.public, visit.language, **error.values)
    if isinstance(error, CertificateRefused):
        return [("#certificate", said)]
    about_terms = isinstance(error, TransitionRefused) and not isinstance(error, SendingClosed)
    has_terms = definition.applications.terms and terms.in_force(visit.site) is not None
    return [("#accept" if about_terms and has_terms else "", said)]


def accepted_version(form: FormData) -> str | None:
    """The version of the terms of use that was accepted."""
    return text_of(form, "terms_version") if text_of(form, "accept") == "yes" else None


def left_behind(visit: Visit, left: Iterable[Left]) -> list[tuple[str, str]]:
    """Answers that do not come along, each with its reason, as ``brought.html`` shows them."""
    return [(each.label(visit.language), each.why(visit.language)) for each in left]


async def open_draft(visit: Visit, application: Application, told: str = "") -> Response:
    """Remember the application just begun, and go to its first page, `told` behind; a deletion has nothing to
    fill in."""
    if visit.actor.kind == "visitor" and application.id is not None:
        await visit.browser.remember_application(application.id)
    draft = await draft_of(visit, application)
    return go(f"{draft.address}/check" if application.kind == "delete" else draft.first() + told)
