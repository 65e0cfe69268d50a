"""One campaign at a time: trackers measure the whole machine, so two at once would each be charged for both."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shlex
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from evaluation.exceptions import BusyError
from evaluation.process import close, keep_from_children

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
        file, folder = shlex.quote(str(path)), shlex.quote(str(path.parent))
        make = f"make that folder, for all who share this machine: mkdir -p {folder} && chmod 1777 {folder}"
        raise BusyError(
            expected="a lock file that every user can open",
            found=error.strerror or str(error),
            where=str(path),
            remedy=f"if no campaign is running, delete it: sudo rm {file}" if path.parent.exists() else make,
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
    descriptor = _take(lock_path(), wait)
    try:
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        # Who holds it is told as a courtesy; the lock is held all the same where the disk has no room for that.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"what": what, "pid": str(os.getpid()), "since": now}).encode(), 0)
        yield
    finally:
        close(descriptor)


def _take(path: Path, wait: Callable[[str], None] | None) -> int:
    told = False
    while True:
        descriptor = _open_lock(path)
        keep_from_children(descriptor)
        if _is_ours_now(descriptor, path):
            return descriptor
        holder = _in_words(_holder(descriptor))
        close(descriptor)
        if wait is None:
            raise BusyError(
                expected="this machine to ourselves: energy is measured for the whole of it",
                found=holder,
                where=str(path),
                remedy="wait until it ends, or stop that process; preuve run --wait begins by itself",
            )
        if not told:
            wait(holder)
            told = True
        time.sleep(POLL_S)


def _is_ours_now(descriptor: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Somebody may have deleted the file meanwhile: the next one would then lock another.
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False
    except OSError as error:
        close(descriptor)
        raise BusyError(
            expected="a folder whose files can be locked",
            found=error.strerror or str(error),
            where=str(path),
            remedy=f"name one on a disk of this machine: export {LOCK_FOLDER_VARIABLE}=/tmp",
        ) from error


def lock_holder() -> str | None:
    """What the machine is held for at this moment, if it is; asking does not hold it."""
    try:
        file = lock_path().stat()
        name = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
        # One line a lock: its number, FLOCK, ADVISORY, WRITE, the process, and the file as device:device:inode.
        held = any(line.split()[5] == name for line in LOCKS.read_text().splitlines() if " FLOCK " in line)
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
    try:
        since = f"{dt.datetime.fromisoformat(holder['since']).astimezone():%Y-%m-%d %H:%M}"
    except (KeyError, ValueError):
        since = "an unknown time"
    return f"{holder.get('what', 'a campaign')} is running (process {holder.get('pid', 'unknown')}, since {since})"
