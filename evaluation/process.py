"""Telling whether a process that left something behind still runs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

PROC = Path("/proc")
# States of a process that has ended and that its parent has not asked about: zombie, dead.
ENDED = frozenset("ZXx")


def process_name(pid: int | None = None) -> str:
    """A process by its number, when it was started and the machine's start: numbers are used again after a while.

    Raises:
        OSError: there is no such process, or it has ended.
    """
    pid = os.getpid() if pid is None else pid
    # What follows the program's name, which may hold anything, in brackets; the 22nd field counts ticks since the machine's start.
    fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    if fields[0] in ENDED:
        raise ProcessLookupError(errno.ESRCH, "it has ended", str(pid))
    boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{pid}@{fields[19]}@{boot}"


def is_running(name: str) -> bool:
    """Whether the process of this name still runs; false for what is no such name."""
    pid = name.partition("@")[0]
    try:
        return pid.isdecimal() and process_name(int(pid)) == name
    except (OSError, ValueError):
        return False
