"""The mail of a message, as it goes to the mail server."""

import email.utils
from email.headerregistry import Address
from email.message import EmailMessage

from models.configuration.site import SiteDefinition
from models.language import Text
from models.letters.parts import parts
from models.services.delivery import Envelope

ENCODINGS = {"ja": "base64", "en": "quoted-printable"}
"""How the parts are carried (RFC 2045, 6.7 and 6.8): whichever is the shorter for the language."""


def compose(envelope: Envelope, site: SiteDefinition) -> EmailMessage:
    """The mail of a message, as text and as HTML (RFC 2046, 5.1.4). Its Message-ID is stable, so that a
    duplicate can be recognised."""
    message = envelope.message
    name = site.sender.name(message.language) if isinstance(site.sender.name, Text) else site.sender.name
    mail = EmailMessage()
    mail["From"] = Address(name, addr_spec=site.sender.address)
    mail["To"] = Address(message.to_name, addr_spec=message.to_address)
    mail["Subject"] = message.subject
    mail["Date"] = email.utils.format_datetime(message.created_at)
    mail["Message-ID"] = message.message_id
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    _write(mail, envelope, site)
    return mail


def _write(mail: EmailMessage, envelope: Envelope, site: SiteDefinition) -> None:
    message = envelope.message
    found = parts(
        envelope.body,
        message.language,
        title=message.subject,
        heading=site.name(message.language),
        preheader=message.preheader,
    )
    encoding = ENCODINGS[message.language]
    mail.set_content(found.text, cte=encoding)
    mail.add_alternative(found.html, subtype="html", cte=encoding)
