"""Mail templates: Markdown with placeholders only, one file per language."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.language import LANGUAGES, Language, Message
from models.schema.finding import Finding
from models.schema.source import read_text, spell

PLACEHOLDERS: Mapping[str, Message] = {
    "site_name": Message("the site's name"),
    "organisation": Message("who runs the site"),
    "contact": Message("where to ask"),
    "reference": Message("the application's reference number"),
    "record_type": Message("what is applied for"),
    "kind": Message("registration, change or deletion"),
    "title": Message("what the record is called"),
    "recipient_name": Message("the person written to"),
    "operator_name": Message("the operator"),
    "operators": Message("the operators it is about by name and number, the first ten"),
    "operator_word": Message("what the site calls an operator, as within a sentence"),
    "state": Message("where the application stands now"),
    "due_date": Message("the day by which the recipient is to act"),
    "expected": Message("by when the outcome can be expected, as a sentence"),
    "remarks": Message("the reviewer's remarks, one per field"),
    "reason": Message("why it was returned or rejected"),
    "record_number": Message("the number given at registration"),
    "administrator_id": Message("the administrator's ID"),
    "account_id": Message("the ID of the account"),
    "change": Message("what was done with the account, as a sentence"),
    "changed_by": Message("who did it"),
    "delegate_scope": Message("for whom, in what and until when a delegate may act, as a sentence"),
    "review_page": Message("the address of the page where accounts are reviewed"),
    "count": Message("how many there are"),
    "first_reference": Message("the reference number of the first of them"),
    "last_reference": Message("the reference number of the last of them"),
    "result_page": Message("the address of the page that tells what became of each row"),
    "page": Message("the address of the page the mail is about"),
    "serial": Message("the serial number of a client certificate"),
    "days": Message("how many days are left"),
    "left": Message("how much time is left until the term ends, or has passed since"),
    "terms_title": Message("what the terms of use are called"),
    "terms_version": Message("the version of the terms that was published"),
    "terms_change": Message("what it changed"),
    "effective_day": Message("the day from which it applies"),
    "declaration": Message("what is to be confirmed"),
    "acknowledge": Message(
        "whether and until when a notice is to be acknowledged, as a sentence; may be empty"
    ),
    "lines": Message("what waits for the recipient, a list"),
    "person_name": Message("the person the mail is about"),
    "preferences_page": Message("the address of the page where the recipient chooses which mails to get"),
    "base_url": Message("the address of this site; the path of a page is written behind it"),
    "status_link": Message("one-time link to follow the application"),
    "resume_link": Message("one-time link to go on with a draft"),
    "set_password_link": Message("one-time link to set a password"),
    "confirm_link": Message("one-time link to confirm an address"),
    "confirm_loss_link": Message("one-time link to say what is to be stopped after a report of loss"),
}
"""Every placeholder a template may hold, with what it stands for (the manual's table)."""

DUE_SOON = "due_soon"
"""Template that reminds an applicant of what is due."""

OVERDUE = "requests_overdue"
"""Template that tells the staff of a request nobody answered in time."""

RECORD_DUE_SOON, RECORD_OVERDUE = "record_due_soon", "record_overdue"
"""Templates that tell whoever a record waits for that its term ends soon, or has ended."""

DUTY_OVERDUE, DUTIES_OVERDUE = "duty_overdue", "duties_overdue"
"""Templates that tell an operator, and the staff, of a duty nobody fulfilled in time."""

CHOOSING = "preferences_page"
"""Placeholder of the page where a reader chooses whether to get such mails; they name it in a header too."""

BULK_RECEIVED = "bulk_received"
"""Template of the one mail that tells of many applications from a file, where a site has it."""

FRONT = ("subject", "preheader")
"""The keys of a template's front matter."""

LinkPurpose = Literal["open_application", "set_password", "confirm_address", "confirm_loss"]

LINKS: Mapping[str, LinkPurpose] = {
    "status_link": "open_application",
    "resume_link": "open_application",
    "set_password_link": "set_password",
    "confirm_link": "confirm_address",
    "confirm_loss_link": "confirm_loss",
}
"""Placeholders that become one-time links when the mail is sent, with the purpose of the link."""

_PLACEHOLDER = re.compile(r"\{([a-z_]{1,40})\}")
_KEY = re.compile(r"^([a-z_]+): *(.*?) *$", re.MULTILINE)
_FRONT = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """One template in one language."""

    name: str
    language: Language
    subject: str
    body: str
    path: Path = Path()
    first_line: int = 1
    """The line of the file its body begins in."""
    preheader: str = ""
    """What mail programs show behind the subject in their lists; "" for the first words of the body."""

    @property
    def text(self) -> tuple[str, str, str]:
        """What a reader gets to see, wherever it is written."""
        return self.subject, self.preheader, self.body

    @property
    def sensitive(self) -> bool:
        """Whether its body gives power to whoever reads it, so that it is never shown to staff."""
        return "{set_password_link}" in self.body or "{confirm_loss_link}" in self.body


def read_template(path: Path) -> tuple[MailTemplate | None, list[Finding]]:
    """Read ``<name>.<language>.md``: a front matter with ``subject:`` and perhaps ``preheader:``, then the
    body. With findings for every key (T-E003) and placeholder (T-E017) that does not exist, and no template
    where the file is none."""
    name, language = path.name.split(".")[:2]
    if language not in LANGUAGES:
        problem = ", ".join(f"{name}.{known}.md" for known in LANGUAGES)
        return None, [Finding("T-E005", spell(path), 1, {"key": language, "problem": problem})]
    text = read_text(path)
    if isinstance(text, Finding):
        return None, [text]
    match = _FRONT.match(text.replace("\r\n", "\n"))
    front = dict(_KEY.findall(match[1])) if match else {}
    if match is None or not front.get("subject"):
        return None, [Finding("T-E004", spell(path), 1, {"key": "subject"})]
    template = MailTemplate(
        name,
        "ja" if language == "ja" else "en",
        front["subject"].strip("\"'"),
        match[2].strip() + "\n",
        path,
        match[1].count("\n") + 4 + len(match[2]) - len(match[2].lstrip("\n")),
        front.get("preheader", "").strip("\"'"),
    )
    return template, [*_keys(path, front), *_placeholders(path, text)]


def _keys(path: Path, front: Mapping[str, str]) -> Iterator[Finding]:
    for number, key in enumerate(front, 2):
        if key not in FRONT:
            values = {"key": key, "suggestion": nearest(key, FRONT), "known": ", ".join(FRONT)}
            yield Finding("T-E003", spell(path), number, values)


def _placeholders(path: Path, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for name in placeholders(line):
            if name not in PLACEHOLDERS:
                yield Finding("T-E017", spell(path), number, unknown_place(name))


def unknown_place(name: str) -> dict[str, str]:
    """What a finding says of a placeholder that does not exist."""
    return {
        "name": name,
        "suggestion": nearest(name, tuple(PLACEHOLDERS)),
        "known": ", ".join(PLACEHOLDERS),
    }


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word most like this one."""
    return next(iter(difflib.get_close_matches(word, known, 1, 0.4)), known[0])


def placeholders(text: str) -> list[str]:
    """The names of the placeholders in a text, in their order."""
    return _PLACEHOLDER.findall(text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders put in; nothing in a value is read as a placeholder again."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], ""), text)
