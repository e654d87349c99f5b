"""Bounces without a report: qmail (QSBMF), Exim, the mobile carriers, and others that write for people."""

import re
from collections.abc import Iterator, Sequence

from models.interchange.status_codes import read_status

PARAGRAPHS = 60

_COPY = re.compile(
    r"^(?:-+ ?(?:Below this line is a copy|This is a copy of|(?:Below is the )?Original message)[^\n]*"
    r"|-{40,}|Content-Type: *message/rfc822|(?:Return-Path|Received|X-Envelope-From):[^\n]*)$",
    re.IGNORECASE | re.MULTILINE,
)
_RECIPIENT = re.compile(
    r"^(?: *(?:Recipient(?: address)?|To|送信先|宛先) *[:：] *)?[ \t]*<?([^\s<>:;,\"]+@[^\s<>:;,\"]+)>?",
    re.MULTILINE,
)
_FAILED = re.compile(
    r"not (?:be )?deliver|undeliver|unable to deliver|delivery (?:has )?failed|delivery to the following"
    r"|returned (?:mail|to sender)|permanent (?:fatal )?error|did not receive|was rejected|account is"
    r"|(?:5\d\d|4\d\d)[ -]|unknown user|user unknown|配信でき|配信されま|送信でき|届けられ|存在しま",
    re.IGNORECASE,
)


def read_plain(text: str, *, from_server: bool, named: Sequence[str] = ()) -> Iterator[tuple[str, str, str]]:
    """Address, status code and words of each recipient a bounce in words names; `named` are those its header
    names. Nothing for a mail that does not come from a mail server or does not speak of a failure."""
    told = _COPY.split(text, maxsplit=1)[0]
    if not (named or from_server) or not (named or _FAILED.search(told)):
        return
    found = dict(_recipients(told))
    for address in named or found:
        said = found.get(address) or told
        yield address, read_status(said) or read_status(told) or "5.0.0", said


def _recipients(told: str) -> Iterator[tuple[str, str]]:
    """Each address that begins a line, with what is said of it: the paragraph it stands in, and the one that
    leads to it."""
    before = ""
    for paragraph in re.split(r"\n[ \t]*\n", told)[:PARAGRAPHS]:
        found = _RECIPIENT.search(paragraph)
        if found:
            yield found[1].strip("."), f"{paragraph[found.start() :]} {before}".strip()
        else:
            before = paragraph
