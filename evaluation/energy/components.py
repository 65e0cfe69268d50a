"""What a window used, component by component, and how each is known on this machine. Pure; `meter` opens and closes the windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from evaluation.energy.evidence import ComponentName, EvidenceClass, bounds
from evaluation.energy.load import CpuUse
from evaluation.energy.machine import Machine
from evaluation.energy.reading import JOULES_PER_WH, Component, Kind, Outcome, PowerSample, Reading
from evaluation.energy.tracker import RawEnergy
from evaluation.messages import Day, Setting, say, words


class Measured(NamedTuple):
    """What a window used by component, and the factor that a calibration put on each."""

    components: tuple[Component, ...]
    calibrated_by: float


@dataclass(frozen=True)
class WindowLabel:
    """Which window it is."""

    kind: Kind
    round: int | None
    attempt: int
    started: dt.datetime


def components_of(machine: Machine, raw: RawEnergy, duration_s: float) -> Measured:
    """The components with their evidence.

    CodeCarbon's figure for the memory is a constant power sampled at uneven moments (2 % off over 2 s); the same constant over
    the exact duration is free of that noise. A wall meter knows only the whole: CPU and memory are scaled alike. No load of a GPU
    was compared with it, so a GPU stays as its counter gives it; and so does what lies beyond the powers that were compared.
    """
    parts_wh: dict[ComponentName, float] = {"cpu": raw.cpu_wh, "ram": machine.declared.ram_w.value * duration_s / JOULES_PER_WH}
    total_wh = sum(parts_wh.values())
    calibration = machine.calibration if machine.calibration and machine.calibration.covers(total_wh, duration_s) else None
    if raw.gpu_wh is not None:
        parts_wh["gpu"] = raw.gpu_wh
    factor = calibration.wall_wh(total_wh, duration_s) / total_wh if calibration and total_wh else 1.0
    known_by = machine.model_copy(update={"calibration": calibration})
    return Measured(tuple(_known(known_by, name, raw_wh, factor) for name, raw_wh in parts_wh.items()), factor)


def _known(machine: Machine, name: ComponentName, raw_wh: float, factor: float) -> Component:
    """A component as it is known on this machine, of which a calibration makes `factor` times as much."""
    calibration = machine.calibration if name != "gpu" else None
    evidence, backend = evidence_of(machine, name)
    factors = (calibration.low, calibration.high) if calibration else bounds(evidence, name)
    return _component(name, raw_wh * (factor if calibration else 1.0), evidence, backend, factors)


def without_calibration(reading: Reading, machine: Machine) -> Reading:
    """The reading as it would be without the calibration of the machine that took it."""
    if reading.calibrated_by == 1.0:
        return reading
    plain = machine.model_copy(update={"calibration": None})
    parts = (
        part if part.name == "gpu" else _known(plain, part.name, part.energy_wh / reading.calibrated_by, 1.0)
        for part in reading.components
    )
    return reading.model_copy(update={"components": tuple(parts), "calibrated_by": 1.0})


def guess(machine: Machine, last: PowerSample | None, duration_s: float, used: CpuUse) -> Measured:
    """What a window used whose result must not be believed. No result rests on it; but it was used, and a budget is charged.

    Args:
        machine: for its declared powers.
        last: the window's last power sample, where there is one. The CPU is charged with that or with its seconds times the
            declared watts of a busy core, whichever is more.
        duration_s: of the window.
        used: CPU seconds in it.
    """
    declared = machine.declared
    by_seconds_wh = used.own * declared.watts_per_busy_core.value / JOULES_PER_WH
    parts_wh: dict[ComponentName, float] = {
        "cpu": max(last.cpu_wh if last else 0.0, by_seconds_wh),
        "ram": declared.ram_w.value * duration_s / JOULES_PER_WH,
    }
    if machine.hardware.gpus:
        parts_wh["gpu"] = last.gpu_wh if last else 0.0
    return Measured(
        tuple(_component(name, energy_wh, "C", "guess", bounds("C", name)) for name, energy_wh in parts_wh.items()), 1.0
    )


def make_reading(
    machine: Machine,
    label: WindowLabel,
    measured: Measured,
    duration_s: float,
    used: CpuUse,
    *,
    outcome: Outcome,
    reason: str | None,
    samples: int,
    elapsed_s: Sequence[float],
    gpu_shared: bool = False,
) -> Reading:
    """A reading from what was counted.

    Args:
        machine: for its declared powers and its calibration.
        label: which window it was.
        measured: its components.
        duration_s: of the window.
        used: CPU seconds in it.
        outcome: whether it counts.
        reason: what was wrong, in words.
        samples: answered inputs.
        elapsed_s: when power samples were taken, counted from the window's beginning.
        gpu_shared: whether others held the GPU.
    """
    core_w = machine.declared.watts_per_busy_core.value
    return Reading(
        kind=label.kind,
        outcome=outcome,
        reason=reason,
        attempt=label.attempt,
        started=label.started,
        duration_s=duration_s,
        components=measured.components,
        cpu_seconds=used.own,
        foreign_cpu_seconds=used.foreign,
        stolen_seconds=used.stolen,
        cpu_estimate_wh=used.own * core_w / JOULES_PER_WH,
        calibrated_by=measured.calibrated_by,
        gpu_shared=gpu_shared,
        longest_gap_s=_longest_gap_s(elapsed_s, duration_s),
        samples=samples,
        round=label.round,
    )


def _component(
    name: ComponentName, energy_wh: float, evidence: EvidenceClass, backend: str, factors: tuple[float, float]
) -> Component:
    low, high = factors
    return Component(
        name=name, energy_wh=energy_wh, evidence=evidence, backend=backend, low_wh=energy_wh * low, high_wh=energy_wh * high
    )


def evidence_of(machine: Machine, name: ComponentName) -> tuple[EvidenceClass, str]:
    """How a component is known on this machine: class, and in words."""
    declared = machine.declared
    evidence: EvidenceClass = "B"
    if name == "cpu" and machine.counts_cpu_energy:
        backend = say("RAPL counter of {domains}", domains=", ".join(machine.hardware.rapl.domains))
    elif name == "gpu" and machine.hardware.gpu_sensor != "power":
        backend = say("NVML counter")
    elif name == "gpu":
        # What the card took between two looks is nobody's reading.
        evidence, backend = "C", say("power by NVML, looked at each second")
    elif name == "cpu":
        template = (
            words("load model with an assumed TDP of {watts} W")
            if declared.host_tdp_w.assumed
            else words("load model with a declared TDP of {watts} W")
        )
        evidence, backend = "C", say(template, watts=Setting(declared.cpu_w))
    else:
        template = (
            words("an assumed constant of {watts} W") if declared.ram_w.assumed else words("a declared constant of {watts} W")
        )
        evidence, backend = "C", say(template, watts=Setting(declared.ram_w.value))
    if machine.calibration and name != "gpu":
        return "A", str(say("{backend}, calibrated on {day}", backend=backend, day=Day(machine.calibration.made)))
    return evidence, str(backend)


def _longest_gap_s(elapsed_s: Sequence[float], duration_s: float) -> float:
    times = [0.0, *elapsed_s, duration_s]
    return max(after - before for before, after in pairwise(times))
