"""Lists of raw rows, drawn fast: one template, plain dictionaries, counts that stop at ten thousand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette_admin import StringField

from admin import export
from admin.links import root_of
from admin.posted import read_form, text_of
from admin.refusals import Problem
from admin.views import listing
from admin.views.base import GuardedView, RecordSource, RecordWriter, Row, Rule, Where, dig
from admin.views.columns import Column, spelled
from admin.views.listing import FARTHEST, SIZES, Listing
from models.errors import NotFound

BATCH = 500
OnExport = Callable[[Request, str, int], Awaitable[None]]


class Head(NamedTuple):
    """A column's head: label, address that sorts by it (empty: not sortable), ``aria-sort``, class."""

    label: str
    href: str
    sorted: str
    style: str


class Line(NamedTuple):
    """A row as drawn: address of its page, its first cell, the others."""

    href: str
    first: str
    cells: list[str]


class RawListView(GuardedView):
    """A list, a detail page and an export over a ``RecordSource``; the forms are starlette-admin's.

    `columns` are drawn in order, the first as the link to the row's page; `details` are the lines of that
    page (default: the columns). `search` names the paths the search box looks in: by prefix, or anywhere in
    the value with `search_anywhere`. `order` is the usual order (path, 1 or -1); `_id` is added as the last
    key. `on_export(request, key, rows)` is told of every export before it begins.
    """

    list_template = "raw_list.html"
    detail_template = "raw_detail.html"

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
        start = f"{root_of(request)}/{self.key}/detail?pk="
        pk = str(self.pk_attr)
        return lambda row: start + quote(str(dig(row, pk)), safe="")

    def title_of(self, row: Row) -> str:
        """What a row is called on its own page."""
        return str(dig(row, self.columns[0].path) or self.key_of(row))

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
        """The list; 403 when the rule leaves nothing, 422 when a filter cannot be read."""
        reach = self.reach(request, "view")
        columns = self.columns_for(request)
        state = listing.read(request.query_params, columns, self.order)
        where, problems = self._where(state, reach)
        rows, total = ([], 0) if problems else await self._fetch(state, where, columns)
        context = self._list_context(request, state, columns, rows, total, problems)
        return self.site.render(request, self.list_template, context, 422 if problems else 200)

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
        state = listing.read(QueryParams(text_of(form, "query").removeprefix("?")), columns, self.order)
        where, problems = self._where(state, reach)
        total = await self.source.count(where, FARTHEST + 1)
        if problems or total > FARTHEST:
            raise HTTPException(413)
        await self.note_export(request, state, total)
        name = f'attachment; filename="{quote(str(self.key))}.csv"'
        return StreamingResponse(
            self._csv(where, _settled(state, columns), self.export_columns_for(request)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": name},
        )

    # --- how they are made ----------------------------------------------------------------------------------

    def _where(self, state: Listing, reach: Where) -> tuple[Where, list[Problem]]:
        tests, problems = listing.queries(state.conditions)
        found = self.search_where(state.q) if state.q else {}
        return listing.together(reach, found, *tests), problems

    async def _fetch(
        self, state: Listing, where: Where, columns: Sequence[Column]
    ) -> tuple[Sequence[Row], int]:
        skip, drawn = (state.page - 1) * state.size, [column for column in columns if column.drawn]
        return await asyncio.gather(
            self.source.page(where, _settled(state, columns), skip, state.size, self._projection(drawn)),
            self.source.count(where, FARTHEST + 1),
        )

    def _projection(self, columns: Sequence[Column]) -> list[str]:
        return list(dict.fromkeys([str(self.pk_attr), *(column.path for column in columns)]))

    def _list_context(
        self,
        request: Request,
        state: Listing,
        columns: Sequence[Column],
        rows: Sequence[Row],
        total: int,
        problems: list[Problem],
    ) -> dict[str, Any]:
        drawn = [column for column in columns if column.drawn]
        return {
            "view": self,
            "title": self.menu_label,
            "crumbs": self.way(request),
            "state": state,
            "columns": columns,
            "heads": _heads(state, drawn),
            "rows": lines(rows, drawn, self.href_of(request)),
            "total": _counted(total),
            "first": (state.page - 1) * state.size + 1 if rows else 0,
            "last": (state.page - 1) * state.size + len(rows),
            "pages": max(-(-min(total, FARTHEST) // state.size), 1),
            "size_options": [(size, size) for size in SIZES],
            "problems": problems,
            "create_href": f"{root_of(request)}/{self.key}/create" if self.can_create(request) else "",
            "export_href": f"{root_of(request)}/{self.key}/export" if self.can_export(request) else "",
        }

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


def lines(rows: Sequence[Row], columns: Sequence[Column], href: Callable[[Row], str]) -> list[Line]:
    """Rows as drawn: each value written by its column; anything not ``Markup`` is escaped by the template."""
    writers = [(column.path, "." in column.path, column.writer()) for column in columns]
    drawn = []
    for row in rows:
        cells = [write(dig(row, path) if deep else row.get(path)) for path, deep, write in writers]
        drawn.append(Line(href(row), cells[0] or "—", cells[1:]))
    return drawn


def _heads(state: Listing, columns: Sequence[Column]) -> list[Head]:
    ways = dict(state.order)
    heads = []
    for column in columns:
        way = ways.get(column.path, 0)
        href = state.query(order=((column.path, -1 if way == 1 else 1),), page=1) if column.sortable else ""
        sorting = {1: "ascending", -1: "descending"}.get(way, "none") if column.sortable else ""
        heads.append(Head(column.title, href, sorting, style_of(column)))
    return heads


def style_of(column: Column) -> str:
    """The class of a column's cells."""
    return {"number": "a-num", "moment": "a-nowrap", "day": "a-nowrap"}.get(
        column.kind, "a-wrap" if column.wrap else ""
    )


def _settled(state: Listing, columns: Sequence[Column]) -> list[tuple[str, int]]:
    """The order as it is stored, with ``_id`` last, so that pages neither repeat nor miss a row."""
    paths = {column.path: column.order for column in columns if column.order}
    order = [(paths.get(path, path), way) for path, way in state.order]
    way = order[-1][1] if order else 1
    return order if any(path == "_id" for path, _ in order) else [*order, ("_id", way)]


def _counted(total: int) -> str:
    return f"{FARTHEST:,}+" if total > FARTHEST else f"{total:,}"
