"""The energy that a POC may use for its whole development, failures included; it is checked before a campaign and during it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from evaluation.energy.machine import Machine
from evaluation.energy.reading import JOULES_PER_WH, Reading
from evaluation.exceptions import BudgetError
from evaluation.messages import Message, say
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
        tell: given a warning, once: when a campaign begins with little left, or while it is under way.
    """

    ceiling_wh: float | None
    spent_wh: float = 0.0
    reason: str | None = None
    reason_used: str | None = None
    tell: Callable[[str], None] = field(default=lambda _: None, repr=False)
    _warned: bool = field(default=False, init=False, repr=False)

    def begin(self, spent_wh: float, planned_wh: float, tell: Callable[[str], None]) -> None:
        """Make sure that a campaign may begin, and warn where little is left; then or later.

        Raises:
            BudgetError: it would pass the ceiling, and nobody gave a reason to go on.
        """
        self.spent_wh, self.tell, self._warned = spent_wh, tell, False
        if self.ceiling_wh is None:
            return
        if spent_wh + planned_wh > self.ceiling_wh:
            self._pass(
                say(
                    "{used} used so far, and this campaign needs about {needed}, its fits not counted: fewer rounds, candidates or "
                    "seeds need less",
                    used=_kwh(spent_wh),
                    needed=_kwh(planned_wh),
                )
            )
        self._warn(self.ceiling_wh)

    def charge(self, reading: Reading) -> None:
        """Count a window.

        Raises:
            BudgetError: the ceiling is passed, and nobody gave a reason to go on.
        """
        self.spent_wh += reading.energy_wh
        self.check()

    def check(self) -> None:
        """Make sure that a campaign may go on, and warn where little is left.

        Raises:
            BudgetError: the ceiling is passed, and nobody gave a reason to go on.
        """
        if self.ceiling_wh is None:
            return
        self._warn(self.ceiling_wh)
        if self.spent_wh > self.ceiling_wh:
            self._pass(say("{used} used, this campaign included; it is closed after its last window", used=_kwh(self.spent_wh)))

    def _warn(self, ceiling_wh: float) -> None:
        if self._warned or self.spent_wh < WARNING_SHARE * ceiling_wh:
            return
        self._warned = True
        part = f" ({share(self.spent_wh / ceiling_wh)})" if ceiling_wh else ""
        self.tell(
            f"This POC has used {_kwh(self.spent_wh)} of the {_kwh(ceiling_wh)} that its goals allow for its development{part}."
        )

    def _pass(self, found: Message) -> None:
        if self.reason is not None:
            self.reason_used = self.reason
            return
        raise BudgetError(
            expected=f"at most {_kwh(self.ceiling_wh or 0.0)} for the POC's whole development (development_kwh)",
            found=str(found),
            where="goals.toml, [goal.development_kwh]",
            remedy='stop here, or go on and record why: preuve run ... --over-budget "reason"',
        )


def planned_wh(protocol: Protocol, trials: int, machine: Machine, *, idle_s: float, latency_s: float) -> float:
    """What a campaign will use, as it would be read: its windows with its threads busy. Nobody knows what fits will take.

    Args:
        protocol: its rounds, windows and threads.
        trials: candidates times seeds.
        machine: for its declared powers and its calibration.
        idle_s: how long the idle machine is measured.
        latency_s: how long single inputs are timed, each trial.
    """
    busy_s = trials * (protocol.rounds * protocol.window_s + latency_s)
    idle_w, busy_w = (machine.expected_w(threads) for threads in (0, protocol.threads))
    duration_s, read_wh = idle_s + busy_s, (idle_w * idle_s + busy_w * busy_s) / JOULES_PER_WH
    return max(0.0, machine.calibration.wall_wh(read_wh, duration_s)) if machine.calibration else read_wh


def _kwh(energy_wh: float) -> str:
    return f"{significant(energy_wh / WH_PER_KWH)} kWh"
