"""What holds for all numbered checks: silent on a sound campaign, never broken by a poor one, short, and all of them asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.goals import Goals
from evaluation.judgement import checks
from evaluation.judgement.checks import CHECKS, advise
from evaluation.judgement.checks.advice import Examined
from evaluation.metrics import Metric, tally_means
from evaluation.run import Campaign, Protocol, Run
from tests.evaluation.judgement.checks.sound import (
    GOALS,
    advice_on,
    changed,
    codes,
    examine,
    reading,
    run,
    sound_campaign,
    sound_data,
    without_figures,
)
from tests.records import make_machine

# A terminal of 100 columns, two lines, with the code before it.
LONGEST = 200
SOUND = sound_campaign()
NOT_A_NUMBER = Metric("odd", lambda answers: tally_means(np.full(len(answers.expected), nan)))


def only(*names: str) -> Callable[[Campaign], Campaign]:
    """Leaves a campaign these candidates."""
    return lambda campaign: campaign.model_copy(update={"runs": tuple(each for each in campaign.runs if each.candidate in names)})


def ended(status: str, which: Callable[[Run], bool] = lambda _: True, **changes: Any) -> Campaign:
    return changed(SOUND, lambda each: without_figures(each, status, **changes) if which(each) else {})


def is_baseline(each: Run) -> bool:
    return each.baseline


def is_linear(each: Run) -> bool:
    return each.candidate == "linear"


def with_scores(score: float | None) -> Campaign:
    def change(each: Run) -> dict[str, Any]:
        return {"predictions": tuple(answer.model_copy(update={"score": score}) for answer in each.predictions)}

    return changed(SOUND, change)


def few_samples(number: int) -> Campaign:
    campaign = changed(SOUND, lambda each: {"predictions": each.predictions[:number]})
    slices = {"channel": SOUND.slices["channel"][:number]}
    return campaign.model_copy(update={"data": sound_data(test_samples=number), "slices": slices})


POOR: dict[str, Campaign] = {
    "nothing finished": ended("failed", reason="ValueError in linear.py, line 3", remedy="mend the candidate"),
    "nothing available": ended("unavailable", reason="no network", remedy="hf download model"),
    "all interrupted": ended("interrupted"),
    "without a reading": changed(SOUND, lambda _: {"status": "interrupted", "readings": (), "predictions": ()}),
    "one candidate failed": ended("failed", is_linear, reason="ValueError"),
    "one seed of a candidate failed": ended("failed", lambda each: is_linear(each) and each.seed == 1, reason="ValueError"),
    "the baseline failed": ended("failed", is_baseline, reason="ValueError"),
    "without a baseline": only("linear", "forest")(SOUND),
    "the baseline alone": only("keywords")(SOUND),
    "one run": sound_campaign(run("linear", 0, 1.0, 9)),
    "without answers": changed(SOUND, lambda _: {"predictions": ()}),
    "without confidence": with_scores(None),
    "with a confidence that is no number": with_scores(nan),
    "one sample": few_samples(1),
    "two samples": few_samples(2),
    "one round": changed(SOUND, lambda each: {"readings": each.readings[:3]}),
    "without an idle window": SOUND.model_copy(update={"readings": ()}),
    "without single inputs": changed(
        SOUND, lambda each: {"latency_p50_ms": None, "readings": (each.readings[0], *each.readings[2:])}
    ),
    "without slices": SOUND.model_copy(update={"slices": {}}),
    "under goals that are not recorded": SOUND.model_copy(update={"goals": "", "goals_sha256": "0" * 64}),
    "a record of old": SOUND.model_copy(update={"data": sound_data(expires=None, near_duplicates_looked_at=0)}),
    "unreadable goals": SOUND.model_copy(update={"goals": "[[", "goals_sha256": "0" * 64}),
}
# What each check warns about, all in one campaign as far as that goes: for the length of what they say.
SPOILED: dict[str, Campaign] = {
    "not better": sound_campaign(*SOUND.runs, run("majority", 0, 0.1, 0, 1, 2, 3), run("majority", 1, 0.1, 0, 1, 2, 3)),
    "worse": sound_campaign(
        *SOUND.runs, run("majority", 0, 0.1, 0, 1, 2, 3, 4, 5, 6), run("majority", 1, 0.1, 0, 1, 2, 3, 4, 5, 6)
    ),
    "small": few_samples(24),
    "data": SOUND.model_copy(
        update={
            "data": sound_data(
                expires=None,
                overlap=12,
                relabelled=120,
                near_duplicates=30,
                near_duplicate_ids=("D1000 = D2000", "D1001 = D2001", "x = y"),
            )
        }
    ),
    "quick": SOUND.model_copy(update={"protocol": Protocol(quick=True, rounds=3, window_s=2.0, seeds=1)}),
    "undeclared": SOUND.model_copy(update={"machine": make_machine()}),
    "interrupted": SOUND.model_copy(update={"status": "interrupted", "reason": "the POC's development budget is spent"}),
}


@cache
def examined(name: str) -> Examined:
    return examine({**POOR, **SPOILED}[name])


def test_nothing_is_said_of_a_sound_campaign() -> None:
    assert advice_on(SOUND) == []


def test_nothing_is_said_of_two_sound_campaigns_side_by_side() -> None:
    other = SOUND.model_copy(update={"id": "20261124-190559-aaaa"})
    assert advice_on(SOUND, other) == []


def test_every_check_is_asked_in_the_order_of_the_numbers() -> None:
    modules = sorted(path.stem for path in Path(checks.__path__[0]).glob("p[0-9]*.py"))
    assert [check.__module__.rsplit(".", 1)[-1] for check in CHECKS] == modules
    assert [re.match(r"p(\d+)_", name)[1] for name in modules] == [f"{number:03}" for number in range(1, len(modules) + 1)]  # type: ignore[index]


def test_every_check_has_a_code_of_its_number_and_a_test_of_its_name() -> None:
    tests = {path.stem for path in Path(__file__).parent.glob("test_p*.py")}
    for check in CHECKS:
        name = check.__module__.rsplit(".", 1)[-1]
        assert check.__globals__["CODE"] == name[:4].upper()
        assert f"test_{name}" in tests


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__globals__["CODE"])
@pytest.mark.parametrize("name", POOR)
def test_a_poor_campaign_breaks_no_check(check: checks.Check, name: str) -> None:
    for advice in check(examined(name)):
        assert advice.code == check.__globals__["CODE"]
        assert str(advice.found)
        assert str(advice.remedy)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__globals__["CODE"])
def test_a_metric_that_is_no_number_breaks_no_check(check: checks.Check) -> None:
    list(check(examine(SOUND, metrics=(NOT_A_NUMBER,))))


@pytest.mark.parametrize("name", [*POOR, *SPOILED])
def test_advice_fits_into_two_lines_and_has_no_gap(name: str) -> None:
    for advice in advise(examined(name)):
        for message in (str(advice.found), str(advice.remedy)):
            assert len(f"{advice.code} {message}") < LONGEST
            assert not re.search(r"[{}]|None|nan|[^.]\.$|  ", message), message


@pytest.mark.parametrize("name", [*POOR, *SPOILED])
def test_advice_is_about_candidates_of_the_comparison(name: str) -> None:
    names = {result.name for result in examined(name).comparison.results}
    assert all(set(advice.candidates) <= names for advice in advise(examined(name)))


def test_advice_on_one_of_two_campaigns_says_whose_it_is() -> None:
    other = SOUND.model_copy(update={"id": "20261124-190559-aaaa", "status": "interrupted"})
    (advice,) = [each for each in advice_on(SOUND, other) if each.code == "P007"]
    assert advice.candidates == ("keywords (aaaa)", "linear (aaaa)", "forest (aaaa)")


def test_nothing_was_asked_of_a_campaign_without_goals_on_classes() -> None:
    goals = Goals({}, GOALS.text)
    assert codes(advice_on(SOUND, goals=goals)) == []


def test_the_kinds_of_windows_do_not_matter_to_a_sound_campaign() -> None:
    more = changed(SOUND, lambda each: {"readings": (*each.readings, reading("memory", duration_s=1.0, busy=0.2, samples=0))})
    assert advice_on(more) == []
