"""Labels that several candidates are sure to be others."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from evaluation.judgement.checks.advice import Advice
from evaluation.judgement.checks.p011_label_noise import suspected_ids
from evaluation.run import Campaign, Prediction, Run
from tests.evaluation.judgement.checks.sound import (
    CHANNELS,
    CLASSES,
    advice_on,
    changed,
    codes,
    sound_campaign,
    sound_data,
    sound_runs,
)

SOUND = sound_campaign()
# As sure as the candidates of a sound campaign are where they are right.
SURE = 0.75


def answer(each: Prediction, score: float | None, step: int = 2) -> Prediction:
    """Another class than the label says, and how sure of it."""
    other = CLASSES[(CLASSES.index(each.expected) + step) % 4]
    return each.model_copy(update={"predicted": other, "score": score})


def doubted(number: int, score: float | None = SURE, by: tuple[str, ...] = ("linear", "forest"), **steps: int) -> Campaign:
    """A campaign whose candidates answer something else for the first samples of it, all the same unless steps differ."""

    def change(each: Run) -> dict[str, Any]:
        if each.candidate not in by:
            return {}
        first = [answer(one, score, steps.get(each.candidate, 2)) for one in each.predictions[:number]]
        return {"predictions": (*first, *each.predictions[number:])}

    return changed(SOUND, change)


def few(campaign: Campaign, number: int) -> Campaign:
    short = changed(campaign, lambda each: {"predictions": each.predictions[:number]})
    return short.model_copy(update={"data": sound_data(test_samples=number), "slices": {"channel": CHANNELS[:number]}})


def suspected(campaign: Campaign) -> list[Advice]:
    return [each for each in advice_on(campaign) if each.code == "P011"]


@pytest.mark.parametrize(("number", "expected"), [(4, []), (5, ["P011"])])
def test_one_label_in_a_hundred_may_be_doubted(number: int, expected: list[str]) -> None:
    # Of 400.
    assert codes(advice_on(doubted(number))) == expected


@pytest.mark.parametrize(("number", "expected"), [(2, 0), (3, 1)])
def test_in_a_small_test_two_messages_between_services_are_no_noise(number: int, expected: int) -> None:
    assert len(suspected(few(doubted(number), 100))) == expected


def test_ids_are_named_and_the_command_that_shows_the_texts() -> None:
    (advice,) = suspected(doubted(8))
    assert str(advice.found) == (
        "labels that may be wrong: 8 of 400 in the test, for candidates are sure of the same other one: "
        "s0, s1, s2, s3, s4 and 3 more"
    )
    assert str(advice.remedy) == (
        "read them, and correct those that are wrong: preuve errors request-classification --candidate linear"
    )


@pytest.mark.parametrize(("score", "expected"), [(SURE, 1), (0.8, 1), (0.7499, 0), (None, 0), (nan, 0), (inf, 0)])
def test_as_sure_as_where_it_is_right_is_sure(score: float | None, expected: int) -> None:
    assert len(suspected(doubted(10, score))) == expected


def test_one_candidate_alone_doubts_nothing() -> None:
    assert suspected(doubted(10, by=("linear",))) == []


def test_two_that_do_not_agree_doubt_nothing() -> None:
    assert suspected(doubted(10, linear=1, forest=3)) == []


def test_who_does_not_beat_the_baseline_is_not_heard() -> None:
    assert suspected(doubted(10, by=("linear", "keywords"))) == []


def test_without_a_baseline_all_are_heard_that_tell_labels_apart() -> None:
    rest = tuple(each for each in doubted(10).runs if not each.baseline)
    assert len(suspected(SOUND.model_copy(update={"runs": rest}))) == 1


def test_who_always_gives_one_answer_is_not_heard() -> None:
    def always_roads(each: Run) -> dict[str, Any]:
        scores = (SURE if one.expected == "roads" else 0.8 for one in each.predictions)
        answers = zip(each.predictions, scores, strict=True)
        return {"predictions": tuple(one.model_copy(update={"predicted": "roads", "score": score}) for one, score in answers)}

    # Of the first forty, linear takes the ten about bins for roads.
    whole = doubted(40)
    rest = tuple(each for each in whole.runs if not each.baseline)
    campaign = changed(
        whole.model_copy(update={"runs": rest}), lambda each: always_roads(each) if each.candidate == "forest" else {}
    )
    assert suspected(campaign) == []


def test_most_seeds_of_a_candidate_must_say_so() -> None:
    def heard(seeds: set[int]) -> int:
        whole = doubted(10)
        runs = [
            each if each.candidate != "forest" or each.seed in seeds else old
            for each, old in zip(whole.runs, sound_runs(), strict=True)
        ]
        return len(suspected(SOUND.model_copy(update={"runs": tuple(runs)})))

    assert (heard({0, 1}), heard({0})) == (1, 0)


def test_who_is_always_as_sure_says_nothing_by_being_sure() -> None:
    def change(each: Run) -> dict[str, Any]:
        return {"predictions": tuple(one.model_copy(update={"score": 1.0}) for one in each.predictions)}

    assert suspected(changed(doubted(10), change)) == []


def test_each_label_has_a_confidence_of_its_own() -> None:
    def prediction(number: int, expected: str, predicted: str, score: float) -> Prediction:
        return Prediction(id=f"s{number}", expected=expected, predicted=predicted, score=score)

    # It is sure of a at 5 and of b at 1, on a scale of its own; of c it was never right.
    answers = [
        prediction(0, "a", "a", 5.0),
        prediction(1, "b", "b", 1.0),
        prediction(2, "b", "a", 4.9),
        prediction(3, "a", "b", 1.0),
        prediction(4, "a", "c", 99.0),
    ]
    assert suspected_ids([[answers], [answers]]) == ["s3"]


@pytest.mark.parametrize(("relabelled", "expected"), [(12, []), (13, ["P011"])])
def test_repeated_texts_may_have_another_label_in_one_of_a_hundred_samples(relabelled: int, expected: list[str]) -> None:
    # Of 800 to learn from and 400 to test with.
    advice = advice_on(sound_campaign(data=sound_data(relabelled=relabelled)))
    assert codes(advice) == expected
    assert all(str(each.found).startswith("13 of 1 200 samples repeat a text under another label") for each in advice)
