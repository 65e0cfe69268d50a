"""A reading: the energy of one measured window, component by component. How it was measured is `meter`'s work."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict

JOULES_PER_WH = 3600.0
# Below half a second nothing is measurable: the tracker reports less than the noise of its own sampling.
SHORTEST_WINDOW_S = 0.5

# A rehearsal is a fit on a few samples: libraries are loaded in it, and their loading is not charged to the first fit.
Kind = Literal["idle", "rehearsal", "fit", "warm-up", "inference"]
ComponentName = Literal["cpu", "gpu", "ram"]


class Component(BaseModel):
    """What one part of the machine used.

    Attributes:
        method: how the figure came about, in words: a counter, a model or a declared constant.
        measured: whether a counter of the hardware stands behind it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ComponentName
    energy_wh: float
    method: str
    measured: bool


class Reading(BaseModel):
    """The energy of one window, gross: all that the machine used while it lasted.

    Attributes:
        kind: what the window held.
        started: UTC.
        cpu_seconds: of this process and those of its children that ended in the window: a second, independent witness.
        samples: how many inputs were answered (or learnt from) in it.
        round: of the campaign, from 1; none outside the rounds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    started: dt.datetime
    duration_s: float
    components: tuple[Component, ...]
    cpu_seconds: float
    samples: int = 0
    round: int | None = None

    @property
    def energy_wh(self) -> float:
        """Of all components together."""
        return sum(component.energy_wh for component in self.components)

    @property
    def constant_share(self) -> float:
        """Share of the energy that is a declared constant of the memory and not an observation, between 0 and 1."""
        total = self.energy_wh
        return sum(part.energy_wh for part in self.components if part.name == "ram") / total if total else 0.0

    def energy_wh_per(self, samples: int) -> float:
        """Energy for that many samples, in Wh.

        Raises:
            ValueError: the window counted none.
        """
        if self.samples == 0:
            message = f"a {self.kind} window without samples has no energy per sample"
            raise ValueError(message)
        return self.energy_wh / self.samples * samples
