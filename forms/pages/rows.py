"""Tables whose rows have pages of their own: the buttons beside each row, and the page of one row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from forms.pages import keeping, outdated
from forms.pages.draft import Draft, load_draft
from forms.pages.drawing import Outcome, draw, picked_filling
from forms.pages.merging import BASE, CHOICE, Clash, tell_one
from forms.pages.visit import go, page, read_form, text_of, visit_of
from forms.render.control import Control, Filling, asked_paths, fresh_controls, page_controls, write_controls
from forms.render.names import id_of
from forms.render.plan import PagePlan
from forms.render.posted import LATER, LEAVING, Action, Posted, read_posted
from forms.render.rows import apply_action
from forms.render.rules import page_rules
from models.documents.application import Application
from models.errors import AnswersInvalid, NotFound, RecordChanged
from models.language import translate
from models.schema.fields.base import Raw
from models.schema.fields.structure import TableField
from models.schema.merging import Marks, mark
from models.schema.reading import AnswerError, Reading
from models.services import applications, drafting

ROW = "row"
"""What the choice between two windows' answers of a whole row is called."""

CHANGED_ROWS = "The rows were changed in another window. Please look at them again."


@dataclass(frozen=True)
class Place:
    """One row of a draft's table; ``index`` is where it stands, behind the last for a new one."""

    draft: Draft
    plan: PagePlan
    table: TableField
    index: int

    @property
    def rows(self) -> list[Raw]:
        """The rows stored now."""
        return rows_of(self.draft.application, self.table)

    @property
    def stored(self) -> Raw:
        """The row as it is stored; {} for a new one."""
        return self.rows[self.index] if self.index < len(self.rows) else {}

    @property
    def list_address(self) -> str:
        """Where the rows are listed, or the check page for who comes from there."""
        if self.draft.visit.request.query_params.get("from") == "check":
            return f"{self.draft.address}/check"
        return f"{self.draft.page_address(self.plan.name)}#field-{self.table.name}"

    def rows_with(self, row: Raw) -> list[Raw]:
        """The table's rows with this one in its place; without it when nothing is in it."""
        kept = [row] if mark_of(self.table, row) else []
        return [*self.rows[: self.index], *kept, *self.rows[self.index + 1 :]]


def rows_of(application: Application, table: TableField) -> list[Raw]:
    """The rows of a table as they are stored."""
    rows = application.answers.get(table.name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def mark_of(table: TableField, row: Raw) -> str:
    """The mark of one row."""
    return mark(table, [row])


def find_rows(plan: PagePlan, action: Action) -> TableField | None:
    """The table with pages for its rows which an action of the page is about."""
    found = (known.field for known in plan.controls if known.name == action.path)
    target = next(found, None)
    return target if isinstance(target, TableField) and target.row_pages else None


async def serve_rows(
    draft: Draft, plan: PagePlan, table: TableField, posted: Posted, base: Marks | None
) -> Response:
    """Keep the page as typed and go on to a row, or take one away. Raises RecordChanged."""
    answers = {**draft.application.answers, **posted.answers}
    reading = draft.read(answers)
    taken = keeping.accepted(draft, plan, posted.answers, reading)
    if table.name not in draft.open_names(plan, reading):
        raise NotFound
    errors = tuple(error for error in posted.errors if error.key not in LATER)
    if errors:
        return await draw(draft, plan, Outcome(answers, errors, posted.repeated, changed=True, status=422))
    rows, number = rows_of(draft.application, table), posted.action.row
    if posted.action.name != "add" and _is_behind(draft, table, base, number):
        said = translate(CHANGED_ROWS, draft.visit.language)
        shown = Outcome(answers, repeated=posted.repeated, banner=said, changed=True, status=409)
        return await draw(draft, plan, shown)
    if posted.action.name == "remove":
        taken[table.name] = [*rows[:number], *rows[number + 1 :]] or None
    draft = await keeping.save(draft, plan, taken, leave=True)
    came = "?from=check" if draft.visit.request.query_params.get("from") == "check" else ""
    if posted.action.name == "remove":
        return go(f"{draft.page_address(plan.name)}{came}#field-{table.name}")
    return go(draft.row_address(table.name, "new" if posted.action.name == "add" else number + 1) + came)


def _is_behind(draft: Draft, table: TableField, base: Marks | None, number: int) -> bool:
    """Whether a row's number may mean another row by now."""
    stored = draft.application.answers.get(table.name)
    unknown = base is None or base.get(table.name, "") != mark(table, stored)
    return unknown or not 0 <= number < len(rows_of(draft.application, table))


async def show_row(request: Request) -> Response:
    """The page of one row."""
    visit = visit_of(request)
    draft = await load_draft(visit, visit.parameter("reference"))
    plan, table = _table_of(draft)
    if not draft.is_open:
        return go(draft.address)
    if table.name not in draft.open_names(plan, reading := draft.read()) or plan not in draft.pages(reading):
        return go(draft.page_address(plan.name))
    place = Place(draft, plan, table, _index(draft, table, visit.parameter("row")))
    if place.index >= table.max_rows:
        return go(place.list_address)
    return await _draw(place, place.stored)


def _table_of(draft: Draft) -> tuple[PagePlan, TableField]:
    """The page and table the address names. Raises NotFound."""
    plan, name = draft.plan_of(draft.visit.parameter("page")), draft.visit.parameter("table")
    table = find_rows(plan, Action(path=name))
    if table is None:
        raise NotFound
    return plan, table


def _index(draft: Draft, table: TableField, number: str) -> int:
    """Where the row with this number stands; behind the last for ``new``. Raises NotFound."""
    count = len(rows_of(draft.application, table))
    if number == "new":
        return count
    if not (number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= count):
        raise NotFound
    return int(number) - 1


@dataclass(frozen=True)
class RowSent:
    """The page of a row as it was sent: what was typed, and the mark of the row it was drawn with."""

    row: dict[str, Raw]
    posted: Posted
    base: str
    choice: str


async def receive_row(request: Request) -> Response:
    """What was typed in one row: kept, or its page again with everything still there."""
    visit = visit_of(request)
    form = await read_form(request)
    if keeping.is_asked(form):
        return await keeping.answer_script(visit, lambda draft: _keep(draft, form))
    try:
        draft = await load_draft(visit, visit.parameter("reference"))
    except NotFound:
        return keeping.offer_again(visit, form)
    for _ in range(keeping.TRIES):
        if not draft.is_open:
            return keeping.tell_closed(draft, None, form)
        if outdated.earlier_page_of(draft) is not None:
            return outdated.tell_outdated(draft, form)
        plan, table = _table_of(draft)
        sent = _read(draft, table, form)
        try:
            return await _receive(draft, plan, table, sent)
        except RecordChanged:
            draft = await load_draft(visit, draft.application.reference)
    raise RecordChanged(applications.CHANGED_ELSEWHERE)


def _read(draft: Draft, table: TableField, form: FormData) -> RowSent:
    posted = read_posted(form, [table], draft.keeper)
    rows = posted.answers.get(table.name)
    row = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    return RowSent(row, posted, text_of(form, BASE, 40), text_of(form, ROW + CHOICE, 10))


def _locate(draft: Draft, table: TableField, number: str, base: str) -> int | None:
    """Where the row the page was drawn with stands now: in its place, or moved by rows removed elsewhere;
    None when it was changed or removed."""
    rows = rows_of(draft.application, table)
    if not base:
        return len(rows)
    place = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 4 else -1
    found = [index for index, row in enumerate(rows) if mark_of(table, row) == base]
    return place if place in found else found[0] if len(found) == 1 else None


async def _receive(draft: Draft, plan: PagePlan, table: TableField, sent: RowSent) -> Response:
    reading = draft.read()
    if table.name not in draft.open_names(plan, reading):
        return go(draft.page_address(plan.name))
    index = _locate(draft, table, draft.visit.parameter("row"), sent.base)
    if index is None:
        return await _clash(draft, plan, table, sent)
    place = Place(draft, plan, table, index)
    if sent.posted.action.name not in LEAVING:
        return await _draw(place, _acted(table, sent), Shown(changed=True, repeated=_beside(place, sent)))
    if sent.choice == "theirs":
        return go(place.list_address)
    return await _leave(place, sent)


async def _clash(draft: Draft, plan: PagePlan, table: TableField, sent: RowSent) -> Response:
    """The row was changed or removed in another window: what was typed here beside what is stored now."""
    number, rows = draft.visit.parameter("row"), rows_of(draft.application, table)
    there = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 4 else len(rows)
    place = Place(draft, plan, table, min(there, len(rows)))
    if mark_of(table, sent.row) in (sent.base, mark_of(table, place.stored)):
        return go(place.list_address)
    return await _draw(place, sent.row, Shown(changed=True, conflict=True, status=409))


def _acted(table: TableField, sent: RowSent) -> Raw:
    """The row after a button inside it: its own tables grow and shrink. The page knows it by its number, what
    was read knows it as the first."""
    action = sent.posted.action
    steps = action.path.split(".")
    path = ".".join([steps[0], "0", *steps[2:]])
    acted = replace(sent.posted, answers={table.name: [sent.row]}, action=replace(action, path=path))
    rows = apply_action(acted, [table]).get(table.name)
    return rows[0] if len(steps) > 2 and isinstance(rows, list) and rows else sent.row


async def _leave(place: Place, sent: RowSent) -> Response:
    action, draft = sent.posted.action.name, place.draft
    leave = action != "next"
    own = _moved(sent.posted.errors, place, leave)
    if not leave and (fresh := await _fresh(place, sent)):
        return await _draw(
            place, sent.row, Shown(fresh=tuple(fresh), changed=True, repeated=_beside(place, sent))
        )
    if own:
        return await _draw(
            place, sent.row, Shown(own, changed=True, status=422, repeated=_beside(place, sent))
        )
    try:
        await _save(place, sent.row, leave)
    except AnswersInvalid as error:
        return await _draw(
            place, sent.row, Shown(error.errors, changed=True, status=422, repeated=_beside(place, sent))
        )
    if action == "save":
        return go(f"{draft.address}/save?page={place.plan.name}")
    return go(place.list_address if action == "next" else draft.page_address(place.plan.name))


def _moved(errors: list[AnswerError], place: Place, leave: bool) -> tuple[AnswerError, ...]:
    """The errors of the post under the number the row has; some wait until the row is done."""
    old, new = f"{place.table.name}.0.", f"{place.table.name}.{place.index}."
    now = [error for error in errors if not leave or error.key not in LATER]
    return tuple(replace(error, path=new + error.path.removeprefix(old)) for error in now)


def _beside(place: Place, sent: RowSent) -> dict[str, str]:
    """What was typed beside answers (an address once more, a search), under the number the row has."""
    old, new = f"{place.table.name}.0.", f"{place.table.name}.{place.index}."
    return {new + path.removeprefix(old): text for path, text in sent.posted.repeated.items()}


async def _fresh(place: Place, sent: RowSent) -> list[Control]:
    """Questions these answers lead to that the page did not ask yet."""
    if not sent.posted.asked:
        return []
    control = (await _filled(place, sent.row, ()))[0]
    return fresh_controls(control.rows[place.index].controls, sent.posted.asked)


async def _save(place: Place, row: Raw, leave: bool) -> Application:
    """Store one row over the revision its draft was read at; an empty one is no row. Raises AnswersInvalid,
    RecordChanged."""
    draft, rows = place.draft, place.rows_with(row)
    if leave and mark(place.table, rows) == mark(place.table, place.rows):
        return draft.application
    visit, application = draft.visit, draft.application
    return await drafting.save_row(
        visit.site,
        visit.actor,
        application,
        place.plan.name,
        place.table.name,
        rows,
        place.index,
        revision=application.revision,
        leave=leave,
    )


async def _keep(draft: Draft, form: FormData) -> keeping.Kept:
    """Keep a row for the script; a new one gets its number now."""
    outdated.require_page(draft)
    plan, table = _table_of(draft)
    sent, number = _read(draft, table, form), draft.visit.parameter("row")
    index = _locate(draft, table, number, sent.base)
    if index is None or sent.choice or table.name not in draft.open_names(plan, draft.read()):
        said = translate(keeping.ALSO_ELSEWHERE, draft.visit.language, labels=_label(draft, table))
        return keeping.Kept(draft.application, sent.base, said)
    if _moved(sent.posted.errors, place := Place(draft, plan, table, index), True) or index >= table.max_rows:
        said = translate(keeping.TOO_LONG, draft.visit.language)
        return keeping.Kept(draft.application, sent.base, said)
    if not mark_of(table, sent.row):
        return keeping.Kept(draft.application, sent.base)
    application = await _save(place, sent.row, leave=True)
    stored = rows_of(application, table)[index]
    address = draft.row_address(table.name, index + 1) if number == "new" else ""
    return keeping.Kept(application, mark_of(table, stored), address=address)


def _label(draft: Draft, table: TableField) -> str:
    return (table.row_label or table.label)(draft.visit.language)


async def _filled(
    place: Place,
    row: Raw,
    errors: tuple[AnswerError, ...],
    repeated: Mapping[str, str] | None = None,
) -> tuple[Control, Filling, Reading]:
    """The table with this row in its place, ready to be drawn."""
    draft, rows = place.draft, [*place.rows[: place.index], row, *place.rows[place.index + 1 :]]
    answers = {**draft.application.answers, place.table.name: rows}
    reading = draft.read(answers)
    alone = tuple(known for known in place.plan.controls if known.name == place.table.name)
    plan = replace(place.plan, controls=alone)
    filling = await picked_filling(draft, plan, Outcome(answers, errors, repeated or {}), reading)
    return next(page_controls(plan, filling)), filling, reading


@dataclass(frozen=True)
class Shown:
    """What to show the page of a row with."""

    errors: tuple[AnswerError, ...] = ()
    fresh: tuple[Control, ...] = ()
    changed: bool = False
    conflict: bool = False
    status: int = 200
    repeated: Mapping[str, str] = field(default_factory=dict)


async def _draw(place: Place, row: Raw, shown: Shown | None = None) -> Response:
    """The page of a row with this in it."""
    shown = shown or Shown()
    draft, language = place.draft, place.draft.visit.language
    control, filling, reading = await _filled(place, row, shown.errors, shown.repeated)
    drawn = control.rows[place.index]
    context = {
        "draft": draft,
        "plan": place.plan,
        "table": place.table,
        "row": drawn,
        "row_label": _label(draft, place.table),
        "is_new": place.index >= len(place.rows),
        "list_address": place.list_address,
        "steps": draft.steps(reading),
        "controls": write_controls(drawn.controls, language),
        "asked": " ".join([place.table.name, *asked_paths(drawn.controls)]),
        "base": mark_of(place.table, place.stored),
        "errors": [(f"#{id_of(path)}", text) for path, text in filling.errors.items()],
        "banner": "",
        "fresh": shown.fresh,
        "clashes": list(_both(place, row)) if shown.conflict else (),
        "changed": shown.changed,
        "rules": page_rules(draft.seen, [place.table.name], language),
        "told": draft.told(reading),
        "type_label": draft.named,
        "about": draft.about,
    }
    return page(draft.visit, "row", context, status=shown.status)


def _both(place: Place, row: Raw) -> Iterator[Clash]:
    """This row as typed here and as stored."""
    label = f"{_label(place.draft, place.table)} {place.index + 1}"
    mine, theirs = (tell_one(place.draft, place.table, [each]) for each in (row, place.stored))
    yield Clash(ROW, label, "", mine, theirs)
