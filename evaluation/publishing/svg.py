"""From matplotlib to SVG that stands in a page: its colours are the style sheet's, its text stays text, its ids are its own.

Names are drawn as they are: no TeX in them is read, and their direction changes nothing around them.
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evaluation.publishing.pages import NO_TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Stand for a colour of the style sheet while matplotlib draws; nobody would choose them.
INK, QUIET, LINE, SHADE, ALARM = "#010101", "#010201", "#010301", "#010401", "#010501"
SERIES = ("#020101", "#020201", "#020301", "#020401")
VARIABLES: Mapping[str, str] = {
    INK: "var(--ink)",
    QUIET: "var(--quiet)",
    LINE: "var(--line)",
    SHADE: "var(--shade)",
    ALARM: "var(--alarm)",
} | {color: f"var(--series-{place})" for place, color in enumerate(SERIES, start=1)}
COLOR = re.compile("|".join(VARIABLES))
REFERENCE = re.compile(r"url\(#([^)]+)\)")
FONT = re.compile(r"font: ([^;']*?px)[^;]*")
FONT_FAMILY = "system-ui, 'Liberation Sans', Arial, sans-serif"
# One unit of an SVG is a 72nd of matplotlib's inch; text of 12 is 12 px where the picture is shown at its own size.
UNITS_PER_INCH = 72
WIDTH = 640
TEXT_SIZE = 12
# So many letters of a name have room beside a picture; the table under it has all of them.
LONGEST_NAME = 26
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
# Drawn in the figure's words: one salt for all, so that the same picture has the same ids.
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "preuve",
    "font.size": TEXT_SIZE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": INK,
    "xtick.labelcolor": INK,
    "text.parse_math": False,
    "hatch.linewidth": 1.0,
}


def name_in_picture(name: str) -> str:
    """A name as a picture has room for it, isolated."""
    clean = NO_TEXT.sub("\ufffd", name).replace("\n", " ").replace("\t", " ")
    short = clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"
    return f"{ISOLATE}{short}{END_ISOLATE}"


@contextmanager
def canvas(height: float, left: float = 0.0, right: float = 0.0, bottom: float = 44.0, top: float = 10.0) -> Iterator[Axes]:
    """Axes of a new picture, with so much room around them; all in units of the SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH / UNITS_PER_INCH, height / UNITS_PER_INCH), dpi=UNITS_PER_INCH)
        yield figure.add_axes((left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, (height - bottom - top) / height))


def name_rows(axes: Axes, names: Sequence[str], size: float = TEXT_SIZE) -> None:
    """Name the rows of a picture of bars, of which the first is at 0 and the next ones below."""
    axes.set_ylim(-len(names) + 0.4, 0.6)
    axes.set_yticks([-place for place in range(len(names))], names, parse_math=False, fontsize=size)
    axes.tick_params(axis="y", length=0)


def as_svg(axes: Axes, name: str, title: str, description: str) -> str:
    """The picture as an element of a page, the same bytes for the same picture.

    Args:
        axes: drawn on; still within its `canvas`.
        name: that its ids begin with.
        title: what it shows.
        description: what is to be seen in it.
    """
    root = ET.fromstring(_drawn(axes))  # noqa: S314  # our own drawing
    _cleaned(root)
    _own_ids(root, name)
    for element in root.iter():
        if "style" in element.attrib:
            style = COLOR.sub(lambda found: VARIABLES[found[0]], element.attrib["style"])
            element.attrib["style"] = FONT.sub(rf"font: \1 {FONT_FAMILY}", style)
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = NO_TEXT.sub("\ufffd", text)
        root.insert(place, element)
    box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-desc", "class": "picture"}
    ET.register_namespace("", SVG)
    return ET.tostring(root, encoding="unicode")


def _drawn(axes: Axes) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    drawn = io.StringIO()
    with warnings.catch_warnings():
        # The font here lacks emoji and other alphabets; the reader's browser has its own fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        FigureCanvasSVG(axes.get_figure(root=True)).print_svg(drawn, metadata={"Date": None, "Creator": None})
    # What no XML can hold, and names may; matplotlib lets it through.
    return NO_TEXT.sub("\ufffd", drawn.getvalue())


def _cleaned(root: ET.Element) -> None:
    """Without metadata, without a style that would hold for the whole page, without the sheet of paper behind."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}:
                parent.remove(child)
    for element in root.iter():
        if f"{{{XLINK}}}href" in element.attrib:
            element.attrib["href"] = element.attrib.pop(f"{{{XLINK}}}href")
    for group in root.iter(f"{{{SVG}}}g"):
        if group.attrib.get("id") == "patch_1":
            for child in list(group):
                group.remove(child)


def _own_ids(root: ET.Element, name: str) -> None:
    """Ids that something refers to begin with the picture's name; the others go."""
    used = {reference for element in root.iter() for value in element.attrib.values() for reference in REFERENCE.findall(value)}
    used |= {element.attrib["href"][1:] for element in root.iter() if "href" in element.attrib}
    for element in root.iter():
        own = element.attrib.get("id")
        if own in used:
            element.attrib["id"] = f"{name}-{own}"
        elif own is not None:
            del element.attrib["id"]
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = f"#{name}-{value[1:]}"
            elif key != "id":
                element.attrib[key] = REFERENCE.sub(rf"url(#{name}-\1)", value)
