"""The journal of a campaign under way: one JSON line for each thing that happens, on the disk before the next one.

It lies in the home while the campaign runs. When the process is killed, the next command finds it, and closes the campaign with
every reading it had, and the last window as far as its power samples go. What is done with it is `records.recovery`'s work.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from evaluation.exceptions import RecordError
from evaluation.home import carbon_folder
from evaluation.process import close, keep_from_children

Entry = dict[str, Any]


def journal_folder() -> Path:
    """Where the journals of campaigns under way are."""
    return carbon_folder() / "journals"


class Journal:
    """Appends entries; each is on the disk when `write` returns. Its file is locked for as long as its process lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = b""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise _unwritable(path, error) from error
        keep_from_children(self._descriptor)
        # Some shared folders know no locks; the process's name then tells whether it lives.
        with suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, what: str, **entry: Any) -> None:
        """Append one entry.

        Raises:
            RecordError: the disk is full, or cannot be written to.
        """
        line = self._begin + json.dumps({"what": what, **entry}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            # One write a line: what a kill leaves is a whole line or none, unless the disk was full. Then a first part is written
            # without an error, and the rest tells why not.
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fdatasync(self._descriptor)
            self._begin = b""
        except OSError as error:
            # A torn line ends here; what can be written later is whole again.
            self._begin = b"\n"
            raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """Stop writing; the file stays."""
        close(self._descriptor)


@contextmanager
def no_writer(path: Path) -> Iterator[bool]:
    """Whether nobody is writing this journal, in whatever container; while the `with` lasts, nobody else finds so."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    keep_from_children(descriptor)
    try:
        yield _locked(descriptor)
    finally:
        close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def read_journal(path: Path) -> Iterator[Entry]:
    """The entries, in order. A last line that was cut off in the writing is left out."""
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            try:
                yield json.loads(line)
            except ValueError:
                # A line torn by a full disk; the rest is whole again.
                continue


def _unwritable(path: Path, error: OSError) -> RecordError:
    return RecordError(
        expected="room for the campaign's journal",
        found=error.strerror or str(error),
        where=str(path),
        remedy="free some space or make the folder writable, and run again",
    )
