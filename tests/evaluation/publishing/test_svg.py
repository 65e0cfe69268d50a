"""Drawings become elements of a page: text stays text, colours are the page's, ids are the picture's own."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from evaluation.publishing.labels import USUAL, width_of
from evaluation.publishing.svg import (
    ALARM,
    LONGEST_NAME,
    NARROW_WIDTH,
    PAPER,
    SERIES,
    as_svg,
    canvas,
    isolated,
    name_in_picture,
    name_rows,
    named_part,
)
from tests.evaluation.publishing.drawn import SVG, parts, texts

HOSTILE = {
    "markup": "<script>alert('1')</script>",
    "the end of a title": '</title></svg>"><img src=x onerror=a>',
    "mathematics": "$x_2$ \\frac{1}{2}",
    "an override": "\u202egpj.exe",
    "Arabic": "مدينة",
    "emoji": "👩🏽‍💻🏳️‍🌈",
    "an entity": "&amp;&#60;",
    "control characters": "bell\x07\x1b[31m\x00",
    "half a character": "a\ud83d",
}


def drawing(name: str = "bars", label: str = "one", title: str = "Bars", described: str = "One bar.") -> str:
    with canvas(100, left=100) as axes:
        axes.barh(0, 1, color=SERIES[0], gid=named_part("bar", 0))
        axes.barh(0, 1, left=1, facecolor="none", edgecolor=ALARM, hatch="//")
        axes.plot([1], [0], marker="o", markerfacecolor=PAPER)
        name_rows(axes, [label])
        return as_svg(axes, name, title, described)


def tree(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own


def test_it_is_named_and_described_for_who_cannot_see_it() -> None:
    root = tree(drawing(title="What & why", described="So <it> is."))
    title, description = list(root)[:2]
    assert (title.tag, title.text) == (f"{SVG}title", "What & why")
    assert (description.tag, description.text) == (f"{SVG}desc", "So <it> is.")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_it_grows_with_its_page_and_says_whether_it_is_a_narrow_one() -> None:
    root = tree(drawing())
    assert root.get("viewBox") == "0 0 640 100"
    assert root.get("width") is root.get("height") is None
    assert root.get("class") == "picture"
    with canvas(100, width=NARROW_WIDTH) as axes:
        narrow = tree(as_svg(axes, "narrow", "", ""))
    assert narrow.get("viewBox") == f"0 0 {NARROW_WIDTH} 100"
    assert narrow.get("class") == "picture narrow"


def test_its_colours_and_its_letters_are_the_page_s() -> None:
    svg = drawing()
    assert "var(--series-1)" in svg
    assert "var(--alarm)" in svg
    assert "var(--paper)" in svg
    # Of matplotlib's own only the plainest are left, and no placeholder.
    assert set(re.findall(r"#[0-9a-f]{6}\b", svg)) <= {"#000000", "#1f77b4", "#ffffff"}
    assert "font-family" not in svg
    assert "DejaVu" not in svg
    assert "<style" not in svg
    assert "font-size: 13px" in svg


def test_ids_are_those_that_something_refers_to_and_begin_with_its_name() -> None:
    one, other = drawing("one"), drawing("other")
    ids = re.findall(r' id="([^"]*)"', one)
    referred = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', one))
    assert len(ids) == len(set(ids))
    assert referred
    assert set(ids) == referred | {"one-title", "one-desc"}
    assert not set(ids) & set(re.findall(r' id="([^"]*)"', other))
    assert all(each.startswith("one-") for each in ids)


def test_parts_are_found_again_by_their_names() -> None:
    assert len(parts(tree(drawing()), "bar-0")) == 1


def test_the_same_drawing_has_the_same_bytes() -> None:
    assert drawing() == drawing()


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.filterwarnings("error")
def test_a_name_is_text_and_nothing_else(name: str) -> None:
    root = tree(drawing(label=name_in_picture(name), title=isolated(name), described=isolated(name)))
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "g", "defs", "path", "use", "text", "clipPath", "rect", "pattern"}
    written = re.sub("[\x00-\x08\x0b-\x1f\ud83d]", "\ufffd", name)
    first = next(root.iter(f"{SVG}title")).text or ""
    assert first.strip("\u2068\u2069") == written
    # In the picture it may be too wide: its beginning is there.
    assert any(text.strip("\u2068\u2069").startswith(written[:8]) for text in texts(root))


def test_words_are_no_mathematics_and_what_no_file_can_hold_is_replaced() -> None:
    with canvas(100, left=100) as axes:
        axes.set_xlabel("$x_2$")
        axes.set_ylabel("bell\x07\x1b")
        written = texts(tree(as_svg(axes, "words", "", "")))
    assert "$x_2$" in written
    assert "bell\ufffd\ufffd" in written


def test_a_name_that_turns_what_is_beside_it_is_isolated_and_cannot_end_that() -> None:
    assert isolated("plain (1)") == "plain (1)"
    for name in ("\u202eevil", "مدينة", "evil\u2067", "ev\u2069\u202eil", "\u2066a\u2069\u2069"):
        found = isolated(name)
        assert found[0] == "\u2068"
        assert found[-1] == "\u2069"
        assert not set(found[1:-1]) & set("\u2066\u2067\u2068\u2069")


def test_a_name_is_one_line() -> None:
    assert isolated("a\nb\tc") == "a b c"


def test_a_long_name_keeps_its_beginning_and_its_end_and_fits() -> None:
    found = name_in_picture("camembert-base-finetuned-on-the-requests-of-2026")
    beginning, end = found.split("…")
    assert "camembert-base-finetuned-on-the-requests-of-2026".startswith(beginning)
    assert "camembert-base-finetuned-on-the-requests-of-2026".endswith(end)
    assert len(beginning) > len(end) > 2
    for name in ("W" * 300, "n" * 300, "漢" * 300, "e\u0301" * 300, "\u202e" + "م" * 300):
        assert width_of(name_in_picture(name), 1) <= LONGEST_NAME * USUAL
        assert name_in_picture(name).count("\u2068") == name_in_picture(name).count("\u2069")


def test_a_name_that_fits_stays_whole() -> None:
    assert name_in_picture("tiny-transformer") == "tiny-transformer"
    assert name_in_picture("i" * 40) == "i" * 40


def test_what_was_cut_off_leaves_no_accent_behind() -> None:
    found = name_in_picture("a" * 100 + "e\u0301\u0301\u0301\u0301\u0301\u0301x", 12)
    assert found.split("…")[1] == "x"
