"""Pictures of answers: what is taken for what, how much of each text is found, and who is worst served."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from math import nan
from xml.etree import ElementTree as ET

import pytest

from evaluation.assessment import Assessment
from evaluation.goals import Goals
from evaluation.publishing.charts_of_answers import confusion, worst_slices
from evaluation.publishing.language import Language
from tests.evaluation.publishing.drawn import SVG, box, length, look, mark, parts, shown, texts, tree
from tests.records import make_campaign, make_data, make_goals, make_predictions, make_run
from tests.reports import assessed_labels
from tests.reports import texts as of_texts

ENGLISH, FRENCH = Language("en"), Language("fr")
# Right answers, and what was answered: `a` is taken for `b` twice, and `b` for `c` once.
EXPECTED = ["a"] * 8 + ["b"] * 8 + ["c"] * 4
ANSWERED = ["a"] * 6 + ["b"] * 2 + ["b"] * 7 + ["c"] + ["c"] * 4
WHERE = (["web"] * 6 + ["desk"] * 4) * 2
NAME = "linear"


def found_of(
    expected: Sequence[str] = EXPECTED,
    answered: Sequence[str] = ANSWERED,
    goals: Goals | None = None,
    slices: dict[str, tuple[str, ...]] | None = None,
) -> Assessment:
    """A candidate that answered so, beside a baseline that answers the first class throughout."""
    runs = [
        make_run("keywords", baseline=True, predictions=make_predictions(expected, [expected[0]] * len(expected))),
        make_run(NAME, predictions=make_predictions(expected, answered)),
    ]
    data = make_data("/somewhere/requests.csv", test_samples=len(expected), classes=len(set(expected)))
    campaign = make_campaign(*runs, data=data, slices={"channel": tuple(WHERE)} if slices is None else slices)
    return assessed_labels(campaign, goals or make_goals(quality={"metric": "macro_f1", "floor": 0.5}))


@cache
def found() -> Assessment:
    return found_of()


# What is taken for what


def test_circles_lie_where_row_and_column_meet_and_their_areas_are_numbers_of_answers() -> None:
    root = tree(confusion(found(), NAME, ENGLISH))
    # Rows are right answers, columns what was answered: a, b, c.
    places = {(row, column): mark(root, f"cell-{row}-{column}") for row, column in ((0, 0), (0, 1), (1, 1), (1, 2), (2, 2))}
    assert not [name for name in ("cell-1-0", "cell-2-0", "cell-2-1", "cell-0-2") if parts(root, name)]
    side = places[0, 1][0] - places[0, 0][0]
    assert side > 0
    assert [y for _, y in places.values()] == pytest.approx([places[0, 0][1] + side * row for row, _ in places], abs=0.01)
    assert [x for x, _ in places.values()] == pytest.approx([places[0, 0][0] + side * column for _, column in places], abs=0.01)
    widths = {name: width_of_mark(root, name) for name in ("cell-1-1", "cell-0-1", "cell-1-2")}
    assert widths["cell-0-1"] / widths["cell-1-2"] == pytest.approx(2**0.5, abs=0.01)
    assert widths["cell-1-1"] / widths["cell-1-2"] == pytest.approx(7**0.5, abs=0.01)


def width_of_mark(root: ET.Element, name: str) -> float:
    """How wide the shape of a mark is: it is drawn once for all marks of its kind, around nought."""
    (part,) = parts(root, name)
    (use,) = part.iter(f"{SVG}use")
    (shape,) = [path for path in root.iter(f"{SVG}path") if f"#{path.get('id')}" == use.get("href")]
    return 2 * max(float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", shape.get("d", "")))


def test_right_answers_are_hollow_and_wrong_ones_are_not() -> None:
    root = tree(confusion(found(), NAME, ENGLISH))
    assert "fill-opacity: 0" in look(root, "cell-0-0")
    assert "fill: var(--alarm)" in look(root, "cell-0-1")
    assert "fill-opacity" not in look(root, "cell-0-1")


def test_no_circle_is_cut_at_the_edge_of_the_matrix() -> None:
    for count in (2, 6, 25):
        names = [f"class {number:02}" for number in range(count)] * 2
        answered = [*names[:count], *names[1 : count + 1]]
        root = tree(confusion(found_of(names, answered, slices={}), NAME, ENGLISH))
        (frame,) = [rect for rect in root.iter(f"{SVG}rect") if rect.get("width")]
        left, top = float(frame.get("x", "")), float(frame.get("y", ""))
        right, bottom = left + float(frame.get("width", "")), top + float(frame.get("height", ""))
        for number in range(count):
            (x, y), half = mark(root, f"cell-{number}-{number}"), width_of_mark(root, f"cell-{number}-{number}") / 2
            assert left <= x - half < x + half <= right
            assert top <= y - half < y + half <= bottom


def test_the_table_and_the_description_have_the_pairs_confused_most_often_first() -> None:
    picture = shown(confusion(found(), NAME, ENGLISH))
    assert [list(row) for row in picture.table.rows] == [
        ["<bdi>a</bdi>", "<bdi>b</bdi>", "2", "8"],
        ["<bdi>b</bdi>", "<bdi>c</bdi>", "1", "8"],
    ]
    assert picture.description == "Most often confused: a taken for b, 2 times."
    assert shown(confusion(found(), NAME, FRENCH)).description == "La confusion la plus fréquente\u00a0: a pris pour b, 2 fois."


def test_of_more_classes_than_a_matrix_has_room_for_the_pairs_are_bars() -> None:
    names = [f"class {number:02}" for number in range(26)] * 3
    # Each is once answered rightly, and twice taken for the next one; the first one only once.
    answered = [*names[:26], *names[1:27], *names[1:27]]
    answered[26] = names[0]
    picture = shown(confusion(found_of(names, answered, slices={}), NAME, ENGLISH))
    root = tree(picture)
    lengths = [length(root, f"pair-{number}") for number in range(20)]
    assert all(one >= other for one, other in pairwise(lengths))
    assert not parts(root, "pair-20")
    assert len(picture.table.rows) == 20
    assert "class 01 → class 02" in texts(root)


def test_a_pair_confused_twice_as_often_has_a_bar_twice_as_long() -> None:
    names = [f"class {number:02}" for number in range(26)] * 3
    answered = [*names[:26], *names[:26], *names[:26]]
    answered[26], answered[27], answered[53] = names[1], names[2], names[2]
    root = tree(confusion(found_of(names, answered, slices={}), NAME, ENGLISH))
    assert length(root, "pair-0") == pytest.approx(2 * length(root, "pair-1"), abs=0.01)


def test_where_nothing_is_confused_there_is_no_picture() -> None:
    assert confusion(found_of(answered=EXPECTED), NAME, ENGLISH) is None


# How much of each text is found


def test_of_texts_bars_count_the_documents_of_which_so_much_is_found() -> None:
    assessment = of_texts()
    # Of 90 documents with five facts, `extractive` finds 0, 1, 2, 3, 4, 4 in turn.
    picture = shown(confusion(assessment, "extractive", ENGLISH))
    root = tree(picture)
    assert [row[1] for row in picture.table.rows] == ["15", "0", "15", "0", "15", "0", "15", "0", "30", "0"]
    heights = [top_to_bottom(box(root, f"tenth-{tenth}")) for tenth in (0, 2, 8)]
    assert heights[0] == pytest.approx(heights[1], abs=0.01)
    assert heights[2] == pytest.approx(2 * heights[0], abs=0.01)
    assert picture.description == "Of 90 documents it finds everything in 0 and nothing in 15."
    assert picture.table.rows[8][0] == "80% to 90%"


def top_to_bottom(found_box: tuple[float, float, float, float]) -> float:
    _, top, _, bottom = found_box
    return bottom - top


def test_of_texts_of_which_nothing_is_known_there_is_no_picture() -> None:
    assessment = of_texts()
    result = assessment.comparison.result("extractive")
    # Once computed it is kept there.
    vars(result)["right"] = result.right * nan
    assert confusion(assessment, "extractive", ENGLISH) is None


# Who is worst served


def test_groups_stand_by_their_share_the_worst_first_and_all_figures_are_per_cents() -> None:
    picture = shown(worst_slices(found(), NAME, ENGLISH))
    # Of `a` 6 of 8 are right, of `b` 7 of 8, of `c` all.
    shares = {row[0]: row[1] for row in picture.table.rows}
    assert shares["<bdi>a</bdi>"] == "75%"
    assert shares["<bdi>b</bdi>"] == "88%"
    assert shares["<bdi>c</bdi>"] == "100%"
    web = sum(one == other for one, other, where in zip(EXPECTED, ANSWERED, WHERE, strict=True) if where == "web")
    desk = sum(one == other for one, other, where in zip(EXPECTED, ANSWERED, WHERE, strict=True) if where == "desk")
    assert shares["<bdi>channel=web</bdi>"] == ENGLISH.percent(web / 12)
    assert shares["<bdi>channel=desk</bdi>"] == ENGLISH.percent(desk / 8)
    root = tree(picture)
    lengths = [length(root, f"share-{number}") for number in range(5)]
    assert all(one <= other for one, other in pairwise(lengths))
    assert picture.description.startswith("Lowest: ")
    # An interval is written as its share is.
    for row in picture.table.rows:
        low, high = row[2].split(" to ")
        assert low.endswith("%")
        assert high.endswith("%")


def test_a_bar_is_as_long_as_its_share_and_its_interval_lies_around_its_end() -> None:
    picture = shown(worst_slices(found(), NAME, ENGLISH))
    root = tree(picture)
    names = [row[0] for row in picture.table.rows]
    a, c = names.index("<bdi>a</bdi>"), names.index("<bdi>c</bdi>")
    assert length(root, f"share-{a}") / length(root, f"share-{c}") == pytest.approx(0.75, abs=0.001)
    low, _, high, _ = box(root, f"interval-{a}")
    assert low < box(root, f"share-{a}")[2] < high
    assert texts(root, f"samples-{a}") == ["8 samples"]


def test_a_floor_is_drawn_for_the_group_that_has_one() -> None:
    goals = make_goals(
        quality={"metric": "macro_f1", "floor": 0.5}, slice_recall=[{"slice": "channel", "value": "desk", "floor": 0.5}]
    )
    picture = shown(worst_slices(found_of(goals=goals), NAME, ENGLISH))
    root = tree(picture)
    names = [row[0] for row in picture.table.rows]
    desk, c = names.index("<bdi>channel=desk</bdi>"), names.index("<bdi>c</bdi>")
    left, _, whole, _ = box(root, f"share-{c}")
    assert (box(root, f"floor-{desk}")[0] - left) / (whole - left) == pytest.approx(0.5, abs=0.001)
    assert [row[4] for row in picture.table.rows if row[4] != "–"] == ["50%"]
    assert not parts(root, f"floor-{c}")


def test_no_more_than_eight_groups_are_shown() -> None:
    names = [f"class {number:02}" for number in range(12)] * 2
    picture = shown(worst_slices(found_of(names, names, slices={}), NAME, ENGLISH))
    assert len(picture.table.rows) == 8
    assert not parts(tree(picture), "share-8")


def test_of_texts_without_slices_there_are_no_groups() -> None:
    assessment = of_texts()
    comparison = assessment.comparison
    campaign = comparison.campaign.model_copy(update={"slices": {}})
    results = [replace(each, campaign=campaign) for each in comparison.results]
    bare = replace(assessment, comparison=replace(comparison, campaign=campaign, results=results))
    assert worst_slices(assessment, "extractive", ENGLISH) is not None
    assert worst_slices(bare, "extractive", ENGLISH) is None
