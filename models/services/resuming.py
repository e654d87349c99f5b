"""Coming back to an application by a mailed link, without an account."""

import asyncio
import unicodedata
from datetime import timedelta
from time import monotonic

from pydantic import TypeAdapter, ValidationError

from models.documents.application import Application
from models.documents.event import Subject
from models.documents.message import Message
from models.documents.store import Session
from models.errors import AnswersInvalid, TooManyRequests
from models.language import Message as Said
from models.permissions import SYSTEM, Actor
from models.schema.fields.text import EmailField
from models.schema.reading import AnswerError
from models.services.allowances import network_of, take
from models.services.applications import require_applicant, subject_of
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.post import values_of
from models.services.site import Site
from models.services.switches import require_writing

LINKS_AN_HOUR = 5
"""Most links one application mails within an hour."""

ADDRESS_LINKS_AN_HOUR = 10
"""Most links anybody may ask for to one mail address within an hour."""

NETWORK_LINKS_AN_HOUR = 30
"""Most links asked for from one network address within an hour."""

ANSWER_EVERY = 0.25
"""Answers to somebody unknown come at whole multiples of this many seconds, so that how long one takes does
not say whether there is such an application."""

DASHES = "‐‑‒–—―−ー"
"""Signs people type for a hyphen."""

_ADDRESS = TypeAdapter(EmailField(name="email", type="email").value_type())


def read_address(text: str, path: str = "email") -> str:
    """A mail address somebody typed. Raises AnswersInvalid at `path`."""
    typed = EmailField(name=path, type="email").parse(text)
    try:
        return str(_ADDRESS.validate_python(typed))
    except ValidationError as error:
        msgid = "Enter an e-mail address like name@example.co.jp."
        raise AnswersInvalid((AnswerError(path, "format", Said(msgid)),)) from error


def read_reference(text: str) -> str:
    """A reference number somebody typed: full width, lower case, blanks and other dashes are all right."""
    plain = unicodedata.normalize("NFKC", text[:100]).upper()
    return "".join("-" if char in DASHES else char for char in plain if not char.isspace())[:64]


async def send_resume_link(site: Site, actor: Actor, application: Application, email: str) -> None:
    """Mail a link that opens this draft again. Without an account the address is kept with the draft, so that
    it can ask for further links. Raises AnswersInvalid (path ``email``), TooManyRequests."""
    require_applicant(site, actor, application)
    await require_writing(site, actor)
    address = read_address(email)
    await _require_allowance(site, actor, address)
    await _require_room(site, application)
    keeps = application.applicant.account_id is None and application.round == 0
    to = Recipient(address, "", application.language)
    await _send(site, actor, application, "resume_draft", to, kept=address if keeps else "")


async def send_status_link(site: Site, actor: Actor, reference: str, email: str) -> None:
    """Mail a link to an application to the address it was made from. Says nothing when there is none such:
    from outside both look the same, and take as long. Raises AnswersInvalid (path ``email``),
    TooManyRequests."""
    begun, address = monotonic(), read_address(email)
    await _require_allowance(site, actor, address)
    try:
        await _send_status_link(site, reference, address)
    finally:
        await asyncio.sleep((begun - monotonic()) % ANSWER_EVERY)


async def _send_status_link(site: Site, reference: str, address: str) -> None:
    application = await Application.find_one({"reference": read_reference(reference)})
    if application is None or address.casefold() != application.applicant.email.casefold():
        return
    try:
        await _require_room(site, application)
    except TooManyRequests:
        return
    applicant = application.applicant
    recipient = Recipient(applicant.email, applicant.name, application.language)
    await _send(site, SYSTEM, application, "status_link", recipient)


async def _require_allowance(site: Site, actor: Actor, address: str) -> None:
    """Raise TooManyRequests where this mail or network address has asked too often."""
    await take(site, "links from", network_of(actor.address), NETWORK_LINKS_AN_HOUR)
    await take(site, "links to", address.casefold(), ADDRESS_LINKS_AN_HOUR)


async def _require_room(site: Site, application: Application) -> None:
    since = site.now() - timedelta(hours=1)
    where = {"application_id": application.id, "template": {"$in": ["resume_draft", "status_link"]}}
    sent = await Message.find({**where, "created_at": {"$gt": since}}).count()
    if sent >= LINKS_AN_HOUR:
        raise TooManyRequests


async def _send(
    site: Site, actor: Actor, application: Application, template: str, to: Recipient, *, kept: str = ""
) -> None:
    letter = Letter(
        template=template,
        recipient=to,
        to="applicant",
        cause=f"{application.id}:{site.entropy(8).hex()}",
        values=values_of(site, application, to.language),
        application_id=application.id,
        operator_id=application.operator_id,
    )

    async def body(session: Session) -> None:
        await queue_letter(site, letter, session)
        if kept:
            reached = {"$set": {"applicant.email": kept}}
            await Application.raw().update_one({"_id": application.id}, reached, session=session)
        subject: Subject = subject_of(application)
        await record_event(site, actor, "application.link_sent", subject, session, template=template)

    await site.store.transaction(body)
