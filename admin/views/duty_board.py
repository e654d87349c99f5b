"""The board of duties: operators by what they owe, one operator in full, and asking before the time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.views.page import Crumb, PageView, route
from models.errors import TorokuError
from models.interchange.tables.comma import CommaWriter
from models.services import duty_board
from models.services.duty_board import Asked, Cell, Line, Past, Standing
from models.services.owing import Owing
from models.services.owing_asking import ask_now
from models.services.side_words import side_words

WORDS: Mapping[Standing, str] = {
    "overdue": N_("Overdue"),
    "soon": N_("Due soon"),
    "open": N_("To be handed in"),
    "sent": N_("Handed in"),
    "never": N_("Not due yet"),
    "fulfilled": N_("Fulfilled"),
}
TONES: Mapping[Standing, str] = {
    "overdue": "bad",
    "soon": "warn",
    "open": "info",
    "sent": "info",
    "never": "plain",
    "fulfilled": "good",
}
MARKS: Mapping[Standing, str] = {
    "overdue": "!",
    "soon": "◔",
    "open": "○",
    "sent": "→",
    "never": "–",
    "fulfilled": "✓",
}
"""A mark of each standing that needs no colour."""

FARTHEST = 1000
"""The last page there is an address of."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What of the board is asked for, as it stands in the address."""

    asked: Asked
    page: int

    def query(self, **changed: Any) -> str:
        """The address of the same board with something changed."""
        asked = self.asked
        told: dict[str, Any] = {
            "q": asked.text,
            "duty": ":".join(asked.duty) if asked.duty else "",
            "show": asked.standing or "",
            "missing": "yes" if asked.missing else "",
            "page": self.page if self.page > 1 else "",
        }
        return "?" + urlencode({name: value for name, value in {**told, **changed}.items() if value})


class DutyBoardPage(PageView):
    """``/duties``: how every operator stands with what it owes."""

    styles = ("system.css", "filters.css")

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Board of duties"),
            icon="calendar",
            path="/duties",
            route_name="duties",
            allowed=lambda request: may(request, "request.view"),
        )

    def is_listed(self, request: Request) -> bool:
        """Not where nothing is owed."""
        return bool(duty_board.columns(site_of(request), actor_of(request)))

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Operators and duties, filtered, a page at a time."""
        site, actor, wanted = site_of(request), actor_of(request), filter_of(request)
        size = duty_board.PAGE
        found = await duty_board.board(site, actor, wanted.asked, skip=(wanted.page - 1) * size)
        first = (wanted.page - 1) * size + 1
        shown = [each for each in found.duties if wanted.asked.duty in (None, each.key)]
        return self.page(
            request,
            "duty_board.html",
            heads=[{"label": each.duty.label(language())} for each in shown],
            lines=[self._line(request, line, shown) for line in found.lines],
            choices=[(":".join(each.key), each.duty.label(language())) for each in found.duties],
            wanted=wanted,
            chosen=":".join(wanted.asked.duty) if wanted.asked.duty else "",
            tabs=self._tabs(wanted),
            first=first,
            last=first + len(found.lines) - 1,
            total=found.total,
            pages=min(FARTHEST, -(-found.total // size)),
            here=self.url(request),
            file=self.url(request, "/file") + wanted.query(page=""),
        )

    def _tabs(self, wanted: Filter) -> list[tuple[str, str, bool]]:
        now = wanted.asked.standing
        every = [(wanted.query(show="", page="") or "?", say("All"), now is None)]
        return [
            *every,
            *(
                (wanted.query(show=name, page=""), f"{MARKS[name]} {say(WORDS[name])}", name == now)
                for name in duty_board.STANDINGS
            ),
        ]

    def _line(self, request: Request, line: Line, shown: list[Owing]) -> dict[str, Any]:
        cells = [line.cells.get(each.key) for each in shown]
        return {
            "href": self.url(request, f"/of/{line.number}"),
            "number": line.number,
            "name": line.name,
            "cells": [told(each) if each is not None else None for each in cells],
        }

    @route("/file", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """The board as CSV, a row for every operator and duty."""
        site, actor, wanted = site_of(request), actor_of(request), filter_of(request)
        found = await duty_board.board(site, actor, wanted.asked, limit=duty_board.MOST)
        rows = [_cells(line, cell) for line in found.lines for cell in line.cells.values()]
        notice = [say("Handle with care: for the purpose it was taken for only.")]
        writer = CommaWriter()
        heads = [say(word, side_words(site)) for word in HEADS]
        body = writer.begin(notice, heads) + writer.rows(rows) + writer.end()
        headers = {"Content-Disposition": 'attachment; filename="duties.csv"'}
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)

    # --- one operator ---------------------------------------------------------------------------------------

    @route("/of/{number}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """Everything one operator owes, who did not take part, and what was handed in before."""
        return await self._draw(request)

    async def _draw(self, request: Request, refusal: TorokuError | None = None) -> Response:
        site, actor = site_of(request), actor_of(request)
        operator = await duty_board.operator_by(site, actor, str(request.path_params["number"]))
        found = await duty_board.of_operator(site, actor, operator.id)
        return self.page(
            request,
            "duties_of.html",
            title=say("Duties of {operator}", {"operator": operator.title or operator.number}),
            crumbs=[Crumb(operator.title or operator.number)],
            refusal=refusal,
            operator=operator,
            record=f"{root_of(request)}/{operator.type}/detail?pk={operator.id}",
            duties=[self._duty(request, operator.number, each) for each in found],
        )

    def _duty(self, request: Request, number: str, each: duty_board.Told) -> dict[str, Any]:
        cell = each.cell
        kind, duty = cell.owing.key
        reference = cell.row.reference
        may_ask = may(request, "request.make") and cell.row.rolls and not cell.row.open
        return {
            "id": f"{kind}-{duty}",
            "kind": cell.owing.definition.label(language()),
            "missing": each.missing,
            "past": [(self._record(request, kind, past), moments.day(past.on)) for past in each.past],
            "application": f"{root_of(request)}/applications/{reference}" if reference else "",
            "ask": self.url(request, f"/of/{number}/{kind}/{duty}/ask") if may_ask else "",
            **told(cell),
        }

    def _record(self, request: Request, kind: str, past: Past) -> tuple[str, str]:
        href = f"{root_of(request)}/{kind}/detail?pk={past.record}" if may(request, "record.view") else ""
        return past.number, href

    @route("/of/{number}/{type}/{duty}/ask", methods=["POST"])
    async def ask(self, request: Request) -> Response:
        """Ask an operator for what it owes before its time."""
        site, actor = site_of(request), actor_of(request)
        number, kind, duty = (str(request.path_params[name])[:64] for name in ("number", "type", "duty"))
        operator = await duty_board.operator_by(site, actor, number)
        duty_board.find(site, actor, kind, duty)
        try:
            await ask_now(site, actor, operator.id, kind, duty)
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return await self._draw(request, refusal)
        done = N_("The {operator} is asked for it now.")
        return self.back(request, f"/of/{operator.number}", done=done, values=side_words(site_of(request)))


HEADS = (
    N_("Number"),
    N_("{Operator}"),
    N_("Duty"),
    N_("Standing"),
    N_("Fulfilled on"),
    N_("Asked from"),
    N_("Due"),
    N_("Reference"),
    N_("Users who did not take part"),
)


def _cells(line: Line, cell: Cell) -> list[str]:
    """One line of the file."""
    found = told(cell)
    days = [found["last"], found["opens"], found["due"]]
    missing = "" if cell.row.missing is None else str(cell.row.missing)
    return [
        line.number,
        line.name,
        cell.label(language()),
        found["standing"],
        *days,
        cell.row.reference,
        missing,
    ]


def told(cell: Cell) -> dict[str, Any]:
    """One cell in words."""
    return {
        "label": cell.label(language()),
        "standing": say(WORDS[cell.standing]),
        "name": cell.standing,
        "tone": TONES[cell.standing],
        "mark": MARKS[cell.standing],
        "last": moments.day(cell.row.last_on),
        "opens": moments.day(cell.opens),
        "due": moments.day(cell.due),
        "since": moments.day(cell.row.since),
        "reference": cell.row.reference,
        "count": cell.row.missing or 0,
    }


def filter_of(request: Request) -> Filter:
    """What the address asks for; what means nothing is left out."""
    query = request.query_params
    kind, _colon, duty = query.get("duty", "")[:130].partition(":")
    show = query.get("show", "")
    standing = next((name for name in duty_board.STANDINGS if name == show), None)
    page = query.get("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1
    asked = Asked(
        (kind, duty) if kind and duty else None,
        standing,
        query.get("q", "")[:100],
        query.get("missing", "") == "yes",
    )
    return Filter(asked, min(max(1, number), FARTHEST))
