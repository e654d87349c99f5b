"""What operators declared: who was asked, who is late, who declined; and asking one operator or all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import number_of, text_of
from admin.views.columns import Choice
from admin.views.page import Crumb, PageView, route
from models.documents.base import read_id
from models.documents.record import Record
from models.errors import AnswersInvalid, NotFound, TorokuError
from models.language import Message
from models.schema.reading import AnswerError
from models.services import confirmations, declarations
from models.services.declarations import Given
from models.services.side_words import side_words
from models.services.site import Site

STATES: Mapping[str, Choice] = {
    "none": Choice(_("Not declared")),
    "open": Choice(_("Waits for the answer"), "info"),
    "overdue": Choice(_("Overdue"), "bad"),
    "confirmed": Choice(_("Confirmed"), "good"),
    "declined": Choice(_("Declined"), "bad"),
    "withdrawn": Choice(_("Withdrawn"), "warn"),
}


FILED: Mapping[str, Choice] = {
    "none": Choice(_("Not filed")),
    "confirmed": Choice(_("Filed"), "good"),
    "withdrawn": Choice(_("Withdrawn"), "warn"),
}
"""The same of what is filed as a document."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form that asks."""

    name: str = ""
    whom: str = "one"
    number: str = ""
    reason: str = ""
    due: str = ""


class DeclarationsPage(PageView):
    """Declarations of every operator (R81, R86)."""

    styles = ("system.css",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Declarations"),
            icon="page",
            path="/declarations",
            route_name="declarations",
            allowed=lambda request: may(request, "declaration.view"),
        )

    @route("", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """How many operators are where, and one of the groups as a list."""
        site, actor, asked = site_of(request), actor_of(request), request.query_params
        group, name = asked.get("show") or "overdue", asked.get("name") or ""
        number = asked.get("page") or "1"
        sound = number.isascii() and number.isdigit() and 0 < int(number[:6]) <= 200
        if group not in confirmations.GROUPS or (name and name not in declarations.rules(site)) or not sound:
            raise NotFound
        found, more = await confirmations.listed(site, actor, group, name, int(number))
        return self.page(
            request,
            "system_declarations.html",
            counted=[
                (key, rule.label(language()), await confirmations.counted(site, actor, key))
                for key, rule in declarations.rules(site).items()
                if "operator" in rule.by
            ],
            found=found,
            group=group,
            name=name,
            labels={key: rule.label(language()) for key, rule in declarations.rules(site).items()},
            states=STATES,
            groups=confirmations.GROUPS,
            ways=[
                (self.url(request, show=each, name=name or None), STATES[each].label, each == group)
                for each in confirmations.GROUPS
            ],
            href=lambda show, of="": self.url(request, show=show, name=of or None),
            of=lambda operator_id: self.url(request, f"/of/{operator_id}"),
            following=self.url(request, show=group, name=name or None, page=int(number) + 1) if more else "",
            due_day=site.calendar.due_day,
            now=site.now(),
            limit=confirmations.COUNT_LIMIT - 1,
            ask=self.url(request, "/ask") if may(request, "declaration.ask") else "",
        )

    @route("/ask", methods=["GET"])
    async def ask(self, request: Request) -> Response:
        """The form that asks one operator or all."""
        return self._draw_ask(request, Typed())

    @route("/ask", methods=["POST"])
    async def send(self, request: Request) -> Response:
        """Ask them."""
        site, actor, form = site_of(request), actor_of(request), await self.form(request, fields=10)
        typed = Typed(
            *(text_of(form, each, longest=2000) for each in ("name", "whom", "number", "reason", "due"))
        )
        try:
            due = _day(typed.due)
            if typed.whom == "all":
                await confirmations.ask_all(site, actor, typed.name, typed.reason, due)
                return self.back(
                    request,
                    "?show=open",
                    done=N_("Every {operator} is being asked."),
                    values=side_words(site),
                )
            operator = await confirmations.ask_one(site, actor, typed.name, typed.number, typed.reason, due)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return self._draw_ask(request, typed, refusal)
        return self.back(
            request, f"/of/{operator}", done=N_("The {operator} has been asked."), values=side_words(site)
        )

    def _draw_ask(self, request: Request, typed: Typed, refusal: TorokuError | None = None) -> Response:
        if not may(request, "declaration.ask"):
            raise NotFound
        site, spoken = site_of(request), language()
        offered = [
            (key, rule.label(spoken))
            for key, rule in declarations.rules(site).items()
            if "operator" in rule.by
        ]
        title = say("Ask for a confirmation")
        return self.page(
            request,
            "system_declaration_ask.html",
            title=title,
            crumbs=[Crumb(title)],
            refusal=refusal,
            typed=typed,
            offered=offered,
        )

    @route("/of/{operator}", methods=["GET"])
    async def show_operator(self, request: Request) -> Response:
        """What one operator declared, with its history, and which rule of confidentiality governs it."""
        return await self._draw_operator(request, await self._operator(request))

    @route("/of/{operator}/{name}", methods=["POST"])
    async def record(self, request: Request) -> Response:
        """Record that the operator filed a declaration or withdrew it."""
        site, actor, operator = site_of(request), actor_of(request), await self._operator(request)
        name, form = str(request.path_params["name"]), await self.form(request, fields=10)
        given = Given(
            text_of(form, "answer", longest=20),  # type: ignore[arg-type]
            text_of(form, "text_version", longest=20),
            number_of(form, "sequence"),
            text_of(form, "note", longest=5000),
        )
        try:
            await declarations.record(site, actor, operator, name, given)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._draw_operator(request, operator, refusal, {name: given})
        return self.back(request, f"/of/{operator.id}", done=N_("It has been recorded."))

    @route("/{id}/withdraw", methods=["POST"])
    async def withdraw(self, request: Request) -> Response:
        """Take back what an operator was asked."""
        await confirmations.withdraw(site_of(request), actor_of(request), read_id(request.path_params["id"]))
        return self.back(request, "?show=open", done=N_("The operator is not asked any more."))

    async def _operator(self, request: Request) -> Record:
        identifier = read_id(request.path_params["operator"])
        return await declarations.operator_record(site_of(request), identifier)

    async def _draw_operator(
        self,
        request: Request,
        operator: Record,
        refusal: TorokuError | None = None,
        typed: Mapping[str, Given] = {},
    ) -> Response:
        site = site_of(request)
        found = await declarations.standings(site, operator)
        histories = {each.name: await declarations.history(operator.id, each.name) for each in found}
        return self.page(
            request,
            "system_declaration.html",
            title=operator.title,
            crumbs=[Crumb(operator.title)],
            refusal=refusal,
            operator=operator,
            record_href=self._record_href(request, site, operator),
            governing=declarations.governing(site, operator, found),
            standings=found,
            histories=histories,
            states={
                each.name: STATES if "operator" in each.rule.by else {**STATES, **FILED} for each in found
            },
            spoken=language(),
            typed=typed,
            due_day=site.calendar.due_day,
            may_ask=may(request, "declaration.ask"),
            may_record=may(request, "declaration.record"),
            withdraw=lambda asked: self.url(request, f"/{asked.id}/withdraw"),
            record=lambda name: self.url(request, f"/of/{operator.id}/{name}"),
        )

    def _record_href(self, request: Request, site: Site, operator: Record) -> str:
        own = site.configuration.site.operator_type
        return f"{root_of(request)}/{own}/detail?pk={operator.id}" if may(request, "record.view") else ""


def _day(text: str) -> date | None:
    """The day typed; None where nothing is. Raises AnswersInvalid (path ``due``)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        said = Message("Enter a day like 2026-04-01.")
        raise AnswersInvalid((AnswerError("due", "format", said),)) from error
