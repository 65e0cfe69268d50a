"""Whom a mean would hide: classes and slices below their floor, and those that nothing is known of."""

from __future__ import annotations

import pytest

from evaluation.goals import parse_goals
from evaluation.judgement.checks.advice import Advice
from evaluation.metrics import NOTHING_SAID, Part, accuracy, text_metric
from evaluation.run import Prediction
from tests.evaluation.judgement.checks.sound import (
    CHANNELS,
    GOALS,
    GOALS_TOML,
    advice_on,
    answers_where,
    changed,
    codes,
    of_candidate,
    sound_campaign,
    sound_data,
)
from tests.records import make_text_contest

SOUND = sound_campaign()


def bins_found(right: int) -> tuple[Prediction, ...]:
    """Of the hundred samples about bins, every fourth from the first on, so many are found, and all others but a few."""
    return answers_where(lambda place: place // 4 < right if place % 4 == 0 else place % 50 != 1)


def phone_found(right: int) -> tuple[Prediction, ...]:
    """Of the two hundred samples by phone so many are found, and all others but a few."""
    by_phone = {place: number for number, place in enumerate(p for p, channel in enumerate(CHANNELS) if channel == "phone")}
    return answers_where(lambda place: by_phone[place] < right if place in by_phone else place % 50 != 1)


def with_answers(predictions: tuple[Prediction, ...]) -> list[Advice]:
    return advice_on(changed(SOUND, of_candidate("linear", predictions=predictions)))


def test_a_class_below_its_floor_is_named_with_its_recall() -> None:
    (advice,) = with_answers(bins_found(30))
    assert (advice.code, advice.candidates) == ("P003", ("linear",))
    assert str(advice.found).startswith("below the floor of 0.600: linear finds 0.300 of bins (")
    assert str(advice.found).endswith("100 test samples)")
    assert str(advice.remedy).endswith("preuve errors request-classification --candidate linear")


@pytest.mark.parametrize(("right", "expected"), [(60, []), (59, ["P003"])])
def test_the_floor_itself_is_enough_for_a_class(right: int, expected: list[str]) -> None:
    assert codes(with_answers(bins_found(right))) == expected


@pytest.mark.parametrize(("right", "expected"), [(120, []), (119, ["P003"])])
def test_the_floor_itself_is_enough_for_a_slice(right: int, expected: list[str]) -> None:
    advice = with_answers(phone_found(right))
    assert codes(advice) == expected
    assert all("channel=phone (" in str(each.found) for each in advice)


def test_where_the_test_leaves_it_open_the_advice_says_what_settles_it() -> None:
    (advice,) = with_answers(bins_found(55))
    assert "more test samples of bins; what it gets wrong: preuve errors" in str(advice.remedy)


def test_further_classes_are_counted() -> None:
    (advice,) = with_answers(answers_where(lambda place: place % 4 > 1 or place // 4 < (50 if place % 4 else 55)))
    assert "linear finds 0.500 of lamps" in str(advice.found)
    assert str(advice.found).endswith("and too little of 1 more")


def test_one_value_of_a_slice_is_looked_at_alone() -> None:
    goals = parse_goals(GOALS_TOML.replace('slice = "channel"', 'slice = "channel"\nvalue = "web"'))
    spoiled = changed(SOUND, of_candidate("linear", predictions=phone_found(100)))
    under = spoiled.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    assert codes(advice_on(under, goals=goals)) == []
    goals = parse_goals(GOALS_TOML.replace('slice = "channel"', 'slice = "channel"\nvalue = "phone"'))
    under = spoiled.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    (advice,) = advice_on(under, goals=goals)
    assert "linear finds 0.500 of channel=phone" in str(advice.found)


def test_another_value_that_is_served_worse_is_not_named_for_it() -> None:
    goals = parse_goals(GOALS_TOML.replace('slice = "channel"', 'slice = "channel"\nvalue = "web"'))
    by_web = answers_where(lambda place: place % 3 == 0 if CHANNELS[place] == "phone" else place % 2 == 0)
    spoiled = changed(SOUND, of_candidate("linear", predictions=by_web))
    under = spoiled.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    (found,) = [str(each.found) for each in advice_on(under, goals=goals) if "channel=" in str(each.found)]
    assert "linear finds 0.500 of channel=web" in found
    assert "more" not in found


def test_a_guardrail_is_not_held_against_the_baseline() -> None:
    campaign = changed(
        SOUND, of_candidate("keywords", predictions=answers_where(lambda place: place % 4 > 0 and place // 4 % 2 == 0))
    )
    assert codes(advice_on(campaign)) == []


def test_of_a_class_that_was_learnt_and_is_not_in_the_test_nothing_is_known() -> None:
    (advice,) = advice_on(SOUND.model_copy(update={"data": sound_data(classes=5)}))
    assert advice.code == "P003"
    assert str(advice.found) == "undefined: recall of 1 of the classes, without a test sample"


def test_a_class_that_is_only_ever_answered_is_named() -> None:
    first, *rest = SOUND.runs[2].predictions
    answered = (first.model_copy(update={"predicted": "ponds"}), *rest)
    # A label more makes a mean over classes another one.
    (advice,) = advice_on(changed(SOUND, of_candidate("linear", predictions=answered)), metrics=(accuracy,))
    assert str(advice.found) == "undefined: recall of 1 of the classes, without a test sample: ponds"
    assert advice.candidates == ()


def test_a_slice_that_the_data_lack_is_told_once() -> None:
    (advice,) = advice_on(SOUND.model_copy(update={"slices": {}}))
    assert advice.code == "P003"
    assert str(advice.found) == ("the guardrail slice_recall channel cannot be looked at: the test data have no column channel")
    assert str(advice.remedy) == "test data with the column channel"


def test_samples_without_a_value_are_a_group_too() -> None:
    slices = {"channel": tuple("" if channel == "phone" else channel for channel in CHANNELS)}
    campaign = changed(SOUND, of_candidate("linear", predictions=phone_found(100))).model_copy(update={"slices": slices})
    (advice,) = advice_on(campaign)
    assert "linear finds 0.500 of channel=–" in str(advice.found)


def test_without_guardrails_there_is_nothing_to_be_below() -> None:
    goals = parse_goals(GOALS_TOML.split("[goal.class_recall]")[0])
    campaign = changed(SOUND, of_candidate("linear", predictions=bins_found(30)))
    under = campaign.model_copy(update={"goals": goals.text, "goals_sha256": goals.sha256})
    assert codes(advice_on(under, goals=goals)) == []
    assert codes(advice_on(campaign, goals=GOALS)) == ["P003"]


def never_measured_here(*_: object) -> Part:
    raise AssertionError


def test_documents_that_nothing_is_known_of_are_in_no_group() -> None:
    # Of the letters nothing is known, of half of the acts neither; of all others the lead finds all.
    found: dict[str, list[tuple[float, float]]] = {
        "lead": [Part(10, 10), Part(10, 10), Part(10, 10), NOTHING_SAID, NOTHING_SAID] * 20,
        "writer": [Part(9, 10), Part(2, 10), Part(9, 10), NOTHING_SAID, NOTHING_SAID] * 20,
    }
    campaign = make_text_contest(
        {name: {"facts": parts} for name, parts in found.items()}, slices={"channel": ("memo", "act", "memo", "act", "letter") * 20}
    )
    goals = parse_goals('[unit]\nname = "1 000 requests"\nsize = 1000\n[[goal.slice_recall]]\nslice = "channel"\nfloor = 0.5\n')
    metrics = [text_metric("facts", never_measured_here, counts_correct=True)]
    (advice,) = (each for each in advice_on(campaign, goals=goals, metrics=metrics) if each.code == "P003")
    assert str(advice.found).startswith("below the floor of 0.500: writer finds 0.200 of channel=act (")
    assert str(advice.found).endswith("20 test samples)")
