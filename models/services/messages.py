"""The outbox: mails are rendered and stored in the transaction of their cause, sent later by a worker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from models.configuration.mail import CHOOSING, LINKS, MailTemplate, fill
from models.documents.base import Id, new_id
from models.documents.message import Message, Stamp
from models.documents.store import Session
from models.language import Language
from models.letters.values import put_in
from models.services.addresses_dead import DEAD, is_withheld
from models.services.links import make_link
from models.services.return_paths import message_id_of
from models.services.side_words import side_words
from models.services.site import Site


@dataclass(frozen=True)
class Recipient:
    """Who a mail goes to."""

    address: str
    name: str = ""
    language: Language = "ja"


@dataclass(frozen=True)
class Letter:
    """What to write: the template, its values, and what it is about."""

    template: str
    recipient: Recipient
    cause: str
    """What the mail is sent for, from stable ids only: the same cause never mails the same person twice."""
    to: str = ""
    """How the workflow names the recipient."""
    values: Mapping[str, str] = field(default_factory=dict)
    application_id: Id | None = None
    operator_id: Id | None = None
    account_id: Id | None = None
    subject_id: Id | None = None
    """What a link in the mail is about, besides application and account."""
    stamp: Stamp | None = None
    until: datetime | None = None
    """The day by which the recipient is to act: links in the mail live at least until then."""


async def queue_letter(site: Site, letter: Letter, session: Session) -> None:
    """Put one mail into the outbox. A mail of the same cause, template and recipient is left as it is; one to
    an address mails no longer reach is kept there and not sent."""
    template = template_of(site, letter.template, letter.recipient.language)
    key = key_of(letter)
    if await Message.raw().find_one({"dedupe_key": key}, {"_id": 1}, session=session):
        return
    links = {}
    for name in LINKS:
        if f"{{{name}}}" in template.body:
            link = await make_link(
                site,
                LINKS[name],
                session,
                application_id=letter.application_id,
                account_id=letter.account_id,
                subject_id=letter.subject_id,
                until=letter.until,
                address=letter.recipient.address,
            )
            links[name] = link.id
    message = message_of(site, letter, template, key, links)
    if await is_withheld(site, template.name, letter.recipient.address, session):
        message.withheld_at, message.withheld_why = site.now(), DEAD
        message.next_at = message.due_at = None
    await message.insert(session=session)


def key_of(letter: Letter) -> str:
    """The ``dedupe_key`` of a letter's mail."""
    return f"{letter.cause}:{letter.template}:{letter.recipient.address}"


def is_written(site: Site, name: str) -> bool:
    """Whether the site has this template, in its first language at least."""
    return (name, site.configuration.site.languages[0]) in site.mail


def template_of(site: Site, name: str, language: Language) -> MailTemplate:
    """The template in `language`, else in the site's first language; `schema check` holds that it exists."""
    mail = site.mail
    return mail.get((name, language)) or mail[name, site.configuration.site.languages[0]]


def message_of(
    site: Site, letter: Letter, template: MailTemplate, key: str, links: dict[str, str]
) -> Message:
    """A letter as a mail of the outbox, with the ids of its one-time `links`; nothing is stored."""
    identity, language = new_id(), letter.recipient.language
    text = written(site, letter, template, {name: placeholder(link_id) for name, link_id in links.items()})
    domain = site.configuration.site.sender.address.rpartition("@")[2]
    return Message(
        id=identity,
        dedupe_key=key,
        message_id=message_id_of(site, identity, domain),
        template=template.name,
        language=language,
        to=letter.to,
        to_name=letter.recipient.name,
        to_address=letter.recipient.address,
        subject=text.subject,
        preheader=text.preheader,
        body=text.body,
        preferences=letter.values.get(CHOOSING, "") if f"{{{CHOOSING}}}" in template.body else "",
        links=links,
        sensitive=template.sensitive,
        application_id=letter.application_id,
        operator_id=letter.operator_id,
        account_id=letter.account_id,
        stamp=letter.stamp,
        created_at=site.now(),
        next_at=site.now(),
    )


@dataclass(frozen=True, slots=True)
class Written:
    """A template with its values put in: a subject and a preheader of one line each, a body in Markdown."""

    subject: str
    preheader: str
    body: str


def written(site: Site, letter: Letter, template: MailTemplate, links: Mapping[str, str]) -> Written:
    """The words of a letter with the site's foot beneath, and `links` where its one-time links go. Values
    stay text: what is in them is never read as Markdown."""
    language = letter.recipient.language
    values = {
        **general_values(site, language),
        "recipient_name": letter.recipient.name,
        **letter.values,
        **links,
    }
    return Written(
        one_line(fill(template.subject, values)),
        one_line(fill(template.preheader, values)),
        put_in(with_foot(template.body, site.configuration.site.mail.footer(language)), values),
    )


def general_values(site: Site, language: Language) -> dict[str, str]:
    """The placeholders that stand for the same in every mail."""
    described = site.configuration.site
    return {
        "site_name": described.name(language),
        "organisation": described.organisation(language),
        "contact": described.contact(language),
        "base_url": site.base_url,
        "operator_word": side_words(site)["operator"](language),
    }


def with_foot(body: str, foot: str) -> str:
    """The body of a template with the site's foot under a rule; without one, as it is."""
    return f"{body.rstrip()}\n\n---\n\n{foot.strip()}\n" if foot.strip() else body


def placeholder(link_id: str) -> str:
    """What stands for a link until it is sent: unguessable, so no answer can stand in for it."""
    return f"[[{link_id}]]"


def one_line(text: str) -> str:
    """`text` fit for a mail header: no line breaks or control characters (ASVS 1.3.11), and nothing that
    would be read as an encoded word (RFC 2047) and become other words."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()).replace("=?", "= ?")
