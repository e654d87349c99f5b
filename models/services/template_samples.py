"""The mail templates as their stewards see them: what sends each, how it looks, and a trial to oneself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from models.configuration.mail import PLACEHOLDERS, MailTemplate, fill, placeholders
from models.configuration.sending import APPLICATION, Sent, senders
from models.documents.base import new_id
from models.documents.event import Subject
from models.documents.message import Message
from models.documents.store import Session
from models.errors import NotAllowed, NotFound, SampleUnknown, TooManyRequests, TrialRefused, TrialsExhausted
from models.language import Language
from models.language import Message as Said
from models.letters.parts import Parts, parts
from models.letters.samples import samples
from models.permissions import Actor, require
from models.services import allowances
from models.services.addresses_dead import is_withheld
from models.services.events import record_event
from models.services.lookup import find
from models.services.messages import Letter, Recipient, general_values, message_of, one_line, written
from models.services.post import values_of
from models.services.site import Site

LATELY = timedelta(days=30)
"""How far back mails are counted."""

MOST = 10_000
"""Mails of one template that are counted; more are said to be more."""

TRIALS_AN_HOUR = 10
"""Samples one person may send to themselves."""

TRIAL = Said("[Sample]")
IS_TRIAL = Said("This is a sample you sent to yourself. Its one-time links lead nowhere.")


@dataclass(frozen=True, slots=True)
class Listed:
    """One template in the list: ``subject`` with sample values, ``count`` the mails of LATELY (MOST at
    most), ``last`` when the newest was written."""

    name: str
    subject: str
    languages: tuple[Language, ...]
    sent: tuple[Sent, ...]
    count: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A template as its reader gets it. ``values`` are its placeholders: name, what it stands for, and the
    value shown; ``sensitive`` says that its text is never shown once it was sent."""

    name: str
    language: Language
    sender: str
    subject: str
    preheader: str
    parts: Parts
    values: tuple[tuple[str, Said, str], ...]
    sent: tuple[Sent, ...]
    sensitive: bool


async def list_templates(site: Site, actor: Actor, language: Language) -> list[Listed]:
    """Every template of the site, by name. Raises NotAllowed."""
    require(actor, "template.view")
    sent = senders(site.configuration)
    names = sorted({name for name, _ in site.mail})
    figures = await asyncio.gather(*(_figures(site, name) for name in names))
    return [
        Listed(
            name,
            _subject(site, _in(site, name, language)),
            _languages(site, name),
            tuple(sent.get(name, ())),
            *found,
        )
        for name, found in zip(names, figures, strict=True)
    ]


async def _figures(site: Site, name: str) -> tuple[int, datetime | None]:
    mails, since = Message.raw(), site.now() - LATELY
    count = await mails.count_documents({"template": name, "created_at": {"$gte": since}}, limit=MOST)
    newest: Any = await mails.find_one({"template": name}, {"created_at": 1}, sort=[("created_at", -1)])
    return count, newest["created_at"] if newest else None


def _languages(site: Site, name: str) -> tuple[Language, ...]:
    return tuple(each for each in site.configuration.site.languages if (name, each) in site.mail)


def _in(site: Site, name: str, language: Language) -> MailTemplate:
    """The template in `language`, else in another it is written in. Raises NotFound."""
    for each in (language, *site.configuration.site.languages):
        if (name, each) in site.mail:
            return site.mail[name, each]
    raise NotFound


def _subject(site: Site, template: MailTemplate) -> str:
    values = {**samples(template.language), **general_values(site, template.language)}
    return one_line(fill(template.subject, values))


def languages_of(site: Site, name: str) -> tuple[Language, ...]:
    """The languages a template is written in, the site's first language first. Raises NotFound for none."""
    return _languages(site, name) or (_in(site, name, "ja").language,)


def takes_application(site: Site, name: str) -> bool:
    """Whether the template can be shown with the values of a stored application."""
    return any(
        sent.fills >= APPLICATION - {"status_link"} for sent in senders(site.configuration).get(name, ())
    )


async def preview(site: Site, actor: Actor, name: str, language: Language, reference: str = "") -> Preview:
    """How a mail of the template looks with sample values, or with those of an application in the reader's
    reach (`reference`); what that one has no value for keeps the sample. Nothing is stored.

    Raises NotAllowed, NotFound (no such template in this language), SampleUnknown."""
    require(actor, "template.view")
    template = site.mail.get((name, language))
    if template is None:
        raise NotFound
    values = await _values(site, actor, template, reference)
    text = written(site, _letter(template, values), template, {})
    described = site.configuration.site
    heading = described.name(language)
    found = parts(text.body, language, title=text.subject, heading=heading, preheader=text.preheader)
    sender = described.sender
    told = sender.name if isinstance(sender.name, str) else sender.name(language)
    return Preview(
        name,
        language,
        f"{told} <{sender.address}>",
        text.subject,
        text.preheader,
        found,
        tuple(_told(template, described.mail.footer(language), {**values, **general_values(site, language)})),
        tuple(senders(site.configuration).get(name, ())),
        template.sensitive,
    )


def _told(template: MailTemplate, foot: str, values: Mapping[str, str]) -> list[tuple[str, Said, str]]:
    held = placeholders("\n".join((template.subject, template.preheader, template.body, foot)))
    return [
        (name, PLACEHOLDERS[name], values.get(name, ""))
        for name in dict.fromkeys(held)
        if name in PLACEHOLDERS
    ]


def _letter(template: MailTemplate, values: Mapping[str, str]) -> Letter:
    recipient = Recipient("", values["recipient_name"], template.language)
    return Letter(template.name, recipient, "sample", values=values)


async def _values(site: Site, actor: Actor, template: MailTemplate, reference: str) -> dict[str, str]:
    values = {**samples(template.language, site.base_url), **general_values(site, template.language)}
    if not reference:
        return values
    if not takes_application(site, template.name):
        raise SampleUnknown
    try:
        application = await find(site, actor, reference.strip())
    except (NotFound, NotAllowed) as refusal:
        raise SampleUnknown from refusal
    stored = values_of(site, application, template.language)
    return values | {name: value for name, value in stored.items() if value}


async def send_to_myself(
    site: Site, actor: Actor, name: str, language: Language, reference: str = ""
) -> None:
    """Put a sample of the template into the outbox, to the actor's own address: marked as one, with links
    that lead nowhere, at most TRIALS_AN_HOUR times an hour. Raises NotAllowed, NotFound, SampleUnknown,
    TrialRefused, TrialsExhausted."""
    require(actor, "template.try")
    template = site.mail.get((name, language))
    if template is None:
        raise NotFound
    values = await _values(site, actor, template, reference)
    if not actor.email or await is_withheld(site, name, actor.email):
        raise TrialRefused
    await _count(site, actor)
    await _queue(site, actor, template, {**values, "recipient_name": actor.name})


async def _count(site: Site, actor: Actor) -> None:
    try:
        await allowances.take(site, "mail samples", str(actor.account_id), TRIALS_AN_HOUR)
    except TooManyRequests as refusal:
        exhausted = TrialsExhausted(count=TRIALS_AN_HOUR, time=refusal.values["time"])
        exhausted.retry_after = refusal.retry_after
        raise exhausted from refusal


async def _queue(site: Site, actor: Actor, template: MailTemplate, values: Mapping[str, str]) -> None:
    language = template.language
    marked = replace(
        template,
        subject=f"{TRIAL(language)} {template.subject}",
        body=f"> {IS_TRIAL(language)}\n\n{template.body}",
    )
    cause, recipient = f"sample:{new_id()}", Recipient(actor.email, actor.name, language)
    letter = Letter(template.name, recipient, cause, values=values, account_id=actor.account_id)
    message = message_of(site, letter, marked, cause, {})

    async def body(session: Session) -> None:
        await message.insert(session=session)
        subject = Subject(kind="mail_template", label=template.name)
        await record_event(site, actor, "mail_template.tried", subject, session, language=language)

    await site.store.transaction(body)
