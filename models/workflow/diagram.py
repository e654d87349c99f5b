"""The picture of a workflow or lifecycle, drawn from its definition as SVG.

Only presentation attributes, classes and ``currentColor``: a page with a strict Content-Security-Policy shows
it, in its own colours. What it says is in its title and description; a page lists it in words beside it."""

from collections.abc import Iterator, Mapping
from html import escape

from models.language import Language, Message, Text, translate
from models.pictures.strokes import down, rectangle, text, triangle, up, width_of
from models.workflow.definition import Flow, State
from models.workflow.layout import Cell, Edge, Layout, Route, lay_out
from models.workflow.people import OPERATOR, people_label

SIZE = 13.0
"""Pixels of the letters of a state; those of a transition are a little smaller."""

SMALL = 11.5
MARGIN = 16.0
BOX = 46.0
"""Height of a state."""

WORDS = 32.0
"""Height of a rank of transitions' words (two lines)."""

TURN = 22.0
"""Height between ranks, where lines turn."""

LOOP = 26.0
"""How far a transition that stays in its state goes out to the right."""

CONSENTS = Message("{who} (consents: {parties})").msgid

Roles = Mapping[str, Text]


def draw(flow: Flow, language: Language, roles: Roles | None = None, operator: Text = OPERATOR) -> str:
    """The SVG of `flow` with its labels in `language`; `roles` are the site's (``site.roles``), by name, and
    `operator` is what it calls an operator (``site.words``)."""
    return "\n".join(_Drawing(flow, language, roles or {}, operator).lines()) + "\n"


def name_of(flow: Flow) -> str:
    """The name a flow has in its file."""
    return flow.name or "flow"


class _Drawing:
    """One flow in one language."""

    def __init__(self, flow: Flow, language: Language, roles: Roles, operator: Text) -> None:
        self.flow, self.language, self.roles, self.operator = flow, language, roles, operator
        self.spoken = {name: self._words_of(name) for name in flow.transitions}
        ordered = {flow.first: flow.states[flow.first], **flow.states}
        self.layout = lay_out({name: self._room(name) for name in ordered}, [*self._edges()])
        self.ports = dict(_ports(self.layout, {name: self._box_width(name) for name in ordered}))

    def person(self, name: str) -> str:
        known = people_label(name, self.operator) or self.roles.get(name)
        return known(self.language) if known else name

    def _words_of(self, name: str) -> tuple[str, str]:
        transition = self.flow.transitions[name]
        separator = "・" if self.language == "ja" else ", "
        who = separator.join(map(self.person, transition.by))
        if transition.all_of:
            parties = separator.join(self.person(each.party) for each in transition.all_of)
            who = translate(CONSENTS, self.language, who=who, parties=parties)
        return transition.label(self.language), who

    def _holder(self, state: State) -> str:
        return self.person(state.held_by) if state.held_by and not state.final else ""

    def _box_width(self, name: str) -> float:
        state = self.flow.states[name]
        words = max(width_of(state.label(self.language), SIZE), width_of(self._holder(state), SMALL))
        return max(words + 28, 84.0)

    def _room(self, name: str) -> float:
        """The width of a box with what stands to its right; as much is left free on the other side."""
        loops = [line for key in self.flow.transitions if self._stays(key, name) for line in self.spoken[key]]
        beside = max((width_of(line, SMALL) + LOOP + 10 for line in loops), default=0.0)
        return self._box_width(name) + 2 * beside

    def _stays(self, key: str, state: str) -> bool:
        transition = self.flow.transitions[key]
        return transition.to == state and state in transition.origins

    def _edges(self) -> Iterator[Edge]:
        for key, transition in self.flow.transitions.items():
            width = max(width_of(line, SMALL) for line in self.spoken[key]) + 14
            for origin in transition.origins:
                if origin in self.flow.states and transition.to in self.flow.states:
                    yield Edge(f"{key}/{origin}", origin, transition.to, width)

    def lines(self) -> Iterator[str]:
        """The lines of the SVG."""
        width, height = self.layout.width + 2 * MARGIN, _bottom(len(self.layout.ranks) - 1) + MARGIN
        label = f"flow-{escape(name_of(self.flow))}"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="flow-diagram" role="img" '
            f'aria-labelledby="{label}-title {label}-desc" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'width="{width:.0f}" height="{height:.0f}" font-family="system-ui, sans-serif" '
            f'font-size="{SIZE:g}" fill="none" stroke="currentColor">'
        )
        yield f'<title id="{label}-title">{escape(self._title())}</title>'
        yield f'<desc id="{label}-desc">{escape(self._description())}</desc>'
        for route in self.layout.routes:
            yield from self._route(route)
        for name, cell in self.layout.boxes.items():
            yield from self._box(name, cell)
        yield "</svg>"

    def _title(self) -> str:
        return self.flow.label(self.language) if self.flow.label else name_of(self.flow)

    def _description(self) -> str:
        """Every step as a sentence, for those who hear the picture."""
        states = self.flow.states
        steps = [
            f"{'、' if self.language == 'ja' else ', '}".join(
                states[origin].label(self.language) for origin in transition.origins if origin in states
            )
            + f" → {states[transition.to].label(self.language)}: {' / '.join(self.spoken[key])}"
            for key, transition in self.flow.transitions.items()
            if transition.to in states
        ]
        return ". ".join(steps) if self.language == "en" else "。".join(steps)

    def _route(self, route: Route) -> Iterator[str]:
        upper, lower = route.cells[0], route.cells[-1]
        x, y = self.ports[route.edge.name, "below"], _bottom(upper.rank)
        path = [f"M{x:.1f} {y:.1f}"]
        stops = [(_line(cell), _top(cell.rank), _bottom(cell.rank)) for cell in route.cells[1:-1]]
        for next_x, top, bottom in [*stops, (self.ports[route.edge.name, "above"], _top(lower.rank), 0.0)]:
            half = (y + top) / 2
            path.append(f"C{x:.1f} {half:.1f} {next_x:.1f} {half:.1f} {next_x:.1f} {top:.1f}")
            if bottom:
                path.append(f"V{bottom:.1f}")
            x, y = next_x, bottom
        tip_x = self.ports[route.edge.name, "below" if route.upwards else "above"]
        tip = up(tip_x, _bottom(upper.rank)) if route.upwards else down(tip_x, _top(lower.rank))
        transition = route.edge.name.partition("/")[0]
        yield f'<path class="flow-step" d="{"".join(path)}"/>'
        yield tip
        yield from self._words(transition, _line(route.words) + 7, _top(route.words.rank) + 13)

    def _words(self, transition: str, x: float, y: float) -> Iterator[str]:
        what, who = self.spoken[transition]
        yield text(what, x, y, SMALL, "start", "flow-what")
        yield text(who, x, y + 14, SMALL - 1, "start", "flow-who")

    def _box(self, name: str, cell: Cell) -> Iterator[str]:
        state, width = self.flow.states[name], self._box_width(name)
        x, y = cell.x + MARGIN - width / 2, _top(cell.rank)
        kind = "flow-state flow-final" if state.final else "flow-state"
        yield rectangle(kind, x, y, width, BOX, 2.0 if name == self.flow.first else 1.25)
        if state.final:
            yield rectangle("flow-inner", x + 3, y + 3, width - 6, BOX - 6, 0.75)
        holder = self._holder(state)
        middle = y + BOX / 2
        yield text(state.label(self.language), x + width / 2, middle + (-2 if holder else 5), SIZE, "middle")
        if holder:
            yield text(holder, x + width / 2, middle + 15, SMALL - 1, "middle", "flow-who")
        for key in self.flow.transitions:
            if self._stays(key, name):
                yield from self._loop(key, x + width, y)

    def _loop(self, key: str, x: float, y: float) -> Iterator[str]:
        """A transition that stays where it is: out to the right and back."""
        out, top, bottom = x + LOOP, y + 12, y + BOX - 12
        yield (
            f'<path class="flow-step" d="M{x:.1f} {top:.1f}C{out:.1f} {top - 8:.1f} '
            f'{out:.1f} {bottom + 8:.1f} {x + 7:.1f} {bottom:.1f}"/>'
        )
        yield triangle(f"M{x:.1f} {bottom:.1f}l8 -3.5v7z")
        yield from self._words(key, out - 2, y + BOX / 2 - 2)


def _top(rank: int) -> float:
    """Where a rank begins: boxes and words take turns."""
    return MARGIN + (rank + 1) // 2 * (BOX + TURN) + rank // 2 * (WORDS + TURN)


def _bottom(rank: int) -> float:
    return _top(rank) + (WORDS if rank % 2 else BOX)


def _line(cell: Cell) -> float:
    """Where the line goes through a cell."""
    return cell.x + cell.line + MARGIN


def _ports(layout: Layout, widths: Mapping[str, float]) -> Iterator[tuple[tuple[str, str], float]]:
    """Where each line meets the lower and the upper side of a box, in the order the lines come."""
    for name, box in layout.boxes.items():
        leaving = [(_line(r.cells[1]), r.edge.name) for r in layout.routes if r.cells[0] is box]
        coming = [(_line(r.cells[-2]), r.edge.name) for r in layout.routes if r.cells[-1] is box]
        for side, lines in (("below", leaving), ("above", coming)):
            step = min(20.0, (widths[name] - 24) / max(len(lines) - 1, 1))
            for place, (_, edge) in enumerate(sorted(lines)):
                yield (edge, side), box.x + MARGIN + (place - (len(lines) - 1) / 2) * step
