"""A wall meter's file is read whatever its spelling, its factor is found or refused in words, and kept whole or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import itertools
import json
import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.energy.calibration import (
    Calibration,
    Phase,
    fit_calibration,
    load_calibration,
    save_calibration,
    why_not_valid,
)
from evaluation.energy.wall_meter import MeterCurve, Quantity, read_meter
from evaluation.exceptions import DataError, HomeError, MeterError

BEGAN = dt.datetime(2026, 11, 24, 13, 3, 5, tzinfo=dt.UTC)
NAMES = ("idle", "one core", "all cores", "A", "A again")
POWERS_W = (20.0, 32.0, 61.0, 48.0, 48.0)
A_DAY = dt.date(2026, 11, 24)


@pytest.fixture(autouse=True, scope="module")
def _in_france() -> Iterator[None]:
    # Times without an offset are local, so what they mean must not depend on where the tests run.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture(autouse=True)
def _usual_field_limit() -> Iterator[None]:
    # Reading data files raises it for the whole process.
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


def phases_of(powers_w: Sequence[float] = POWERS_W, duration_s: float = 30.0) -> list[Phase]:
    """A self-test whose phases follow each other without a pause."""
    return [
        Phase(
            name=NAMES[number % 5],
            started=BEGAN + dt.timedelta(seconds=number * duration_s),
            duration_s=duration_s,
            energy_wh=power_w * duration_s / 3600,
        )
        for number, power_w in enumerate(powers_w)
    ]


def curve_of(
    powers_w: Sequence[float],
    duration_s: float = 30.0,
    *,
    quantity: Quantity = "power",
    every_s: float = 1.0,
    late_s: float = 0.0,
    local_time: bool = False,
    step_wh: float = 0.0,
) -> MeterCurve:
    """A meter that shows these powers, phase by phase, from five seconds before to five seconds after."""
    ends_s = np.cumsum([duration_s] * len(powers_w))
    since_s = np.arange(-5, ends_s[-1] + 5, every_s) + 0.25
    power_w = np.asarray(powers_w)[np.searchsorted(ends_s, since_s).clip(0, len(powers_w) - 1)]
    values = power_w
    if quantity == "energy":
        corners_wh = np.concatenate([[0.0], np.cumsum(np.asarray(powers_w) * duration_s / 3600)])
        values = 1000 + np.interp(since_s, np.concatenate([[0.0], ends_s]), corners_wh)
        values = np.floor(values / step_wh) * step_wh if step_wh else values
    times_s = BEGAN.timestamp() + since_s + late_s
    return MeterCurve(Path("meter.csv"), "0" * 64, quantity, tuple(times_s.tolist()), tuple(values.tolist()), local_time)


def fit(phases: Sequence[Phase], curve: MeterCurve) -> Calibration:
    return fit_calibration(phases, curve, machine_id="this-host", basis="a model", made=A_DAY)


def refused(phases: Sequence[Phase], curve: MeterCurve) -> MeterError:
    with pytest.raises(MeterError) as caught:
        fit(phases, curve)
    return caught.value


def times(factor: float, powers_w: Sequence[float] = POWERS_W) -> list[float]:
    return [factor * power_w for power_w in powers_w]


def calibration_of(factor: float = 1.4, offset_w: float = 0.0) -> Calibration:
    return fit(phases_of(), curve_of([factor * power_w + offset_w for power_w in POWERS_W]))


# The first example pays for the import of scipy.
patient = settings(deadline=None)
POWER_W = st.floats(5, 500)
# At least two levels that differ, one of them to spare.
LEVELS_W = st.lists(POWER_W, min_size=3, max_size=8).filter(lambda powers: max(powers) >= 1.06 * min(powers))
FACTOR = st.floats(0.3, 4)


# --- The fit ---


@given(FACTOR, LEVELS_W, st.sampled_from([5.0, 10.0, 30.0, 300.0]))
@patient
def test_a_meter_that_shows_so_many_times_our_reading_gives_that_factor_and_no_offset(
    factor: float, powers_w: list[float], duration_s: float
) -> None:
    found = fit(phases_of(powers_w, duration_s), curve_of(times(factor, powers_w), duration_s))
    assert found.factor == pytest.approx(factor, rel=1e-9)
    assert found.offset_w == 0
    assert (found.low, found.high) == (0.99, 1.01)
    assert found.residual == pytest.approx(0, abs=1e-9)
    assert found.phases == len(powers_w)


@given(FACTOR, st.floats(5, 60))
@patient
def test_a_constant_that_we_do_not_read_becomes_an_offset(factor: float, offset_w: float) -> None:
    found = calibration_of(factor, offset_w)
    assert found.factor == pytest.approx(factor, rel=1e-6)
    assert found.offset_w == pytest.approx(offset_w, rel=1e-6)


def test_an_offset_that_explains_little_is_left_out() -> None:
    wall_w = [1.4 * power_w * wobble for power_w, wobble in zip(POWERS_W, (1.03, 0.97, 1.02, 0.98, 1.01), strict=True)]
    found = fit(phases_of(), curve_of(wall_w))
    assert found.offset_w == 0
    assert found.factor == pytest.approx(1.4, rel=0.03)


def test_longer_phases_weigh_more_on_the_factor() -> None:
    phases = phases_of()
    off = curve_of([*times(1.4)[:4], 1.5 * POWERS_W[4]])
    longer = [*phases[:4], phases[4].model_copy(update={"duration_s": 34.0, "energy_wh": POWERS_W[4] * 34 / 3600})]
    assert fit(longer, off).factor > fit(phases, off).factor


def test_the_interval_is_the_prediction_interval_of_the_relative_residuals() -> None:
    # Three phases, equal in length: by hand, with the 97.5 % quantile of Student's t at two degrees of freedom, 4.3027.
    found = fit(phases_of((10.0, 20.0, 40.0)), curve_of((10.4, 20.0, 40.0)))
    factor = (10 * 10.4 + 20 * 20 + 40 * 40) / (10**2 + 20**2 + 40**2)
    squares = sum((wall / (factor * read) - 1) ** 2 for read, wall in ((10, 10.4), (20, 20), (40, 40)))
    half = 4.3027 * math.sqrt(squares / 2) * math.sqrt(1 + 1600 / 2100)
    assert found.factor == pytest.approx(factor)
    assert found.high == pytest.approx(1 + half, rel=1e-4)
    assert found.low == pytest.approx(1 - half, rel=1e-4)
    assert found.residual == pytest.approx(math.sqrt(squares / 3))


@given(st.lists(st.floats(0.9, 1.1), min_size=5, max_size=5))
@patient
def test_the_interval_holds_one_and_is_never_narrower_than_the_meter_is_good(wobbles: list[float]) -> None:
    try:
        found = fit(phases_of(), curve_of([2 * power_w * wobble for power_w, wobble in zip(POWERS_W, wobbles, strict=True)]))
    except MeterError:
        return
    assert 0.5 <= found.low <= 0.99
    assert 1.01 <= found.high <= 1.5


def test_the_interval_holds_the_true_factor_of_a_noisy_meter_in_most_cases() -> None:
    held = []
    for seed in range(200):
        noisy_w = np.asarray(times(1.4)) * np.random.default_rng(seed).normal(1, 0.02, len(POWERS_W))
        found = fit(phases_of(), curve_of(noisy_w.tolist()))
        true_w = [1.4 * power_w / found.wall_wh(power_w, 3600) for power_w in POWERS_W]
        held.append(all(found.low <= each <= found.high for each in true_w))
    assert np.mean(held) >= 0.95


@given(FACTOR, LEVELS_W)
@patient
def test_watts_and_cumulative_energy_give_the_same_calibration(factor: float, powers_w: list[float]) -> None:
    phases, wall_w = phases_of(powers_w, 60.0), times(factor, powers_w)
    by_power = fit(phases, curve_of(wall_w, 60.0))
    # Rows shorter than the phases' twentieth by far: else the smallest step is that of the weakest phase's row.
    by_energy = fit(phases, curve_of(wall_w, 60.0, quantity="energy"))
    assert by_energy.factor == pytest.approx(by_power.factor, rel=1e-4)
    assert (by_energy.offset_w, by_energy.low, by_energy.high) == (by_power.offset_w, by_power.low, by_power.high)


def test_a_coarse_counter_is_as_good_as_a_fine_one_once_it_takes_twenty_steps() -> None:
    wall_w = times(1.4)
    coarse = fit(phases_of(duration_s=300), curve_of(wall_w, 300, quantity="energy", step_wh=0.1))
    assert coarse.factor == pytest.approx(1.4, rel=0.01)
    assert coarse.offset_w == 0
    # By the counter alone, a phase may be a whole step off: 4 % of the weakest.
    assert coarse.residual < 0.003


@pytest.mark.parametrize("every_s", [0.2, 1.0, 3.0, 9.0])
def test_the_rhythm_of_the_meter_does_not_matter(every_s: float) -> None:
    assert fit(phases_of(), curve_of(times(1.4), every_s=every_s)).factor == pytest.approx(1.4)


def test_clocks_that_differ_by_half_a_second_do_not_matter() -> None:
    for late_s in (-0.5, 0.5):
        assert fit(phases_of(), curve_of(times(1.4), late_s=late_s)).factor == pytest.approx(1.4)


ENERGY_WH, DURATION_S = st.floats(0, 1e4), st.floats(0, 1e5)


@given(st.floats(0.3, 4), st.floats(-50, 50), ENERGY_WH, DURATION_S, ENERGY_WH, DURATION_S)
@patient
def test_calibrated_energy_adds_up_over_windows(
    factor: float, offset_w: float, first_wh: float, first_s: float, second_wh: float, second_s: float
) -> None:
    calibration = calibration_of().model_copy(update={"factor": factor, "offset_w": offset_w})
    whole_wh = calibration.wall_wh(first_wh + second_wh, first_s + second_s)
    assert whole_wh == pytest.approx(calibration.wall_wh(first_wh, first_s) + calibration.wall_wh(second_wh, second_s), abs=1e-6)
    assert calibration.wall_wh(2 * first_wh, 2 * first_s) == pytest.approx(2 * calibration.wall_wh(first_wh, first_s), abs=1e-6)


def test_an_offset_counts_by_the_hour() -> None:
    calibration = calibration_of().model_copy(update={"factor": 2.0, "offset_w": 6.0})
    assert calibration.wall_wh(10.0, 1800.0) == 23.0


# --- What is refused ---


def test_two_phases_are_too_few() -> None:
    assert "3 phases" in refused(phases_of((20.0, 60.0)), curve_of((28.0, 84.0))).expected


def test_phases_of_one_level_cannot_tell_a_factor_from_an_offset() -> None:
    error = refused(phases_of((50.0, 51.0, 52.0)), curve_of((70.0, 71.0, 73.0)))
    assert "a factor cannot be told from an offset" in error.expected
    assert "50.0 to 52.0 W" in error.found


def test_phases_of_no_power_are_one_level() -> None:
    assert "offset" in refused(phases_of((0.0, 0.0, 0.0)), curve_of((70.0, 71.0, 73.0))).expected


@pytest.mark.parametrize(
    "wall_w",
    [
        (70.0, 70.0, 70.0, 70.0, 70.0),
        (90.0, 70.0, 30.0, 50.0, 50.0),
        (30.0, 90.0, 40.0, 110.0, 20.0),
        # A rack of which this machine is a small part.
        tuple(5000 + 1.4 * power_w for power_w in POWERS_W),
    ],
    ids=["constant", "opposite", "another machine", "whole rack"],
)
def test_a_meter_that_does_not_follow_the_load_is_refused_and_says_what_to_declare(wall_w: tuple[float, ...]) -> None:
    phases = (
        [phase.model_copy(update={"energy_wh": phase.energy_wh * 10}) for phase in phases_of()] if wall_w[0] > 5000 else phases_of()
    )
    error = refused(phases, curve_of(wall_w))
    assert "follows what we read" in error.expected
    assert "(ours / the meter's)" in error.found
    assert "idle_w" in error.remedy
    assert "machine.toml" in error.remedy


def test_a_response_that_may_be_chance_is_refused() -> None:
    # An offset of 98 W fits these closely, but the slope is no more than their noise.
    error = refused(phases_of(), curve_of((97.0, 101.0, 99.0, 103.0, 98.0)))
    assert "follows what we read" in error.expected


def test_watts_in_another_unit_are_suspected() -> None:
    error = refused(phases_of(), curve_of(times(0.0014)))
    assert "unit" in error.remedy


def test_a_recording_that_ends_too_early_names_both_times() -> None:
    error = refused(phases_of(), curve_of(POWERS_W[:3]))
    assert "2026-11-24 14:03:05+01:00 to 2026-11-24 14:05:34+01:00" in error.expected
    assert "2026-11-24 14:03:00+01:00 to 2026-11-24 14:04:39+01:00" in error.found
    assert "phase A, and covers 13% of it" in error.found
    assert "record every second" in error.remedy


def without(curve: MeterCurve, drop: slice) -> MeterCurve:
    """The curve without the rows of a stretch."""
    gone = set(range(len(curve.times_s))[drop])
    kept = [row for row in range(len(curve.times_s)) if row not in gone]
    return replace(curve, times_s=tuple(curve.times_s[row] for row in kept), values=tuple(curve.values[row] for row in kept))


def test_a_gap_within_a_phase_is_not_bridged() -> None:
    whole = curve_of(times(1.4))
    assert fit(phases_of(), without(whole, slice(40, 44))).factor == pytest.approx(1.4)
    assert "one core" in refused(phases_of(), without(whole, slice(40, 55))).found


def test_a_phase_that_is_over_before_the_meter_has_written_enough_asks_for_longer_ones() -> None:
    error = refused(phases_of(duration_s=2.0), curve_of(times(1.4), duration_s=2.0))
    assert error.found == "phases of 2 s, and a row every 1 s"
    assert "preuve doctor --seconds 300" in error.remedy
    # A meter that writes once a minute: three rows in each of five phases of which a fifth is dropped take 1 125 s.
    slow = refused(phases_of(duration_s=100.0), curve_of(times(1.4), duration_s=100.0, every_s=60.0))
    assert "preuve doctor --seconds 1200" in slow.remedy


def test_a_meter_that_writes_too_seldom_for_any_self_test_is_told_so() -> None:
    # Every four minutes: 4 500 s, longer than a self-test may take.
    slow = refused(phases_of(duration_s=400.0), curve_of(times(1.4), duration_s=400.0, every_s=240.0))
    assert slow.remedy == "have the meter write a row each second: as it is, phases would have to last 15 minutes each"


@given(FACTOR, LEVELS_W, st.floats(5, 400))
@patient
def test_an_idle_gpu_is_taken_off_what_the_meter_shows(factor: float, powers_w: list[float], gpu_w: float) -> None:
    phases = [phase.model_copy(update={"gpu_wh": gpu_w * phase.duration_s / 3600}) for phase in phases_of(powers_w)]
    found = fit(phases, curve_of([factor * power_w + gpu_w for power_w in powers_w]))
    assert found.factor == pytest.approx(factor)
    assert found.offset_w == 0
    assert found.highest_w == pytest.approx(max(powers_w))


def test_fewer_than_two_rows_in_a_phase_are_too_few() -> None:
    curve = curve_of(times(1.4))
    early = sum(at < BEGAN.timestamp() + 35 for at in curve.times_s)
    # The meter fell silent in the middle of the second phase, and came back for the third.
    assert "4 rows in the phase one core" in refused(phases_of(), without(curve, slice(early, early + 25))).found
    assert "1 row in the phase one core" in refused(phases_of(), without(curve, slice(early - 3, early + 25))).found


@pytest.mark.parametrize(
    ("late_h", "words"), [(1, "1 hour earlier"), (-2, "2 hours later"), (14, "14 hours earlier"), (-14, "14 hours later")]
)
def test_a_time_zone_that_would_make_it_fit_is_named(late_h: int, words: str) -> None:
    error = refused(phases_of(), curve_of(times(1.4), late_s=late_h * 3600))
    assert f"its times were {words}" in error.remedy


def test_a_shift_beyond_any_time_zone_is_not_proposed() -> None:
    assert "would fit" not in refused(phases_of(), curve_of(times(1.4), late_s=15 * 3600)).remedy
    assert "would fit" not in refused(phases_of(), curve_of(times(1.4), late_s=1800)).remedy


def test_a_shift_speaks_of_local_time_where_the_file_has_no_offset() -> None:
    assert "local time" in refused(phases_of(), curve_of(times(1.4), late_s=3600, local_time=True)).remedy
    assert "local time" not in refused(phases_of(), curve_of(times(1.4), late_s=3600)).remedy


def test_in_a_long_recording_the_hour_that_follows_the_load_is_named() -> None:
    quiet = [(BEGAN.timestamp() + second, 28.0) for second in range(-4 * 3600, 4 * 3600, 2)]
    test = curve_of(times(1.4), late_s=2 * 3600)
    kept = [row for row in quiet if not test.times_s[0] <= row[0] <= test.times_s[-1]]
    rows = sorted([*kept, *zip(test.times_s, test.values, strict=True)])
    curve = replace(test, times_s=tuple(row[0] for row in rows), values=tuple(row[1] for row in rows))
    assert "its times were 2 hours earlier" in refused(phases_of(), curve).remedy


def test_too_coarse_a_counter_asks_for_longer_phases() -> None:
    error = refused(phases_of(), curve_of(times(1.4), quantity="energy", step_wh=0.05))
    assert "4 steps of 0.05 Wh at 4 moments of the phase idle, over 30 s" in error.found
    # 24 steps of 0.05 Wh at the 24 W that it showed are 180 s, five times, of which a fifth is dropped: 1 125 s.
    assert "preuve doctor --seconds 1200" in error.remedy


@pytest.mark.parametrize("step_wh", [0.05, 0.02])
def test_what_is_advised_for_a_coarse_counter_is_long_enough(step_wh: float) -> None:
    coarse = {"quantity": "energy", "step_wh": step_wh}
    error = refused(phases_of(duration_s=20.0), curve_of(times(1.4), 20.0, **coarse))  # type: ignore[arg-type]
    advised = re.search(r"--seconds (\d+)", error.remedy)
    assert advised
    each_s = int(advised[1]) / 5
    found = fit(phases_of(duration_s=each_s), curve_of(times(1.4), each_s, **coarse))  # type: ignore[arg-type]
    assert found.factor == pytest.approx(1.4, rel=0.1)


def test_a_counter_that_is_too_coarse_for_any_self_test_is_told_so() -> None:
    error = refused(phases_of(), curve_of(times(1.4), quantity="energy", step_wh=1.0))
    # 24 steps of 1 Wh at the 20 W that we read are 4 320 s, of which a fifth more is dropped: 5 400 s a phase.
    assert error.remedy == "have the meter record watts: as it is, phases would have to last 90 minutes each"


def test_a_counter_that_is_brought_up_to_date_once_a_phase_is_too_coarse() -> None:
    fine = curve_of(times(1.4), quantity="energy")
    rows = range(len(fine.values))
    seldom = replace(fine, values=(999.999, *(fine.values[max((row - 20) // 30 * 30 + 20, 0)] for row in rows[1:])))
    error = refused(phases_of(), seldom)
    assert "at 1 moments of the phase idle" in error.found
    assert "--seconds 300" in error.remedy


def test_moves_of_one_moment_are_one() -> None:
    fine = curve_of(times(1.4), quantity="energy")
    # Two rows of the same second bring the counter up to date, once a phase.
    held = [fine.values[max((row - 20) // 30 * 30 + 20, 0)] - (0.01 if row % 30 == 20 else 0) for row in range(len(fine.values))]
    at = [fine.times_s[row + 1 if row % 30 == 20 else row] for row in range(len(fine.values))]
    seldom = replace(fine, times_s=tuple(at), values=(held[0] - 0.001, *held[1:]))
    assert "at 1 moments of the phase idle" in refused(phases_of(), seldom).found


def test_a_counter_that_stands_still_is_refused() -> None:
    error = refused(phases_of(), curve_of(times(1.4), quantity="energy", step_wh=1000.0))
    assert "the same energy in every row" in error.found


# --- The meter's file ---


def written(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\n".join(lines).encode(encoding))
    return path


MOMENTS = (BEGAN.timestamp(), BEGAN.timestamp() + 1, BEGAN.timestamp() + 2)
ENGLISH = ("timestamp,watts", "2026-11-24T14:03:05+01:00,60.5", "2026-11-24T14:03:06+01:00,61", "2026-11-24T14:03:07+01:00,1200.25")


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        (ENGLISH, "utf-8"),
        (ENGLISH, "utf-8-sig"),
        (ENGLISH, "utf-16"),
        (("Horodatage;Puissance mesurée (W)", *(line.replace(",", ";").replace(".", ",") for line in ENGLISH[1:])), "utf-8"),
        (
            ("Horodatage;Puissance (W)", "24/11/2026 14:03:05;60,5", "24/11/2026 14:03:06;61,0", "24/11/2026 14:03:07;1 200,25"),
            "utf-8",
        ),
        (("Time\tPOWER_W", f"{MOMENTS[0]:.0f}\t60.5", f"{MOMENTS[1]:.0f}\t61", f"{MOMENTS[2]:.0f}\t1200.25"), "utf-8"),
        (
            (
                "time,w",
                *(f"{moment * 1000:.0f},{watts}" for moment, watts in zip(MOMENTS, ("60.5", "61", "1.20025e3"), strict=True)),
            ),
            "utf-8",
        ),
        (("date;kW", "2026-11-24 13:03:05Z;0,0605", "2026-11-24 13:03:06 UTC;0,061", "2026-11-24 14:03:07 +0100;1,20025"), "utf-8"),
        (
            ("Date;Heure;Puissance active", "24.11.2026;14:03:05;60,5", "24.11.2026;14:03:06;61", "24.11.2026;14:03:07;1200,25"),
            "utf-8",
        ),
        (
            ("\ufeffdate,p,power", "2026/11/24 14:03:05,x,60.5", "", "2026/11/24 14:03:06,,61", "2026/11/24 14:03:07,,1200.25,"),
            "utf-8",
        ),
        (("time,watts", '"24/11/2026 14:03:05","60,5"', '"24-11-2026 14:03:06","61"', '"24/11/2026 14:03:07","1200,25"'), "utf-8"),
    ],
    ids=[
        "english",
        "byte order mark",
        "utf-16",
        "any name with a unit",
        "french",
        "tabs and seconds",
        "milliseconds",
        "kilowatts and UTC",
        "date apart",
        "gaps",
        "quotes",
    ],
)
def test_every_spelling_gives_the_same_curve(lines: tuple[str, ...], encoding: str, tmp_path: Path) -> None:
    curve = read_meter(written(tmp_path / "meter.csv", *lines, encoding=encoding))
    assert curve.quantity == "power"
    assert curve.times_s == pytest.approx(MOMENTS, abs=1e-3)
    assert curve.values == pytest.approx((60.5, 61.0, 1200.25))


@pytest.mark.parametrize(
    ("header", "scale"), [("Wh", 1000), ("energy_wh", 1000), ("Énergie (kWh)", 1), ("cumulative_kWh", 1), ("kwh", 1)]
)
def test_cumulative_energy_is_kept_in_watt_hours(header: str, scale: float, tmp_path: Path) -> None:
    rows = [f"{moment:.0f};{1.5 * scale + row * scale}" for row, moment in enumerate(MOMENTS)]
    curve = read_meter(written(tmp_path / "meter.csv", f"time;{header}", *rows))
    assert curve.quantity == "energy"
    assert curve.values == pytest.approx((1500, 2500, 3500))


def test_watts_come_before_energy(tmp_path: Path) -> None:
    curve = read_meter(written(tmp_path / "meter.csv", "time,kwh,watts", f"{MOMENTS[0]},1,60", f"{MOMENTS[1]},1,61"))
    assert (curve.quantity, curve.values) == ("power", (60.0, 61.0))


def test_times_without_an_offset_are_local_and_it_is_said(tmp_path: Path) -> None:
    local = read_meter(written(tmp_path / "a.csv", "time,w", "2026-11-24T14:03:05,1", "2026-11-24 14:03:06.500,2"))
    assert local.times_s == (MOMENTS[0], MOMENTS[0] + 1.5)
    assert local.local_time
    assert not read_meter(written(tmp_path / "b.csv", *ENGLISH)).local_time


def test_a_file_and_its_calibration_name_its_content(tmp_path: Path) -> None:
    phases, curve = phases_of(), curve_of(times(1.4))
    path = written(
        tmp_path / "socket.csv", "time,w", *(f"{at},{watts}" for at, watts in zip(curve.times_s, curve.values, strict=True))
    )
    found = fit(phases, read_meter(path))
    assert found.meter_file == "socket.csv"
    assert found.meter_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (found.machine_id, found.made) == ("this-host", A_DAY)
    assert found.factor == pytest.approx(1.4)


@given(FACTOR, st.sampled_from([("w", 1.0), ("wh", 1.0), ("kwh", 1000.0)]), st.booleans())
@patient
def test_unit_and_language_of_the_file_do_not_change_the_calibration(
    tmp_path_factory: pytest.TempPathFactory, factor: float, unit: tuple[str, float], french: bool
) -> None:
    name, scale = unit
    curve = curve_of(times(factor), quantity="power" if name == "w" else "energy")
    rows = [(dt.datetime.fromtimestamp(at, dt.UTC), value / scale) for at, value in zip(curve.times_s, curve.values, strict=True)]
    if french:
        lines = [f"{at.astimezone():%d/%m/%Y %H:%M:%S.%f};{value:.9f}".replace(".", ",") for at, value in rows]
    else:
        lines = [f"{at.isoformat()},{value:.9f}" for at, value in rows]
    path = written(tmp_path_factory.mktemp("meter") / "meter.csv", f"time{';' if french else ','}{name}", *lines)
    found = fit(phases_of(), read_meter(path))
    assert found.factor == pytest.approx(factor, rel=1e-3)
    assert (found.offset_w, found.low, found.high) == (0, 0.99, 1.01)


@pytest.mark.parametrize(
    ("lines", "where", "found"),
    [
        (("time,w", "2026-11-24 14:03:05,1", "later,2"), "line 3, column time", "'later'"),
        (("time,w", "2026-11-24,1", "2026-11-24,2"), "line 2, column time", "'2026-11-24'"),
        (("time,w", "11/24/2026 14:03:05,1"), "line 2, column time", "'11/24/2026 14:03:05'"),
        (("time,w", "0.0,1", "1.0,2"), "line 2, column time", "'0.0'"),
        (("time,w", "nan,1"), "line 2, column time", "'nan'"),
        (("time,w", "1e30,1"), "line 2, column time", "'1e30'"),
        (("time,w", "0001-01-01 00:00:00,1"), "line 2, column time", "'0001-01-01 00:00:00'"),
        (("time,w", "2026-11-24 14:03:05,1", "", "2026-11-24 14:03:04,2"), "line 4, column time", "1 s before"),
        (("time,Watts", "2026-11-24 14:03:05,-3"), "line 2, column Watts", "-3"),
        (("time,w", "2026-11-24 14:03:05,nan"), "line 2, column w", "'nan'"),
        (("time,w", "2026-11-24 14:03:05,inf"), "line 2, column w", "'inf'"),
        (("time,w", "2026-11-24 14:03:05,"), "line 2, column w", "''"),
        (("time,w", '2026-11-24 14:03:05,"1,200.5"'), "line 2, column w", "'1,200.5'"),
        (("time,w", "2026-11-24 14:03:05,60,5"), "line 2, column w", "3"),
        (("time,w", "2026-11-24 14:03:05"), "line 2, column w", "1"),
        (("time,kWh", "2026-11-24 14:03:05,7", "2026-11-24 14:03:06,0.1"), "line 3, column kWh", "restarted"),
        (("time,energy", "2026-11-24 14:03:05,7"), "first line", "the columns: time, energy"),
        (("at,w", "2026-11-24 14:03:05,7"), "first line", "the columns: at, w"),
        (("time,w,Puissance", "2026-11-24 14:03:05,7,8"), "first line", "the columns: time, w, Puissance"),
        (("time,mW", "2026-11-24 14:03:05,7"), "first line", "the columns: time, mW"),
        (("2026-11-24 14:03:05,7", "2026-11-24 14:03:06,8"), "first line", "no header: 2026-11-24 14:03:05, 7"),
        (("# MeterPro export", "time,w", "2026-11-24 14:03:05,7"), "first line", "the columns: # MeterPro export"),
        (("time,w",), "meter.csv", "0"),
        (("time,w", "2026-11-24 14:03:05,7"), "meter.csv", "1"),
        (("",), "meter.csv", "an empty file"),
        (("\ufeff \n",), "meter.csv", "an empty file"),
        ((";;", ";"), "first line", "the columns"),
        (("time,w", f'2026-11-24 14:03:05,"{"9" * 200_000}'), "line 2", "field larger"),
    ],
)  # fmt: skip
def test_a_broken_row_is_named(lines: tuple[str, ...], where: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_meter(written(tmp_path / "meter.csv", *lines))
    assert caught.value.where.startswith(str(tmp_path / "meter.csv"))
    assert caught.value.where.endswith(where)
    assert found in caught.value.found
    assert caught.value.remedy


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"0xc9 .*line 2") as caught:
        read_meter(written(tmp_path / "meter.csv", "time;w", "É;1", encoding="cp1252"))
    assert "iconv" in caught.value.remedy


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"directory"):
        read_meter(tmp_path / name)


@given(st.text(alphabet='time,w;\t\n"0123456789-:./ T\ufeffé', max_size=120), st.sampled_from(["", "time,w\n", "time;kwh\n"]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str, header: str) -> None:
    path = tmp_path_factory.mktemp("any") / "meter.csv"
    path.write_bytes((header + text).encode())
    try:
        curve = read_meter(path)
    except DataError:
        return
    assert all(before <= after for before, after in itertools.pairwise(curve.times_s))
    assert all(math.isfinite(value) and value >= 0 for value in curve.values)


# --- Keeping it ---


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    calibration = calibration_of(1.37, 8.5)
    path = save_calibration(calibration, tmp_path / "carbon")
    assert path == tmp_path / "carbon" / "calibration.json"
    assert load_calibration(tmp_path / "carbon") == calibration
    assert list((tmp_path / "carbon").iterdir()) == [path]


def test_who_reads_while_it_is_replaced_has_the_earlier_one_whole(tmp_path: Path) -> None:
    earlier = calibration_of(1.2)
    with save_calibration(earlier, tmp_path).open(encoding="utf-8") as reader:
        save_calibration(calibration_of(1.9), tmp_path)
        assert Calibration.model_validate_json(reader.read()) == earlier


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert load_calibration(tmp_path) is None
    assert load_calibration(tmp_path / "missing") is None


def test_a_write_that_fails_leaves_the_earlier_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_calibration(calibration_of(1.2), tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        with pytest.raises(HomeError, match="No space left"):
            save_calibration(calibration_of(1.9), tmp_path)
    kept = load_calibration(tmp_path)
    assert kept is not None
    assert kept.factor == pytest.approx(1.2)


@pytest.mark.parametrize(
    "change",
    [{"factor": 0}, {"factor": None}, {"low": 1.2}, {"high": 0.9}, {"phases": 2}, {"made": "yesterday"}, {"unknown": 1}],
)
def test_a_changed_calibration_is_not_believed(change: dict[str, object], tmp_path: Path) -> None:
    path = save_calibration(calibration_of(), tmp_path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(MeterError) as caught:
        load_calibration(tmp_path)
    assert next(iter(change)) in caught.value.found
    assert f"rm {path}" in caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_broken_file_can_be_deleted(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_bytes(content)
    with pytest.raises(MeterError) as caught:
        load_calibration(tmp_path)
    assert "delete it" in caught.value.remedy


@pytest.mark.parametrize(
    ("machine_id", "today", "words"),
    [
        ("this-host", A_DAY, None),
        ("this-host", A_DAY + dt.timedelta(days=365), None),
        ("this-host", A_DAY + dt.timedelta(days=366), "366 days ago"),
        ("that-host", A_DAY, "made on another host"),
        ("this-host", A_DAY - dt.timedelta(days=1), None),
        ("this-host", A_DAY - dt.timedelta(days=2), "is this machine's clock right?"),
    ],
)
def test_a_calibration_holds_on_its_host_for_a_year(machine_id: str, today: dt.date, words: str | None) -> None:
    answer = why_not_valid(calibration_of(), machine_id, "a model", today)
    assert answer is None if words is None else words in str(answer)


def test_a_calibration_holds_for_what_its_readings_rested_on() -> None:
    words = str(why_not_valid(calibration_of(), "this-host", "a counter", A_DAY))
    assert "a model" in words
    assert "a counter" in words


def test_a_time_without_a_zone_is_no_beginning_of_a_phase() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Phase(name="idle", started=BEGAN.replace(tzinfo=None), duration_s=1, energy_wh=1)
