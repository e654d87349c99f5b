"""Reminding an operator's administrators before a client certificate ends, once at each day of the site."""

from datetime import timedelta

from models.documents.base import AN_ID
from models.documents.certificate import OPENS, Certificate
from models.documents.guarded import update_where
from models.documents.store import Session
from models.permissions import SYSTEM
from models.services.administration import has_mail
from models.services.day_words import due_words
from models.services.messages import Letter, queue_letter
from models.services.recipients import people_of_operator
from models.services.registering import note
from models.services.site import Site

MAIL = "certificate_expiring"


async def remind_one(site: Site) -> bool:
    """Remind of the certificate that ends first of those due; False when none is. Of several days that have
    passed since the last time only the nearest to the end is told. Certificates that were replaced, stopped
    or retired are left in peace."""
    if not has_mail(site, MAIL):
        return False
    for days in sorted(site.configuration.site.certificates.remind):
        found = await Certificate.find(_due(site, days)).sort("not_after").first_or_none()
        if found is not None:
            await _remind(site, found, days)
            return True
    return False


def _due(site: Site, days: int) -> dict[str, object]:
    """Certificates whose last day is at most `days` away and whose operator was not told so yet."""
    before = site.calendar.midnight(site.today() + timedelta(days=days + 1))
    return {
        "not_after": {"$gt": site.now(), "$lte": before},
        "state": {"$in": sorted(OPENS)},
        "operator_id": AN_ID,
        "replaced_at": None,
        "$or": [{"reminded": None}, {"reminded": {"$gt": days}}],
    }


async def _remind(site: Site, found: Certificate, days: int) -> None:
    left = (site.calendar.due_day(found.not_after) - site.today()).days

    async def body(session: Session) -> None:
        where = {"_id": found.id, **_due(site, days)}
        told = await update_where(Certificate, where, {"$set": {"reminded": days}}, session)
        if told is None:
            return
        for recipient in await people_of_operator(site, told.operator_id):
            values = {
                "serial": told.serial,
                "title": told.label or told.subject,
                "due_date": due_words(site, told.not_after, recipient.language),
                "days": str(left),
                "page": f"{site.base_url}/portal/certificates",
            }
            cause = f"certificate:{told.id}:{days}"
            letter = Letter(
                MAIL, recipient, cause, to="operator", values=values, operator_id=told.operator_id
            )
            await queue_letter(site, letter, session)
        await note(site, SYSTEM, "certificate.reminded", told, session, days=days)

    await site.store.transaction(body)
