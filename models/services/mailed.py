"""The mails that were sent to an applicant's side, as that side may see them again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.documents.application import Application
from models.documents.base import Id, read_id
from models.documents.message import Message, MessageStatus
from models.errors import NotFound
from models.permissions import Actor, may_view, require
from models.services.applications import form_of
from models.services.lifecycle_mails import side_mailed
from models.services.messages import placeholder
from models.services.seeing import is_read
from models.services.site import Site

MOST = 100
"""Most mails of one application that are shown."""

PAGE = 20
"""Mails of an operator on one page."""

OWN = ("applicant", "operator")
"""Addressees of a workflow that are the applicant's side; an address among their answers is too."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. ``to`` is masked for who has no account; ``body`` is None where it is not shown again: what
    gave power to whoever read it, and what was erased. Where one-time links stood, LINK stands."""

    id: Id
    at: datetime
    subject: str
    to: str
    status: MessageStatus
    withheld_why: str
    body: str | None
    sensitive: bool
    application_id: Id | None


LINK = "\x00link\x00"
"""What stands for a one-time link; the page says it in words."""


async def mails_about(site: Site, actor: Actor, application: Application) -> list[Mail]:
    """The mails about one application to its applicant's side, newest first, MOST at most. Raises NotAllowed,
    NotFound."""
    if not may_view(actor, application):
        raise NotFound
    require(actor, "message.view_own")
    theirs = [*OWN, *_addresses(site, actor, application)]
    where = {"application_id": application.id, "to": {"$in": theirs}}
    found = await Message.find(where).sort("-created_at").limit(MOST).to_list()
    return [_told(site, actor, message) for message in found]


def _addresses(site: Site, actor: Actor, application: Application) -> list[str]:
    """The fields whose answer is an address, as far as `actor` may read them."""
    form = form_of(site, application)
    return [f.name for f in form.fields if f.control == "email" and is_read(actor, form, f.name)]


async def mails_to_operator(site: Site, actor: Actor, before: str = "") -> tuple[list[Mail], str]:
    """A page of the mails to this actor's operator (to a delegate whose scope has an end: those to
    themselves), newest first, those before the mail named; with the name
    of the last one where there are more, else "". Raises NotAllowed."""
    require(actor, "portal.enter")
    require(actor, "message.view_own")
    where: dict[str, Any] = {"operator_id": actor.operator_id, "to": {"$nin": _to_others(site)}}
    if actor.types is not None:
        where["to_address"] = actor.email
    if before:
        where |= await _before(actor, before)
    cursor = Message.find(where).sort("-created_at", "-_id").limit(PAGE + 1)
    found = await cursor.to_list()
    told = [_told(site, actor, message) for message in found[:PAGE]]
    return told, str(told[-1].id) if len(found) > PAGE else ""


def _to_others(site: Site) -> list[str]:
    """Addressees that are not the operator's side: the staff, their roles, and routes they stand in for."""
    rules = site.configuration.site
    routes = [name for name in rules.routes if side_mailed(site, name, None) != "operator"]
    return ["", "assignee", "staff", "system", *(role for role in rules.roles if role not in OWN), *routes]


async def _before(actor: Actor, name: str) -> Mapping[str, Any]:
    """The mails after this one in the list. Raises NotFound for one that is not this operator's."""
    found = await Message.find_one({"_id": read_id(name), "operator_id": actor.operator_id})
    if found is None:
        raise NotFound
    earlier = {"created_at": {"$lt": found.created_at}}
    return {"$or": [earlier, {"created_at": found.created_at, "_id": {"$lt": found.id}}]}


def _told(site: Site, actor: Actor, message: Message) -> Mail:
    whole = actor.kind == "operator"
    return Mail(
        id=read_id(message.id),
        at=message.created_at,
        subject=message.subject,
        to=message.to_address if whole else masked(message.to_address),
        status=message.status(site.now()),
        withheld_why=message.withheld_why,
        body=None if message.sensitive or message.body is None else without_links(message),
        sensitive=message.sensitive,
        application_id=message.application_id,
    )


async def stored_text(actor: Actor, name: str) -> str | None:
    """The text of a mail of the outbox for the staff, in Markdown, LINK where its one-time links stood; None
    where it is not shown: what gives power to whoever reads it, and what was erased. Raises NotAllowed,
    NotFound."""
    require(actor, "message.view")
    found = await Message.find_one({"_id": read_id(name)})
    if found is None:
        raise NotFound
    return None if found.sensitive or found.body is None else without_links(found)


def masked(address: str) -> str:
    """An address its owner recognises and nobody else can write to: ``k•••@example.jp``; "" for none."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}" if at else ""


def without_links(message: Message) -> str:
    """The body with LINK where its one-time links stand: what opens something is in the mail alone."""
    body = message.body or ""
    for link_id in message.links.values():
        body = body.replace(f"<{placeholder(link_id)}>", LINK).replace(placeholder(link_id), LINK)
    return body
