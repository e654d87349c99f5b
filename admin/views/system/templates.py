"""The mail templates: what sends each, how it looks in each language, and a sample to oneself."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from admin.actor import actor_of, may, site_of
from admin.headers import policy
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.page import Crumb, PageView, route
from models.configuration.sending import Sent
from models.errors import NotFound, SampleUnknown, TorokuError, TrialRefused, TrialsExhausted
from models.language import LANGUAGES, Language
from models.services import template_samples
from models.services.template_samples import Preview

NAMES: dict[Language, Any] = {"ja": _("Japanese"), "en": _("English")}

FRAMED = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'; sandbox"
"""What the HTML part may do where it is shown: carry its own styles, nothing else."""


class TemplatesPage(PageView):
    """Every mail the site can send; nothing is changed here: templates are files of the configuration."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Mail templates"),
            icon="mail",
            path="/mail_templates",
            route_name="mail_templates",
            allowed=lambda request: may(request, "template.view"),
        )

    @route("", methods=["GET"])
    async def show_all(self, request: Request) -> Response:
        """The list, with when and to whom each is sent."""
        found = await template_samples.list_templates(site_of(request), actor_of(request), language())
        rows = [
            {
                "template": each,
                "href": self.url(request, f"/{each.name}"),
                "sent": _said(each.sent),
                "languages": [NAMES[name] for name in each.languages],
                "more": each.count >= template_samples.MOST,
            }
            for each in found
        ]
        return self.page(request, "system_templates.html", rows=rows, days=template_samples.LATELY.days)

    @route("/{name}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One template as its reader gets it, in one language, with samples or a stored application."""
        return await self._draw(request)

    @route("/{name}/html", methods=["GET"])
    async def show_html(self, request: Request) -> Response:
        """The HTML part alone, for the frame of the page."""
        found = await self._preview(request)
        return HTMLResponse(found.parts.html, headers={"Content-Security-Policy": FRAMED})

    @route("/{name}/try", methods=["POST"])
    async def send_to_myself(self, request: Request) -> Response:
        """Put a sample into the outbox, to the reader's own address."""
        site, actor, name = site_of(request), actor_of(request), str(request.path_params["name"])
        form = await self.form(request, fields=5)
        wanted, reference = self._language(request, text_of(form, "lang")), text_of(form, "reference")
        try:
            await template_samples.send_to_myself(site, actor, name, wanted, reference)
        except (SampleUnknown, TrialRefused, TrialsExhausted) as refusal:
            return await self._draw(request, refusal, wanted, "")
        self.tell(request, N_("The sample is on its way to {address}."), {"address": actor.email})
        return self.back(request, f"/{name}?lang={wanted}")

    def _language(self, request: Request, wanted: str) -> Language:
        """The language asked for, else the reader's, else the first there is. Raises NotFound for another."""
        written = template_samples.languages_of(site_of(request), str(request.path_params["name"]))
        if wanted:
            found = next((each for each in LANGUAGES if each == wanted and each in written), None)
            if found is None:
                raise NotFound
            return found
        return language() if language() in written else written[0]

    async def _preview(
        self, request: Request, wanted: Language | None = None, reference: str | None = None
    ) -> Preview:
        asked = request.query_params
        return await template_samples.preview(
            site_of(request),
            actor_of(request),
            str(request.path_params["name"]),
            wanted or self._language(request, asked.get("lang", "")),
            asked.get("reference", "")[:64] if reference is None else reference,
        )

    async def _draw(
        self,
        request: Request,
        refusal: TorokuError | None = None,
        wanted: Language | None = None,
        reference: str | None = None,
    ) -> Response:
        typed = request.query_params.get("reference", "")[:64]
        try:
            found = await self._preview(request, wanted, reference)
        except SampleUnknown as unknown:
            refusal, reference = unknown, ""
            found = await self._preview(request, wanted, "")
        used = typed if reference is None else reference
        answer = self._page(request, found, used, typed, refusal)
        answer.headers["Content-Security-Policy"] = f"{policy()}; frame-src 'self'"
        return answer

    def _page(
        self, request: Request, found: Preview, used: str, typed: str, refusal: TorokuError | None
    ) -> Response:
        site = site_of(request)
        here = f"/{found.name}"
        asked = {"lang": found.language, "reference": used or None}
        return self.page(
            request,
            "system_template.html",
            refusal=refusal,
            title=found.name,
            crumbs=[Crumb(found.name)],
            preview=found,
            sent=_said(found.sent),
            values=[(name, stands_for(language()), value) for name, stands_for, value in found.values],
            html=self.url(request, f"{here}/html", **asked),
            ways=[
                (
                    self.url(request, here, lang=each, reference=used or None),
                    NAMES[each],
                    each == found.language,
                )
                for each in template_samples.languages_of(site, found.name)
            ],
            here=self.url(request, here),
            takes_application=template_samples.takes_application(site, found.name),
            typed=typed,
            used=used,
            trial=self.url(request, f"{here}/try") if may(request, "template.try") else "",
            own=actor_of(request).email,
        )


def _said(sent: Sequence[Sent]) -> list[tuple[str, str]]:
    """When and to whom, each once."""
    spoken = language()
    told = [(each.when(spoken), each.to(spoken)) for each in sent]
    return list(dict.fromkeys(told))
