"""A candidate that takes its time and hardly any energy."""

from __future__ import annotations

from typing import Any

import pytest

from evaluation.energy.reading import Reading
from evaluation.judgement.checks.advice import Advice
from evaluation.run import Campaign
from tests.evaluation.judgement.checks.sound import advice_on, changed, codes, each_reading, of_candidate, readings, sound_campaign
from tests.records import make_component, make_machine

SOUND = sound_campaign()


def linear(ms_per_sample: float, busy: float, *, ms_alone: float = 0.5, busy_alone: float = 1.0) -> Campaign:
    """A campaign in which linear takes so long, a core being busy for a part of that; the baseline takes 0.5 ms of a busy one."""
    taken = readings(ms_per_sample, ms_alone=ms_alone, busy=busy, busy_alone=busy_alone)
    return changed(SOUND, of_candidate("linear", readings=tuple(taken), latency_p50_ms=ms_alone))


def one(campaign: Campaign) -> Advice:
    (advice,) = advice_on(campaign)
    assert (advice.code, advice.candidates) == ("P012", ("linear",))
    return advice


def test_time_without_energy_is_told_with_how_busy_a_core_is() -> None:
    advice = one(linear(10.0, 0.05))
    # Windows of the two are not of the same length to the millisecond.
    assert advice.found.figures["times"] == pytest.approx(20, rel=0.01)
    assert advice.found.figures["energy"] == pytest.approx(1, rel=0.01)
    assert str(advice.found).startswith("slow for its energy: linear takes 20.0 times the baseline's time a sample and ")
    assert str(advice.found).endswith(" times its energy above idle, and keeps 0.0500 of a core busy")
    assert str(advice.remedy).startswith("see what it waits for (network, disk, GPU)")


@pytest.mark.parametrize(("ms_per_sample", "expected"), [(1.45, []), (1.55, ["P012"])])
def test_less_than_three_times_the_time_is_not_slow(ms_per_sample: float, expected: list[str]) -> None:
    assert codes(advice_on(linear(ms_per_sample, 0.2))) == expected


@pytest.mark.parametrize(("busy", "expected"), [(0.36, []), (0.31, ["P012"])])
def test_a_third_of_the_power_is_enough_for_its_time(busy: float, expected: list[str]) -> None:
    assert codes(advice_on(linear(50.0, busy))) == expected


def test_a_slow_candidate_that_works_is_slow_and_no_more() -> None:
    assert codes(advice_on(linear(500.0, 1.0))) == []


def test_one_input_alone_can_be_what_waits() -> None:
    advice = one(linear(0.5, 1.0, ms_alone=100.0, busy_alone=0.01))
    assert "takes 200 times the baseline's time for one input alone and 2.00 times its energy" in str(advice.found)


def test_a_candidate_that_takes_no_more_than_the_idle_machine_is_told() -> None:
    assert "and 0 times its energy above idle" in str(one(linear(50.0, 0.0)).found)


def test_a_gpu_whose_energy_is_seen_explains_the_time() -> None:
    waiting = linear(50.0, 0.05)
    gpu = make_component("gpu", 0.2, "B", "NVML counter")

    def with_gpu(campaign: Campaign) -> Campaign:
        return changed(
            campaign,
            lambda run: (
                {
                    "readings": tuple(
                        each.model_copy(update={"components": (*each.components, gpu)}) if each.kind != "fit" else each
                        for each in run.readings
                    )
                }
                if run.candidate == "linear"
                else {}
            ),
        )

    assert codes(advice_on(waiting)) == ["P012"]
    assert codes(advice_on(with_gpu(waiting))) == []


def test_behind_a_model_of_the_cpu_its_seconds_count_and_not_the_cube_of_its_load() -> None:
    modelled = make_machine(declared={"host_tdp_w": 120.0, "ram_w": 10.0})

    def cube(each: Reading) -> dict[str, Any]:
        load = each.cpu_seconds / each.duration_s
        ram = each.part("ram")
        return {"components": (make_component("cpu", (10 + 50 * load**3) * each.duration_s / 3600, "B"), ram)}

    def cubed(campaign: Campaign) -> Campaign:
        return each_reading(campaign, cube).model_copy(update={"machine": modelled})

    # Half busy, so an eighth of the power above idle by the model.
    assert codes(advice_on(cubed(linear(50.0, 0.5)))) == []
    assert codes(advice_on(cubed(linear(50.0, 0.3)))) == ["P012"]


def test_without_an_idle_window_nothing_is_above_idle() -> None:
    assert codes(advice_on(linear(50.0, 0.05).model_copy(update={"readings": ()}))) == []


def test_without_a_baseline_nothing_is_slower_than_it() -> None:
    campaign = linear(50.0, 0.05)
    rest = campaign.model_copy(update={"runs": tuple(each for each in campaign.runs if not each.baseline)})
    assert codes(advice_on(rest)) == ["P001"]
