"""Measuring windows of work: CodeCarbon around each, what it found with its evidence, and whether the machine was ours alone.

What happens is journalled as it comes, so that a kill loses no more than the last second.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from evaluation.energy import gpu
from evaluation.energy.components import WindowLabel, components_of, guess, make_reading
from evaluation.energy.journal import Journal
from evaluation.energy.load import CpuUse, cpu_use
from evaluation.energy.machine import Machine
from evaluation.energy.reading import SHORTEST_WINDOW_S, Kind, Outcome, PowerSample, Reading
from evaluation.energy.tracker import WH_PER_KWH, Sampled, new_tracker, raw_energy, warm_up
from evaluation.exceptions import MeterError, PreuveError
from evaluation.messages import Decimals, Setting, say, words
from evaluation.signals import ending_held_back

MOST_TRIES = 3
# The two clocks are read one after the other; a suspended machine sleeps for longer.
LONGEST_SLEEP_S = 0.5


class Window:
    """A window under way; the work in it counts its samples."""

    def __init__(self) -> None:
        self.samples = 0
        self.began_s = self.began_asleep_s = 0.0
        self.open()

    def open(self) -> None:
        """It begins now."""
        self.began_s, self.began_asleep_s = time.perf_counter(), _asleep_s()

    @property
    def elapsed_s(self) -> float:
        """Seconds since the window opened."""
        return time.perf_counter() - self.began_s

    @property
    def asleep_s(self) -> float:
        """Seconds that the machine was suspended since then; they are not in the elapsed ones."""
        return _asleep_s() - self.began_asleep_s


def _asleep_s() -> float:
    """How long the machine has been suspended since it was started."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass
class EnergyLog:
    """All that was measured for one run, or for the campaign itself where `run` is none."""

    run: str | None = None
    readings: list[Reading] = field(default_factory=list)
    power_samples: list[PowerSample] = field(default_factory=list)

    @property
    def last_samples(self) -> list[PowerSample]:
        """Of the last reading's window."""
        return [sample for sample in self.power_samples if sample.window == len(self.readings) - 1]


@dataclass
class _Sampler:
    """CodeCarbon tells it after each sample; it keeps what was read, and journals it.

    The first sample is taken while the tracker starts, a moment before the window opens: everything counts from there.
    """

    number: int
    journal: Journal | None
    has_gpu: bool = False
    gpu_shared: bool = False
    samples: list[PowerSample] = field(default_factory=list)
    problem: PreuveError | None = None
    _first: tuple[float, float, float] = (0.0, 0.0, 0.0)
    _first_use: CpuUse | None = None
    _began_s: float = 0.0

    def live_out(self, total: Any, delta: Any) -> None:
        """CodeCarbon's interface: energies since its start, in kWh."""
        del delta
        now_s, use = time.perf_counter(), cpu_use()
        energies_wh = (total.cpu_energy * WH_PER_KWH, total.gpu_energy * WH_PER_KWH, total.ram_energy * WH_PER_KWH)
        if self._first_use is None:
            self._began_s, self._first_use, self._first = now_s, use, energies_wh
        cpu_wh, gpu_wh, ram_wh = (wh - first_wh for wh, first_wh in zip(energies_wh, self._first, strict=True))
        own, busy, stolen = use.since(self._first_use)
        sample = PowerSample(self.number, now_s - self._began_s, cpu_wh, gpu_wh, ram_wh, own, busy, stolen)
        self.samples.append(sample)
        try:
            if self.journal:
                self.journal.write("sample", values=sample)
        except PreuveError as error:
            # This is CodeCarbon's thread, where nobody would hear of it; the window's end raises it.
            self.problem = error
        self.look_at_gpu()

    def look_at_gpu(self) -> None:
        """Whoever held it at one moment of the window shared it."""
        self.gpu_shared = self.gpu_shared or (self.has_gpu and gpu.is_shared())

    def out(self, total: Any, delta: Any) -> None:
        """CodeCarbon's interface; the last sample says all."""

    def exit(self) -> None:
        """CodeCarbon's interface; there is nothing to close."""

    @property
    def sampled(self) -> Sampled:
        """Between which samples the window lies."""
        return Sampled(*self._first, self.samples[-1].elapsed_s if self.samples else 0.0)


@dataclass
class _UnderWay:
    """A window that is open, and what is needed to close it."""

    label: WindowLabel
    log: EnergyLog
    sampler: _Sampler
    tracker: Any
    gpu_works: bool
    window: Window = field(default_factory=Window)
    before: CpuUse = field(default_factory=lambda: cpu_use(with_running_children=True))


class Meter:
    """Measures windows on this machine, one at a time.

    Args:
        machine: what it can measure and what is declared about it.
        journal: where what happens is written as it comes.
        on_reading: told of every reading's log, after it was kept there as the last one; what it raises ends the work.
    """

    def __init__(
        self, machine: Machine, journal: Journal | None = None, on_reading: Callable[[EnergyLog], None] = lambda _: None
    ) -> None:
        self.machine = machine
        self.journal = journal
        self.on_reading = on_reading

    def warm_up(self) -> None:
        """Pay for the first start of CodeCarbon outside any window.

        Raises:
            MeterError: CodeCarbon is configured from outside.
        """
        warm_up(self.machine)

    def measure(self, kind: Kind, log: EnergyLog, work: Callable[[Window], None], *, round_number: int | None = None) -> Reading:
        """Measure work that can be repeated: anew where others kept the machine busy, or the result is not to be believed.

        After three tries what there is is kept and marked.

        Raises:
            MeterError: at the third try the result still must not be believed.
        """
        for attempt in range(1, MOST_TRIES + 1):
            try:
                with self.window(kind, log, round_number=round_number, attempt=attempt) as window:
                    work(window)
            except MeterError:
                if attempt == MOST_TRIES:
                    raise
            else:
                if log.readings[-1].outcome != "repeated":
                    break
        return log.readings[-1]

    @contextmanager
    def window(self, kind: Kind, log: EnergyLog, *, round_number: int | None = None, attempt: int = MOST_TRIES) -> Iterator[Window]:
        """Measure what happens inside the `with`, and keep the reading, also where an exception ends the window.

        Args:
            kind: what the window holds.
            log: where reading and power samples are kept.
            round_number: of the campaign.
            attempt: which try it is; before the last one, a disturbed window is to be repeated.

        Raises:
            MeterError: the tracker's result must not be believed.
        """
        label = WindowLabel(kind, round_number, attempt, dt.datetime.now(dt.UTC))
        self._write("window", run=log.run, kind=kind, round=round_number, attempt=attempt, started=label.started.isoformat())
        # In a container nobody recognises the process that a candidate's memory is measured in: it would be taken for a stranger.
        sampler = _Sampler(len(log.readings), self.journal, has_gpu=bool(self.machine.hardware.gpus) and kind != "memory")
        tracker = new_tracker(self.machine, sampler)
        under_way = _UnderWay(label, log, sampler, tracker, gpu_works=gpu.synchronize() is None)
        closed = told = False
        kept = len(log.readings)
        try:
            with ending_held_back():
                # An interrupt in the middle of it would leave CodeCarbon's own lock taken, and its end waiting for it for ever.
                tracker.start()
            under_way.window.open()
            yield under_way.window
            # A second Ctrl-C must not cost the reading of what the first one ended.
            with ending_held_back():
                closed = True
                problem = self._close(under_way)
                told = True
                self.on_reading(log)
        except BaseException:
            if not told:
                self._close_after_all(under_way, kept, closed=closed)
            raise
        if problem:
            raise problem

    def _close_after_all(self, under_way: _UnderWay, kept: int, *, closed: bool) -> None:
        """Keep what there is of a window that something ended; what that was goes on upwards."""
        with ending_held_back():
            if not closed:
                self._close(under_way, cut_short=True)
            # What the listener has to say, it says again after the next window.
            with suppress(PreuveError):
                if len(under_way.log.readings) > kept:
                    self.on_reading(under_way.log)

    def _close(self, under_way: _UnderWay, *, cut_short: bool = False) -> Exception | None:
        """Keep what was measured, and return what was wrong with it."""
        label, log, sampler = under_way.label, under_way.log, under_way.sampler
        gpu_failure = gpu.synchronize()
        duration_s = under_way.window.elapsed_s
        used = cpu_use(with_running_children=True).since(under_way.before)
        under_way.tracker.stop()
        sampler.look_at_gpu()
        problem: Exception | None = sampler.problem
        outcome, reason = self._outcome(label, duration_s, used, cut_short=cut_short)
        # A card that failed before the window opened fails for ever in this process; that is no fault of who came after.
        if gpu_failure and under_way.gpu_works:
            problem, outcome, reason = (
                gpu_failure,
                "cut short",
                str(say("the GPU failed: {error}", error=type(gpu_failure).__name__)),
            )
        try:
            _check_gpu_is_measured(self.machine)
            _check_awake(under_way.window)
            raw = raw_energy(under_way.tracker, self.machine, duration_s, sampler.sampled)
            measured = components_of(self.machine, raw, duration_s)
        except MeterError as error:
            # What counters showed after a suspend is nothing to guess from.
            usable = sampler.samples if under_way.window.asleep_s <= LONGEST_SLEEP_S else []
            measured = guess(self.machine, usable[-1] if usable else None, duration_s, used)
            problem, outcome, reason = problem or error, "unreadable", error.found
        reading = make_reading(
            self.machine,
            label,
            measured,
            duration_s,
            used,
            outcome=outcome,
            reason=reason,
            samples=under_way.window.samples,
            elapsed_s=[sample.elapsed_s for sample in sampler.samples],
            gpu_shared=sampler.gpu_shared,
        )
        log.readings.append(reading)
        log.power_samples.extend(sampler.samples)
        self._write("reading", run=log.run, reading=reading.model_dump(mode="json"))
        return problem

    def _outcome(self, label: WindowLabel, duration_s: float, used: CpuUse, *, cut_short: bool) -> tuple[Outcome, str | None]:
        limit = self.machine.declared.foreign_load_limit_cores.value
        foreign_cores = used.foreign / duration_s if duration_s >= SHORTEST_WINDOW_S else 0.0
        busy = say("others kept {cores} cores busy, the limit is {limit}", cores=Decimals(foreign_cores, 2), limit=Setting(limit))
        reason = str(busy) if foreign_cores > limit else None
        if cut_short:
            return "cut short", reason
        if reason is None:
            return "complete", None
        return ("repeated" if label.attempt < MOST_TRIES else "disturbed"), reason

    def _write(self, what: str, **entry: Any) -> None:
        if self.journal:
            self.journal.write(what, **entry)


def _check_awake(window: Window) -> None:
    """Raise where the machine was suspended: counters begin again at zero then, as if they had gone all the way round."""
    asleep_s = window.asleep_s
    if asleep_s > LONGEST_SLEEP_S:
        raise MeterError(
            expected="a machine that stays awake",
            found=str(say("it was suspended for {seconds} s", seconds=round(asleep_s))),
            where="the window under way",
            remedy=words("keep it awake while a campaign runs: systemd-inhibit preuve run ..."),
        )


def _check_gpu_is_measured(machine: Machine) -> None:
    """Raise where this process computes on a card whose energy nobody reads: it would be missing from every figure, unseen."""
    if not machine.hardware.gpus and gpu.in_use():
        raise MeterError(
            expected="the energy of every part that computes",
            found=str(say("a GPU in use whose energy cannot be read ({problem})", problem=machine.hardware.nvml)),
            where="NVML",
            remedy=words("see what `preuve doctor` says of the GPU, or compute without it: export CUDA_VISIBLE_DEVICES="),
        )
