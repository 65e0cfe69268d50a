"""Energy of a window through CodeCarbon, used in the one way in which its figures can be trusted.

What each choice guards against was found by measuring CodeCarbon 3.3:

- one fresh tracker per window: its task interface stops the sampling and counts only the last task;
- offline, with the country given: without network the plain tracker silently becomes another country;
- the whole machine: its process mode misses most of what child processes do;
- every setting that the measurement depends on is passed, and settings made outside are refused: what is left open is filled
  from the environment or a file of the user's home;
- its own lock off: it survives a killed process; ours (`lock`) does not;
- PUE 1: a facility's overhead is applied when carbon is derived, never stored as evidence.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evaluation.energy.reading import JOULES_PER_WH, SHORTEST_WINDOW_S, Component, Kind, Reading
from evaluation.exceptions import MeterError

SAMPLING_INTERVAL_S = 1.0
WH_PER_KWH = 1000.0

# CodeCarbon's names for its ways to know the CPU's energy, in words; those of the second group read a counter.
CPU_MODELS = {
    "cpu_load": "model of its load",
    "constant": "constant share of its TDP",
}
CPU_COUNTERS = {
    "intel_rapl": "RAPL counter",
    "intel_power_gadget": "Intel Power Gadget",
    "windows_emi": "Windows Energy Meter Interface",
}


class Window:
    """A window under way; the work in it counts its samples."""

    def __init__(self) -> None:
        self.samples = 0
        self.began_s = time.perf_counter()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the window opened."""
        return time.perf_counter() - self.began_s


def outside_settings() -> list[str]:
    """Settings of CodeCarbon made outside this program: they could change what it measures."""
    variables = [name for name in os.environ if name.lower().startswith("codecarbon_")]
    files = [str(path) for path in (Path.home() / ".codecarbon.config", Path.cwd() / ".codecarbon.config") if path.exists()]
    return sorted(variables) + files


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
            where="environment",
            remedy=f"unset the variables and move the files away: {' '.join(found)}",
        )


def warm_up_meter() -> None:
    """Pay for the tracker's first start (it looks for hardware for one to two seconds) outside any window."""
    check_outside_settings()
    tracker = _new_tracker()
    tracker.start()
    tracker.stop()


@contextmanager
def window(kind: Kind, readings: list[Reading], *, round_number: int | None = None) -> Iterator[Window]:
    """Measure what happens inside the `with`, and append the reading, also where an exception ends the window.

    Raises:
        MeterError: the tracker's result must not be believed.
    """
    tracker = _new_tracker()
    started = dt.datetime.now(dt.UTC)
    tracker.start()
    cpu_before_s = _cpu_seconds()
    opened = Window()
    try:
        yield opened
    finally:
        duration_s = opened.elapsed_s
        cpu_seconds = _cpu_seconds() - cpu_before_s
        tracker.stop()
        reading = Reading(
            kind=kind,
            started=started,
            duration_s=duration_s,
            components=components_of(tracker, duration_s),
            cpu_seconds=cpu_seconds,
            samples=opened.samples,
            round=round_number,
        )
        readings.append(reading)


def _cpu_seconds() -> float:
    # To the microsecond; `os.times` counts in hundredths of a second.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _new_tracker() -> Any:
    # Its logger prints even at level "critical"; it must be silenced before the first import.
    logging.getLogger("codecarbon").disabled = True
    from codecarbon import OfflineEmissionsTracker

    return OfflineEmissionsTracker(
        country_iso_code="FRA",
        region=None,
        cloud_provider=None,
        cloud_region=None,
        country_2letter_iso_code=None,
        project_name="preuve",
        experiment_name="preuve",
        measure_power_secs=SAMPLING_INTERVAL_S,
        output_methods=[],
        output_handlers=[],
        emissions_endpoint=None,
        tracking_mode="machine",
        log_level="critical",
        logger_preamble="",
        gpu_ids=None,
        force_cpu_power=None,
        force_ram_power=None,
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


def components_of(tracker: Any, duration_s: float) -> tuple[Component, ...]:
    """The components of a stopped tracker, in Wh.

    Its memory figure is a constant power sampled at uneven moments (2 % off over 2 s); the same constant over the exact
    duration is free of that noise.

    Raises:
        MeterError: no result, a zero or missing component, or components that do not sum to the total.
    """
    data = getattr(tracker, "final_emissions_data", None)
    if data is None:
        raise _incomplete("no result", "see whether another program uses CodeCarbon, and run again")
    parts_kwh = {"cpu": data.cpu_energy, "gpu": data.gpu_energy, "ram": data.ram_energy}
    if not math.isclose(sum(parts_kwh.values()), data.energy_consumed, rel_tol=1e-6):
        raise _incomplete(
            f"components that sum to {sum(parts_kwh.values()):g} kWh, total {data.energy_consumed:g} kWh", "run again"
        )
    expected = ["cpu", "ram"] + (["gpu"] if data.gpu_count else [])
    if duration_s >= SHORTEST_WINDOW_S:
        for name in expected:
            if not parts_kwh[name] > 0:
                raise _incomplete(f"no energy for the {name} over {duration_s:.1f} s", "run `preuve doctor`")
    cpu_method, cpu_measured = _cpu_method(tracker)
    ram_w = float(data.ram_power)
    found = [
        Component(name="cpu", energy_wh=data.cpu_energy * WH_PER_KWH, method=cpu_method, measured=cpu_measured),
        Component(
            name="ram", energy_wh=ram_w * duration_s / JOULES_PER_WH, method=f"declared constant of {ram_w:g} W", measured=False
        ),
    ]
    if data.gpu_count:
        gpu_wh = data.gpu_energy * WH_PER_KWH
        found.append(Component(name="gpu", energy_wh=gpu_wh, method="counter of the GPU's driver", measured=True))
    return tuple(found)


def _cpu_method(tracker: Any) -> tuple[str, bool]:
    # CodeCarbon does not publish which way it chose; private parts of its objects hold it.
    for hardware in getattr(tracker, "_hardware", ()):
        mode = getattr(hardware, "_mode", None)
        if mode in CPU_COUNTERS:
            return CPU_COUNTERS[mode], True
        if mode in CPU_MODELS:
            return f"{CPU_MODELS[mode]} (TDP {getattr(hardware, '_tdp', 0):g} W)", False
    return "unknown", False


def _incomplete(found: str, remedy: str) -> MeterError:
    return MeterError(expected="a complete energy reading", found=found, where="CodeCarbon", remedy=remedy)
