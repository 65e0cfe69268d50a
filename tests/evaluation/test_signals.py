"""What asks the process to end is held back, or has no effect, while something must be done whole; then all is as it was."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from evaluation.signals import ENDING, ending_held_back, ending_ignored


@pytest.fixture(autouse=True)
def _as_in_the_command_line() -> Iterator[None]:
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_what_comes_meanwhile_takes_effect_afterwards_and_once(number: signal.Signals) -> None:
    done = []

    def work() -> None:
        with ending_held_back():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            done.append("whole")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["whole"]
    assert signal.getsignal(number) is signal.default_int_handler


def test_what_is_ignored_stays_ignored_and_hides_nothing_else() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def work() -> None:
        with ending_held_back():
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        work()
    with ending_held_back():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_what_comes_meanwhile_has_no_effect_where_it_is_ignored() -> None:
    with ending_ignored():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_goes_on_upwards() -> None:
    def work(*, interrupted: bool) -> None:
        with ending_held_back():
            if interrupted:
                os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        work(interrupted=False)
    with pytest.raises(KeyboardInterrupt) as interrupt:
        work(interrupted=True)
    assert isinstance(interrupt.value.__context__, ValueError)


def test_another_thread_may_use_it_too() -> None:
    done = []

    def work() -> None:
        with ending_held_back():
            done.append("whole")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == ["whole"]
