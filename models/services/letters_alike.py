"""Many letters that say the same: what they have in common is written once, and each mail is a row that
differs from the others in a few values."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from models.configuration.mail import fill
from models.documents.base import new_id
from models.documents.guarded import insert_rows, row_of
from models.documents.message import Message
from models.documents.store import Session
from models.errors import JobMoved
from models.letters.values import Sheet, begun, finished
from models.services.messages import (
    Letter,
    general_values,
    key_of,
    message_of,
    one_line,
    template_of,
    with_foot,
)
from models.services.return_paths import message_id_of
from models.services.site import Site

OWN = ("recipient_name", "operator_name")
"""The values by which letters that are alike differ."""


async def queue_letters(site: Site, letters: Iterable[Letter], session: Session) -> int:
    """Put many mails into the outbox with one write, each as ``queue_letter`` does, and return how many of
    them are new; that an address is dead is seen when they are sent. Mails with one-time links are for
    ``queue_letter``. Raises JobMoved where another worker put one of them there meanwhile."""
    wanted = {key_of(letter): letter for letter in reversed(list(letters))}  # of the same twice, the first
    found = Message.raw().find({"dedupe_key": {"$in": list(wanted)}}, {"dedupe_key": 1}, session=session)
    for row in await found.to_list(None):
        del wanted[row["dedupe_key"]]
    rows = list(_rows(site, reversed(wanted.items())))
    await insert_rows(JobMoved(), Message, rows, session)
    return len(rows)


def _rows(site: Site, letters: Iterable[tuple[str, Letter]]) -> Iterator[dict[str, Any]]:
    kinds: dict[Any, _Alike] = {}
    for key, letter in letters:
        shared = tuple((name, value) for name, value in letter.values.items() if name not in OWN)
        kind = (letter.template, letter.to, letter.recipient.language, letter.stamp, shared)
        if kind not in kinds:
            kinds[kind] = _Alike(site, letter, dict(shared))
        yield kinds[kind].row(key, letter)


class _Alike:
    """Letters of one template in one language that differ in OWN alone."""

    def __init__(self, site: Site, first: Letter, shared: Mapping[str, str]) -> None:
        template = template_of(site, first.template, first.recipient.language)
        foot = site.configuration.site.mail.footer(first.recipient.language)
        known = {**general_values(site, first.recipient.language), **shared}
        self.values = known
        self.subject, self.preheader = template.subject, template.preheader
        self.body: Sheet = begun(with_foot(template.body, foot), known)
        self.lines: dict[str, str] = {}
        self.row_of_all = row_of(message_of(site, first, template, "", {}))
        self.site = site
        self.domain = site.configuration.site.sender.address.rpartition("@")[2]

    def row(self, key: str, letter: Letter) -> dict[str, Any]:
        """One mail as it is stored."""
        identity = new_id()
        own = {"recipient_name": letter.recipient.name, "operator_name": letter.values.get(OWN[1], "")}
        return {
            **self.row_of_all,
            "_id": identity,
            "dedupe_key": key,
            "message_id": message_id_of(self.site, identity, self.domain),
            "to_name": letter.recipient.name,
            "to_address": letter.recipient.address,
            "subject": self._line(self.subject, own),
            "preheader": self._line(self.preheader, own),
            "body": finished(self.body, own),
            "application_id": letter.application_id,
            "operator_id": letter.operator_id,
            "account_id": letter.account_id,
        }

    def _line(self, text: str, own: Mapping[str, str]) -> str:
        """A subject or a preheader; one that names nobody is written once."""
        if any(f"{{{name}}}" in text for name in OWN):
            return one_line(fill(text, {**self.values, **own}))
        if text not in self.lines:
            self.lines[text] = one_line(fill(text, self.values))
        return self.lines[text]
