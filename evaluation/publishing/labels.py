"""Where the names of points go, so that none covers another, a mark, or a line. In units of the SVG, from the top left."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import NamedTuple

# Eight ways to go from a point: to the right first, where one reads on.
DIRECTIONS = tuple((cos(turn * pi / 4), sin(turn * pi / 4)) for turn in (0, 7, 1, 6, 2, 4, 5, 3))
DISTANCES = (9.0, 20.0, 34.0, 50.0, 70.0, 95.0, 125.0, 160.0)
# Beyond this a thin line leads from the name to its point.
NEAR = DISTANCES[0]
# What a square unit of another name under this one costs, of a mark, and of a line, in units of distance.
NAME_COST, MARK_COST, LINE_COST = 8.0, 3.0, 2.0
# Each name is placed anew once all others have their places.
PASSES = 3
# Mean widths of letters, in heights of the text, on the broad side: which font a reader's page has, nobody knows here.
NARROW_LETTERS, NARROW, BROAD, USUAL = frozenset("fijlrtI.,:;'|()[]! -\u00a0\u202f"), 0.37, 0.85, 0.62
# Between the baselines of two lines, in heights of the text.
LINE_SPACING = 1.25


def width_of(text: str, size: float) -> float:
    """About how wide a text of this size is."""
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in NARROW_LETTERS:
        return NARROW
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.1
    return BROAD if letter.isupper() or letter in "mwMW@%…—" else USUAL


def wrapped(text: str, room: float, size: float) -> list[str]:
    """A text in lines for which there is room; a word that has none stands alone.

    >>> wrapped("share of the facts found", 80, 12)
    ['share of the', 'facts found']
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


class Box(NamedTuple):
    """A rectangle; lines are thin ones."""

    left: float
    top: float
    right: float
    bottom: float

    def common(self, other: Box) -> float:
        """How many square units two have in common."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0.0

    def grown(self, by: float) -> Box:
        """The same with so much room around it."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)


class Spot(NamedTuple):
    """A point that has a name.

    Attributes:
        x, y: of the point.
        width, height: of the name.
    """

    x: float
    y: float
    width: float
    height: float

    @property
    def mark(self) -> Box:
        """What the point's mark covers."""
        return Box(self.x, self.y, self.x, self.y).grown(6)


class Placed(NamedTuple):
    """Where a name stands.

    Attributes:
        box: that it fills.
        leader: from its edge to the point; none where it stands beside the point.
    """

    box: Box
    leader: tuple[tuple[float, float], tuple[float, float]] | None


@dataclass(frozen=True)
class _Way:
    box: Box
    distance: float


def placed(spots: Sequence[Spot], lines: Sequence[Box], within: Box) -> list[Placed]:
    """A place for each name.

    Args:
        spots: points with names, those that matter most first.
        lines: what is drawn already.
        within: which no name may leave.
    """
    marks = [spot.mark for spot in spots]
    chosen: dict[int, _Way] = {}
    for _ in range(PASSES):
        for number, spot in enumerate(spots):
            others = [way.box for place, way in chosen.items() if place != number]
            chosen[number] = min(_ways(spot, within), key=lambda way, others=others: _cost(way, others, marks, lines))  # type: ignore[misc]
    return [Placed(chosen[number].box, _leader(spot, chosen[number])) for number, spot in enumerate(spots)]


def _ways(spot: Spot, within: Box) -> Iterator[_Way]:
    found = False
    for distance in DISTANCES:
        for across, down in DIRECTIONS:
            left = spot.x + distance * across - spot.width * (0.5 - across / 2)
            top = spot.y + distance * down - spot.height * (0.5 - down / 2)
            box = Box(left, top, left + spot.width, top + spot.height)
            if box.left >= within.left and box.top >= within.top and box.right <= within.right and box.bottom <= within.bottom:
                found = True
                yield _Way(box, distance)
    if not found:
        left = min(max(spot.x, within.left), max(within.left, within.right - spot.width))
        yield _Way(Box(left, spot.y, left + spot.width, spot.y + spot.height), 0.0)


def _cost(way: _Way, others: Sequence[Box], marks: Sequence[Box], lines: Sequence[Box]) -> float:
    roomy = way.box.grown(1)
    covered = NAME_COST * sum(roomy.common(each) for each in others)
    covered += MARK_COST * sum(roomy.common(each) for each in marks)
    covered += LINE_COST * sum(roomy.common(each.grown(1.5)) for each in lines)
    return covered + way.distance


def _leader(spot: Spot, way: _Way) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """From the nearest point of a name to the edge of the mark."""
    if way.distance <= NEAR:
        return None
    x = min(max(spot.x, way.box.left), way.box.right)
    y = min(max(spot.y, way.box.top), way.box.bottom)
    far = hypot(x - spot.x, y - spot.y) or 1.0
    return (x, y), (spot.x + (x - spot.x) * 6 / far, spot.y + (y - spot.y) * 6 / far)
