"""Others on the machine."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.judgement.checks.advice import Advice
from evaluation.run import Campaign
from tests.evaluation.judgement.checks.sound import advice_on, changed, codes, each_reading, reading, sound_campaign

SOUND = sound_campaign()


def with_first_reading(candidate: str, **changes: Any) -> Campaign:
    def change(each: Any) -> dict[str, Any]:
        if (each.candidate, each.seed) != (candidate, 0):
            return {}
        return {"readings": (each.readings[0].model_copy(update=changes), *each.readings[1:])}

    return changed(SOUND, change)


def one(campaign: Campaign) -> Advice:
    (advice,) = advice_on(campaign)
    assert advice.code == "P010"
    return advice


def test_windows_that_were_kept_are_counted_with_the_candidates_that_they_are_of() -> None:
    # The fit took two seconds.
    advice = one(with_first_reading("linear", outcome="disturbed", foreign_cpu_seconds=3.0))
    assert str(advice.found) == "windows that were kept though others used up to 1.50 cores in them: 1, of linear"
    assert advice.candidates == ("linear",)
    assert str(advice.remedy).startswith("measure again on a quiet machine: preuve run")


@pytest.mark.parametrize("outcome", ["complete", "cut short", "unreadable"])
def test_other_windows_were_not_disturbed(outcome: str) -> None:
    assert codes(advice_on(with_first_reading("linear", outcome=outcome, foreign_cpu_seconds=3.0))) == []


def test_a_disturbed_idle_window_is_told() -> None:
    idle = reading("idle", duration_s=5.0, busy=0.0, samples=0, outcome="disturbed", foreign_cpu_seconds=1.0)
    advice = one(SOUND.model_copy(update={"readings": (idle,)}))
    assert str(advice.found).endswith("up to 0.200 cores in them: 1, of the idle machine")
    assert advice.candidates == ()
    both = with_first_reading("linear", outcome="disturbed").model_copy(update={"readings": (idle,)})
    assert str(one(both).found).endswith("2, of linear and the idle machine")


def test_windows_that_were_measured_again_are_counted() -> None:
    again = reading("fit", duration_s=2.0, samples=800, outcome="repeated", foreign_cpu_seconds=2.0)
    campaign = changed(SOUND, lambda each: {"readings": (again, *each.readings)} if each.candidate == "linear" else {})
    advice = one(campaign)
    assert str(advice.found) == "windows measured again, because others used the machine: 2"
    assert advice.candidates == ()


@pytest.mark.parametrize(("share", "expected"), [(0.0499, []), (0.0502, ["P010"])])
def test_the_host_may_take_a_twentieth_of_a_cores_time(share: float, expected: list[str]) -> None:
    campaign = each_reading(SOUND, lambda each: {"stolen_seconds": each.duration_s * share})
    # Of the idle window nothing was taken; it is a hundredth of the whole or less.
    advice = advice_on(campaign.model_copy(update={"readings": ()}))
    assert codes(advice) == expected
    assert all("the host gave 5.02 % of a core's time" in str(each.found) for each in advice)


def test_a_gpu_that_others_held_is_told() -> None:
    assert str(one(with_first_reading("linear", gpu_shared=True)).found).endswith("their energy is in the figures: 1")
