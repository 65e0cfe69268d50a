"""Measures the meter: what it costs, whether it tells energies apart, whether it notices others, what a kill loses."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from evaluation.budget import Budget
from evaluation.campaign import run_campaign
from evaluation.candidate import Candidate
from evaluation.energy.journal import Journal, journal_folder, read_journal
from evaluation.energy.machine import read_machine
from evaluation.energy.meter import EnergyLog, Meter, Window
from evaluation.energy.reading import PowerSample
from evaluation.goals import Goals
from evaluation.judgement.comparison import energy_words, round_energies
from evaluation.judgement.statistics import Interval, paired_ratio
from evaluation.records.store import open_store
from evaluation.run import Campaign, DataRecord, Protocol
from evaluation.samples import Samples, Split
from poc.request_classification import TASK

Row = tuple[str, str, str]

PYTHON = sys.executable
OVERHEAD_S = 30.0
WORK = 20_000
REPETITIONS, ROUNDS, WINDOW_S = 10, 8, 5.0
FOREIGN_WINDOW_S = 3.0
KILLS = 20
# The work of each candidate over that of the first.
WORKLOADS = {"A": 1.0, "A again": 1.0, "B 1.02": 1.02, "B 1.2": 1.2}
BUSY = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid()))\nwhile True: pass"

SAMPLES = Samples([f"s{place}" for place in range(8)], [f"text {place}" for place in range(8)], ["one", "two"] * 4)
DATA = DataRecord(
    source="none.csv", test_source=None, sha256="0" * 64, test_sha256=None, encoding="utf-8", input="text", target="target",
    id="id", card="none", licence="none", contains_personal_data="no", train_samples=8, test_samples=8, classes=2,
)  # fmt: skip


@contextmanager
def own_home() -> Iterator[Path]:
    """A home of this measurement's own, for this process and its children."""
    before = os.environ.get("PREUVE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREUVE_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop("PREUVE_HOME") if before is None else os.environ.update(PREUVE_HOME=before)


def metering() -> Iterator[Row]:
    """CPU seconds that the meter itself takes, journal included."""
    with own_home():
        journal = Journal(journal_folder() / "bench.jsonl")
        meter = Meter(read_machine(), journal)
        meter.warm_up()
        log = EnergyLog()
        shares = []
        for _ in range(3):
            began_s = time.process_time()
            with meter.window("inference", log):
                time.sleep(OVERHEAD_S)
            shares.append((time.process_time() - began_s) / OVERHEAD_S)
    yield (
        f"meter's own CPU seconds over those of one busy core, {OVERHEAD_S:g} s windows",
        f"{statistics.median(shares):.2%} (to {max(shares):.2%}, 3 windows)",
        "at most 0.5 %",
    )


@dataclass
class Loop:
    """Answers after a fixed amount of work."""

    work: float

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One answer an input."""
        for _ in inputs:
            sum(range(round(WORK * self.work)))
        return ["one"] * len(inputs)


def _campaign(rounds: int) -> Campaign:
    candidates = [
        Candidate(name, lambda _train, *, seed, work: Loop(work), params={"work": work})  # noqa: ARG005
        for name, work in WORKLOADS.items()
    ]
    return run_campaign(
        TASK, candidates, Split(SAMPLES, SAMPLES), data=DATA, goals=Goals({}, ""),
        protocol=Protocol(rounds=rounds, window_s=WINDOW_S), machine=read_machine(), budget=Budget(None),
        store=open_store(TASK.name), progress=lambda *_: None, tell=print,
    )  # fmt: skip


def telling_apart() -> Iterator[Row]:
    """The same work, 1.02 times and 1.2 times the work: what the intervals say, in campaigns of four candidates."""
    ratios: dict[str, list[Interval]] = {name: [] for name in WORKLOADS if name != "A"}
    disturbed = repeated = 0
    with own_home():
        for number in range(REPETITIONS):
            campaign = _campaign(ROUNDS)
            reference = round_energies(campaign, "A")
            for name, found in ratios.items():
                found.append(paired_ratio(round_energies(campaign, name), reference))
            outcomes = [reading.outcome for run in campaign.runs for reading in run.readings]
            disturbed, repeated = disturbed + outcomes.count("disturbed"), repeated + outcomes.count("repeated")
            latest = ", ".join(f"{name} {found[-1].value:.3f} ({_bounds(found[-1])})" for name, found in ratios.items())
            print(f"  repetition {number + 1}: {latest}", file=sys.stderr, flush=True)
    setting = f"{REPETITIONS} times {ROUNDS} rounds of {WINDOW_S:g} s"
    words = {name: [energy_words(interval) for interval in found] for name, found in ratios.items()}
    same = [interval.value for interval in ratios["A again"]]
    outside = sum(word != "not distinguishable" for word in words["A again"])
    yield f"A/A, {setting}: ratios outside their own 95 % interval", f"{outside} of {len(same)}", "at most 1 of 10"
    yield "A/A: ratios", f"{min(same):.3f} to {max(same):.3f}", "within 0.95 to 1.05"
    yield "1.2 times the work: told apart", f"{words['B 1.2'].count('more')} of {len(same)}", "10 of 10"
    yield "1.02 times the work: told apart the wrong way round", f"{words['B 1.02'].count('less')} of {len(same)}", "never"
    told = words["B 1.02"]
    yield "1.02 times the work: words", ", ".join(f"{word} {told.count(word)}" for word in sorted(set(told))), "never 'equal'"
    yield "windows measured again, and kept although disturbed", f"{repeated}, {disturbed}", "a quiet machine has few"


def _bounds(interval: Interval) -> str:
    return f"{interval.low:.3f}-{interval.high:.3f}"


@contextmanager
def foreign_busy_core() -> Iterator[None]:
    """A busy process that is nobody's child here."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "pid"
        # It must not hold this program's output open, should it be left over.
        busy = ["setsid", "-f", PYTHON, "-S", "-c", BUSY, str(told)]
        subprocess.run(busy, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not told.exists() or not told.read_text():
            time.sleep(0.01)
        try:
            yield
        finally:
            os.kill(int(told.read_text()), signal.SIGKILL)


def foreign_load() -> Iterator[Row]:
    """Whether a busy core that is not ours is noticed, and its absence too."""
    with own_home():
        meter = Meter(read_machine())
        meter.warm_up()
        busy, quiet = EnergyLog(), EnergyLog()
        for _ in range(10):
            with foreign_busy_core(), meter.window("inference", busy) as window:
                _work(window)
            with meter.window("inference", quiet) as window:
                _work(window)
    noticed = sum(reading.outcome == "disturbed" for reading in busy.readings)
    cores = [reading.foreign_cores for reading in busy.readings]
    yield (
        "a foreign busy core during a window: noticed",
        f"{noticed} of 10 ({min(cores):.2f} to {max(cores):.2f} cores)",
        "10 of 10",
    )
    cores = [reading.foreign_cores for reading in quiet.readings]
    alarms = sum(reading.outcome == "disturbed" for reading in quiet.readings)
    yield "without it: false alarms", f"{alarms} of 10 (up to {max(cores):.2f} cores)", "none on a quiet machine"


def _work(window: Window) -> None:
    while window.elapsed_s < FOREIGN_WINDOW_S:
        sum(range(WORK))


class Loss(NamedTuple):
    """What a kill lost.

    Attributes:
        seconds: between the last power sample and the kill; 0 between windows.
        closed: whether the next command closed the campaign with all that the journal told.
    """

    seconds: float
    closed: bool


def kills() -> Iterator[Row]:
    """`kill -9` at random moments of a real campaign."""
    chance = random.Random(0)
    losses: list[Loss] = []
    with own_home():
        open_store(TASK.name)
        while len(losses) < KILLS:
            loss = _killed_after(chance.uniform(4.0, 22.0))
            if loss:
                losses.append(loss)
                print(f"  kill {len(losses)}: {loss.seconds:.2f} s lost", file=sys.stderr, flush=True)
    yield (
        f"kill -9 at {KILLS} random moments: most seconds of samples lost",
        f"{max(loss.seconds for loss in losses):.3f}",
        "at most 1",
    )
    yield "campaigns closed by the next command, every reading kept", f"{sum(loss.closed for loss in losses)} of {KILLS}", "all"


class Killed(NamedTuple):
    """A campaign that was killed, and the journal that it left."""

    at: dt.datetime
    journal: Path


def kill_campaign(seconds: float) -> Killed | None:
    """Run a campaign and kill it after so long; none where it had not begun or had ended."""
    command = "from evaluation.cli import main; main()"
    options = ["--candidate", "keywords", "--candidate", "tfidf-linearsvc", "--candidate", "tfidf-logreg", "--quick"]
    with subprocess.Popen(
        [PYTHON, "-c", command, "run", TASK.name, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        time.sleep(seconds)
        at = dt.datetime.now(dt.UTC)
        process.kill()
    journals = list(journal_folder().glob("*.jsonl"))
    return Killed(at, journals[0]) if process.returncode == -signal.SIGKILL and journals else None


def _killed_after(seconds: float) -> Loss | None:
    """Run a campaign, kill it, look at its journal, and have it closed; none where it had not begun or had ended."""
    killed = kill_campaign(seconds)
    if killed is None:
        return None
    entries = list(read_journal(killed.journal))
    readings = sum(entry["what"] == "reading" for entry in entries)
    lost_s, cut_short = 0.0, 0
    windows = [place for place, entry in enumerate(entries) if entry["what"] == "window"]
    if windows and not any(entry["what"] == "reading" for entry in entries[windows[-1] :]):
        elapsed_s = [PowerSample(*entry["values"]).elapsed_s for entry in entries[windows[-1] :] if entry["what"] == "sample"]
        began = dt.datetime.fromisoformat(entries[windows[-1]]["started"])
        lost_s = (killed.at - began).total_seconds() - (elapsed_s[-1] if elapsed_s else 0.0)
        cut_short = int(bool(elapsed_s))
    return Loss(lost_s, closed=_closed(killed.journal.stem, readings + cut_short))


def _closed(campaign_id: str, readings: int) -> bool:
    from evaluation.campaign import close_what_was_killed

    store = open_store(TASK.name)
    closed = close_what_was_killed(store, print)
    campaign = store.read_campaign(campaign_id)
    kept = len(campaign.readings) + sum(len(run.readings) for run in campaign.runs)
    return closed == [campaign_id] and campaign.status == "interrupted" and kept == readings
