"""Mails that tell what became of a mail: delivery status notifications (RFC 3464 and 6533 in the report of
RFC 6522), the plain ones of older servers, automatic answers (RFC 3834). They come from anybody: nothing in
them is believed but what is looked up afterwards."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from itertools import islice
from typing import Literal

from models.errors import BounceUnreadable
from models.interchange.plain_bounces import read_plain
from models.interchange.status_codes import read_status

READ = 512 * 1024
"""Octets that are looked at: what a mail came back for stands before the copy of the mail."""

PARTS = 60
"""Most parts that may hold parts of their own."""

RECIPIENTS = 20
"""Most recipients of one mail that are read; each of ours goes to one."""

MESSAGE_IDS = 20
TEXT = 500
"""Longest text that is kept of what a server said (characters)."""

ADDRESS = 320

Action = Literal["failed", "delayed", "delivered"]

_ACTIONS: Mapping[str, Action] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_HOLDS_PARTS = re.compile(rb"(?:multipart|message)/", re.IGNORECASE)
_MESSAGE_ID = re.compile(
    r"^(?:x-original-)?(?:message-id|in-reply-to|references):\s*((?:<[^<>\s]{3,250}>\s*)+)",
    re.IGNORECASE | re.MULTILINE,
)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_ADDRESS = re.compile(r"[^\s<>;,\"]+@[^\s<>;,\"]+")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_FIRST = re.compile(r"\s*([a-z-]+)", re.IGNORECASE)
_ANSWERS = re.compile(
    r"out of (?:the )?office|auto(?:matic)?[ -]?(?:reply|response)|自動返信|自動応答|不在", re.I
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a mail for one recipient. `addresses`: as it was sent to, and as it was in the end."""

    action: Action
    addresses: tuple[str, ...]
    status: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one mail tells; `message_ids` are of every mail it names. An automatic answer has no outcomes."""

    outcomes: tuple[Outcome, ...]
    message_ids: tuple[str, ...] = ()


def read_report(raw: bytes) -> Report:
    """Read a mail that came back. Raises BounceUnreadable, which says what it is instead."""
    try:
        return _report(parsed(raw), _ends_of_lines(raw))
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BounceUnreadable("Its form cannot be read.") from error


def _ends_of_lines(raw: bytes) -> bytes:
    return raw[:READ].replace(b"\r\n", b"\n")


def _report(mail: Message, raw: bytes) -> Report:
    blocks = list(islice(_blocks(mail), RECIPIENTS + 1))
    outcomes = tuple(_outcomes(blocks)) or tuple(_from_words(mail))
    if not outcomes and not is_answer(mail):
        raise BounceUnreadable("It is neither a report of a delivery nor an automatic answer.")
    return Report(outcomes, tuple(_message_ids(mail, raw.decode("latin-1"))))


def parsed(raw: bytes) -> Message:
    """The mail, as far as READ goes. Raises BounceUnreadable for one that is empty or nested too deep."""
    head = _ends_of_lines(raw)
    if len(_HOLDS_PARTS.findall(head)) > PARTS:
        raise BounceUnreadable("It has too many parts within parts.")
    mail = message_from_bytes(head, policy=compat32)
    if not mail.keys():
        raise BounceUnreadable("It has no header.")
    return mail


def is_answer(mail: Message) -> bool:
    """Whether a program of the recipient's answered by itself: out of office, a receipt for reading."""
    submitted = header(mail, "Auto-Submitted").casefold()
    if submitted.startswith("auto-") or mail.get("X-Autoreply") or mail.get("X-Autorespond"):
        return True
    if str(mail.get_param("report-type", "")).casefold() == "disposition-notification":
        return True
    return _ANSWERS.search(header(mail, "Subject")) is not None


def header(mail: Message, name: str) -> str:
    """A header in words, on one line; what cannot be decoded stays as it is."""
    written = str(mail.get(name, ""))[:1000]
    try:
        pieces = decode_header(written)
        words = [each if isinstance(each, str) else each.decode(kind or "latin-1") for each, kind in pieces]
    except (HeaderParseError, ValueError, LookupError):
        words = [written]
    return plain("".join(words))


def plain(text: str, longest: int = TEXT) -> str:
    """`text` on one line, of characters that can be shown."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * longest]).split())[:longest]


def _blocks(mail: Message) -> Iterator[Mapping[str, str]]:
    """The groups of fields of every report in the mail, by names in small letters."""
    for part in mail.walk():
        if part.get_content_type() in _REPORTS:
            yield from _fields(part)


def _fields(part: Message) -> Iterator[Mapping[str, str]]:
    held = part.get_payload()
    for block in held if isinstance(held, list) else []:
        if isinstance(block, Message):
            yield {name.casefold(): _unescaped(str(value)) for name, value in block.raw_items()}
            inner = block.get_payload(decode=True)
            yield from _further(_decoded(inner, None)) if isinstance(inner, bytes) else ()


def _unescaped(value: str) -> str:
    """A field with the letters beyond ASCII that were written in it."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _further(text: str) -> Iterator[Mapping[str, str]]:
    """The groups that follow the first where a parser took the report for a mail of its own (RFC 6533)."""
    for block in text.split("\n\n")[: RECIPIENTS + 1]:
        lines = re.sub(r"\n[ \t]+", " ", block.strip()).splitlines()
        pairs = [line.partition(":") for line in lines if ":" in line]
        if pairs:
            yield {name.strip().casefold(): value.strip() for name, _, value in pairs}


def _outcomes(blocks: Iterable[Mapping[str, str]]) -> Iterator[Outcome]:
    for block in blocks:
        said = _FIRST.match(block.get("action", ""))
        action = _ACTIONS.get(said[1].casefold()) if said else None
        named = [_address(block.get(name, "")) for name in ("original-recipient", "final-recipient")]
        addresses = tuple(dict.fromkeys(address for address in named if address))
        if action is None or not addresses:
            continue
        diagnosis = plain(block.get("diagnostic-code", ""))
        status = read_status(block.get("status", "")) or read_status(diagnosis)
        yield Outcome(action, addresses, status or _default(action), diagnosis)


def _default(action: Action) -> str:
    return {"failed": "5.0.0", "delayed": "4.0.0", "delivered": "2.0.0"}[action]


def _address(field: str) -> str:
    """The address of ``rfc822; name@example.jp`` (or ``utf-8;``, xtext undone), "" where there is none."""
    kind, _, text = field.rpartition(";")
    shown = _XTEXT.sub(lambda found: chr(int(found[1], 16)), text) if "utf-8" not in kind.casefold() else text
    found = _ADDRESS.search(shown[:2000]) or _ADDRESS.search(text[:2000])
    return found[0] if found and len(found[0]) <= ADDRESS and found[0].isprintable() else ""


def _from_words(mail: Message) -> Iterator[Outcome]:
    """What older servers write in words, where the mail comes from a mail server at all."""
    named = _ADDRESS.findall(header(mail, "X-Failed-Recipients"))
    for address, status, said in read_plain(words_of(mail), from_server=_is_from_server(mail), named=named):
        if len(address) <= ADDRESS:
            action: Action = (
                "delayed" if status.startswith("4.") and "warning" in said.casefold() else "failed"
            )
            yield Outcome(action, (address,), status, plain(said))


def _is_from_server(mail: Message) -> bool:
    sender = header(mail, "From").casefold()
    return any(name in sender for name in ("mailer-daemon", "postmaster", "mail delivery", "mail-daemon"))


def words_of(mail: Message) -> str:
    """The first text of the mail, as it is meant to be read."""
    for part in mail.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return _decoded(payload if isinstance(payload, bytes) else b"", part.get_content_charset())
    return ""


def _decoded(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return payload.decode("utf-8", "replace")


def _message_ids(mail: Message, text: str) -> Iterator[str]:
    """The ids of mails this one names, in plain sight or in an encoded part; its own left out."""
    own = str(mail.get("Message-ID", "")).strip()
    places = (text, *map(_encoded, mail.walk()))
    found = (name for place in places for ids in _MESSAGE_ID.findall(place) for name in ids.split())
    yield from islice((name for name in dict.fromkeys(found) if name != own), MESSAGE_IDS)


def _encoded(part: Message) -> str:
    """What an encoded part says; of a mail that some servers return encoded (against RFC 2046) too."""
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip()
    held = part.get_payload()
    if encoding.casefold() not in ("base64", "quoted-printable"):
        return ""
    if isinstance(held, list) and held and isinstance(held[0], Message) and not held[0].keys():
        part = held[0]
        part["Content-Transfer-Encoding"] = encoding
    payload = part.get_payload(decode=True)
    return _decoded(payload, None) if isinstance(payload, bytes) else ""
