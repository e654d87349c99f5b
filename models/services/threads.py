"""Threads between the staff and one operator: instructions, questions and the answers to them.

A thread belongs to something else (a report, an investigation). Whoever owns that says who may read and write
there and where; a thread itself keeps operators apart, holds what was written for ever, and tells the other
side by a mail which carries the address of the page and nothing of what was written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from models.documents.base import Id, Person, new_id
from models.documents.event import Subject
from models.documents.guarded import insert_or
from models.documents.store import Session
from models.documents.thread import Post
from models.errors import AlreadyDone, AnswersInvalid, NotAllowed, NotFound
from models.language import Message
from models.permissions import Actor
from models.schema.reading import AnswerError
from models.services.events import record_event
from models.services.messages import Letter, Recipient, queue_letter
from models.services.recipients import people_of_operator, people_of_role
from models.services.site import Site

LONGEST = 4000
"""Longest message (characters)."""

SHOWN = 200
"""Most messages of one thread read at once, the newest."""

MAIL = "thread_message"
"""Template of the mail that tells the other side."""

_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class About:
    """What a thread is about. `title` stands in the mail: a number, nothing personal. `page` and `staff_page`
    are the paths at which either side reads it; `roles` are the staff who are told."""

    operator_id: Id
    title: str
    page: str
    staff_page: str
    roles: tuple[str, ...]
    label: str = ""
    """What the events call it; the title where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message as its reader sees it: ``by`` is None where an operator reads what the staff wrote."""

    text: str
    at: datetime
    by: Person | None
    from_staff: bool


async def post(
    site: Site,
    actor: Actor,
    subject_kind: str,
    subject_id: Id,
    text: str,
    session: Session,
    *,
    about: About,
    key: str = "",
) -> Post:
    """Add a message to a thread, in the caller's transaction, and tell the other side.

    Raises AnswersInvalid (path ``text``), NotAllowed (neither staff nor an operator), NotFound (another
    operator's), AlreadyDone (a form sent twice: the same `key`, 32 hexadecimal digits)."""
    _require_side(actor, about.operator_id)
    written = Post(
        id=new_id(),
        subject_kind=subject_kind,
        subject_id=subject_id,
        operator_id=about.operator_id,
        key=f"{actor.account_id}:{key}" if _KEY.fullmatch(key) else str(new_id()),
        text=checked(text),
        by=actor.person,
        at=site.now(),
    )
    await insert_or(AlreadyDone("This message has been sent already."), written, session)
    for letter in await _letters(site, actor, about, str(written.id)):
        await queue_letter(site, letter, session)
    subject = Subject(kind=subject_kind, id=subject_id, label=about.label or about.title)
    action = f"{subject_kind}.message_posted"
    await record_event(site, actor, action, subject, session, operator_id=about.operator_id)
    return written


async def messages(site: Site, actor: Actor, subject_kind: str, subject_id: Id) -> list[Said]:
    """The messages of a thread, oldest first (the newest SHOWN). Operators find those of their own only."""
    where: dict[str, object] = {"subject_kind": subject_kind, "subject_id": subject_id}
    if actor.kind != "staff":
        where["operator_id"] = actor.operator_id or new_id()
    rows = await Post.raw().find(where).sort("_id", -1).limit(SHOWN).to_list(None)
    return [_said(actor, Post.model_validate(row)) for row in reversed(rows)]


def checked(text: str, path: str = "text") -> str:
    """A message somebody typed. Raises AnswersInvalid at `path` where there is none, or too much."""
    told = text.replace("\r\n", "\n").strip()
    if told and len(told) <= LONGEST:
        return told
    said = Message("Write the message first.")
    if told:
        said = Message("The message has {count} characters; at most {most} fit.", _size(told))
    raise AnswersInvalid((AnswerError(path, "required", said),))


def _size(text: str) -> Mapping[str, object]:
    return {"count": len(text), "most": LONGEST}


def _require_side(actor: Actor, operator_id: Id) -> None:
    if actor.kind not in ("staff", "operator"):
        raise NotAllowed(rule="admin.enter")
    if actor.kind == "operator" and actor.operator_id != operator_id:
        raise NotFound


def _said(actor: Actor, written: Post) -> Said:
    from_staff = written.by.kind == "staff"
    hidden = from_staff and actor.kind != "staff"
    return Said(written.text, written.at, None if hidden else written.by, from_staff)


async def _letters(site: Site, actor: Actor, about: About, cause: str) -> list[Letter]:
    """The mails to the other side: to the operator's administrators, or to the staff of the roles."""
    to_operator = actor.kind == "staff"
    people = await people_of_operator(site, about.operator_id) if to_operator else await _staff(about.roles)
    page = about.page if to_operator else about.staff_page
    return [
        Letter(
            template=MAIL,
            recipient=recipient,
            cause=f"post:{cause}",
            to="operator" if to_operator else "",
            values={"title": about.title, "page": f"{site.base_url}{page}"},
            operator_id=about.operator_id if to_operator else None,
        )
        for recipient in people
    ]


async def _staff(roles: Sequence[str]) -> list[Recipient]:
    """Everybody of these roles, once."""
    found = {person.address: person for role in roles for person in await people_of_role(role)}
    return list(found.values())
