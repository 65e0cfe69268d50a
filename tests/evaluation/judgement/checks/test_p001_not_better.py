"""The baseline wins ties, and is missed where it was not measured."""

from __future__ import annotations

import pytest

from tests.evaluation.judgement.checks.sound import (
    GOALS,
    SAMPLES,
    advice_on,
    answers,
    answers_where,
    changed,
    codes,
    of_candidate,
    sound_campaign,
    sound_runs,
    without_figures,
)

SOUND = sound_campaign()


def test_a_candidate_that_answers_as_the_baseline_does_is_named() -> None:
    (advice,) = advice_on(changed(SOUND, of_candidate("linear", predictions=answers(0, 1, 2, 3))))
    assert (advice.code, advice.candidates) == ("P001", ("linear",))
    assert str(advice.found) == (
        "not decisively better than the baseline keywords, which wins ties: linear, macro_f1 0.600 against 0.600"
    )
    assert str(advice.remedy).endswith("preuve run request-classification --data requests.csv ... --param linear.KEY=VALUE")


def test_a_candidate_that_is_worse_is_called_worse() -> None:
    advice = advice_on(changed(SOUND, of_candidate("linear", predictions=answers(0, 1, 2, 3, 4, 5))))
    found = next(each for each in advice if each.code == "P001")
    assert str(found.found) == "decisively worse than the baseline keywords: linear, macro_f1 0.400 against 0.600"


@pytest.mark.parametrize(("more", "expected"), [(4, ["linear"]), (10, [])])
def test_a_difference_counts_once_it_is_decisive(more: int, expected: list[str]) -> None:
    # Right where the baseline is, and in some of the 160 that it has wrong: one try of eight with four coins has all alike.
    found = set([place for place in range(SAMPLES) if place // 4 % 10 in {0, 1, 2, 3}][:more])
    better = answers_where(lambda place: place // 4 % 10 not in {0, 1, 2, 3} or place in found)
    advice = advice_on(changed(SOUND, of_candidate("linear", predictions=better)))
    assert [name for each in advice if each.code == "P001" for name in each.candidates] == expected


def test_every_candidate_that_is_not_better_is_named_by_itself() -> None:
    advice = advice_on(changed(SOUND, lambda _: {"predictions": answers(0, 1, 2, 3)}))
    assert [(each.code, each.candidates) for each in advice] == [("P001", ("linear",)), ("P001", ("forest",))]


def test_without_a_baseline_nobody_knows_what_doing_without_ai_would_give() -> None:
    (advice,) = advice_on(sound_campaign(*(each for each in sound_runs() if not each.baseline)))
    assert (advice.code, advice.candidates) == ("P001", ())
    assert str(advice.found) == "no baseline was measured: nobody knows whether doing without AI would do as well"


def test_a_baseline_that_is_not_available_is_named_with_what_makes_it_so() -> None:
    remedy = "add them to the sheet"
    campaign = changed(SOUND, lambda each: without_figures(each, "unavailable", remedy=remedy) if each.baseline else {})
    (advice,) = advice_on(campaign)
    assert (advice.code, advice.candidates) == ("P001", ("keywords",))
    assert "the baseline keywords was not measured (it is not available here)" in str(advice.found)
    assert str(advice.remedy) == "add them to the sheet; then preuve run request-classification --data requests.csv ..."


def test_the_baseline_alone_lacks_nothing() -> None:
    assert codes(advice_on(sound_campaign(*(each for each in sound_runs() if each.baseline)))) == []


def test_each_campaign_has_its_own_baseline() -> None:
    # On another test the baseline of the first one would say nothing.
    other = SOUND.model_copy(
        update={"id": "20261124-190559-aaaa", "data": SOUND.data.model_copy(update={"sha256": "b" * 64}), "goals": GOALS.text}
    )
    assert codes(advice_on(SOUND, other)) == []
    tied = changed(other, of_candidate("linear", predictions=answers(0, 1, 2, 3)))
    (advice,) = advice_on(SOUND, tied)
    assert advice.candidates == ("linear (aaaa)",)
    assert "the baseline keywords (aaaa)" in str(advice.found)
