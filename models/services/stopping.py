"""Stopping client certificates: for a time, for good, or because another took their place (R59).

Every act asks for a reason, is an event, is told to the operator's administrators by mail, and ends the
sessions over the certificate in the same transaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.documents.base import Id, new_id
from models.documents.certificate import OPENS, STOPPED, Certificate, CertificateState, Stopping
from models.documents.counter import draw
from models.documents.guarded import update_where
from models.documents.session import BrowserSession
from models.documents.store import Session
from models.errors import CertificateMoved, CertificateNeeded, NotFound
from models.language import Message
from models.permissions import Actor, require
from models.services.administration import has_mail, read_reason, within
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_operator
from models.services.registering import note
from models.services.site import Site
from models.services.stepping_up import require_recent
from models.services.switches import require_writing

MAIL = "certificate_changed"


@dataclass(frozen=True, slots=True)
class Deed:
    """One way to stop a certificate: into which state, from which, and what the mail says."""

    into: CertificateState
    whence: frozenset[str]
    action: str
    said: Message


PRESENTABLE: frozenset[str] = OPENS | {"presented"}

DEEDS: Mapping[str, Deed] = {
    "suspend": Deed(
        "suspended",
        PRESENTABLE,
        "certificate.suspended",
        Message("The use of this certificate has been stopped for now."),
    ),
    "revoke": Deed(
        "revoked",
        PRESENTABLE | {"suspended", "retired"},
        "certificate.revoked",
        Message("This certificate has been revoked and cannot be used any more."),
    ),
    "retire": Deed(
        "retired",
        OPENS,
        "certificate.retired",
        Message("This certificate was retired by your administrator and cannot be used any more."),
    ),
}
"""What can be done to a certificate, by the name its forms send."""

RESTORED = Message("This certificate can be used again.")


async def stop(
    site: Site, actor: Actor, identifier: Id, deed: str, reason: str, *, revision: int
) -> Certificate:
    """Suspend or revoke any certificate, by the staff. `revision` is what was seen.

    Raises NotAllowed, NotFound, ConfirmationRequired, AnswersInvalid (path ``reason``), CertificateMoved."""
    require(actor, "certificate.manage")
    found = await _found({"_id": identifier})
    require_recent(site, actor)
    why = read_reason(reason)
    if deed not in ("suspend", "revoke"):
        raise NotFound

    async def body(session: Session) -> Certificate:
        return await _stop(site, actor, found, DEEDS[deed], why, session, revision)

    return await site.store.transaction(body)


async def retire(site: Site, actor: Actor, identifier: Id, reason: str, *, revision: int) -> Certificate:
    """Retire a certificate of one's own operator: another took its place.

    Raises NotAllowed, NotFound, ConfirmationRequired, WritingStopped, AnswersInvalid (path ``reason``),
    CertificateMoved, CertificateNeeded (nobody could sign in any more, or not the person who asks)."""
    require(actor, "certificate.register_own")
    if actor.operator_id is None:
        raise NotFound
    found = await _found({"_id": identifier, "operator_id": actor.operator_id})
    await require_writing(site, actor)
    require_recent(site, actor)
    why = read_reason(reason)
    if found.fingerprint == actor.certificate:
        raise CertificateNeeded("You are connected with this certificate. Connect with another one first.")

    async def body(session: Session) -> Certificate:
        retired = await _stop(site, actor, found, DEEDS["retire"], why, session, revision)
        await _require_another(site, retired, session)
        return retired

    return await site.store.transaction(body)


async def restore(site: Site, actor: Actor, identifier: Id, reason: str, *, revision: int) -> Certificate:
    """Let a suspended certificate be used as before, by the staff. Raises as ``stop``."""
    require(actor, "certificate.manage")
    found = await _found({"_id": identifier})
    require_recent(site, actor)
    why = read_reason(reason)
    was = found.stopped.was if found.stopped else "presented"

    async def body(session: Session) -> Certificate:
        where = {"_id": identifier, "state": "suspended", "revision": revision}
        update = {"$set": {"state": was, "stopped": None}, "$inc": {"revision": 1}}
        restored = await update_where(Certificate, where, update, session)
        if restored is None:
            raise CertificateMoved
        await note(site, actor, "certificate.restored", restored, session, reason=why)
        await _tell(site, restored, RESTORED, why, session)
        return restored

    return await site.store.transaction(body)


async def stop_certificate(
    site: Site, actor: Actor, certificate: Certificate, reason: str, session: Session = None
) -> Certificate:
    """Suspend a certificate on the authority of another act (a report of loss, the end of a contract): who
    may is the caller's to ask. One that is stopped already stays as it is."""

    async def body(session: Session) -> Certificate:
        row = await Certificate.raw().find_one({"_id": certificate.id}, session=session)
        now = certificate if row is None else Certificate.model_validate(row)
        if now.state in STOPPED:
            return now
        return await _stop(site, actor, now, DEEDS["suspend"], reason, session)

    return await within(site, session, body)


async def stop_certificates_of(
    site: Site, actor: Actor, operator_id: Id, reason: str, session: Session = None
) -> int:
    """Suspend every certificate of an operator, as ``stop_certificate``; how many were suspended."""

    async def body(session: Session) -> int:
        where = {"operator_id": operator_id, "state": {"$in": sorted(OPENS)}}
        rows = await Certificate.raw().find(where, session=session).to_list(None)
        for row in rows:
            await _stop(site, actor, Certificate.model_validate(row), DEEDS["suspend"], reason, session)
        return len(rows)

    return await within(site, session, body)


async def end_sessions_over(fingerprint: str, session: Session = None) -> None:
    """End every session of somebody signed in over a certificate, at once."""
    where = {"certificate": fingerprint, "account_id": {"$ne": None}}
    await BrowserSession.raw().delete_many(where, session=session)


async def _found(where: Mapping[str, object]) -> Certificate:
    found: Certificate | None = await Certificate.find_one(where)
    if found is None:
        raise NotFound
    return found


async def _stop(
    site: Site,
    actor: Actor,
    found: Certificate,
    deed: Deed,
    reason: str,
    session: Session,
    revision: int | None = None,
) -> Certificate:
    was = found.stopped.was if found.stopped else found.state
    stopping = Stopping(at=site.now(), by=actor.person, reason=reason, was=was)
    where = {
        "_id": found.id,
        "state": {"$in": sorted(deed.whence)},
        "revision": found.revision if revision is None else revision,
    }
    values = {"state": deed.into, "stopped": stopping.model_dump()}
    stopped = await update_where(Certificate, where, {"$set": values, "$inc": {"revision": 1}}, session)
    if stopped is None:
        raise CertificateMoved
    await end_sessions_over(stopped.fingerprint, session)
    await note(site, actor, deed.action, stopped, session, reason=reason)
    await _tell(site, stopped, deed.said, reason, session)
    return stopped


async def _require_another(site: Site, retired: Certificate, session: Session) -> None:
    """Raise CertificateNeeded unless the operator has another certificate that was used and still holds.
    Whoever retires one draws the same number, so that of two at the same moment one waits for the other."""
    await draw(f"certificates:{retired.operator_id}", session)
    where = {"operator_id": retired.operator_id, "state": "bound", "not_after": {"$gt": site.now()}}
    if await Certificate.raw().find_one(where, {"_id": 1}, session=session) is None:
        raise CertificateNeeded


async def _tell(site: Site, certificate: Certificate, said: Message, reason: str, session: Session) -> None:
    """Mail the administrators what was done with a certificate, where the site has a text for it."""
    if not has_mail(site, MAIL):
        return
    for recipient in await people_of_operator(site, certificate.operator_id):
        values = {
            "serial": certificate.serial,
            "title": certificate.label or certificate.subject,
            "change": said(recipient.language),
            "reason": reason,
            "page": f"{site.base_url}/portal/certificates",
        }
        cause = f"certificate:{certificate.id}:{new_id()}"
        letter = Letter(
            MAIL, recipient, cause, to="operator", values=values, operator_id=certificate.operator_id
        )
        await queue_letter(site, letter, session)
