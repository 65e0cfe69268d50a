"""A reading: the energy of one measured window, component by component, each with how it is known. Pure; `meter` takes them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, model_validator

from evaluation.energy.evidence import NOT_COUNTED, ComponentName, EvidenceClass, class_of_total

JOULES_PER_WH = 3600.0
# Below half a second nothing is measurable: the tracker reports less than the noise of its own sampling.
SHORTEST_WINDOW_S = 0.5

# A rehearsal is a fit on a few samples: libraries are loaded in it, and their loading is not charged to the first fit.
Kind = Literal["idle", "rehearsal", "fit", "warm-up", "latency", "memory", "inference", "self-test"]
# complete: nothing disturbed it. repeated: the machine was busy with something else, and another window took its place.
# disturbed: it still was at the last try, or the window could not be repeated. cut short: an error, an interrupt or a kill ended
# it. unreadable: the meter's result must not be believed.
Outcome = Literal["complete", "repeated", "disturbed", "cut short", "unreadable"]


class PowerSample(NamedTuple):
    """What was read about a window under way, about once a second; everything counts from the window's beginning.

    Attributes:
        window: number of the window among its run's, from 0.
        cpu_wh: as the meter gives it, before any calibration; so are the others.
        cpu_seconds: of this process, and of its children that have ended.
        busy_seconds: of all cores of the machine, whoever used them.
        stolen_seconds: what the host gave to others while this virtual machine wanted to compute.
    """

    window: int
    elapsed_s: float
    cpu_wh: float
    gpu_wh: float
    ram_wh: float
    cpu_seconds: float
    busy_seconds: float
    stolen_seconds: float


class Component(BaseModel):
    """What one part of the machine used.

    Attributes:
        evidence: how well it is known.
        backend: how the figure came about, in words: a counter, a model or a declared constant.
        low_wh: the true value is at least this.
        high_wh: and at most this.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ComponentName
    energy_wh: float
    evidence: EvidenceClass
    backend: str
    low_wh: float
    high_wh: float

    @model_validator(mode="after")
    def _interval_holds_the_value(self) -> Self:
        if not 0 <= self.low_wh <= self.energy_wh <= self.high_wh:
            message = f"{self.name}: {self.energy_wh} Wh does not lie between {self.low_wh} and {self.high_wh}"
            raise ValueError(message)
        return self


class Reading(BaseModel):
    """The energy of one window, gross: all that the machine used while it lasted.

    Attributes:
        kind: what the window held.
        outcome: whether it counts, and if not, why it is kept all the same.
        reason: in words, where something was wrong.
        attempt: which try of this window it is, from 1.
        started: UTC.
        cpu_seconds: of this process and its children, those that still run included; of a window that a kill cut short, of those
            that had ended.
        foreign_cpu_seconds: of everything else on the machine.
        stolen_seconds: what the host gave to others while this virtual machine wanted to compute.
        cpu_estimate_wh: second, independent estimate of the CPU's energy: CPU seconds times declared watts of a busy core. It ranks
            candidates where only a model stands behind the CPU's energy; beside a counter, it tells how good these watts are.
        calibrated_by: factor that a calibration put on the meter's figures of CPU and memory; 1 without one.
        gpu_shared: whether other processes held the GPU, which is measured as a whole.
        longest_gap_s: longest time between two of its power samples.
        samples: how many inputs were answered (or learnt from) in it.
        round: of the campaign, from 1; none outside the rounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    outcome: Outcome = "complete"
    reason: str | None = None
    attempt: int = 1
    started: dt.datetime
    duration_s: float
    components: tuple[Component, ...]
    cpu_seconds: float
    foreign_cpu_seconds: float = 0.0
    stolen_seconds: float = 0.0
    cpu_estimate_wh: float
    calibrated_by: float = 1.0
    gpu_shared: bool = False
    longest_gap_s: float = 0.0
    samples: int = 0
    round: int | None = None

    @property
    def counts(self) -> bool:
        """Whether results may be computed from it; its energy was used in any case."""
        return self.outcome in {"complete", "disturbed"}

    @property
    def energy_wh(self) -> float:
        """Of all components together."""
        return sum(component.energy_wh for component in self.components)

    @property
    def low_wh(self) -> float:
        """The true energy is at least this: what makes one component be off may well make the others be off too."""
        return sum(component.low_wh for component in self.components)

    @property
    def high_wh(self) -> float:
        """The true energy is at most this."""
        return sum(component.high_wh for component in self.components)

    @property
    def evidence(self) -> EvidenceClass | None:
        """Class of the total: that of its worst part that matters; none without components."""
        return class_of_total(_energy_by_class(self.components)) if self.components else None

    @property
    def mix(self) -> dict[str, float]:
        """Share of each component in the energy, between 0 and 1."""
        total = self.energy_wh
        return {part.name: part.energy_wh / total if total else 0.0 for part in self.components}

    @property
    def foreign_cores(self) -> float:
        """How many cores others kept busy, on average."""
        return self.foreign_cpu_seconds / self.duration_s if self.duration_s else 0.0

    def part(self, name: ComponentName) -> Component | None:
        """The component of this name, where the machine has one."""
        return next((component for component in self.components if component.name == name), None)

    def energy_wh_per(self, samples: int) -> float:
        """Energy for that many samples, in Wh.

        Raises:
            ValueError: the window counted none.
        """
        return self.energy_wh * self.per_sample(samples)

    def per_sample(self, samples: int = 1) -> float:
        """What to multiply a quantity of the whole window with to have that of so many samples.

        Raises:
            ValueError: the window counted none.
        """
        if self.samples == 0:
            message = f"a {self.kind} window without samples has no energy per sample"
            raise ValueError(message)
        return samples / self.samples


def _energy_by_class(components: Sequence[Component]) -> Mapping[EvidenceClass, float]:
    by_class: Counter[EvidenceClass] = Counter()
    for component in components:
        by_class[component.evidence] += component.energy_wh  # type: ignore[assignment]  # a Counter adds up floats as well
    return by_class


def not_counted_share(readings: Sequence[Reading]) -> float:
    """The share of an energy that is modelled or declared, and read from no counter; 0 where there is no energy."""
    total_wh = sum(reading.energy_wh for reading in readings)
    not_counted_wh = sum(part.energy_wh for reading in readings for part in reading.components if part.evidence in NOT_COUNTED)
    return not_counted_wh / total_wh if total_wh else 0.0


def true_factors(readings: Sequence[Reading]) -> tuple[float, float]:
    """The lowest and the highest factor from what readings say together to the true energy; where they say nothing, anything."""
    total_wh = sum(reading.energy_wh for reading in readings)
    if total_wh <= 0:
        return 0.0, float("inf")
    return sum(reading.low_wh for reading in readings) / total_wh, sum(reading.high_wh for reading in readings) / total_wh


def above_idle_wh(reading: Reading, idle: Reading) -> float:
    """What a window used beyond what the machine uses when nothing is asked of it.

    Args:
        reading: the window.
        idle: a window in which nothing was done, on the same machine. Its power is taken off for as long as the window lasted.
    """
    return reading.energy_wh - idle.energy_wh / idle.duration_s * reading.duration_s


def second_estimate_wh(reading: Reading) -> float:
    """The window's energy with the second estimate in place of the CPU's."""
    cpu = reading.part("cpu")
    if cpu is None:
        return reading.energy_wh
    return reading.energy_wh - cpu.energy_wh + reading.cpu_estimate_wh
