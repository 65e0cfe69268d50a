"""The tracker: results that must not be believed are refused by name, and CodeCarbon itself is kept to one sample at a time."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evaluation.energy import tracker as tracker_module
from evaluation.energy.hardware import Hardware, Rapl, look_at_hardware
from evaluation.energy.machine import Machine
from evaluation.energy.tracker import (
    LOAD_MODE,
    RAPL_MODE,
    RawEnergy,
    Sampled,
    check_outside_settings,
    new_tracker,
    outside_settings,
    raw_energy,
    warm_up,
)
from evaluation.exceptions import MeterError
from tests.machines import codecarbon_reads, laptop
from tests.records import make_hardware, make_machine

JOULES_PER_KWH, JOULES_PER_WH = 3.6e6, 3600
COUNTERS = make_hardware(rapl=Rapl(state="readable", domains=("package-0",)))
HALF_OF_THE_COUNTERS = make_hardware(rapl=Rapl(state="readable", domains=("package-0",), unreadable=("/sys/.../energy_uj",)))
COUNTERS_AND_A_GPU = COUNTERS.model_copy(update={"gpus": ("NVIDIA L4",)})
ONE_GPU = make_hardware(gpus=("NVIDIA L4",))
TWO_SECONDS = Sampled(0.0, 0.0, 0.0, 2.0)
A_SHORT_WHILE_S = 0.2


def machine(hardware: Hardware | None = None) -> Machine:
    """Its memory takes 20 W."""
    return make_machine(hardware, {"ram_w": 20.0, "host_tdp_w": 80.0, "host_share": 0.25})


def stopped(
    cpu_j: float = 16, ram_j: float = 40, gpu_j: float = 0, *, total_j: float | None = None, modes: tuple[str, ...] = (LOAD_MODE,)
) -> SimpleNamespace:
    """A stopped tracker as CodeCarbon 3.3 leaves it: by default 2 s at 8 W of CPU and 20 W of memory."""
    joules = {"cpu_energy": cpu_j, "gpu_energy": gpu_j, "ram_energy": ram_j}
    total_j = sum(joules.values()) if total_j is None else total_j
    data = {name: value / JOULES_PER_KWH for name, value in (joules | {"energy_consumed": total_j}).items()}
    hardware = [SimpleNamespace(), *(SimpleNamespace(_mode=mode) for mode in modes)]
    return SimpleNamespace(final_emissions_data=SimpleNamespace(**data), _hardware=hardware)


def refused(tracker: Any, on: Machine | None = None, duration_s: float = 2.0, sampled: Sampled = TWO_SECONDS) -> MeterError:
    with pytest.raises(MeterError) as caught:
        raw_energy(tracker, on or machine(), duration_s, sampled)
    assert caught.value.where == "CodeCarbon"
    assert caught.value.remedy
    return caught.value


# --- What a stopped tracker counted ---


def test_what_was_counted_is_in_watt_hours() -> None:
    found = raw_energy(stopped(), machine(), 2.0, TWO_SECONDS)
    assert found.cpu_wh == pytest.approx(16 / JOULES_PER_WH)
    assert found.gpu_wh is None


def test_a_machine_with_a_gpu_has_its_energy_too() -> None:
    found = raw_energy(stopped(gpu_j=90), machine(ONE_GPU), 2.0, TWO_SECONDS)
    assert found.gpu_wh == pytest.approx(90 / JOULES_PER_WH)


def test_what_was_counted_before_the_first_sample_is_left_out() -> None:
    sampled = Sampled(4 / JOULES_PER_WH, 30 / JOULES_PER_WH, 10 / JOULES_PER_WH, 2.0)
    found = raw_energy(stopped(cpu_j=20, ram_j=50, gpu_j=120), machine(ONE_GPU), 2.0, sampled)
    assert found == pytest.approx((16 / JOULES_PER_WH, 90 / JOULES_PER_WH))


def test_the_time_after_the_last_sample_is_made_up_for_at_the_mean_power() -> None:
    found = raw_energy(stopped(gpu_j=90), machine(ONE_GPU), 2.05, TWO_SECONDS)
    # 8 W and 45 W.
    assert found == pytest.approx((8 * 2.05 / JOULES_PER_WH, 45 * 2.05 / JOULES_PER_WH))


def test_where_the_last_sample_came_after_the_end_a_model_ends_with_the_window_and_a_counter_keeps_what_it_counted() -> None:
    # 8 W.
    assert raw_energy(stopped(), machine(), 1.9, TWO_SECONDS).cpu_wh == pytest.approx(8 * 1.9 / JOULES_PER_WH)
    counted = raw_energy(stopped(gpu_j=90, modes=(RAPL_MODE,)), machine(COUNTERS_AND_A_GPU), 1.9, TWO_SECONDS)
    assert counted == pytest.approx((16 / JOULES_PER_WH, 90 / JOULES_PER_WH))


@pytest.mark.parametrize("tracker", [SimpleNamespace(), SimpleNamespace(final_emissions_data=None)])
def test_no_result_is_refused(tracker: SimpleNamespace) -> None:
    assert refused(tracker).found == "no result"
    # Also after a moment that is too short for anything else to be said.
    assert refused(tracker, duration_s=0.01).found == "no result"


@pytest.mark.parametrize(
    ("tracker", "component"),
    [(stopped(cpu_j=0), "cpu"), (stopped(ram_j=0), "ram"), (stopped(cpu_j=-1), "cpu"), (stopped(cpu_j=float("nan")), "components")],
)
def test_a_component_without_energy_is_refused(tracker: SimpleNamespace, component: str) -> None:
    assert component in refused(tracker).found


def test_what_was_counted_before_the_window_is_no_energy_of_it() -> None:
    # A counter that stands still once the window is open.
    sampled = Sampled(16 / JOULES_PER_WH, 0.0, 0.0, 2.0)
    assert refused(stopped(cpu_j=16), sampled=sampled).found == "no energy for the cpu over 2.0 s"
    sampled = Sampled(0.0, 30 / JOULES_PER_WH, 0.0, 2.0)
    assert refused(stopped(gpu_j=30), machine(ONE_GPU), sampled=sampled).found == "no energy for the gpu over 2.0 s"


def test_a_gpu_that_the_machine_is_not_known_to_have_is_refused() -> None:
    assert refused(stopped(gpu_j=90)).found == "energy of a GPU that is not known here (no NVIDIA driver)"


def test_a_gpu_that_the_machine_has_and_nobody_counted_is_refused() -> None:
    assert refused(stopped(gpu_j=0), machine(ONE_GPU)).found == "no energy for the gpu over 2.0 s"


@pytest.mark.parametrize("total_j", [0, 40, 55.9, 60])
def test_components_that_do_not_sum_to_the_total_are_refused(total_j: float) -> None:
    assert refused(stopped(total_j=total_j)).found.startswith("components that sum to")
    assert refused(stopped(total_j=total_j), duration_s=0.01).found.startswith("components that sum to")


@pytest.mark.parametrize(
    ("hardware", "modes", "found"),
    [
        (None, (RAPL_MODE,), "the CPU's energy from intel_rapl instead of cpu_load"),
        (None, ("constant",), "the CPU's energy from constant instead of cpu_load"),
        (None, (), "the CPU's energy from nowhere instead of cpu_load"),
        (None, (LOAD_MODE, LOAD_MODE), "the CPU's energy from cpu_load, cpu_load instead of cpu_load"),
        (COUNTERS, (LOAD_MODE,), "the CPU's energy from cpu_load instead of intel_rapl"),
        # A part of the counters counts a part of the machine.
        (HALF_OF_THE_COUNTERS, (RAPL_MODE,), "the CPU's energy from intel_rapl instead of cpu_load"),
    ],
)
def test_another_backend_than_the_machine_has_is_refused(hardware: Hardware | None, modes: tuple[str, ...], found: str) -> None:
    assert refused(stopped(modes=modes), machine(hardware)).found == found


def test_counters_are_expected_where_all_can_be_read() -> None:
    assert raw_energy(stopped(modes=(RAPL_MODE,)), machine(COUNTERS), 2.0, TWO_SECONDS).cpu_wh > 0


@pytest.mark.parametrize(
    ("ram_j", "found"),
    [
        (60, "3.00 s counted of 2.00 s that passed"),
        (20, "1.00 s counted of 2.00 s that passed"),
        (43, "2.15 s counted of 2.00 s that passed"),
    ],
)
def test_a_second_that_was_counted_twice_or_lost_is_refused(ram_j: float, found: str) -> None:
    assert refused(stopped(ram_j=ram_j)).found == found


@pytest.mark.parametrize("ram_j", [39, 40, 41])
def test_the_unevenness_of_samples_is_allowed_for(ram_j: float) -> None:
    assert raw_energy(stopped(ram_j=ram_j), machine(), 2.0, TWO_SECONDS).cpu_wh > 0


def test_a_moment_too_short_to_measure_may_be_without_energy() -> None:
    found = raw_energy(stopped(cpu_j=0, ram_j=0, modes=()), machine(ONE_GPU), 0.01, Sampled(0.0, 0.0, 0.0, 0.0))
    assert found == RawEnergy(0.0, 0.0)


# --- Settings made outside ---


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder of this test's own; so is the user's home."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_settings_made_outside_none_is_found(place: Path) -> None:
    assert outside_settings() == []
    check_outside_settings()


@pytest.mark.parametrize("variable", ["CODECARBON_PUE", "codecarbon_gpu_ids", "CodeCarbon_Tracking_Mode"])
def test_a_variable_is_named_and_refused(place: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "1.4")
    assert outside_settings() == [variable]
    with pytest.raises(MeterError, match=variable) as caught:
        check_outside_settings()
    assert variable in caught.value.remedy


def test_a_file_in_the_current_folder_is_named_and_refused(place: Path) -> None:
    file = place / ".codecarbon.config"
    file.write_text("[codecarbon]\npue = 1.4\n")
    with pytest.raises(MeterError, match=str(file)):
        check_outside_settings()


def test_a_file_in_the_users_home_is_named_and_refused(place: Path) -> None:
    file = Path.home() / ".codecarbon.config"
    file.write_text("[codecarbon]\npue = 1.4\n")
    with pytest.raises(MeterError, match=str(file)):
        check_outside_settings()


def test_all_of_them_are_named_at_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_PUE", "1.4")
    files = [Path.home() / ".codecarbon.config", place / ".codecarbon.config"]
    for file in files:
        file.write_text("[codecarbon]\n")
    assert outside_settings() == ["CODECARBON_PUE", *map(str, files)]


def test_the_warm_up_refuses_them(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_PUE", "1.4")
    with pytest.raises(MeterError, match="CODECARBON_PUE"):
        warm_up(machine())


# --- CodeCarbon itself ---


class Told:
    """Remembers what a tracker told."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.totals: list[Any] = []

    def live_out(self, total: Any, delta: Any) -> None:
        del delta
        time.sleep(self.seconds)
        self.totals.append(total)

    def out(self, total: Any, delta: Any) -> None:
        """Nothing comes of it."""

    def exit(self) -> None:
        """Nothing comes of it."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples come five times a second."""
    warm_up(machine())
    monkeypatch.setattr(tracker_module, "SAMPLING_INTERVAL_S", A_SHORT_WHILE_S)


def seconds_counted(tracker: Any) -> float:
    """By the constant power of the memory."""
    return float(tracker.final_emissions_data.ram_energy) * JOULES_PER_KWH / 20


def test_a_window_that_ends_while_a_sample_is_taken_is_not_counted_twice(quick: None) -> None:
    tracker, under_way = new_tracker(machine(), Told()), threading.Event()
    measure = tracker._do_measurements

    def slowly() -> None:
        measure()
        if threading.current_thread() is not threading.main_thread():
            under_way.set()
            time.sleep(A_SHORT_WHILE_S)

    tracker._do_measurements = slowly
    began_s = time.perf_counter()
    tracker.start()
    assert under_way.wait(30)
    tracker.stop()
    assert seconds_counted(tracker) <= time.perf_counter() - began_s


# Real seconds are held against each other to a tenth.
@pytest.mark.alone
def test_the_time_that_a_reading_takes_is_counted_as_well(quick: None) -> None:
    told = Told()
    tracker, times_s = new_tracker(machine(), told), list[float]()
    measure, hear = tracker._do_measurements, told.live_out

    def slowly() -> None:
        measure()
        # As if Python were kept busy: what comes next waits for its turn.
        time.sleep(A_SHORT_WHILE_S / 2)

    def timed(total: Any, delta: Any) -> None:
        times_s.append(time.perf_counter())
        hear(total, delta)

    tracker._do_measurements, told.live_out = slowly, timed  # type: ignore[method-assign]
    tracker.start()
    time.sleep(5 * A_SHORT_WHILE_S)
    tracker.stop()
    counted_s = (told.totals[-1].ram_energy - told.totals[0].ram_energy) * JOULES_PER_KWH / 20
    # Four or more readings of a tenth of a second each.
    assert counted_s == pytest.approx(times_s[-1] - times_s[0], rel=0.1)


def test_two_samples_never_overlap(quick: None) -> None:
    tracker, at_once, most = new_tracker(machine(), Told()), [0], [0]
    measure = tracker._do_measurements

    def watched() -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        # Longer than what lies between two samples.
        time.sleep(1.5 * A_SHORT_WHILE_S)
        measure()
        at_once[0] -= 1

    tracker.start()
    tracker._do_measurements = watched
    time.sleep(3 * A_SHORT_WHILE_S)
    tracker.stop()
    assert most == [1]


def test_the_listener_has_been_told_of_the_last_sample_when_the_tracker_has_stopped(quick: None) -> None:
    told = Told()
    tracker, under_way = new_tracker(machine(), told), threading.Event()
    prepare = tracker._prepare_emissions_data

    def slowly() -> Any:
        if threading.current_thread() is not threading.main_thread():
            under_way.set()
            time.sleep(A_SHORT_WHILE_S)
        return prepare()

    tracker.start()
    tracker._prepare_emissions_data = slowly
    assert under_way.wait(30)
    tracker.stop()
    assert told.totals[-1].ram_energy == tracker.final_emissions_data.ram_energy


def test_a_timer_that_fires_while_the_tracker_stops_does_not_go_on_for_ever(quick: None) -> None:
    told = Told()
    tracker, fired, over = new_tracker(machine(), told), threading.Event(), threading.Event()
    timer = tracker._scheduler
    start = timer.start

    def late(*, from_run: bool = False) -> None:
        if from_run and not over.is_set():
            fired.set()
            assert over.wait(30)
        start(from_run=from_run)

    timer.start = late
    tracker.start()
    assert fired.wait(30)
    tracker.stop()
    number = len(told.totals)
    over.set()
    time.sleep(3 * A_SHORT_WHILE_S)
    assert len(told.totals) == number
    assert timer._stopped
    assert not timer._timer.is_alive()


def test_the_declared_watts_are_what_codecarbon_takes() -> None:
    # CodeCarbon would take 5 W for each module of memory.
    tracker = new_tracker(make_machine(declared={"ram_w": 13.0, "host_tdp_w": 80.0, "host_share": 0.25}))
    tracker.start()
    tracker.stop()
    (cpu,) = [part for part in tracker._hardware if hasattr(part, "_mode")]
    # A quarter of 80 W.
    assert (cpu._mode, cpu._tdp) == (LOAD_MODE, 20)
    assert tracker.final_emissions_data.ram_power == pytest.approx(13)


def test_where_there_is_a_counter_no_watts_are_put_in_its_place(tmp_path: Path) -> None:
    root = laptop(tmp_path)
    with codecarbon_reads(root):
        tracker = new_tracker(make_machine(look_at_hardware(root).model_copy(update={"gpus": ()})))
        tracker.start()
        tracker.stop()
    assert [part._mode for part in tracker._hardware if hasattr(part, "_mode")] == [RAPL_MODE]


def test_all_cards_are_measured_whoever_may_use_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert new_tracker(machine(make_hardware(gpus=("NVIDIA A2", "NVIDIA A2"))))._gpu_ids == [0, 1]


def test_the_energies_are_those_of_the_machine_without_its_building(quick: None) -> None:
    tracker = new_tracker(machine())
    assert (tracker._pue, tracker._tracking_mode, tracker._output_methods) == (1.0, "machine", [])
