"""What of a form is the same for everybody who fills it in, worked out once per definition and language."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from forms.render.finding import words_of
from forms.render.pasting import columns
from forms.render.purposes import page_purpose, purpose_of
from forms.render.rules import because
from models.language import Language, Text, translate
from models.markdown import to_html
from models.schema.conditions import Condition, compile_condition
from models.schema.definition import Page, RecordType, walk
from models.schema.fields import BaseField, TableField
from models.schema.fields.choice import BooleanField, DeclarationField, ListedField
from models.schema.fields.number import IntegerField, NumberField
from models.schema.fields.structure import ComputedField, GuideField
from models.schema.fields.text import LINE_LIMIT, EmailField, TextField

RADIOS = 7
"""Most options shown as radio buttons; more become one list to pick from."""


NO_TEXT = Markup()


@dataclass(frozen=True, slots=True)
class Box:
    """One of the boxes a date is typed into: the end of its name, its caption, how many digits."""

    name: str
    caption: str
    digits: int


@dataclass(frozen=True, slots=True)
class ControlPlan:
    """The unchanging part of one control; ``macro`` names how it is drawn (``templates/controls.html``)."""

    field: BaseField
    macro: str
    label: str
    help: str
    example: str
    attributes: Markup
    unit: str = ""
    options: tuple[tuple[str, str], ...] = ()
    boxes: tuple[Box, ...] = ()
    text: Markup = NO_TEXT
    row_label: str = ""
    parts: tuple["ControlPlan", ...] = ()
    repeats: bool = False
    refreshes: bool = False
    where: str = ""
    """The path of the field in the definition, without row numbers."""
    why: str = ""
    """Why it is required, where a rule says so."""
    read_only_when: Condition | None = None
    purpose: str = ""
    """Why it is asked, where it is personal and its page does not say so."""
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """What else the answers of a list are found by, by code."""
    pasted: str = ""
    """The columns rows copied from a spreadsheet have here, in their order."""
    drawn: dict[Any, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)
    """What its macro drew, in pieces without any text of a visit, by shape (``forms.render.drawing``)."""

    @property
    def name(self) -> str:
        return self.field.name

    @property
    def layout(self) -> str:
        """How the parts of a group are laid out (style sheet)."""
        return self.field.type


@dataclass(frozen=True, slots=True)
class PagePlan:
    """One page of a form."""

    name: str
    label: str
    help: str
    controls: tuple[ControlPlan, ...]
    picks: bool = False
    """Whether anything on it is picked among records or accounts."""
    purpose: str = ""
    """Why its personal questions are asked; those with another purpose say so themselves."""
    names: frozenset[str] = dataclasses.field(init=False, compare=False, repr=False)
    """The fields on it."""
    questions: Mapping[str, BaseField] = dataclasses.field(init=False, compare=False, repr=False)
    """Those of them that ask something, by name."""
    depends: bool = dataclasses.field(init=False, compare=False, repr=False)
    """Whether answers decide what it asks."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(control.name for control in self.controls))
        fields = tuple(control.field for control in self.controls)
        object.__setattr__(self, "questions", {field.name: field for field in fields if field.asked})
        object.__setattr__(self, "depends", any(p.show_when is not None for _path, p in walk(fields)))


@dataclass(frozen=True, slots=True)
class FormPlan:
    """All pages of a form in one language."""

    pages: tuple[PagePlan, ...]
    by_page: Mapping[str, PagePlan]
    page_of: Mapping[str, str]
    """The page each field is on."""

    @property
    def picks(self) -> bool:
        return any(page.picks for page in self.pages)


@lru_cache(maxsize=512)
def plan_form(definition: RecordType, language: Language) -> FormPlan:
    """The plan of a definition's form; cached by the definition's checksum."""
    pages = tuple(_plan_page(definition, page, language) for page in definition.laid_out)
    return FormPlan(
        pages,
        {page.name: page for page in pages},
        {control.name: page.name for page in pages for control in page.controls},
    )


def _plan_page(definition: RecordType, page: Page, language: Language) -> PagePlan:
    fields = [definition.by_name[name] for name in page.fields if name in definition.by_name]
    moved = _names_read(fields)
    drawn = (plan_control(target, language, target.name in moved) for target in fields)
    purpose = page_purpose(definition, tuple(fields))
    explained = (_explained(control, definition, language) for control in drawn)
    controls = tuple(_purposeful(control, purpose, definition.purpose, language) for control in explained)
    picks = any(part.control == "picker" for _path, part in walk(tuple(fields)))
    told = page.help(language) if page.help else ""
    why = purpose(language) if purpose else ""
    return PagePlan(page.name, page.label(language), told, controls, picks, why)


def _purposeful(
    plan: ControlPlan, told: Text | None, inherited: Text | None, language: Language
) -> ControlPlan:
    """The plan with the purpose of what is personal in it, where the page does not tell that one."""
    own = purpose_of(plan.field, inherited)
    parts = tuple(_purposeful(part, told, plan.field.purpose or inherited, language) for part in plan.parts)
    said = own(language) if own is not None and own != told else ""
    return dataclasses.replace(plan, purpose=said, parts=parts)


def _explained(
    plan: ControlPlan, definition: RecordType, language: Language, within: tuple[str, ...] = ()
) -> ControlPlan:
    """The plan with the reasons of what it requires."""
    inside = (*within, plan.name)
    return dataclasses.replace(
        plan,
        why=because(definition, plan.field, language, within),
        parts=tuple(_explained(part, definition, language, inside) for part in plan.parts),
    )


def _names_read(fields: Sequence[BaseField]) -> frozenset[str]:
    """The fields whose answer decides what else is asked or shown beside them, or inside one of them."""
    read: set[str] = set()
    for _path, part in walk(tuple(fields)):
        formula = part.value if isinstance(part, ComputedField) else None
        conditions = (part.show_when, part.required_when, part.read_only_when, formula)
        read.update(word for condition in conditions for word in _words(condition))
        if getattr(part, "copied", None):
            read.add(part.name)
    return frozenset(read)


def _words(node: Any) -> set[str]:
    """Every field path a condition or formula could name, and harmlessly more."""
    if isinstance(node, str):
        return {node.lstrip("$").split(".")[0]}
    if isinstance(node, Mapping):
        return {w for k, v in node.items() for w in (str(k).split(".")[0], *_words(v))}
    if isinstance(node, list | tuple):
        return {word for part in node for word in _words(part)}
    return set()


def plan_control(
    target: BaseField, language: Language, refreshes: bool = False, where: str = "", memory: str = ""
) -> ControlPlan:
    """The plan of one field's control. `where` is the path of what it stands in, `memory` what a browser
    may remember it as (HTML, autofill)."""
    place = f"{where}.{target.name}" if where else target.name
    return ControlPlan(
        field=target,
        macro="rows" if not where and getattr(target, "row_pages", False) else _macro(target),
        label=target.label(language),
        help=target.help(language) if target.help else "",
        example=_example(target),
        attributes=_attributes(target, memory),
        unit=target.unit_text(language) if isinstance(target, NumberField) else "",
        options=_options(target, language),
        boxes=_boxes(target, language),
        text=_text(target, language),
        row_label=_row_label(target, language),
        parts=_parts(target, language, refreshes, place),
        words=words_of(target, language) if isinstance(target, ListedField) else {},
        pasted=_pasted(target, language),
        repeats=isinstance(target, EmailField) and target.confirm,
        refreshes=refreshes,
        where=place,
        read_only_when=compile_condition(target.read_only_when)
        if target.read_only_when is not None
        else None,
    )


def _macro(target: BaseField) -> str:
    if target.parts:
        return "table" if target.repeats else "group"
    if target.control == "choice":
        return "radios" if len(getattr(target, "options", ())) <= RADIOS else "picker"
    return _MACROS.get(target.control, "line")


_MACROS = {
    "boolean": "radios",
    "choices": "checkboxes",
    "date": "boxes",
    "datetime": "boxes",
    "year_month": "boxes",
    "long_text": "area",
    "declaration": "declaration",
    "file": "file",
    "files": "files",
    "secret": "secret",
    "picker": "picker",
    "certificate": "certificate",
    "computed": "computed",
    "heading": "heading",
    "guide": "guide",
}


def _example(target: BaseField) -> str:
    shown = _macro(target) in ("line", "area", "boxes") and target.example not in (None, "")
    return str(target.example) if shown else ""


def _options(target: BaseField, language: Language) -> tuple[tuple[str, str], ...]:
    if isinstance(target, BooleanField):
        return (("yes", target.yes(language)), ("no", target.no(language)))
    if isinstance(target, ListedField):
        return tuple((option.code, option.label(language)) for option in target.options)
    return ()


def _boxes(target: BaseField, language: Language) -> tuple[Box, ...]:
    year = Box("year", translate("Year", language), 4)
    month = Box("month", translate("Month", language), 2)
    day = Box("day", translate("Day", language), 2)
    hour = Box("hour", translate("Hour", language), 2)
    minute = Box("minute", translate("Minute", language), 2)
    known = {
        "date": (year, month, day),
        "year_month": (year, month),
        "datetime": (year, month, day, hour, minute),
    }
    return known.get(target.control, ())


def _text(target: BaseField, language: Language) -> Markup:
    return to_html(target.text(language)) if isinstance(target, GuideField | DeclarationField) else Markup()


def _pasted(target: BaseField, language: Language) -> str:
    labels = [column.label(language) for column in columns(target.parts)] if target.repeats else []
    return ("、" if language == "ja" else ", ").join(labels)


def _row_label(target: BaseField, language: Language) -> str:
    if not isinstance(target, TableField):
        return ""
    return (target.row_label or target.label)(language)


def _parts(target: BaseField, language: Language, refreshes: bool, where: str) -> tuple[ControlPlan, ...]:
    moved = _names_read(target.parts)
    return tuple(
        plan_control(part, language, refreshes or part.name in moved, where, _memory(target, part))
        for part in target.parts
    )


def _memory(around: BaseField, part: BaseField) -> str:
    """The autofill token of a part of an address or a name, in a section of its own so that two addresses on
    a page are not mixed up (HTML, autofill detail tokens)."""
    token = _TOKENS.get((around.type, part.name), "")
    return f"section-{around.name} {token}" if token else ""


_TOKENS = {
    ("address", "postal_code"): "postal-code",
    ("address", "prefecture"): "address-level1",
    ("address", "city"): "address-level2",
    ("address", "street"): "address-line1",
    ("address", "building"): "address-line2",
    ("person_name", "family"): "family-name",
    ("person_name", "given"): "given-name",
}


def _attributes(target: BaseField, memory: str) -> Markup:
    """The unchanging attributes of an input: what a keyboard and a browser's memory should offer."""
    if target.control in ("file", "files"):
        return _write(accept=",".join(f".{ending}" for ending in getattr(target, "accept", ())))
    if target.control == "long_text":
        return _write(rows=str(max(getattr(target, "rows", 2), 2)))
    if _macro(target) != "line":
        return _write(autocomplete=memory)
    kind, mode, usual = _LINES.get(target.type, ("text", "", ""))
    return _write(type=kind, inputmode=mode, autocomplete=memory or usual, data_width=_width(target))


_LINES = {
    "email": ("email", "email", "email"),
    "phone": ("tel", "tel", "tel"),
    "url": ("text", "url", "url"),
    "postal_code": ("text", "", "postal-code"),
    "integer": ("text", "numeric", "off"),
    "decimal": ("text", "decimal", "off"),
    "time": ("text", "", "off"),
}


def _width(target: BaseField) -> str:
    """How wide the box is drawn: as long as what belongs in it."""
    if isinstance(target, IntegerField):
        return "10"
    if isinstance(target, TextField):
        shaped = target.example and target.max_length == LINE_LIMIT
        return _step(len(str(target.example)) + 4 if shaped else target.max_length)
    fixed = {"decimal": "10", "postal_code": "10", "time": "10", "phone": "20", "reference": "20"}
    return fixed.get(target.type, "" if isinstance(target, EmailField) else "40")


def _step(length: int) -> str:
    return next((str(step) for step in (5, 10, 20, 40) if length <= step), "")


def _write(**attributes: str) -> Markup:
    pairs = (f' {name.replace("_", "-")}="{escape(value)}"' for name, value in attributes.items() if value)
    return Markup("".join(pairs))  # noqa: S704
