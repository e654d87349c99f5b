"""The mails about changed terms: how many are with their readers, which are not, and why."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language
from admin.language import lazy_gettext as _
from admin.posted import text_of
from admin.views.columns import Choice
from admin.views.page import Crumb, PageView, route
from models.documents.ledger import LineState
from models.documents.mailing import Mailing
from models.errors import AnswersInvalid, NotFound, TorokuError
from models.language import translate
from models.services import ledger, mailings
from models.services.ledger import UNDELIVERED, Figures
from models.services.mail_outcomes import ON_THE_WAY

STATES: dict[LineState, Choice] = {
    "queued": Choice(_("In the outbox"), "info"),
    "sending": Choice(_("Being sent"), "info"),
    "retrying": Choice(_("Being tried again"), "warn"),
    "sent": Choice(_("Sent out"), "good"),
    "bounced": Choice(_("Came back"), "bad"),
    "failed": Choice(_("Could not be sent"), "bad"),
    "withheld": Choice(_("Not mailed"), "warn"),
    "otherwise": Choice(_("Told in another way"), "good"),
}


class MailingsPage(PageView):
    """Each change of the terms with its term, its figures and its ledger (R8)."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Mails about changed terms"),
            icon="mail",
            path="/mailings",
            route_name="mailings",
            allowed=lambda request: may(request, "terms.mailing"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """Every change that was told."""
        found = await mailings.mailings(actor_of(request))
        rows = [self._told(request, each, figures) for each, figures in found]
        return self.page(request, "system_mailings.html", rows=rows)

    @route("/{id}", methods=["GET"])
    async def show_one(self, request: Request) -> Response:
        """One change: its figures and the ledger, of one state or whole."""
        mailing = await mailings.find_mailing(actor_of(request), str(request.path_params["id"]))
        return await self._draw(request, mailing)

    async def _draw(self, request: Request, mailing: Mailing, refusal: TorokuError | None = None) -> Response:
        asked = request.query_params
        state = next((name for name in STATES if name == asked.get("state")), None)
        if asked.get("state") and state is None:
            raise NotFound
        page = await ledger.lines(mailing, "mail", state, asked.get("after") or "")
        return self.page(
            request,
            "system_mailing.html",
            refusal=refusal,
            title=f"{mailing.title(language())} {mailing.version}",
            crumbs=[Crumb(mailing.version)],
            told=self._told(request, mailing, await ledger.figures(mailing)),
            lines=page.lines,
            undelivered=UNDELIVERED,
            reason=lambda line: translate(line.problem, language()),
            states=STATES,
            state=state,
            ways=[
                (self.url(request, f"/{mailing.id}", state=name), label, name == state)
                for name, label in ((None, _("All")), *((n, choice.label) for n, choice in STATES.items()))
            ],
            here=self.url(request, f"/{mailing.id}"),
            following=self.url(request, f"/{mailing.id}", state=state, after=page.following)
            if page.following
            else "",
            may_send=may(request, "message.retry"),
        )

    @route("/{id}/again", methods=["POST"])
    async def send_again(self, request: Request) -> Response:
        """Put the mails that failed back into the outbox."""
        site, actor = site_of(request), actor_of(request)
        mailing = await mailings.find_mailing(actor, str(request.path_params["id"]))
        count = await ledger.send_again(site, actor, mailing)
        done = N_("{count} mails are in the outbox again.")
        return self.back(request, f"/{mailing.id}", done=done, values={"count": count})

    @route("/{id}/lines/{line}", methods=["POST"])
    async def note_told(self, request: Request) -> Response:
        """Note how somebody was told whom no mail reached."""
        site, actor = site_of(request), actor_of(request)
        mailing = await mailings.find_mailing(actor, str(request.path_params["id"]))
        form = await self.form(request, fields=5)
        note = text_of(form, "note", longest=2000)
        try:
            await ledger.note_told(site, actor, mailing, str(request.path_params["line"]), note)
        except AnswersInvalid as refusal:
            return await self._draw(request, mailing, refusal)
        return self.back(request, f"/{mailing.id}", done=N_("It has been noted."))

    def _told(self, request: Request, mailing: Mailing, figures: Figures) -> dict[str, Any]:
        site = site_of(request)
        late = mailing.settled_at is None and mailing.due <= site.now()
        return {
            "mailing": mailing,
            "figures": figures,
            "sent": figures.mails.get("sent", 0),
            "waiting": sum(figures.mails.get(state, 0) for state in ON_THE_WAY),
            "otherwise": figures.mails.get("otherwise", 0),
            "title": mailing.title(language()),
            "change": mailing.change(language()),
            "href": self.url(request, f"/{mailing.id}"),
            "due": site.calendar.due_day(mailing.due),
            "late": late,
        }
