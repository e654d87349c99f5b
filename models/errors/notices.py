"""Failures of what is announced: notices and their editions."""

from models.errors.base import TorokuError
from models.errors.work import TransitionRefused


class NotPublishable(TransitionRefused):
    """A record that cannot be published: its type has no ``publication``, it has no title or text in any
    language, or nobody knows its audience."""

    code = "T-N101"
    message = "This cannot be published: its title, its text or its audience is missing."


class NoticeMoved(TorokuError):
    """A notice is no longer as this page showed it: another edition was published meanwhile."""

    code = "T-N301"
    status = 409
    message = (
        "Another edition of this notice was published meanwhile. Please read it before you acknowledge it."
    )
