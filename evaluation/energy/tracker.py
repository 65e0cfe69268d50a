"""CodeCarbon, used in the one way in which its figures can be trusted.

What each choice guards against was found by measuring CodeCarbon 3.3:

- one fresh tracker per window: its task interface stops the sampling and counts only the last task;
- offline, with the country given: without network the plain tracker silently becomes another country;
- the whole machine: its process mode misses most of what child processes do;
- every setting that the measurement depends on is passed, and settings made outside are refused: what is left open is filled
  from the environment or a file of the user's home;
- one sample at a time: when a window ends while a sample is being taken, CodeCarbon takes another beside it and counts the last
  second twice (3.02 s of 2.01 s; two windows in three that end on a full second), or hides the last one from its listener; a timer
  that fires at that moment is never stopped;
- one second after the other: it leaves out the time that each reading takes, which is longer while a candidate keeps Python busy;
- its own lock off: it survives a killed process; ours (`lock`) does not;
- PUE 1: a facility's overhead is applied when carbon is derived, never stored as evidence.
"""

from __future__ import annotations

import logging
import math
import os
import shlex
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from evaluation.energy.machine import Machine
from evaluation.energy.reading import JOULES_PER_WH, SHORTEST_WINDOW_S
from evaluation.exceptions import MeterError
from evaluation.messages import Decimals, Message, Setting, say, words
from evaluation.signals import ending_held_back

# A kill costs what came after the last sample: with the moment that one takes to be read and journalled, at most a second.
SAMPLING_INTERVAL_S = 0.95
WH_PER_KWH = 1000.0
# The seconds that the tracker counted, told by the constant power of the memory, may differ by so much from those that passed.
# More means that two of its threads counted the same second, or that one was left out.
COUNTED_SECONDS_TOLERANCE_S, COUNTED_SECONDS_TOLERANCE = 0.06, 0.03

# CodeCarbon's names for its ways to know the CPU's energy.
RAPL_MODE, LOAD_MODE = "intel_rapl", "cpu_load"


class Listener(Protocol):
    """What CodeCarbon calls an output handler: told after each sample."""

    def live_out(self, total: Any, delta: Any) -> None:
        """`total` holds the energies since the start, in kWh."""
        ...

    def out(self, total: Any, delta: Any) -> None:
        """At the end."""
        ...

    def exit(self) -> None:
        """After the end."""
        ...


class RawEnergy(NamedTuple):
    """What a stopped tracker counted, in Wh; `gpu_wh` is none where there is no GPU."""

    cpu_wh: float
    gpu_wh: float | None


class Sampled(NamedTuple):
    """Between which samples a window lies.

    Attributes:
        first_cpu_wh: what the tracker had counted when the window opened; so are the next two.
        covered_s: from the first sample to the last.
    """

    first_cpu_wh: float
    first_gpu_wh: float
    first_ram_wh: float
    covered_s: float


def outside_settings() -> list[str]:
    """Settings of CodeCarbon made outside this program: they could change what it measures."""
    variables = [name for name in os.environ if name.lower().startswith("codecarbon_")]
    files = [str(path) for path in (Path.home() / ".codecarbon.config", Path.cwd() / ".codecarbon.config") if path.exists()]
    return sorted(variables) + files


def how_to_undo(settings: Sequence[str]) -> str:
    """The commands that take settings made outside away."""
    files = [setting for setting in settings if "/" in setting]
    variables = [setting for setting in settings if setting not in files]
    commands = [f"unset {' '.join(variables)}"] if variables else []
    return "; ".join(commands + [f"mv {shlex.quote(path)} {shlex.quote(path + '.off')}" for path in files])


def check_outside_settings() -> None:
    """Refuse to measure where CodeCarbon is configured from outside.

    Raises:
        MeterError: it is; each variable and file is named.
    """
    found = outside_settings()
    if found:
        raise MeterError(
            expected="CodeCarbon configured by this program alone",
            found=", ".join(found),
            where="the environment, or the file itself",
            remedy=how_to_undo(found),
        )


def _silence() -> None:
    # Its logger prints even at level "critical"; it must be silenced before the first import.
    logging.getLogger("codecarbon").disabled = True


@cache
def _tracker_class() -> Any:
    _silence()
    from codecarbon import OfflineEmissionsTracker

    class OneSampleAtATime(OfflineEmissionsTracker):  # type: ignore[misc]  # published without types
        """Samples come from threads of CodeCarbon's, and the last one from whoever stops it."""

        def __init__(self, **settings: Any) -> None:
            self._sampling = threading.RLock()
            self._ended = False
            self._timers: list[Any] = []
            super().__init__(**settings)

        def stop(self) -> None:
            self._timers = [timer for timer in (self._scheduler, self._scheduler_monitor_power) if timer]
            # A sample under way is taken to its end, and its listener told, before the last one is.
            with self._sampling:
                super().stop()
                self._ended = True

        def _measure_power_and_energy(self) -> None:
            with self._sampling:
                if not self._has_ended():
                    began_s = time.perf_counter()
                    super()._measure_power_and_energy()
                    # It leaves out the time that reading took: 1.5 % of a window in which Python itself is busy.
                    self._last_measured_time = began_s

        def _monitor_power(self) -> None:
            if not self._has_ended():
                super()._monitor_power()

        def _has_ended(self) -> bool:
            # A timer that fired while it was being stopped has started itself anew, and would go on for ever.
            if self._ended:
                for timer in self._timers:
                    timer.stop()
            return self._ended

    return OneSampleAtATime


def new_tracker(machine: Machine, listener: Listener | None = None) -> Any:
    """A tracker for one window on this machine, with the powers that its owner declares."""
    return _tracker_class()(
        country_iso_code="FRA",
        region=None,
        cloud_provider=None,
        cloud_region=None,
        country_2letter_iso_code=None,
        project_name="preuve",
        experiment_name="preuve",
        measure_power_secs=SAMPLING_INTERVAL_S,
        api_call_interval=1,
        output_methods=[],
        output_handlers=[listener] if listener else [],
        emissions_endpoint=None,
        tracking_mode="machine",
        log_level="critical",
        logger_preamble="",
        # Left open, it would be read from CUDA_VISIBLE_DEVICES: a card is measured whole, whoever may use it.
        gpu_ids=list(range(len(machine.hardware.gpus))) or None,
        # A given power switches the counter off, so none is given where there is one.
        force_cpu_power=None if machine.counts_cpu_energy else machine.declared.cpu_w,
        force_ram_power=machine.declared.ram_w.value,
        force_mode_cpu_load=False,
        force_carbon_intensity_g_co2e_kwh=None,
        rapl_include_dram=False,
        rapl_prefer_psys=False,
        pue=1.0,
        wue=0.0,
        allow_multiple_runs=True,
        metadata=None,
        electricitymaps_api_token=None,
    )


def warm_up(machine: Machine) -> None:
    """Pay for the first start of a tracker (it looks for hardware for one to three seconds) outside any window."""
    check_outside_settings()
    tracker = new_tracker(machine)
    with ending_held_back():
        tracker.start()
        tracker.stop()


def raw_energy(tracker: Any, machine: Machine, duration_s: float, sampled: Sampled) -> RawEnergy:
    """What a stopped tracker counted since the window opened, which is its first sample.

    Its last sample comes up to 50 ms before the end, or a moment after it: the mean power between the samples is taken for what is
    missing, and taken off a model for what is too much.

    Args:
        tracker: stopped.
        machine: for which it was made.
        duration_s: of the window.
        sampled: its first sample, and how long after it the last one came.

    Raises:
        MeterError: there is no result, a component is zero or missing, or there is one too many, they do not sum to the total,
            another backend was used than the machine has, or the tracker counted other seconds than those that passed.
    """
    data = getattr(tracker, "final_emissions_data", None)
    if data is None:
        raise _unbelievable(say("no result"), words("see whether another program uses CodeCarbon, and run again"))
    parts_kwh = {"cpu": data.cpu_energy, "gpu": data.gpu_energy, "ram": data.ram_energy}
    if not math.isclose(sum(parts_kwh.values()), data.energy_consumed, rel_tol=1e-6):
        raise _unbelievable(
            say(
                "components that sum to {parts} kWh, total {total} kWh",
                parts=Setting(sum(parts_kwh.values())),
                total=Setting(data.energy_consumed),
            ),
            words("run again"),
        )
    has_gpu = bool(machine.hardware.gpus)
    if data.gpu_energy > 0 and not has_gpu:
        raise _unbelievable(
            say("energy of a GPU that is not known here ({problem})", problem=machine.hardware.nvml),
            words("see what `preuve doctor` says of the GPU; CodeCarbon looks for AMD's where the package amdsmi is installed"),
        )
    first_wh = {"cpu": sampled.first_cpu_wh, "gpu": sampled.first_gpu_wh, "ram": sampled.first_ram_wh}
    # Of the window alone: what was counted before it opened is not in it.
    parts_wh = {name: max(0.0, kwh * WH_PER_KWH - first_wh[name]) for name, kwh in parts_kwh.items()}
    if duration_s >= SHORTEST_WINDOW_S:
        for name in ["cpu", "ram"] + (["gpu"] if has_gpu else []):
            if not parts_wh[name] > 0:
                found = say("no energy for the {component} over {seconds} s", component=name, seconds=Decimals(duration_s, 1))
                raise _unbelievable(found, words("run `preuve doctor`"))
        _check_backend(tracker, machine)
        _check_counted_seconds(parts_wh["ram"] * JOULES_PER_WH / machine.declared.ram_w.value, sampled.covered_s)
    of_window = duration_s / sampled.covered_s if sampled.covered_s else 1.0
    missed = max(1.0, of_window)
    # What a counter counted was used; a model's power goes on until the last sample, however late that came.
    scale = missed if machine.counts_cpu_energy or duration_s < SHORTEST_WINDOW_S else of_window
    return RawEnergy(cpu_wh=parts_wh["cpu"] * scale, gpu_wh=parts_wh["gpu"] * missed if has_gpu else None)


def _check_backend(tracker: Any, machine: Machine) -> None:
    # CodeCarbon does not publish which way it chose; a private part of its object holds it.
    modes = [hardware._mode for hardware in getattr(tracker, "_hardware", ()) if hasattr(hardware, "_mode")]  # noqa: SLF001
    expected = RAPL_MODE if machine.counts_cpu_energy else LOAD_MODE
    if modes != [expected]:
        raise _unbelievable(
            say("the CPU's energy from {found} instead of {expected}", found=", ".join(modes) or say("nowhere"), expected=expected),
            words("see with `preuve doctor` whether the counters can be read"),
        )


def _check_counted_seconds(counted_s: float, covered_s: float) -> None:
    if abs(counted_s - covered_s) > COUNTED_SECONDS_TOLERANCE_S + COUNTED_SECONDS_TOLERANCE * covered_s:
        passed = {"counted": Decimals(counted_s, 2), "passed": Decimals(covered_s, 2)}
        raise _unbelievable(say("{counted} s counted of {passed} s that passed", **passed), words("run again on a quiet machine"))


def _unbelievable(found: Message, remedy: str) -> MeterError:
    return MeterError(expected="a complete energy reading", found=str(found), where="CodeCarbon", remedy=remedy)
