"""Comments of the staff on an application: apart from everything an applicant sees, and from every mail.

They are written by permission ``application.comment`` and read by whoever of the staff may see the
application. One's own may be put right or taken back for a quarter of an hour; what stands longer is answered
by another."""

import re
from contextlib import suppress
from datetime import timedelta
from typing import Any

from models.documents.account import Account
from models.documents.application import Application
from models.documents.base import Id, new_id
from models.documents.comment import Comment, Mentioned
from models.documents.guarded import insert_or, update_where
from models.documents.store import Session
from models.errors import AlreadyDone, CommentRefused, NotAllowed, NotFound
from models.permissions import Actor, may_view, require
from models.services.applications import subject_of
from models.services.events import record_event
from models.services.seeing import require_in_reach
from models.services.site import Site

LONGEST = 4000
"""Longest comment (characters)."""

SHOWN = 200
"""Most comments of one application read at once, the newest."""

MENDING = timedelta(minutes=15)
"""How long one's own comment may be changed."""

MENTIONED = 20
"""Most colleagues one comment can name."""

MENTION = re.compile(r"(?<![\w@.])@([A-Za-z0-9][A-Za-z0-9._-]{1,63})")
_KEY = re.compile(r"[0-9a-f]{32}")


async def comments_of(site: Site, actor: Actor, application: Application) -> list[Comment]:
    """The comments on an application, oldest first (the newest SHOWN). Raises NotAllowed, NotFound."""
    await _require_reader(site, actor, application)
    cursor = Comment.raw().find({"application_id": application.id}).sort("_id", -1).limit(SHOWN)
    found = [Comment.model_validate(each) async for each in cursor]
    return found[::-1]


async def write(site: Site, actor: Actor, application: Application, text: str, key: str = "") -> None:
    """Add a comment. A form sent twice (the same `key`, 32 hexadecimal digits) adds one.

    Raises NotAllowed, NotFound, CommentRefused (empty, too long)."""
    await _require_writer(site, actor, application)
    told = _checked(text)
    comment = Comment(
        id=new_id(),
        application_id=application.id,
        key=f"{actor.account_id}:{key}" if _KEY.fullmatch(key) else str(new_id()),
        text=told,
        by=actor.person,
        at=site.now(),
        mentions=await _mentioned(told),
    )

    async def body(session: Session) -> None:
        await insert_or(AlreadyDone(), comment, session)
        await _told(site, actor, application, "commented", comment, session)

    with suppress(AlreadyDone):
        await site.store.transaction(body)


async def edit(site: Site, actor: Actor, application: Application, identifier: Id, text: str) -> None:
    """Put one's own comment right. Raises CommentRefused where it is somebody else's, taken back or older
    than MENDING."""
    told = _checked(text)
    mentions = [person.model_dump() for person in await _mentioned(told)]
    values = {"text": told, "mentions": mentions, "edited_at": site.now()}
    await _mend(site, actor, application, identifier, values, "comment_edited")


async def remove(site: Site, actor: Actor, application: Application, identifier: Id) -> None:
    """Take one's own comment back: its place stays, its text goes. Raises as ``edit``."""
    values: dict[str, Any] = {"text": "", "mentions": [], "removed_at": site.now()}
    await _mend(site, actor, application, identifier, values, "comment_removed")


def may_mend(site: Site, actor: Actor, comment: Comment) -> bool:
    """Whether a comment may still be changed by `actor`."""
    own = actor.account_id is not None and comment.by.id == actor.account_id
    return own and comment.removed_at is None and site.now() - comment.at < MENDING


async def _mend(
    site: Site, actor: Actor, application: Application, identifier: Id, values: dict[str, Any], action: str
) -> None:
    await _require_writer(site, actor, application)
    where = {
        "_id": identifier,
        "application_id": application.id,
        "by.id": actor.account_id,
        "removed_at": None,
        "at": {"$gt": site.now() - MENDING},
    }

    async def body(session: Session) -> None:
        changed = await update_where(Comment, where, {"$set": values}, session)
        if changed is None:
            raise CommentRefused(
                "Only your own comment of the last {minutes} minutes can be changed. Write another.",
                minutes=MENDING.seconds // 60,
            )
        await _told(site, actor, application, action, changed, session)

    await site.store.transaction(body)


def _checked(text: str) -> str:
    told = text.strip()
    if not told:
        raise CommentRefused("Write the comment first.")
    if len(told) > LONGEST:
        raise CommentRefused(
            "The comment has {count} characters; at most {most} fit.", count=len(told), most=LONGEST
        )
    return told


async def _mentioned(text: str) -> list[Mentioned]:
    """The active colleagues named by ``@login``, in the order they are named."""
    logins = list(dict.fromkeys(MENTION.findall(text)))[:MENTIONED]
    if not logins:
        return []
    where = {"login": {"$in": logins}, "kind": "staff", "status": "active"}
    known = {each.login: each for each in await Account.find(where).to_list()}
    return [
        Mentioned(kind="staff", id=account.id, name=account.name, login=login)
        for login in logins
        if (account := known.get(login))
    ]


async def _require_reader(site: Site, actor: Actor, application: Application) -> None:
    require(actor, "application.view")
    if actor.kind not in ("staff", "system"):
        raise NotAllowed(rule="application.view")
    if not may_view(actor, application):
        raise NotFound
    await require_in_reach(site, actor, application)


async def _require_writer(site: Site, actor: Actor, application: Application) -> None:
    await _require_reader(site, actor, application)
    require(actor, "application.comment")


async def _told(
    site: Site, actor: Actor, application: Application, action: str, comment: Comment, session: Session
) -> None:
    """The event says that something was written, never what."""
    await record_event(
        site,
        actor,
        f"application.{action}",
        subject_of(application),
        session,
        operator_id=application.operator_id,
        comment=str(comment.id),
    )
