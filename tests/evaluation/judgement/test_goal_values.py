"""Each goal is met, missed or undetermined by the whole interval, and says why it is open and what would settle it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.energy.factors import find_factor, read_factors
from evaluation.goals import Goal, Goals
from evaluation.judgement.comparison import compare
from evaluation.judgement.goal_values import Case, Judged, judge_goals, outcome_of
from evaluation.judgement.scenario import Scenario
from evaluation.judgement.statistics import Interval
from evaluation.metrics import NOTHING_SAID, Metric, Part, accuracy, macro_f1, tally_means, text_metric
from evaluation.run import Campaign
from tests.records import (
    make_answers,
    make_campaign,
    make_component,
    make_contest,
    make_counting_machine,
    make_data,
    make_deployment,
    make_goals,
    make_machine,
    make_predictions,
    make_reading,
    make_rounds,
    make_run,
    make_text_contest,
)

CEILING = Goal("energy_per_unit_wh", ceiling=2.0, target=1.0)
FLOOR = Goal("quality", floor=0.5)
AT_THE_BOUND = "no practical number of samples or rounds would do: the value is too near the bound"


def case_of(
    campaign: Campaign,
    goals: Goals,
    *,
    metrics: Sequence[Metric] = (accuracy,),
    others: Sequence[Campaign] = (),
    used_wh: float = 0.0,
) -> Case:
    quality = goals.goal.get("quality")
    comparison = compare(campaign, metrics, metric=quality.metric if quality else None, others=others)
    scenario = Scenario(goals.deployment, find_factor("ademe-2025"), read_factors(), 1000)
    return Case(comparison, goals, scenario, used_wh)


def judged(case: Case, name: str = "linear") -> dict[str, Judged]:
    return {each.goal: each for each in judge_goals(case, case.comparison.result(name))}


def judge_one(campaign: Campaign, goal: str, *, name: str = "linear", **changes: Any) -> Judged:
    """How the candidate does by the goal of this name; changes that are no goals are those of the case."""
    of_case = {key: changes.pop(key) for key in ("metrics", "others", "used_wh") if key in changes}
    return judged(case_of(campaign, make_goals(**changes), **of_case), name)[goal]


def settled_by(found: Judged) -> list[str]:
    return [str(message) for message in found.settled_by]


# The rule


@pytest.mark.parametrize(
    ("value", "goal", "outcome"),
    [
        (Interval(1, 0.5, 2.0), CEILING, "met"),
        (Interval(1, 0.5, 2.01), CEILING, "undetermined"),
        (Interval(3, 2.0, 4), CEILING, "undetermined"),
        (Interval(3, 2.01, 4), CEILING, "missed"),
        (Interval(0.6, 0.5, 0.7), FLOOR, "met"),
        (Interval(0.6, 0.49, 0.7), FLOOR, "undetermined"),
        (Interval(0.4, 0.3, 0.5), FLOOR, "undetermined"),
        (Interval(0.4, 0.3, 0.49), FLOOR, "missed"),
        # Open ends.
        (Interval(1), CEILING, "undetermined"),
        (Interval(1, 0.5, None), CEILING, "undetermined"),
        (Interval(3, 2.5, None), CEILING, "missed"),
        (Interval(1, None, 1.5), CEILING, "met"),
        (Interval(1), FLOOR, "undetermined"),
        # Neither floor nor ceiling.
        (Interval(1, 0.5, 2), Goal("quality"), "undetermined"),
    ],
)
def test_the_whole_interval_decides(value: Interval, goal: Goal, outcome: str) -> None:
    assert outcome_of(value, goal) == outcome


numbers = st.floats(-10, 10)
bounds = numbers.flatmap(lambda bound: st.sampled_from([Goal("x", floor=bound), Goal("x", ceiling=bound)]))


@given(numbers, st.floats(0, 5), st.floats(0, 5), st.floats(0, 5), st.floats(0, 5), bounds)
def test_a_wider_interval_never_decides_what_was_undetermined_nor_turns_met_into_missed(
    value: float, below: float, above: float, further_below: float, further_above: float, goal: Goal
) -> None:
    before = outcome_of(Interval(value, value - below, value + above), goal)
    after = outcome_of(Interval(value, value - below - further_below, value + above + further_above), goal)
    assert after in {before, "undetermined"}


@given(numbers, st.floats(0, 5), st.floats(0, 5), numbers, st.floats(0, 5))
def test_a_tighter_goal_never_turns_missed_into_met(value: float, below: float, above: float, bound: float, tighter: float) -> None:
    found = Interval(value, value - below, value + above)
    order = ["missed", "undetermined", "met"]
    for loose, tight in (
        (Goal("x", ceiling=bound), Goal("x", ceiling=bound - tighter)),
        (Goal("x", floor=bound), Goal("x", floor=bound + tighter)),
    ):
        assert order.index(outcome_of(found, tight)) <= order.index(outcome_of(found, loose))


@pytest.mark.parametrize(
    ("value", "goal", "reached"),
    [
        (Interval(0.9, 0.8, 2), CEILING, True),
        (Interval(1.1, 0.8, 2), CEILING, False),
        (Interval(0.7), Goal("quality", floor=0.5, target=0.6), True),
        (Interval(0.55), Goal("quality", floor=0.5, target=0.6), False),
        (Interval(0.55), FLOOR, None),
        (None, CEILING, None),
    ],
)
def test_the_target_is_held_against_the_value_itself(value: Interval | None, goal: Goal, *, reached: bool | None) -> None:
    assert Judged(goal.key, "met", goal, value).at_target is reached


# Which goals


def test_to_be_better_than_the_baseline_is_asked_in_any_case() -> None:
    case = case_of(make_contest({"rules": 200, "linear": 300}), make_goals(quality={"metric": "accuracy", "floor": 0.5}))
    assert list(judged(case)) == ["quality", "quality_gain"]
    assert judged(case)["quality_gain"].bound == Goal("quality_gain", floor=0.0)


def test_the_baseline_is_not_held_against_itself() -> None:
    goals = make_goals(
        quality={"metric": "accuracy", "floor": 0.5}, quality_gain={"floor": 0.03}, marginal_energy_wh={"ceiling": 1.0}
    )
    assert list(judged(case_of(make_contest({"rules": 200, "linear": 300}), goals), "rules")) == ["quality"]


def test_a_metric_without_a_floor_is_no_goal() -> None:
    case = case_of(make_contest({"rules": 200, "linear": 300}), make_goals(quality={"metric": "accuracy"}))
    assert list(judged(case)) == ["quality_gain"]


# Quality


@pytest.mark.parametrize(("floor", "outcome"), [(0.7, "met"), (0.75, "undetermined"), (0.8, "missed")])
def test_a_score_is_held_against_its_floor(floor: float, outcome: str) -> None:
    # 300 of 400: from 0.705 to 0.790.
    campaign = make_contest({"rules": 200, "linear": 300})
    assert judge_one(campaign, "quality", quality={"metric": "accuracy", "floor": floor}).outcome == outcome


def test_so_many_more_samples_settle_a_score() -> None:
    def at(samples: int) -> Judged:
        campaign = make_contest({"rules": samples // 2, "linear": samples * 3 // 4}, samples=samples)
        return judge_one(campaign, "quality", quality={"metric": "accuracy", "floor": 0.72})

    (message,) = at(400).settled_by
    assert message.template == "about {samples} more test samples"
    more = message.figures["samples"]
    assert isinstance(more, int)
    assert at(400 + int(1.3 * more) // 4 * 4).outcome == "met"
    assert at(400 + more // 2 // 4 * 4).outcome == "undetermined"


def test_a_score_at_its_floor_says_that_no_number_of_samples_settles_it() -> None:
    found = judge_one(make_contest({"rules": 200, "linear": 300}), "quality", quality={"metric": "accuracy", "floor": 0.75})
    assert found.settled_by == ()
    assert str(found.reason) == AT_THE_BOUND


def test_of_one_test_sample_there_is_no_interval_and_nothing_is_decided() -> None:
    campaign = make_contest({"rules": 0, "linear": 1}, samples=1)
    found = judge_one(campaign, "quality", quality={"metric": "accuracy", "floor": 0.1})
    assert (found.outcome, str(found.reason)) == ("undetermined", "there is no interval of accuracy: the test is too small")
    gain = judge_one(campaign, "quality_gain")
    assert (gain.outcome, settled_by(gain)) == ("undetermined", ["more test samples"])


undefined = Metric("undefined", lambda answers: tally_means(np.full(len(answers.expected), np.nan)), over_classes=False)


def test_a_score_that_is_no_number_is_undetermined_and_never_zero() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    goals: dict[str, Any] = {"quality": {"metric": "undefined", "floor": 0.5}}
    quality = judge_one(campaign, "quality", metrics=[undefined], **goals)
    assert (quality.outcome, quality.value) == ("undetermined", None)
    assert str(quality.reason) == "undefined is not a number"
    gain = judge_one(campaign, "quality_gain", metrics=[undefined], **goals)
    assert (gain.outcome, gain.value) == ("undetermined", None)
    assert str(gain.reason) == "not comparable: undefined is not a number"
    assert settled_by(gain) == ["answers of linear for which it is defined"]


errors = Metric("errors", lambda answers: tally_means(answers.expected != answers.predicted), higher_is_better=False)


def test_of_a_metric_of_which_less_is_better_fewer_errors_are_a_gain() -> None:
    campaign = make_contest({"rules": 200, "linear": 300})
    found = judge_one(campaign, "quality_gain", metrics=[errors], quality_gain={"floor": 0.1})
    assert found.outcome == "met"
    assert found.value is not None
    assert found.value.value == pytest.approx(0.25)
    worse = judge_one(make_contest({"rules": 300, "linear": 200}), "quality_gain", metrics=[errors], quality_gain={"floor": 0.1})
    assert worse.outcome == "missed"


def test_a_floor_on_a_metric_of_which_less_is_better_decides_nothing() -> None:
    # Nine tenths of the answers are wrong: that is above the floor, and no reason for a GO.
    campaign = make_contest({"rules": 200, "linear": 40})
    found = judge_one(campaign, "quality", metrics=[errors], quality={"metric": "errors", "floor": 0.5})
    assert (found.outcome, found.settled_by) == ("undetermined", ())
    assert str(found.reason) == "less of errors is better, and a floor asks for more of it"


# The gain


@pytest.mark.parametrize(
    ("right", "floor", "outcome"), [(300, 0.03, "met"), (300, 0.25, "undetermined"), (300, 0.4, "missed"), (100, 0.0, "missed")]
)
def test_a_gain_is_held_against_its_floor(right: int, floor: float, outcome: str) -> None:
    campaign = make_contest({"rules": 200, "linear": right})
    assert judge_one(campaign, "quality_gain", quality_gain={"floor": floor}).outcome == outcome


def test_what_answers_exactly_like_the_baseline_is_no_gain() -> None:
    found = judge_one(make_contest({"rules": 200, "linear": 200}), "quality_gain")
    assert (found.outcome, found.settled_by, str(found.reason)) == ("undetermined", (), AT_THE_BOUND)


def many(right: dict[str, int], samples: int) -> Campaign:
    """A campaign of so many candidates that the correction for all of them is strict."""
    filler = {f"filler{number}": samples // 2 + number % 3 for number in range(5)}
    return make_contest({"rules": samples // 2} | right | filler, samples=samples)


def test_a_gain_that_is_not_decisive_after_correction_is_not_met() -> None:
    # 9 more of 400, none fewer: p = 0.004 alone, times more than twenty comparisons.
    found = judge_one(many({"linear": 209}, 400), "quality_gain")
    assert found.outcome == "undetermined"
    assert found.value is not None
    assert found.value.low is not None
    assert found.value.low > 0
    assert str(found.reason).startswith("not decisive after correction for all that was compared (p = 0.")


def test_so_many_more_samples_make_it_decisive() -> None:
    def at(samples: int) -> Judged:
        return judge_one(many({"linear": samples // 2 + round(samples * 9 / 400)}, samples), "quality_gain")

    (message,) = at(400).settled_by
    more = message.figures["samples"]
    assert isinstance(more, int)
    assert at(400 + 2 * round(1.3 * more / 2)).outcome == "met"
    assert at(400 + 2 * round(more / 4)).outcome == "undetermined"


def test_so_many_more_samples_settle_a_gain() -> None:
    def at(samples: int) -> Judged:
        return judge_one(
            make_contest({"rules": samples // 2, "linear": samples // 2 + samples // 10}, samples=samples),
            "quality_gain",
            quality_gain={"floor": 0.08},
        )

    (message,) = at(400).settled_by
    more = message.figures["samples"]
    assert isinstance(more, int)
    assert at(400 + 20 * round(1.3 * more / 20)).outcome == "met"
    assert at(400 + 20 * round(more / 40)).outcome == "undetermined"


def test_without_a_baseline_the_gain_is_open_and_a_campaign_with_one_settles_it() -> None:
    found = judge_one(make_contest({"linear": 300}), "quality_gain")
    assert (found.outcome, settled_by(found)) == ("undetermined", ["a campaign with the baseline"])


def test_a_candidate_on_another_test_has_no_gain_over_this_baseline() -> None:
    rules = make_contest({"rules": 200})
    linear = make_contest({"linear": 300}, id="20261124-100000-bbbb", data=make_data(test_samples=400, sha256="f" * 64))
    found = judge_one(rules, "quality_gain", others=[linear])
    assert found.outcome == "undetermined"
    assert "test data" in str(found.reason)
    assert settled_by(found) == ["a campaign with both"]


def test_a_candidate_is_held_against_the_baseline_of_its_own_test() -> None:
    one = make_contest({"rules": 200, "linear": 300})
    other = make_contest({"rules": 350, "svc": 300}, id="20261124-100000-bbbb", data=make_data(test_samples=400, sha256="f" * 64))
    assert judge_one(one, "quality_gain", others=[other]).outcome == "met"
    assert judge_one(one, "quality_gain", others=[other], name="svc").outcome == "missed"


# A mean over classes with classes of too few samples


def thin(rules: str, linear: str, samples: int = 60) -> Campaign:
    """Two classes with enough samples, and a class c with two: what each candidate answers to these six kinds of samples."""
    expected = ["a", "b"] * (samples // 2) + ["c", "c"]

    def answers(pattern: str) -> list[str]:
        return [pattern["abc".index(label)] for label in expected]

    runs = [
        make_run(
            name, baseline=name == "rules", rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, answers(pattern))
        )
        for name, pattern in (("rules", rules), ("linear", linear))
    ]
    return make_campaign(*runs, data=make_data(test_samples=samples + 2, classes=3))


def test_a_mean_over_classes_is_not_met_where_a_class_has_too_few_samples() -> None:
    goals: dict[str, Any] = {"quality": {"metric": "macro_f1", "floor": 0.1}}
    for goal in ("quality", "quality_gain"):
        found = judge_one(thin("bac", "abc"), goal, metrics=[macro_f1], **goals)
        assert found.outcome == "undetermined"
        assert "too small for a mean over classes: fewer than 10 samples of 1 of them" in str(found.reason)
        assert settled_by(found) == ["at least 10 test samples of each class, c among them"]


def test_a_mean_over_classes_is_missed_where_no_class_of_few_samples_could_save_it() -> None:
    # Everything wrong but c: a third at most. Even with c answered rightly 0.8 is out of reach.
    goals: dict[str, Any] = {"quality": {"metric": "macro_f1", "floor": 0.8}}
    assert judge_one(thin("abc", "bac"), "quality", metrics=[macro_f1], **goals).outcome == "missed"
    assert judge_one(thin("abc", "bac"), "quality_gain", metrics=[macro_f1], **goals).outcome == "undetermined"


def test_a_mean_over_classes_is_not_missed_where_a_class_of_few_samples_could_save_it() -> None:
    # c is always wrong: 0.67, and 1 if it were not.
    goals: dict[str, Any] = {"quality": {"metric": "macro_f1", "floor": 0.9}}
    assert judge_one(thin("abc", "aba"), "quality", metrics=[macro_f1], **goals).outcome == "undetermined"


def test_a_metric_that_counts_samples_does_not_mind_small_classes() -> None:
    assert judge_one(thin("bac", "abc"), "quality", quality={"metric": "accuracy", "floor": 0.6}).outcome == "met"


# Recall of classes and of slices


def recall_case(classes: dict[str, tuple[int, int]], **changes: Any) -> Campaign:
    """A candidate that answers so many of so many samples of each class rightly, and the others with the next class."""
    names = list(classes)
    expected = [name for name, (_, samples) in classes.items() for _ in range(samples)]
    predicted = [
        name if place < right else names[(names.index(name) + 1) % len(names)]
        for name, (right, samples) in classes.items()
        for place in range(samples)
    ]
    rules = make_run(
        "rules", baseline=True, rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, [names[0]] * len(expected))
    )
    linear = make_run(rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, predicted))
    usual = {"data": make_data(test_samples=len(expected), classes=len(classes))}
    return make_campaign(rules, linear, **usual | changes)


@pytest.mark.parametrize(
    ("of_b", "outcome"), [((95, 100), "met"), ((65, 100), "undetermined"), ((30, 100), "missed"), ((1, 1), "undetermined")]
)
def test_the_class_that_is_served_worst_decides(of_b: tuple[int, int], outcome: str) -> None:
    found = judge_one(recall_case({"a": (99, 100), "b": of_b}), "class_recall", class_recall={"floor": 0.6})
    assert found.outcome == outcome
    if of_b[1] > 1:
        assert str(found.reason) == "lowest: b, 100 test samples"


def test_a_class_without_a_test_sample_is_undefined_and_not_met() -> None:
    # c was answered, so it is there; the test has none of it.
    campaign = recall_case({"a": (99, 100), "b": (99, 100)}, data=make_data(test_samples=200, classes=3))
    answered = campaign.runs[1].model_copy(
        update={
            "predictions": (
                *campaign.runs[1].predictions[:-1],
                campaign.runs[1].predictions[-1].model_copy(update={"predicted": "c"}),
            )
        }
    )
    found = judge_one(
        campaign.model_copy(update={"runs": (campaign.runs[0], answered)}), "class_recall", class_recall={"floor": 0.6}
    )
    assert found.outcome == "undetermined"
    assert str(found.reason).startswith("undefined for classes without a test sample: 1, c among them; lowest: ")
    # Of n right answers Wilson's lower end is n / (n + t²): of 9 it is 9 / (9 + 2.306²) = 0.63, of 8 it is 0.59.
    assert settled_by(found) == ["at least 9 test samples of each class that has none, if all are answered rightly"]


def test_a_class_that_was_learnt_and_that_nobody_answered_is_undefined_too() -> None:
    campaign = recall_case({"a": (99, 100), "b": (99, 100)}, data=make_data(test_samples=200, classes=4))
    found = judge_one(campaign, "class_recall", class_recall={"floor": 0.6})
    assert found.outcome == "undetermined"
    assert str(found.reason).startswith("undefined for classes without a test sample: 2; lowest: ")


def test_a_class_that_is_forgotten_is_missed_though_others_are_undefined() -> None:
    campaign = recall_case({"a": (99, 100), "b": (1, 100)}, data=make_data(test_samples=200, classes=4))
    assert judge_one(campaign, "class_recall", class_recall={"floor": 0.6}).outcome == "missed"


def test_what_is_open_for_two_reasons_is_settled_by_both_together() -> None:
    campaign = recall_case({"a": (99, 100), "b": (65, 100)}, data=make_data(test_samples=200, classes=3))
    (message,) = settled_by(judge_one(campaign, "class_recall", class_recall={"floor": 0.6}))
    assert message.startswith("at least 9 test samples of each class that has none")
    assert ", and about " in message


def test_a_floor_that_no_test_can_show_is_settled_by_nothing() -> None:
    campaign = recall_case({"a": (100, 100), "b": (100, 100)}, data=make_data(test_samples=200, classes=3))
    found = judge_one(campaign, "class_recall", class_recall={"floor": 1.0})
    assert (found.outcome, found.settled_by) == ("undetermined", ())


def sliced(values: Sequence[str], right: int, samples: int = 200, **slices: Any) -> Judged:
    goal = {"slice": "channel", "floor": 0.6} | slices
    key = "slice_recall channel" + (f"={goal['value']}" if "value" in goal else "")
    campaign = make_contest({"rules": 10, "linear": right}, samples=samples, slices={"channel": tuple(values)})
    return judge_one(campaign, key, slice_recall=[goal])


def test_a_slice_is_judged_by_the_value_worst_served() -> None:
    # The first 150 answers are right: all of the letters, half of the calls.
    found = sliced(["letter"] * 100 + ["call"] * 100, 150)
    assert found.outcome == "undetermined"
    assert str(found.reason) == "lowest: call, 100 test samples"
    assert sliced(["letter"] * 100 + ["call"] * 100, 110).outcome == "missed"
    assert sliced(["letter"] * 100 + ["call"] * 100, 200).outcome == "met"


def test_of_a_value_that_is_named_only_its_own_samples_count() -> None:
    values = ["letter"] * 100 + ["call"] * 100
    assert sliced(values, 110, value="letter").outcome == "met"
    found = sliced(values, 165, value="call")
    assert found.outcome == "undetermined"
    assert settled_by(found)[0].endswith("more test samples of channel=call")


def test_a_slice_that_the_data_do_not_have_is_undetermined() -> None:
    campaign = make_contest({"rules": 10, "linear": 200}, samples=200)
    found = judge_one(campaign, "slice_recall channel", slice_recall=[{"slice": "channel", "floor": 0.6}])
    assert (found.outcome, settled_by(found)) == ("undetermined", ["test data with the column channel"])


def test_a_column_without_any_value_is_none_though_all_answers_are_right() -> None:
    found = sliced([""] * 200, 200)
    assert (found.outcome, str(found.reason)) == ("undetermined", "the test data have no column channel")


def test_samples_without_a_value_are_a_group_of_their_own() -> None:
    found = sliced(["letter"] * 100 + [""] * 100, 110)
    assert (found.outcome, str(found.reason)) == ("missed", "lowest: –, 100 test samples")


def test_a_value_that_no_sample_has_is_undetermined() -> None:
    found = sliced(["letter"] * 200, 200, value="call")
    assert (found.outcome, found.value) == ("undetermined", None)
    assert settled_by(found) == ["at least 9 test samples with channel = call, if all are answered rightly"]


def test_values_that_are_not_as_many_as_the_answers_are_said_and_not_guessed_at() -> None:
    cases: list[tuple[list[str], dict[str, Any]]] = [(["letter"] * 150, {}), (["letter"] * 250, {"value": "letter"})]
    for values, goal in cases:
        found = sliced(values, 200, **goal)
        assert (found.outcome, found.value) == ("undetermined", None)
        assert str(found.reason) == f"the record has {len(values)} values of channel for 200 answers"


def test_recall_is_that_of_the_seeds_that_finished() -> None:
    expected = ["a", "b"] * 50
    runs = [
        make_run(seed=0, rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, expected)),
        make_run(seed=1, status="failed", predictions=make_predictions(expected, ["b", "a"] * 50)),
    ]
    campaign = make_campaign(*runs, data=make_data(test_samples=100))
    assert judge_one(campaign, "class_recall", class_recall={"floor": 0.6}).outcome == "met"


def test_recall_is_the_mean_over_the_seeds() -> None:
    expected = ["a", "b"] * 50
    runs = [
        make_run(seed=seed, rounds=make_rounds(1.0, 1.1), predictions=make_predictions(expected, answers))
        for seed, answers in enumerate([expected, ["b", "a"] * 50])
    ]
    found = judge_one(make_campaign(*runs, data=make_data(test_samples=100)), "class_recall", class_recall={"floor": 0.6})
    assert found.value is not None
    assert found.value.value == 0.5


# Energy


def with_energy(*rounds_wh: float, **changes: Any) -> Campaign:
    return make_contest({"rules": 200, "linear": 300}, rounds_wh={"linear": rounds_wh, "rules": [1.0] * len(rounds_wh)}, **changes)


@pytest.mark.parametrize(("ceiling", "outcome"), [(7.0, "met"), (3.0, "undetermined"), (0.4, "missed")])
def test_an_energy_is_held_against_its_ceiling_with_the_bounds_of_its_class(ceiling: float, outcome: str) -> None:
    # 1 Wh, modelled: 0.5 to 6 Wh.
    found = judge_one(with_energy(1.0, 1.01), "energy_per_unit_wh", energy_per_unit_wh={"ceiling": ceiling})
    assert found.outcome == outcome


def test_the_same_energy_is_met_by_a_counter_where_a_model_leaves_it_open() -> None:
    def rounds(evidence: Any) -> list[Any]:
        return [make_reading(components=(make_component("cpu", 1.0, evidence),), round_number=number) for number in (1, 2)]

    for evidence, outcome in (("C", "undetermined"), ("B", "met")):
        runs = (make_run("rules", baseline=True, rounds=rounds(evidence)), make_run(rounds=rounds(evidence)))
        found = judge_one(make_campaign(*runs), "energy_per_unit_wh", energy_per_unit_wh={"ceiling": 3.5})
        assert found.outcome == outcome


def test_one_round_decides_no_energy() -> None:
    found = judge_one(with_energy(0.001), "energy_per_unit_wh", energy_per_unit_wh={"ceiling": 100.0})
    assert found.outcome == "undetermined"
    assert str(found.reason) == "one round says nothing of how repeatable it is"
    assert settled_by(found) == ["5 rounds of 10 s"]


def test_an_energy_at_its_ceiling_says_that_nothing_practical_settles_it() -> None:
    parts = (make_component("cpu", 1.0, "A"),)
    rounds = [make_reading(components=parts, round_number=number) for number in (1, 2)]
    machine = make_counting_machine(declared={"ram_w": 20.0})
    found = judge_one(
        make_campaign(make_run("rules", baseline=True, rounds=rounds), make_run(rounds=rounds), machine=machine),
        "energy_per_unit_wh",
        energy_per_unit_wh={"ceiling": 1.0},
    )
    assert (found.outcome, found.settled_by, str(found.reason)) == ("undetermined", (), AT_THE_BOUND)


# Development


def test_development_counts_everything_with_the_bounds_of_this_campaigns_energy() -> None:
    # Two fits of 1 Wh, an idle window of 0.2 Wh and two rounds each of 1 Wh: 6.2 Wh, half to six times that.
    campaign = with_energy(1.0, 1.0)
    found = judge_one(campaign, "development_kwh", used_wh=campaign.energy_wh, development_kwh={"ceiling": 0.04})
    assert found.value == pytest.approx((0.0062, 0.0031, 0.0372))
    assert found.outcome == "met"


def test_what_was_used_before_is_known_no_better_than_a_model_knows_it() -> None:
    # 1 kWh before; this campaign, a wall meter behind it, used 4 Wh.
    parts = (make_component("cpu", 1.0, "A"),)
    readings = [make_reading("fit", components=parts), make_reading(components=parts)]
    campaign = make_campaign(make_run("rules", baseline=True, readings=readings), make_run(readings=readings))
    found = judge_one(campaign, "development_kwh", used_wh=1004.0, development_kwh={"ceiling": 5.0})
    assert found.value == pytest.approx((1.004, 0.5 + 0.0038, 6 + 0.0042))
    assert (found.outcome, found.settled_by) == ("undetermined", ())
    assert str(found.reason) == "what has been used cannot be measured again, and is known no better"


@pytest.mark.parametrize(("ceiling", "outcome"), [(0.4, "missed"), (7.0, "met")])
def test_development_is_decided_by_the_whole_interval(ceiling: float, outcome: str) -> None:
    found = judge_one(with_energy(1.0, 1.0), "development_kwh", used_wh=1000.0, development_kwh={"ceiling": ceiling})
    assert (found.outcome, found.reason) == (outcome, None)


# The margin


@pytest.mark.parametrize(
    ("right", "linear_wh", "ceiling", "outcome"),
    [
        # 1 Wh more, 0.5 to 6 times that, for some 250 more of a thousand: 0.0017 to 0.03 Wh each.
        (300, 2.0, 0.05, "met"),
        (300, 2.0, 0.01, "undetermined"),
        (300, 2.0, 0.001, "missed"),
        # Less energy, and more outcomes.
        (300, 0.5, 0.001, "met"),
        # More energy, and fewer outcomes.
        (100, 2.0, 1.0, "missed"),
        # Less energy, and fewer outcomes: there is no additional one to pay for.
        (100, 0.5, 1.0, "undetermined"),
        # Perhaps none more, but each of the most there can be takes far too much.
        (201, 50.0, 0.1, "missed"),
        (201, 2.0, 1.0, "undetermined"),
    ],
)
def test_an_additional_correct_outcome_is_held_against_what_it_may_take(
    right: int, linear_wh: float, ceiling: float, outcome: str
) -> None:
    campaign = make_contest(
        {"rules": 200, "linear": right}, rounds_wh={"rules": [1.0, 1.0, 1.01], "linear": [linear_wh, linear_wh, linear_wh * 1.001]}
    )
    assert judge_one(campaign, "marginal_energy_wh", marginal_energy_wh={"ceiling": ceiling}).outcome == outcome


def test_a_missed_margin_says_whether_the_energy_is_wasted() -> None:
    worse = make_contest({"rules": 200, "linear": 100}, rounds_wh={"rules": [1.0, 1.01], "linear": [2.0, 2.0]})
    found = judge_one(worse, "marginal_energy_wh", marginal_energy_wh={"ceiling": 1.0})
    assert str(found.reason) == "more energy than the baseline, and no additional correct outcome"
    dear = make_contest({"rules": 200, "linear": 201}, rounds_wh={"rules": [1.0, 1.01], "linear": [50.0, 50.0]})
    found = judge_one(dear, "marginal_energy_wh", marginal_energy_wh={"ceiling": 0.1})
    assert (
        str(found.reason) == "no additional correct outcome is shown, and as many as there may be take more than the ceiling each"
    )


def test_the_samples_that_settle_a_margin_settle_it_and_not_only_that_there_is_a_gain() -> None:
    def at(samples: int) -> Judged:
        campaign = make_contest(
            {"rules": samples // 2, "linear": samples // 2 + samples * 3 // 400},
            samples=samples,
            rounds_wh={"rules": [1.0, 1.0, 1.01], "linear": [2.0, 2.0, 2.001]},
        )
        return judge_one(campaign, "marginal_energy_wh", marginal_energy_wh={"ceiling": 1.0})

    found = at(400)
    assert (found.outcome, found.value, str(found.reason)) == ("undetermined", None, "no additional correct outcome is shown")
    more = next(message for message in found.settled_by if message.template == "about {samples} more test samples").figures[
        "samples"
    ]
    assert isinstance(more, int)
    assert at(400 + 400 * round(1.3 * more / 400)).outcome == "met"
    assert at(400 + 400 * int(more / 800)).outcome == "undetermined"


def test_one_round_leaves_a_margin_open_and_a_whole_campaign_settles_it() -> None:
    campaign = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0], "linear": [2.0]})
    found = judge_one(campaign, "marginal_energy_wh", marginal_energy_wh={"ceiling": 0.1})
    assert (found.outcome, str(found.reason)) == ("undetermined", "one round says nothing of how repeatable it is")
    assert settled_by(found) == ["5 rounds of 10 s"]


def test_a_hosted_services_margin_over_the_baseline_is_not_comparable_and_nothing_settles_it() -> None:
    rounds = [make_reading(components=(make_component("cpu", 0.1, "D"),), round_number=number) for number in (1, 2)]
    rules = make_run("rules", baseline=True, rounds=make_rounds(1.0, 1.1), predictions=make_answers(200, 400))
    hosted = make_run("hosted", rounds=rounds, predictions=make_answers(300, 400))
    campaign = make_campaign(rules, hosted, data=make_data(test_samples=400))
    found = judge_one(campaign, "marginal_energy_wh", name="hosted", marginal_energy_wh={"ceiling": 1.0})
    assert (found.outcome, found.settled_by) == ("undetermined", ())
    assert "class D" in str(found.reason)


def test_a_margin_across_machines_is_not_comparable_and_a_campaign_with_both_settles_it() -> None:
    rules = make_contest({"rules": 200})
    linear = make_contest({"linear": 300}, id="20261124-100000-bbbb", machine=make_machine(machine_id="fedcba9876543210"))
    found = judge_one(rules, "marginal_energy_wh", others=[linear], marginal_energy_wh={"ceiling": 1.0})
    assert (found.outcome, settled_by(found)) == ("undetermined", ["a campaign with both"])
    assert "machine" in str(found.reason)
    assert judge_one(rules, "quality_gain", others=[linear]).outcome == "met"


def test_without_a_baseline_or_a_metric_that_counts_there_is_no_margin_and_it_is_said_which() -> None:
    alone = judge_one(make_contest({"linear": 300}), "marginal_energy_wh", marginal_energy_wh={"ceiling": 1.0})
    assert (str(alone.reason), settled_by(alone)) == ("the baseline without AI was not measured", ["a campaign with the baseline"])
    both = make_contest({"rules": 200, "linear": 300})
    uncounted = judge_one(both, "marginal_energy_wh", metrics=[macro_f1], marginal_energy_wh={"ceiling": 1.0})
    assert (str(uncounted.reason), settled_by(uncounted)) == ("no metric of the task counts correct outcomes", [])


# A year in service


def served(mib: float | None = 1024.0, *, goal: str = "deployed_kwh_per_year", ceiling: float = 20.0, **changes: Any) -> Judged:
    """A candidate that holds so much memory of a server of 128 GiB, and whose requests take next to nothing."""
    campaign = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0, 1.01], "linear": [1.0, 1.01]})
    runs = [run.model_copy(update={"peak_memory_mib": mib}) for run in campaign.runs]
    idle = {} if changes.pop("idle", True) else {"readings": ()}
    of_year: dict[str, Any] = {goal: {"ceiling": ceiling}}
    goals = make_goals(deployment=changes.pop("deployment", make_deployment()), **of_year)
    return judged(case_of(campaign.model_copy(update={"runs": tuple(runs), **idle}), goals))[goal]


def test_a_year_lies_between_the_extremes_of_energy_and_of_the_rooms_pue() -> None:
    found = served()
    assert found.value is not None
    low, high = found.value.low, found.value.high
    assert low is not None
    assert high is not None
    # The share of 1/128 of 120 W all year is 8.21 kWh before PUE; the requests' 0.05 kWh count 0.5 to 6 times.
    assert low == pytest.approx(8.2125 * 1.2, rel=0.02)
    assert found.value.value == pytest.approx(8.2125 * 1.5, rel=0.02)
    assert high == pytest.approx(8.2125 * 2, rel=0.06)


@pytest.mark.parametrize(("ceiling", "outcome"), [(20.0, "met"), (12.0, "undetermined"), (9.0, "missed")])
def test_a_year_is_held_against_its_ceiling(ceiling: float, outcome: str) -> None:
    assert served(ceiling=ceiling).outcome == outcome


def test_the_noise_of_what_is_above_idle_is_in_the_years_interval() -> None:
    goals = make_goals(
        deployment=make_deployment(requests_per_year=50_000_000, requests_per_year_high=50_000_000),
        deployed_kwh_per_year={"ceiling": 1.0},
    )
    values = []
    for rounds_wh in ([1.0, 1.01], [0.6, 1.4]):
        campaign = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0, 1.01], "linear": rounds_wh})
        values.append(judged(case_of(campaign, goals))["deployed_kwh_per_year"].value)
    quiet, noisy = values
    assert quiet is not None
    assert noisy is not None
    assert (noisy.high or 0) > 2 * (quiet.high or 0)
    assert (noisy.low or 0) < (quiet.low or 0)


def test_energy_below_that_of_the_idle_machine_gives_nothing_back() -> None:
    campaign = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0, 1.01], "linear": [0.1, 0.11]})
    idle = [make_reading("idle", cpu_wh=5.0, ram_wh=5.0, samples=0)]
    goals = make_goals(deployment=make_deployment(), deployed_kwh_per_year={"ceiling": 20.0})
    found = judged(case_of(campaign.model_copy(update={"readings": tuple(idle)}), goals))["deployed_kwh_per_year"]
    reserved_kwh = 100 / 1024 / 128 * 120 * 8.76
    assert found.value == pytest.approx((reserved_kwh * 1.5, reserved_kwh * 1.2, reserved_kwh * 2))


def test_one_round_leaves_a_year_open_upwards() -> None:
    campaign = make_contest({"rules": 200, "linear": 300}, rounds_wh={"rules": [1.0], "linear": [1.0]})
    goals = make_goals(deployment=make_deployment(), deployed_kwh_per_year={"ceiling": 20.0})
    found = judged(case_of(campaign, goals))["deployed_kwh_per_year"]
    assert found.outcome == "undetermined"
    assert found.value is not None
    assert found.value.high is None
    assert str(found.reason) == "one round says nothing of how repeatable it is"
    assert settled_by(found) == ["5 rounds of 10 s"]


@pytest.mark.parametrize(("mib", "ceiling", "outcome"), [(None, 20.0, "undetermined"), (None, 0.01, "missed")])
def test_where_the_memory_is_not_known_a_year_may_take_more_but_not_less(mib: float | None, ceiling: float, outcome: str) -> None:
    found = served(mib, ceiling=ceiling)
    assert found.outcome == outcome
    assert found.value is not None
    assert found.value.high is None
    assert "its peak memory is not known" in str(found.reason)
    if outcome == "undetermined":
        assert settled_by(found) == ["its peak memory, which a predictor shows that can be saved and loaded"]


def test_a_rooms_own_pue_is_asked_for_where_it_alone_leaves_the_year_open() -> None:
    # 12.3 kWh at a PUE of 1.5, 9.9 to 16.4 between 1.2 and 2.
    found = served(ceiling=14.0)
    assert settled_by(found) == ["your room's own PUE in goals.toml, in place of 1.20 to 2.00"]
    known = make_deployment(pue_low=1.5, pue_high=1.5)
    assert served(ceiling=14.0, deployment=known).outcome == "met"


def test_the_making_is_asked_for_where_it_leaves_embodied_carbon_open() -> None:
    # 1/128 of 460, 900 and 2 087 kg over four years: 0.9, 1.76 and 4.1 kg.
    found = served(goal="embodied_kg_co2e_per_year", ceiling=3.0)
    assert found.value == pytest.approx((900 / 512, 460 / 512, 2087 / 512))
    assert settled_by(found) == ["what making your own server emitted in goals.toml, in place of 460 to 2 087 kg CO2e"]
    known = make_deployment(embodied_kg_co2e_low=900, embodied_kg_co2e_high=900)
    assert served(goal="embodied_kg_co2e_per_year", ceiling=3.0, deployment=known).outcome == "met"


def test_carbon_that_both_leave_open_is_settled_by_both() -> None:
    # Energy and making are each about a kilogram or two: neither alone brings the highest below 2.5 kg.
    found = served(goal="carbon_kg_co2e_per_year", ceiling=2.5)
    (message,) = settled_by(found)
    assert message.startswith(
        "your room's own PUE in goals.toml, in place of 1.20 to 2.00, and what making your own server emitted"
    )
    known = make_deployment(embodied_kg_co2e_low=900, embodied_kg_co2e_high=900, pue_low=1.5, pue_high=1.5)
    assert served(goal="carbon_kg_co2e_per_year", ceiling=2.5, deployment=known).outcome == "met"


def test_better_known_energy_is_asked_for_where_the_requests_decide() -> None:
    heavy = make_deployment(requests_per_year=50_000_000, requests_per_year_high=50_000_000, pue_low=1.5, pue_high=1.5)
    # 0.8 Wh above idle a thousand, 0.5 to 6 times that: 60 kWh, 30 to 360.
    found = served(ceiling=100.0, deployment=heavy)
    assert "a calibration against a wall meter (`preuve doctor --calibrate`)" in settled_by(found)


def test_without_a_deployment_a_year_is_undetermined() -> None:
    found = served(deployment=None)
    assert (found.outcome, settled_by(found)) == ("undetermined", ["[volume] and [deployment] in goals.toml"])


def test_without_an_idle_machine_a_year_is_undetermined() -> None:
    found = served(idle=False)
    assert (found.outcome, settled_by(found)) == ("undetermined", ["a campaign that is not interrupted"])


def test_another_outcome_at_the_high_volume_is_said() -> None:
    heavy = make_deployment(requests_per_year_high=100_000_000)
    found = served(ceiling=20.0, deployment=heavy)
    assert found.outcome == "met"
    assert str(found.reason) == "at the high volume of 100 000 000 requests a year it would be missed"
    assert served(ceiling=20.0).reason is None


def test_energy_and_making_at_the_high_volume_are_those_of_the_larger_share() -> None:
    # The CPU decides then: a share of the server that grows with the requests, and its making with it.
    busy = make_deployment(requests_per_year_high=3_000_000_000)
    found = served(goal="embodied_kg_co2e_per_year", ceiling=5.0, deployment=busy)
    assert found.outcome == "met"
    assert "at the high volume" in str(found.reason)


def test_the_extremes_hold_whatever_memory_pue_making_and_factor_are() -> None:
    """Whatever is true between the extremes, the year is between its own."""
    found = served(goal="carbon_kg_co2e_per_year", ceiling=2.0)
    assert found.value is not None
    for pue in (1.2, 1.7, 2.0):
        for making in (460, 1500, 2087):
            of_room = {"pue": pue, "pue_low": pue, "pue_high": pue}
            known = make_deployment(embodied_kg_co2e=making, embodied_kg_co2e_low=making, embodied_kg_co2e_high=making, **of_room)
            inside = served(goal="carbon_kg_co2e_per_year", ceiling=2.0, deployment=known).value
            assert inside is not None
            assert (found.value.low or 0) <= (inside.low or 0) + 1e-12
            assert (inside.high or 0) <= (found.value.high or 0) + 1e-12


def test_a_case_knows_how_right_each_answer_is() -> None:
    case = case_of(make_contest({"rules": 1, "linear": 3}, samples=4), make_goals())
    assert list(case.comparison.result("linear").right) == [1, 1, 1, 0]


# Answers that are texts


def never_measured_here(*_: object) -> Part:
    raise AssertionError


KEPT = text_metric("kept", never_measured_here)
LENGTH = text_metric("length", never_measured_here, higher_is_better=False, unit="words", bounds=(0.0, float("inf")))
FACTS = text_metric("facts", never_measured_here, needs="facts", counts_correct=True)
TEXT_METRICS = (KEPT, LENGTH, FACTS)
Parts = Sequence[tuple[float, float]]
UNKNOWN: Parts = [NOTHING_SAID] * 100
LEAD: dict[str, Parts] = {"kept": [Part(0.3), Part(0.5)] * 50, "length": [Part(200)] * 100, "facts": [Part(1, 3)] * 100}


def texts(facts: Parts | None = None, *, marks: Sequence[str] = ("facts",), **changes: Any) -> Campaign:
    """A writer of 90 or 110 words that keeps more than the lead of a hundred documents; without marks no facts are known."""
    writer: dict[str, Parts] = {
        "kept": [Part(0.6), Part(0.8)] * 50,
        "length": [Part(90), Part(110)] * 50,
        "facts": facts or [Part(2, 3), Part(3, 3)] * 50 if marks else UNKNOWN,
    }
    data = make_data(test_samples=100, classes=0, marks=tuple(marks))
    lead = LEAD if marks else {**LEAD, "facts": UNKNOWN}
    return make_text_contest({"lead": lead, "writer": writer}, data=data, **changes)


def judge_writer(campaign: Campaign, goal: str, **goals: Any) -> Judged:
    return judge_one(campaign, goal, name="writer", metrics=TEXT_METRICS, **goals)


@pytest.mark.parametrize(
    ("guardrail", "outcome"),
    [
        # 100 words on average, give or take 2.
        ({"metric": "length", "ceiling": 110}, "met"),
        ({"metric": "length", "ceiling": 99}, "undetermined"),
        ({"metric": "length", "ceiling": 101}, "undetermined"),
        ({"metric": "length", "ceiling": 90}, "missed"),
        # 0.7, give or take 0.02.
        ({"metric": "kept", "floor": 0.6}, "met"),
        ({"metric": "kept", "floor": 0.71}, "undetermined"),
        ({"metric": "kept", "floor": 0.8}, "missed"),
    ],
)
def test_a_guardrail_on_a_metric_is_judged_by_its_whole_interval(guardrail: dict[str, Any], outcome: str) -> None:
    found = judge_writer(texts(), f"guardrail {guardrail['metric']}", guardrail=[guardrail])
    assert found.outcome == outcome
    assert found.value is not None
    assert found.value.value == pytest.approx({"length": 100, "kept": 0.7}[guardrail["metric"]])
    assert [each.endswith("more test samples") for each in settled_by(found)] == ([True] if outcome == "undetermined" else [])


def test_several_guardrails_are_judged_each_by_its_own_metric() -> None:
    goals = make_goals(guardrail=[{"metric": "length", "ceiling": 90}, {"metric": "kept", "floor": 0.6}])
    found = judged(case_of(texts(), goals, metrics=TEXT_METRICS), "writer")
    assert (found["guardrail length"].outcome, found["guardrail kept"].outcome) == ("missed", "met")


def test_a_guardrail_of_one_test_sample_is_undetermined() -> None:
    one = {name: {metric: parts[:1] for metric, parts in LEAD.items()} for name in ("lead", "writer")}
    campaign = make_text_contest(one, data=make_data(test_samples=1, classes=0, marks=("facts",)))
    found = judge_writer(campaign, "guardrail length", guardrail=[{"metric": "length", "ceiling": 900}])
    assert (found.outcome, str(found.reason)) == ("undetermined", "there is no interval of length: the test is too small")


def test_a_guardrail_on_a_metric_that_says_nothing_is_no_number_and_undetermined() -> None:
    found = judge_writer(texts(UNKNOWN), "guardrail facts", guardrail=[{"metric": "facts", "floor": 0.5}])
    assert (found.outcome, found.value, str(found.reason)) == ("undetermined", None, "facts is not a number")


@pytest.mark.parametrize("goal", ["quality", "quality_gain", "guardrail facts"])
def test_a_metric_whose_column_the_data_lack_leaves_its_goals_undetermined_and_says_so(goal: str) -> None:
    goals: dict[str, Any] = {
        "quality": {"metric": "facts", "floor": 0.5}, "quality_gain": {"floor": 0.1},
        "guardrail": [{"metric": "facts", "floor": 0.5}],
    }  # fmt: skip
    found = judge_writer(texts(marks=()), goal, **goals)
    assert (found.outcome, found.value) == ("undetermined", None)
    assert str(found.reason) == "the data have no column facts, without which facts says nothing"
    assert settled_by(found) == ["data with the column facts"]
    assert judge_writer(texts(), goal, **goals).outcome == "met"


def test_goals_on_other_metrics_do_not_mind_a_column_that_the_data_lack() -> None:
    goals: dict[str, Any] = {"quality": {"metric": "kept", "floor": 0.5}, "quality_gain": {"floor": 0.1}}
    for goal in goals:
        assert judge_writer(texts(marks=()), goal, **goals).outcome == "met"


def text_slice(facts: Parts, channels: Sequence[str] = ("memo", "act") * 50, **slice_: Any) -> Judged:
    goal = {"slice": "channel", "floor": 0.6} | slice_
    key = "slice_recall channel" + (f"={goal['value']}" if "value" in goal else "")
    return judge_writer(texts(facts, slices={"channel": tuple(channels)}), key, slice_recall=[goal])


def test_a_slice_of_texts_is_judged_by_the_shares_found_in_them() -> None:
    found = text_slice([Part(9, 10), Part(2, 10)] * 50)
    assert (found.outcome, str(found.reason)) == ("missed", "lowest: act, 50 test samples")
    assert found.value is not None
    assert found.value.value == pytest.approx(0.2)
    assert text_slice([Part(9, 10), Part(8, 10)] * 50).outcome == "met"


def test_documents_that_nothing_is_known_of_are_neither_right_nor_wrong() -> None:
    # Half of the acts have no facts that could be told.
    facts = [Part(9, 10), Part(8, 10), Part(9, 10), NOTHING_SAID] * 25
    found = text_slice(facts, floor=0.5)
    assert (found.outcome, str(found.reason)) == ("met", "lowest: act, 25 test samples")
    named = text_slice(facts, value="act", floor=0.5)
    assert named.outcome == "met"
    assert named.value is not None
    assert named.value.value == pytest.approx(0.8)


def test_a_value_of_which_no_document_is_known_has_no_sample() -> None:
    found = text_slice([Part(9, 10), NOTHING_SAID] * 50, value="act")
    assert (found.outcome, str(found.reason)) == ("undetermined", "the test has no sample with channel = act")


def test_where_no_document_is_known_the_slices_are_undetermined_and_say_so() -> None:
    for which in ({}, {"value": "act"}):
        found = text_slice(UNKNOWN, **which)
        assert (found.outcome, str(found.reason)) == ("undetermined", "nothing in the test data says how right an answer is")
        assert settled_by(found) == ["test data with what the metrics go by"]
