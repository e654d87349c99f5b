"""Lists of raw rows, drawn fast: one template, plain dictionaries, counts that stop at ten thousand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple
from urllib.parse import quote

from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette_admin import StringField

from admin import export
from admin.language import language, say
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.refusals import Problem, public_message
from admin.views import listing
from admin.views.base import GuardedView, Order, RecordSource, RecordWriter, Row, Rule, Where, dig
from admin.views.columns import Column, spelled
from admin.views.lines import Cells, body, style_of
from admin.views.listing import FARTHEST, SIZES, Listing
from admin.views.paging import Page, read_page, turns
from models.access import NOTHING
from models.errors import NotFound, SearchTooWide

BATCH = 500
MOST_DRAWN = 60
"""Forms of filters a list keeps: languages, page sizes and what different people may see."""

OnExport = Callable[[Request, str, int], Awaitable[None]]


class Head(NamedTuple):
    """A column's head: label, address that sorts by it (empty: not sortable), ``aria-sort``, class."""

    label: str
    href: str
    sorted: str
    style: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list asks of its rows: the condition, what is wrong with the address, and for a search how it is
    done (`how` goes to the source; `empty`: nothing can match; `counted`: how far hits are counted)."""

    where: Where
    problems: list[Problem]
    how: Mapping[str, Any]
    empty: bool = False
    counted: int = FARTHEST


class RawListView(GuardedView):
    """A list, a detail page and an export over a ``RecordSource``; the forms are starlette-admin's.

    `columns` are drawn in order, the first as the link to the row's page; `details` are the lines of that
    page (default: the columns). `search` names the paths the search box looks in: by prefix, or anywhere in
    the value with `search_anywhere`. `order` is the usual order (path, 1 or -1); `_id` is added as the last
    key. `on_export(request, key, rows)` is told of every export before it begins.
    """

    list_template = "raw_list.html"
    detail_template = "raw_detail.html"
    exports_by_page = False
    """Whether an export has a page that asks what it is to hold."""
    sorts: ClassVar[int] = 3
    """Columns a list may be ordered by at once."""
    keeps: ClassVar[Sequence[str]] = ()
    """Parameters of the address that stay while one turns pages, sorts and searches."""

    def __init__(
        self,
        *,
        key: str,
        menu_label: Any,
        columns: Sequence[Column],
        source: RecordSource,
        rule: Rule,
        writer: RecordWriter | None = None,
        details: Sequence[Column] = (),
        search: Sequence[str] = (),
        search_anywhere: bool = False,
        order: Sequence[tuple[str, int]] = (("_id", -1),),
        display_name: Any = None,
        icon: str | None = None,
        on_export: OnExport | None = None,
    ) -> None:
        self.columns = tuple(columns)
        self.details = tuple(details) or self.columns
        self.order = tuple(order)
        self.on_export = on_export
        self._cells: Cells = {}
        self._drawn: dict[tuple[str, int, int], tuple[Sequence[Column], Markup]] = {}
        if not self.fields:
            self.fields = [StringField(c.path, label=str(c.label), read_only=True) for c in self.columns]
        super().__init__(
            source=source,
            rule=rule,
            writer=writer,
            key=key,
            menu_label=menu_label,
            display_name=display_name,
            icon=icon,
            search=search,
            search_anywhere=search_anywhere,
        )

    # --- what a subclass may change -------------------------------------------------------------------------

    def columns_for(self, request: Request) -> Sequence[Column]:
        """The columns of this answer (a live schema overrides this)."""
        return self.columns

    def details_for(self, request: Request, row: Row) -> Sequence[Column]:
        """The lines of a row's page."""
        return self.details

    def export_columns_for(self, request: Request) -> Sequence[Column]:
        """The columns of an export: those of the list."""
        return [column for column in self.columns_for(request) if column.drawn]

    async def note_export(self, request: Request, state: Listing, rows: int) -> None:
        """Tell of an export before it begins."""
        if self.on_export:
            await self.on_export(request, str(self.key), rows)

    def href_of(self, request: Request) -> Callable[[Row], str]:
        """How to write the address of a row's page; made once for a page of rows."""
        start, pk = f"{root_of(request)}/{self.key}/detail?pk=", str(self.pk_attr)

        def write(row: Row) -> str:
            key = str(row.get(pk) if pk == "_id" else dig(row, pk))
            return start + (key if key.isalnum() and key.isascii() else quote(key, safe=""))

        return write

    def title_of(self, row: Row) -> str:
        """What a row is called on its own page."""
        return str(dig(row, self.columns[0].path) or self.key_of(row))

    def is_sound(self, row: Row) -> bool:
        """Whether a row has what every row has; one that has not says so."""
        return True

    def narrowed(self, request: Request, state: Listing) -> tuple[Where, list[Problem]]:
        """Further conditions of this list, and what is wrong with them (a built filter)."""
        return {}, []

    def asked_of(self, request: Request, where: Where) -> Where:
        """What is asked of the rows, as they are stored."""
        return where

    async def searched(self, text: str, order: Order, alone: bool) -> Asked:
        """The rows the search box finds; `alone` when nothing else narrows the list. The text is taken
        literally."""
        return Asked(self.search_where(text), [], {})

    async def list_extras(self, request: Request) -> Mapping[str, Any]:
        """More for the template of the list."""
        return {}

    async def detail_context(self, request: Request, row: Row) -> Mapping[str, Any]:
        """More for the template of a row's page."""
        return {}

    # --- pages ----------------------------------------------------------------------------------------------

    def own_routes(self) -> list[Route]:
        """Routes that stand before starlette-admin's of the same address."""
        return [
            Route(f"/{self.key}/list", self.list_page, methods=["GET"], name=f"{self.key}-list"),
            Route(f"/{self.key}/detail", self.detail_page, methods=["GET"], name=f"{self.key}-detail"),
            Route(f"/{self.key}/export", self.export_page, methods=["POST"], name=f"{self.key}-export"),
        ]

    async def list_page(self, request: Request) -> Response:
        """The list; 403 when the rule leaves nothing, 422 when a filter cannot be read or takes too long."""
        reach = self.reach(request, "view")
        columns = self.columns_for(request)
        state = self.state_of(request.query_params, columns)
        drawn = [column for column in columns if column.drawn]
        (asked, page, total), extras = await asyncio.gather(
            self._found(request, state, columns, drawn, reach), self.list_extras(request)
        )
        page = replace(page, rows=await self.told(request, page.rows))
        context = self._list_context(request, columns, drawn, page, total, asked)
        return self.site.render(
            request, self.list_template, {**context, **extras}, 422 if asked.problems else 200
        )

    async def told(self, request: Request, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of a page as they are read."""
        del request
        return rows

    async def _found(
        self,
        request: Request,
        state: Listing,
        columns: Sequence[Column],
        drawn: Sequence[Column],
        reach: Where,
    ) -> tuple[Asked, Page, int | None]:
        """What is asked, its rows and how many there are; nothing, and why, where that takes too long."""
        try:
            asked = await self.asked(request, state, columns, reach)
            return asked, *await self._fetch(state, asked, columns, drawn)
        except SearchTooWide as refusal:
            problem = Problem(public_message(refusal), "q" if self.search else "")
            return Asked(NOTHING, [problem], {}), Page(state, [], False, False), 0

    async def detail_page(self, request: Request) -> Response:
        """One row; 404 when it does not exist or the rule hides it."""
        row = await self.source.one(request.query_params.get("pk") or "", self.reach(request, "view"))
        if row is None:
            raise NotFound
        return await self.draw_detail(request, row)

    async def draw_detail(self, request: Request, row: Row) -> Response:
        """The page of one row."""
        context = {
            "view": self,
            "row": row,
            "title": self.title_of(row),
            "crumbs": self.way(request, self.title_of(row)),
            "lines": [(c.title, c.writer()(dig(row, c.path))) for c in self.details_for(request, row)],
            "edit_href": self._edit_href(request, row) if self.can_edit(request) else "",
            **await self.detail_context(request, row),
        }
        return self.site.render(request, self.detail_template, context)

    async def export_page(self, request: Request) -> Response:
        """Every row the list would show, as CSV, sent as it is read; at most ten thousand (413 beyond)."""
        reach = self.reach(request, "export")
        form = await read_form(request, fields=5)
        columns = self.columns_for(request)
        state = self.state_of(QueryParams(text_of(form, "query").removeprefix("?")), columns)
        asked = await self.asked(request, state, columns, reach)
        where = asked.where
        total = await self.source.count(where, FARTHEST + 1)
        if asked.problems or total > FARTHEST:
            raise HTTPException(413)
        await self.note_export(request, state, total)
        name = f'attachment; filename="{quote(str(self.key))}.csv"'
        return StreamingResponse(
            self._csv(where, settled(state, columns), self.export_columns_for(request)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": name},
        )

    # --- how they are made ----------------------------------------------------------------------------------

    def state_of(self, parameters: QueryParams, columns: Sequence[Column]) -> Listing:
        """The state of the list an address asks for."""
        return listing.read(parameters, columns, self.order, sorts=self.sorts, keeps=self.keeps)

    async def asked(self, request: Request, state: Listing, columns: Sequence[Column], reach: Where) -> Asked:
        """What `state` asks of the rows in `reach`: its filters, what narrows the list besides, its search.
        Raises SearchTooWide."""
        tests, problems = listing.queries(state.conditions)
        problems += listing.too_long(state, columns)
        narrowed, wrong = self.narrowed(request, state)
        others = listing.together(reach, self.asked_of(request, listing.together(narrowed, *tests)))
        if problems or wrong:
            return Asked(NOTHING, [*problems, *wrong], {})
        if not state.q:
            return Asked(others, [], {})
        found = await self.searched(state.q, settled(state, columns), alone=not others)
        return replace(found, where=listing.together(others, found.where))

    async def _fetch(
        self, state: Listing, asked: Asked, columns: Sequence[Column], drawn: Sequence[Column]
    ) -> tuple[Page, int | None]:
        """The rows, and how many there are in all (None: more than there is time to count)."""
        if asked.problems or asked.empty:
            return Page(state, [], False, False), 0
        order, paths = settled(state, columns), self._projection(drawn)
        return await asyncio.gather(
            read_page(self.source, state, asked.where, order, paths, **asked.how), self._total(asked)
        )

    async def _total(self, asked: Asked) -> int | None:
        try:
            return await self.source.count(asked.where, asked.counted + 1)
        except SearchTooWide:
            return None

    def _projection(self, columns: Sequence[Column]) -> list[str]:
        return list(dict.fromkeys([str(self.pk_attr), *(column.path for column in columns)]))

    def _list_context(
        self,
        request: Request,
        columns: Sequence[Column],
        drawn: Sequence[Column],
        page: Page,
        total: int | None,
        asked: Asked,
    ) -> dict[str, Any]:
        state, heads = page.state, _heads(page.state, drawn)
        known = total if total is not None and total <= asked.counted else None
        told = _counted(total, asked.counted)
        return {
            "view": self,
            "title": self.menu_label,
            "crumbs": self.way(request),
            "state": state,
            "columns": columns,
            "heads": heads,
            "rows": body(page.rows, drawn, self.href_of(request), self.is_sound, self._cells),
            "turns": turns(page, self.key_of, told, known),
            "controls": self._controls(columns, state),
            "problems": asked.problems,
            "create_href": f"{root_of(request)}/{self.key}/create" if self.can_create(request) else "",
            "export_href": f"{root_of(request)}/{self.key}/export" if self.can_export(request) else "",
        }

    def _controls(self, columns: Sequence[Column], state: Listing) -> Markup:
        """The inputs of the filters; those of a list without filters are drawn once."""
        asked = (language(), state.size, id(columns))
        if state.conditions or asked not in self._drawn or self._drawn[asked][0] is not columns:
            context = {"columns": columns, "state": state, "size_options": [(size, size) for size in SIZES]}
            html = Markup(self.site.templates.env.get_template("raw_controls.html").render(context))  # noqa: S704 - by a template
            if state.conditions:
                return html
            if len(self._drawn) >= MOST_DRAWN:
                self._drawn.clear()
            self._drawn[asked] = columns, html
        return self._drawn[asked][1]

    def _edit_href(self, request: Request, row: Row) -> str:
        return f"{root_of(request)}/{self.key}/edit?pk={quote(self.key_of(row), safe='')}"

    async def _csv(
        self, where: Where, order: list[tuple[str, int]], columns: Sequence[Column]
    ) -> AsyncIterator[str]:
        yield export.BOM + export.lines([[column.title for column in columns]])
        skip = 0
        while skip < FARTHEST:
            rows = await self.source.page(where, order, skip, BATCH, self._projection(columns))
            yield export.lines([[spelled(c, dig(row, c.path)) for c in columns] for row in rows])
            if len(rows) < BATCH:
                return
            skip += BATCH


def _heads(state: Listing, columns: Sequence[Column]) -> list[Head]:
    ways = dict(state.order)
    heads = []
    for column in columns:
        way = ways.get(column.path, 0)
        href = state.query(order=((column.path, -1 if way == 1 else 1),), page=1) if column.sortable else ""
        sorting = {1: "ascending", -1: "descending"}.get(way, "none") if column.sortable else ""
        heads.append(Head(column.title, href, sorting, style_of(column)))
    return heads


def settled(state: Listing, columns: Sequence[Column]) -> list[tuple[str, int]]:
    """The order as it is stored, with ``_id`` last, so that pages neither repeat nor miss a row; what no two
    rows share needs none."""
    known = {column.path: column for column in columns}
    order = [((known[path].order or path) if path in known else path, way) for path, way in state.order]
    if any(path == "_id" or (path in known and known[path].alone) for path, _ in state.order):
        return order
    return [*order, ("_id", order[-1][1] if order else 1)]


def _counted(total: int | None, most: int) -> str:
    if total is None:
        return say("many")
    return f"{most:,}+" if total > most else f"{total:,}"
