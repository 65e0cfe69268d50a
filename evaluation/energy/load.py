"""Who used the CPU: this process and its children, or somebody else. Trackers measure the whole machine, so it matters."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self


class CpuUse(NamedTuple):
    """CPU seconds since some moment of the past; only differences mean something.

    Attributes:
        own: of this process and its children.
        busy: of all cores, whoever used them.
        stolen: what the host gave to others while this virtual machine wanted to compute.
    """

    own: float
    busy: float
    stolen: float

    def since(self, before: Self) -> CpuUse:
        """The difference, never below zero: the kernel counts the machine's seconds in hundredths."""
        return CpuUse(*(max(0.0, now - then) for now, then in zip(self, before, strict=True)))

    @property
    def foreign(self) -> float:
        """Of everything but this process and its children."""
        return max(0.0, self.busy - self.own)


def cpu_use(*, with_running_children: bool = False) -> CpuUse:
    """The seconds so far.

    Args:
        with_running_children: also count children that have not ended, which takes a look at every process of the machine.
    """
    import psutil

    times = psutil.cpu_times()
    # Guests' time is part of `user` already; what waits for a disk or is stolen is not computing.
    busy = times.user + times.nice + times.system + getattr(times, "irq", 0.0) + getattr(times, "softirq", 0.0)
    own = _own_seconds() + (_seconds_of_running_children() if with_running_children else 0.0)
    return CpuUse(own, busy, getattr(times, "steal", 0.0))


def running_children() -> list[Any]:
    """Processes that this one started, and those that they started; as far as this user may look at processes."""
    import psutil

    try:
        return list(psutil.Process().children(recursive=True))
    except psutil.Error:
        # Where others' processes are closed to us, one that may not be looked at ends the look at all of them.
        return [child for pid in _direct_children() if (child := _process(pid))]


def _direct_children() -> list[int]:
    found: list[int] = []
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found += [int(pid) for pid in path.read_text(encoding="ascii").split()]
    return found


def _process(pid: int) -> Any:
    import psutil

    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def _own_seconds() -> float:
    # To the microsecond; `os.times` counts in hundredths of a second. Children are in it once they have ended.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _seconds_of_running_children() -> float:
    import psutil

    total = 0.0
    for child in running_children():
        try:
            times = child.cpu_times()
        except psutil.Error:
            # It ended meanwhile: its parent's count has it now.
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
