"""The picture of quality against energy: where candidates, intervals, bounds and the front lie, and what its table says."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import log10, nan

import pytest

from evaluation.assessment import Assessment
from evaluation.goals import Goal, Goals
from evaluation.judgement.comparability import Comparability, Mismatch
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.statistics import Interval
from evaluation.messages import say
from evaluation.metrics import Part, text_metric
from evaluation.publishing.charts_of_quality import METRIC_NAMES, metric_in_words, quality_against_energy
from evaluation.publishing.labels import Box, width_of
from evaluation.publishing.language import Language
from evaluation.publishing.svg import NARROW_WIDTH, TEXT_SIZE
from tests.evaluation.publishing.drawn import SVG, box, look, mark, parts, shown, texts, tree
from tests.reports import rich
from tests.results import KEYWORDS, LINEAR, TRANSFORMER, assessed, compared

ENGLISH, FRENCH = Language("en"), Language("fr")


def found_of(*results: CandidateResult, **goals: Goal) -> Assessment:
    return assessed(compared(*(results or (KEYWORDS, LINEAR, TRANSFORMER))), goals=Goals(goals, ""))


def beaten(found: Assessment) -> Assessment:
    """TRANSFORMER is decisively better than LINEAR and uses decisively less."""
    differences = [
        replace(each, quality=Interval(-0.2, -0.3, -0.1), quality_p=0.0003, ratio=Interval(3.0, 2.0, 4.0))
        if (each.one, each.other) == ("tfidf-linearsvc", "tiny-transformer")
        else each
        for each in found.comparison.differences
    ]
    return replace(found, comparison=replace(found.comparison, differences=differences))


def test_more_energy_lies_farther_right_by_its_logarithm_and_a_better_score_higher() -> None:
    root = tree(quality_against_energy(found_of(), ENGLISH))
    (x0, y0), (x1, y1), (x2, y2) = (mark(root, f"point-{number}") for number in range(3))
    assert x0 < x1 < x2
    assert y0 > y1 > y2
    assert (x1 - x0) / (x2 - x0) == pytest.approx(log10(0.0123 / 0.002) / log10(0.82 / 0.002), abs=0.001)
    assert (y1 - y0) / (y2 - y0) == pytest.approx((0.7956 - 0.6124) / (0.9 - 0.6124), abs=0.001)


def test_less_is_higher_of_a_metric_of_which_less_is_better() -> None:
    metric = text_metric("macro_f1", lambda _, __: Part(0.0), higher_is_better=False)
    found = found_of()
    root = tree(quality_against_energy(replace(found, comparison=replace(found.comparison, metric=metric)), ENGLISH))
    assert mark(root, "point-0")[1] < mark(root, "point-2")[1]


def test_intervals_lie_around_their_points() -> None:
    root = tree(quality_against_energy(found_of(), ENGLISH))
    x, y = mark(root, "point-1")
    per_decade = (mark(root, "point-2")[0] - x) / log10(0.82 / 0.0123)
    per_score = (y - mark(root, "point-2")[1]) / (0.9 - 0.7956)
    left, _, right, _ = box(root, "rounds-1")
    assert (left, right) == pytest.approx([x + per_decade * log10(end / 0.0123) for end in (0.0119, 0.0127)], abs=0.05)
    left, top, right, _ = box(root, "true-1")
    assert (left, right) == pytest.approx([x + per_decade * log10(end / 0.0123) for end in (0.00615, 0.0738)], abs=0.05)
    assert top == pytest.approx(y, abs=0.05)
    _, top, _, bottom = box(root, "score-1")
    assert (top, bottom) == pytest.approx([y - per_score * (end - 0.7956) for end in (0.8301, 0.761)], abs=0.05)


def test_an_interval_that_nobody_knows_is_not_drawn() -> None:
    unsure = replace(LINEAR, energy_wh=Interval(0.0123), scores={"macro_f1": Interval(0.7956)}, true_wh=None)
    root = tree(quality_against_energy(found_of(KEYWORDS, unsure), ENGLISH))
    assert parts(root, "point-1")
    assert not [name for name in ("rounds-1", "true-1", "score-1") if parts(root, name)]


def test_bounds_of_the_goals_are_lines_where_they_lie_and_say_what_they_are() -> None:
    goals = {
        "energy_per_unit_wh": Goal("energy_per_unit_wh", ceiling=0.0123),
        "quality": Goal("quality", floor=0.7956, metric="macro_f1"),
    }
    root = tree(quality_against_energy(found_of(**goals), ENGLISH))
    x, y = mark(root, "point-1")
    left, _, right, _ = box(root, "ceiling")
    assert (left, right) == pytest.approx((x, x), abs=0.05)
    _, top, _, bottom = box(root, "floor")
    assert (top, bottom) == pytest.approx((y, y), abs=0.05)
    assert texts(root, "ceiling-label") == ["energy ceiling 12.3\u202fmWh"]
    assert texts(root, "floor-label") == ["quality floor 0.7956"]


def test_the_ceiling_s_words_stand_above_the_axes_and_within_the_picture() -> None:
    for ceiling_wh in (0.0005, 0.05, 50.0):
        root = tree(quality_against_energy(found_of(energy_per_unit_wh=Goal("energy_per_unit_wh", ceiling=ceiling_wh)), ENGLISH))
        (label,) = parts(root, "ceiling-label")
        (text,) = label.iter(f"{SVG}text")
        _, top, _, _ = box(root, "ceiling")
        assert float(text.get("y", "")) + TEXT_SIZE * 0.25 <= top
        half = width_of(text.text or "", TEXT_SIZE) / 2
        assert half <= float(text.get("x", "")) <= NARROW_WIDTH - half


@pytest.mark.parametrize(("ceiling_wh", "said"), [(1e6, "energy ceiling 1,000\u202fkWh →"), (1e-6, "energy ceiling 1\u202fµWh ←")])
def test_a_ceiling_far_from_all_energies_is_said_and_not_drawn(ceiling_wh: float, said: str) -> None:
    root = tree(quality_against_energy(found_of(energy_per_unit_wh=Goal("energy_per_unit_wh", ceiling=ceiling_wh)), ENGLISH))
    assert not parts(root, "ceiling")
    assert texts(root, "ceiling-label") == [said]


def test_without_such_goals_and_with_one_on_another_metric_there_are_no_bounds() -> None:
    for goals in ({}, {"quality": Goal("quality", floor=0.7, metric="accuracy")}):
        root = tree(quality_against_energy(found_of(**goals), ENGLISH))
        assert not [name for name in ("ceiling", "floor", "ceiling-label", "floor-label") if parts(root, name)]


def test_the_front_is_told_by_filled_marks_and_joined_by_steps() -> None:
    root = tree(quality_against_energy(found_of(), ENGLISH))
    first, last = mark(root, "point-0"), mark(root, "point-2")
    assert box(root, "front") == pytest.approx((first[0], last[1], last[0], first[1]), abs=0.05)
    assert "fill: var(--series-1)" in look(root, "point-1")
    assert texts(root, "key")[:2] == ["no other does better with less", "measured again (95%)"]


def test_who_is_beaten_is_hollow_no_step_and_explained() -> None:
    picture = shown(quality_against_energy(beaten(found_of()), ENGLISH))
    root = tree(picture)
    assert "fill: var(--paper)" in look(root, "point-1")
    assert "fill: var(--paper)" not in look(root, "point-2")
    assert "another does" in texts(root, "key")
    assert [row[-1] for row in picture.table.rows] == ["yes", "no", "yes"]
    assert picture.description.endswith("(Pareto front): keywords, tiny-transformer.")


def test_a_hosted_service_is_told_apart_and_is_not_ranked() -> None:
    picture = shown(quality_against_energy(found_of(KEYWORDS, LINEAR, replace(TRANSFORMER, evidence="D")), ENGLISH))
    assert "tiny-transformer (hosted, not ranked)" in texts(tree(picture), "name")
    assert picture.table.rows[2][-1] == "no"


def test_whose_energy_may_not_be_compared_is_not_drawn() -> None:
    found = found_of()
    other = found.comparison.campaign.model_copy(update={"id": "another"})
    results = [KEYWORDS, LINEAR, replace(TRANSFORMER, campaign=other)]
    unlike = {"another": Comparability(quality=(), energy=(Mismatch(say("machine"), "one", "another"),))}
    comparison = replace(found.comparison, results=results, unlike=unlike)
    picture = shown(quality_against_energy(replace(found, comparison=comparison), ENGLISH))
    assert sorted(texts(tree(picture), "name")) == ["keywords (without AI)", "tfidf-linearsvc"]


def test_names_do_not_overlap_when_candidates_lie_close() -> None:
    close = [
        replace(
            LINEAR,
            name=f"tfidf-linearsvc-{number}",
            energy_wh=Interval(0.0123 + number * 1e-4),
            scores={"macro_f1": Interval(0.7956 + number * 1e-3)},
            true_wh=None,
        )
        for number in range(6)
    ]
    root = tree(quality_against_energy(assessed(compared(KEYWORDS, *close, TRANSFORMER, differences=())), ENGLISH))
    found = [text for part in parts(root, "name") for text in part.iter(f"{SVG}text")]
    boxes = []
    for text in found:
        left, baseline = float(text.get("x", "")), float(text.get("y", ""))
        boxes.append(Box(left, baseline - TEXT_SIZE * 0.8, left + width_of(text.text or "", TEXT_SIZE), baseline + TEXT_SIZE * 0.2))
    assert len(boxes) == 8
    assert all(one.common(other) == 0 for one, other in combinations(boxes, 2))
    assert all(box.right <= NARROW_WIDTH for box in boxes)


def test_the_axis_is_called_by_the_metric_s_words() -> None:
    english, french = (tree(quality_against_energy(found_of(), language)) for language in (ENGLISH, FRENCH))
    assert " ".join(texts(english, "heading")) == "Score from 0 to 1, mean over all classes (macro-F1)"
    assert " ".join(texts(french, "heading")).startswith("Score de 0 à 1, moyenne sur toutes les classes")
    assert "macro_f1" not in texts(english)
    assert "macro_f1" not in shown(quality_against_energy(found_of(), ENGLISH)).table.headings


def test_a_metric_without_words_is_called_by_its_name() -> None:
    assert metric_in_words("rouge", ENGLISH) == "Rouge"
    assert "…" in metric_in_words("w" * 300, ENGLISH)
    assert all(metric_in_words(name, FRENCH) != metric_in_words(name, ENGLISH) for name in METRIC_NAMES)


def test_the_axis_of_energy_is_in_the_unit_of_the_table() -> None:
    picture = shown(quality_against_energy(found_of(), ENGLISH))
    root = tree(picture)
    assert "energy per 1 000 requests routed, mWh" in texts(root)
    # A tick is where its figure lies: 2 mWh is KEYWORDS', 820 mWh TRANSFORMER's.
    (tick,) = [element for element in root.iter(f"{SVG}text") if element.text == "100"]
    (x0, _), (x2, _) = mark(root, "point-0"), mark(root, "point-2")
    assert float(tick.get("x", "")) == pytest.approx(x0 + (x2 - x0) * log10(100 / 2) / log10(820 / 2), abs=0.1)


def test_the_table_has_the_figures_of_the_comparison() -> None:
    picture = shown(quality_against_energy(found_of(), ENGLISH))
    assert [row[0] for row in picture.table.rows] == [f"<bdi>{each.name}</bdi>" for each in (KEYWORDS, LINEAR, TRANSFORMER)]
    # The largest energy is 820 mWh, and so all are in mWh.
    assert list(picture.table.rows[1][1:]) == ["0.796", "0.761 to 0.830", "12.3", "11.9 to 12.7", "6.15 to 73.8", "yes"]
    assert picture.table.headings[3] == "energy, mWh"


def test_the_description_names_the_leanest_and_the_best() -> None:
    assert shown(quality_against_energy(found_of(), ENGLISH)).description == (
        "Least energy: keywords. Best score: tiny-transformer. "
        "No other does better with less energy (Pareto front): keywords, tfidf-linearsvc, tiny-transformer."
    )


def test_what_has_no_score_or_no_energy_is_not_drawn_and_alone_there_is_no_picture() -> None:
    unscored = replace(LINEAR, scores={"macro_f1": Interval(nan), "accuracy": Interval(nan)})
    root = tree(quality_against_energy(found_of(KEYWORDS, unscored), ENGLISH))
    assert texts(root, "name") == ["keywords (without AI)"]
    assert quality_against_energy(found_of(unscored), ENGLISH) is None
    assert quality_against_energy(found_of(replace(LINEAR, energy_wh=None)), ENGLISH) is None


def test_both_languages_draw_the_same_and_say_it_in_their_own_words() -> None:
    english, french = (shown(quality_against_energy(rich(), language)) for language in (ENGLISH, FRENCH))
    places = [[mark(tree(picture), f"point-{number}") for number in range(4)] for picture in (english, french)]
    assert places[0] == places[1]
    assert english.title != french.title
    assert english.description != french.description
    assert not set(texts(tree(english), "key")) & set(texts(tree(french), "key"))
    assert not set(english.table.headings) & set(french.table.headings)
