"""Writing a version of the terms: the form with a preview, and what is done with a draft."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import number_of, text_of
from admin.views.page import Crumb, PageView, route
from models.documents.base import read_id
from models.documents.terms import TermsVersion
from models.errors import NotFound, TermsMoved, TorokuError
from models.markdown import to_html
from models.permissions import Actor
from models.services import terms_publishing
from models.services.site import Site
from models.services.terms_publishing import LONGEST_BODY, Written

FIELD_BYTES = 4 * LONGEST_BODY
"""A text of Japanese has three bytes a character, more when it is sent as a form."""

Deed = Callable[[Site, Actor, TermsVersion, str, int], Awaitable[None]]


async def _propose(site: Site, actor: Actor, stored: TermsVersion, note: str, revision: int) -> None:
    del note
    await terms_publishing.propose(site, actor, stored, revision=revision)


async def _publish(site: Site, actor: Actor, stored: TermsVersion, note: str, revision: int) -> None:
    del note
    await terms_publishing.publish(site, actor, stored, revision=revision)


async def _hand_back(site: Site, actor: Actor, stored: TermsVersion, note: str, revision: int) -> None:
    await terms_publishing.hand_back(site, actor, stored, note, revision=revision)


DEEDS: Mapping[str, tuple[Deed, str]] = {
    "propose": (_propose, N_("The version is proposed. Somebody else publishes it.")),
    "publish": (_publish, N_("The version is published. Everybody is told of it by e-mail.")),
    "hand_back": (_hand_back, N_("The version has been handed back.")),
}


class TermsEditorPage(PageView):
    """Drafts of the terms; seen by whoever may write or publish them, reached from the list."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Terms of use"),
            path="/terms/versions",
            route_name="terms-versions",
            add_to_menu=False,
            allowed=lambda request: may(request, "terms.draft") or may(request, "terms.publish"),
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        """Home, then the list of versions."""
        root = root_of(request)
        return [Crumb(say("Home"), f"{root}/"), Crumb(self.menu_label, f"{root}/terms/list")]

    @route("", methods=["GET"])
    async def new(self, request: Request) -> Response:
        """The form of a new version, filled with the newest one."""
        return self._draw(request, terms_publishing.beginning(site_of(request)))

    @route("", methods=["POST"])
    async def begin(self, request: Request) -> Response:
        """Keep the first draft; or draw its preview."""
        form = await self.form(request, fields=20, field_bytes=FIELD_BYTES)
        given = _written(form)
        if text_of(form, "deed") == "preview":
            return self._draw(request, given, preview=True)
        try:
            identifier = await terms_publishing.begin(site_of(request), actor_of(request), given)
        except TorokuError as refusal:
            return self._refused(request, given, refusal)
        return self._to(request, str(identifier), N_("The draft has been kept."))

    @route("/{id}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """The form of a draft."""
        stored = await self._stored(request)
        if stored.state != "draft":
            raise NotFound
        return self._draw(request, terms_publishing.written(stored), stored)

    @route("/{id}", methods=["POST"])
    async def change(self, request: Request) -> Response:
        """Keep a changed draft; or draw its preview."""
        stored = await self._stored(request)
        form = await self.form(request, fields=20, field_bytes=FIELD_BYTES)
        given, revision = _written(form), number_of(form, "revision")
        if text_of(form, "deed") == "preview":
            return self._draw(request, given, stored, revision=revision, preview=True)
        try:
            await terms_publishing.change(
                site_of(request), actor_of(request), stored, given, revision=revision
            )
        except TorokuError as refusal:
            return self._refused(request, given, refusal, stored, revision)
        return self._to(request, str(stored.id), N_("The draft has been kept."))

    @route("/{id}/{deed}", methods=["POST"])
    async def act(self, request: Request) -> Response:
        """Propose a draft, publish a proposed version or hand it back."""
        stored, deed = await self._stored(request), DEEDS.get(str(request.path_params["deed"]))
        if deed is None:
            raise NotFound
        form = await self.form(request, fields=10)
        note, revision = text_of(form, "note", longest=5000), number_of(form, "revision")
        try:
            await deed[0](site_of(request), actor_of(request), stored, note, revision)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return self.page(
                request,
                "system_terms_refused.html",
                title=terms_publishing.title_of(stored)("ja"),
                crumbs=[Crumb(stored.version)],
                refusal=refusal,
                back=f"{root_of(request)}/terms/detail?pk={stored.id}",
            )
        return self._to(request, str(stored.id), deed[1])

    async def _stored(self, request: Request) -> TermsVersion:
        return await terms_publishing.find_stored(actor_of(request), read_id(request.path_params["id"]))

    def _to(self, request: Request, identifier: str, done: str) -> Response:
        self.tell(request, done)
        return RedirectResponse(f"{root_of(request)}/terms/detail?pk={identifier}", status_code=303)

    def _refused(
        self,
        request: Request,
        given: Written,
        refusal: TorokuError,
        stored: TermsVersion | None = None,
        revision: int = 0,
    ) -> Response:
        if refusal.status not in (409, 422):
            raise refusal
        return self._draw(request, given, stored, revision=revision, refusal=refusal)

    def _draw(
        self,
        request: Request,
        given: Written,
        stored: TermsVersion | None = None,
        *,
        revision: int | None = None,
        refusal: TorokuError | None = None,
        preview: bool = False,
    ) -> Response:
        title = say("A new version of the terms") if stored is None else say("Change the draft")
        moved = isinstance(refusal, TermsMoved) and stored is not None
        seen = stored.revision if stored is not None and (revision is None or moved) else revision
        return self.page(
            request,
            "system_terms_editor.html",
            title=title,
            crumbs=[Crumb(title)],
            refusal=refusal,
            given=given,
            stored=stored,
            revision=seen or 0,
            action=self.url(request, f"/{stored.id}" if stored else ""),
            preview=to_html(given.body, deepest=1) if preview else None,
            longest=LONGEST_BODY,
        )


def _written(form: FormData) -> Written:
    typed: dict[str, Any] = {
        each.name: text_of(form, each.name, longest=FIELD_BYTES) for each in fields(Written)
    }
    return Written(**typed)
