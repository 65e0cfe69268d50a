"""A process is told from any other by its number, its start and the machine's, and from none by nonsense."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.process import is_running, process_name


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that waits to be told to end."""
    with subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield process
        process.kill()


def test_this_process_runs() -> None:
    assert is_running(process_name())
    assert process_name() == process_name(os.getpid())


def test_a_name_holds_the_start_of_the_process_and_of_the_machine() -> None:
    pid, started, boot = process_name().split("@")
    since_boot_s = psutil.Process().create_time() - psutil.boot_time()
    assert int(pid) == os.getpid()
    # Both clocks are read in whole seconds somewhere.
    assert int(started) / os.sysconf("SC_CLK_TCK") == pytest.approx(since_boot_s, abs=2)
    assert boot == Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def test_a_process_runs_until_it_has_ended(sleeper: subprocess.Popen[bytes]) -> None:
    name = process_name(sleeper.pid)
    assert is_running(name)
    assert name != process_name()
    sleeper.kill()
    sleeper.wait()
    assert not is_running(name)


def test_a_process_that_has_ended_has_no_name(sleeper: subprocess.Popen[bytes]) -> None:
    sleeper.kill()
    sleeper.wait()
    with pytest.raises(OSError, match=str(sleeper.pid)):
        process_name(sleeper.pid)


@pytest.mark.parametrize("place", [1, 2])
def test_a_number_that_is_used_again_is_another_process(place: int) -> None:
    # Started at another moment, or after the machine was started anew.
    parts = process_name().split("@")
    parts[place] = "1" + parts[place][1:] if parts[place][0] != "1" else "2" + parts[place][1:]
    assert not is_running("@".join(parts))


def test_a_programs_name_may_hold_brackets_and_blanks(sleeper: subprocess.Popen[bytes]) -> None:
    # What a program calls itself stands in front of the fields that are counted.
    rename = "from pathlib import Path; Path('/proc/self/comm').write_text(') S 1 (2'); print('renamed', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", rename], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as renamed:
        assert renamed.stdout
        renamed.stdout.readline()
        started, like_others = (int(process_name(pid).split("@")[1]) for pid in (renamed.pid, sleeper.pid))
        renamed.communicate(b"\n")
    # In ticks since the machine's start, a hundred a second: both were started within the last minute or so.
    assert abs(started - like_others) < 6000


# Processes that share out the tests must call each by the same name, so the one with a process's own number has its name.
OWN_NUMBER = pytest.param(f"{os.getpid()}", id="its own number")


@pytest.mark.parametrize(
    "nonsense", ["", "@", "@@", "self", "self@1@2", "-1", "1", OWN_NUMBER, "0@0@0", "²@1@2", "1.5@1@2", "../1"]
)
def test_nonsense_is_no_process(nonsense: str) -> None:
    assert not is_running(nonsense)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=20) | st.integers(0).map(str))
def test_no_text_is_taken_for_a_process(text: str) -> None:
    assert not is_running(text)
