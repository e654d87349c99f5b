"""The mails about a report of loss: they carry its number and kind, and where it is read."""

from collections.abc import Mapping

from models.documents.base import new_id
from models.documents.loss import LossKind, LossReport
from models.documents.store import Session
from models.language import Language, Message
from models.services.administration import has_mail
from models.services.day_words import day_text
from models.services.messages import Letter, Recipient, queue_letter
from models.services.recipients import people_of_operator, people_of_role
from models.services.site import Site

KINDS: Mapping[LossKind, Message] = {
    "certificate": Message("Client certificate"),
    "medium": Message("Medium that holds a certificate (computer, IC card, USB token)"),
    "administrator_id": Message("Administrator ID"),
    "user_id": Message("User ID"),
    "password": Message("Password"),
}
"""What can be reported, by its name."""

STATES: Mapping[str, Message] = {
    "received": Message("Arrived"),
    "instructed": Message("Instructions given"),
    "closed": Message("Closed"),
}
"""Where a report stands."""

SIGNED_IN = Message("by a user who was signed in")
OUTSIDE = Message("by somebody who was not signed in; to be confirmed")
DENIED = Message("the organisation says that the report is wrong")
CONFIRMED = Message("the organisation confirmed the report")


async def tell_staff(site: Site, made: LossReport, session: Session, how: Message | None = None) -> None:
    """Mail everybody of the staff who is told of losses, at once."""
    said = how or (OUTSIDE if made.outside else SIGNED_IN)
    found: dict[str, Recipient] = {}
    for role in site.configuration.site.losses.to:
        found |= {person.address: person for person in await people_of_role(role)}
    for person in found.values():
        values = {"state": said(person.language), "due_date": _due(site, made, person.language)}
        await _queue(site, made, "loss_reported", person, f"/admin/losses/{made.number}", values, session)


async def tell_operator(site: Site, made: LossReport, session: Session) -> None:
    """Mail the operator's administrators that a report arrived, and whether anything was stopped."""
    stopped = ", ".join(item.label for item in made.items if item.stopped_at)
    for person in await people_of_operator(site, made.operator_id):
        said = Message("Stopped at once: {items}", {"items": stopped}) if stopped else NOTHING
        values = {"change": said(person.language)}
        await _queue(site, made, "loss_received", person, f"/portal/losses/{made.number}", values, session)


NOTHING = Message("Nothing was stopped yet.")


async def tell_state(site: Site, made: LossReport, reason: str, session: Session) -> None:
    """Mail the operator's administrators that their report was closed, or opened again."""
    for person in await people_of_operator(site, made.operator_id):
        values = {"state": STATES[made.state](person.language), "reason": reason}
        await _queue(site, made, "loss_closed", person, f"/portal/losses/{made.number}", values, session)


async def ask_to_confirm(site: Site, made: LossReport, session: Session) -> None:
    """Mail the operator's administrators a one-time link to say what is to be stopped."""
    for person in await people_of_operator(site, made.operator_id):
        await _queue(site, made, "loss_confirm", person, "", {}, session)


async def _queue(
    site: Site,
    made: LossReport,
    template: str,
    person: Recipient,
    page: str,
    values: Mapping[str, str],
    session: Session,
) -> None:
    if not has_mail(site, template):
        return
    to_staff = template == "loss_reported"
    letter = Letter(
        template,
        person,
        f"loss:{made.id}:{new_id()}",
        to="" if to_staff else "operator",
        values={
            "title": made.number,
            "kind": KINDS[made.kind](person.language),
            "page": f"{site.base_url}{page}",
            **values,
        },
        operator_id=None if to_staff else made.operator_id,
        subject_id=made.id,
    )
    await queue_letter(site, letter, session)


def _due(site: Site, made: LossReport, language: Language) -> str:
    """The moment it is to be answered by, in words."""
    if made.due is None:
        return ""
    local = made.due.astimezone(site.calendar.zone)
    return f"{day_text(local.date())(language)} {local:%H:%M}"
