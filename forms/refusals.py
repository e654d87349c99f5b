"""Refusals of the web's own making."""

from models.errors import TorokuError
from models.language import Message

TOO_MUCH = Message("More was sent than can be accepted. Please shorten it and send it again.")


class RequestTooLarge(TorokuError):
    """More was sent than any page of ours asks for."""

    code = "T-V004"
    status = 413
    message = TOO_MUCH.msgid
