"""Tables for notebooks: HTML that is read on any theme, light or dark, for it has the colours of what is around it.

Whatever stands in a record is somebody else's text: it is escaped, and where it is alone in its cell, isolated, so that its
direction changes nothing around it.
What a table says is said in English, unless `speak` was given another language: this floor knows of none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from markupsafe import Markup, escape

from evaluation.messages import CommandLine, Figure, Message, Speech, Styled
from evaluation.numbers import UNKNOWN, energy_unit

# No style sheet of ours is there. Where a browser does not know `color-mix`, lines have the colour of the text.
LINE = "border:0 solid;border-color:color-mix(in srgb, currentColor 35%, transparent)"
TABLE = "border-collapse:collapse;margin:.5em 0;font-variant-numeric:tabular-nums"
CAPTION = "caption-side:top;text-align:left;color:inherit;font-weight:bold;padding:.3em 0"
CELL = f"vertical-align:top;padding:.3em .8em;{LINE}"
TEXT, NUMBER = "text-align:left;overflow-wrap:break-word", "text-align:right"
UNBROKEN = ";white-space:nowrap"
# Between a number and its unit: narrow, and lines are not broken there.
NARROW = "\u202f"
# What a picture's colours are called, and what they are on a page of any theme. The four of series stand out from white and from
# black alike (3 : 1 and more); paper is what is behind the picture: JupyterLab's or VS Code's, else the browser's own.
PICTURE_COLORS: Mapping[str, str] = {
    "paper": "var(--jp-layout-color0, var(--vscode-editor-background, Canvas))",
    "ink": "currentColor",
    "quiet": "currentColor",
    "line": "color-mix(in srgb, currentColor 40%, transparent)",
    "shade": "color-mix(in srgb, currentColor 12%, transparent)",
    "alarm": "#d9483b",
    "series-1": "#2f7fd6",
    "series-2": "#c8651b",
    "series-3": "#2e9467",
    "series-4": "#a468c8",
}
FIGURE = ";".join(["margin:.5em 0", "max-width:46rem", *(f"--{name}:{color}" for name, color in PICTURE_COLORS.items())])


@dataclass
class _Spoken:
    speech: Speech = field(default_factory=CommandLine)


_SPOKEN = _Spoken()


def speak(speech: Speech) -> None:
    """From now on, tables speak as this language does."""
    _SPOKEN.speech = speech


@dataclass(frozen=True)
class Energy(Styled):
    """A single energy, in the unit that suits it."""

    value_wh: float

    def written(self, speech: Speech) -> str:
        """With its unit."""
        unit, factor = energy_unit(abs(self.value_wh)) if self.value_wh else ("Wh", 1.0)
        return f"{speech.number(self.value_wh * factor)}{NARROW}{unit}"


@dataclass(frozen=True)
class Lines:
    """Several things of one cell, a line each; what is none or empty has no line."""

    parts: Sequence[Figure | None]


# A number is written in the language's way; none is an unknown.
Cell = Figure | Lines | None


@dataclass(frozen=True)
class HtmlTable:
    """A table; the first column names the rows.

    Attributes:
        caption: what it shows.
        rows: of cells; the last one of a row that has too few goes on to the end.
        headings: of the columns; none of a list of facts.
        numeric: columns of figures, by their places.
    """

    caption: Figure
    rows: Sequence[Sequence[Cell]]
    headings: Sequence[Cell] = ()
    numeric: frozenset[int] = frozenset()

    @property
    def html(self) -> Markup:
        """As an element of a page."""
        head = (Markup("<thead><tr>{}</tr></thead>").format(self._headings()),) if self.headings else ()
        body = Markup("<tbody>{}</tbody>").format(Markup("").join(map(self._row, self.rows)))
        caption = Markup('<caption style="{}">{}</caption>').format(CAPTION, written(self.caption))
        return Markup('<table style="{}">{}</table>').format(TABLE, Markup("").join([caption, *head, body]))

    def _headings(self) -> Markup:
        return Markup("").join(
            Markup('<th scope="col" style="{};border-bottom-width:2px">{}</th>').format(self._style(place), _capital(heading))
            for place, heading in enumerate(self.headings)
        )

    def _row(self, cells: Sequence[Cell]) -> Markup:
        first, *others = cells
        named = written(first) if self.headings else _capital(first)
        row = [Markup('<th scope="row" style="{};border-bottom-width:1px">{}</th>').format(self._style(0), named)]
        missing = len(self.headings) - len(cells)
        for place, cell in enumerate(others, start=1):
            goes_on = missing > 0 and place == len(others)
            style = f"{CELL};{TEXT}" if goes_on else f"{self._style(place)}{UNBROKEN if place in self.numeric else ''}"
            over = Markup(' colspan="{}"').format(missing + 1) if goes_on else ""
            row.append(Markup('<td{} style="{};border-bottom-width:1px">{}</td>').format(over, style, written(cell)))
        return Markup("<tr>{}</tr>").format(Markup("").join(row))

    def _style(self, place: int) -> str:
        return f"{CELL};{NUMBER if place in self.numeric else TEXT}"


def written(cell: Cell) -> Markup:
    """A cell's markup: words in the language, figures in its way, texts of others escaped and isolated."""
    if isinstance(cell, Lines):
        return Markup("<br>").join(written(part) for part in cell.parts if part is not None and part != "")
    if cell is None or (isinstance(cell, float) and not isfinite(cell)):
        return escape(UNKNOWN)
    if isinstance(cell, Markup):
        return cell
    return Markup("<bdi>{}</bdi>").format(cell) if isinstance(cell, str) else escape(_SPOKEN.speech.figure(cell))


def _capital(cell: Cell) -> Markup:
    """Words of ours with a capital; a name stays as it is, and so does a unit: MWh are not mWh."""
    found = written(cell)
    begins_with_words = isinstance(cell, Message) and not cell.template.startswith("{")
    return Markup(f"{found[:1].upper()}{found[1:]}") if begins_with_words else found  # noqa: S704  # it is escaped


def paragraph(words: Message) -> Markup:
    """Words by themselves."""
    return Markup("<p>{}</p>").format(written(words))


def listing(items: Sequence[Message], title: Message | None = None) -> Markup:
    """Several of them, a line each, below what they are; nothing where there is none."""
    if not items:
        return Markup("")
    lines = Markup("").join(Markup("<li>{}</li>").format(written(item)) for item in items)
    return (paragraph(title) if title else Markup("")) + Markup("<ul>{}</ul>").format(lines)


def picture(title: str, description: str, svg: str, table: HtmlTable) -> Markup:
    """A picture with what it shows and what is to be seen in it; its figures are a click away.

    Args:
        title: what it shows.
        description: what is to be seen, for whoever cannot see it.
        svg: an element of our own, whose colours are variables.
        table: of its figures.
    """
    return Markup(
        '<figure style="{}"><figcaption style="font-weight:bold;text-align:left">{}</figcaption>{}<p>{}</p>'
        "<details><summary>{}</summary>{}</details></figure>"
    ).format(FIGURE, title, Markup(svg), description, written(table.caption), table.html)  # noqa: S704  # our own drawing
