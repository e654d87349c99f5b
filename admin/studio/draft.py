"""What stands in the editor: the YAML and what goes with it, kept whatever becomes of the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from admin.posted import text_of

LARGEST_TEXT = 200_000
"""Characters of one record type: the largest of the shipped ones has a tenth of them."""

LARGEST_PART = 1024 * 1024
"""Bytes of one input that are still read, so that a text over LARGEST_TEXT comes back with a message."""

MOST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Draft:
    """One state of the editor. `effective` is as typed (``2026-04-01T09:30``), in the site's time zone."""

    text: str
    action: str = ""
    note: str = ""
    effective: str = ""
    acknowledged: frozenset[str] = field(default_factory=frozenset)
    base: int | None = None
    """The version in force when the editor was opened; None for a new type."""

    @property
    def is_too_long(self) -> bool:
        return len(self.text) > LARGEST_TEXT


def read_draft(form: FormData) -> Draft:
    """What was posted, line ends as ``\\n``, nothing else of the text touched."""
    typed = form.get("text")
    base = text_of(form, "base", longest=9)
    return Draft(
        text=_lines(typed) if isinstance(typed, str) else "",
        action=text_of(form, "do", longest=64),
        note=text_of(form, "note", longest=LARGEST_PART)[:MOST_NOTE],
        effective=text_of(form, "effective", longest=LARGEST_PART)[:32],
        acknowledged=frozenset(str(path)[:300] for path in form.getlist("acknowledge")),
        base=int(base) if base.isascii() and base.isdigit() else None,
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The moment a ``datetime-local`` input means in `zone`; None for nothing. Raises ValueError."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment


def line_numbers(lines: Mapping[int, str], text: str, around: int = 1) -> list[tuple[int, str, str]]:
    """The lines of `text` named in `lines` (number: tone) with `around` neighbours: number, line, tone."""
    written = text.split("\n")
    near = {n for line in lines for n in range(line - around, line + around + 1) if 1 <= n <= len(written)}
    return [(n, written[n - 1], lines.get(n, "")) for n in sorted(near)]
