"""A picture of boxes in bands, one below the other, with lines between them and a line between two bands.

Only presentation attributes, classes and ``currentColor``: a page with a strict Content-Security-Policy shows
it, in its own colours, and it prints. A page lists what it shows in words beside it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from models.pictures.strokes import rectangle, text, width_of
from models.workflow.layout import PASSAGE, Cell, Edge, Layout, Route, lay_out, layers_of

SIZE = 13.0
SMALL = 11.0
MARGIN = 16.0
BOX = 46.0
TURN = 30.0
"""Height between two rows of boxes, where lines turn (pixels)."""

HEAD = 56.0
"""Height above the first row of a band, for its name."""

WIDEST = 230.0
"""Widest words of a box; longer ones are cut."""

ALIKE = 6
"""Boxes of one kind with the same lines that are drawn as they are; more of them as one."""

MOST_BOXES = 40
"""Boxes drawn as they are; of more, those of a kind as one."""

MOST_LINES = 100
"""Lines drawn: to lay them out takes the cube of their number."""

IN_A_ROW = 6

DASHED = 'stroke-width="2" stroke-dasharray="9 6"'


@dataclass(frozen=True, slots=True)
class Box:
    """One box: `kind` is what it is, `count` how many it stands for, `standing` that none is registered."""

    key: str
    title: str
    kind: str
    band: str
    address: str = ""
    standing: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn: `bands` in their order (code, name), boxes, lines as pairs of their keys."""

    name: str
    label: str
    bands: Sequence[tuple[str, str]]
    boxes: Sequence[Box]
    lines: Sequence[tuple[str, str]]
    divide: str = ""

    def neighbours(self) -> Mapping[str, list[Box]]:
        """The boxes each box leads to, in their order."""
        by_key, found = {box.key: box for box in self.boxes}, defaultdict(list)
        for start, end in self.lines:
            found[start].append(by_key[end])
        return found


Words = Callable[[str, int], str]
"""What several boxes of a kind are called together."""

Groups = dict[object, list[Box]]
"""Boxes that may be drawn as one."""


def draw(picture: Picture, together: Words) -> str:
    """The SVG of a picture; `together` words several boxes of a kind that are drawn as one."""
    return "\n".join(_Drawing(_gathered(picture, together)).lines()) + "\n"


def shows_lines(svg: str) -> bool:
    """Whether what ``draw`` made has any line between boxes."""
    return 'class="flow-step"' in svg


def _gathered(picture: Picture, together: Words) -> Picture:
    """The picture with boxes that are alike drawn as one, where there are many; with so many lines left that
    nobody could follow one, without them."""
    drawn = _grouped(picture, together, _alike(picture), ALIKE)
    if len(drawn.boxes) > MOST_BOXES or len(drawn.lines) > MOST_LINES:
        kinds: Groups = defaultdict(list)
        for box in picture.boxes:
            kinds[box.band, box.kind].append(box)
        drawn = _grouped(picture, together, kinds, 1)
    return drawn if len(drawn.lines) <= MOST_LINES else replace(drawn, lines=[])


def _alike(picture: Picture) -> Groups:
    """The boxes of one kind with the same lines."""
    ways: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for start, end in set(picture.lines):
        ways[start].add(("to", end))
        ways[end].add(("from", start))
    groups: Groups = defaultdict(list)
    for box in picture.boxes:
        groups[box.band, box.kind, box.standing, frozenset(ways[box.key])].append(box)
    return groups


def _grouped(picture: Picture, together: Words, groups: Groups, least: int) -> Picture:
    """The picture with each group of more than `least` boxes as one."""
    drawn: list[Box] = []
    of: dict[str, str] = {}
    for group in groups.values():
        one = len(group) > least
        first = replace(group[0], title=together(group[0].kind, len(group)), address="", count=len(group))
        drawn += [first] if one else group
        of |= {box.key: first.key if one else box.key for box in group}
    joined = dict.fromkeys((of[start], of[end]) for start, end in picture.lines)
    return replace(picture, boxes=drawn, lines=[(a, b) for a, b in joined if a != b])


class _Drawing:
    """One picture, laid out."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.boxes = {box.key: box for box in picture.boxes}
        edges = [Edge(f"{a} {b}", a, b, PASSAGE) for a, b in picture.lines]
        self.layers, self.first = _layers(picture, edges)
        ordered = sorted(self.boxes, key=lambda key: self.layers[key])
        self.layout = lay_out({key: _room(self.boxes[key]) for key in ordered}, edges, self.layers)
        self.ports = dict(_ports(self.layout))
        names = max((width_of(name, SIZE) for _, name in picture.bands), default=0.0)
        self.width = max(self.layout.width, names + 40, 260.0) + 4 * MARGIN
        self.left = (self.width - self.layout.width) / 2

    def lines(self) -> Iterator[str]:
        """The lines of the SVG; one with links in it is no single picture to those who hear it."""
        height = self.bottom(max(self.layers.values(), default=0)) + 2 * MARGIN
        label = f"picture-{escape(self.picture.name)}"
        role = "group" if any(box.address for box in self.picture.boxes) else "img"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="flow-diagram" role="{role}" '
            f'aria-labelledby="{label}-title {label}-desc" viewBox="0 0 {self.width:.0f} {height:.0f}" '
            f'width="{self.width:.0f}" height="{height:.0f}" font-family="system-ui, sans-serif" '
            f'font-size="{SIZE:g}" fill="none" stroke="currentColor">'
        )
        yield f'<title id="{label}-title">{escape(self.picture.label)}</title>'
        yield f'<desc id="{label}-desc">{escape("; ".join(_told(self.picture)))}</desc>'
        yield from self._bands()
        for route in self.layout.routes:
            yield self._route(route)
        for key, cell in self.layout.boxes.items():
            yield from self._box(self.boxes[key], cell)
        yield from self._names()
        yield "</svg>"

    def top(self, layer: int) -> float:
        """Where a row of boxes begins: below the heads of its band and of those above."""
        heads = sum(1 for first in self.first.values() if first <= layer)
        return MARGIN + heads * HEAD + layer * (BOX + TURN)

    def bottom(self, layer: int) -> float:
        """Where a row of boxes ends."""
        return self.top(layer) + BOX

    def _bands(self) -> Iterator[str]:
        firsts = list(self.first.items())
        for place, (_, first) in enumerate(firsts):
            after = firsts[place + 1][1] if place + 1 < len(firsts) else max(self.layers.values()) + 1
            y, end = self.top(first) - HEAD + 20, self.bottom(after - 1) + 12
            yield (
                f'<rect class="flow-band" x="{MARGIN:g}" y="{y:.1f}" width="{self.width - 2 * MARGIN:.1f}" '
                f'height="{end - y:.1f}" rx="10" fill="currentColor" fill-opacity="0.05" '
                f'stroke-opacity="0.35" stroke-width="1"/>'
            )
            if place + 1 < len(firsts):
                middle = end + (self.top(after) - HEAD + 20 - end) / 2
                yield f'<path class="flow-divide" d="M0 {middle:.1f}H{self.width:.1f}" {DASHED}/>'

    def _names(self) -> Iterator[str]:
        """What the bands and the lines between them are called, above whatever passes there."""
        names, firsts = dict(self.picture.bands), list(self.first.items())
        for place, (band, first) in enumerate(firsts):
            y = self.top(first) - HEAD + 20
            yield _above(text(names[band], MARGIN + 12, y + 19, SIZE, "start"))
            if place and self.picture.divide:
                at = self.width - MARGIN - 8
                yield _above(text(self.picture.divide, at, y - 24, SMALL, "end", "flow-who"))

    def _route(self, route: Route) -> str:
        """One line: down from the upper box, straight past the rows between, to the lower one."""
        upper, lower = route.cells[0], route.cells[-1]
        x, y = self._port(route, "below"), self.bottom(upper.rank // 2)
        path = [f"M{x:.1f} {y:.1f}"]
        passed = [cell for cell in route.cells[1:-1] if cell.rank % 2 == 0]
        stops = [(c.x + self.left, self.top(c.rank // 2), self.bottom(c.rank // 2)) for c in passed]
        end = (self._port(route, "above"), self.top(lower.rank // 2), 0.0)
        for next_x, top, bottom in [*stops, end]:
            half = (y + top) / 2
            path.append(f"C{x:.1f} {half:.1f} {next_x:.1f} {half:.1f} {next_x:.1f} {top:.1f}")
            if bottom:
                path.append(f"V{bottom:.1f}")
            x, y = next_x, bottom
        return f'<path class="flow-step" d="{"".join(path)}" stroke-width="1.25"/>'

    def _port(self, route: Route, side: str) -> float:
        return self.ports[route.edge.name, side] + self.left

    def _box(self, box: Box, cell: Cell) -> Iterator[str]:
        width = _room(box)
        x, y = cell.x + self.left - width / 2, self.top(cell.rank // 2)
        drawn = rectangle("flow-state", x, y, width, BOX, 1.25)
        if box.standing:
            drawn = drawn.replace("/>", ' stroke-dasharray="5 4" stroke-opacity="0.7"/>')
        elif box.count > 1:
            yield _behind(x, y, width)
        middle, one = x + width / 2, box.standing or box.count > 1
        if box.address:
            yield f'<a href="{escape(box.address)}"><title>{escape(box.title)}</title>'
        yield drawn
        yield text(_cut(box.title), middle, y + BOX / 2 + (4 if one else -3), SIZE, "middle")
        if not one:
            yield text(_cut(box.kind), middle, y + BOX / 2 + 14, SMALL, "middle", "flow-who")
        if box.address:
            yield "</a>"


def _layers(picture: Picture, edges: Sequence[Edge]) -> tuple[dict[str, int], dict[str, int]]:
    """The row of every box, band by band, and the first row of each band that has boxes."""
    layers: dict[str, int] = {}
    first: dict[str, int] = {}
    band_of, begun = {box.key: box.band for box in picture.boxes}, 0
    for band, _ in picture.bands:
        keys = [key for key, its in band_of.items() if its == band]
        if not keys:
            continue
        first[band] = begun
        within = [edge for edge in edges if band_of[edge.start] == band_of[edge.end] == band]
        for row in _rows(layers_of(keys, within)):
            layers |= dict.fromkeys(row, begun)
            begun += 1
    return layers, first


def _rows(layers: Mapping[str, int]) -> Iterator[list[str]]:
    """The boxes of each layer, at most IN_A_ROW in one row."""
    for layer in sorted(set(layers.values())):
        keys = [key for key, its in layers.items() if its == layer]
        yield from (keys[start : start + IN_A_ROW] for start in range(0, len(keys), IN_A_ROW))


def _ports(layout: Layout) -> Iterator[tuple[tuple[str, str], float]]:
    """Where each line meets the lower and the upper side of a box, in the order the lines come."""
    for box in layout.boxes.values():
        leaving = [(r.cells[1].x, r.edge.name) for r in layout.routes if r.cells[0] is box]
        coming = [(r.cells[-2].x, r.edge.name) for r in layout.routes if r.cells[-1] is box]
        for side, lines in (("below", leaving), ("above", coming)):
            step = min(18.0, (box.width - 24) / max(len(lines) - 1, 1))
            for place, (_, edge) in enumerate(sorted(lines)):
                yield (edge, side), box.x + (place - (len(lines) - 1) / 2) * step


def _told(picture: Picture) -> Iterator[str]:
    """The picture in words, band by band, for those who hear it."""
    leads = picture.neighbours()
    for band, name in picture.bands:
        boxes = [box for box in picture.boxes if box.band == band]
        said = (box.title + "".join(f" → {other.title}" for other in leads.get(box.key, ())) for box in boxes)
        if boxes:
            yield f"{name}: {', '.join(said)}"


def _above(words: str) -> str:
    """Words with an edge in the colour of the page, so that a line behind them is not read with them."""
    return words.replace('stroke="none"', 'stroke="Canvas" stroke-width="4" paint-order="stroke"')


def _behind(x: float, y: float, width: float) -> str:
    """The edge of another box behind one that stands for several."""
    down = f"M{x + 8:.1f} {y + BOX:.1f}v4h{width - 4:.1f}V{y + 8:.1f}h-4"
    return f'<path class="flow-inner" d="{down}" stroke-width="0.75"/>'


def _room(box: Box) -> float:
    words = max(width_of(_cut(box.title), SIZE), width_of(_cut(box.kind), SMALL))
    return max(words + 24, 96.0)


def _cut(words: str) -> str:
    """`words` as far as a box has room."""
    if width_of(words, SIZE) <= WIDEST:
        return words
    kept = words
    while kept and width_of(kept, SIZE) > WIDEST - SIZE:
        kept = kept[:-1]
    return f"{kept}…"
