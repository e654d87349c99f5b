"""The client certificates of an operator: which there are, registering, naming and retiring them."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from forms.pages.visit import Summary, Visit, go, operator_visit, page, read_form, revision_of, text_of
from models.documents.account import Account
from models.documents.base import read_id
from models.documents.certificate import STOPPED, Certificate
from models.errors import AnswersInvalid, CertificateMoved, CertificateNeeded, CertificateRefused, NotFound
from models.language import Message, translate
from models.permissions import require
from models.services import agenda, applications, registering, stopping, using
from models.services.certificates import PEM_LIMIT
from models.services.presenting import is_listed
from models.services.registering import Told
from models.services.stepping_up import require_recent

STATES: Mapping[str, Message] = {
    "presented": Message("Presented"),
    "registered": Message("Registered, not used yet"),
    "bound": Message("In use"),
    "suspended": Message("Stopped"),
    "revoked": Message("Revoked"),
    "retired": Message("Retired"),
}
EXPIRED = Message("Expired")
LISTED = Message("Revoked by its issuer")
NOBODY = Message("Nobody in particular")
NONE = Message("None: it is for another client")

Typed = Mapping[str, str]


async def list_certificates(request: Request) -> Response:
    """My operator's certificates: how long each is valid, its state, who used it last, what to do."""
    visit = operator_visit(request)
    found = await agenda.certificates_of(visit.site, visit.actor)
    own = await applications.operator_of(visit.site, visit.actor.operator_id)
    definition = visit.site.registry.current(visit.site.configuration.site.operator_type).definition
    renewed = own is not None and applications.may_begin(visit.site, visit.actor, definition, "change")
    names = await using.names_of([each for one in found for each in (one.holder_id, one.used_by)])
    context = {
        "lines": [_line(visit, each, names, found) for each in found],
        "warnings": await using.warnings_of(visit.site, found),
        "may_register": registering.may_register(visit.actor),
        "change": f"/portal/{definition.name}/{own.number}/change" if own is not None and renewed else "",
        "upload": visit.offers_certificate_upload,
    }
    return page(visit, "portal_certificates", context)


def _line(
    visit: Visit, certificate: Certificate, names: Mapping[Any, str], found: Sequence[Certificate]
) -> Mapping[str, Any]:
    """One certificate with its state, its people and its days in words."""
    days = agenda.days_left(visit.site, certificate)
    usable = certificate.state not in STOPPED and days >= 0 and not is_listed(visit.site, certificate)
    successor = next((each for each in found if each.id == certificate.replaced_by), None)
    return {
        "certificate": certificate,
        "state": _state(visit, certificate),
        "days": days,
        "warned": usable and certificate.replaced_at is None and agenda.warned(visit.site, days) is not None,
        "usable": usable,
        "here": certificate.fingerprint == visit.actor.certificate,
        "holder": names.get(certificate.holder_id, ""),
        "user": names.get(certificate.used_by, ""),
        "successor": (successor.label or successor.subject) if successor and usable else "",
    }


def _state(visit: Visit, certificate: Certificate) -> str:
    """Where a certificate stands, in words: what stops it first."""
    said = STATES[certificate.state]
    if certificate.state not in STOPPED:
        over = agenda.days_left(visit.site, certificate) < 0
        said = LISTED if is_listed(visit.site, certificate) else EXPIRED if over else said
    return said(visit.language)


async def show_new(request: Request) -> Response:
    """The form that registers a certificate; who they are is asked before, not after, a file is chosen."""
    visit = _administrator(request)
    require_recent(visit.site, visit.actor)
    return await _draw_new(visit, {})


async def register(request: Request) -> Response:
    """Register a certificate, or say what is wrong with it."""
    visit = _administrator(request)
    form = await read_form(request)
    typed = {name: text_of(form, name) for name in ("label", "holder", "replaces")}
    content = await _content(form)
    try:
        await registering.register(visit.site, visit.actor, content, Told(**typed))
    except AnswersInvalid as error:
        return await _draw_new(visit, typed, _problems(visit, error))
    except (CertificateMoved, CertificateRefused) as error:
        said = translate(error.public, visit.language, **error.values)
        return await _draw_new(visit, typed, [("#file", said)], error.status)
    return go("/portal/certificates?done=certificate_registered")


async def _content(form: FormData) -> bytes:
    """The file chosen, else the text."""
    file = form.get("file")
    content = await file.read(PEM_LIMIT + 1) if isinstance(file, UploadFile) else b""
    return content or text_of(form, "text", PEM_LIMIT + 1).encode()


def _administrator(request: Request) -> Visit:
    """The visit of somebody who registers certificates. Raises SignInRequired, NotAllowed."""
    visit = operator_visit(request)
    require(visit.actor, "certificate.register_own")
    return visit


async def _draw_new(visit: Visit, typed: Typed, errors: Summary = (), status: int = 422) -> Response:
    found = await agenda.certificates_of(visit.site, visit.actor)
    usable = [each for each in found if each.state in ("registered", "bound")]
    context = {
        "typed": {"label": "", "holder": "", "replaces": "", "text": "", **typed},
        "people": await _people(visit),
        "others": [("", NONE(visit.language)), *((str(each.id), _name(each)) for each in usable)],
        "errors": errors,
    }
    return page(visit, "portal_certificate_new", context, status=status if errors else 200)


def _name(certificate: Certificate) -> str:
    return f"{certificate.label or certificate.subject} ({certificate.serial})"


async def _people(visit: Visit) -> list[tuple[str, str]]:
    """The people of the operator by login, nobody first."""
    where = {"operator_id": visit.actor.operator_id, "status": {"$ne": "suspended"}}
    found = await Account.find(where).sort("login").limit(500).to_list()
    named = [(each.login, f"{each.name} ({each.login})") for each in found]
    return [("", NOBODY(visit.language)), *named]


async def show_certificate(request: Request) -> Response:
    """One certificate: its name, who looks after it, and retiring it."""
    visit = _administrator(request)
    return await _draw(visit, await _found(visit))


async def describe(request: Request) -> Response:
    """Keep another name or person."""
    visit = _administrator(request)
    certificate = await _found(visit)
    form = await read_form(request)
    typed = {name: text_of(form, name) for name in ("label", "holder")}
    try:
        await registering.describe(
            visit.site, visit.actor, read_id(certificate.id), Told(**typed), revision=revision_of(form)
        )
    except AnswersInvalid as error:
        return await _draw(visit, certificate, typed, _problems(visit, error))
    except CertificateMoved as error:
        said = translate(error.public, visit.language)
        return await _draw(visit, await _found(visit), typed, [("", said)], error.status)
    return go("/portal/certificates?done=certificate_described")


async def retire(request: Request) -> Response:
    """Retire a certificate, with the reason."""
    visit = _administrator(request)
    certificate = await _found(visit)
    form = await read_form(request)
    reason = text_of(form, "reason", 2000)
    try:
        await stopping.retire(
            visit.site, visit.actor, read_id(certificate.id), reason, revision=revision_of(form)
        )
    except AnswersInvalid as error:
        return await _draw(visit, certificate, {}, _problems(visit, error), failed="retire", reason=reason)
    except (CertificateMoved, CertificateNeeded) as error:
        said, fresh = translate(error.public, visit.language), await _found(visit)
        return await _draw(visit, fresh, {}, [("", said)], error.status, failed="retire", reason=reason)
    return go("/portal/certificates?done=certificate_retired")


async def _found(visit: Visit) -> Certificate:
    """The certificate the address names, of the visitor's own operator. Raises NotFound."""
    where = {"_id": read_id(visit.parameter("id")), "operator_id": visit.actor.operator_id}
    found = await Certificate.find_one(where) if visit.actor.operator_id else None
    if found is None:
        raise NotFound
    return found


async def _draw(
    visit: Visit,
    certificate: Certificate,
    typed: Typed | None = None,
    errors: Summary = (),
    status: int = 422,
    *,
    failed: str = "",
    reason: str = "",
) -> Response:
    holder = await Account.get(certificate.holder_id) if certificate.holder_id else None
    kept = {"label": certificate.label, "holder": holder.login if holder else ""}
    context = {
        "certificate": certificate,
        "state": _state(visit, certificate),
        "here": certificate.fingerprint == visit.actor.certificate,
        "typed": {**kept, **(typed or {})},
        "people": await _people(visit),
        "errors": errors,
        "failed": failed,
        "reason": reason,
    }
    return page(visit, "portal_certificate", context, status=status if errors else 200)


def _problems(visit: Visit, error: AnswersInvalid) -> list[tuple[str, str]]:
    return [(f"#{problem.path}", problem.message(visit.language)) for problem in error.errors]
