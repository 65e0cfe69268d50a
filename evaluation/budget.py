"""The energy that a POC may use for its whole development, failures included; it is checked before a campaign and during it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evaluation.energy.machine import IDLE_SHARE_OF_TDP, Machine
from evaluation.energy.reading import JOULES_PER_WH, Reading
from evaluation.exceptions import BudgetError
from evaluation.numbers import share, significant
from evaluation.run import Protocol

WH_PER_KWH = 1000.0
WARNING_SHARE = 0.7


@dataclass
class Budget:
    """What a POC may use and has used.

    Attributes:
        ceiling_wh: none where its goals set none.
        spent_wh: so far, by everything ever measured for it.
        reason: given for going on beyond the ceiling; none where nobody gave one.
        reason_used: the same, once the ceiling was in the way.
    """

    ceiling_wh: float | None
    spent_wh: float = 0.0
    reason: str | None = None
    reason_used: str | None = None

    def begin(self, spent_wh: float, planned_wh: float, tell: Callable[[str], None]) -> None:
        """Make sure that a campaign may begin, and warn where little is left.

        Raises:
            BudgetError: it would pass the ceiling, and nobody gave a reason to go on.
        """
        self.spent_wh = spent_wh
        if self.ceiling_wh is None:
            return
        if spent_wh + planned_wh > self.ceiling_wh:
            self._pass(
                f"{_kwh(spent_wh)} used so far, and this campaign needs at least {_kwh(planned_wh)}: fewer rounds, candidates or "
                "seeds need less"
            )
        if spent_wh >= WARNING_SHARE * self.ceiling_wh:
            part = f" ({share(spent_wh / self.ceiling_wh)})" if self.ceiling_wh else ""
            tell(
                f"This POC has used {_kwh(spent_wh)} of the {_kwh(self.ceiling_wh)} that its goals allow for its development{part}."
            )

    def charge(self, reading: Reading) -> None:
        """Count a window.

        Raises:
            BudgetError: the ceiling is passed, and nobody gave a reason to go on.
        """
        self.spent_wh += reading.energy_wh
        if self.ceiling_wh is not None and self.spent_wh > self.ceiling_wh:
            self._pass(f"{_kwh(self.spent_wh)} used, this campaign included; it is closed after its last window")

    def _pass(self, found: str) -> None:
        if self.reason is not None:
            self.reason_used = self.reason
            return
        raise BudgetError(
            expected=f"at most {_kwh(self.ceiling_wh or 0.0)} for the POC's whole development (development_kwh)",
            found=found,
            where="goals.toml, [goal.development_kwh]",
            remedy='stop here, or go on and record why: preuve run ... --over-budget "reason"',
        )


def planned_wh(protocol: Protocol, trials: int, machine: Machine, idle_s: float) -> float:
    """The least that a campaign will use: its windows on an idle machine, as they would be read. Nobody knows what fits will take.

    Args:
        protocol: its rounds and windows.
        trials: candidates times seeds.
        machine: for its declared powers and its calibration.
        idle_s: how long the idle machine is measured.
    """
    duration_s = idle_s + trials * protocol.rounds * protocol.window_s
    # What a counter will show nobody knows before.
    cpu_w = 0.0 if machine.counts_cpu_energy else IDLE_SHARE_OF_TDP * machine.declared.cpu_w
    read_wh = (cpu_w + machine.declared.ram_w.value) * duration_s / JOULES_PER_WH
    return max(0.0, machine.calibration.wall_wh(read_wh, duration_s)) if machine.calibration else read_wh


def _kwh(energy_wh: float) -> str:
    return f"{significant(energy_wh / WH_PER_KWH)} kWh"
