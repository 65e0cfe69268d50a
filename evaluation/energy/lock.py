"""One campaign at a time: trackers measure the whole machine, so two at once would each be charged for both."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluation.exceptions import BusyError

LOCKS = Path("/proc/locks")
# Where every user of the machine may make a file, whatever their own temporary folder is.
LOCK_FOLDERS = (Path("/run/lock"), Path("/tmp"))  # noqa: S108  # a lock must be found by everybody
LOCK_FOLDER_VARIABLE = "PREUVE_LOCK_FOLDER"
POLL_S = 0.5


def lock_path() -> Path:
    """The machine's lock file: the same for every user and every home, since energy is the machine's.

    Containers of one host see folders of their own: `PREUVE_LOCK_FOLDER` then names one that they share.
    """
    named = os.environ.get(LOCK_FOLDER_VARIABLE)
    folders = [Path(named)] if named else [folder for folder in LOCK_FOLDERS if _is_everybodys(folder)]
    return (folders or LOCK_FOLDERS)[0] / "preuve-energy.lock"


def _is_everybodys(folder: Path) -> bool:
    # On some systems root alone may write into the first one, and would then look at another file than everybody else.
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & stat.S_IWOTH)


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
def energy_lock(what: str, *, wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold the machine for `what`. The kernel frees the lock when its process ends, however it ends.

    Args:
        what: told to whoever comes second.
        wait: with it, wait while another process holds the machine; it is told once who does, in words.

    Raises:
        BusyError: another process holds it, and nobody waits; it says which, for what and since when.
    """
    path = lock_path()
    descriptor = _open_lock(path)
    try:
        _take(descriptor, path, wait)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"what": what, "pid": str(os.getpid()), "since": now}).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, wait: Callable[[str], None] | None) -> None:
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _in_words(_holder(descriptor))
            if wait is None:
                raise BusyError(
                    expected="this machine to ourselves: energy is measured for the whole of it",
                    found=holder,
                    where=str(path),
                    remedy="add --wait to begin when it ends, or stop that process",
                ) from error
            if not told:
                wait(holder)
                told = True
            time.sleep(POLL_S)
        else:
            return


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
