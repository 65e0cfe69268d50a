"""A reading adds up its components with their bounds, is quoted for any number of samples, and comes back as it was written."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from evaluation.energy.calibration import Phase
from evaluation.energy.evidence import ComponentName
from evaluation.energy.reading import (
    JOULES_PER_WH,
    Component,
    Kind,
    Outcome,
    Reading,
    above_idle_wh,
    second_estimate_wh,
)
from evaluation.energy.self_test import mean_power_w
from tests.records import STARTED, make_component, make_reading

ENERGY_WH = st.floats(0, 1e6)
SECONDS = st.floats(0, 1e6)
DURATION_S = st.floats(1e-3, 1e6)
NAMES: tuple[ComponentName, ...] = get_args(ComponentName)

COMPONENTS = st.lists(
    st.builds(make_component, st.sampled_from(NAMES), ENERGY_WH, st.sampled_from("ABCD"), st.text(max_size=20)),
    min_size=1,
    max_size=3,
    unique_by=lambda part: part.name,
).map(tuple)
READINGS = st.builds(
    Reading,
    kind=st.sampled_from(get_args(Kind)),
    outcome=st.sampled_from(get_args(Outcome)),
    reason=st.none() | st.text(max_size=20),
    attempt=st.integers(1, 3),
    started=st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)),  # noqa: DTZ001  # `timezones` puts it in
    duration_s=DURATION_S,
    components=COMPONENTS,
    cpu_seconds=SECONDS,
    foreign_cpu_seconds=SECONDS,
    stolen_seconds=SECONDS,
    cpu_estimate_wh=ENERGY_WH,
    calibrated_by=st.floats(0.1, 10),
    gpu_shared=st.booleans(),
    longest_gap_s=SECONDS,
    samples=st.integers(1, 10**9),
    round=st.none() | st.integers(1, 100),
)
# A busy machine is slow at times.
patient = settings(deadline=None, max_examples=50)
# A sum of a few figures loses no more than this to rounding, even where some of them are tiny.
ROUNDING = 1e-9


@patient
@given(READINGS)
def test_energy_is_that_of_all_components_together(reading: Reading) -> None:
    by_name = {part.name: part.energy_wh for part in reading.components}
    assert reading.energy_wh == pytest.approx(sum(by_name.get(name, 0.0) for name in NAMES), rel=ROUNDING, abs=ROUNDING)


@patient
@given(st.lists(READINGS, max_size=5))
def test_the_energy_of_windows_is_that_of_their_components_in_any_order(readings: list[Reading]) -> None:
    in_each = sum(reading.energy_wh for reading in readings)
    in_all = sum(part.energy_wh for name in NAMES for reading in readings if (part := reading.part(name)))
    assert in_each == pytest.approx(in_all, rel=ROUNDING, abs=ROUNDING)


@patient
@given(READINGS)
def test_a_reading_lies_between_its_bounds_and_so_do_its_components(reading: Reading) -> None:
    everything: list[Reading | Component] = [reading, *reading.components]
    for known in everything:
        assert known.low_wh <= known.energy_wh <= known.high_wh


def test_the_bounds_of_a_total_are_those_of_its_components_together() -> None:
    reading = make_reading(cpu_wh=10.0, ram_wh=1.0, measured=True)
    # A counter of the CPU: 0.9 to 3; a constant of the memory: 0.5 to 6.
    assert reading.low_wh == pytest.approx(9.5)
    assert reading.high_wh == pytest.approx(36.0)


@pytest.mark.parametrize(
    ("low_wh", "high_wh"), [(1.1, 2.0), (0.5, 0.9), (-0.1, 2.0), (float("nan"), 2.0), (0.5, float("nan")), (2.0, 0.5)]
)
def test_an_interval_that_does_not_hold_the_value_is_refused(low_wh: float, high_wh: float) -> None:
    with pytest.raises(ValidationError, match=r"cpu: 1\.0 Wh does not lie between"):
        Component(name="cpu", energy_wh=1.0, evidence="B", backend="RAPL", low_wh=low_wh, high_wh=high_wh)


@pytest.mark.parametrize("energy_wh", [-1.0, float("nan")])
def test_an_energy_below_nothing_is_refused(energy_wh: float) -> None:
    with pytest.raises(ValidationError, match="does not lie between"):
        Component(name="cpu", energy_wh=energy_wh, evidence="B", backend="RAPL", low_wh=-1.0, high_wh=0.0)


def test_a_gpu_counts_like_any_other_component() -> None:
    reading = make_reading(cpu_wh=1.0, ram_wh=2.0)
    with_gpu = reading.model_copy(update={"components": (*reading.components, make_component("gpu", 7.0, "B"))})
    assert with_gpu.energy_wh == 10.0
    assert with_gpu.mix == {"cpu": 0.1, "ram": 0.2, "gpu": 0.7}


@patient
@given(READINGS)
def test_the_mix_has_a_share_for_each_component_and_sums_to_one(reading: Reading) -> None:
    assert set(reading.mix) == {part.name for part in reading.components}
    assert all(0 <= share <= 1 for share in reading.mix.values())
    if reading.energy_wh > 0:
        assert sum(reading.mix.values()) == pytest.approx(1)


def test_nothing_has_no_mix() -> None:
    assert make_reading(cpu_wh=0.0, ram_wh=0.0).mix == {"cpu": 0.0, "ram": 0.0}


def test_parts_that_are_known_alike_decide_together() -> None:
    # 6 % is modelled, in two parts of 3 %.
    parts = (make_component("gpu", 94.0, "B"), make_component("cpu", 3.0, "C"), make_component("ram", 3.0, "C"))
    assert make_reading(components=parts).evidence == "C"
    assert make_reading(components=parts[:2]).evidence == "B"


def test_without_components_there_is_no_class_and_no_energy() -> None:
    reading = make_reading(components=(), outcome="unreadable")
    assert (reading.evidence, reading.energy_wh, reading.low_wh, reading.high_wh, reading.mix) == (None, 0.0, 0.0, 0.0, {})


def test_energy_is_quoted_for_any_number_of_samples() -> None:
    assert make_reading(cpu_wh=1.0, ram_wh=1.0, samples=500).energy_wh_per(1000) == 4.0


@patient
@given(READINGS, st.integers(0, 10**6), st.integers(2, 10))
def test_energy_grows_in_step_with_the_samples_it_is_quoted_for(reading: Reading, samples: int, times: int) -> None:
    assert reading.energy_wh_per(times * samples) == pytest.approx(times * reading.energy_wh_per(samples))


@patient
@given(READINGS)
def test_energy_for_as_many_samples_as_there_were_is_that_of_the_window(reading: Reading) -> None:
    assert reading.energy_wh_per(reading.samples) == pytest.approx(reading.energy_wh)
    assert reading.energy_wh_per(1) * reading.samples == pytest.approx(reading.energy_wh)


@patient
@given(READINGS, st.integers(1, 10**6))
def test_any_quantity_of_the_window_is_quoted_like_its_energy(reading: Reading, samples: int) -> None:
    assert reading.energy_wh * reading.per_sample(samples) == pytest.approx(reading.energy_wh_per(samples))


def test_a_window_without_samples_has_no_energy_per_sample() -> None:
    with pytest.raises(ValueError, match="idle window without samples"):
        make_reading("idle", samples=0).energy_wh_per(1000)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [("complete", True), ("disturbed", True), ("repeated", False), ("cut short", False), ("unreadable", False)],
)
def test_only_windows_that_came_to_their_end_and_were_not_replaced_count(outcome: Outcome, counts: bool) -> None:
    assert make_reading(outcome=outcome).counts is counts


def test_every_outcome_is_known_to_the_test_above() -> None:
    assert set(get_args(Outcome)) == {"complete", "disturbed", "repeated", "cut short", "unreadable"}


def test_foreign_cores_are_their_seconds_over_the_windows() -> None:
    assert make_reading(duration_s=10.0, foreign_cpu_seconds=5.0).foreign_cores == 0.5
    assert make_reading(duration_s=0.0, foreign_cpu_seconds=5.0).foreign_cores == 0.0


def test_a_component_is_found_by_its_name() -> None:
    reading = make_reading(ram_wh=2.0)
    ram = reading.part("ram")
    assert ram is not None
    assert ram.energy_wh == 2.0
    assert reading.part("gpu") is None


def test_idle_power_is_taken_off_for_as_long_as_the_window_lasted() -> None:
    # 2 Wh in 20 s are 1 Wh in 10 s.
    idle = make_reading("idle", cpu_wh=1.5, ram_wh=0.5, duration_s=20.0)
    assert above_idle_wh(make_reading(cpu_wh=2.0, ram_wh=1.0, duration_s=10.0), idle) == pytest.approx(2.0)


@patient
@given(READINGS)
def test_an_idle_machine_uses_nothing_above_idle(reading: Reading) -> None:
    assert above_idle_wh(reading, reading) == pytest.approx(0, abs=1e-9 * (1 + reading.energy_wh))


@patient
@given(ENERGY_WH, ENERGY_WH, st.floats(1, 1000), ENERGY_WH, st.floats(1, 1000))
def test_what_windows_used_above_idle_adds(
    first_wh: float, second_wh: float, duration_s: float, idle_wh: float, idle_s: float
) -> None:
    idle = make_reading("idle", cpu_wh=idle_wh, ram_wh=0.0, duration_s=idle_s)
    first, second, both = (
        make_reading(cpu_wh=energy_wh, ram_wh=0.0, duration_s=lasted_s)
        for energy_wh, lasted_s in ((first_wh, duration_s), (second_wh, 2 * duration_s), (first_wh + second_wh, 3 * duration_s))
    )
    apart = above_idle_wh(first, idle) + above_idle_wh(second, idle)
    assert above_idle_wh(both, idle) == pytest.approx(apart, abs=1e-9 * (1 + both.energy_wh + idle_wh * 3 * duration_s / idle_s))


def test_the_second_estimate_replaces_the_cpu_alone() -> None:
    parts = (make_component("cpu", 3.0), make_component("gpu", 20.0, "B"), make_component("ram", 2.0))
    assert second_estimate_wh(make_reading(components=parts, cpu_estimate_wh=1.0)) == pytest.approx(23.0)


def test_without_a_cpu_there_is_nothing_to_replace() -> None:
    reading = make_reading(components=(make_component("ram", 2.0),), cpu_estimate_wh=1.0)
    assert second_estimate_wh(reading) == 2.0


def test_a_watt_hour_is_a_watt_for_an_hour() -> None:
    hour = make_reading(cpu_wh=0.25, ram_wh=0.75, duration_s=3600.0)
    assert mean_power_w(hour) == pytest.approx(1.0)


@patient
@given(st.floats(1e-3, 1e5), DURATION_S)
def test_a_power_over_time_is_an_energy_and_back(power_w: float, duration_s: float) -> None:
    joules = power_w * duration_s
    energy_wh = joules / JOULES_PER_WH
    assert energy_wh * JOULES_PER_WH == pytest.approx(joules)
    assert mean_power_w(make_reading(cpu_wh=energy_wh, ram_wh=0.0, duration_s=duration_s)) == pytest.approx(power_w)
    assert Phase(name="idle", started=STARTED, duration_s=duration_s, energy_wh=energy_wh).power_w == pytest.approx(power_w)


@patient
@given(READINGS)
def test_what_is_read_back_is_what_was_written(reading: Reading) -> None:
    assert Reading.model_validate_json(reading.model_dump_json()) == reading
    assert Reading.model_validate(reading.model_dump(mode="json")) == reading


def test_a_field_that_no_reading_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="energy_kwh"):
        Reading.model_validate({**make_reading().model_dump(), "energy_kwh": 1.0})


def test_a_reading_does_not_change_after_it_was_taken() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        make_reading().samples = 2
