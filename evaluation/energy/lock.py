"""One campaign at a time: trackers measure the whole machine, so two at once would each be charged for both."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluation.exceptions import BusyError

LOCKS = Path("/proc/locks")


def lock_path() -> Path:
    """The machine's lock file, in its temporary folder: the same for every home, since energy is the machine's."""
    return Path(tempfile.gettempdir()) / "preuve-energy.lock"


def _open_lock(path: Path) -> int:
    # No link is followed: the folder belongs to everybody.
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        # In such folders Linux refuses to open another user's file with O_CREAT, even where it may be written to.
        descriptor = os.open(path, flags if path.exists() else flags | os.O_CREAT, 0o666)
    except OSError as error:
        raise BusyError(
            expected="a lock file that every user can open",
            found=error.strerror or str(error),
            where=str(path),
            remedy="delete it if no campaign is running: preuve doctor",
        ) from error
    if os.fstat(descriptor).st_uid == os.getuid():
        os.fchmod(descriptor, 0o666)
    return descriptor


def _holder(descriptor: int) -> dict[str, str]:
    try:
        found = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def energy_lock(what: str) -> Iterator[None]:
    """Hold the machine for `what`. The kernel frees the lock when its process ends, however it ends.

    Raises:
        BusyError: another process holds it; it says which, for what and since when.
    """
    path = lock_path()
    descriptor = _open_lock(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                expected="this machine to ourselves: energy is measured for the whole of it",
                found=_in_words(_holder(descriptor)),
                where=str(path),
                remedy="wait until it ends, or stop that process",
            ) from error
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"what": what, "pid": str(os.getpid()), "since": now}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def lock_holder() -> str | None:
    """What the machine is held for at this moment, if it is; asking does not hold it."""
    try:
        inode = lock_path().stat().st_ino
        # One line a lock: its number, FLOCK, ADVISORY, WRITE, the process, and the file as device:device:inode.
        held = any(line.split()[5].endswith(f":{inode}") for line in LOCKS.read_text().splitlines() if " FLOCK " in line)
        descriptor = _open_lock(lock_path()) if held else None
    except (OSError, IndexError):
        return None
    if descriptor is None:
        return None
    try:
        return _in_words(_holder(descriptor))
    finally:
        os.close(descriptor)


def _in_words(holder: dict[str, str]) -> str:
    process, since = holder.get("pid", "unknown"), holder.get("since", "an unknown time")
    return f"{holder.get('what', 'a campaign')} is running (process {process}, since {since})"
