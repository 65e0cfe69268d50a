"""Signals that ask this process to end, while something must be done whole. Threads other than the main one never hear of them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any] | int | None

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_ignored() -> Iterator[None]:
    """Ctrl-C and its like have no effect."""
    with _handled_by(signal.SIG_IGN):
        yield


@contextmanager
def ending_held_back() -> Iterator[None]:
    """Ctrl-C and its like take effect when the `with` is left, the first of them only."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, _: came.append(number)):
            yield
    finally:
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _handled_by(handler: Handler) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[signal.Signals, Handler] = {}
    try:
        for number in ENDING:
            usual = signal.getsignal(number)
            # What is ignored (SIGHUP under `nohup`) stays so, and takes no other one's place.
            if usual is not signal.SIG_IGN:
                before[number] = usual
                signal.signal(number, handler)
        yield
    finally:
        for number, usual in before.items():
            signal.signal(number, usual)
