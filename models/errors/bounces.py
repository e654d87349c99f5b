"""What can go wrong with mails that come back, and with addresses they come back from."""

from models.errors.base import TorokuError


class BounceUnreadable(TorokuError):
    """A mail of the mailbox for bounces that tells nothing the program understands; says what it is."""

    code = "T-M201"
    status = 422
    message = "This mail is not a bounce that can be read."


class BounceMailboxBroken(TorokuError):
    """The mailbox for bounces is not there, or cannot be read or emptied."""

    code = "T-M202"
    message = "The mailbox for bounces cannot be used: {place}"


class AddressMoved(TorokuError):
    """Whether an address is dead changed after the page that showed it was drawn."""

    code = "T-M203"
    status = 409
    message = "What is known of this address has changed meanwhile. Look at it again."
