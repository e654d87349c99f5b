"""The client certificate of this browser: what the connection presents, or a file where trials take one."""

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Visit, go, local_path, page, read_form, text_of, visit_of
from models.errors import CertificateRefused, NotFound
from models.language import translate
from models.services import certificates

TEXT_LIMIT = certificates.PEM_LIMIT + 1


async def show_certificate(request: Request) -> Response:
    """The certificate presented, and what to do where it cannot be used; in trials, where to choose its file.
    Raises NotFound where the site takes none at all."""
    visit = visit_of(request)
    if not (visit.offers_certificate_upload or visit.connects_with_certificate):
        raise NotFound
    return await _page(visit)


async def present_certificate(request: Request) -> Response:
    """Take the certificate in the file, or the text, for this browser (trials only: else NotFound)."""
    visit = visit_of(request)
    if not visit.offers_certificate_upload:
        raise NotFound
    form = await read_form(request)
    file = form.get("file")
    pem = await file.read(TEXT_LIMIT) if isinstance(file, UploadFile) else b""
    try:
        certificate = await certificates.present(
            visit.site, pem or text_of(form, "text", TEXT_LIMIT).encode()
        )
    except CertificateRefused as error:
        return await _page(visit, translate(error.public, visit.language, **error.values))
    await visit.browser.present_certificate(certificate.fingerprint)
    return go(local_path(request.query_params.get("next", ""), "/certificate?done=presented"))


async def _page(visit: Visit, problem: str = "") -> Response:
    context = {
        "certificate": await certificates.find(visit.site, visit.actor.certificate),
        "upload": visit.offers_certificate_upload,
        "errors": [("#file", problem)] if problem else (),
    }
    return page(visit, "certificate", context, status=422 if problem else 200)
