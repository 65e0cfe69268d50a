"""Who used the CPU: processes of ours count as ours, running or ended; those that others started do not."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.energy.load import CpuUse, cpu_use
from tests.machines import busy_stranger, wait_until_used

# A busy process uses so much, and the test itself next to nothing. The kernel counts in hundredths of a second.
USED_S, ALMOST_ALL_S, NEXT_TO_NOTHING_S = 0.4, 0.37, 0.2
BUSY_FOR_EVER = "while True: pass"
BUSY_FOR_A_WHILE = f"import time\nwhile time.process_time() < {USED_S}: pass"
PARENT_OF_A_BUSY_CHILD = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", {BUSY_FOR_EVER!r}])
print(child.pid, flush=True)
sys.stdin.read()
child.kill()
child.wait()
"""
# A busy machine is slow at times.
patient = settings(deadline=None, max_examples=50)
SECONDS = st.floats(0, 1e6)
USES = st.builds(CpuUse, SECONDS, SECONDS, SECONDS)


def test_what_this_process_does_is_ours() -> None:
    before = cpu_use()
    end_s = time.process_time() + USED_S
    while time.process_time() < end_s:
        pass
    used = cpu_use().since(before)
    assert used.own >= USED_S
    assert used.busy >= ALMOST_ALL_S


def test_a_child_that_runs_counts_as_ours_where_children_are_looked_at() -> None:
    before, before_alone = cpu_use(with_running_children=True), cpu_use()
    with subprocess.Popen([sys.executable, "-S", "-c", BUSY_FOR_EVER]) as child:
        try:
            wait_until_used(child.pid, USED_S)
            used, used_alone = cpu_use(with_running_children=True).since(before), cpu_use().since(before_alone)
        finally:
            child.kill()
    assert used.own >= ALMOST_ALL_S
    assert used_alone.own < NEXT_TO_NOTHING_S


def test_where_processes_of_others_are_closed_to_us_our_own_children_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> list[psutil.Process]:
        raise psutil.AccessDenied(1)

    monkeypatch.setattr(psutil.Process, "children", closed)
    before = cpu_use(with_running_children=True)
    with subprocess.Popen([sys.executable, "-S", "-c", BUSY_FOR_EVER]) as child:
        try:
            wait_until_used(child.pid, USED_S)
            used = cpu_use(with_running_children=True).since(before)
        finally:
            child.kill()
    assert used.own >= ALMOST_ALL_S


def test_a_child_of_a_child_is_ours_too() -> None:
    before = cpu_use(with_running_children=True)
    command = [sys.executable, "-S", "-c", PARENT_OF_A_BUSY_CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        wait_until_used(int(child.stdout.readline()), USED_S)
        used = cpu_use(with_running_children=True).since(before)
    assert used.own >= ALMOST_ALL_S


def test_a_child_that_has_ended_is_ours_and_counted_once() -> None:
    before = cpu_use(with_running_children=True)
    subprocess.run([sys.executable, "-S", "-c", BUSY_FOR_A_WHILE], check=True)
    used = cpu_use(with_running_children=True).since(before)
    assert USED_S <= used.own < 2 * USED_S


def test_a_child_that_ends_between_two_looks_is_not_counted_again() -> None:
    before = cpu_use(with_running_children=True)
    with subprocess.Popen([sys.executable, "-S", "-c", BUSY_FOR_EVER]) as child:
        wait_until_used(child.pid, USED_S)
        while_it_ran = cpu_use(with_running_children=True)
        child.kill()
    since = cpu_use(with_running_children=True).since(while_it_ran)
    assert while_it_ran.since(before).own >= ALMOST_ALL_S
    assert since.own < NEXT_TO_NOTHING_S


def test_what_a_stranger_does_is_foreign() -> None:
    with busy_stranger() as pid:
        before = cpu_use(with_running_children=True)
        wait_until_used(pid, 2 * USED_S)
        used = cpu_use(with_running_children=True).since(before)
    # It may have used something before the first look.
    assert used.foreign >= USED_S
    assert used.own < NEXT_TO_NOTHING_S


def test_foreign_is_what_is_neither_ours_nor_stolen() -> None:
    assert CpuUse(own=2.0, busy=5.0, stolen=7.0).foreign == 3.0


def test_ticks_of_the_kernel_never_make_less_than_nothing() -> None:
    assert CpuUse(own=2.004, busy=2.0, stolen=0.0).foreign == 0.0


@patient
@given(USES, USES)
def test_no_difference_is_below_zero(before: CpuUse, now: CpuUse) -> None:
    assert min(*now.since(before), now.since(before).foreign) >= 0


@patient
@given(USES)
def test_nothing_is_used_in_no_time(use: CpuUse) -> None:
    assert use.since(use) == CpuUse(0.0, 0.0, 0.0)
