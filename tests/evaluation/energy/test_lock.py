"""The energy lock: one campaign at a time, whoever runs it and however the last one ended."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.energy import lock
from evaluation.energy.journal import no_writer
from evaluation.energy.lock import LOCK_FOLDERS, energy_lock, lock_holder, lock_path
from evaluation.exceptions import BusyError
from tests.machines import PROJECT

HOLD = """
import sys
from evaluation.energy.lock import energy_lock
with energy_lock("campaign 7"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the machine until its input ends."""
    command = [sys.executable, "-c", HOLD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_the_lock_is_free_again_afterwards() -> None:
    with energy_lock("first"):
        pass
    with energy_lock("second"):
        assert "second" in lock_path().read_text()
    assert lock_holder() is None


def test_the_lock_is_free_again_after_an_error() -> None:
    with pytest.raises(ArithmeticError), energy_lock("first"):
        raise ArithmeticError
    assert lock_holder() is None


def test_who_comes_second_is_told_who_holds_it(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(BusyError, match=f"campaign 7 is running .process {holder.pid}, since 20"), energy_lock("another"):
        pass
    assert "campaign 7" in str(lock_holder())


def test_asking_who_holds_it_does_not_hold_it() -> None:
    with energy_lock("first"):
        pass
    lock_holder()
    with energy_lock("second"):
        pass


def test_a_killed_holder_frees_it(holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with energy_lock("another"):
        pass


FORKED = """
import os, sys, time
from pathlib import Path
from evaluation.energy.journal import Journal
from evaluation.energy.lock import energy_lock
journal = Journal(Path(sys.argv[1]))
with energy_lock("campaign 7"):
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
        os._exit(0)
    sys.stdin.read()
"""


def test_a_child_that_outlives_a_killed_holder_holds_neither_the_machine_nor_the_journal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKED, str(tmp_path / "journal")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        try:
            with no_writer(tmp_path / "journal") as ended:
                assert not ended
            process.kill()
            process.wait()
            os.kill(child, 0)
            with energy_lock("another"), no_writer(tmp_path / "journal") as ended:
                assert ended
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_lock_file_that_was_deleted_while_it_was_held_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with energy_lock("one"):
        lock_path().unlink()
        with energy_lock("another"):
            assert lock_holder() is not None


def test_a_disk_that_knows_no_locks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("evaluation.energy.lock.fcntl.flock", unknown)
    with pytest.raises(BusyError, match="No locks available") as refused, energy_lock("one"):
        pass
    assert refused.value.remedy.endswith("export PREUVE_LOCK_FOLDER=/tmp")


def test_a_disk_without_room_for_the_holders_name_does_not_keep_it_from_holding(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with energy_lock("one"):
        assert lock_holder() is not None


@pytest.mark.parametrize("ending", ["killed", "ended"])
def test_who_waits_is_told_once_and_goes_on_when_the_holder_is_gone(
    holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(lock, "POLL_S", 0.02)
    assert holder.stdin
    end = holder.kill if ending == "killed" else holder.stdin.close
    # Many looks later.
    later = threading.Timer(0.3, end)
    told: list[str] = []

    def wait(who: str) -> None:
        told.append(who)
        later.start()

    with energy_lock("another", wait=wait):
        assert "another" in lock_path().read_text()
    later.join()
    assert len(told) == 1
    assert f"campaign 7 is running (process {holder.pid}, since 20" in told[0]


def test_nobody_is_told_anything_where_nobody_holds_it() -> None:
    told: list[str] = []
    with energy_lock("first", wait=told.append):
        pass
    assert told == []


def test_a_link_in_its_place_is_not_followed() -> None:
    target = lock_path().with_name("somebody's file")
    target.write_text("precious")
    lock_path().symlink_to(target)
    with pytest.raises(BusyError), energy_lock("another"):
        pass
    assert target.read_text() == "precious"


@pytest.mark.parametrize("words", ["{broken", "[1, 2]", "\udcff"])
def test_words_of_a_broken_lock_file_do_no_harm(holder: subprocess.Popen[str], words: str) -> None:
    lock_path().write_bytes(words.encode(errors="surrogateescape"))
    with pytest.raises(BusyError, match="a campaign is running"), energy_lock("another"):
        pass
    assert "a campaign is running" in str(lock_holder())


def test_every_user_may_open_the_file() -> None:
    with energy_lock("first"):
        assert lock_path().stat().st_mode & 0o666 == 0o666


def test_a_folder_of_its_own_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREUVE_LOCK_FOLDER", str(tmp_path))
    assert lock_path().parent == tmp_path
    with energy_lock("first"):
        assert list(tmp_path.iterdir()) == [lock_path()]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREUVE_LOCK_FOLDER", str(tmp_path / "nowhere"))
    with pytest.raises(BusyError) as caught, energy_lock("first"):
        pass
    assert caught.value.where == str(lock_path())
    assert lock_holder() is None


def test_without_one_the_file_does_not_depend_on_the_users_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREUVE_LOCK_FOLDER")
    found = set()
    for name in ("one", "another"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / name))
        monkeypatch.setattr(tempfile, "tempdir", None)
        found.add(lock_path())
    assert len(found) == 1
    assert found.pop().parent in LOCK_FOLDERS


def test_a_folder_that_others_may_not_write_to_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREUVE_LOCK_FOLDER")
    ours_alone, everybodys = tmp_path / "private", tmp_path / "common"
    for folder, mode in ((ours_alone, 0o755), (everybodys, 0o1777)):
        folder.mkdir()
        folder.chmod(mode)
    monkeypatch.setattr(lock, "LOCK_FOLDERS", (tmp_path / "missing", ours_alone, everybodys))
    assert lock_path().parent == everybodys
