"""The self-test: its phases, how busy the machine is in each, what it leaves behind, and how it is kept."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from evaluation.energy import self_test as module
from evaluation.energy.hardware import look_at_hardware
from evaluation.energy.meter import Meter
from evaluation.energy.reading import Reading
from evaluation.energy.self_test import (
    AGAIN,
    ALL_CORES,
    IDLE,
    ONCE,
    ONE_BUSY_CORE,
    PHASES,
    SELF_TEST_FILE,
    SelfTest,
    load_self_test,
    mean_power_w,
    save_self_test,
    take_self_test,
)
from evaluation.exceptions import HomeError, MeterError
from tests.records import STARTED, make_machine, make_reading

# How busy its phases keep the machine can only be said where others leave it its cores.
pytestmark = pytest.mark.alone

CORES = look_at_hardware().cores
# Holds two cores busy until it is ended, and says which processes do. Tests that run in the background ignore interrupts.
BUSY_PROGRAM = """
from evaluation.energy.self_test import _load
import psutil, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
with _load(2):
    print(*(child.pid for child in psutil.Process().children()), flush=True)
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def announced() -> list[str]:
    """The phases as they were told."""
    return []


@pytest.fixture(scope="module")
def helpers() -> list[int]:
    """How many children each phase was given to keep cores busy."""
    return []


@pytest.fixture(scope="module")
def taken(announced: list[str], helpers: list[int]) -> SelfTest:
    """A short one on the machine that runs the tests, whoever else uses it."""
    machine = make_machine(look_at_hardware(), {"foreign_load_limit_cores": 1000.0})
    load = module._load

    def counted(cores: int) -> AbstractContextManager[None]:
        helpers.append(cores)
        return load(cores)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_load", counted)
        return take_self_test(Meter(machine), 3.0, announced.append)


def made(**changes: Any) -> SelfTest:
    """One that nobody took."""
    usual: dict[str, Any] = {
        "machine_id": "0123456789abcdef",
        "basis": "a load model",
        "taken": STARTED,
        "readings": tuple(
            make_reading("self-test", cpu_wh=cpu_wh, ram_wh=0.5, started=STARTED + dt.timedelta(seconds=10 * number))
            for number, cpu_wh in enumerate((0.1, 0.3, 0.9, 0.3, 0.3))
        ),
    }
    return SelfTest(**usual | changes)


def cores(reading: Reading) -> float:
    """How many this program kept busy, on average."""
    return reading.cpu_seconds / reading.duration_s


def need_room(reading: Reading, own_cores: float) -> None:
    """Skip where others left this program less than it wanted."""
    if reading.foreign_cores + reading.stolen_seconds / reading.duration_s > CORES - own_cores:
        pytest.skip("others keep this machine too busy to say")


def wait_until_gone(pids: list[int]) -> list[int]:
    """Those that still run after some seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(running(pid) for pid in pids):
        time.sleep(0.02)
    return [pid for pid in pids if running(pid)]


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# --- Taking it ---


def test_five_phases_are_announced_and_measured_in_order(taken: SelfTest, announced: list[str]) -> None:
    assert tuple(announced) == PHASES == tuple(taken.by_phase) == (IDLE, ONE_BUSY_CORE, ALL_CORES, ONCE, AGAIN)
    starts = [reading.started for reading in taken.readings]
    assert starts == sorted(starts)
    assert taken.taken <= starts[0]
    for before, after in zip(taken.readings, taken.readings[1:], strict=False):
        assert before.started + dt.timedelta(seconds=before.duration_s) <= after.started + dt.timedelta(milliseconds=50)


def test_the_phases_share_the_time_evenly(taken: SelfTest) -> None:
    for reading in taken.readings:
        assert reading.kind == "self-test"
        assert 0.6 <= reading.duration_s < 1.5


def test_hardly_a_core_of_ours_is_busy_when_idle(taken: SelfTest) -> None:
    assert cores(taken.by_phase[IDLE]) < 0.3
    assert taken.by_phase[IDLE].samples == 0


@pytest.mark.parametrize("phase", [ONE_BUSY_CORE, ONCE, AGAIN])
def test_one_core_is_busy_with_work_that_is_counted(taken: SelfTest, phase: str) -> None:
    reading = taken.by_phase[phase]
    assert reading.samples > 0
    assert cores(reading) < 1.3
    need_room(reading, 1)
    assert cores(reading) > 0.5


def test_a_child_is_started_for_every_other_core_and_for_that_phase_alone(taken: SelfTest, helpers: list[int]) -> None:
    assert helpers == [0, 0, CORES - 1, 0, 0]


@pytest.mark.skipif(CORES < 2, reason="this machine has a single core")
def test_all_cores_are_busy_and_those_of_children_are_ours(taken: SelfTest) -> None:
    reading = taken.by_phase[ALL_CORES]
    need_room(reading, 1.3)
    assert cores(reading) > 1


def test_the_same_work_twice_has_a_ratio(taken: SelfTest) -> None:
    assert taken.same_work_ratio > 0


def test_the_ratio_is_of_the_energy_of_a_unit_of_work() -> None:
    # The second time, twice the energy for four times the work.
    readings = list(made().readings)
    readings[3] = make_reading("self-test", cpu_wh=0.5, ram_wh=0.5, samples=100)
    readings[4] = make_reading("self-test", cpu_wh=1.5, ram_wh=0.5, samples=400)
    assert made(readings=tuple(readings)).same_work_ratio == pytest.approx(0.5)


def test_power_is_energy_over_time() -> None:
    # 1 Wh in 10 s.
    assert mean_power_w(make_reading(cpu_wh=0.75, ram_wh=0.25, duration_s=10)) == pytest.approx(360)


# --- What it leaves behind ---


def test_no_child_is_left(taken: SelfTest) -> None:
    commands = [child.cmdline() for child in psutil.Process().children(recursive=True)]
    assert [command for command in commands if module.BUSY_LOOP in command] == []


def test_an_interrupt_while_cores_are_busy_leaves_no_child() -> None:
    pids: list[int] = []

    def interrupted() -> None:
        with module._load(2):
            pids.extend(child.pid for child in psutil.Process().children() if module.BUSY_LOOP in child.cmdline())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(pids) == 2
    assert wait_until_gone(pids) == []


def test_an_interrupt_while_children_are_started_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def second_is_interrupted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        if started:
            raise KeyboardInterrupt
        started.append(popen(*arguments, **options))
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", second_is_interrupted)
    with pytest.raises(KeyboardInterrupt), module._load(2):
        pass
    assert started[0].poll() is not None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_children_end_with_whoever_started_them_however_it_ends(number: signal.Signals) -> None:
    command = [sys.executable, "-c", BUSY_PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 2
        assert all(running(pid) for pid in pids)
        process.send_signal(number)
        process.wait(timeout=10)
    assert wait_until_gone(pids) == []


def test_an_interrupt_from_the_terminal_is_not_heard_by_the_children() -> None:
    # They would each print a traceback. The terminal signals the whole group of the process in the foreground.
    with module._load(1):
        (child,) = (each for each in psutil.Process().children() if module.BUSY_LOOP in each.cmdline())
        assert os.getpgid(child.pid) != os.getpgrp()


# --- Keeping it ---


def test_what_is_saved_is_loaded_back_whole(taken: SelfTest, tmp_path: Path) -> None:
    save_self_test(taken, tmp_path / "new")
    assert load_self_test(tmp_path / "new", taken.machine_id) == taken


def test_the_last_one_is_kept(tmp_path: Path) -> None:
    save_self_test(made(taken=STARTED - dt.timedelta(days=1)), tmp_path)
    save_self_test(made(), tmp_path)
    assert load_self_test(tmp_path, "0123456789abcdef").taken == STARTED


def refused(folder: Path, machine_id: str) -> MeterError:
    with pytest.raises(MeterError) as caught:
        load_self_test(folder, machine_id)
    assert caught.value.where == str(folder / SELF_TEST_FILE)
    assert "`preuve doctor --seconds 300`" in caught.value.remedy
    return caught.value


def test_where_none_was_taken_the_command_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path, "0123456789abcdef").found == "no self-test"


def test_half_a_file_is_no_self_test(tmp_path: Path) -> None:
    save_self_test(made(), tmp_path)
    path = tmp_path / SELF_TEST_FILE
    path.write_bytes(path.read_bytes()[:200])
    assert refused(tmp_path, "0123456789abcdef").found == "a file that is no self-test"


def test_another_machines_is_refused(tmp_path: Path) -> None:
    save_self_test(made(machine_id="feedfacefeedface"), tmp_path)
    assert "feedfacefeedface" in refused(tmp_path, "0123456789abcdef").found


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*arguments: object, **options: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", no_room)
    with pytest.raises(HomeError) as caught:
        save_self_test(made(), tmp_path)
    assert (caught.value.found, caught.value.where) == ("No space left on device", str(tmp_path))


def test_a_calibration_is_made_with_figures_that_none_has_touched() -> None:
    # A reading that an earlier calibration made 1.4 times as large.
    calibrated = tuple(
        make_reading("self-test", cpu_wh=0.7, ram_wh=0.7, calibrated_by=1.4, started=STARTED) if number == 2 else reading
        for number, reading in enumerate(made().readings)
    )
    phases = made(readings=calibrated).phases
    assert [phase.name for phase in phases] == list(PHASES)
    assert phases[2].energy_wh == pytest.approx(1.0)
    assert phases[0].energy_wh == pytest.approx(0.6)
    assert (phases[2].started, phases[2].duration_s) == (STARTED, 10.0)
