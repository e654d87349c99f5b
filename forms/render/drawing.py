"""Drawing controls: by their macros, or by what their macros drew once.

Two controls of one plan differ in the HTML around their texts only by their shape: whether there is an error,
which option is picked, how many rows there are. For each shape the macro is called once with marks for texts
(``forms.render.pieces``); later only the texts are put in. What has no known shape is drawn by its macro."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError
from markupsafe import Markup

from forms.render.pieces import Fill, Pieces, cut, escaped, mark

if TYPE_CHECKING:
    from forms.render.control import Control

Write = Callable[..., Markup]
"""The macro that draws any control, given what draws those inside it."""

SHAPES_LIMIT = 300
"""Most shapes kept of one plan: tables in tables have endless places."""

OPTIONS_LIMIT = 60
"""Longest list of options whose every pick is kept as a shape."""

TEXTS = ("error", "note", "shown", "token", "repeated", "repeated_error")
"""Attributes a macro prints, or asks whether they are there."""

KNOWN = frozenset({"plan", "path", "value", "required", "locked", "rows", "parts", "barred", *TEXTS})
"""Attributes the shape speaks of; a control with anything else is drawn by its macro."""

AROUND = frozenset({"table", "group"})
PRINTED = frozenset({"line", "area"})
SILENT = frozenset({"computed", "heading", "guide", "certificate", "file", "files"})
"""Macros that say something of the value; those that print it; those that do not look at it."""

_texts = attrgetter(*TEXTS)


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws the controls of one page."""

    write: Write

    def draw(self, control: "Control") -> str:
        """The HTML of one control, and of those inside it."""
        shape = shape_of(control)
        if shape is None:
            return str(self.write(control, self._inside))
        kept: dict[Hashable, Pieces[Inside] | None] = control.plan.drawn
        if shape not in kept:
            pieces = self._cut(control)
            if len(kept) < SHAPES_LIMIT:
                kept[shape] = pieces
        else:
            pieces = kept[shape]
        return str(self.write(control, self._inside)) if pieces is None else pieces.draw((control, self))

    def _inside(self, control: "Control") -> Markup:
        return Markup(self.draw(control))  # noqa: S704 - drawn by macros, every text escaped

    def _cut(self, control: "Control") -> "Pieces[Inside] | None":
        """What the macro draws of a control of this shape; None where it looks deeper than the shape does."""
        holes = list(_holes(control))
        blank = _marked(control)
        numbers = iter(range(len(holes) - _count_inside(control), len(holes)))
        try:
            html = self.write(blank, lambda _inner: Markup(mark(next(numbers))))  # noqa: S704
        except (TemplateError, AttributeError, TypeError):
            return None
        return cut(str(html), holes)


Inside = tuple["Control", Drawer]
"""What a hole is filled from: the control, and what draws those inside it."""


def shape_of(control: "Control") -> Hashable | None:
    """What of a control decides about its HTML besides texts; None where it is drawn by its macro."""
    if any(_others(type(control))(control)):  # type: ignore[arg-type]
        return None
    told = tuple(map(bool, _texts(control)))
    value = _shape_inside(control) if control.plan.macro in AROUND else _shape_of_value(control)
    if value is None:
        return None
    return control.path, control.required, control.locked, control.barred, told, value


@cache
def _others(kind: Any) -> Callable[[Any], Any]:
    """Reads every attribute the shape says nothing of; there are several."""
    names = [each.name for each in fields(kind) if each.init and each.name not in KNOWN]
    return attrgetter(*names)


def _shape_inside(control: "Control") -> Hashable | None:
    if any(row.title for row in control.rows):
        return None
    rows = tuple((row.number, row.index, row.id, len(row.controls)) for row in control.rows)
    return len(control.parts), rows


def _shape_of_value(control: "Control") -> Hashable | None:
    plan, value = control.plan, control.value
    if control.locked or plan.macro in SILENT or plan.macro in PRINTED:
        return ()
    if plan.macro == "boxes":
        return len(value)
    if plan.macro == "declaration":
        return bool(value)
    if plan.macro not in ("radios", "picker", "checkboxes") or len(plan.options) > OPTIONS_LIMIT:
        return None
    picked = value if isinstance(value, tuple) else (value,) if value else ()
    known = {code for code, _ in plan.options}
    return picked if known.issuperset(picked) else None


def _holes(control: "Control") -> Iterator[Fill[Inside]]:
    """What is put into the holes of a control: its texts, its value or its boxes, what is inside it."""
    for name in TEXTS:
        yield _text_of(name)
    if _prints(control):
        yield lambda inside: escaped(inside[0].value)
    if _has_boxes(control):
        yield from (_box(number) for number in range(len(control.value)))
    yield from (_part(number) for number in range(len(control.parts)))
    for number, row in enumerate(control.rows):
        yield from (_cell(number, place) for place in range(len(row.controls)))


def _prints(control: "Control") -> bool:
    return control.plan.macro in PRINTED and not control.locked


def _has_boxes(control: "Control") -> bool:
    return control.plan.macro == "boxes" and not control.locked


def _text_of(name: str) -> Fill[Inside]:
    read = attrgetter(name)
    return lambda inside: escaped(read(inside[0]))


def _box(number: int) -> Fill[Inside]:
    return lambda inside: escaped(inside[0].value[number][1])


def _part(number: int) -> Fill[Inside]:
    return lambda inside: inside[1].draw(inside[0].parts[number])


def _cell(row: int, place: int) -> Fill[Inside]:
    return lambda inside: inside[1].draw(inside[0].rows[row].controls[place])


def _count_inside(control: "Control") -> int:
    return len(control.parts) + sum(len(row.controls) for row in control.rows)


def _marked(control: "Control") -> "Control":
    """The control with marks in place of everything somebody typed, and nothing in those inside it."""
    marks: dict[str, Any] = {name: mark(n) if getattr(control, name) else "" for n, name in enumerate(TEXTS)}
    value = control.value
    if _prints(control):
        value = mark(len(TEXTS))
    elif _has_boxes(control):
        value = tuple((box, mark(len(TEXTS) + n)) for n, (box, _) in enumerate(value))
    elif control.locked or control.plan.macro in SILENT:
        value = ""
    rows = [replace(row, controls=_nothing(row.controls)) for row in control.rows]
    return replace(control, **marks, value=value, parts=_nothing(control.parts), rows=rows)


def _nothing(controls: Sequence["Control"]) -> Any:
    """As many things that can only be handed on to be drawn."""
    return tuple(object() for _ in controls)
