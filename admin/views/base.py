"""Record views that ask one rule about everything, and refuse to overwrite what somebody else just
changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette_admin import BaseField, BaseModelView, RequestAction
from starlette_admin.exceptions import ActionFailed, FormValidationError

from admin.export import SafeCsv
from admin.language import say
from admin.links import root_of
from admin.refusals import Problem, problems_of, public_message
from admin.views.columns import plain, worded
from admin.views.crumbs import Crumb
from admin.views.listing import containing, readable, starting, together
from models.errors import NotAllowed, NotFound, RecordChanged, TorokuError

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette_admin.actions import ActionSelection

    from admin.site import SafeAdmin

Row = Mapping[str, Any]
Where = Mapping[str, Any]
Order = Sequence[tuple[str, int]]

REVISION = "_revision"
WHOLE_FORM = "_form"


class Rule(Protocol):
    """Which rows a person may do `action` to, as a MongoDB query; ``{}`` all, ``None`` none.

    `action` is ``view``, ``create``, ``edit``, ``delete``, ``export`` or the name of a row action. It is
    asked for menus and buttons, and again inside every query that reads or writes.
    """

    def __call__(self, request: Request, action: str) -> Where | None: ...


class RecordSource(Protocol):
    """Rows as the store holds them: plain dictionaries, never validated on reading."""

    async def count(self, where: Where, limit: int) -> int:
        """How many rows match, counting no further than `limit`."""
        ...

    async def page(
        self, where: Where, sort: Order, skip: int, limit: int, projection: Sequence[str]
    ) -> Sequence[Row]:
        """At most `limit` rows after `skip`, in the order of `sort` (path, 1 or -1), with only the paths
        asked."""
        ...

    async def one(self, pk: str, where: Where, projection: Sequence[str] = ()) -> Row | None:
        """The row with the key written `pk` in an address, when it matches `where`, with only the paths
        asked (none: all that may be shown); None for a malformed key."""
        ...

    def key(self, pk: str) -> Any | None:
        """The key an address writes as `pk`, as it is stored; None for a malformed one."""
        ...


class RecordWriter(Protocol):
    """How rows are changed; without one, a view only reads. Each raises errors of ``models.errors``."""

    async def insert(self, request: Request, data: Mapping[str, Any]) -> Row:
        """Stores a new row and returns it."""
        ...

    async def change(self, request: Request, pk: str, data: Mapping[str, Any], revision: str) -> Row:
        """Changes the row if it still has `revision`; raises ``RecordChanged`` otherwise."""
        ...

    async def remove(self, request: Request, pk: str) -> None:
        """Removes the row."""
        ...


def dig(row: Any, path: str) -> Any:
    """The value at a dotted path of a raw row; None where the path ends early."""
    for step in path.split("."):
        if not isinstance(row, Mapping):
            return None
        row = row.get(step)
    return row


class GuardedView(BaseModelView):
    """A ``BaseModelView`` over raw rows. One `rule` decides what is listed, opened, changed, exported.

    Nothing can be imported. An edit carries the revision it began from; when the stored one differs, the form
    comes back (409) with what is stored beside what was typed, and saving again is a decision.
    `search` names the paths the search box looks in: by prefix, or anywhere in the value with
    `search_anywhere`. Nothing is sortable unless ``sortable_fields`` names it. Class attributes of
    ``BaseModelView`` (``fields``, ``list_template``, …) work as usual; `scripts` and `styles` name files of
    ``admin/static`` for this view's pages.
    """

    pk_attr = "_id"
    revision_path: ClassVar[str] = "revision"
    scripts: ClassVar[Sequence[str]] = ()
    styles: ClassVar[Sequence[str]] = ()
    exporters = (SafeCsv(),)
    importers = ()
    sortable_fields = ()
    row_click_navigate = False
    beneath: ClassVar[tuple[str, ...]] = ()
    """Paths whose pages belong to this entry of the menu too."""

    def __init__(
        self,
        *,
        source: RecordSource,
        rule: Rule,
        writer: RecordWriter | None = None,
        key: str | None = None,
        menu_label: Any = None,
        display_name: Any = None,
        icon: str | None = None,
        search: Sequence[str] = (),
        search_anywhere: bool = False,
    ) -> None:
        self.search = tuple(search)
        self.search_anywhere = search_anywhere
        self.source = source
        self.rule = rule
        self.writer = writer
        self.key = key or self.key
        self.menu_label = menu_label or self.menu_label
        self.display_name = display_name or self.display_name or self.menu_label
        self.icon = icon or self.icon
        for field in self.fields:
            _read_from_row(field)
        super().__init__()

    @property
    def site(self) -> "SafeAdmin":
        """The admin this view belongs to."""
        return cast("SafeAdmin", self._admin)

    def way(self, request: Request, last: Any = "") -> list[Crumb]:
        """The breadcrumb of this view's pages: home, the list, then `last`."""
        root = root_of(request)
        steps = [Crumb(say("Home"), f"{root}/")]
        here = Crumb(self.menu_label, f"{root}/{self.key}/list" if last else "")
        return [*steps, here, Crumb(last)] if last else [*steps, here]

    # --- what the rule says ---------------------------------------------------------------------------------

    def permits(self, request: Request, action: str) -> bool:
        """Whether the rule leaves any row at all for `action`."""
        return self.rule(request, action) is not None

    def reach(self, request: Request, action: str) -> Where:
        """The rows `action` may touch; raises ``NotAllowed`` when there are none."""
        where = self.rule(request, action)
        if where is None:
            raise NotAllowed(rule=f"{self.key}.{action}")
        return where

    def is_active(self, request: Request) -> bool:
        """Whether the page being drawn is one of this view's."""
        path: str = request.scope["path"]
        here = path.removeprefix(root_of(request)) + "/"
        return here.startswith(tuple(f"/{each}/" for each in (self.key, *self.beneath)))

    def is_accessible(self, request: Request) -> bool:
        return self.permits(request, "view")

    def can_view_detail(self, request: Request) -> bool:
        return self.permits(request, "view")

    def can_create(self, request: Request) -> bool:
        return self.writer is not None and self.permits(request, "create")

    def can_edit(self, request: Request) -> bool:
        return self.writer is not None and self.permits(request, "edit")

    def can_delete(self, request: Request) -> bool:
        return self.writer is not None and self.permits(request, "delete")

    def can_export(self, request: Request) -> bool:
        return self.permits(request, "export")

    def can_import(self, request: Request) -> bool:
        """Never: an import passes by can_create, can_edit and read-only fields."""
        return False

    async def is_action_allowed(self, request: Request, name: str) -> bool:
        if name == "delete":
            return self.can_delete(request)
        return self.permits(request, name)

    async def is_row_action_allowed(self, request: Request, name: str) -> bool:
        if name in ("edit", "delete") and self.writer is None:
            return False
        return self.permits(request, name)

    async def is_row_action_allowed_for_obj(self, request: Request, name: str, obj: Any) -> bool:
        if not await self.is_row_action_allowed(request, name):
            return False
        return self.key_of(obj) in await self._allowed(request, name, obj)

    async def _allowed(self, request: Request, name: str, row: Row) -> set[str]:
        """Keys of the rows drawn (or of `row`) that `name` may be done to: one query for a whole page."""
        known: dict[str, set[str]] = getattr(request.state, "allowed", None) or {}
        if name not in known:
            rows = getattr(request.state, "listed", None) or [row]
            pk = str(self.pk_attr)
            keys = [dig(one, pk) for one in rows]
            where = together(self.reach(request, name), {pk: {"$in": keys}})
            found = await self.source.page(where, [(pk, 1)], 0, len(keys), [pk])
            known[name] = {self.key_of(one) for one in found}
            request.state.allowed = known
        return known[name]

    # --- reading --------------------------------------------------------------------------------------------

    def key_of(self, row: Row) -> str:
        """The row's key as addresses write it."""
        return str(dig(row, str(self.pk_attr)))

    def title_of(self, row: Row) -> str:
        """What a row is called on its own page and in messages: its first field, else its key."""
        first = dig(row, self.fields[0].name) if self.fields else None
        return plain(first) or self.key_of(row)

    async def repr(self, obj: Any, request: Request) -> str:
        return self.title_of(obj)

    def search_where(self, q: str) -> Where:
        """Rows the search box finds for `q`; the text is taken literally."""
        test = containing(q) if self.search_anywhere else starting(q)
        return {"$or": [{path: test} for path in self.search]} if self.search else {}

    def where(self, request: Request, q: str | None) -> Where:
        """The rows of a list: those the rule leaves, and of them those `q` finds."""
        reach = self.reach(request, "export" if _action(request) == RequestAction.EXPORT else "view")
        return together(reach, self.search_where(readable(q)) if q else {})

    def paths(self) -> list[str]:
        """The paths a list reads."""
        return sorted({str(self.pk_attr), self.revision_path, *(field.name for field in self.fields)})

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: Any = None,
    ) -> Sequence[Any]:
        order = [(name, -1 if direction == "desc" else 1) for name, direction in sorts or []]
        most = limit if limit > 0 else self.site.export_config.max_rows or 0
        rows = await self.source.page(self.where(request, q), order, skip, most, self.paths())
        request.state.listed = rows
        return rows

    async def count(self, request: Request, q: str | None = None, filters: Any = None) -> int:
        return await self.source.count(self.where(request, q), (self.site.export_config.max_rows or 0) + 1)

    async def find_by_pk(self, request: Request, pk: Any) -> Any:
        """The row, or None; 403 when it can be seen but not changed by this person."""
        row = await self.source.one(str(pk), self.reach(request, "view"))
        action = _action(request)
        if row is not None and action in (RequestAction.EDIT, RequestAction.INLINE_EDIT):
            row = await self.source.one(str(pk), self.reach(request, "edit"))
            if row is None:
                raise HTTPException(403)
        return row

    async def find_by_pks(self, request: Request, pks: list[Any]) -> Sequence[Any]:
        action = "export" if _action(request) == RequestAction.EXPORT else "view"
        where = self.reach(request, action)
        found = [await self.source.one(str(pk), where) for pk in pks]
        return [row for row in found if row is not None]

    async def get_pk_value(self, request: Request, obj: Any) -> Any:
        return self.key_of(obj)

    # --- writing --------------------------------------------------------------------------------------------

    def revision_of(self, row: Row | None) -> str:
        """The revision an edit begins from, as the form carries it."""
        return str(dig(row, self.revision_path))

    def form_revision(self, request: Request, stored: Row | None) -> str:
        """What the edit form sends back: what it began from, or after a refusal for staleness the present
        one."""
        if (newer := getattr(request.state, "stored", None)) is not None:
            return self.revision_of(newer)
        return str(getattr(request.state, "began", None) or self.revision_of(stored))

    def form_problems(self, errors: Mapping[Any, Any] | None) -> list[Problem]:
        """The error summary above the form."""
        return [
            Problem(str(message), "" if name == WHOLE_FORM else str(name))
            for name, message in (errors or {}).items()
        ]

    def form_changes(self, request: Request, typed: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
        """After a stale save: label, stored and typed value of every field that differs."""
        stored = getattr(request.state, "stored", None)
        if stored is None:
            return []
        fields = [field for field in self.get_fields_list(request) if not field.read_only]
        pairs = ((worded(field.label), dig(stored, field.name), typed.get(field.name)) for field in fields)
        return [(label, plain(old), plain(new)) for label, old, new in pairs if plain(old) != plain(new)]

    async def validate_fields(
        self, request: Request, data: dict[str, Any], exclude: Collection[str] = ()
    ) -> None:
        request.state.began = (await request.form()).get(REVISION)
        await super().validate_fields(request, data, exclude)

    async def create(self, request: Request, data: dict[str, Any]) -> Any:
        self.reach(request, "create")
        try:
            return await self._writer().insert(request, data)
        except TorokuError as refusal:
            raise _for_form(request, refusal) from refusal

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:
        began = str((await request.form()).get(REVISION) or "")
        stored = await self.find_by_pk(request, pk)
        if stored is None:
            raise NotFound
        try:
            if began != self.revision_of(stored):
                raise RecordChanged
            return await self._writer().change(request, str(pk), data, began)
        except RecordChanged as refusal:
            request.state.stored = await self.find_by_pk(request, pk)
            stale = RecordChanged("Somebody else saved this after you had opened it.")
            raise _for_form(request, stale) from refusal
        except TorokuError as refusal:
            raise _for_form(request, refusal) from refusal

    async def delete(self, request: Request, pks: list[Any]) -> int | None:
        where = self.reach(request, "delete")
        for pk in pks:
            if await self.source.one(str(pk), where) is None:
                raise ActionFailed(public_message(NotAllowed()))
        for pk in pks:
            await self._writer().remove(request, str(pk))
        return len(pks)

    def _writer(self) -> RecordWriter:
        if self.writer is None:
            raise NotAllowed(rule=f"{self.key}.write")
        return self.writer

    async def handle_action(
        self, request: Request, selection: "ActionSelection", name: str
    ) -> "Response | None":
        try:
            return await super().handle_action(request, selection, name)
        except TorokuError as refusal:
            raise ActionFailed(public_message(refusal)) from refusal

    async def handle_row_action(self, request: Request, pk: Any, name: str) -> "Response | None":
        try:
            if await self.find_by_pk(request, pk) is None:
                raise NotFound  # starlette-admin would call the handler all the same
            return await super().handle_row_action(request, pk, name)
        except TorokuError as refusal:
            raise ActionFailed(public_message(refusal)) from refusal


def _action(request: Request) -> Any:
    return getattr(request.state, "action", None)


def _read_from_row(field: BaseField) -> None:
    if field.getter is None:
        field.getter = _Getter(field.name)


class _Getter:
    """Reads one path of a raw row where starlette-admin would read an attribute."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __call__(self, request: Request, row: Any) -> Any:
        return dig(row, self.path)


def _for_form(request: Request, refusal: TorokuError) -> FormValidationError:
    """`refusal` as starlette-admin's form shows it: beside its fields, or above the form; with its own
    status."""
    request.state.answer_status = refusal.status
    errors: dict[str | int, Any] = {
        problem.field or WHOLE_FORM: problem.message for problem in problems_of(refusal)
    }
    return FormValidationError(errors)
