"""What status codes of mail servers say of an address (RFC 3463; RFC 7505 for 5.1.10)."""

import re

GONE = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1"})
"""Codes that speak of the address itself: no such mailbox, no such domain, moved, disabled. 5.1.7 to 5.1.9
speak of the sender's."""

VAGUE = frozenset({"5.0.0", "5.0.350", "5.2.0", "5.3.0", "5.4.1", "5.4.4", "5.5.0", "5.5.1"})
"""Codes servers give for everything: there the words decide."""

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?=[ -])")

_PASSING = re.compile(
    r"quota|(?:mailbox|inbox|storage|account|user) (?:is )?full|over ?size|too (?:large|big)|at a rate"
    r"|too many|temporar|try again|spam|junk|reputation|blacklist|blocklist|blocked|policy|容量|一杯|迷惑",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"(?:unknown|no such|invalid|bad|non-?existent) (?:local )?"
    r"(?:user|mailbox|recipient|address|account|local.?part|domain)"
    r"|(?:user|mailbox|recipient|address|account)[^.]{0,60}?"
    r"(?:unknown|not? (?:be )?(?:found|known|valid|exist|listed)|(?:does|do|did)(?: not|n't) exist|no longer"
    r"|unavailable|disabled|inactive|suspended|deactivated|invalid|rejected)"
    r"|no mailbox here by that name|host (?:or domain name )?not found|couldn't find any host"
    r"|存在しま|存在しない|見つかりま|宛先不明|あて先不明",
    re.IGNORECASE,
)


def read_status(text: str) -> str:
    """The first status code in `text`, or the class of an SMTP reply as ``5.0.0``; "" for neither."""
    if found := _CODE.search(text):
        return ".".join(str(int(part)) for part in found.groups())
    reply = _REPLY.search(text)
    return f"{reply[1]}.0.0" if reply else ""


def is_about_sender(status: str) -> bool:
    """Whether a failure is about who wrote, and not about the address: security and policy (RFC 3463, 3.8),
    or the sender's own address."""
    return status[1:].startswith(".7.") or status[1:] in (".1.7", ".1.8", ".1.9")


def is_gone(status: str, text: str) -> bool:
    """Whether a failure says that the address itself takes no mail any more, for good. A full mailbox, a
    refusal of what was written or of who sent it, and anything of class 4 may pass."""
    if not status.startswith("5.") or _PASSING.search(text):
        return False
    return status in GONE or (status in VAGUE and _GONE.search(text) is not None)
