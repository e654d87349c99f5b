"""Parts of the review page that come from the rules of a decision: what a step will do with the mails as they
would go out, what colleagues wrote among themselves, and what to do when the record in force has changed."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from markupsafe import Markup, escape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.posted import text_of
from admin.views.page import PageView, route
from admin.views.review_given import is_typed, read_given
from models.documents.application import Application
from models.documents.base import read_id
from models.documents.comment import Comment
from models.errors import NotFound, TorokuError
from models.permissions import Actor
from models.schema.definition import RecordType
from models.services import comments, conflicts, rebasing
from models.services.conflicts import Conflict, Moved
from models.services.outcomes import Mail, Outcome, outcome_of
from models.services.site import Site
from models.services.steps import possible_steps

MOST_COMMENT = 20_000
"""Characters of a comment that are read at all; what is over the service's own limit is told, and stays."""


@dataclass(frozen=True, slots=True)
class ToldMail:
    """One mail a step would send, as the page shows it."""

    to: str
    subject: str
    body: str | None
    """The whole text, where it was asked for."""


@dataclass(frozen=True, slots=True)
class ToldOutcome:
    """What a step would do, in words."""

    does: list[str]
    mails: list[ToldMail]
    hindrances: list[str]
    previewed: bool


@dataclass(frozen=True, slots=True)
class ToldComment:
    """One comment of the thread; ``typed`` is what stands in its edit box."""

    identifier: str
    who: str
    at: Any
    text: Markup
    edited: bool
    removed: bool
    mine: bool
    typed: str


@dataclass(frozen=True, slots=True)
class Row:
    """One answer of the three-way view."""

    path: str
    label: str
    side: str
    base: str
    theirs: str
    ours: str
    chosen: str


class ReviewParts(PageView):
    """Routes and context that ``ReviewPage`` takes over; it says how an application is found and drawn.

    Every part stands inside the review page's one form, so that whatever was typed comes along with any of
    its buttons and is still there afterwards."""

    @abstractmethod
    async def find(self, request: Request) -> Application:
        """The application the address names. Raises NotFound."""

    @abstractmethod
    async def draw(
        self,
        request: Request,
        application: Application,
        typed: FormData | None = None,
        refusal: TorokuError | None = None,
    ) -> Response:
        """The review page, with what was typed."""

    async def parts(
        self, request: Request, application: Application, definition: RecordType, typed: FormData | None
    ) -> dict[str, Any]:
        """What ``review/conflict.html``, ``review/outcome.html`` and ``review/comments.html`` draw from.

        `definition` is the form narrowed to what the reader may see. ``outcome.html`` is included once per
        step that is offered, where ``choice.name`` is its name; the other two once per page."""
        del definition
        outcomes, conflict, thread = await asyncio.gather(
            _outcomes(request, application, typed),
            _conflict(request, application, typed),
            _thread(request, application, typed),
        )
        return {"outcomes": outcomes, "conflict": conflict, "comments": thread}

    @route("/{reference}/preview/{step}", methods=["POST"])
    async def preview(self, request: Request) -> Response:
        """The page with the mails of one step as they would go out; nothing is changed, what was typed stays.
        Raises NotFound for a step that may not be taken now."""
        application, form = await self.find(request), await self.form(request)
        step = str(request.path_params["step"])
        if all(name != step for name, _ in possible_steps(site_of(request), actor_of(request), application)):
            raise NotFound
        request.state.previewed = step
        return await self.draw(request, application, typed=form)

    @route("/{reference}/comments", methods=["POST"])
    async def comment(self, request: Request) -> Response:
        """Add a comment for colleagues."""
        application, form = await self.find(request), await self.form(request)
        text, key = text_of(form, "comment", longest=MOST_COMMENT), text_of(form, "comment_key", longest=64)
        try:
            await comments.write(site_of(request), actor_of(request), application, text, key)
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self.draw(request, application, typed=form, refusal=refusal)
        return await self.done_with(
            request, application, form, N_("The comment has been written."), "comments"
        )

    @route("/{reference}/comments/{identifier}/{act}", methods=["POST"])
    async def mend_comment(self, request: Request) -> Response:
        """Put one's own comment right, or take it back."""
        application, form = await self.find(request), await self.form(request)
        identifier = read_id(request.path_params["identifier"])
        site, actor, act = site_of(request), actor_of(request), request.path_params["act"]
        try:
            if act == "edit":
                text = text_of(form, f"comment.{identifier}", longest=MOST_COMMENT)
                await comments.edit(site, actor, application, identifier, text)
            elif act == "remove":
                await comments.remove(site, actor, application, identifier)
            else:
                raise NotFound
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self.draw(request, application, typed=form, refusal=refusal)
        done = (
            N_("The comment has been changed.") if act == "edit" else N_("The comment has been taken back.")
        )
        return await self.done_with(request, application, form, done, "comments")

    @route("/{reference}/rebase", methods=["POST"])
    async def rebase(self, request: Request) -> Response:
        """Bring the application up to the record in force, with the choices made."""
        application, form = await self.find(request), await self.form(request)
        revision = read_given(form).revision
        choices = {
            name.removeprefix("choice."): text_of(form, name, longest=10)
            for name in form
            if name.startswith("choice.")
        }
        try:
            moved = await rebasing.rebase(
                site_of(request),
                actor_of(request),
                application,
                choices,
                -1 if revision is None else revision,
            )
        except NotFound:
            raise
        except TorokuError as refusal:
            return await self.draw(request, await self.find(request), typed=form, refusal=refusal)
        done = N_("The application now stands on the registered information in force.")
        return await self.done_with(request, moved, form, done, "")

    async def done_with(
        self, request: Request, application: Application, form: FormData, done: str, part: str
    ) -> Response:
        """On to the page; where something else was typed, the page itself, so that it is still there."""
        kept = FormData([(name, value) for name, value in form.multi_items() if not _is_comment(name)])
        if is_typed(kept):
            self.tell(request, done)
            return await self.draw(request, application, typed=kept)
        return self.back(request, f"/{application.reference}" + (f"#{part}" if part else ""), done=done)


def _is_comment(name: str) -> bool:
    return name in ("comment", "comment_key") or name.startswith(("comment.", "choice."))


async def _outcomes(
    request: Request, application: Application, typed: FormData | None
) -> dict[str, ToldOutcome]:
    """What every step one may take now would do; the mails of the one that is previewed in full."""
    site, actor = site_of(request), actor_of(request)
    previewed = getattr(request.state, "previewed", None)
    given = read_given(typed) if typed is not None and previewed else None
    names = [name for name, _ in possible_steps(site, actor, application)]
    found = await asyncio.gather(
        *(outcome_of(site, actor, application, name, given if name == previewed else None) for name in names)
    )
    return {each.name: _told(site, application, each, each.name == previewed) for each in found}


def _told(site: Site, application: Application, outcome: Outcome, previewed: bool) -> ToldOutcome:
    spoken = language()
    does = [say("State afterwards: {state}", {"state": outcome.state.label})]
    if outcome.application.due is not None and not outcome.state.final:
        due = site.calendar.due_day(outcome.application.due)
        does.append(say("Due by {date}.", {"date": moments.day(due)}))
    if outcome.transition.sets == "assignee":
        does.append(say("You take charge of it."))
    if outcome.transition.clears == "assignee" and application.assignee is not None:
        does.append(say("Nobody is in charge of it any more."))
    does += [message(spoken) for message in outcome.does]
    mails = [_told_mail(mail, previewed) for mail in outcome.mails]
    return ToldOutcome(does, mails, [message(spoken) for message in outcome.hindrances], previewed)


def _told_mail(mail: Mail, previewed: bool) -> ToldMail:
    to = f"{mail.name} <{mail.address}>" if mail.name else mail.address
    to = to or say("somebody whose address you may not see")
    if mail.others:
        to = say("{who} and {count} others", {"who": to, "count": mail.others})
    return ToldMail(to, mail.subject, mail.body if previewed and mail.body else None)


async def _thread(request: Request, application: Application, typed: FormData | None) -> dict[str, Any]:
    """The comments, and what was typed into the box for another."""
    site, actor = site_of(request), actor_of(request)
    found = await comments.comments_of(site, actor, application)
    kept = typed or FormData()
    return {
        "thread": [_comment(site, actor, each, kept) for each in found],
        "may_write": may(request, "application.comment"),
        "typed": text_of(kept, "comment", longest=MOST_COMMENT),
        "key": text_of(kept, "comment_key", longest=64) or uuid4().hex,
        "longest": comments.LONGEST,
        "minutes": comments.MENDING.seconds // 60,
        "more": len(found) == comments.SHOWN,
    }


def _comment(site: Site, actor: Actor, comment: Comment, typed: FormData) -> ToldComment:
    name = f"comment.{comment.id}"
    return ToldComment(
        identifier=str(comment.id),
        who=comment.by.name,
        at=comment.at,
        text=_mentions(comment),
        edited=comment.edited_at is not None,
        removed=comment.removed_at is not None,
        mine=comments.may_mend(site, actor, comment),
        typed=text_of(typed, name, longest=MOST_COMMENT) or comment.text,
    )


def _mentions(comment: Comment) -> Markup:
    """The text with the colleagues it names marked, and who they are said."""
    marked, names = Markup('<b class="r-mention">{}</b>'), {p.login: p.name for p in comment.mentions}
    pieces = comments.MENTION.split(comment.text)
    return Markup().join(
        marked.format(f"@{piece} ({names[piece]})")
        if position % 2 and piece in names
        else escape(f"@{piece}" if position % 2 else piece)
        for position, piece in enumerate(pieces)
    )


async def _conflict(
    request: Request, application: Application, typed: FormData | None
) -> dict[str, Any] | None:
    """The three-way view, where the record in force has changed since the application began."""
    site, actor = site_of(request), actor_of(request)
    found = await conflicts.conflict_of(site, application)
    if found is None:
        return None
    spoken, seen = language(), conflicts.seen_in(actor, site, application, found)
    hindrance = rebasing.hindrance(site, actor, application, found)
    return {
        "base": application.base_revision,
        "now": found.record.revision,
        "number": found.record.number,
        "by": found.by.name if found.by else "",
        "at": found.last.at if found.last else None,
        "state": _state(site, application, found),
        "rows": list(_rows(seen, typed)),
        "unseen": len(found.moved) - len(seen),
        "asked": sum(each.side == "both" for each in seen),
        "hindrance": hindrance(spoken) if hindrance else "",
        "may": hindrance is None and rebasing.may_rebase(actor, site, application),
        "lost": [label(spoken) for label in found.lost],
    }


def _state(site: Site, application: Application, conflict: Conflict) -> tuple[str, str] | None:
    """The state of the record before and now, where it has another."""
    before = conflict.base.lifecycle if conflict.base else conflict.record.lifecycle
    if before == conflict.record.lifecycle:
        return None
    states = site.lifecycles[site.registry.current(application.type).definition.lifecycle].states
    labels = [states[n].label(language()) if n in states else n for n in (before, conflict.record.lifecycle)]
    return labels[0], labels[1]


_ORDER = {"both": 0, "theirs": 1, "same": 2, "ours": 3}


def _rows(moved: tuple[Moved, ...], typed: FormData | None) -> Iterator[Row]:
    """What somebody has to decide on first, then what the record changed, then the rest."""
    spoken = language()
    for each in sorted(moved, key=lambda each: _ORDER[each.side]):
        yield Row(
            path=each.path,
            label=each.label(spoken),
            side=each.side,
            base=each.show(each.base, spoken),
            theirs=each.show(each.theirs, spoken),
            ours=each.show(each.ours, spoken),
            chosen=text_of(typed, f"choice.{each.path}", longest=10) if typed else "",
        )
