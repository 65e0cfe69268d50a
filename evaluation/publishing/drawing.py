"""What all pictures are drawn with: what a picture is, and places in units of its SVG, from the top left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.html_table import HtmlTable, picture
from evaluation.publishing.labels import LINE_SPACING, Box
from evaluation.publishing.pages import Table
from evaluation.publishing.svg import INK, PAPER, TEXT_SIZE, named_part

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Between the lines of two texts, and of two rows of bars, in units of the SVG.
LINE_HEIGHT = TEXT_SIZE * LINE_SPACING
ROW_HEIGHT = 26.0
# From the middle of a line down to its baseline, in heights of the text.
TO_BASELINE = 0.35
DOTTED, DASHED = (0, (1, 2)), (0, (4, 3))


@dataclass(frozen=True)
class Picture:
    """A picture of a page.

    Attributes:
        name: all its ids begin with it.
        title: what it shows.
        description: what is to be seen, for whoever cannot see it.
        svg: an element of the page.
        table: of its figures.
    """

    name: str
    title: str
    description: str
    svg: str
    table: Table

    def _repr_html_(self) -> str:
        """In a notebook: with its description, and its figures a click away."""
        table = self.table
        return picture(self.title, self.description, self.svg, HtmlTable(table.caption, table.rows, table.headings, table.numeric))


# Places in units of the SVG, from the top left


def height_of(axes: Axes) -> float:
    """How high the whole picture is."""
    figure = axes.get_figure(root=True)
    return float(figure.bbox.height) if figure else 0.0


def frame_of(axes: Axes) -> Box:
    """What the axes fill."""
    box, height = axes.bbox, height_of(axes)
    return Box(float(box.x0), height - float(box.y1), float(box.x1), height - float(box.y0))


def at(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Where values lie."""
    across, up = axes.transData.transform((x, y))
    return float(across), height_of(axes) - float(up)


def box_between(one: tuple[float, float], other: tuple[float, float]) -> Box:
    """The smallest box that holds two points."""
    return Box(min(one[0], other[0]), min(one[1], other[1]), max(one[0], other[0]), max(one[1], other[1]))


def write(axes: Axes, x: float, y: float, text: str, **look: str) -> None:
    """A line of text whose middle is at a height."""
    from matplotlib.transforms import IdentityTransform

    baseline = height_of(axes) - y - TEXT_SIZE * TO_BASELINE
    axes.text(x, baseline, text, transform=IdentityTransform(), fontsize=TEXT_SIZE, parse_math=False, **look)  # type: ignore[arg-type]


def trace(axes: Axes, points: Sequence[tuple[float, float]], **look: str | float) -> None:
    """A line, or a mark, at these places; it changes nothing of the axes' limits."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import IdentityTransform

    height = height_of(axes)
    xs, ys = [x for x, _ in points], [height - y for _, y in points]
    drawn = Line2D(xs, ys, transform=IdentityTransform(), clip_on=False, **look)  # type: ignore[arg-type]
    axes.add_artist(drawn)


def whisker(axes: Axes, ends: tuple[float, float], row: float, place: int) -> None:
    """An interval along a bar, in a seam of paper, so that it is seen on the bar too."""
    axes.plot(ends, [row, row], color=PAPER, linewidth=4.2, solid_capstyle="butt")
    axes.plot(ends, [row, row], color=INK, linewidth=1.6, solid_capstyle="butt", gid=named_part("interval", place))
