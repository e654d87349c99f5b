"""A layered drawing of a graph (after Sugiyama, Tagawa and Toda, 1981): boxes in ranks, edges between them.

Boxes stand in even ranks; every edge has a cell of its own for its words in an odd rank, and a cell in each
rank it passes. So no line crosses a box and no words lie on each other. The same graph is always drawn the
same way."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

SWEEPS = 24
"""Passes of the two heuristics; more change nothing for flows of some twenty states."""

GAP = 18.0
"""Pixels between neighbours of one rank."""

PASSAGE = 10.0
"""Pixels a line takes where it only passes."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A directed edge; `label` is the width of its words in pixels."""

    name: str
    start: str
    end: str
    label: float


@dataclass(slots=True)
class Cell:
    """A place in a rank: a box, the words of an edge, or a line passing."""

    key: str
    rank: int
    width: float
    line: float = 0.0
    """How far from the middle a line goes through it."""
    x: float = 0.0
    above: list["Cell"] = field(default_factory=list)
    below: list["Cell"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Route:
    """An edge with the cells it goes through, from the upper box to the lower one; `upwards` when it is
    drawn against its direction. `words` is the cell of its label."""

    edge: Edge
    cells: tuple[Cell, ...]
    upwards: bool
    words: Cell


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is: cells know their middle ``x`` and their rank."""

    boxes: Mapping[str, Cell]
    routes: tuple[Route, ...]
    ranks: tuple[tuple[Cell, ...], ...]
    width: float


def lay_out(
    widths: Mapping[str, float], edges: Sequence[Edge], layers: Mapping[str, int] | None = None
) -> Layout:
    """Place boxes of these widths (the first is where reading begins) and route `edges` between them. With
    `layers` (by box) they stand in these, and no edge joins two of one layer; else where the edges put them.

    Edges from a box to itself are left to whoever draws: they stay beside their box."""
    between = [edge for edge in edges if edge.start != edge.end]
    if layers is None:
        back = _against(list(widths), between)
        ranks_of: Mapping[str, int] = _longest_paths(list(widths), between, back)
    else:
        back = {edge.name for edge in between if layers[edge.end] < layers[edge.start]}
        ranks_of = layers
    boxes = {name: Cell(name, 2 * ranks_of[name], width) for name, width in widths.items()}
    routes = tuple(_route(edge, boxes, edge.name in back) for edge in between)
    ranks = _in_ranks(boxes.values(), routes)
    _untangle(ranks)
    return Layout(boxes, routes, tuple(map(tuple, ranks)), _spread(ranks))


def layers_of(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each box, 0 the first, so that every edge between two of them joins different ones."""
    between = [edge for edge in edges if edge.start != edge.end]
    return _longest_paths(names, between, _against(names, between))


def _against(names: Sequence[str], edges: Sequence[Edge]) -> set[str]:
    """The edges that lead back to where one came from, found by walking depth first."""
    leaving: dict[str, list[Edge]] = defaultdict(list)
    for each in edges:
        leaving[each.start].append(each)
    back: set[str] = set()
    done: set[str] = set()
    for name in names:
        trail, under_way = [(name, iter(leaving[name]))], {name}
        while trail and name not in done:
            at, following = trail[-1]
            edge = next(following, None)
            if edge is None:
                trail.pop()
                under_way.discard(at)
                done.add(at)
            elif edge.end in under_way:
                back.add(edge.name)
            elif edge.end not in done:
                under_way.add(edge.end)
                trail.append((edge.end, iter(leaving[edge.end])))
    return back


def _longest_paths(names: Sequence[str], edges: Sequence[Edge], back: set[str]) -> dict[str, int]:
    """The layer of each box: the longest way that leads to it."""
    ways = [(e.end, e.start) if e.name in back else (e.start, e.end) for e in edges]
    layers = dict.fromkeys(names, 0)
    for _ in names:
        for upper, lower in ways:
            layers[lower] = max(layers[lower], layers[upper] + 1)
    return layers


def _route(edge: Edge, boxes: Mapping[str, Cell], upwards: bool) -> Route:
    upper, lower = (boxes[edge.end], boxes[edge.start]) if upwards else (boxes[edge.start], boxes[edge.end])
    spoken = lower.rank - 1 if upwards else upper.rank + 1
    between = [
        Cell(f"{edge.name}@{rank}", rank, edge.label, 4 - edge.label / 2)
        if rank == spoken
        else Cell(f"{edge.name}@{rank}", rank, PASSAGE)
        for rank in range(upper.rank + 1, lower.rank)
    ]
    cells = (upper, *between, lower)
    for one, other in pairwise(cells):
        one.below.append(other)
        other.above.append(one)
    return Route(edge, cells, upwards, next(cell for cell in between if cell.rank == spoken))


def _in_ranks(boxes: Iterable[Cell], routes: Sequence[Route]) -> list[list[Cell]]:
    cells = {cell.key: cell for route in routes for cell in route.cells[1:-1]}
    ranks: dict[int, list[Cell]] = defaultdict(list)
    for cell in (*boxes, *cells.values()):
        ranks[cell.rank].append(cell)
    return [ranks[rank] for rank in range(max(ranks) + 1)]


def _untangle(ranks: list[list[Cell]]) -> None:
    """Order every rank by its neighbours' barycentres; the order with the fewest crossings stays."""
    best, fewest = [list(rank) for rank in ranks], _crossings(ranks)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for number in range(1, len(ranks)) if downwards else range(len(ranks) - 2, -1, -1):
            beside = ranks[number - 1 if downwards else number + 1]
            ranks[number] = _by_barycentre(ranks[number], beside, downwards)
        if (crossings := _crossings(ranks)) < fewest:
            best, fewest = [list(rank) for rank in ranks], crossings
    ranks[:] = best


def _by_barycentre(rank: Sequence[Cell], beside: Sequence[Cell], downwards: bool) -> list[Cell]:
    """`rank` by the middle of each cell's neighbours in the rank `beside`; its own place without any."""
    places = {id(cell): place for place, cell in enumerate(beside)}
    middles: list[tuple[float, int]] = []
    for own, cell in enumerate(rank):
        near = [places[id(other)] for other in (cell.above if downwards else cell.below)]
        middles.append((sum(near) / len(near) if near else own, own))
    return [rank[own] for _, own in sorted(middles)]


def _crossings(ranks: Sequence[Sequence[Cell]]) -> int:
    return sum(_crossings_between(upper, lower) for upper, lower in pairwise(ranks))


def _crossings_between(upper: Sequence[Cell], lower: Sequence[Cell]) -> int:
    places = {id(cell): place for place, cell in enumerate(lower)}
    ends = [place for cell in upper for place in sorted(places[id(other)] for other in cell.below)]
    return sum(1 for i, end in enumerate(ends) for other in ends[i + 1 :] if other < end)


def _spread(ranks: Sequence[Sequence[Cell]]) -> float:
    """Give every cell its middle, near its neighbours' and apart from the next; returns the width of all."""
    for rank in ranks:
        for cell, x in zip(rank, _apart([0.0] * len(rank), rank), strict=True):
            cell.x = x
    for sweep in range(SWEEPS * 2):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            wished = [_wish(cell) for cell in rank]
            for cell, x in zip(rank, _apart(wished, rank), strict=True):
                cell.x = x
    cells = [cell for rank in ranks for cell in rank]
    left = min(cell.x - cell.width / 2 for cell in cells)
    for cell in cells:
        cell.x -= left
    return max(cell.x + cell.width / 2 for cell in cells)


def _wish(cell: Cell) -> float:
    """Where a cell would stand by its neighbours alone; lines want to go on straight more than boxes do."""
    near = [(other.x + other.line, _stiffness(cell, other)) for other in (*cell.above, *cell.below)]
    weight = sum(stiffness for _, stiffness in near)
    return sum(x * stiffness for x, stiffness in near) / weight - cell.line if near else cell.x


def _stiffness(cell: Cell, other: Cell) -> float:
    return 6.0 if "@" in cell.key and "@" in other.key else 1.0


def _apart(wished: Sequence[float], rank: Sequence[Cell]) -> list[float]:
    """The places nearest to those wished (least squares) that keep cells in order and apart: pooling of
    adjacent violators."""
    offsets = list(_offsets(rank))
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wished, offsets, strict=True):
        total, count = wish - offset, 1
        while pools and pools[-1][0] / pools[-1][1] > total / count:
            before = pools.pop()
            total, count = total + before[0], count + before[1]
        pools.append((total, count))
    places = [total / count for total, count in pools for _ in range(count)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def _offsets(rank: Sequence[Cell]) -> Iterator[float]:
    at = 0.0
    for before, cell in zip((None, *rank), rank, strict=False):
        at += (before.width + cell.width) / 2 + GAP if before else 0.0
        yield at
