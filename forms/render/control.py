"""From a plan and what somebody answered to the controls of one page, ready to be drawn."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from forms.render.environment import control_writer
from forms.render.held import Keeper, is_upload
from forms.render.names import REPEATED, id_of
from forms.render.plan import Box, ControlPlan, PagePlan
from models.language import Language, translate
from models.schema.compiled import CompiledFields
from models.schema.fields import TableField
from models.schema.fields.base import Raw, as_day
from models.schema.fields.choice import DeclarationField
from models.schema.reading import Reading

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Filling:
    """What is known of a form while somebody fills it in. ``answers`` is as typed, ``reading`` what it
    comes to; ``errors`` and ``remarks`` are texts by path; fields outside ``open`` are shown, not asked."""

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


@dataclass(slots=True)
class Control:
    """One control of a page; ``value`` is what its macro draws (a text, boxes, codes, rows' raw values)."""

    plan: ControlPlan
    path: str
    value: Any
    required: bool
    locked: bool
    error: str = ""
    remarks: Sequence[str] = ()
    shown: str = ""
    token: str = ""
    repeated: str = ""
    repeated_error: str = ""
    rows: Sequence["Row"] = ()
    facts: Sequence[tuple[str, str]] = ()
    id: str = ""
    described: str = ""

    def __post_init__(self) -> None:
        self.id = id_of(self.path)
        self.described = " ".join(f"{self.id}-{end}" for end, there in self._notes() if there)

    @property
    def is_blank(self) -> bool:
        """Whether it depends on nothing but its plan: no answer, error, remark, row or lock."""
        told = (
            self.error,
            self.remarks,
            self.shown,
            self.token,
            self.repeated,
            self.repeated_error,
            self.rows,
        )
        return not (self.value or self.locked or self.facts or any(told))

    @property
    def unknown(self) -> Sequence[str]:
        """Codes answered that the list does not have (any more): shown, so that nothing vanishes."""
        codes = {code for code, _ in self.plan.options}
        answered = self.value if isinstance(self.value, tuple) else (self.value,) if self.value else ()
        return [code for code in answered if code not in codes]

    def _notes(self) -> tuple[tuple[str, object], ...]:
        plan = self.plan
        return (
            ("help", plan.help),
            ("example", plan.example),
            ("unit", plan.unit),
            ("remark", self.remarks),
            ("error", self.error),
        )


@dataclass(slots=True)
class Row:
    """One row of a table: its number from 1, its place in the post, its controls."""

    number: int
    index: int
    id: str
    controls: Sequence[Control]


def write_controls(controls: Iterable[Control], language: Language) -> Markup:
    """The HTML of a page's controls."""
    write = control_writer(language)
    return Markup("\n").join([_written(control, write) for control in controls])


def _written(control: Control, write: Callable[[Control], Markup]) -> Markup:
    """A control drawn; one with nothing in it is drawn once for all, and so never holds anybody's answer."""
    if not control.is_blank:
        return write(control)
    key = control.path, control.required
    blanks = control.plan.blanks
    if key not in blanks:
        blanks[key] = write(control)
    return blanks[key]


def asked_paths(controls: Iterable[Control]) -> list[str]:
    """The paths of the questions on a page; of rows only those that depend on other answers."""
    paths = []
    for control in controls:
        paths.append(control.path)
        inner = (part for row in control.rows for part in row.controls)
        paths += [part.path for part in inner if part.plan.field.show_when is not None]
    return paths


def fresh_controls(controls: Iterable[Control], asked: frozenset[str]) -> list[Control]:
    """The questions these answers lead to that the page did not ask yet."""
    found = []
    for control in controls:
        for part in (control, *(part for row in control.rows for part in row.controls)):
            depends = part.plan.field.show_when is not None and part.plan.field.asked
            if depends and not part.locked and part.path not in asked:
                found.append(part)
    return found


def page_controls(page: PagePlan, filling: Filling) -> Iterator[Control]:
    """The controls of a page, hidden ones left out."""
    for plan in page.controls:
        if plan.name in filling.visible:
            yield _control(plan, filling)


def _control(plan: ControlPlan, filling: Filling) -> Control:
    name, raw = plan.name, filling.answers.get(plan.name)
    control = Control(
        plan,
        name,
        value_of(plan, raw),
        required=name in filling.reading.required,
        locked=name not in filling.open and plan.field.asked and plan.macro != "certificate",
        error=filling.errors.get(name, ""),
        remarks=filling.remarks.get(name, ()),
    )
    _fill_special(control, raw, filling)
    if control.locked or plan.macro == "computed":
        control.shown = plan.field.show(_value(plan, raw, filling.reading.data), filling.language)
    if plan.macro == "table":
        control.rows = tuple(_rows(plan, raw, filling))
    return control


def _value(plan: ControlPlan, raw: Raw, data: Mapping[str, Any]) -> Any:
    """The typed value to show: as read, else as typed."""
    return data[plan.name] if plan.name in data else plan.field.parse(raw)


def _fill_special(control: Control, raw: Raw, filling: Filling) -> None:
    plan, path = control.plan, control.path
    if plan.macro == "file" and is_upload(raw):
        control.shown = plan.field.show(raw, filling.language)
        control.token = filling.keeper.hold(path, raw)
    if plan.macro == "certificate":
        control.facts = certificate_facts(raw, filling.language)
    if plan.repeats:
        control.repeated = filling.repeated.get(path, "")
        control.repeated_error = filling.errors.get(path + REPEATED, "")


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
    """What stands in the boxes of a date: what was typed there, or the parts of an ISO date."""
    if isinstance(raw, dict):
        return tuple((box, str(raw.get(box.name) or "")) for box in boxes)
    text = raw if isinstance(raw, str) else ""
    day = as_day(text if len(boxes) == 3 else f"{text}-01")
    parts = (str(day.year), str(day.month), str(day.day)) if day else (text, "", "")
    return tuple(zip(boxes, parts, strict=False))


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


def _rows(plan: ControlPlan, raw: Raw, filling: Filling) -> Iterator[Row]:
    """The rows of a table: those typed, or one empty row where at least one is wanted."""
    typed = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    if not typed and (plan.name in filling.reading.required or _least_rows(plan)):
        typed = [{}]
    read = iter(_read_rows(plan, filling))
    for index, row in enumerate(typed):
        values = next(read, NOTHING) if _is_filled(plan, row) else NOTHING
        path = f"{plan.name}.{index}"
        controls = tuple(_row_controls(plan, row, values, path, filling))
        yield Row(index + 1, index, id_of(path), controls)


def _least_rows(plan: ControlPlan) -> int:
    return plan.field.min_rows if isinstance(plan.field, TableField) else 0


def _read_rows(plan: ControlPlan, filling: Filling) -> Sequence[Any]:
    rows = filling.reading.data.get(plan.name)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else ()


def _is_filled(plan: ControlPlan, row: Mapping[str, Any]) -> bool:
    target = plan.field
    return isinstance(target, TableField) and any(v is not None for v in target.parse_row(row).values())


def _row_controls(
    plan: ControlPlan, row: Mapping[str, Any], values: Mapping[str, Any], path: str, filling: Filling
) -> Iterator[Control]:
    level = filling.level.tables[plan.name]
    scope = {**filling.reading.data, **values}
    for part in plan.parts:
        rule = level.shown.get(part.name)
        if rule is not None and not rule(scope, filling.variables):
            continue
        needed = level.required.get(part.name)
        required = part.field.required or (needed is not None and needed(scope, filling.variables))
        locked = plan.name not in filling.open or part.field.read_only
        yield _row_control(part, row.get(part.name), values, f"{path}.{part.name}", required, locked, filling)


def _row_control(
    plan: ControlPlan,
    raw: Raw,
    values: Mapping[str, Any],
    path: str,
    required: bool,
    locked: bool,
    filling: Filling,
) -> Control:
    control = Control(
        plan,
        path,
        value_of(plan, raw),
        required=required,
        locked=locked and plan.field.asked,
        error=filling.errors.get(path, ""),
        remarks=filling.remarks.get(path, ()),
    )
    _fill_special(control, raw, filling)
    if control.locked or plan.macro == "computed":
        control.shown = plan.field.show(_value(plan, raw, values), filling.language)
    if control.locked and raw is not None:
        control.token = filling.keeper.hold(path, raw)
    return control
