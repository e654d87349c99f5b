"""The gate before an application: what is needed, the terms, the certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from forms.pages.portal import definition_of
from forms.pages.starting import accepted_version, open_draft, starting
from forms.pages.visit import Visit, operator_visit, page, read_form, visit_of
from forms.pages.windows import hours_of, told_for
from models.access import seen_by
from models.documents.record import Record
from models.errors import (
    AlreadyOpen,
    CertificateRefused,
    NotFound,
    SignInRequired,
    TorokuError,
    TransitionRefused,
)
from models.language import translate
from models.schema.classes import CLASSES, strictest
from models.schema.definition import Kind, RecordType, kind_label
from models.schema.fields import BaseField
from models.schema.fields.file import UploadField
from models.services import applications, beginning, leading, records, submitting, windows

KINDS: Mapping[str, Kind] = {"change": "change", "delete": "delete"}
"""What can be applied for on a registered record, by the address."""

PACE = 2
"""Questions answered in a minute, everything at hand."""


@dataclass(frozen=True)
class Gate:
    """What somebody is about to apply for."""

    visit: Visit
    definition: RecordType
    kind: Kind = "register"
    record: Record | None = None


async def show_gate(request: Request) -> Response:
    """What is needed for a registration, with the terms to be read."""
    visit = visit_of(request)
    return await _show(Gate(visit, _offered(visit)))


async def pass_gate(request: Request) -> Response:
    """Begin the registration, or the gate again with what is missing."""
    visit = visit_of(request)
    return await _begin(Gate(visit, _offered(visit)))


async def show_record_gate(request: Request) -> Response:
    """The same before a change or a deletion."""
    return await _show(await _record_gate(request))


async def pass_record_gate(request: Request) -> Response:
    """Begin the change or deletion."""
    return await _begin(await _record_gate(request))


def _offered(visit: Visit) -> RecordType:
    """The type asked for. Raises SignInRequired when an account would open it, NotFound otherwise."""
    name = visit.parameter("record_type")
    found = next((kind for kind in applications.offered(visit.site, visit.actor) if kind.name == name), None)
    if found is not None:
        return found
    if not visit.actor.is_authenticated and visit.site.registry.current(name).definition.belongs_to:
        raise SignInRequired
    raise NotFound


async def _record_gate(request: Request) -> Gate:
    visit = operator_visit(request)
    definition = definition_of(visit)
    kind = KINDS.get(visit.parameter("kind"))
    if kind is None:
        raise NotFound
    record = await records.find_own(visit.site, visit.actor, definition.name, visit.parameter("number"))
    if not applications.may_begin(visit.site, visit.actor, definition, kind):
        raise NotFound
    return Gate(visit, definition, kind, record)


async def _begin(gate: Gate) -> Response:
    visit = gate.visit
    form = await read_form(visit.request)
    try:
        application = await beginning.begin(
            visit.site,
            visit.actor,
            gate.definition.name,
            gate.kind,
            record_id=gate.record.id if gate.record else None,
            language=visit.language,
            terms_version=accepted_version(form),
            start=await _start(gate),
        )
    except (TransitionRefused, CertificateRefused, AlreadyOpen) as error:
        return await _show(gate, error)
    return await open_draft(visit, application)


async def _start(gate: Gate) -> beginning.Start | None:
    """What the registration takes over from the record that led here (``from``); None where none did."""
    visit, parts = gate.visit, gate.visit.request.query_params.get("from", "")[:200].split("/")
    if gate.kind != "register" or len(parts) != 3 or visit.actor.kind != "operator":
        return None
    name, number, index = parts
    if name not in visit.site.records or not (index.isascii() and index.isdigit()):
        return None
    record = await records.find_own(visit.site, visit.actor, name, number)
    offer = await leading.offer_at(visit.site, visit.actor, record, int(index))
    if offer.target.name != gate.definition.name:
        return None
    return leading.start_of(visit.site, visit.actor, record, offer)


async def _show(gate: Gate, error: TorokuError | None = None) -> Response:
    visit, definition = gate.visit, seen_by(gate.visit.actor, gate.definition.form_of(""))
    asked = [field for field in definition.fields if field.name not in definition.asked_later]
    closed = windows.refused_beginning(visit.site, definition, gate.kind)
    context = {
        **await starting(visit, definition, error),
        "definition": definition,
        "kind": gate.kind,
        "kind_label": kind_label(definition, gate.kind),
        "filing": submitting.filed_by(visit.site, definition) if gate.kind == "register" else None,
        "record": gate.record,
        "files": [target for target in asked if isinstance(target, UploadField)],
        "minutes": _minutes(asked),
        "information_class": CLASSES[strictest(definition.fields)],
        "period": told_for(visit, definition, gate.kind),
        "hours": hours_of(visit),
        "closed": translate(closed.public, visit.language, **closed.values) if closed else "",
    }
    return page(visit, "gate", context, status=error.status if error else 200)


def _minutes(asked: Sequence[BaseField]) -> int:
    """About how long the form takes, in steps of five minutes."""
    questions = sum(1 for target in asked if target.asked and target.stored)
    return max(5, -(-questions // (5 * PACE)) * 5)
