"""The mail of a message, as it goes to the mail server."""

import email.utils
from email.headerregistry import Address
from email.message import EmailMessage

from models.configuration.site import SiteDefinition
from models.language import Text
from models.services.delivery import Envelope


def compose(envelope: Envelope, site: SiteDefinition) -> EmailMessage:
    """The mail of a message. Its Message-ID is stable, so that a duplicate can be recognised."""
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
    mail.set_content(envelope.body, cte="base64")
    return mail
