"""Requests to operators: what was asked and is owed in each period, who has answered, and a new one."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from admin import moments
from admin.actor import actor_of, may, site_of
from admin.language import N_, language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.posted import text_of
from admin.views.cases import told
from admin.views.page import Crumb, PageView, route
from models.documents.application import Application
from models.documents.base import read_id
from models.documents.request import Request as Asked
from models.errors import AlreadyDone, TorokuError
from models.interchange.tables.comma import CommaWriter
from models.language import Language
from models.schema.definition import RecordType
from models.schema.fields import BaseField
from models.schema.fields.choice import ListedField
from models.services import addressees, answered, asked, asking, extending
from models.services.answered import Counts, Line, Show
from models.services.asking import Wish
from models.services.side_words import side_words
from models.services.threads import LONGEST

WORDS: Mapping[Show, str] = {
    "all": N_("All"),
    "overdue": N_("Overdue"),
    "open": N_("Open"),
    "done": N_("Over"),
}
TONES: Mapping[Show, str] = {"all": "plain", "overdue": "bad", "open": "warn", "done": "done"}

NAMED = 3
"""Operators named in the line of a request; the rest are counted."""

CONTROLS = {"integer": "number", "date": "date", "email": "email", "url": "url"}
"""Kinds of input for the fields staff fill in; others are plain text."""


class RequestsPage(PageView):
    """``/requests``: what operators were asked for, by hand and by duty."""

    styles = ("system.css", "filters.css")

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Requests to operators"),
            icon="page",
            path="/requests",
            route_name="requests",
            allowed=lambda request: may(request, "request.view"),
        )

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """Every request, newest first, and what may be asked for."""
        site, actor = site_of(request), actor_of(request)
        found = await answered.requests(site, actor)
        first = [number for each, _counts in found for number in (each.whom or ())[:NAMED]]
        names = await addressees.names_of(site, actor, first)
        rows = [self._row(request, *each) | {"whom": whom(each[0], names)} for each in found]
        kinds = [told(kind) for kind in asking.askable(site, actor)]
        return self.page(request, "requests.html", rows=rows, kinds=kinds)

    def _row(self, request: Request, asked: Asked, counts: Counts) -> dict[str, Any]:
        definition = site_of(request).registry.current(asked.type).definition
        return {
            "href": self.url(request, f"/{asked.id}"),
            "title": asked.called(language()),
            "lang": foreign(asked.typed_in),
            "kind": definition.label(language()),
            "by": asked.by.name if not asked.duty else say("Duty"),
            "due": self._due(request, asked),
            "counts": counts,
        }

    def _due(self, request: Request, asked: Asked) -> str:
        """The last day; a duty that counts from a day of each operator's own has one for each."""
        if asked.due is None:
            return say("one for each {operator}", side_words(site_of(request))) if asked.duty else ""
        return moments.day(site_of(request).calendar.due_day(asked.due))

    # --- one request ----------------------------------------------------------------------------------------

    @route("/{identifier}", methods=["GET"])
    async def show(self, request: Request) -> Response:
        """One request, operator by operator."""
        return await self._draw(request, await self._find(request))

    async def _find(self, request: Request) -> Asked:
        identifier = read_id(str(request.path_params["identifier"]))
        return await asking.find_request(site_of(request), actor_of(request), identifier)

    async def _draw(self, request: Request, asked: Asked, refusal: TorokuError | None = None) -> Response:
        site, actor = site_of(request), actor_of(request)
        show, page = show_of(request), page_of(request)
        counts = (await answered.count(site, [asked.id])).get(asked.id, Counts())
        found = await answered.lines(site, actor, asked, show, skip=(page - 1) * answered.PAGE)
        pages = answered.pages_of(await answered.total(site, asked, show))
        names = await addressees.names_of(site, actor, asked.whom or ())
        here = self.url(request, f"/{asked.id}")
        return self.page(
            request,
            "request.html",
            title=asked.called(language()),
            crumbs=[Crumb(asked.called(language()))],
            refusal=refusal,
            row=self._row(request, asked, counts),
            asked=asked,
            named=[(names.get(number, ""), number) for number in asked.whom or ()],
            counts=counts,
            given=given(site.registry.current(asked.type).definition, asked.answers),
            tabs=[(f"{here}?show={name}", say(WORDS[name]), name == show) for name in answered.SHOWS],
            lines=[self._line(request, line) for line in found],
            pages=[(f"{here}?show={show}&page={number}", number, number == page) for number in pages],
            file=f"{here}/file?show={show}",
            here=here,
            may_close=asked.open and may(request, "request.make"),
        )

    def _line(self, request: Request, line: Line) -> dict[str, Any]:
        return {
            "line": line,
            "href": f"{root_of(request)}/applications/{line.reference}",
            "about": self.url(request, f"/about/{line.reference}"),
            "state": state_of(request, line.state),
            "tone": TONES[line.standing],
            "standing": say(WORDS[line.standing]),
            "due": moments.day(site_of(request).calendar.due_day(line.due) if line.due else None),
            "sent": moments.minute(line.sent_at) if line.sent_at else "",
        }

    @route("/{identifier}/file", methods=["GET"])
    async def file(self, request: Request) -> Response:
        """The list as CSV: UTF-8 with its mark, cells no program takes for formulas."""
        asked = await self._find(request)
        site, actor = site_of(request), actor_of(request)
        found = await answered.lines(site, actor, asked, show_of(request), limit=answered.MOST)
        rows = [_cells(each) for each in (self._line(request, line) for line in found)]
        notice = [say("Handle with care: for the purpose it was taken for only."), asked.called(language())]
        writer = CommaWriter()
        body = (
            writer.begin(notice, [say(word, side_words(site)) for word in HEADS])
            + writer.rows(rows)
            + writer.end()
        )
        headers = {"Content-Disposition": f'attachment; filename="request-{asked.id}.csv"'}
        return Response(body, media_type="text/csv; charset=utf-8", headers=headers)

    @route("/{identifier}/close", methods=["POST"])
    async def close(self, request: Request) -> Response:
        """Ask nobody else."""
        asked = await self._find(request)
        try:
            await asking.close(site_of(request), actor_of(request), asked)
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return await self._draw(request, await self._find(request), refusal)
        return self.back(request, f"/{asked.id}", done=N_("Nobody else is asked. What was asked stays."))

    # --- what is written about it ---------------------------------------------------------------------------

    @route("/about/{reference}", methods=["GET"])
    async def about(self, request: Request) -> Response:
        """What was written about one operator's answer, and a message to it."""
        return await self._draw_about(request)

    @route("/about/{reference}", methods=["POST"])
    async def write(self, request: Request) -> Response:
        """Write to the operator, which is mailed; refused, the page comes back with what was typed."""
        form, application = await self.form(request, fields=10), await self._application(request)
        text, key = text_of(form, "text", longest=LONGEST * 2), text_of(form, "key", longest=64)
        try:
            with suppress(AlreadyDone):
                await asked.write(site_of(request), actor_of(request), application, text, key)
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return await self._draw_about(request, refusal, text)
        return self.back(request, f"/about/{application.reference}", done=N_("The message has been sent."))

    @route("/about/{reference}/due", methods=["POST"])
    async def extend(self, request: Request) -> Response:
        """Give the operator more time, which is told in the thread and mailed."""
        form, application = await self.form(request, fields=10), await self._application(request)
        text, key = text_of(form, "reason", longest=LONGEST * 2), text_of(form, "key", longest=64)
        day = day_of(text_of(form, "day", longest=10)) or date.min
        try:
            with suppress(AlreadyDone):
                await extending.extend(site_of(request), actor_of(request), application, day, text, key)
        except TorokuError as refusal:
            if refusal.status not in (409, 422):
                raise
            return await self._draw_about(
                request, refusal, typed={"day": text_of(form, "day"), "reason": text}
            )
        return self.back(request, f"/about/{application.reference}", done=N_("The operator has more time."))

    async def _application(self, request: Request) -> Application:
        reference = str(request.path_params["reference"])
        return await asked.find_for_staff(site_of(request), actor_of(request), reference)

    async def _draw_about(
        self,
        request: Request,
        refusal: TorokuError | None = None,
        text: str = "",
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        site, application = site_of(request), await self._application(request)
        request_id = application.asked.request if application.asked else None
        return self.page(
            request,
            "request_about.html",
            title=say("Messages about {reference}", {"reference": application.reference}),
            crumbs=[
                Crumb(application.called(language()), self.url(request, f"/{request_id}")),
                Crumb(application.reference),
            ],
            refusal=refusal,
            application=application,
            messages=await asked.thread_of(site, actor_of(request), application),
            review=f"{root_of(request)}/applications/{application.reference}",
            key=site.entropy(16).hex(),
            text=text,
            most=LONGEST,
            may_write=may(request, "request.make"),
            due=moments.day(site.calendar.due_day(application.due) if application.due else None),
            may_extend=may(request, "request.make") and extending.may_extend(site, application),
            typed=typed or {},
        )

    # --- a new one ------------------------------------------------------------------------------------------

    @route("/new/{type}", methods=["GET"])
    async def wish(self, request: Request) -> Response:
        """What is asked, of whom, by when."""
        typed = {"token": site_of(request).entropy(16).hex(), "whom": "some"}
        return await self._draw_new(request, typed, ())

    @route("/new/{type}", methods=["POST"])
    async def ask(self, request: Request) -> Response:
        """Make the request; refused, the form comes back with what was typed."""
        site, actor, form = site_of(request), actor_of(request), await self.form(request, fields=200)
        definition = asking.asked_type(site, actor, str(request.path_params["type"])[:64])
        typed = {name: text_of(form, name) for name in form}
        chosen = chosen_of(form)
        if "find" in form:
            return await self._draw_new(request, typed, chosen)
        try:
            made = await asking.ask(site, actor, definition.name, wish_of(definition, form))
        except TorokuError as refusal:
            if refusal.status != 422:
                raise
            return await self._draw_new(request, typed, chosen, refusal)
        done = N_("The request is made. The {operators} are asked within moments.")
        return self.back(request, f"/{made.id}", done=done, values=side_words(site))

    async def _draw_new(
        self,
        request: Request,
        typed: Mapping[str, str],
        chosen: Sequence[str],
        refusal: TorokuError | None = None,
    ) -> Response:
        site, actor = site_of(request), actor_of(request)
        definition = asking.asked_type(site, actor, str(request.path_params["type"])[:64])
        return self.page(
            request,
            "request_new.html",
            title=say("Ask {operators}: {kind}", {**side_words(site), "kind": definition.label}),
            crumbs=[Crumb(say("Ask {operators}", side_words(site)))],
            refusal=refusal,
            kind=told(definition),
            typed=typed,
            operators=await self._offered(request, definition, typed.get("q", ""), chosen),
            fields=[control(field, typed.get(field.name, "")) for field in asking.own_fields(definition)],
            limit=asking.TITLE_LIMIT,
        )

    async def _offered(
        self, request: Request, definition: RecordType, text: str, chosen: Sequence[str]
    ) -> list[tuple[str, str, bool]]:
        """The operators to choose from (number, name, whether it is chosen): those chosen already, and what
        was found."""
        site, actor = site_of(request), actor_of(request)
        names = await addressees.names_of(site, actor, chosen)
        found = await addressees.offered(site, actor, definition, text)
        more = [(each.number, each.title, False) for each in found if each.number not in names]
        return [*((number, name, True) for number, name in names.items()), *more]


HEADS = (
    N_("Number"),
    N_("{Operator}"),
    N_("Reference"),
    N_("State"),
    N_("Standing"),
    N_("Due"),
    N_("Answered"),
)


def _cells(each: Mapping[str, Any]) -> list[str]:
    """One line of the file."""
    line: Line = each["line"]
    told = [str(each[key]) for key in ("state", "standing", "due", "sent")]
    return [line.number, line.operator, line.reference, *told]


def show_of(request: Request) -> Show:
    """Which lines are asked for; all for anything else."""
    asked = request.query_params.get("show", "all")
    return next((name for name in answered.SHOWS if name == asked), "all")


def page_of(request: Request) -> int:
    """Which page is asked for, from 1."""
    asked = request.query_params.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1


def state_of(request: Request, name: str) -> str:
    """What a state is called."""
    for workflow in site_of(request).workflows.values():
        if name in workflow.states:
            return workflow.states[name].label(language())
    return name


def wish_of(definition: RecordType, form: FormData) -> Wish:
    """What was typed, as it is asked."""
    typed = [word for word in re.split(r"[\s,、，]+", text_of(form, "numbers")) if word]
    due = text_of(form, "due", longest=10)
    return Wish(
        title=text_of(form, "title"),
        token=text_of(form, "token", longest=64),
        whom=None if text_of(form, "whom") == "all" else [*chosen_of(form), *typed],
        answers={field.name: text_of(form, field.name) or None for field in asking.own_fields(definition)},
        due=day_of(due),
        language=language(),
    )


def chosen_of(form: FormData) -> list[str]:
    """The numbers of the operators that were ticked."""
    return [str(value)[:64] for value in form.getlist("operator")]


def whom(asked: Asked, names: Mapping[str, str]) -> dict[str, Any]:
    """Who was asked: the first of them by name and number, and how many more there are."""
    numbers = asked.whom or ()
    first = [(names.get(number, ""), number) for number in numbers[:NAMED]]
    return {"first": first, "more": len(numbers) - len(first), "all": asked.whom is None and not asked.duty}


def foreign(typed_in: Language | None) -> str:
    """The language a typed title is marked with: "" where it is that of the page, or nobody's."""
    return typed_in if typed_in not in (None, language()) else ""


def day_of(text: str) -> date | None:
    """A day as an input sends it; the first of all days, which is refused, for what is none."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min


def control(field: BaseField, value: str) -> dict[str, Any]:
    """How one of the staff's own fields is asked."""
    options: list[tuple[str, str]] = []
    if isinstance(field, ListedField):
        options = [("", "—"), *((option.code, option.label(language())) for option in field.options)]
    elif field.type == "boolean":
        options = [("", "—"), ("yes", say("Yes")), ("no", say("No"))]
    return {
        "name": field.name,
        "label": field.label(language()),
        "hint": field.help(language()) if field.help else "",
        "required": field.required,
        "options": options,
        "long": field.type == "long_text",
        "type": CONTROLS.get(field.type, "text"),
        "value": value,
    }


def given(definition: RecordType, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the staff wrote into a request, as its page shows it."""
    fields = asking.own_fields(definition)
    shown = [(f.label(language()), f.show(f.parse(answers.get(f.name)), language())) for f in fields]
    return [(label, value) for label, value in shown if value]
