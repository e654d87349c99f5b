"""From a plan and what somebody answered to the controls of one page, ready to be drawn."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from forms.render.drawing import Drawer
from forms.render.environment import control_writer
from forms.render.finding import LISTED, SHOWN, Find, search
from forms.render.held import Keeper, is_upload
from forms.render.names import FIND, PASTE, PREVIEW, REPEATED, id_of
from forms.render.pieces import html
from forms.render.plan import Box, ControlPlan, PagePlan
from models.language import Language, translate
from models.markdown import to_html
from models.schema.compiled import CompiledFields
from models.schema.fields import BaseField, TableField
from models.schema.fields.base import Raw
from models.schema.fields.choice import DeclarationField
from models.schema.fields.secret import is_sealed
from models.schema.reading import Reading

NOTHING: Mapping[str, Any] = {}

Options = Sequence[tuple[str, str]]
"""What can be picked: code and label."""


@dataclass(frozen=True)
class Filling:
    """What is known of a form while somebody fills it in. ``answers`` is as typed, ``reading`` what it
    comes to; ``errors`` and ``remarks`` are texts by path; fields outside ``open`` are shown, not asked.
    ``picks`` are the records and accounts this person may pick, by the path of the field that asks;
    ``fixed`` the paths of answers that are taken over and not typed; ``barred`` says, by the path of a field,
    why it is not this person's to answer."""

    language: Language
    level: CompiledFields
    answers: Mapping[str, Raw]
    reading: Reading
    visible: frozenset[str]
    open: frozenset[str]
    keeper: Keeper
    errors: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    repeated: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    picks: Mapping[str, Options] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    barred: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Control:
    """One control of a page; ``value`` is what its macro draws (a text, boxes, codes, rows' raw values).
    ``parts`` are the controls of a group, ``rows`` those of a table, ``files`` uploads held already."""

    plan: ControlPlan
    path: str
    value: Any
    required: bool
    locked: bool
    error: str = ""
    remarks: Sequence[str] = ()
    shown: str = ""
    token: str = ""
    typed: str = ""
    """A secret that was typed and is not stored yet, sealed."""
    repeated: str = ""
    repeated_error: str = ""
    rows: Sequence["Row"] = ()
    parts: Sequence["Control"] = ()
    files: Sequence[tuple[str, str]] = ()
    options: Options | None = None
    facts: Sequence[tuple[str, str]] = ()
    barred: str = ""
    """Why it is locked, where that is because of who looks at it."""
    note: str = ""
    """What tidying made of the answer, where that is not what was typed."""
    find: Find | None = None
    """The search that stands for a list too long to be sent along."""
    paste: str = ""
    """Rows copied from a spreadsheet that are not yet in the table."""
    formatted: str | Markup = ""
    """The text as it will look, where that was asked for."""

    @property
    def id(self) -> str:
        """The id of its element, which errors are linked to."""
        return id_of(self.path)

    @property
    def described(self) -> str:
        """The ids of what is said about it (``aria-describedby``)."""
        return " ".join(f"{self.id}--{end}" for end, there in self._notes() if there)

    @property
    def picked_from(self) -> Options:
        """What this control offers: a list of the definition's, or records of this person's."""
        return self.plan.options if self.options is None else self.options

    @property
    def inner(self) -> "Iterator[Control]":
        """Every control inside this one, at any depth."""
        for part in (*self.parts, *(part for row in self.rows for part in row.controls)):
            yield part
            yield from part.inner

    @property
    def unknown(self) -> Sequence[str]:
        """Codes answered that the list does not have (any more): shown, so that nothing vanishes."""
        codes = {code for code, _ in self.picked_from}
        answered = self.value if isinstance(self.value, tuple) else (self.value,) if self.value else ()
        return [code for code in answered if code not in codes]

    def _notes(self) -> tuple[tuple[str, object], ...]:
        plan = self.plan
        return (
            ("help", plan.help),
            ("purpose", plan.purpose),
            ("example", plan.example),
            ("whole", plan.boxes),
            ("markup", plan.field.markup),
            ("kept", plan.macro == "secret" and (self.token or self.shown)),
            ("unit", plan.unit),
            ("remark", self.remarks),
            ("note", self.note),
            ("error", self.error),
        )


@dataclass(slots=True)
class Row:
    """One row of a table: its number from 1, its place in the post, its controls; ``title`` is what it is
    called where rows are listed."""

    number: int
    index: int
    id: str
    controls: Sequence[Control]
    title: str = ""

    @property
    def state(self) -> str:
        """``error`` or ``remarked`` where something inside it is; else ""."""
        inside = [part for control in self.controls for part in (control, *control.inner)]
        if any(part.error for part in inside):
            return "error"
        return "remarked" if any(part.remarks for part in inside) else ""


def write_controls(controls: Iterable[Control], language: Language) -> Markup:
    """The HTML of a page's controls."""
    drawer = Drawer(control_writer(language))
    return html([drawer.draw(control) for control in controls])


def asked_paths(controls: Iterable[Control]) -> list[str]:
    """The paths of the questions on a page; of those inside others only the ones that depend on answers."""
    paths = []
    for control in controls:
        paths.append(control.path)
        if control.parts or control.rows:
            paths += [part.path for part in control.inner if part.plan.field.show_when is not None]
    return paths


def fresh_controls(controls: Iterable[Control], asked: frozenset[str]) -> list[Control]:
    """The questions these answers lead to that the page did not ask yet."""
    found = []
    for control in controls:
        for part in (control, *control.inner):
            depends = part.plan.field.show_when is not None and part.plan.field.asked
            if depends and not part.locked and part.path not in asked:
                found.append(part)
    return found


@dataclass(frozen=True, slots=True)
class _Level:
    """Where controls stand: the page, a row or a group. ``raw`` is what was typed there, ``values`` what it
    comes to, ``scope`` what conditions see (what is around included), ``path`` begins every name."""

    rules: CompiledFields
    raw: Mapping[str, Any]
    values: Mapping[str, Any]
    scope: Mapping[str, Any]
    path: str
    open: bool
    firm: bool = True
    """Whether its required parts are: those of a group nobody needs are not, until one is answered."""

    def inside(self, name: str, raw: Any, values: Any, path: str, is_open: bool, firm: bool) -> "_Level":
        """The level of a row or group that stands in this one."""
        typed, read = _mapping(raw), _mapping(values)
        return _Level(self.rules.inner[name], typed, read, {**self.scope, **read}, path, is_open, firm)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else NOTHING


def page_controls(page: PagePlan, filling: Filling) -> Iterator[Control]:
    """The controls of a page, hidden ones left out."""
    data = filling.reading.data
    level = _Level(filling.level, filling.answers, data, data, "", True)
    for plan in page.controls:
        name = plan.name
        if name in filling.visible:
            locked = name not in filling.open and plan.field.asked and plan.macro != "certificate"
            yield _control(plan, level, filling, name in filling.reading.required, locked)


def _inner_controls(plans: Sequence[ControlPlan], level: _Level, filling: Filling) -> Iterator[Control]:
    """The controls of a row or a group, hidden ones left out."""
    rules, variables = level.rules, filling.variables
    for plan in plans:
        shown, needed = rules.shown.get(plan.name), rules.required.get(plan.name)
        if shown is not None and not shown(level.scope, variables):
            continue
        wanted = plan.field.required or (needed is not None and needed(level.scope, variables))
        required = wanted and level.firm
        fixed = plan.field.read_only or level.path + plan.name in filling.fixed
        locked = plan.field.asked and (fixed or not level.open)
        control = _control(plan, level, filling, required, locked)
        if locked and level.open and level.raw.get(plan.name) is not None:
            control.token = filling.keeper.hold(control.path, level.raw[plan.name])
        yield control


def _control(plan: ControlPlan, level: _Level, filling: Filling, required: bool, locked: bool) -> Control:
    path, raw = level.path + plan.name, level.raw.get(plan.name)
    control = Control(
        plan,
        path,
        value_of(plan, raw),
        required=required,
        locked=locked,
        error=filling.errors.get(path, ""),
        remarks=filling.remarks.get(path, ()),
        barred=filling.barred.get(plan.where, "") if locked else "",
        note="" if locked or raw is None or plan.parts else _note(plan, raw, level.values, filling.language),
    )
    if plan.field.markup and path + PREVIEW in filling.repeated:
        control.formatted = _formatted(raw, filling.language)
    if control.note and plan.boxes:
        control.value = boxes_of(plan.boxes, level.values.get(plan.name))
    if plan.macro in _SPECIAL or plan.repeats:
        _fill_special(control, raw, filling)
    if plan.parts:
        _fill_inside(control, raw, level, filling)
    elif locked or plan.macro == "computed":
        control.shown = _shown(control, _value(plan, raw, level.values), filling.language)
    return control


def _formatted(raw: Raw, language: Language) -> Markup:
    """A text with its Markdown as HTML; where nothing is written, that."""
    if isinstance(raw, str) and raw.strip():
        return to_html(raw, deepest=1)
    return Markup("<p>{}</p>").format(translate("Nothing has been written here yet.", language))


def _note(plan: ControlPlan, raw: Raw, values: Mapping[str, Any], language: Language) -> str:
    """What is kept of an answer, where tidying made it other than it was typed; nothing of a secret."""
    value, field = values.get(plan.name), plan.field
    told = not field.confidential and field.retold(raw, value)
    return field.show(value, language) if told else ""


def _shown(control: Control, value: Any, language: Language) -> str:
    """An answer in words; what was picked by the name it is picked by."""
    label = next((text for code, text in control.options or () if code == value), "")
    return label or control.plan.field.show(value, language)


def _value(plan: ControlPlan, raw: Raw, data: Mapping[str, Any]) -> Any:
    """The typed value to show: as read, else as typed."""
    return data[plan.name] if plan.name in data else plan.field.parse(raw)


TYPED_KEPT = "What you typed is kept and not shown. Leave the box empty, or type it anew."
TYPED_LOST = "For safety it is not shown again. Please type it once more."

_SPECIAL = frozenset({"file", "files", "secret", "certificate", "picker"})


def _fill_special(control: Control, raw: Raw, filling: Filling) -> None:
    plan, path, language = control.plan, control.path, filling.language
    match plan.macro:
        case "file" if is_upload(raw):
            control.shown = plan.field.show(raw, filling.language)
            control.token = filling.keeper.hold(path, raw)
        case "files":
            control.files = tuple(_held_files(plan, path, raw, filling))
        case "secret" if is_sealed(raw):
            control.token = filling.keeper.hold(path, raw)
        case "secret" if raw:
            if isinstance(raw, str) and not filling.errors.get(path):
                control.typed = filling.keeper.hide(raw)
            said = TYPED_KEPT if control.typed else TYPED_LOST
            control.shown = translate(said, language)
        case "picker":
            _fill_picker(control, raw, filling)
        case "certificate":
            control.facts = certificate_facts(raw, filling.language)
    if plan.repeats:
        control.repeated = filling.repeated.get(path, "")
        control.repeated_error = filling.errors.get(path + REPEATED, "")


def _fill_picker(control: Control, raw: Raw, filling: Filling) -> None:
    """What can be picked: sent along, or, of a long list, what the search found (``picks`` by the path of
    the answer: where the database looked)."""
    plan, path = control.plan, control.path
    if not plan.options:
        control.options = filling.picks.get(plan.where, ())
    if len(control.picked_from) > LISTED and not control.locked:
        needle, answer = filling.repeated.get(path + FIND, ""), raw if isinstance(raw, str) else ""
        found = filling.picks.get(f"{path}{FIND}")
        among = search(control.picked_from, plan.words, needle, answer)
        control.find = (
            among if found is None else Find(needle, found[:SHOWN], -1 if len(found) > SHOWN else 0)
        )


def _held_files(plan: ControlPlan, path: str, raw: Raw, filling: Filling) -> Iterator[tuple[str, str]]:
    """The name and token of every upload held already."""
    for upload in raw if isinstance(raw, list) else ():
        if is_upload(upload):
            yield plan.field.show([upload], filling.language), filling.keeper.hold(path, upload)


def _fill_inside(control: Control, raw: Raw, level: _Level, filling: Filling) -> None:
    plan, is_open = control.plan, level.open and not control.locked
    if plan.field.repeats:
        control.paste = filling.repeated.get(control.path + PASTE, "")
        control.rows = tuple(_rows(control, raw, level, filling, is_open))
        return
    firm = control.required or plan.field.parse(raw) is not None
    inner = level.inside(plan.name, raw, level.values.get(plan.name), f"{control.path}.", is_open, firm)
    control.parts = tuple(_inner_controls(plan.parts, inner, filling))


def _rows(control: Control, raw: Raw, level: _Level, filling: Filling, is_open: bool) -> Iterator[Row]:
    """The rows of a table: those typed, or one empty row where at least one is wanted."""
    plan = control.plan
    typed = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    if not typed and plan.macro != "rows" and (control.required or _least_rows(plan)):
        typed = [{}]
    kept = level.values.get(plan.name)
    read = iter([row for row in kept if isinstance(row, Mapping)] if isinstance(kept, list) else ())
    for index, row in enumerate(typed):
        values = next(read, NOTHING) if _is_filled(plan.field, row) else NOTHING
        path = f"{control.path}.{index}"
        inner = level.inside(plan.name, row, values, f"{path}.", is_open, True)
        controls = tuple(_inner_controls(plan.parts, inner, filling))
        yield Row(index + 1, index, id_of(path), controls, _title(plan, row, filling.language))


def _title(plan: ControlPlan, row: Mapping[str, Any], language: Language) -> str:
    """What a row is called in a list; "" where rows are not listed."""
    listed = plan.macro == "rows" and isinstance(plan.field, TableField)
    return plan.field.title_of_row(row, language) if listed else ""  # type: ignore[attr-defined]


def _least_rows(plan: ControlPlan) -> int:
    return plan.field.min_rows if isinstance(plan.field, TableField) else 0


def _is_filled(target: BaseField, row: Mapping[str, Any]) -> bool:
    """Whether reading the table keeps this row."""
    return target.parse([dict(row)]) is not None


def value_of(plan: ControlPlan, raw: Raw) -> Any:
    """`raw` in the shape its macro draws."""
    if plan.macro == "boxes":
        return boxes_of(plan.boxes, raw)
    if plan.macro == "checkboxes":
        codes = raw if isinstance(raw, list) else [raw]
        return tuple(str(code) for code in codes if code)
    if isinstance(plan.field, DeclarationField):
        return plan.field.parse(raw) is not None
    return raw if isinstance(raw, str) else ""


def boxes_of(boxes: Sequence[Box], raw: Raw) -> tuple[tuple[Box, str], ...]:
    """What stands in the boxes of a date: what was typed there, or the parts of an ISO date; a text that is
    none stands in the first."""
    if isinstance(raw, dict):
        return tuple((box, str(raw.get(box.name) or "")) for box in boxes)
    text = raw if isinstance(raw, str) else ""
    found = _ISO.fullmatch(text)
    parts = [part for part in found.groups() if part is not None] if found else []
    numbers = [str(int(part)) for part in parts[:3]] + parts[3:]
    if len(numbers) != len(boxes):
        numbers = [text, *("" for _ in boxes[1:])]
    return tuple(zip(boxes, numbers, strict=True))


_ISO = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d))?)?", re.ASCII)
"""A month, a day or a moment, as stored."""


def certificate_facts(value: Any, language: Language) -> tuple[tuple[str, str], ...]:
    """What a person should see of a certificate."""
    if not isinstance(value, Mapping):
        return ()
    names = {
        "subject": translate("Certificate subject", language),
        "issuer": translate("Issuer", language),
        "serial": translate("Serial number", language),
        "not_after": translate("Valid until", language),
    }
    return tuple((name, str(value.get(key, ""))[:500]) for key, name in names.items())
