"""Secret answers: uncovered one by one with a reason, and the keys they are sealed with."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from models.documents.application import Application
from models.documents.base import read_id
from models.errors import LimitReached, NotFound, RevealRefused, TorokuError
from models.services import applications, key_register, resealing, revealing
from models.services.lifecycles import find_record
from models.services.revealing import LONGEST, SHORTEST, Holder

PATH = 200
"""Longest path of an answer (characters)."""


class RevealPage(PageView):
    """One secret answer: who looked at it, why one wants to, and then, this once, what it says."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Secret answer"),
            icon="page",
            path="/secrets/of",
            route_name="secrets-of",
            add_to_menu=False,
            allowed=lambda request: may(request, "secret.reveal"),
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        """The way here: there is no list of secrets on it."""
        return super().crumbs(request)[:1]

    @route("", methods=["GET"])
    async def show_nothing(self, request: Request) -> Response:
        """There is no list of secrets. Raises NotFound."""
        raise NotFound

    @route("/records/{type}/{id}", methods=["GET"])
    async def ask_of_record(self, request: Request) -> Response:
        """Why one needs to see a secret of a record."""
        return await self._draw(request, await _record(request))

    @route("/records/{type}/{id}", methods=["POST"])
    async def tell_of_record(self, request: Request) -> Response:
        """A secret of a record, this once."""
        return await self._tell(request, await _record(request))

    @route("/applications/{reference}", methods=["GET"])
    async def ask_of_application(self, request: Request) -> Response:
        """Why one needs to see a secret of what was handed in."""
        return await self._draw(request, await _application(request))

    @route("/applications/{reference}", methods=["POST"])
    async def tell_of_application(self, request: Request) -> Response:
        """A secret of what was handed in, this once."""
        return await self._tell(request, await _application(request))

    async def _tell(self, request: Request, holder: Holder) -> Response:
        form = await self.form(request, fields=5)
        reason = text_of(form, "reason", longest=5000)
        try:
            told = await revealing.reveal(site_of(request), actor_of(request), holder, _path(request), reason)
        except (RevealRefused, LimitReached) as refusal:
            return await self._draw(request, holder, refusal, reason=reason)
        return await self._draw(request, holder, told=told)

    async def _draw(
        self,
        request: Request,
        holder: Holder,
        refusal: TorokuError | None = None,
        *,
        told: str = "",
        reason: str = "",
    ) -> Response:
        site, actor, path = site_of(request), actor_of(request), _path(request)
        hidden = await revealing.hidden_at(site, actor, holder, path)
        label, name, href = hidden.label(language()), *_named(request, holder)
        answer = self.page(
            request,
            "system_secret.html",
            title=label,
            crumbs=[Crumb(name, href), Crumb(label)],
            refusal=refusal,
            label=label,
            holder=name,
            href=href,
            action=self.url(request, f"/{_place(holder)}", path=path),
            told=told,
            reason=reason,
            spoken=language(),
            looks=await revealing.looks_at(site, actor, holder),
            shortest=SHORTEST,
            longest=LONGEST,
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


class KeysPage(PageView):
    """The keys secret answers are sealed with, and carrying them over to the newest."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Keys of secrets"),
            icon="key",
            path="/secrets",
            route_name="secrets",
            allowed=lambda request: may(request, "secret.view_keys"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """Every key by its name, and the rotation that is under way."""
        return await self._draw(request)

    @route("/rotate", methods=["POST"])
    async def rotate(self, request: Request) -> Response:
        """Ask for a rotation; a worker does it."""
        await self.form(request, fields=5)
        await resealing.ask_rotation(site_of(request), actor_of(request))
        return self.back(request, done=N_("The rotation is under way."))

    async def _draw(self, request: Request) -> Response:
        site, actor = site_of(request), actor_of(request)
        job = await resealing.last_rotation()
        going = job is not None and not job.is_over
        counted = ("keys of secrets", job.id if job else None, going)
        found = await site.kept.get(counted, partial(key_register.key_uses, site, actor))
        uses, unreadable = found.value or ((), 0)
        answer = self.page(
            request,
            "system_keys.html",
            uses=uses,
            counted_at=found.at,
            unreadable=unreadable,
            alone=site.ring.is_derived,
            old=sum(use.answers for use in uses if not use.newest),
            job=job,
            going=going,
            job_href=f"{root_of(request)}/jobs/detail?pk={job.id}" if job else "",
            may_rotate=may(request, "secret.rotate"),
        )
        if going or found.state == "coming":
            answer.headers["Refresh"] = "5"
        return answer


def _path(request: Request) -> str:
    return (request.query_params.get("path") or "")[:PATH]


async def _record(request: Request) -> Holder:
    kind, identity = str(request.path_params["type"]), read_id(request.path_params["id"])
    return await find_record(site_of(request), actor_of(request), kind, identity)


async def _application(request: Request) -> Holder:
    reference = str(request.path_params["reference"])
    found = await applications.find(site_of(request), actor_of(request), reference)
    if found.erased is not None:
        raise NotFound
    return found


def _place(holder: Holder) -> str:
    if isinstance(holder, Application):
        return f"applications/{holder.reference}"
    return f"records/{holder.type}/{holder.id}"


def _named(request: Request, holder: Any) -> tuple[str, str]:
    """What the record or the application is called, and its own page."""
    root = root_of(request)
    if isinstance(holder, Application):
        return f"{holder.reference} {holder.title}".strip(), f"{root}/applications/{holder.reference}"
    return f"{holder.number} {holder.title}".strip(), f"{root}/{holder.type}/detail?pk={holder.id}"
