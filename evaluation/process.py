"""Telling whether a process that left something behind still runs, and keeping its children from holding what it holds."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
# States of a process that has ended and that its parent has not asked about: zombie, dead.
ENDED = frozenset("ZXx")

_not_for_children: set[int] = set()


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


def keep_from_children(descriptor: int) -> None:
    """Close an open file in processes that are forked from this one: a lock on it would stay theirs when this one is killed."""
    _not_for_children.add(descriptor)


def close(descriptor: int) -> None:
    """Close an open file here too."""
    _not_for_children.discard(descriptor)
    os.close(descriptor)


def _close_in_child() -> None:
    for descriptor in _not_for_children:
        with suppress(OSError):
            os.close(descriptor)
    _not_for_children.clear()


os.register_at_fork(after_in_child=_close_in_child)
