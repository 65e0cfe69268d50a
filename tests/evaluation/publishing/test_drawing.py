"""A picture shows itself in a notebook: in colours of any theme, with what is to be seen in words, and its figures."""

from __future__ import annotations

import re

import pytest

from evaluation.html_table import PICTURE_COLORS
from evaluation.publishing.drawing import Picture
from evaluation.publishing.language import Language
from evaluation.publishing.pages import Table
from evaluation.publishing.svg import VARIABLES
from tests.shown import parsed, rows_of, text_of

# Contrast of what is drawn to what is around it (WCAG 1.4.11); JupyterLab's dark theme has #111 behind.
LEAST_CONTRAST = 3.0
TABLE = Table("Quality <against> energy", ["candidate", "energy"], [["linear", "1.00"], ["<b>", "2.00"]], frozenset({1}))
PICTURE = Picture("front", "Quality <b>", "Least energy: <i>.", '<svg role="img"><title>x</title></svg>', TABLE)


def test_a_picture_has_its_title_its_drawing_what_is_seen_and_its_figures() -> None:
    figure = parsed(PICTURE)[0]
    assert [child.tag for child in figure] == ["figcaption", "svg", "p", "details"]
    assert text_of(figure[0]) == "Quality <b>"
    assert text_of(figure[2]) == "Least energy: <i>."
    assert text_of(figure[3][0]) == "Quality <against> energy"
    assert rows_of(figure[3][1]) == [["candidate", "energy"], ["linear", "1.00"], ["<b>", "2.00"]]


def test_each_colour_of_a_drawing_is_given() -> None:
    assert {f"var(--{name})" for name in PICTURE_COLORS} == set(VARIABLES.values())
    given = dict(re.findall(r"--([\w-]+):([^;\"]+)", parsed(PICTURE)[0].get("style", "")))
    assert given == dict(PICTURE_COLORS)


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("behind", ["#ffffff", "#111111"])
@pytest.mark.parametrize("name", [name for name, color in PICTURE_COLORS.items() if color.startswith("#")])
def test_what_is_drawn_stands_out_on_light_and_dark(name: str, behind: str) -> None:
    low, high = sorted((luminance(PICTURE_COLORS[name]), luminance(behind)))
    assert (high + 0.05) / (low + 0.05) >= LEAST_CONTRAST


def test_a_picture_of_a_report_is_one_of_a_notebook() -> None:
    from evaluation.publishing.charts import quality_against_energy
    from tests.results import KEYWORDS, LINEAR, assessed, compared

    drawn = quality_against_energy(assessed(compared(KEYWORDS, LINEAR)), Language("en"))
    assert drawn
    figure = parsed(drawn)[0]
    assert [row[0] for row in rows_of(figure[3][1])][1:] == ["keywords", "tfidf-linearsvc"]
