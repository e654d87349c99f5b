"""Failures of what people keep for themselves: the secret addresses of their calendars."""

from models.errors.base import TorokuError


class FeedMoved(TorokuError):
    """The address of a calendar was renewed or ended meanwhile, in another window."""

    code = "T-I101"
    status = 409
    message = "The address of your calendar was changed in another window. Look at it again before you go on."
