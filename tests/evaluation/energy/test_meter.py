"""The meter: windows measured by real CodeCarbon, with and without counters, and what becomes of each."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Container
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evaluation.energy import meter as meter_module
from evaluation.energy import tracker as tracker_module
from evaluation.energy.components import guess
from evaluation.energy.hardware import Rapl, look_at_hardware
from evaluation.energy.journal import Journal, read_journal
from evaluation.energy.load import CpuUse
from evaluation.energy.machine import Machine
from evaluation.energy.meter import EnergyLog, Meter, Window
from evaluation.energy.reading import PowerSample, Reading
from evaluation.energy.tracker import RawEnergy
from evaluation.exceptions import MeterError, RecordError
from tests.machines import BY_ROOT_ALONE, Counter, add_domain, as_nobody, busy_stranger, codecarbon_reads, laptop, server
from tests.machines import machine as bare_machine
from tests.records import make_calibration, make_hardware, make_machine

# Half a second is the least that can be measured.
A_WINDOW_S = 0.6
BUSY_LOOP = "import time\nwhile time.process_time() < 0.4: pass"
COUNTERS = make_hardware(rapl=Rapl(state="readable", domains=("package-0", "package-1")))


def tolerant(**declared: float) -> Machine:
    """This kind of machine, without counters; whatever else goes on on it is no reason to repeat a window."""
    return make_machine(declared={"ram_w": 20.0, "watts_per_busy_core": 9.0, "foreign_load_limit_cores": 1000.0} | declared)


def guessed(reading: Reading) -> bool:
    """Whether its energy is charged, and nothing rests on it."""
    return reading.energy_wh > 0 and all((part.evidence, part.backend) == ("C", "guess") for part in reading.components)


def part_wh(reading: Reading, name: Any) -> float:
    part = reading.part(name)
    assert part is not None
    return part.energy_wh


def warm(machine: Machine) -> Meter:
    """A meter whose first window is like its later ones."""
    meter = Meter(machine)
    meter.warm_up()
    return meter


def sleep(_: Window) -> None:
    time.sleep(A_WINDOW_S)


# --- Real windows on this kind of machine ---


@pytest.fixture(scope="module")
def journalled(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A window in which this process is busy until two samples have come; looked at by several tests."""
    path = tmp_path_factory.mktemp("journal") / "journal"
    journal, log = Journal(path), EnergyLog("linear")
    meter = Meter(tolerant(), journal)
    with pytest.MonkeyPatch.context() as patch:
        # Whoever runs the tests may have settings there.
        patch.setenv("HOME", str(path.parent))
        meter.warm_up()
    before = dt.datetime.now(dt.UTC)
    with meter.window("inference", log, round_number=3) as window:
        end_s = time.process_time() + 0.4
        while time.process_time() < end_s:
            pass
        while len(entries := list(read_journal(path))) < 3 and window.elapsed_s < 30:
            time.sleep(0.02)
        window.samples = 12
    journal.close()
    (reading,) = log.readings
    return SimpleNamespace(
        reading=reading, log=log, during=entries, entries=list(read_journal(path)), before=before, machine=meter.machine
    )


def test_a_window_is_what_it_was_said_to_be(journalled: SimpleNamespace) -> None:
    reading: Reading = journalled.reading
    assert (reading.kind, reading.round, reading.samples) == ("inference", 3, 12)
    assert (reading.outcome, reading.reason, reading.attempt, reading.calibrated_by) == ("complete", None, 3, 1.0)
    assert journalled.before <= reading.started <= dt.datetime.now(dt.UTC)
    assert reading.duration_s >= 0.4


def test_without_counters_the_cpu_is_modelled_and_the_memory_declared(journalled: SimpleNamespace) -> None:
    parts = [(part.name, part.evidence, part.backend) for part in journalled.reading.components]
    assert parts == [
        ("cpu", "C", "load model with an assumed TDP of 8 W"),
        ("ram", "C", "a declared constant of 20 W"),
    ]
    assert journalled.reading.evidence == "C"


def test_the_cpus_energy_lies_between_an_idle_and_a_busy_one(journalled: SimpleNamespace) -> None:
    # The model goes from a tenth of the TDP to all of it, and counts from the first sample to the last, a little longer.
    joules = part_wh(journalled.reading, "cpu") * 3600
    seconds = journalled.reading.duration_s
    assert 0.8 * seconds <= joules * 1.001
    assert joules <= 8 * (seconds + 2)


def test_the_memorys_energy_is_its_declared_power_over_the_exact_duration(journalled: SimpleNamespace) -> None:
    assert part_wh(journalled.reading, "ram") == pytest.approx(20 * journalled.reading.duration_s / 3600)


def test_the_bounds_of_each_component_are_those_of_its_class(journalled: SimpleNamespace) -> None:
    for part in journalled.reading.components:
        assert part.low_wh == pytest.approx(0.5 * part.energy_wh)
        assert part.high_wh == pytest.approx(6 * part.energy_wh)


def test_the_second_estimate_is_cpu_seconds_times_the_declared_watts(journalled: SimpleNamespace) -> None:
    reading: Reading = journalled.reading
    assert reading.cpu_seconds >= 0.4
    assert reading.cpu_estimate_wh == pytest.approx(reading.cpu_seconds * 9 / 3600)


def test_power_samples_come_about_once_a_second(journalled: SimpleNamespace) -> None:
    samples: list[PowerSample] = journalled.log.power_samples
    assert len(samples) >= 2
    assert samples[0] == PowerSample(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert samples[1].elapsed_s >= 0.5
    assert len(samples) <= journalled.reading.duration_s + 3
    for before, after in pairwise(samples):
        assert all(now >= then for then, now in zip(before, after, strict=True))


def test_samples_are_journalled_as_they_come(journalled: SimpleNamespace) -> None:
    window, *samples = journalled.during
    assert window["what"] == "window"
    assert len(samples) >= 2
    assert {entry["what"] for entry in samples} == {"sample"}
    assert {name: window[name] for name in ("run", "kind", "round", "attempt")} == {
        "run": "linear", "kind": "inference", "round": 3, "attempt": 3,
    }  # fmt: skip
    assert dt.datetime.fromisoformat(window["started"]) == journalled.reading.started


def test_the_journal_has_what_the_log_has(journalled: SimpleNamespace) -> None:
    assert [entry["what"] for entry in journalled.entries[-1:]] == ["reading"]
    assert journalled.entries[-1]["run"] == "linear"
    assert Reading.model_validate(journalled.entries[-1]["reading"]) == journalled.reading
    samples = [PowerSample(*entry["values"]) for entry in journalled.entries if entry["what"] == "sample"]
    assert samples == journalled.log.power_samples


def test_the_longest_gap_between_samples_is_told(journalled: SimpleNamespace) -> None:
    reading: Reading = journalled.reading
    times = [sample.elapsed_s for sample in journalled.log.power_samples]
    assert reading.longest_gap_s >= max(after - before for before, after in pairwise(times))
    assert reading.longest_gap_s <= reading.duration_s + 1


def test_cpu_seconds_of_children_are_counted_running_or_ended() -> None:
    log = EnergyLog()
    running = f"input()\n{BUSY_LOOP}\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", running], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        with warm(tolerant()).window("fit", log):
            child.stdin.write(b"\n")
            child.stdin.flush()
            subprocess.run([sys.executable, "-c", BUSY_LOOP], check=True)
            child.stdout.readline()
        child.communicate(b"\n")
    # The kernel tells of running ones in hundredths, and this one had begun before the window.
    assert log.readings[0].cpu_seconds >= 0.65


def test_measuring_prints_nothing_and_writes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    warm(tolerant()).measure("idle", EnergyLog(), sleep)
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []
    assert list(Path.home().iterdir()) == []


def test_one_window_after_the_other_has_samples_and_energy_of_its_own() -> None:
    log, meter = EnergyLog(), warm(tolerant())
    for seconds in (1.2, A_WINDOW_S):
        with meter.window("idle", log):
            time.sleep(seconds)
    first, second = log.readings
    assert part_wh(second, "ram") == pytest.approx(20 * second.duration_s / 3600)
    assert second.duration_s < first.duration_s
    assert {sample.window for sample in log.power_samples} == {0, 1}
    assert all(sample.elapsed_s <= second.duration_s + 1 for sample in log.power_samples if sample.window == 1)


def test_a_window_that_ends_on_a_full_second_is_believed() -> None:
    # A sample is under way just then.
    log = EnergyLog()
    with warm(tolerant()).window("idle", log) as window:
        while window.elapsed_s < 1.0:
            sum(range(1000))
    assert log.readings[0].outcome == "complete"


# --- Real windows with counters ---


@pytest.fixture
def exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter is read when a window opens and when it closes, and not in between."""
    monkeypatch.setattr(tracker_module, "SAMPLING_INTERVAL_S", 60.0)


def on(root: Path, **declared: float) -> Machine:
    """The machine whose files begin there, as it is found, without cards that this one may have."""
    hardware = look_at_hardware(root).model_copy(update={"gpus": ()})
    return make_machine(hardware, {"ram_w": 20.0, "foreign_load_limit_cores": 1000.0} | declared)


def count(machine: Machine, counters: dict[Counter, float]) -> Reading:
    """A window in which the counters go on by so many joules."""
    log, meter = EnergyLog(), warm(machine)
    with meter.window("inference", log):
        for counter, joules in counters.items():
            counter.add(joules)
        time.sleep(A_WINDOW_S)
    return log.readings[0]


def test_a_counter_gives_the_cpu_its_exact_energy_and_class_b(exactly: None, tmp_path: Path) -> None:
    root = laptop(tmp_path)
    with codecarbon_reads(root):
        reading = count(on(root), {Counter(root): 30})
    cpu, ram = reading.components
    assert (cpu.name, cpu.evidence, cpu.backend) == ("cpu", "B", "RAPL counter of package-0")
    assert cpu.energy_wh == pytest.approx(30 / 3600, rel=1e-4)
    assert (cpu.low_wh, cpu.high_wh) == pytest.approx((27 / 3600, 90 / 3600), rel=1e-4)
    assert (ram.name, ram.evidence) == ("ram", "C")
    # The memory took at least 12 J, more than a twentieth.
    assert reading.evidence == "C"


def test_two_packages_add_and_a_memory_that_hardly_matters_leaves_the_total_class_b(exactly: None, tmp_path: Path) -> None:
    root = server(tmp_path)
    with codecarbon_reads(root):
        reading = count(on(root, ram_w=0.1), {Counter(root, "intel-rapl:0"): 30, Counter(root, "intel-rapl:1"): 12})
    assert part_wh(reading, "cpu") == pytest.approx(42 / 3600, rel=1e-4)
    assert reading.components[0].backend == "RAPL counter of package-0, package-1"
    assert reading.evidence == "B"


def test_a_counter_that_begins_again_within_the_window_is_counted_right(exactly: None, tmp_path: Path) -> None:
    root = laptop(tmp_path)
    counter = Counter(root)
    counter.energy_uj = counter.range_uj - 5_000_000
    with codecarbon_reads(root):
        reading = count(on(root), {counter: 12})
    assert counter.energy_uj == 7_000_000
    assert part_wh(reading, "cpu") == pytest.approx(12 / 3600, rel=1e-4)


def test_a_package_that_cannot_be_read_leaves_the_model_of_the_load(exactly: None, tmp_path: Path) -> None:
    root = bare_machine(tmp_path, "Intel(R) Xeon(R) CPU", cores=2, ram_gib=4)
    add_domain(root, "intel-rapl:0", "package-0", energy_uj=4_000_000_000)
    add_domain(root, "intel-rapl:1", "package-1", energy_uj=9_000_000_000, mode=BY_ROOT_ALONE)
    with as_nobody(root):
        machine = on(root, host_tdp_w=50.0)
    assert machine.hardware.rapl.state == "readable"
    with codecarbon_reads(root):
        reading = count(machine, {Counter(root): 3000})
    cpu = reading.components[0]
    assert (cpu.evidence, cpu.backend) == ("C", "load model with a declared TDP of 50 W")
    # At most the TDP, and none of what the one counter counted.
    assert cpu.energy_wh * 3600 <= 50 * (reading.duration_s + 2)


def test_counters_that_are_not_there_after_all_are_told(tmp_path: Path) -> None:
    root = bare_machine(tmp_path, "Intel(R) Xeon(R) CPU", cores=2, ram_gib=4)
    log = EnergyLog()
    with (
        codecarbon_reads(root),
        pytest.raises(MeterError, match="instead of intel_rapl"),
        Meter(make_machine(COUNTERS)).window("idle", log),
    ):
        time.sleep(A_WINDOW_S)
    assert (log.readings[0].outcome, guessed(log.readings[0])) == ("unreadable", True)


# --- What becomes of windows: a tracker that counts at once ---


class FakeTracker:
    """Counts 3 Wh of CPU, and of memory what is declared, in no time; what its listener was told of before does not count."""

    def __init__(self, listener: Any) -> None:
        self.listener = listener
        self.final_emissions_data: Any = None

    def start(self) -> None:
        self.tell(cpu_wh=0.5)

    def stop(self) -> None:
        self.final_emissions_data = self.tell(cpu_wh=3.5)

    def tell(self, cpu_wh: float) -> Any:
        data = SimpleNamespace(cpu_energy=cpu_wh / 1000, gpu_energy=0.0, ram_energy=0.0, energy_consumed=cpu_wh / 1000)
        self.listener.live_out(data, data)
        return data


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows take no time; the few CPU seconds in them are ours."""
    monkeypatch.setattr(meter_module, "new_tracker", lambda _, listener: FakeTracker(listener))


def uses(monkeypatch: pytest.MonkeyPatch, *foreign_s: float) -> None:
    """In the first window others use the first of these CPU seconds, and so on; ours are 0.25, and 0.125 were stolen."""
    found = iter([use for foreign in foreign_s for use in (CpuUse(1.0, 10.0, 5.0), CpuUse(1.25, 10.25 + foreign, 5.125))])
    monkeypatch.setattr(
        meter_module, "cpu_use", lambda *, with_running_children=False: next(found) if with_running_children else CpuUse(0, 0, 0)
    )
    # Also windows that take no time are looked at.
    monkeypatch.setattr(meter_module, "SHORTEST_WINDOW_S", 0.0)


def counting(calls: list[Window]) -> Callable[[Window], None]:
    def work(window: Window) -> None:
        calls.append(window)
        window.samples = len(calls)

    return work


def test_what_the_tracker_counted_before_the_window_is_not_in_it(at_once: None) -> None:
    log = EnergyLog()
    with Meter(tolerant()).window("inference", log):
        pass
    assert part_wh(log.readings[0], "cpu") == pytest.approx(3.0)
    assert [sample.cpu_wh for sample in log.power_samples] == pytest.approx([0.0, 3.0])


def test_an_undisturbed_window_is_measured_once(at_once: None) -> None:
    log, calls = EnergyLog(), list[Window]()
    reading = Meter(tolerant()).measure("inference", log, counting(calls), round_number=2)
    assert log.readings == [reading]
    assert (len(calls), reading.outcome, reading.attempt, reading.round) == (1, "complete", 1, 2)


def test_a_window_that_others_disturbed_is_repeated_twice_and_then_kept_as_it_is() -> None:
    log, calls = EnergyLog(), list[Window]()

    def work(window: Window) -> None:
        counting(calls)(window)
        sleep(window)

    with busy_stranger():
        reading = warm(tolerant(foreign_load_limit_cores=0.02)).measure("inference", log, work)
    assert len(calls) == 3
    assert log.readings[-1] == reading
    assert [(each.outcome, each.attempt, each.samples) for each in log.readings] == [
        ("repeated", 1, 1),
        ("repeated", 2, 2),
        ("disturbed", 3, 3),
    ]
    for each in log.readings:
        assert each.energy_wh > 0
        assert each.reason is not None
        assert each.reason.endswith(f"{each.foreign_cores:.2f} cores busy, the limit is 0.02")


def test_a_repetition_that_is_left_alone_takes_the_windows_place(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, 1e6, 0.0)
    log, calls = EnergyLog(), list[Window]()
    reading = Meter(tolerant()).measure("inference", log, counting(calls))
    assert [each.outcome for each in log.readings] == ["repeated", "complete"]
    assert (len(calls), reading.attempt, reading.counts) == (2, 2, True)


def test_a_window_that_cannot_be_repeated_is_kept_as_disturbed(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, 1e6)
    log = EnergyLog()
    with Meter(tolerant()).window("fit", log):
        pass
    assert log.readings[0].outcome == "disturbed"


def test_a_reading_says_who_used_the_cpu(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, 3.0)
    reading = Meter(tolerant(foreign_load_limit_cores=1e9)).measure("inference", EnergyLog(), lambda _: None)
    assert (reading.cpu_seconds, reading.foreign_cpu_seconds, reading.stolen_seconds) == (0.25, 3.0, 0.125)


def test_a_moment_too_short_to_measure_is_not_called_disturbed(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, 1e6)
    monkeypatch.setattr(meter_module, "SHORTEST_WINDOW_S", 0.5)
    assert Meter(tolerant()).measure("inference", EnergyLog(), lambda _: None).outcome == "complete"


class Failed(Exception):  # noqa: N818  # it is no error of the program's
    """What a candidate raises."""


@pytest.mark.parametrize("error", [Failed, KeyboardInterrupt, SystemExit])
def test_a_window_that_fails_keeps_its_reading_and_the_exception_goes_on(
    at_once: None, tmp_path: Path, error: type[BaseException]
) -> None:
    journal, log, calls = Journal(tmp_path / "journal"), EnergyLog(), list[Window]()

    def work(window: Window) -> None:
        counting(calls)(window)
        raise error

    with pytest.raises(error):
        Meter(tolerant(), journal).measure("fit", log, work)
    journal.close()
    (reading,) = log.readings
    assert (reading.outcome, reading.samples, len(calls)) == ("cut short", 1, 1)
    assert part_wh(reading, "cpu") > 0
    assert not reading.counts
    assert [entry["what"] for entry in read_journal(tmp_path / "journal")] == ["window", "sample", "sample", "reading"]


def test_a_real_window_that_fails_has_its_energy() -> None:
    log = EnergyLog()

    def fail_late(window: Window) -> None:
        sleep(window)
        raise Failed

    with pytest.raises(Failed):
        warm(tolerant()).measure("fit", log, fail_late)
    (reading,) = log.readings
    assert (reading.outcome, reading.evidence) == ("cut short", "C")
    assert reading.duration_s >= A_WINDOW_S
    assert part_wh(reading, "ram") == pytest.approx(20 * reading.duration_s / 3600)


def interrupting_when_it_closes(monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """So many interrupts come while a window is being closed: the GPU is waited for once before it and once then."""
    calls: list[int] = []

    def synchronize() -> None:
        calls.append(1)
        if len(calls) == 2:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr("evaluation.energy.gpu.synchronize", synchronize)


def no_thread_is_left_but(before: Container[threading.Thread]) -> bool:
    """Timers end a moment after they were stopped."""
    deadline_s = time.monotonic() + 10
    while time.monotonic() < deadline_s:
        if not [thread for thread in threading.enumerate() if thread not in before]:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("times", [1, 3])
def test_an_interrupt_while_a_window_closes_costs_no_reading(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    meter, log, before = warm(tolerant()), EnergyLog(), threading.enumerate()
    interrupting_when_it_closes(monkeypatch, times)
    with pytest.raises(KeyboardInterrupt), meter.window("fit", log) as window:
        sleep(window)
    assert [reading.outcome for reading in log.readings] == ["complete"]
    assert log.readings[0].energy_wh > 0
    assert no_thread_is_left_but(before)


def test_a_second_interrupt_does_not_cost_the_reading_of_what_the_first_one_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    meter, log, before = warm(tolerant()), EnergyLog(), threading.enumerate()
    interrupting_when_it_closes(monkeypatch)

    def interrupted(window: Window) -> None:
        sleep(window)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        meter.measure("fit", log, interrupted)
    assert [reading.outcome for reading in log.readings] == ["cut short"]
    assert no_thread_is_left_but(before)


def test_a_journal_without_room_for_a_reading_does_not_have_it_twice(at_once: None, tmp_path: Path) -> None:
    class Full(Journal):
        def write(self, what: str, **entry: Any) -> None:
            if what == "reading":
                raise RecordError(expected="room", found="the disk is full", where=str(self.path), remedy="free some space")
            super().write(what, **entry)

    log, told = EnergyLog(), list[Reading]()
    meter = Meter(tolerant(), Full(tmp_path / "journal"), lambda log: told.append(log.readings[-1]))
    with pytest.raises(RecordError), meter.window("fit", log):
        pass
    assert [reading.outcome for reading in log.readings] == ["complete"]
    assert told == log.readings


def test_an_interrupt_while_the_tracker_starts_leaves_none_running(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[bool] = []

    class Interrupted(FakeTracker):
        def start(self) -> None:
            raise KeyboardInterrupt

        def stop(self) -> None:
            stopped.append(True)

    monkeypatch.setattr(meter_module, "new_tracker", lambda _, listener: Interrupted(listener))
    log = EnergyLog()
    with pytest.raises(KeyboardInterrupt), Meter(tolerant()).window("fit", log):
        pytest.fail("the window was not open")
    assert stopped == [True]


def test_an_interrupt_meanwhile_waits_until_the_tracker_has_started(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[bool] = []

    class Interrupted(FakeTracker):
        def start(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            started.append(True)

    monkeypatch.setattr(meter_module, "new_tracker", lambda _, listener: Interrupted(listener))
    with pytest.raises(KeyboardInterrupt), Meter(tolerant()).window("fit", EnergyLog()):
        pytest.fail("the window was open")
    assert started == [True]


def test_a_suspended_machine_makes_a_window_unbelievable(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = {time.CLOCK_MONOTONIC: 100.0, time.CLOCK_BOOTTIME: 160.0}
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    log, calls = EnergyLog(), list[Window]()

    def work(window: Window) -> None:
        counting(calls)(window)
        if len(calls) == 1:
            clocks[time.CLOCK_BOOTTIME] += 3600.0

    reading = Meter(tolerant()).measure("inference", log, work)
    assert [(each.outcome, each.reason) for each in log.readings] == [
        ("unreadable", "it was suspended for 3 600 s"),
        ("complete", None),
    ]
    # The 3 Wh that the tracker counted are no ground for a guess.
    assert part_wh(log.readings[0], "cpu") < 1
    assert reading.attempt == 2


def test_a_window_that_could_not_be_closed_is_not_charged_with_the_one_before(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged: list[Reading] = []
    meter, log = Meter(tolerant(), on_reading=lambda log: charged.append(log.readings[-1])), EnergyLog()
    with meter.window("fit", log):
        pass

    def broken(*_: Any, **__: Any) -> None:
        raise Failed

    monkeypatch.setattr(meter_module, "make_reading", broken)
    with pytest.raises(Failed), meter.window("fit", log):
        pass
    assert charged == log.readings
    assert len(charged) == 1


def test_what_cannot_be_believed_is_charged_by_the_clock_and_the_cpu_seconds(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbelievable(monkeypatch, 1)
    charged: list[Reading] = []
    # 2 CPU seconds at 9 W are less than the 3 Wh of the last power sample; 2 000 are more.
    for cpu_seconds, cpu_wh in ((2.0, 3.0), (2000.0, 5.0)):
        used = CpuUse(cpu_seconds, cpu_seconds, 0.0)
        found = guess(tolerant(), PowerSample(0, 1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0), 36.0, used)
        assert {part.name: part.energy_wh for part in found.components} == pytest.approx({"cpu": cpu_wh, "ram": 0.2})
    meter = Meter(tolerant(), on_reading=lambda log: charged.append(log.readings[-1]))
    with pytest.raises(MeterError), meter.window("fit", EnergyLog()):
        pass
    assert [reading.outcome for reading in charged] == ["unreadable"]


def unbelievable(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """So many results must not be believed; the others count 3 Wh."""
    left = [times]

    def raw_energy(*_: Any) -> RawEnergy:
        left[0] -= 1
        if left[0] >= 0:
            raise MeterError(expected="a complete energy reading", found="no result", where="CodeCarbon", remedy="run again")
        return RawEnergy(3.0, None)

    monkeypatch.setattr(meter_module, "raw_energy", raw_energy)


def test_a_result_that_must_not_be_believed_is_tried_again(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    unbelievable(monkeypatch, 1)
    log, calls = EnergyLog(), list[Window]()
    reading = Meter(tolerant()).measure("inference", log, counting(calls))
    assert [(each.outcome, each.attempt) for each in log.readings] == [("unreadable", 1), ("complete", 2)]
    assert (reading, len(calls)) == (log.readings[-1], 2)


def test_at_the_third_try_it_is_an_error_and_all_readings_are_kept_without_energy(
    at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbelievable(monkeypatch, 3)
    log, calls = EnergyLog(), list[Window]()
    with pytest.raises(MeterError, match="no result"):
        Meter(tolerant()).measure("inference", log, counting(calls))
    assert len(calls) == 3
    assert [(each.outcome, each.reason, each.attempt, guessed(each), each.samples) for each in log.readings] == [
        ("unreadable", "no result", attempt, True, attempt) for attempt in (1, 2, 3)
    ]


def test_a_failure_comes_before_a_result_that_must_not_be_believed(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    unbelievable(monkeypatch, 1)
    log = EnergyLog()
    with pytest.raises(Failed), Meter(tolerant()).window("fit", log):
        raise Failed
    assert (log.readings[0].outcome, guessed(log.readings[0])) == ("unreadable", True)


def test_on_reading_is_told_of_each_after_it_was_kept(at_once: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    uses(monkeypatch, 1e6, 0.0)
    journal, log, told = Journal(tmp_path / "journal"), EnergyLog(), list[Reading]()

    def tell(told_of: EnergyLog) -> None:
        assert told_of is log
        assert list(read_journal(tmp_path / "journal"))[-1]["what"] == "reading"
        told.append(log.readings[-1])

    Meter(tolerant(), journal, tell).measure("inference", log, lambda _: None)
    journal.close()
    assert [reading.outcome for reading in told] == ["repeated", "complete"]
    assert told == log.readings


def test_what_on_reading_raises_ends_the_work(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    uses(monkeypatch, 1e6, 1e6, 1e6)
    log, calls = EnergyLog(), list[Window]()

    def stop(_: EnergyLog) -> None:
        raise Failed

    with pytest.raises(Failed):
        Meter(tolerant(), on_reading=stop).measure("inference", log, counting(calls))
    assert (len(log.readings), len(calls)) == (1, 1)


class FullDisk(Journal):
    """Takes no more samples."""

    def write(self, what: str, **entry: Any) -> None:
        if what == "sample":
            raise RecordError(expected="room", found="no space left", where="the disk", remedy="free some")
        super().write(what, **entry)


def test_a_journal_that_takes_no_more_samples_ends_the_work_and_the_reading_is_kept(at_once: None, tmp_path: Path) -> None:
    # CodeCarbon's thread is where that happens, and nobody hears of it there.
    journal, log, calls = FullDisk(tmp_path / "journal"), EnergyLog(), list[Window]()
    with pytest.raises(RecordError, match="no space left"):
        Meter(tolerant(), journal).measure("inference", log, counting(calls))
    journal.close()
    assert (len(calls), [reading.outcome for reading in log.readings]) == (1, ["complete"])
    assert len(log.power_samples) == 2


def test_the_warm_up_refuses_settings_made_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECARBON_PUE", "1.4")
    with pytest.raises(MeterError, match="CODECARBON_PUE"):
        Meter(tolerant()).warm_up()


def test_a_real_window_on_a_calibrated_host_says_so() -> None:
    machine = tolerant().model_copy(update={"calibration": make_calibration(offset_w=12.0, high=1.04)})
    reading = warm(machine).measure("idle", EnergyLog(), sleep)
    assert {part.evidence for part in reading.components} == {"A"}
    ram_wh = 20 * reading.duration_s / 3600
    assert part_wh(reading, "ram") == pytest.approx(ram_wh * reading.calibrated_by)
    assert reading.calibrated_by >= 1.4
    assert reading.low_wh == pytest.approx(0.97 * reading.energy_wh)
