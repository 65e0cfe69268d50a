"""Tables for notebooks: read on any theme, by any reader, in the language that was asked for; nothing in them is obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import nan

import pytest

from evaluation.html_table import Cell, Energy, HtmlTable, Lines, listing, paragraph, picture, written
from evaluation.messages import Decimals, Message, Recorded, say
from evaluation.publishing.language import Language
from tests.results import HOSTILE
from tests.shown import ENGLISH, parsed, rows_of, speaking, text_of

FRENCH = Language("fr")
EVIL = "<img src=x onerror=alert(1)>&\"'"


@pytest.fixture(autouse=True)
def speaking_english() -> Iterator[None]:
    """Unless a test says otherwise."""
    with speaking(ENGLISH):
        yield


class Showing:
    """Shows a table as objects do."""

    def __init__(self, table: HtmlTable) -> None:
        self.table = table

    def _repr_html_(self) -> str:
        return self.table.html


def shown(*rows: list[Cell], **changes: frozenset[int]) -> HtmlTable:
    return HtmlTable(say("Runs of {name}", name="x"), rows, [say("candidate"), "macro_f1"], **changes)


def test_a_table_says_what_each_cell_belongs_to() -> None:
    table = parsed(Showing(shown(["keywords", Decimals(0.61249, 3)])))[0]
    assert [element.tag for element in table] == ["caption", "thead", "tbody"]
    assert rows_of(table) == [["Candidate", "macro_f1"], ["keywords", "0.612"]]
    assert [cell.get("scope") for cell in table.iter("th")] == ["col", "col", "row"]


def test_a_list_of_facts_has_names_of_rows_alone() -> None:
    table = parsed(Showing(HtmlTable("x", [[say("status"), say("finished")]])))[0]
    assert [element.tag for element in table] == ["caption", "tbody"]
    assert rows_of(table) == [["Status", "finished"]]
    assert [cell.get("scope") for cell in table.iter("th")] == ["row"]


def test_figures_are_on_the_right_with_their_headings_and_never_broken() -> None:
    table = parsed(Showing(shown(["a", 1.0], numeric=frozenset({1}))))[0]
    styles = [[cell.get("style", "") for cell in row] for row in table.iter("tr")]
    assert [["text-align:right" in style for style in row] for row in styles] == [[False, True], [False, True]]
    assert ["white-space:nowrap" in style for style in styles[1]] == [False, True]


def test_a_row_with_too_few_cells_goes_on_to_the_end() -> None:
    table = HtmlTable(
        "x", [["a", 1, 2, 3], ["b", say("no network")], ["c", 1, say("no network")]], list("wxyz"), frozenset({1, 2, 3})
    )
    rows = list(parsed(Showing(table)).iter("tr"))
    assert [[cell.get("colspan") for cell in row] for row in rows[1:]] == [[None] * 4, [None, "3"], [None, None, "2"]]
    assert ["text-align:left" in row[-1].get("style", "") for row in rows[1:]] == [False, True, True]


def test_colours_are_those_of_the_page_around_it() -> None:
    html = shown(["a", 1.0]).html
    colors = set(re.findall(r"(?:background|color)[\w-]*:([^;\"]*)", html))
    assert colors == {"inherit", "color-mix(in srgb, currentColor 35%, transparent)"}
    assert "<style" not in html
    assert "class=" not in html


@pytest.mark.parametrize("cell", [EVIL, Recorded(EVIL), say("of {name}", name=EVIL), Lines([EVIL]), HOSTILE])
def test_what_somebody_else_wrote_is_text(cell: Cell) -> None:
    html = written(cell)
    assert "<img" not in html
    assert not re.search("<(?!/?bdi>)", html)


def test_hostile_captions_and_headings_are_text_too() -> None:
    html = HtmlTable(EVIL, [[EVIL, EVIL]], [EVIL, EVIL]).html + paragraph(say("{a}", a=EVIL)) + listing([say("{a}", a=EVIL)])
    assert "<img" not in html
    assert html.count("&lt;img") == 7


def test_a_name_is_isolated_from_what_is_around_it() -> None:
    assert written("a\u202eb") == "<bdi>a\u202eb</bdi>"


@pytest.mark.parametrize(
    ("cell", "english", "french"),
    [
        (Energy(0.00036), "360\u202fµWh", "360\u202fµWh"),
        (Energy(5780.0), "5.78\u202fkWh", "5,78\u202fkWh"),
        (Energy(0.0), "0\u202fWh", "0\u202fWh"),
        (Decimals(0.61249, 3), "0.612", "0,612"),
        (1234, "1 234", "1\u202f234"),
        (0.0369, "0.0369", "0,0369"),
        (nan, "–", "–"),
        (None, "–", "–"),
        (say("failed"), "failed", "en échec"),
        (Recorded("run again"), "run again", "recommencer"),
        (Recorded("what nobody translated"), "what nobody translated", "what nobody translated"),
        (Lines([say("failed"), None, "", Recorded("run again")]), "failed<br>run again", "en échec<br>recommencer"),
    ],
)
def test_cells_are_written_as_the_language_has_them(cell: Cell, english: str, french: str) -> None:
    assert written(cell) == english
    with speaking(FRENCH):
        assert written(cell) == french
    assert written(cell) == english


@pytest.mark.parametrize(
    ("heading", "begins"),
    [(say("status"), "Status"), (say("{unit} per year", unit="mWh"), "mWh per year"), ("macro_f1", "macro_f1")],
)
def test_a_heading_has_a_capital_but_a_unit_and_a_name_stay(heading: Message | str, begins: str) -> None:
    table = parsed(Showing(HtmlTable("x", [["a", 1.0]], [heading, "b"])))
    assert text_of(next(table.iter("th"))) == begins


def test_a_listing_of_nothing_is_nothing() -> None:
    assert listing([], say("What was found:")) == ""
    assert listing([say("a"), say("b")], say("Both:")) == "<p>Both:</p><ul><li>a</li><li>b</li></ul>"


def test_a_picture_has_its_words_and_its_figures() -> None:
    html = picture("A <b>", "What is <seen>", '<svg role="img"><path style="stroke: var(--series-1)"/></svg>', shown(["a", 1.0]))
    assert '<svg role="img">' in html
    assert "A &lt;b&gt;</figcaption>" in html
    assert "<p>What is &lt;seen&gt;</p>" in html
    assert "<details><summary>Runs of x</summary><table" in html
