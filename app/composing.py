"""The mail of a message, as it goes to the mail server."""

import email.utils
from email.headerregistry import Address
from email.message import EmailMessage

from app.mail import on_the_wire
from app.wire import SEVEN_BIT
from models.configuration.site import SiteDefinition
from models.language import Text
from models.letters.parts import parts
from models.services.delivery import Envelope
from models.services.messages import one_line

ENCODINGS = {"ja": "base64", "en": "quoted-printable"}
"""How the parts are carried (RFC 2045, 6.7 and 6.8): whichever is the shorter for the language."""

NAME_LIMIT = 120
"""Characters of a name in a header: no line of a mail may be longer than 998 octets (RFC 5322, 2.1.1)."""


def compose(envelope: Envelope, site: SiteDefinition) -> EmailMessage:
    """The mail of a message, as text and as HTML (RFC 2046, 5.1.4). Its Message-ID is stable, so that a
    duplicate can be recognised."""
    message = envelope.message
    name = site.sender.name(message.language) if isinstance(site.sender.name, Text) else site.sender.name
    mail = EmailMessage(policy=SEVEN_BIT)
    mail["From"] = mailbox(name, site.sender.address)
    mail["To"] = mailbox(message.to_name, on_the_wire(message.to_address))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = email.utils.format_datetime(message.created_at)
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.preferences:  # a page to choose on (RFC 2369, 3.2); one click for all is not what it does
        mail["List-Unsubscribe"] = f"<{message.preferences}>"
    _write(mail, envelope, site)
    return mail


def mailbox(name: str, address: str) -> Address:
    """A person with an address, as a header holds it: whatever the name is, it stays one line and a name.
    Raises ValueError."""
    local, _, domain = address.rpartition("@")
    return Address(one_line(name)[:NAME_LIMIT], local, domain)


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
    mail["Content-Language"] = message.language  # last: headers of the content go into its first part
