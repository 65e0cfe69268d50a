"""Too small a test is told apart from too small a difference."""

from __future__ import annotations

import pytest

from evaluation.goals import Goals, parse_goals
from evaluation.judgement.checks.advice import Advice
from evaluation.metrics import accuracy
from evaluation.run import Campaign
from tests.evaluation.judgement.checks.sound import (
    CHANNELS,
    GOALS_TOML,
    advice_on,
    answers,
    answers_where,
    changed,
    codes,
    examine,
    of_candidate,
    sound_campaign,
    sound_data,
)

SOUND = sound_campaign()
# Right in 80 answers that the baseline has wrong, and wrong in 60 that it has right.
SLIGHTLY_BETTER = answers_where(lambda place: place // 4 % 10 not in {0, 1, 4, 5} or (place // 4 % 10 == 5 and place < 200))
SLIGHT = changed(SOUND, of_candidate("linear", predictions=SLIGHTLY_BETTER))


def with_floor(floor: float) -> Goals:
    return parse_goals(GOALS_TOML.replace("floor = 0.03", f"floor = {floor}"))


def under(goals: Goals, campaign: Campaign) -> list[Advice]:
    """As if it had been measured under these goals."""
    recorded = campaign.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    return [each for each in advice_on(recorded, goals=goals) if each.code == "P002"]


def only_few(number: int) -> Campaign:
    campaign = changed(SOUND, lambda each: {"predictions": each.predictions[:number]})
    return campaign.model_copy(update={"data": sound_data(test_samples=number), "slices": {"channel": CHANNELS[:number]}})


def test_a_gain_that_so_small_a_test_cannot_show_is_told_with_what_it_would_take() -> None:
    advice = advice_on(SLIGHT)
    # It is not shown to be better either, and just as uncertain is how far its classes are above the floor.
    assert codes(advice) == ["P001", "P002"]
    assert advice[1].candidates == ("linear",)
    assert advice[1].found.figures["samples"] == 400
    assert "linear gained 0.05" in str(advice[1].found)
    assert "only a difference of 0.07" in str(advice[1].found)
    assert "more test samples: preuve run request-classification --data requests.csv ... --test FILE" in str(advice[1].remedy)


def test_what_is_decisive_was_large_enough_for_the_test() -> None:
    # Right in 40 answers that the baseline has wrong, wrong in 20 that it has right: sure to be better, if not by how much.
    better = answers_where(lambda place: place // 4 % 10 not in {0, 1, 2, 4} or (place // 4 % 10 == 4 and place < 200))
    campaign = changed(SOUND, of_candidate("linear", predictions=better))
    assert codes(advice_on(campaign)) == []
    (gain,) = [each for each in examine(campaign).verdicts.of["linear"].goals if each.goal == "quality_gain"]
    assert gain.outcome == "undetermined"


def test_the_least_gain_that_is_asked_is_what_counts_where_less_was_found() -> None:
    least = under(with_floor(0.051), SLIGHT)[0]
    assert "linear has to gain 0.0510" in str(least.found)
    decisive = float(str(least.found).split("difference of ")[1].split()[0])
    assert under(with_floor(decisive * 0.98), SLIGHT)
    assert not under(with_floor(decisive * 1.02), SLIGHT)


def test_nothing_is_claimed_by_a_candidate_that_gains_nothing_where_no_gain_is_asked() -> None:
    no_better = changed(SOUND, of_candidate("linear", predictions=answers(0, 1, 2, 4)))
    assert not under(with_floor(0.0), no_better)
    assert under(with_floor(0.03), no_better)


def test_a_gain_that_is_shown_to_be_too_little_needs_no_larger_test() -> None:
    # The very answers of the baseline but for one.
    nearly = answers_where(lambda place: place // 4 % 10 not in {0, 1, 2, 3} or place == 0)
    assert codes(advice_on(changed(SOUND, of_candidate("linear", predictions=nearly)))) == ["P001"]


@pytest.mark.parametrize(("number", "expected"), [(20, 0), (19, 1)])
def test_a_class_with_fewer_than_five_samples_is_thin(number: int, expected: int) -> None:
    thin = [each for each in advice_on(only_few(number)) if "fewer than 5" in str(each.found)]
    assert len(thin) == expected
    assert all("trees" in str(each.found) for each in thin)


def test_thin_classes_do_not_matter_to_a_metric_that_is_no_mean_over_classes() -> None:
    advice = advice_on(only_few(19), metrics=(accuracy,))
    assert not [each for each in advice if "fewer than 5" in str(each.found)]


def test_no_difference_is_decisive_on_two_samples() -> None:
    found = [str(each.found) for each in advice_on(only_few(2)) if each.code == "P002"]
    assert "with 2 test samples no difference is decisive: linear gained 1.00" in found
