"""Where everything of the roadmap's picture lies, in pixels: pure functions over a Roadmap. Draws nothing.

Modules are boxes that hold their topics, by depth. They are read as a page is: down a column, on to the next one at its
right, then the band below; what is needed lies before what needs it wherever the modules' graph allows that.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracker.graph import in_order
from tracker.roadmap import Roadmap

WIDE, HIGH = 200.0, 50.0  # a topic: three lines of 12 pixels
GAP_X, GAP_Y = 18.0, 30.0  # between topics; edges turn in the rows' gaps
PAD, HEAD = 18.0, 72.0  # inside a module, and its title
GUTTER_X, GUTTER_Y = 70.0, 64.0  # between modules
MARGIN = 40.0
SCREEN = (1600.0, 1000.0)  # what the whole picture should fit well
_SWEEPS = 3  # more change nothing on the shipped roadmap
_SEARCHED = 30  # modules: with more, trying each at each place takes longer than a reader gains
_SHAPES = 4  # of the picture that are tried with modules moved
STRAY = 3000.0  # pixels of edges that must be saved to move a module by one place from its place in the file
_BANDS = 40  # at most; a picture of 1,000 modules has some 30
_TALL = (1.0, 1.25, 1.5)  # times the highest module: how high a column of modules may be

Size = tuple[float, float]  # width and height
Cost = tuple[int, float]  # edges that lead back, then the length of all
Cell = tuple[int, int]  # a topic's row and column in its module


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Group:
    """A module's box. `topics` are ids, row by row."""

    module: str
    topics: tuple[str, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class Edge:
    """From what is needed to what needs it; `path` is SVG's. `inside`: both lie in one module."""

    need: str
    topic: str
    path: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Layout:
    width: float
    height: float
    topics: Mapping[str, Box]
    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]


def of(roadmap: Roadmap) -> Layout:
    """The whole picture; the same for the same roadmap, always. A topic of two modules lies in the first."""
    members = _members(roadmap)
    cells = {module: _cells(roadmap, topics) for module, topics in members.items()}
    sizes = {module: _size(cells[module]) for module in members}
    boxes = _placed(roadmap, members, sizes)
    for _ in range(_SWEEPS):
        topics = _topic_boxes(boxes, cells)
        cells = {module: _nearer(roadmap, cells[module], topics) for module in members}
    topics = _topic_boxes(boxes, cells)
    groups = tuple(
        Group(module, tuple(sorted(cells[module], key=cells[module].__getitem__)), boxes[module]) for module in members
    )
    width = max((box.x + box.width for box in boxes.values()), default=0) + MARGIN
    height = max((box.y + box.height for box in boxes.values()), default=0) + MARGIN
    return Layout(
        width,
        height,
        {name: topics[name] for name in roadmap.topics if name in topics},
        groups,
        _edges(roadmap, topics, members),
    )


def _members(roadmap: Roadmap) -> dict[str, list[str]]:
    """Each module that has topics, with them."""
    seen: set[str] = set()
    found: dict[str, list[str]] = {}
    for module in roadmap.modules:
        topics = [name for name in module.topics if name not in seen]
        seen.update(topics)
        if topics:
            found.setdefault(module.id, []).extend(topics)
    return found


# --- inside a module ---


def _cells(roadmap: Roadmap, topics: Sequence[str]) -> dict[str, Cell]:
    """Topics in rows by their depth in the module, each near the column of what it needs."""
    columns = math.ceil(math.sqrt(len(topics)))
    cells: dict[str, Cell] = {}
    row = 0
    for level in _levels(roadmap, topics):
        wanted = {
            name: _mean([cells[need][1] for need in roadmap.topics[name].needs if need in cells]) for name in level
        }
        for start in range(0, len(level), columns):
            part = level[start : start + columns]
            cells.update((name, (row, column)) for name, column in _columns(part, wanted, columns).items())
            row += 1
    return cells


def _levels(roadmap: Roadmap, topics: Sequence[str]) -> list[list[str]]:
    """Topics by the longest way to them from a topic of the module that needs none of it."""
    inside = set(topics)
    depth: dict[str, int] = {}
    for name in in_order(roadmap, topics):
        depth[name] = 1 + max((depth[need] for need in roadmap.topics[name].needs if need in inside), default=-1)
    levels: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in topics:
        levels[depth[name]].append(name)
    return levels


def _columns(row: Sequence[str], wanted: Mapping[str, float | None], columns: int) -> dict[str, int]:
    """A column for each of a row, in the order of what they want and as near to it as the others allow."""
    place = {name: number for number, name in enumerate(row)}
    want = {name: number if wanted[name] is None else wanted[name] or 0.0 for name, number in place.items()}
    ordered = sorted(row, key=lambda name: (want[name], place[name]))
    found: dict[str, int] = {}
    free = 0
    for left, name in zip(range(len(ordered) - 1, -1, -1), ordered, strict=True):
        found[name] = min(max(free, round(want[name])), columns - 1 - left)
        free = found[name] + 1
    return found


def _nearer(roadmap: Roadmap, cells: Mapping[str, Cell], topics: Mapping[str, Box]) -> dict[str, Cell]:
    """The rows of one module with each topic drawn to the middle of all that it needs and that needs it here or before."""
    rows: dict[int, list[str]] = defaultdict(list)
    for name in sorted(cells, key=cells.__getitem__):
        rows[cells[name][0]].append(name)
    columns = 1 + max(column for _, column in cells.values())
    left = min(topics[name].x - column * (WIDE + GAP_X) for name, (_, column) in cells.items())
    found: dict[str, Cell] = {}
    for row, names in rows.items():
        wanted = {name: _mean(_pulls(roadmap, name, cells, topics, left)) for name in names}
        found.update((name, (row, column)) for name, column in _columns(names, wanted, columns).items())
    return found


def _pulls(
    roadmap: Roadmap, name: str, cells: Mapping[str, Cell], topics: Mapping[str, Box], left: float
) -> list[float]:
    """Columns in which its needs lie, those of its own module counted thrice."""
    needs = [need for need in roadmap.topics[name].needs if need in topics]
    at = [(topics[need].x - left) / (WIDE + GAP_X) for need in needs for _ in range(3 if need in cells else 1)]
    return [*at, float(cells[name][1])]


def _size(cells: Mapping[str, Cell]) -> Size:
    rows = 1 + max(row for row, _ in cells.values())
    columns = 1 + max(column for _, column in cells.values())
    return (
        2 * PAD + columns * (WIDE + GAP_X) - GAP_X,
        HEAD + PAD + rows * (HIGH + GAP_Y) - GAP_Y,
    )


def _topic_boxes(boxes: Mapping[str, Box], cells: Mapping[str, Mapping[str, Cell]]) -> dict[str, Box]:
    return {
        name: Box(
            boxes[module].x + PAD + column * (WIDE + GAP_X), boxes[module].y + HEAD + row * (HIGH + GAP_Y), WIDE, HIGH
        )
        for module, inside in cells.items()
        for name, (row, column) in inside.items()
    }


# --- the modules ---


def _placed(roadmap: Roadmap, members: Mapping[str, Sequence[str]], sizes: Mapping[str, Size]) -> dict[str, Box]:
    """A box for each module: an order, cut into columns and bands so that the whole is as large as possible on a screen."""
    weights = _weights(roadmap, members)
    sequence = _sequence(list(members), weights)
    found = [_shorter(sequence, sizes, weights, shape) for shape in _shapes(sequence, sizes)]
    return min(found, key=lambda one: one[0], default=((0, 0.0), {}))[1]


def _shapes(sequence: Sequence[str], sizes: Mapping[str, Size]) -> list[Size]:
    """The widths of bands and heights of columns with which the whole can be shown largest, best first."""
    high = max((size[1] for size in sizes.values()), default=0.0)
    wide = max((size[0] for size in sizes.values()), default=0.0)
    length = sum(size[0] + GUTTER_X for size in sizes.values())
    shapes = [
        (max(wide, length / bands), high * tall) for bands in range(1, min(len(sequence), _BANDS) + 1) for tall in _TALL
    ]
    return sorted(shapes, key=lambda shape: -_scale(_packed(sequence, sizes, shape)))[:_SHAPES]


def _weights(roadmap: Roadmap, members: Mapping[str, Sequence[str]]) -> Counter[tuple[str, str]]:
    """How many edges go from one module to another one."""
    home = {name: module for module, topics in members.items() for name in topics}
    return Counter(
        (home[need], home[topic.id])
        for topic in roadmap.topics.values()
        for need in topic.needs
        if need in home and topic.id in home and home[need] != home[topic.id]
    )


def _sequence(modules: Sequence[str], weights: Mapping[tuple[str, str], int]) -> list[str]:
    """Modules, each after what it needs; in a cycle the one first that lacks the fewest edges. Else the file's order."""
    lacks = Counter(dict.fromkeys(modules, 0))
    after: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for (need, module), count in weights.items():
        lacks[module] += count
        after[need].append((module, count))
    left = dict.fromkeys(modules)
    found = []
    while left:
        first = min(left, key=lacks.__getitem__)  # of equals the first
        del left[first]
        found.append(first)
        for module, count in after[first]:
            lacks[module] -= count
    return found


def _packed(sequence: Sequence[str], sizes: Mapping[str, Size], shape: Size) -> dict[str, Box]:
    """Boxes in columns of at most the shape's height, columns in bands of at most its width; both hold at least one module."""
    (width, height), found = shape, dict[str, Box]()
    top, x, y, column, bottom = MARGIN, MARGIN, MARGIN, 0.0, 0.0
    for module in sequence:
        wide, high = sizes[module]
        if found and y + high > top + height:
            x, y, column = x + column + GUTTER_X, top, 0.0
        if found and x > MARGIN and x + wide > MARGIN + width:
            top = bottom + GUTTER_Y
            x, y, column = MARGIN, top, 0.0
        found[module] = Box(x, y, wide, high)
        y, column, bottom = y + high + GUTTER_Y, max(column, wide), max(bottom, y + high)
    return found


def _scale(boxes: Mapping[str, Box]) -> float:
    """How large the picture can be shown on a screen."""
    width = max(box.x + box.width for box in boxes.values())
    height = max(box.y + box.height for box in boxes.values())
    return min(SCREEN[0] / width, SCREEN[1] / height)


def _shorter(
    sequence: list[str], sizes: Mapping[str, Size], weights: Mapping[tuple[str, str], int], shape: Size
) -> tuple[Cost, dict[str, Box]]:
    """The boxes of the sequence with modules moved while that makes edges shorter and turns none of them back."""
    best, boxes = sequence, _packed(sequence, sizes, shape)
    first = {module: number for number, module in enumerate(sizes)}  # in the file
    cost = _turned(sequence, weights), math.inf
    count = len(sequence) if len(sequence) <= _SEARCHED else 0
    for a, b in [(a, b) for _ in range(_SWEEPS) for a in range(count) for b in range(count)]:
        tried = best.copy()
        tried.insert(b, tried.pop(a))
        if (turned := _turned(tried, weights)) > cost[0]:
            continue
        packed = _packed(tried, sizes, shape)
        strayed = STRAY * sum(abs(number - first[module]) for number, module in enumerate(tried))
        if (tried_cost := (turned, _length(packed, weights) + strayed)) < cost:
            best, boxes, cost = tried, packed, tried_cost
    return cost, boxes


def _turned(sequence: Sequence[str], weights: Mapping[tuple[str, str], int]) -> int:
    """How many edges lead back in the sequence."""
    place = {module: number for number, module in enumerate(sequence)}
    return sum(count for (need, module), count in weights.items() if place[need] > place[module])


def _length(boxes: Mapping[str, Box], weights: Mapping[tuple[str, str], int]) -> float:
    """The length of all edges between modules; a picture that must be shown smaller counts as longer."""
    middles = {module: box.middle for module, box in boxes.items()}
    return sum(count * math.dist(middles[a], middles[b]) for (a, b), count in weights.items()) / _scale(boxes)


# --- edges ---


def _edges(roadmap: Roadmap, topics: Mapping[str, Box], members: Mapping[str, Sequence[str]]) -> tuple[Edge, ...]:
    home = {name: module for module, inside in members.items() for name in inside}
    pairs = [
        (need, topic.id)
        for topic in roadmap.topics.values()
        for need in topic.needs
        if topic.id in topics and need in topics
    ]
    starts, ends = _ports(pairs, topics)
    return tuple(
        Edge(
            need,
            name,
            _curve(topics[need], topics[name], starts[need, name], ends[need, name]),
            home[need] == home[name],
        )
        for need, name in pairs
    )


def _ports(
    pairs: Sequence[tuple[str, str]], topics: Mapping[str, Box]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Where on a box's side each edge leaves and ends, 0 to 1, so that edges of one side do not cross at once."""
    starts: dict[tuple[str, str], float] = {}
    ends: dict[tuple[str, str], float] = {}
    for port, own, other in ((starts, 0, 1), (ends, 1, 0)):
        sides: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for pair in pairs:
            sides[pair[own], _way(topics[pair[0]], topics[pair[1]])].append(pair)
        for (_, way), side in sides.items():
            axis = 1 if way in ("right", "left") else 0
            side.sort(key=lambda pair, axis=axis, other=other: topics[pair[other]].middle[axis])  # type: ignore[misc]
            port.update((pair, (number + 1) / (len(side) + 1)) for number, pair in enumerate(side))
    return starts, ends


def _way(start: Box, end: Box) -> str:
    """By which side an edge leaves: down where it can, else to the side, else up."""
    if end.y > start.y + start.height:
        return "down"
    if end.x > start.x + start.width:
        return "right"
    return "left" if end.x + end.width < start.x else "up"


def _curve(start: Box, end: Box, leaves: float, arrives: float) -> str:
    """A smooth line from one box's side to the facing side of the other, a little short of it for the arrow's head."""
    way = _way(start, end)
    if way in ("down", "up"):
        sign = 1 if way == "down" else -1
        x1, y1 = start.x + start.width * (0.1 + 0.8 * leaves), start.y + (start.height if way == "down" else 0)
        x2, y2 = end.x + end.width * (0.1 + 0.8 * arrives), end.y + (0 if way == "down" else end.height)
        bend = sign * max(14.0, abs(y2 - y1) * 0.5)
        return _path(x1, y1, x1, y1 + bend, x2, y2 - bend, x2, y2 - sign * 2)
    sign = 1 if way == "right" else -1
    x1, y1 = start.x + (start.width if way == "right" else 0), start.y + start.height * (0.15 + 0.7 * leaves)
    x2, y2 = end.x + (0 if way == "right" else end.width), end.y + end.height * (0.15 + 0.7 * arrives)
    bend = sign * max(9.0, abs(x2 - x1) * 0.5)
    return _path(x1, y1, x1 + bend, y1, x2 - bend, y2, x2 - sign * 2, y2)


def _path(*numbers: float) -> str:
    x1, y1, *rest = (f"{number:.1f}".removesuffix(".0") for number in numbers)
    return f"M{x1} {y1}C{' '.join(rest)}"


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None
