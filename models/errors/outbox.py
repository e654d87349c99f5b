"""Failures of the outbox: mails that cannot be sent again or called off."""

from models.errors.base import TorokuError


class MailMoved(TorokuError):
    """A mail is no longer where this page thought: it is being sent, was sent or called off meanwhile."""

    code = "T-M101"
    status = 409
    message = "This mail is being sent or was dealt with meanwhile. Look at it again."


class MailErased(TorokuError):
    """A mail whose text was erased cannot be sent again."""

    code = "T-M102"
    status = 409
    message = "The text of this mail has been erased, so it cannot be sent again."


class AbortRefused(TorokuError):
    """Calling off a mail without saying why; ``field`` is the input at fault."""

    code = "T-M103"
    status = 422
    message = "Say in a few words why the mail is not to be sent."
    field = "reason"
