"""A reading adds up its components, and tells which part of the sum is no observation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evaluation.energy.reading import Component, Reading
from tests.records import make_reading

ENERGY_WH = st.floats(0, 1e6)


@given(ENERGY_WH, ENERGY_WH)
def test_energy_is_that_of_all_components_together(cpu_wh: float, ram_wh: float) -> None:
    assert make_reading(cpu_wh=cpu_wh, ram_wh=ram_wh).energy_wh == pytest.approx(cpu_wh + ram_wh)


def test_a_gpu_counts_like_any_other_component() -> None:
    gpu = Component(name="gpu", energy_wh=7.0, method="counter", measured=True)
    reading = make_reading(cpu_wh=1.0, ram_wh=2.0)
    assert reading.model_copy(update={"components": (*reading.components, gpu)}).energy_wh == 10.0


@pytest.mark.parametrize(("cpu_wh", "ram_wh", "share"), [(1.0, 3.0, 0.75), (1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.0)])
def test_only_the_memory_is_a_constant(cpu_wh: float, ram_wh: float, share: float) -> None:
    assert make_reading(cpu_wh=cpu_wh, ram_wh=ram_wh).constant_share == share


@given(ENERGY_WH, ENERGY_WH)
def test_the_constant_share_lies_between_none_and_all(cpu_wh: float, ram_wh: float) -> None:
    assert 0 <= make_reading(cpu_wh=cpu_wh, ram_wh=ram_wh).constant_share <= 1


def test_energy_is_quoted_for_any_number_of_samples() -> None:
    assert make_reading(cpu_wh=1.0, ram_wh=1.0, samples=500).energy_wh_per(1000) == 4.0


@given(ENERGY_WH, st.integers(1, 10**6))
def test_energy_for_as_many_samples_as_there_were_is_that_of_the_window(cpu_wh: float, samples: int) -> None:
    reading = make_reading(cpu_wh=cpu_wh, samples=samples)
    assert reading.energy_wh_per(samples) == pytest.approx(reading.energy_wh)


def test_a_window_without_samples_has_no_energy_per_sample() -> None:
    with pytest.raises(ValueError, match="idle window without samples"):
        make_reading("idle", samples=0).energy_wh_per(1000)


def test_what_is_read_back_is_what_was_written() -> None:
    reading = make_reading(round_number=3, measured=True)
    assert Reading.model_validate_json(reading.model_dump_json()) == reading


def test_a_field_that_no_reading_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="energy_kwh"):
        Reading.model_validate({**make_reading().model_dump(), "energy_kwh": 1.0})


def test_a_reading_does_not_change_after_it_was_taken() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        make_reading().samples = 2
