"""The self-test: what this machine's meter shows when idle, with one core busy, with all of them, and for the same work twice."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evaluation.energy.calibration import Phase
from evaluation.energy.meter import EnergyLog, Meter, Window
from evaluation.energy.reading import JOULES_PER_WH, Reading
from evaluation.exceptions import HomeError, MeterError

SELF_TEST_FILE = "self_test.json"
SELF_TEST_S = 10.0
ONE_BUSY_CORE, ALL_CORES, ONCE, AGAIN, IDLE = "one busy core", "all cores", "the same work", "the same work again", "idle"
PHASES = (IDLE, ONE_BUSY_CORE, ALL_CORES, ONCE, AGAIN)
# It ends with whoever asked for it, also where that process is killed.
BUSY_LOOP = "import os, sys\nwhile os.getppid() == int(sys.argv[1]): sum(range(20_000))"
# So much work between two looks at the clock: about a millisecond.
UNIT_OF_WORK = 20_000


class SelfTest(BaseModel):
    """A self-test as it was taken.

    Attributes:
        machine_id: of the host.
        basis: what its readings rest on.
        taken: UTC.
        readings: one a phase, in the order of `PHASES`; `samples` counts units of the same work.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    machine_id: str
    basis: str
    taken: dt.datetime
    readings: tuple[Reading, ...]

    @property
    def by_phase(self) -> dict[str, Reading]:
        """The readings by the name of their phase."""
        return dict(zip(PHASES, self.readings, strict=True))

    @property
    def same_work_ratio(self) -> float:
        """Energy of a unit of work, the second time over the first: how far from 1 the same work comes out on this machine."""
        return self.by_phase[AGAIN].energy_wh_per(1) / self.by_phase[ONCE].energy_wh_per(1)

    @property
    def phases(self) -> list[Phase]:
        """What a calibration compares with a wall meter: the readings without any calibration."""
        return [
            Phase(
                name=name,
                started=reading.started,
                duration_s=reading.duration_s,
                energy_wh=(reading.energy_wh - _gpu_wh(reading)) / reading.calibrated_by,
                gpu_wh=_gpu_wh(reading),
            )
            for name, reading in self.by_phase.items()
        ]


def _gpu_wh(reading: Reading) -> float:
    part = reading.part("gpu")
    return part.energy_wh if part else 0.0


def take_self_test(meter: Meter, seconds: float, progress: Callable[[str], None]) -> SelfTest:
    """Take one; the energy lock is the caller's to hold.

    Args:
        meter: of this machine.
        seconds: for all phases together.
        progress: told which phase begins.

    Raises:
        MeterError: a reading must not be believed.
    """
    meter.warm_up()
    taken, log, each_s = dt.datetime.now(dt.UTC), EnergyLog(), seconds / len(PHASES)
    for name in PHASES:
        progress(name)
        with _load(meter.machine.hardware.cores - 1 if name == ALL_CORES else 0), meter.window("self-test", log) as window:
            if name == IDLE:
                time.sleep(each_s)
            else:
                _work(window, each_s)
    return SelfTest(machine_id=meter.machine.machine_id, basis=meter.machine.basis, taken=taken, readings=tuple(log.readings))


def _work(window: Window, seconds: float) -> None:
    while window.elapsed_s < seconds:
        sum(range(UNIT_OF_WORK))
        window.samples += 1


@contextmanager
def _load(cores: int) -> Iterator[None]:
    """So many cores kept busy by child processes."""
    busy: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(cores):
            # A group of its own: an interrupt from the terminal is this process's to hear.
            busy.append(subprocess.Popen([sys.executable, "-S", "-c", BUSY_LOOP, str(os.getpid())], process_group=0))  # noqa: PERF401
        yield
    finally:
        for process in busy:
            process.kill()
        for process in busy:
            process.wait()


def mean_power_w(reading: Reading) -> float:
    """Watts over a window."""
    return reading.energy_wh * JOULES_PER_WH / reading.duration_s


def save_self_test(self_test: SelfTest, folder: Path) -> None:
    """Keep it, so that a wall meter's recording can be compared with it later.

    Raises:
        HomeError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / SELF_TEST_FILE).write_text(self_test.model_dump_json(indent=1), encoding="utf-8")
    except OSError as error:
        raise HomeError(
            expected="a folder that can be written to",
            found=error.strerror or str(error),
            where=str(folder),
            remedy="make it writable, or name another: export PREUVE_HOME=~/preuve",
        ) from error


def load_self_test(folder: Path, machine_id: str) -> SelfTest:
    """The last one taken on this machine.

    Raises:
        MeterError: there is none, or it is another machine's.
    """
    path = folder / SELF_TEST_FILE
    try:
        found = SelfTest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _record_first("no self-test", path) from error
    except ValidationError as error:
        raise _record_first("a file that is no self-test", path) from error
    if found.machine_id != machine_id:
        raise _record_first(f"one of another machine ({found.machine_id})", path)
    return found


def _record_first(found: str, path: Path) -> MeterError:
    return MeterError(
        expected="a self-test of this machine, taken while the wall meter recorded",
        found=found,
        where=str(path),
        remedy="let the meter record, run `preuve doctor --seconds 300`, export the recording, and give it with --calibrate",
    )
