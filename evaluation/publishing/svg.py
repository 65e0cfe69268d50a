"""From matplotlib to SVG that stands in a page: its colours are the style sheet's, its text stays text, its ids are its own.

Names are drawn as they are: no TeX in them is read, and their direction changes nothing around them.
"""

from __future__ import annotations

import io
import re
import unicodedata
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from evaluation.publishing.labels import USUAL, width_of
from evaluation.publishing.pages import NO_TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
# Stand for a colour of the style sheet while matplotlib draws; nobody would choose them.
INK, QUIET, LINE, SHADE, ALARM, PAPER = "#010101", "#010201", "#010301", "#010401", "#010501", "#010601"
SERIES = ("#020101", "#020201", "#020301", "#020401")
VARIABLES: Mapping[str, str] = {
    INK: "var(--ink)",
    QUIET: "var(--quiet)",
    LINE: "var(--line)",
    SHADE: "var(--shade)",
    ALARM: "var(--alarm)",
    PAPER: "var(--paper)",
} | {color: f"var(--series-{place})" for place, color in enumerate(SERIES, start=1)}
COLOR = re.compile("|".join(VARIABLES))
# What an artist is called by its `gid` stays with it as `data-part`: by it one finds again what is drawn where.
PART = "part:"
REFERENCE = re.compile(r"url\(#([^)]+)\)")
# Which of the two ways of writing a font there is, depends on matplotlib's version.
FONT, FAMILY = re.compile(r"font: ([^;']*?px)[^;]*"), re.compile(r"font-family: [^;]*(; |$)")
# One unit of an SVG is a 72nd of matplotlib's inch; text of 12 is 12 px where the picture is shown at its own size.
UNITS_PER_INCH = 72
# On paper 170 mm, which makes 9 points of a text of 12; the narrow one is for half a sheet, where a text of 13 has 8 points.
WIDTH, NARROW_WIDTH = 640, 440
TEXT_SIZE, SMALL = 13, 12
# As wide as so many usual letters a name has room beside a picture; the table under it has all of them.
LONGEST_NAME = 26
ELLIPSIS = "…"
ISOLATE, END_ISOLATE, NO_LETTER = "\u2068", "\u2069", "\ufffd"
# Within a name they would end its isolation, or begin one that takes the end of the name's own.
ISOLATES = re.compile("[\u2066-\u2069]")
# What belongs to the letter before it, and must not begin a text.
MARKS_OF_LETTERS = frozenset({"Mn", "Me", "Mc", "Cf"})
# Directions of letters, and of marks, that turn the order of what stands beside them.
TURNING = frozenset({"R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"})
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


def isolated(name: str) -> str:
    r"""Somebody else's name among our words, in one line: it turns nothing around it, and cannot end its own isolation.

    >>> isolated("a\nb"), isolated("a\u202eb"), isolated("a\u2069\u202eb")
    ('a b', '\u2068a\u202eb\u2069', '\u2068a\ufffd\u202eb\u2069')
    """
    clean = NO_TEXT.sub(NO_LETTER, name.replace("\n", " ").replace("\t", " "))
    if not any(unicodedata.bidirectional(letter) in TURNING for letter in clean):
        return clean
    return f"{ISOLATE}{ISOLATES.sub(NO_LETTER, clean)}{END_ISOLATE}"


def name_in_picture(name: str, most: int = LONGEST_NAME) -> str:
    """A name, isolated, as wide as so many usual letters: its beginning and its end, for names of one family differ there.

    >>> name_in_picture("camembert-base-v2", 12)
    'camember…v2'
    """
    whole = isolated(name)
    room = most * USUAL
    if width_of(whole, 1) <= room:
        return whole
    cuts = (_cut(name, letters) for letters in range(min(most, len(name) - 1), 1, -1))
    return isolated(next((found for found in cuts if width_of(found, 1) <= room), ELLIPSIS))


def _cut(name: str, letters: int) -> str:
    """So many letters of a name, an ellipsis among them: three quarters from its beginning, the others from its end."""
    tail = name[len(name) - letters // 4 :] if letters >= 4 else ""
    while tail and unicodedata.category(tail[0]) in MARKS_OF_LETTERS:
        tail = tail[1:]
    return f"{name[: letters - 1 - letters // 4].rstrip()}{ELLIPSIS}{tail.lstrip()}"


@contextmanager
def canvas(
    height: float, left: float = 0.0, right: float = 0.0, bottom: float = 44.0, top: float = 10.0, width: float = WIDTH
) -> Iterator[Axes]:
    """Axes of a new picture, with so much room around them; all in units of the SVG."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width / UNITS_PER_INCH, height / UNITS_PER_INCH), dpi=UNITS_PER_INCH)
        yield figure.add_axes((left / width, bottom / height, (width - left - right) / width, (height - bottom - top) / height))


def named_part(name: str, number: int | None = None) -> str:
    """The `gid` of something drawn, one of several where they are numbered."""
    return f"{PART}{name}" if number is None else f"{PART}{name}-{number}"


def name_rows(axes: Axes, names: Sequence[str], size: float = TEXT_SIZE) -> None:
    """Name the rows of a picture of bars, of which the first is at 0 and the next ones below; a name may have several lines."""
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
            # The size alone: the page has a font of its own.
            element.attrib["style"] = FAMILY.sub("", FONT.sub(r"font-size: \1", style))
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ET.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = NO_TEXT.sub(NO_LETTER, text)
        root.insert(place, element)
    box = root.attrib["viewBox"]
    kind = "picture" if float(box.split()[2]) > NARROW_WIDTH else "picture narrow"
    root.attrib.clear()
    root.attrib |= {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-desc", "class": kind}
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
    return NO_TEXT.sub(NO_LETTER, drawn.getvalue())


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
    """Ids that something refers to begin with the picture's name; parts keep their names elsewhere; the other ids go."""
    used = {reference for element in root.iter() for value in element.attrib.values() for reference in REFERENCE.findall(value)}
    used |= {element.attrib["href"][1:] for element in root.iter() if "href" in element.attrib}
    for element in root.iter():
        own = element.attrib.get("id")
        if own in used:
            element.attrib["id"] = f"{name}-{own}"
        elif own is not None:
            del element.attrib["id"]
            if own.startswith(PART):
                element.attrib["data-part"] = own.removeprefix(PART)
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = f"#{name}-{value[1:]}"
            elif key != "id":
                element.attrib[key] = REFERENCE.sub(rf"url(#{name}-\1)", value)
