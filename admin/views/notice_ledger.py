"""The ledger of an edition: who was told and how, who has read it, and what is done about the rest."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from admin.actor import actor_of, may, site_of
from admin.export import BOM, lines
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.moments import minute
from admin.posted import text_of
from admin.views.columns import Choice
from admin.views.notice_steps import NoticeSteps
from admin.views.page import route
from models.documents.ledger import Channel, LedgerLine, LineState
from models.documents.publication import Publication
from models.documents.record import Record
from models.errors import AnswersInvalid, NotFound, ReminderRefused, TorokuError
from models.language import translate
from models.services import acknowledging, ledger, noticeboard
from models.services.ledger import Figures
from models.services.side_words import side_words

CHANNELS: Mapping[Channel, Any] = {"portal": _("Portal"), "mail": _("E-mail")}

STATES: Mapping[LineState, Choice] = {
    "queued": Choice(_("In the outbox"), "info"),
    "sending": Choice(_("Being sent"), "info"),
    "retrying": Choice(_("Being tried again"), "warn"),
    "sent": Choice(_("Sent out"), "good"),
    "failed": Choice(_("Could not be sent"), "bad"),
    "bounced": Choice(_("Came back"), "bad"),
    "withheld": Choice(_("Not mailed"), "warn"),
    "otherwise": Choice(_("Told in another way"), "good"),
    "read": Choice(_("Has been read"), "good"),
    "acknowledged": Choice(_("Has acknowledged"), "good"),
}

UNREAD = Choice(_("Not read yet"), "plain")
"""How a line of the portal is called that nobody has opened: it was shown, which is no act of its reader."""


@dataclass(frozen=True, slots=True)
class View:
    """A part of the ledger one may look at: one channel, some of its states, none for all."""

    label: Any
    channel: Channel | None = None
    states: tuple[LineState, ...] = ()

    def count(self, figures: Figures) -> int:
        """How many lines it has."""
        portal: Mapping[LineState, int] = {
            "sent": figures.listed - figures.read,
            "read": figures.read - figures.acknowledged,
            "acknowledged": figures.acknowledged,
        }
        counted = portal if self.channel == "portal" else figures.mails
        if self.channel is None:
            return figures.listed + figures.mailed
        return sum(counted.get(state, 0) for state in self.states)


VIEWS: Mapping[str, View] = {
    "all": View(_("All")),
    "unread": View(_("Not read yet"), "portal", ("sent",)),
    "owing": View(_("Not acknowledged yet"), "portal", ("sent", "read")),
    "read": View(_("Has been read"), "portal", ("read", "acknowledged")),
    "acknowledged": View(_("Has acknowledged"), "portal", ("acknowledged",)),
    "undelivered": View(_("Mails that reached nobody"), "mail", ledger.UNDELIVERED),
    "on_the_way": View(_("Mails on their way"), "mail", ("queued", "sending", "retrying")),
    "sent": View(_("Mails sent"), "mail", ("sent",)),
    "otherwise": View(_("Told in another way"), "mail", ("otherwise",)),
}

ASKED_ALONE = ("owing", "acknowledged")
"""Parts of the ledger of a notice that asks to be acknowledged."""

HEADS = (
    N_("Name of the person"),
    N_("Login"),
    N_("{Operator}"),
    N_("Channel"),
    N_("E-mail address"),
    N_("State"),
    N_("Listed"),
    N_("Sent"),
    N_("Read"),
    N_("Has acknowledged"),
    N_("By"),
    N_("Reminded"),
    N_("Remarks"),
)


class NoticeLedger(NoticeSteps):
    """``/notices/{id}/editions/{edition}/ledger``."""

    @route("/{id}/editions/{edition}/ledger", methods=["GET"])
    async def ledger(self, request: Request) -> Response:
        """The figures, and one part of the lines."""
        record, edition = await self.find_edition(request)
        return await self._draw_ledger(request, record, edition)

    async def _draw_ledger(
        self,
        request: Request,
        record: Record,
        edition: Publication,
        refusal: TorokuError | None = None,
        noted: tuple[str, str] = ("", ""),
    ) -> Response:
        name = self._show(request, edition)
        view = VIEWS[name]
        page = await ledger.lines(edition, view.channel, view.states, request.query_params.get("after") or "")
        figures = await self.figures(request, edition)
        words = say("Ledger of edition {number}", {"number": edition.edition})
        return self.page(
            request,
            "notice_ledger.html",
            title=words,
            crumbs=self.way(request, record, words),
            refusal=refusal,
            record=record,
            edition=edition,
            figures=figures,
            tabs=self._tabs_of(request, edition, name, figures["figures"]),
            show=name,
            lines=[self._line(request, line) for line in page.lines],
            following=self.edition_href(request, edition, "/ledger", show=name, after=page.following)
            if page.following
            else "",
            noted=noted,
            limit=ledger.NOTE_LIMIT,
            **self._acts(request, edition, name, figures["figures"]),
        )

    def _acts(self, request: Request, edition: Publication, shown: str, figures: Figures) -> dict[str, Any]:
        """What may be done here, and what happens by itself."""
        file = self.edition_href(request, edition, "/ledger/file", show=shown)
        return {
            "acts": self.edition_href(request, edition),
            "file": file if may(request, "notice.export") else "",
            "may_send": may(request, "message.retry"),
            "reminds": self._reminds(request, edition, figures),
            "rounds": self._rounds(request, edition),
        }

    def _show(self, request: Request, edition: Publication) -> str:
        """The part that is asked for. Raises NotFound for one this ledger does not have."""
        name = request.query_params.get("show") or "all"
        if name not in VIEWS or (name in ASKED_ALONE and not edition.acknowledge):
            raise NotFound
        return name

    def _tabs_of(self, request: Request, edition: Publication, shown: str, figures: Figures) -> list[Any]:
        return [
            (
                self.edition_href(request, edition, "/ledger", show=name),
                view.label,
                name == shown,
                f"{view.count(figures):,}",
            )
            for name, view in VIEWS.items()
            if edition.acknowledge or name not in ASKED_ALONE
        ]

    def _line(self, request: Request, line: LedgerLine) -> dict[str, Any]:
        unread = line.channel == "portal" and line.state == "sent"
        return {
            "line": line,
            "channel": CHANNELS[line.channel],
            "state": UNREAD if unread else STATES[line.state],
            "address": self.address(request, line.to_address) if line.to_address else "",
            "history": _history(line),
            "why": translate(line.problem, language()) if line.problem else "",
            "open": line.channel == "mail" and line.state in ledger.UNDELIVERED,
        }

    def _reminds(self, request: Request, edition: Publication, figures: Figures) -> int:
        """How many would be reminded; 0 where nobody is, or by somebody else."""
        asked = edition.acknowledge and edition.shown and may(request, "notice.remind")
        return figures.listed - figures.acknowledged if asked else 0

    def _rounds(self, request: Request, edition: Publication) -> list[Any]:
        """The moments still to come at which those who have not acknowledged are reminded by themselves."""
        if not edition.acknowledge or not edition.shown:
            return []
        site = site_of(request)
        found = acknowledging.moments(site, edition)
        return [moment for _name, moment in found if moment > site.now()]

    # --- the file -------------------------------------------------------------------------------------------

    @route("/{id}/editions/{edition}/ledger/file", methods=["GET"])
    async def ledger_file(self, request: Request) -> Response:
        """One part of the lines as CSV: UTF-8 with its mark, cells no program takes for formulas."""
        record, edition = await self.find_edition(request)
        view = VIEWS[self._show(request, edition)]
        site, actor = site_of(request), actor_of(request)
        await noticeboard.record_export(site, actor, edition, "ledger")
        name = f"notice-{record.number}-{edition.edition}-{self.today(request):%Y%m%d}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        parts = self._file(request, edition, view)
        return StreamingResponse(parts, headers=headers, media_type="text/csv; charset=utf-8")

    async def _file(self, request: Request, edition: Publication, view: View) -> AsyncIterator[str]:
        """The file, a page of the ledger at a time."""
        yield BOM + lines([[say(head, side_words(site_of(request))) for head in HEADS]])
        after, over = "", False
        while not over:
            page = await ledger.lines(edition, view.channel, view.states, after, noticeboard.FILE_PAGE)
            yield lines(self._cells(request, line) for line in page.lines)
            after, over = page.following, not page.following

    def _cells(self, request: Request, line: LedgerLine) -> list[str]:
        drawn = self._line(request, line)
        moments = (line.queued_at, line.sent_at, line.read_at, line.acknowledged_at)
        return [
            line.name,
            line.login,
            line.operator_name,
            str(drawn["channel"]),
            drawn["address"],
            str(drawn["state"].label),
            *(minute(at) if at else "" for at in moments),
            line.acknowledged_as,
            minute(line.reminded_at) if line.reminded_at else "",
            drawn["why"],
        ]

    # --- what is done about it ------------------------------------------------------------------------------

    @route("/{id}/editions/{edition}/again", methods=["POST"])
    async def send_again(self, request: Request) -> Response:
        """Put the mails that failed back into the outbox."""
        _record, edition = await self.find_edition(request)
        count = await ledger.send_again(site_of(request), actor_of(request), edition)
        return self._to_ledger(
            request, edition, N_("{count} mails are in the outbox again."), {"count": count}
        )

    @route("/{id}/editions/{edition}/remind", methods=["POST"])
    async def remind(self, request: Request) -> Response:
        """Remind those who have not acknowledged, once a day at most."""
        record, edition = await self.find_edition(request)
        try:
            count = await acknowledging.remind_now(site_of(request), actor_of(request), edition)
        except ReminderRefused as refusal:
            return await self._draw_ledger(request, record, edition, refusal)
        done = N_("{count} people are being reminded.")
        return self._to_ledger(request, edition, done, {"count": count})

    @route("/{id}/editions/{edition}/lines/{line}", methods=["POST"])
    async def note_told(self, request: Request) -> Response:
        """Note how somebody was told whom no mail reached; refused, what was typed stands in its place."""
        record, edition = await self.find_edition(request)
        line, form = str(request.path_params["line"])[:64], await self.form(request, fields=5)
        note = text_of(form, "note", longest=2000)
        try:
            await ledger.note_told(site_of(request), actor_of(request), edition, line, note)
        except AnswersInvalid as refusal:
            return await self._draw_ledger(request, record, edition, refusal, (line, note))
        return self._to_ledger(request, edition, N_("It has been noted."))

    def _to_ledger(
        self, request: Request, edition: Publication, done: str, values: Mapping[str, Any] | None = None
    ) -> Response:
        rest = f"/{edition.record_id}/editions/{edition.edition}/ledger"
        asked = request.query_params.get("show") or ""
        return self.back(
            request, f"{rest}?show={asked}" if asked in VIEWS else rest, done=done, values=values
        )


def _history(line: LedgerLine) -> list[tuple[str, Any]]:
    """What happened to a line, in its order."""
    words = (
        (say("Listed later") if line.late else say("Listed"), line.queued_at),
        (say("Sent"), line.sent_at if line.channel == "mail" else None),
        (say("Failed"), line.failed_at),
        (say("Came back"), line.bounced_at),
        (say("Read"), line.read_at),
        (say("Reminded"), line.reminded_at),
        (say("Has acknowledged"), line.acknowledged_at),
    )
    return [(label, at) for label, at in words if at is not None]
