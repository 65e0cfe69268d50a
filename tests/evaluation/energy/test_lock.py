"""The energy lock: one campaign at a time, whoever runs it and however the last one ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from evaluation.energy.lock import energy_lock, lock_holder, lock_path
from evaluation.exceptions import BusyError

HOLD = """
import sys
from evaluation.energy.lock import energy_lock
with energy_lock("campaign 7"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
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


def test_who_comes_second_is_told_who_holds_it(holder: subprocess.Popen[str]) -> None:
    with pytest.raises(BusyError, match=f"campaign 7 is running .process {holder.pid}, since 20"), energy_lock("another"):
        pass
    assert "campaign 7" in str(lock_holder())


def test_a_killed_holder_frees_it(holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with energy_lock("another"):
        pass


def test_a_link_in_its_place_is_not_followed() -> None:
    target = lock_path().with_name("somebody's file")
    target.write_text("precious")
    lock_path().symlink_to(target)
    with pytest.raises(BusyError), energy_lock("another"):
        pass
    assert target.read_text() == "precious"


def test_words_of_a_broken_lock_file_do_no_harm(holder: subprocess.Popen[str]) -> None:
    lock_path().write_text("{broken")
    with pytest.raises(BusyError, match="a campaign is running"), energy_lock("another"):
        pass
