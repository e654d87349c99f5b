"""Registering client certificates before they are used: by an operator's administrator, or by the staff.

Handing in the public part of a certificate proves nothing: it is ``registered`` for the operator and lets its
people in, which only who has the key can make use of; the first use makes it ``bound``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from models.documents.account import Account
from models.documents.base import Id, new_id, read_id
from models.documents.certificate import STOPPED, Certificate
from models.documents.event import Subject
from models.documents.guarded import insert_or, update_where
from models.documents.store import Session
from models.errors import (
    AnswersInvalid,
    CertificateMoved,
    CertificateRefused,
    CertificateUnreadable,
    NotFound,
)
from models.language import Message
from models.permissions import Actor, allowed, require
from models.schema.reading import AnswerError
from models.services.certificates import PEM_LIMIT, read_file
from models.services.events import record_event
from models.services.presenting import document_of, examine, read_certificate
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing

LABEL_LIMIT = 60
"""Longest label of a client (characters)."""

MOST = 100
"""Most certificates of one operator that are not stopped."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is written down about a certificate: a name for the client it is on, the person who looks after it
    (the ID of an account, "" for nobody), and the certificate it is to replace ("" for none)."""

    label: str
    holder: str = ""
    replaces: str = ""


async def register(
    site: Site, actor: Actor, content: bytes, told: Told, operator_id: Id | None = None
) -> Certificate:
    """Register a certificate, given its public part in PEM or DER form, for the actor's operator; the staff
    say for which.

    Raises NotAllowed, NotFound, ConfirmationRequired, WritingStopped, CertificateRefused (not one, not usable
    now, another operator's, stopped, registered already), AnswersInvalid (paths ``label``, ``holder``,
    ``replaces``)."""
    owner = _owner(actor, operator_id)
    await require_writing(site, actor)
    require_recent(site, actor)
    values = await _checked(told, owner)
    presented = read_public(content)
    examine(site, presented)
    await _require_room(owner)
    fresh = document_of(site, presented)

    async def body(session: Session) -> Certificate:
        kept = await _keep(fresh, owner, values, session)
        await _name_successor(kept, owner, told.replaces, session)
        await note(site, actor, "certificate.registered", kept, session, label=values["label"])
        return kept

    return await site.store.transaction(body)


async def describe(
    site: Site, actor: Actor, identifier: Id, told: Told, *, revision: int, operator_id: Id | None = None
) -> Certificate:
    """Change the label and the holder of a certificate. `revision` is what was seen.

    Raises NotAllowed, NotFound, WritingStopped, AnswersInvalid (paths ``label``, ``holder``),
    CertificateMoved."""
    owner = _owner(actor, operator_id)
    await require_writing(site, actor)
    values = await _checked(told, owner)
    where = {"_id": identifier, "operator_id": owner}
    if await Certificate.find_one(where) is None:
        raise NotFound

    async def body(session: Session) -> Certificate:
        seen = {**where, "revision": revision}
        changed = await update_where(Certificate, seen, {"$set": values, "$inc": {"revision": 1}}, session)
        if changed is None:
            raise CertificateMoved
        await note(site, actor, "certificate.described", changed, session, label=values["label"])
        return changed

    return await site.store.transaction(body)


async def note(
    site: Site, actor: Actor, action: str, certificate: Certificate, session: Session, **details: Any
) -> None:
    """Write the event of an act on a certificate."""
    await record_event(
        site, actor, action, subject_of(certificate), session, operator_id=certificate.operator_id, **details
    )


def subject_of(certificate: Certificate) -> Subject:
    """A certificate as events name it: by its serial number."""
    return Subject(kind="certificate", id=read_id(certificate.id), label=certificate.serial)


def read_public(content: bytes) -> x509.Certificate:
    """The certificate in a file, PEM or DER. Raises CertificateRefused; one with a private key is refused."""
    if not content:
        raise CertificateUnreadable("Choose the file of the certificate.")
    if b"-----BEGIN" in content or len(content) > PEM_LIMIT:
        return read_file(content)
    try:
        return read_certificate(content)
    except CertificateUnreadable as error:
        raise CertificateUnreadable(
            "This file is not a certificate. Choose the certificate without its key (.pem, .cer or .crt)."
        ) from error


def _owner(actor: Actor, operator_id: Id | None) -> Id:
    if actor.kind == "staff":
        require(actor, "certificate.manage")
        owner = operator_id
    else:
        require(actor, "certificate.register_own")
        owner = actor.operator_id
    if owner is None:
        raise NotFound
    return owner


async def _checked(told: Told, owner: Id) -> Mapping[str, Any]:
    """What is written down, as it is kept."""
    label, errors = " ".join(told.label.split()), []
    if not label or len(label) > LABEL_LIMIT:
        said = Message("Name the client, in at most {limit} characters.", {"limit": LABEL_LIMIT})
        errors.append(AnswerError("label", "required", said))
    holder = await _holder(told.holder, owner) if told.holder else None
    if told.holder and holder is None:
        said = Message("Choose a user of this organisation.")
        errors.append(AnswerError("holder", "choice", said))
    if errors:
        raise AnswersInvalid(tuple(errors))
    return {"label": label, "holder_id": holder}


async def _holder(login: str, owner: Id) -> Id | None:
    where = {"login": login[:64], "operator_id": owner, "status": {"$ne": "suspended"}}
    found = await Account.raw().find_one(where, {"_id": 1})
    return None if found is None else read_id(found["_id"])


async def _require_room(owner: Id) -> None:
    where = {"operator_id": owner, "state": {"$nin": list(STOPPED)}}
    if await Certificate.find(where).count() >= MOST:
        raise CertificateRefused(
            "{count} certificates are registered, and no more can be. Retire those not used any more.",
            count=MOST,
        )


async def _keep(fresh: Certificate, owner: Id, values: Mapping[str, Any], session: Session) -> Certificate:
    """The certificate as registered now: stored anew, or taken over where it was presented only."""
    known = await Certificate.raw().find_one({"fingerprint": fresh.fingerprint}, session=session)
    if known is None:
        told = {**values, "state": "registered", "operator_id": owner, "id": new_id()}
        kept: Certificate = fresh.model_copy(update=told)
        await insert_or(CertificateMoved(), kept, session)
        return kept
    _require_free(known, owner)
    where = {"_id": known["_id"], "state": "presented", "operator_id": None}
    update = {"$set": {**values, "state": "registered", "operator_id": owner}, "$inc": {"revision": 1}}
    taken = await update_where(Certificate, where, update, session)
    if taken is None:
        raise CertificateMoved
    return taken


def _require_free(known: Mapping[str, Any], owner: Id) -> None:
    """Raise CertificateRefused for a certificate that cannot be registered (again); of another operator's
    nothing is told."""
    own = known.get("operator_id") == owner
    if own and known["state"] not in STOPPED:
        raise CertificateRefused("This certificate is registered already.")
    if known["state"] != "presented":
        raise CertificateRefused("This client certificate belongs to another operator or has been stopped.")


async def _name_successor(kept: Certificate, owner: Id, replaces: str, session: Session) -> None:
    """Write down which certificate the new one is to replace. Raises AnswersInvalid (path ``replaces``)."""
    if not replaces:
        return
    where = {"_id": _id_or_none(replaces), "operator_id": owner, "state": {"$nin": list(STOPPED)}}
    if await update_where(Certificate, where, {"$set": {"replaced_by": kept.id}}, session) is None:
        said = Message("Choose a certificate of this organisation.")
        raise AnswersInvalid((AnswerError("replaces", "choice", said),))


def _id_or_none(text: str) -> Id | None:
    try:
        return read_id(text)
    except NotFound:
        return None


def may_register(actor: Actor) -> bool:
    """Whether `actor` registers certificates of its own operator."""
    return allowed(actor, "certificate.register_own") and actor.operator_id is not None
