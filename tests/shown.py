"""What notebooks are shown, read back: the cells of tables as a reader has them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import evaluation.html_table
from evaluation.messages import CommandLine, Speech

# As tables speak until a notebook has them speak otherwise: whether a test before imported what notebooks call, must not matter.
ENGLISH = CommandLine()


def parsed(shown: Any, speech: Speech = ENGLISH) -> ET.Element:
    """What an object shows of itself in a language; it fails where that is not well formed."""
    with speaking(speech):
        html = shown._repr_html_()
    assert isinstance(html, str)
    return ET.fromstring(f"<div>{html}</div>".replace("<br>", "<br/>"))  # noqa: S314  # our own


def text_of(element: ET.Element) -> str:
    """Its text, the lines of a cell with ` / ` between them."""
    parts = [element.text or ""]
    for child in element:
        parts += [" / " if child.tag == "br" else text_of(child), child.tail or ""]
    return "".join(parts)


def rows_of(table: ET.Element) -> list[list[str]]:
    """The cells of a table, its headings among them."""
    return [[text_of(cell) for cell in row] for row in table.iter("tr")]


def tables_of(shown: Any, speech: Speech = ENGLISH) -> dict[str, list[list[str]]]:
    """The tables that an object shows, by their captions."""
    return {text_of(table[0]): rows_of(table) for table in parsed(shown, speech).iter("table")}


@contextmanager
def speaking(speech: Speech) -> Iterator[None]:
    """Tables in another language, for a while."""
    before = evaluation.html_table._SPOKEN.speech
    evaluation.html_table.speak(speech)
    try:
        yield
    finally:
        evaluation.html_table.speak(before)
