"""The builder of filters: rows and groups, or the text; every button is a GET and needs no script."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from admin.actor import may, site_of
from admin.language import language, say
from admin.language import lazy_gettext as _
from admin.links import root_of
from admin.refusals import Problem
from admin.views.crumbs import Crumb
from admin.views.filter_draft import (
    HOWS,
    Box,
    Row,
    after,
    draft_of,
    fit,
    is_draft,
    problems_in,
    read_draft,
    rows_in,
    texts_of,
    tree_of,
)
from admin.views.filters import (
    PARAMETER,
    Place,
    flaw_words,
    list_href,
    place_of,
    read_at,
    said_label,
    without_position,
)
from admin.views.page import PageView, route
from models.language import Text
from models.schema.filters import (
    Askable,
    Filter,
    Group,
    Operator,
    condition_of,
    operator_words,
    operators_of,
    peruse,
    pretty,
)
from models.schema.filters.reading import DEEPEST, LONGEST, MOST_QUESTIONS
from models.schema.filters.tree import COUNTED, LISTED, VALUELESS, questions_in

MOST_BOXES = 12
"""Options drawn as boxes to tick; more stand in a list."""


class Control(NamedTuple):
    """The input of a row's value: what it is, its texts, its options, the `type` of a plain one."""

    kind: str
    values: Sequence[str] = ()
    options: Sequence[tuple[str, str]] = ()
    type: str = "text"
    hint: str = ""


class FiltersPage(PageView):
    """``/filters?for=<place>&filter=…&back=…``: builds the filter of one list and goes back to it."""

    styles = ("filters.css",)
    scripts = ("filters.js",)

    def __init__(self) -> None:
        super().__init__(
            menu_label=_("Filter"),
            path="/filters",
            route_name="filters",
            allowed=lambda request: may(request, "admin.enter"),
            add_to_menu=False,
        )

    def crumbs(self, request: Request) -> list[Crumb]:
        return [Crumb(say("Home"), f"{root_of(request)}/")]

    @route("", methods=["GET"])
    async def index(self, request: Request) -> Response:
        """The builder after the button pressed; ``do=apply`` goes back to the list with the filter."""
        asked = request.query_params
        place = place_of(request, asked.get("for") or "")
        work = _Work(request, place, without_position(asked.get("back") or "", (PARAMETER,)))
        if "text" in asked:
            return self._text(work, asked["text"], asked.get("do") or "")
        if is_draft(asked):
            return self._rows(work, asked.get("do") or "")
        return self._begin(work, (asked.get(PARAMETER) or "").strip(), asked.get("as") or "")

    def _begin(self, work: "_Work", text: str, kind: str) -> Response:
        """The builder of a filter as an address has it; what of it cannot be asked is told and left out."""
        if kind == "text":
            return self._text(work, text, "")
        read = peruse(text, work.askable)
        gone = [flaw_words(flaw) for flaw in read.flaws]
        return self._draw(work, draft_of(read.tree), gone=gone, text=text)

    def _rows(self, work: "_Work", deed: str) -> Response:
        asked = work.request.query_params
        box, place = after(read_draft(asked), deed, asked, work.askable)
        if deed not in ("apply", "text"):
            fit(box, work.askable)
            return self._draw(work, box, focus=place)
        tree = tree_of(box, work.askable)
        fit(box, work.askable)
        found, flaws = read_at(work.request, work.place, work.written(tree))
        problems = problems_in(box) or [Problem(flaw_words(flaw)) for flaw in flaws]
        if problems or found is None:
            return self._draw(work, box, problems)
        return self._leave(work, found) if deed == "apply" else self._draw_text(work, found.text, ())

    def _text(self, work: "_Work", text: str, deed: str) -> Response:
        found, flaws = read_at(work.request, work.place, text)
        if found is None:
            return self._draw_text(work, text, [Problem(flaw_words(flaw), "text") for flaw in flaws])
        if deed == "apply":
            return self._leave(work, found)
        return self._draw(work, draft_of(found.tree)) if deed == "rows" else self._draw_text(work, text, ())

    def _leave(self, work: "_Work", found: Filter) -> Response:
        return RedirectResponse(work.list_href(found.text), status_code=303)

    def _draw(
        self,
        work: "_Work",
        box: Box,
        problems: Sequence[Problem] = (),
        *,
        gone: Sequence[str] = (),
        focus: str = "",
        text: str = "",
    ) -> Response:
        tree = tree_of(box, work.askable)
        if not problems:
            for row in rows_in(box):
                row.problem = ""
        return self._page(
            work,
            "filter_builder.html",
            problems=problems,
            status=422 if problems else 200,
            box=box,
            rows=sum(1 for _row in rows_in(box)),
            gone=gone,
            text=text,
            focus=focus,
            words=Filter(tree, *work.day).words(language()),
            faster=work.faster(tree),
            hows=[(how, _HOWS[how](language())) for how in HOWS],
            fields=work.fields,
            operators=work.operators,
            control=work.control,
            deepest=DEEPEST,
            most=MOST_QUESTIONS,
        )

    def _draw_text(self, work: "_Work", text: str, problems: Sequence[Problem]) -> Response:
        found, _flaws = read_at(work.request, work.place, text)
        return self._page(
            work,
            "filter_text.html",
            problems=problems,
            status=422 if problems else 200,
            text=work.pretty(found) if found else text,
            words=found.words(language()) if found else "",
            longest=LONGEST,
            askable=work.listed(),
        )

    def _page(self, work: "_Work", template: str, **context: Any) -> Response:
        label = said_label(work.place)
        return self.page(
            work.request,
            template,
            title=say("Filter: {place}", {"place": label}),
            crumbs=[Crumb(label, work.list_href(work.was)), Crumb(self.menu_label)],
            place=work.place,
            back=work.back,
            was=work.was,
            cancel=work.list_href(work.was),
            clear=work.list_href() if work.was else "",
            **context,
        )


_HOWS: Mapping[str, Text] = {
    "all": Text(ja="すべてを満たす", en="All of these hold"),
    "any": Text(ja="いずれかを満たす", en="Any of these holds"),
    "none": Text(ja="どれも満たさない", en="None of these holds"),
}


class _Work:
    """One visit to the builder: its place, what may be asked there, and how rows are drawn."""

    def __init__(self, request: Request, place: Place, back: str) -> None:
        self.request, self.place, self.back = request, place, back
        asked = request.query_params
        self.was = (asked.get("was") or ("" if "do" in asked else asked.get(PARAMETER)) or "")[:LONGEST]
        self.askable = place.askable(request)
        self.known = {each.path: each for each in self.askable}
        self.fields = [(each.path, each.label(language())) for each in self.askable]
        site = site_of(request)
        self.day = (site.today(), site.calendar.zone)

    def list_href(self, text: str = "") -> str:
        """The list with a filter and its other parameters."""
        return list_href(self.request, self.place, text, self.back)

    def written(self, tree: Group) -> str:
        return Filter(tree, *self.day).text

    def pretty(self, found: Filter) -> str:
        """The text of a filter, to be read by people."""
        return pretty(condition_of(found.tree)) if found.text else ""

    def operators(self, row: Row) -> list[tuple[str, str]]:
        """What may be asked of a row's field."""
        askable = self.known[row.path]
        offered = dict.fromkeys((*operators_of(askable), cast(Operator, row.operator)))
        return [(each, operator_words(askable, each)(language())) for each in offered]

    def control(self, row: Row) -> Control:
        """The input of a row's value."""
        askable = self.known[row.path]
        if row.operator in VALUELESS:
            return Control("none")
        texts = texts_of(row, askable)
        if row.operator in COUNTED:
            return Control("input", texts, type="number", hint=say("days"))
        options = [(code, label(language())) for code, label in askable.options]
        if options:
            many = "boxes" if len(options) <= MOST_BOXES else "many"
            return Control(many if row.operator in LISTED else "select", texts, options)
        if askable.kind == "yes":
            return Control("select", texts, _yes_no(askable))
        if row.operator in LISTED:
            return Control("lines", ["\n".join(texts)], hint=say("One value on each line"))
        return Control("input", texts, type=_type(askable, texts))

    def faster(self, tree: Group) -> str:
        """The fields that would let an index serve the filter; "" where one does, or nothing is asked."""
        questions = questions_in(tree)
        if not questions or any(question.askable.indexed for question in questions):
            return ""
        labels = [each.label(language()) for each in self.askable if each.indexed]
        return ("、" if language() == "ja" else ", ").join(labels[:5])

    def listed(self) -> list[tuple[str, str, str]]:
        """Path, label and values of every question, to write a filter by."""
        return [(each.path, each.label(language()), _codes(each)) for each in self.askable]


def _yes_no(askable: Askable) -> list[tuple[str, str]]:
    shown = askable.field.show if askable.field else None
    return [
        ("true", shown(True, language()) if shown else say("Yes")),
        ("false", shown(False, language()) if shown else say("No")),
    ]


def _type(askable: Askable, texts: Sequence[str]) -> str:
    """The type of a plain input; a day that is counted from today, or has a time, stays a text."""
    typed = texts[0] if texts else ""
    if askable.kind in ("day", "moment"):
        return "date" if len(typed) in (0, len("2026-04-01")) and not typed.startswith("$") else "text"
    return {"number": "decimal", "month": "month", "time": "time"}.get(askable.kind, "text")


def _codes(askable: Askable) -> str:
    codes = [code for code, _label in askable.options]
    return ", ".join(codes[:MOST_BOXES]) + (", …" if len(codes) > MOST_BOXES else "")
